/* The loops behind classify.pyx; included for each target by classify.h, which defines REAL, NAME, TARGET and LANES. */

#if defined(__GNUC__) && LANES > 1
typedef REAL NAME(vec) __attribute__((vector_size(LANES * sizeof(REAL)), aligned(4), may_alias));
#define WIDTH LANES
#else
typedef REAL NAME(vec);
#define WIDTH 1
#endif
#define AT(p) (*(NAME(vec) *)(p))
#define AHEAD 6 /* rows on their way */

TARGET WV_INLINE REAL NAME(dot)(const REAL *a, const REAL *b, ptrdiff_t size)
{
    typedef NAME(vec) vec;
    vec even = AT(a) * AT(b), odd = even - even;
    ptrdiff_t i = WIDTH;
    for (; i + WIDTH < size; i += 2 * WIDTH) {
        odd += AT(a + i) * AT(b + i);
        even += AT(a + i + WIDTH) * AT(b + i + WIDTH);
    }
    if (i < size)
        odd += AT(a + i) * AT(b + i);
#if WIDTH > 1
    {
        REAL part[WIDTH];
        AT(part) = even + odd;
        for (int half = WIDTH / 2; half; half /= 2)
            for (int k = 0; k < half; k++)
                part[k] += part[k + half];
        return part[0];
    }
#else
    return even + odd;
#endif
}

/* The mean of rows. */
TARGET WV_INLINE void NAME(compose)(
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
                WV_PREFETCH(input + size * rows[next] + i);
        for (ptrdiff_t i = 0; i < size; i += WIDTH)
            AT(hidden + i) += (AT(a + i) + AT(b + i)) + (AT(c + i) + AT(d + i));
    }
    for (; r < count; r++)
        for (ptrdiff_t i = 0; i < size; i += WIDTH)
            AT(hidden + i) += AT(input + size * rows[r] + i);
    for (ptrdiff_t i = 0; i < size; i += WIDTH)
        AT(hidden + i) *= scale;
}

/* A step of one output row: the error takes from the old row, the row from the hidden vector. */
TARGET WV_INLINE void NAME(push)(REAL *row, const REAL *hidden, REAL *error, ptrdiff_t size, REAL g)
{
    typedef NAME(vec) vec;
    for (ptrdiff_t i = 0; i < size; i += WIDTH) {
        const vec old = AT(row + i);
        AT(error + i) += g * old;
        AT(row + i) = old + g * AT(hidden + i);
    }
}

/* Softmax, or a logistic regression for each label: g = y - p for all outputs, and the loss. Several labels share the
   target of a softmax alike. */
TARGET WV_INLINE double NAME(flat)(
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
            sum += g[k] = EXP(g[k] - most);
        for (int64_t k = 0; k < outputs; k++)
            g[k] /= -sum;
        loss += (double)(LOG(sum) + most);
    } else {
        for (int64_t k = 0; k < outputs; k++) {
            const REAL z = g[k], e = EXP(z < 0 ? z : -z);
            loss += (double)(LOG1P(e) + (z > 0 ? z : 0));
            g[k] = -(z < 0 ? e : 1) / (1 + e);
        }
    }
    for (int64_t k = 0; k < count; k++)
        g[labels[k]] += share;
    return loss;
}

/* Hierarchical softmax: a logistic regression at each node of the path of a label; labels one after another. */
TARGET WV_INLINE double NAME(tree)(
    const struct wv_net *net, const int32_t *labels, int64_t count, REAL alpha, REAL *hidden, REAL *error)
{
    const REAL share = (REAL)1 / (REAL)count;
    double loss = 0;
    for (int64_t k = 0; k < count; k++) {
        for (int64_t at = net->path_offsets[labels[k]]; at < net->path_offsets[labels[k] + 1]; at++) {
            REAL *row = (REAL *)net->output + net->size * net->path[at];
            const REAL z = NAME(dot)(row, hidden, net->size), e = EXP(z < 0 ? z : -z);
            const REAL p = (z < 0 ? e : 1) / (1 + e), bit = (REAL)net->code[at];
            loss += (double)(share * (LOG1P(e) + (z > 0 ? z : 0) - bit * z));
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
                g[k] = NAME(dot)(output + size * k, hidden, size);
            loss += weight * NAME(flat)(net, labels, count, g);
            for (int64_t k = 0; k < net->outputs; k++)
                NAME(push)(output + size * k, hidden, error, size, step * g[k]);
        }
        scale = (REAL)1 / (REAL)rows;
        for (ptrdiff_t i = 0; i < size; i += WIDTH)
            AT(error + i) *= scale;
        for (int64_t r = 0; r < rows; r++) {
            REAL *row = input + size * net->rows[r];
            for (ptrdiff_t i = 0; i < size; i += WIDTH)
                AT(row + i) += AT(error + i);
        }
        *targets += 1;
    }
    return loss;
}
#undef WIDTH
#undef AT
#undef AHEAD
