/* The loops behind cmow.pyx; compiled for every SIMD level and for float64 by levels.h.

   A window of n words has n samples: each word in turn is left out, and the product of the matrices of the others, in
   their order, next to the sum of their vectors, predicts it. With the products P of the words before each and S of
   those after each, a sample costs one product more; so do the gradients, in reverse. */
#include "matrices_body.h"
#include "cmow_steps_body.h"
#include "cmow_window_body.h"

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
        vec dot = (vec){0};
        for (ptrdiff_t i = 0; i < size; i += LANES)
            dot += LOOSE(h + i) * LOOSE(o + i);
        z = NAME(sum)(dot);
        s = NAME(logistic_of)(z, &softplus);
        loss += softplus + (z < 0 ? -z : 0);
        x->own[p] = s - 1;
        for (int q = 0; q < x->noises; q++) {
            const REAL weight = x->noise_word[q] == target ? 0 : x->noise_weight[q];
            s = NAME(logistic_of)(g[q], &softplus);
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
    const struct NAME(side) outputs = {w->output, w->output_sums, w->output_means};
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
                NAME(descend_both)(w, &outputs, x->noise_word[q + k], x->row + k * size, 1, alpha);
    }
    for (int p = 0; p < x->samples; p++)
        NAME(descend_both)(w, &outputs, x->words[x->from + p], x->h + p * size, x->own[p], alpha);
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
    const struct NAME(side) inputs = {w->input, w->input_sums, w->input_means};
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
        NAME(descend_both)(w, &inputs, x->words[k], row, 1, alpha);
    }
}

/* All samples of words[0:n], of which those from number `from` on are predicted; their loss before the steps. */
TARGET static double NAME(learn)(
    struct NAME(window) *x,
    const int32_t *words, /* IN    [n] */
    int n,
    int from,
    REAL alpha,
    uint64_t *state)      /* INOUT */
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

/* The pieces of the scratch of a window; where there is no memory yet, its bytes are counted only. */
TARGET static void NAME(lay_out)(
    struct NAME(window) *x,     /* OUT */
    const struct wv_cmow *w,
    struct wv_scratch *scratch) /* INOUT */
{
    const size_t most = 2 * w->reach + 1;
    REAL **kinds[] = {
        &x->m, &x->turned, &x->before, &x->after, &x->after_turned, &x->d_before, &x->d_after, &x->d_m};
    x->w = w;
    x->stride = WV_STRIDE(w->dim);
    x->matrix = (ptrdiff_t)WV_ROWS(w->dim) * x->stride;
    x->multiply = NAME(product_of)(w->dim);
    for (int kind = 0; kind < 8; kind++)
        *kinds[kind] = wv_take(scratch, most * x->matrix, sizeof(REAL));
    x->spare = wv_take(scratch, x->matrix, sizeof(REAL));
    x->h = wv_take(scratch, (most + 3) * w->stride, sizeof(REAL));
    x->d_h = wv_take(scratch, (most + 3) * w->stride, sizeof(REAL));
    x->sum = wv_take(scratch, w->stride, sizeof(REAL));
    x->row = wv_take(scratch, 4 * w->stride, sizeof(REAL));
    x->g = wv_take(scratch, (most + 3) * (w->pool + 4), sizeof(REAL));
    x->own = wv_take(scratch, most + 3, sizeof(REAL));
}

/* Bytes of scratch of a call. */
TARGET static size_t NAME(room)(const struct wv_cmow *w)
{
    struct NAME(window) x;
    struct wv_scratch scratch = {NULL, 0};
    NAME(lay_out)(&x, w, &scratch);
    return scratch.used;
}

/* A chunk of sentences: the sum of the losses of its samples. */
TARGET static double NAME(cmow)(
    const struct wv_cmow *w,
    int64_t first,          /* IN    sentences */
    int64_t last,
    double alpha,
    uint64_t seed,
    char *scratch,          /* OUT   [bytes that `room` counts] */
    int64_t *targets)       /* OUT   [1] samples */
{
    const int most = 2 * w->reach + 1;
    struct NAME(window) x;
    double loss = 0;
    NAME(lay_out)(&x, w, &(struct wv_scratch){scratch, 0});
    *targets = 0;
    for (int64_t sentence = first; sentence < last && !*(volatile const int32_t *)w->stop; sentence++) {
        const int32_t *words = w->ids + w->offsets[sentence];
        const int64_t size = w->offsets[sentence + 1] - w->offsets[sentence];
        int64_t start = 0, n = size;
        if (size < 2)
            continue;
        if (size > most) /* the first window ends anywhere beyond its middle; others follow it */
            n = w->reach + 1 + wv_below(wv_draw(&seed), w->reach + 1);
        for (; start < size; start += n, n = size - start < most ? size - start : most) {
            const int64_t back = n > w->reach || size <= most ? 0 : w->reach + 1 - n; /* words of the window before */
            loss += NAME(learn)(&x, words + start - back, (int)(n + back), (int)back, (REAL)alpha, &seed);
            *targets += n;
        }
    }
    return loss;
}
#undef AT_MATRIX
#undef TIMES
#undef TURNED_TIMES
#undef PART
