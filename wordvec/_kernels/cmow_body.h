/* The loops behind cmow.pyx; included for each target by cmow.h, which defines REAL, NAME, TARGET and LANES.

   A window of n words has n samples: each word in turn is left out, and the product of the matrices of the others, in
   their order, next to the sum of their vectors, predicts it. With the products P of the words before each and S of
   those after each, a sample costs one product more; so do the gradients, in reverse. */
#include "matrices_body.h"

#if defined(__GNUC__) && LANES > 1
typedef REAL NAME(wide) __attribute__((vector_size(LANES * sizeof(REAL)), aligned(4), may_alias));
#else
typedef REAL NAME(wide);
#endif
#define WIDE(p) (*(NAME(wide) *)(p))
#define WIDE_IN(p) (*(const NAME(wide) *)(p))

/* A window under way. Matrices [n] begin `matrix` numbers apart. */
struct NAME(window) {
    const struct wv_cmow *w;
    const int32_t *words;   /* [n] */
    int n, from;            /* words from number `from` on are predicted */
    int samples;            /* n - from */
    int noises;             /* distinct noise words, made even by one of weight 0 */
    int stride;
    ptrdiff_t matrix;
    NAME(multiply) multiply;
    REAL *m, *turned;       /* matrices of the words, and transposed */
    REAL *before, *after;   /* products of the words before word k; of word k and those after it */
    REAL *after_turned;
    REAL *d_before, *d_after, *d_m, *spare; /* gradients */
    REAL *h, *d_h;          /* [n + 3, row] composed samples */
    REAL *sum, *row;        /* [row] a sum of vectors; [4, row] gradients */
    REAL *g, *own;          /* [n + 3, pool + 4] gradients of the products with the noise; [n + 3] with the target */
    const REAL *noise[WV_POOL + 4];
    int32_t noise_word[WV_POOL + 4];
    REAL noise_weight[WV_POOL + 4];
};

TARGET WV_INLINE REAL NAME(total)(NAME(wide) x)
{
#if defined(__GNUC__) && LANES > 1
    REAL part[LANES];
    WIDE(part) = x;
    for (int half = LANES / 2; half; half /= 2)
        for (int i = 0; i < half; i++)
            part[i] += part[i + half];
    return part[0];
#else
    return x;
#endif
}

/* A step of AdaGrad down factor * g, with one rate for all numbers: that of their mean squared gradient so far. */
TARGET static void NAME(descend)(REAL *row, const REAL *g, REAL factor, ptrdiff_t size, REAL *sum, REAL alpha)
{
    REAL squares[16] = {0}, square = 0, scale;
    ptrdiff_t i = 0;
    for (; i + 16 <= size; i += 16)
        for (int k = 0; k < 16; k++)
            squares[k] += g[i + k] * g[i + k];
    for (; i < size; i++)
        square += g[i] * g[i];
    for (int k = 0; k < 16; k++)
        square += squares[k];
    if (size == 0 || square == 0)
        return;
    *sum += factor * factor * square / (REAL)size;
    scale = alpha * factor / (REAL)sqrt((double)*sum);
    for (i = 0; i < size; i++)
        row[i] -= scale * g[i];
}

/* The steps of the vector and of the matrix of a row. */
TARGET static void NAME(descend_both)(
    const struct wv_cmow *w, void *rows, void *sums, int32_t word, const REAL *g, REAL factor, REAL alpha)
{
    REAL *row = (REAL *)rows + word * w->stride, *sum = (REAL *)sums + 2 * (ptrdiff_t)word;
    NAME(descend)(row, g, factor, w->vector, sum, alpha);
    NAME(descend)(row + w->vector, g + w->vector, factor, (ptrdiff_t)w->dim * w->dim, sum + 1, alpha);
}

