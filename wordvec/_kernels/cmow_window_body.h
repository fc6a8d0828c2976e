/* A window of a sentence for cmow_body.h: its scratch, its noise, and products of rows. */

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

/* [4 x 2] products of rows. */
TARGET INLINE void NAME(scores)(
    const REAL *h, /* IN  [4, size] */
    ptrdiff_t size,
    const REAL *a, /* IN  [size] */
    const REAL *b, /* IN  [size] */
    REAL *z,       /* OUT [4, 2], rows z_row numbers apart */
    ptrdiff_t z_row)
{
    vec sum[4][2];
    UNROLL for (int p = 0; p < 4; p++)
        sum[p][0] = sum[p][1] = (vec){0};
    for (ptrdiff_t i = 0; i < size; i += LANES) {
        const vec x = LOOSE(a + i), y = LOOSE(b + i);
        UNROLL for (int p = 0; p < 4; p++) {
            const vec e = LOOSE(h + p * size + i);
            sum[p][0] += e * x;
            sum[p][1] += e * y;
        }
    }
    for (int p = 0; p < 4; p++) {
        z[p * z_row] = NAME(sum)(sum[p][0]);
        z[p * z_row + 1] = NAME(sum)(sum[p][1]);
    }
}

/* out[i] = sum over k of f[i * f_row + k * f_step] in[k], for four rows. */
TARGET static void NAME(mix)(
    REAL *out,             /* OUT [4, size] */
    ptrdiff_t size,
    const REAL *f,         /* IN  factors */
    ptrdiff_t f_row,
    ptrdiff_t f_step,
    const REAL *const *in, /* IN  [count] rows of [size] */
    int count)
{
    for (ptrdiff_t j = 0; j < size; j += 16) {
        vec sum[4][16 / LANES];
        UNROLL for (int i = 0; i < 4; i++)
            for (int v = 0; v < 16 / LANES; v++)
                sum[i][v] = (vec){0};
        for (int k = 0; k < count; k++)
            UNROLL for (int i = 0; i < 4; i++) {
                const REAL x = f[i * f_row + k * f_step];
                for (int v = 0; v < 16 / LANES; v++)
                    sum[i][v] += x * LOOSE(in[k] + j + v * LANES);
            }
        UNROLL for (int i = 0; i < 4; i++)
            for (int v = 0; v < 16 / LANES; v++)
                LOOSE(out + i * size + j + v * LANES) = sum[i][v];
    }
}

/* The transpose of a matrix. */
TARGET static void NAME(turn)(
    REAL *t,       /* OUT [WV_ROWS(d), stride] */
    const REAL *m, /* IN  [WV_ROWS(d), stride] */
    int d,
    int stride)
{
    memset(t, 0, (size_t)(WV_ROWS(d) * stride) * sizeof(REAL));
    for (int i = 0; i < d; i += 4)
        for (int j = 0; j < d; j++)
            for (int k = 0; k < 4 && i + k < d; k++)
                t[j * stride + i + k] = m[(i + k) * stride + j];
}

/* A matrix of a row of d x d numbers. */
TARGET static void NAME(unfold)(
    REAL *m,         /* OUT [WV_ROWS(d), stride] */
    const REAL *row, /* IN  [d * d] */
    int d,
    int stride)
{
    memset(m, 0, (size_t)(WV_ROWS(d) * stride) * sizeof(REAL));
    for (int i = 0; i < d; i++)
        memcpy(m + i * stride, row + i * d, (size_t)d * sizeof(REAL));
}

/* Draw the noise of a window; a word that is drawn again weighs more. */
TARGET static void NAME(draw)(
    struct NAME(window) *x,
    uint64_t *state) /* INOUT */
{
    const struct wv_cmow *w = x->w;
    x->noises = 0;
    for (int i = 0; i < w->pool; i++) {
        const int32_t word = wv_alias_word(w->alias, w->words, wv_draw(state));
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
            PREFETCH(row + i);
    }
}
