/* The block update: one step of gradient descent for all pairs of some inputs and outputs at once.

   With inputs X [rows, dim], outputs Y [8 blocks, dim], the weight A of label 1 and the weight B of both labels of each pair:

       Z = X Y'      G = alpha (A - B s(Z))      E += G Y      Y += G' X      all from the values before the step;
       loss = sum of -A log s(Z) - (B - A) log s(-Z).

   Skip-gram, CBOW, n-grams and hierarchical softmax differ only in X, Y, A and B. Eight outputs stay in registers
   while the inputs stream past them. Everything is stored in tiles of eight columns: A[block][row][8].
   Included once for each instruction set, after simd.h. */

/* Scores of all pairs, turned into G in the place of `a`; adds to the loss. `rows` is a multiple of TILE_ROWS. */
INLINE void NAME(scores)(
    REAL *const *x,         /* IN     [rows] inputs, each [dim] */
    int rows,
    REAL *const *y,         /* IN     [8] outputs */
    ptrdiff_t dim,          /*        a multiple of 16 */
    REAL *a,                /* IN OUT [rows][8] weight of label 1, then the step of each pair */
    const REAL *b,          /* IN     [rows][8] weight of both labels */
    REAL alpha,
    vec *loss               /* INOUT  its lanes sum up to the loss */
) {
    for (int p = 0; p < rows; p += TILE_ROWS)
        for (int q = 0; q < 8; q += TILE_COLUMNS) {
            vec sum[LANES];
            UNROLL for (int i = 0; i < LANES; i++) sum[i] = (vec){0};
            for (ptrdiff_t d = 0; d < dim; d += LANES)
                UNROLL for (int i = 0; i < TILE_ROWS; i++) {
                    const vec xv = AT(x[p + i] + d);
                    UNROLL for (int k = 0; k < TILE_COLUMNS; k++) sum[i * TILE_COLUMNS + k] += xv * AT(y[q + k] + d);
                }
            const vec z = NAME(fold)(sum), one = AT(a + 8 * p + q), both = AT(b + 8 * p + q);
            vec softplus;
            const vec s = NAME(logistic)(z, &softplus);
            /* -log s(z) = softplus - min(z, 0) and -log s(-z) = softplus + max(z, 0) */
#if LANES == 1
            *loss += both * softplus + (z > 0 ? (both - one) * z : -one * z);
#else
            const ivec positive = z > (vec){0};
            *loss += both * softplus + (vec)(positive & (ivec)((both - one) * z)) - (vec)(~positive & (ivec)(one * z));
#endif
            AT(a + 8 * p + q) = alpha * (one - both * s);
        }
}

/* E += G Y and Y += G' X for eight outputs; `e` may be `x` itself. */
INLINE void NAME(step)(REAL *const *x, REAL *const *e, int rows, REAL *const *y, ptrdiff_t dim, const REAL *g) {
    for (ptrdiff_t d = 0; d < dim; d += LANES) {
        vec old[8], new[8];
        UNROLL for (int k = 0; k < 8; k++) old[k] = new[k] = AT(y[k] + d);
        for (int p = 0; p < rows; p++) {
            const REAL *gp = g + 8 * p;
            const vec xv = AT(x[p] + d);
            vec ev = AT(e[p] + d);
            UNROLL for (int k = 0; k < 8; k++) {
                ev += gp[k] * old[k];
                new[k] += gp[k] * xv;
            }
            AT(e[p] + d) = ev;
        }
        UNROLL for (int k = 0; k < 8; k++) AT(y[k] + d) = new[k];
    }
}

/* The whole update. Rows of `x` are distinct, rows of `y` too, but for padding rows whose weights are 0.
   When there are more than eight outputs and `e` is `x`, `copy` keeps the old inputs. */
INLINE void NAME(block)(
    REAL *const *x,         /* IN    [rows] inputs; x[rows] may be read when TILE_ROWS is 2, and is not written */
    REAL *const *e,         /* INOUT [rows] where the gradients of the inputs are added */
    int rows,
    REAL *const *y,         /* INOUT [8 blocks] outputs */
    int blocks,
    ptrdiff_t dim,
    REAL *a,                /* IN    [blocks][rows rounded up to TILE_ROWS][8], overwritten */
    const REAL *b,          /* IN    the same shape */
    REAL alpha,
    REAL **copy,            /* scratch [rows] of rows [dim] */
    vec *loss               /* INOUT */
) {
    const int even = (rows + TILE_ROWS - 1) / TILE_ROWS * TILE_ROWS;
    for (int k = 0; k < blocks; k++) NAME(scores)(x, even, y + 8 * k, dim, a + 8 * even * k, b + 8 * even * k, alpha, loss);
    if (blocks > 1 && x == e) {
        for (int p = 0; p < rows; p++) memcpy(copy[p], x[p], dim * sizeof(REAL));
        x = copy;
    }
    for (int k = 0; k < blocks; k++) NAME(step)(x, e, rows, y + 8 * k, dim, a + 8 * even * k);
}