/* [4 x 2] products of rows. */
TARGET WV_INLINE void NAME(scores)(
    const REAL *h, ptrdiff_t size, const REAL *a, const REAL *b, REAL *z, ptrdiff_t z_row)
{
    NAME(wide) sum[4][2];
    UNROLLED for (int p = 0; p < 4; p++)
        sum[p][0] = sum[p][1] = (NAME(wide)){0};
    for (ptrdiff_t i = 0; i < size; i += LANES) {
        const NAME(wide) x = WIDE_IN(a + i), y = WIDE_IN(b + i);
        UNROLLED for (int p = 0; p < 4; p++) {
            const NAME(wide) e = WIDE_IN(h + p * size + i);
            sum[p][0] += e * x;
            sum[p][1] += e * y;
        }
    }
    for (int p = 0; p < 4; p++) {
        z[p * z_row] = NAME(total)(sum[p][0]);
        z[p * z_row + 1] = NAME(total)(sum[p][1]);
    }
}

/* out[i] = sum over k of f[i * f_row + k * f_step] in[k], for four rows. */
TARGET static void NAME(mix)(
    REAL *out, ptrdiff_t size, const REAL *f, ptrdiff_t f_row, ptrdiff_t f_step, const REAL *const *in, int count)
{
    for (ptrdiff_t j = 0; j < size; j += 16) {
        NAME(wide) sum[4][16 / LANES];
        UNROLLED for (int i = 0; i < 4; i++)
            for (int v = 0; v < 16 / LANES; v++)
                sum[i][v] = (NAME(wide)){0};
        for (int k = 0; k < count; k++)
            UNROLLED for (int i = 0; i < 4; i++) {
                const REAL x = f[i * f_row + k * f_step];
                for (int v = 0; v < 16 / LANES; v++)
                    sum[i][v] += x * WIDE_IN(in[k] + j + v * LANES);
            }
        UNROLLED for (int i = 0; i < 4; i++)
            for (int v = 0; v < 16 / LANES; v++)
                WIDE(out + i * size + j + v * LANES) = sum[i][v];
    }
}

TARGET static void NAME(turn)(REAL *t, const REAL *m, int d, int stride)
{
    memset(t, 0, (size_t)(WV_ROWS(d) * stride) * sizeof(REAL));
    for (int i = 0; i < d; i += 4)
        for (int j = 0; j < d; j++)
            for (int k = 0; k < 4 && i + k < d; k++)
                t[j * stride + i + k] = m[(i + k) * stride + j];
}

/* Draw the noise of a window; a word that is drawn again weighs more. */
TARGET static void NAME(draw)(struct NAME(window) *x, uint64_t *state)
{
    const struct wv_cmow *w = x->w;
    x->noises = 0;
    for (int i = 0; i < w->pool; i++) {
        const uint64_t r = wv_draw(state);
        const uint64_t at = ((r >> 32) * (uint64_t)w->words) >> 32;
        const int32_t word = (uint32_t)r < w->alias[at].keep ? (int32_t)at : w->alias[at].other;
        int k = 0;
        while (k < x->noises && x->noise_word[k] != word)
            k++;
        if (k == x->noises) {
            x->noise_word[k] = word;
            x->noise_weight[k] = 0;
            x->noise[k] = (const REAL *)w->output + word * w->stride;
            x->noises++;
        }
        x->noise_weight[k] += (REAL)w->noise_weight;
    }
    for (; x->noises % 4; x->noises++) { /* of no weight */
        x->noise_word[x->noises] = -1;
        x->noise_weight[x->noises] = 0;
        x->noise[x->noises] = x->noise[0];
    }
    for (int k = 0; k < x->noises + x->samples; k++) {
        const int32_t word = k < x->noises ? x->noise_word[k] : x->words[x->from + k - x->noises];
        const REAL *row = (const REAL *)w->output + (word < 0 ? 0 : word) * w->stride;
        for (ptrdiff_t i = 0; i < w->stride; i += 64 / (ptrdiff_t)sizeof(REAL))
            WV_PREFETCH(row + i);
    }
}

#define AT_MATRIX(kind, k) (x->kind + (k) * x->matrix)
#define TIMES(c, a, b, add) x->multiply(c, a, x->stride, 1, b, d, x->stride, add)
#define TURNED_TIMES(c, a, b, add) x->multiply(c, a, 1, x->stride, b, d, x->stride, add)

