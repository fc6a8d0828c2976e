/* The steps of rows for cmow_body.h: AdaGrad with one rate for a part of a row, or a running mean for each number. */

#define ROOT(x) (IS_DOUBLE ? (REAL)sqrt((double)(x)) : (REAL)sqrtf((float)(x)))

/* The rows of inputs or of outputs, and what their steps remember. */
struct NAME(side) {
    void *rows;  /* [words, stride] */
    void *sums;  /* [words, 2]; above WV_STILL the part does not move */
    void *means; /* [words, stride], or NULL: AdaGrad */
};

/* A step of AdaGrad down factor * g, with one rate for all numbers: that of their mean squared gradient so far. */
TARGET static void NAME(descend)(
    REAL *row,     /* INOUT [size] */
    const REAL *g, /* IN    [size] */
    REAL factor,
    ptrdiff_t size,
    REAL *sum,     /* INOUT [1] of the mean squared gradients */
    REAL alpha)
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

/* A step down factor * g, each number at the rate of the running mean of its squared gradient.

   The mean starts at 0, so that it is divided by what the weights of its terms sum to: 1 - decay^steps. */
TARGET static void NAME(descend_each)(
    REAL *row,     /* INOUT [size] */
    const REAL *g, /* IN    [size] */
    REAL factor,
    ptrdiff_t size,
    REAL *power,   /* INOUT [1] decay^steps; 1 before the first step */
    REAL *means,   /* INOUT [size] */
    REAL decay,
    REAL alpha)
{
    REAL unbiased;
    if (size == 0 || *power > WV_STILL)
        return;
    *power *= decay;
    unbiased = 1 / (1 - *power);
    for (ptrdiff_t i = 0; i < size; i++) {
        const REAL step = factor * g[i], mean = decay * means[i] + (1 - decay) * step * step;
        means[i] = mean;
        row[i] -= alpha * step / (ROOT(mean * unbiased) + (REAL)WV_LEAST);
    }
}

/* The steps of the vector and of the matrix of a row. */
TARGET static void NAME(descend_both)(
    const struct wv_cmow *w,
    const struct NAME(side) *side, /* INOUT */
    int32_t word,
    const REAL *g, /* IN    [stride] */
    REAL factor,
    REAL alpha)
{
    const ptrdiff_t numbers = (ptrdiff_t)w->dim * w->dim;
    REAL *row = (REAL *)side->rows + word * w->stride, *sum = (REAL *)side->sums + 2 * (ptrdiff_t)word;
    if (side->means) {
        REAL *means = (REAL *)side->means + word * w->stride;
        NAME(descend_each)(row, g, factor, w->vector, sum, means, (REAL)w->decay, alpha);
        NAME(descend_each)(
            row + w->vector, g + w->vector, factor, numbers, sum + 1, means + w->vector, (REAL)w->decay, alpha);
        return;
    }
    NAME(descend)(row, g, factor, w->vector, sum, alpha);
    NAME(descend)(row + w->vector, g + w->vector, factor, numbers, sum + 1, alpha);
}
#undef ROOT
