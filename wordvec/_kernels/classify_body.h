/* The loops behind classify.pyx; compiled for every SIMD level and for float64 by levels.h. */

#define AHEAD 6 /* rows on their way */

/* The mean of rows. */
TARGET INLINE void NAME(compose)(
    const REAL *input, const int32_t *rows, int64_t count, ptrdiff_t size,
    REAL *hidden) /* OUT [size] */
{
    const REAL scale = (REAL)1 / (REAL)count;
    int64_t r = 0;
    memset(hidden, 0, (size_t)size * sizeof(REAL));
    for (; r + 4 <= count; r += 4) { /* four rows for each time that `hidden` is read and written */
        const REAL *a = input + size * rows[r], *b = input + size * rows[r + 1];
        const REAL *c = input + size * rows[r + 2], *d = input + size * rows[r + 3];
        for (int64_t next = r + AHEAD; next < r + AHEAD + 4 && next < count; next++)
            for (ptrdiff_t i = 0; i < size; i += 64 / (ptrdiff_t)sizeof(REAL))
                PREFETCH(input + size * rows[next] + i);
        for (ptrdiff_t i = 0; i < size; i += LANES)
            LOOSE(hidden + i) += (LOOSE(a + i) + LOOSE(b + i)) + (LOOSE(c + i) + LOOSE(d + i));
    }
    for (; r < count; r++)
        for (ptrdiff_t i = 0; i < size; i += LANES)
            LOOSE(hidden + i) += LOOSE(input + size * rows[r] + i);
    for (ptrdiff_t i = 0; i < size; i += LANES)
        LOOSE(hidden + i) *= scale;
}

/* A step of one output row: the error takes from the old row, the row from the hidden vector. */
TARGET INLINE void NAME(push)(REAL *row, const REAL *hidden, REAL *error, ptrdiff_t size, REAL g)
{
    for (ptrdiff_t i = 0; i < size; i += LANES) {
        const vec old = LOOSE(row + i);
        LOOSE(error + i) += g * old;
        LOOSE(row + i) = old + g * LOOSE(hidden + i);
    }
}

/* Softmax, or a logistic regression for each label: g = y - p for all outputs, and the loss. Several labels share the
   target of a softmax alike. */
TARGET INLINE double NAME(flat)(
    const struct wv_net *net, const int32_t *labels, int64_t count,
    REAL *g) /* INOUT [K] scores, replaced */
{
    const int64_t outputs = net->outputs;
    const REAL share = net->loss == WV_SOFTMAX ? (REAL)1 / (REAL)count : (REAL)1;
    double loss = 0;
    for (int64_t k = 0; k < count; k++)
        loss -= (double)(share * g[labels[k]]);
    if (net->loss == WV_SOFTMAX) {
        REAL most = g[0], sum = 0;
        for (int64_t k = 1; k < outputs; k++)
            most = g[k] > most ? g[k] : most;
        for (int64_t k = 0; k < outputs; k++)
            sum += g[k] = IS_DOUBLE ? (REAL)exp(g[k] - most) : (REAL)expf((float)(g[k] - most));
        for (int64_t k = 0; k < outputs; k++)
            g[k] /= -sum;
        loss += (double)((IS_DOUBLE ? (REAL)log(sum) : (REAL)logf((float)sum)) + most);
    } else {
        for (int64_t k = 0; k < outputs; k++) {
            const REAL z = g[k];
            REAL softplus;
            g[k] = -NAME(logistic_of)(z, &softplus);
            loss += (double)(softplus + (z > 0 ? z : 0));
        }
    }
    for (int64_t k = 0; k < count; k++)
        g[labels[k]] += share;
    return loss;
}

/* Hierarchical softmax: a logistic regression at each node of the path of a label; labels one after another. */
TARGET INLINE double NAME(tree)(
    const struct wv_net *net, const int32_t *labels, int64_t count, REAL alpha, REAL *hidden, REAL *error)
{
    const REAL share = (REAL)1 / (REAL)count;
    double loss = 0;
    for (int64_t k = 0; k < count; k++) {
        for (int64_t at = net->path_offsets[labels[k]]; at < net->path_offsets[labels[k] + 1]; at++) {
            REAL *row = (REAL *)net->output + net->size * net->path[at];
            const REAL z = NAME(product_of_rows)(row, hidden, net->size), bit = (REAL)net->code[at];
            REAL softplus;
            const REAL p = NAME(logistic_of)(z, &softplus);
            loss += (double)(share * (softplus + (z > 0 ? z : 0) - bit * z));
            NAME(push)(row, hidden, error, net->size, alpha * share * (bit - p));
        }
    }
    return loss;
}

/* One step for each line, in their order; the sum of their losses before their steps. Lines without rows are passed. */
TARGET static double NAME(lines)(
    const struct wv_bags *b,   /* IN */
    const struct wv_net *net,  /* INOUT */
    int64_t first,             /* IN    lines */
    int64_t last,
    double alpha,              /* IN */
    int64_t *targets)          /* INOUT lines that were learned from */
{
    REAL *input = (REAL *)net->input, *output = (REAL *)net->output;
    REAL *hidden = (REAL *)net->hidden, *error = (REAL *)net->error, *g = (REAL *)net->scores;
    const ptrdiff_t size = net->size;
    double loss = 0;
    for (int64_t line = first; line < last; line++) {
        const int32_t *labels = net->labels + net->label_offsets[line];
        const int64_t count = net->label_offsets[line + 1] - net->label_offsets[line];
        const int64_t rows = wv_bag(b, line, net->rows);
        const double weight = net->weights ? (double)net->weights[line] : 1;
        const REAL step = (REAL)(alpha * weight);
        REAL scale;
        if (rows == 0 || count == 0)
            continue;
        if (*(volatile const int32_t *)net->stop)
            return loss;
        NAME(compose)(input, net->rows, rows, size, hidden);
        memset(error, 0, (size_t)size * sizeof(REAL));
        if (net->loss == WV_HS) {
            loss += weight * NAME(tree)(net, labels, count, step, hidden, error);
        } else {
            for (int64_t k = 0; k < net->outputs; k++)
                g[k] = NAME(product_of_rows)(output + size * k, hidden, size);
            loss += weight * NAME(flat)(net, labels, count, g);
            for (int64_t k = 0; k < net->outputs; k++)
                NAME(push)(output + size * k, hidden, error, size, step * g[k]);
        }
        scale = (REAL)1 / (REAL)rows;
        for (ptrdiff_t i = 0; i < size; i += LANES)
            LOOSE(error + i) *= scale;
        for (int64_t r = 0; r < rows; r++) {
            REAL *row = input + size * net->rows[r];
            for (ptrdiff_t i = 0; i < size; i += LANES)
                LOOSE(row + i) += LOOSE(error + i);
        }
        *targets += 1;
    }
    return loss;
}
#undef AHEAD