/* The products of a window, and its samples. */
TARGET static void NAME(compose)(struct NAME(window) *x)
{
    const struct wv_cmow *w = x->w;
    const int d = w->dim, n = x->n;
    const size_t bytes = (size_t)x->matrix * sizeof(REAL);
    memset(x->h, 0, (size_t)((x->samples + 3) * w->stride) * sizeof(REAL));
    memset(x->sum, 0, (size_t)w->vector * sizeof(REAL));
    for (int k = 0; k < n; k++) {
        const REAL *row = (const REAL *)w->input + x->words[k] * w->stride;
        for (int i = 0; i < w->vector; i++)
            x->sum[i] += row[i];
        if (d) {
            NAME(gather)(AT_MATRIX(m, k), row + w->vector, d, x->stride);
            NAME(turn)(AT_MATRIX(turned, k), AT_MATRIX(m, k), d, x->stride);
        }
    }
    for (int k = 1; d && k < n; k++) {
        if (k == 1)
            memcpy(AT_MATRIX(before, 1), AT_MATRIX(m, 0), bytes);
        else
            TIMES(AT_MATRIX(before, k), AT_MATRIX(before, k - 1), AT_MATRIX(m, k - 1), 0);
    }
    for (int k = n - 1; d && k > 0; k--) {
        if (k == n - 1)
            memcpy(AT_MATRIX(after, k), AT_MATRIX(m, k), bytes);
        else
            TIMES(AT_MATRIX(after, k), AT_MATRIX(m, k), AT_MATRIX(after, k + 1), 0);
        NAME(turn)(AT_MATRIX(after_turned, k), AT_MATRIX(after, k), d, x->stride);
    }
    for (int p = x->from; p < n; p++) {
        const REAL *row = (const REAL *)w->input + x->words[p] * w->stride, *e = AT_MATRIX(before, p);
        REAL *h = x->h + (p - x->from) * w->stride;
        for (int i = 0; i < w->vector; i++)
            h[i] = x->sum[i] - row[i];
        if (d && p == 0)
            e = AT_MATRIX(after, 1);
        else if (d && p < n - 1)
            TIMES(x->spare, e, AT_MATRIX(after, p + 1), 0), e = x->spare;
        if (d)
            NAME(flatten)(h + w->vector, e, d, x->stride);
    }
}

/* log(1 + exp(-|z|)), from which the logistic function follows. */
TARGET WV_INLINE REAL NAME(logistic)(REAL z, REAL *softplus)
{
    const REAL e = sizeof(REAL) == 4 ? (REAL)expf((float)(z < 0 ? z : -z)) : (REAL)exp((double)(z < 0 ? z : -z));
    *softplus = sizeof(REAL) == 4 ? (REAL)log1pf((float)e) : (REAL)log1p((double)e);
    return z < 0 ? e / (1 + e) : 1 / (1 + e);
}

/* The loss of the samples, and their gradients with respect to what the outputs give. */
TARGET static double NAME(judge)(struct NAME(window) *x)
{
    const struct wv_cmow *w = x->w;
    const ptrdiff_t size = w->stride, g_row = w->pool + 4;
    double loss = 0;
    for (int p = 0; p < x->samples; p += 4)
        for (int q = 0; q < x->noises; q += 2)
            NAME(scores)(x->h + p * size, size, x->noise[q], x->noise[q + 1], x->g + p * g_row + q, g_row);
    for (int p = 0; p < x->samples; p++) {
        const int32_t target = x->words[x->from + p];
        const REAL *o = (const REAL *)w->output + target * size, *h = x->h + p * size;
        REAL *g = x->g + p * g_row, z, s, softplus;
        NAME(wide) dot = (NAME(wide)){0};
        for (ptrdiff_t i = 0; i < size; i += LANES)
            dot += WIDE_IN(h + i) * WIDE_IN(o + i);
        z = NAME(total)(dot);
        s = NAME(logistic)(z, &softplus);
        loss += softplus + (z < 0 ? -z : 0);
        x->own[p] = s - 1;
        for (int q = 0; q < x->noises; q++) {
            const REAL weight = x->noise_word[q] == target ? 0 : x->noise_weight[q];
            s = NAME(logistic)(g[q], &softplus);
            loss += weight * (softplus + (g[q] > 0 ? g[q] : 0));
            g[q] = weight * s;
        }
    }
    for (int p = x->samples; p % 4; p++)
        memset(x->g + p * g_row, 0, (size_t)g_row * sizeof(REAL));
    return loss;
}

/* Gradients of the samples, then the steps of the output rows. */
TARGET static void NAME(learn_outputs)(struct NAME(window) *x, REAL alpha)
{
    const struct wv_cmow *w = x->w;
    const ptrdiff_t size = w->stride, g_row = w->pool + 4;
    const REAL *in[WV_WINDOW];
    for (int p = 0; p < x->samples; p += 4)
        NAME(mix)(x->d_h + p * size, size, x->g + p * g_row, g_row, 1, x->noise, x->noises);
    for (int p = 0; p < x->samples; p++) {
        const REAL *o = (const REAL *)w->output + x->words[x->from + p] * size, g = x->own[p];
        REAL *d_h = x->d_h + p * size;
        for (ptrdiff_t i = 0; i < size; i++)
            d_h[i] += g * o[i];
        in[p] = x->h + p * size;
    }
    for (int q = 0; q < x->noises; q += 4) {
        NAME(mix)(x->row, size, x->g + q, 1, g_row, in, x->samples);
        for (int k = 0; k < 4; k++)
            if (x->noise_word[q + k] >= 0)
                NAME(descend_both)(w, w->output, w->output_sums, x->noise_word[q + k], x->row + k * size, 1, alpha);
    }
    for (int p = 0; p < x->samples; p++)
        NAME(descend_both)(
            w, w->output, w->output_sums, x->words[x->from + p], x->h + p * size, x->own[p], alpha);
}

/* Gradients of the matrices from those of the samples, in reverse. */
TARGET static void NAME(reverse)(struct NAME(window) *x)
{
    const struct wv_cmow *w = x->w;
    const int d = w->dim, n = x->n;
    const size_t bytes = (size_t)x->matrix * sizeof(REAL);
    for (int p = 0; p < n; p++) { /* E = before[p] after[p + 1] */
        if (p < x->from) {
            memset(AT_MATRIX(d_before, p), 0, bytes);
            if (p < n - 1)
                memset(AT_MATRIX(d_after, p + 1), 0, bytes);
            continue;
        }
        NAME(unfold)(x->spare, x->d_h + (p - x->from) * w->stride + w->vector, d, x->stride);
        if (p == 0) {
            memcpy(AT_MATRIX(d_after, 1), x->spare, bytes);
        } else if (p == n - 1) {
            memcpy(AT_MATRIX(d_before, p), x->spare, bytes);
        } else {
            TIMES(AT_MATRIX(d_before, p), x->spare, AT_MATRIX(after_turned, p + 1), 0);
            TURNED_TIMES(AT_MATRIX(d_after, p + 1), AT_MATRIX(before, p), x->spare, 0);
        }
    }
    for (int k = n - 1; k > 1; k--) { /* before[k] = before[k - 1] m[k - 1] */
        TURNED_TIMES(AT_MATRIX(d_m, k - 1), AT_MATRIX(before, k - 1), AT_MATRIX(d_before, k), 0);
        TIMES(AT_MATRIX(d_before, k - 1), AT_MATRIX(d_before, k), AT_MATRIX(turned, k - 1), 1);
    }
    memcpy(AT_MATRIX(d_m, 0), AT_MATRIX(d_before, 1), bytes);
    for (int k = 1; k < n - 1; k++) { /* after[k] = m[k] after[k + 1] */
        TIMES(AT_MATRIX(d_m, k), AT_MATRIX(d_after, k), AT_MATRIX(after_turned, k + 1), 1);
        TURNED_TIMES(AT_MATRIX(d_after, k + 1), AT_MATRIX(m, k), AT_MATRIX(d_after, k), 1);
    }
    memcpy(AT_MATRIX(d_m, n - 1), AT_MATRIX(d_after, n - 1), bytes);
}

/* The steps of the input rows of a window. */
TARGET static void NAME(learn_inputs)(struct NAME(window) *x, REAL alpha)
{
    const struct wv_cmow *w = x->w;
    REAL *sum = x->sum, *row = x->row;
    memset(sum, 0, (size_t)w->vector * sizeof(REAL));
    for (int p = 0; p < x->samples; p++)
        for (int i = 0; i < w->vector; i++)
            sum[i] += x->d_h[p * w->stride + i];
    if (w->dim)
        NAME(reverse)(x);
    for (int k = 0; k < x->n; k++) {
        const REAL *left_out = x->d_h + (k - x->from) * w->stride;
        for (int i = 0; i < w->vector; i++)
            row[i] = sum[i] - (k < x->from ? 0 : left_out[i]);
        if (w->dim)
            NAME(flatten)(row + w->vector, AT_MATRIX(d_m, k), w->dim, x->stride);
        NAME(descend_both)(w, w->input, w->input_sums, x->words[k], row, 1, alpha);
    }
}

/* All samples of words[0:n], of which those from number `from` on are predicted; their loss before the steps. */
TARGET static double NAME(learn)(
    struct NAME(window) *x, const int32_t *words, int n, int from, REAL alpha, uint64_t *state)
{
    double loss;
    x->words = words;
    x->n = n;
    x->from = from;
    x->samples = n - from;
    NAME(draw)(x, state);
    NAME(compose)(x);
    loss = NAME(judge)(x);
    NAME(learn_outputs)(x, alpha);
    NAME(learn_inputs)(x, alpha);
    return loss;
}

/* A chunk of sentences: the sum of the losses of its samples. */
TARGET static double NAME(cmow)(
    const struct wv_cmow *w,
    int64_t first,          /* IN    sentences */
    int64_t last,
    double alpha,
    uint64_t seed,
    void *scratch,          /* OUT   [wv_cmow_room(w)] numbers */
    int64_t *targets)       /* OUT   [1] samples */
{
    const int most = 2 * w->reach + 1;
    struct NAME(window) x;
    REAL *at = (REAL *)scratch;
    REAL **kinds[] = {&x.m, &x.turned, &x.before, &x.after, &x.after_turned, &x.d_before, &x.d_after, &x.d_m};
    double loss = 0;
    x.w = w;
    x.stride = WV_STRIDE(w->dim);
    x.matrix = (ptrdiff_t)WV_ROWS(w->dim) * x.stride;
    x.multiply = NAME(product_of)(w->dim);
    for (int kind = 0; kind < 8; kind++, at += most * x.matrix)
        *kinds[kind] = at;
    x.spare = at;
    x.h = x.spare + x.matrix;
    x.d_h = x.h + (most + 3) * w->stride;
    x.sum = x.d_h + (most + 3) * w->stride;
    x.row = x.sum + w->stride;
    x.g = x.row + 4 * w->stride;
    x.own = x.g + (most + 3) * (w->pool + 4);
    *targets = 0;
    for (int64_t sentence = first; sentence < last && !*(volatile const int32_t *)w->stop; sentence++) {
        const int32_t *words = w->ids + w->offsets[sentence];
        const int64_t size = w->offsets[sentence + 1] - w->offsets[sentence];
        int64_t start = 0, n = size;
        if (size < 2)
            continue;
        if (size > most) /* the first window ends anywhere beyond its middle; others follow it */
            n = w->reach + 1 + (int64_t)(((wv_draw(&seed) >> 32) * (uint64_t)(w->reach + 1)) >> 32);
        for (; start < size; start += n, n = size - start < most ? size - start : most) {
            const int64_t back = n > w->reach || size <= most ? 0 : w->reach + 1 - n; /* words of the window before */
            loss += NAME(learn)(&x, words + start - back, (int)(n + back), (int)back, (REAL)alpha, &seed);
            *targets += n;
        }
    }
    return loss;
}
#undef WIDE
#undef WIDE_IN
#undef AT_MATRIX
#undef TIMES
#undef TURNED_TIMES
#undef PART
#undef UNROLLED
#undef WV_MOST_LANES
#undef WV_ROWS
#undef WV_STRIDE
