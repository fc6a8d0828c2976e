/* The block update: one step of gradient descent for all pairs of some inputs and outputs at once.

   With inputs X [rows, dim], outputs Y [8 blocks, dim], the weight A of label 1 and the weight B of both labels of each pair:

       Z = X Y'      G = alpha (A - B s(Z))      E += G Y      Y += G' X      all from the values before the step;
       loss = sum of -A log s(Z) - (B - A) log s(-Z).

   Skip-gram, CBOW, n-grams and hierarchical softmax differ only in X, Y, A and B. Eight outputs stay in registers
   while the inputs stream past them. Where outputs are frozen, Y stays and all else is the same. Everything is stored in
   tiles of eight columns: A[block][row][8].
   Included by word2vec_body.h. */

#define TILE_COLUMNS (LANES < 8 ? LANES : 8)
#define TILE_ROWS (LANES / TILE_COLUMNS)

/* Z = X Y' for eight outputs, a tile at a time: lane i TILE_COLUMNS + k is the product of x[p + i] and y[q + k]. */
TARGET INLINE void NAME(scores)(
    REAL *const *x,         /* IN  [rows] inputs, each [dim] */
    int rows,               /*     a multiple of TILE_ROWS */
    REAL *const *y,         /* IN  [8] outputs */
    ptrdiff_t dim,          /*     a multiple of 16 */
    REAL *z                 /* OUT [rows][8] */
) {
    for (int p = 0; p < rows; p += TILE_ROWS)
        for (int q = 0; q < 8; q += TILE_COLUMNS) {
            vec sum[LANES];
            UNROLL for (int i = 0; i < LANES; i++) sum[i] = (vec){0};
            for (ptrdiff_t d = 0; d < dim; d += LANES)
                UNROLL for (int k = 0; k < TILE_COLUMNS; k++) {
                    vec yv = AT(y[q + k] + d);
                    IN_REGISTER(yv);
                    UNROLL for (int i = 0; i < TILE_ROWS; i++) sum[i * TILE_COLUMNS + k] += AT(x[p + i] + d) * yv;
                }
            AT(z + 8 * p + q) = NAME(fold)(sum);
        }
}

/* Rows that will be needed soon. */
typedef struct { const REAL **row; int count; } NAME(rows);

#if LEVEL == WV_AVX512_BF16
#include "block_bf16_body.h"
#else
/* E += G Y and, unless they are frozen, Y += G' X for eight outputs; `e` may be `x` itself. Meanwhile the rows `ahead`
   are fetched, a line of each at a time: all at once would stall. */
TARGET INLINE void NAME(step)(
    REAL *const *x,         /* IN    [rows] inputs */
    REAL *const *e,         /* INOUT [rows] what the gradients of the inputs are added to */
    int rows,
    REAL *const *y,         /* INOUT [8] outputs; IN where frozen */
    ptrdiff_t dim,          /*       a multiple of 16 */
    const REAL *g,          /* IN    [rows rounded up to TILE_ROWS][8] */
    const NAME(rows) *ahead,/* IN    rows to fetch */
    const int frozen        /* IN    a constant of the call */
) {
    for (ptrdiff_t d = 0; d < dim; d += LANES) {
        vec old[8], new[8];
        if (d % (64 / (ptrdiff_t)sizeof(REAL)) == 0)
            for (int i = 0; i < ahead->count; i++) PREFETCH_WRITE(ahead->row[i] + d);
        UNROLL for (int k = 0; k < 8; k++) old[k] = new[k] = AT(y[k] + d);
        for (int p = 0; p < rows; p++) {
            const REAL *gp = g + 8 * p;
            const vec xv = AT(x[p] + d);
            vec ev = AT(e[p] + d);
            UNROLL for (int k = 0; k < 8; k++) {
                ev += gp[k] * old[k];
                if (!frozen) new[k] += gp[k] * xv;
            }
            AT(e[p] + d) = ev;
        }
        if (!frozen) {
            UNROLL for (int k = 0; k < 8; k++) AT(y[k] + d) = new[k];
        }
    }
}

/* Gradients as the step reads them. */
TARGET INLINE vec NAME(factors)(vec g) { return g; }

/* The scores of many inputs. */
TARGET INLINE void NAME(many_scores)(REAL *const *x, int rows, REAL *const *y, ptrdiff_t dim, REAL *z) {
    NAME(scores)(x, rows, y, dim, z);
}
#endif

/* G from Z, in the place of A; the sum of all lanes of the result is the loss. */
TARGET INLINE vec NAME(gradients)(
    const REAL *z,          /* IN    [count] */
    REAL *a,                /* INOUT [count] */
    const REAL *b,          /* IN    [count] */
    int count,              /*       a multiple of LANES */
    REAL alpha,
    const int for_step      /*       whether G is left as `step` reads it, a constant */
) {
    vec loss = (vec){0};
    for (int i = 0; i < count; i += LANES) {
        const vec score = AT(z + i), one = AT(a + i), both = AT(b + i);
        vec softplus;
        const vec s = NAME(logistic)(score, &softplus);
        /* -log s(z) = softplus - min(z, 0) and -log s(-z) = softplus + max(z, 0) */
#if LANES == 1
        loss += both * softplus + (score > 0 ? both * score : 0) - one * score;
#else
        const ivec positive = score > (vec){0};
        loss += both * (softplus + (vec)(positive & (ivec)score)) - one * score;
#endif
        const vec g = alpha * one - (alpha * both) * s;
        if (for_step) AT(a + i) = NAME(factors)(g);
        else AT(a + i) = g;
    }
    return loss;
}

/* The whole update. Rows of `x` are distinct, rows of `y` too, but for padding rows whose weights are 0.
   When there are more than eight outputs and rows of `e` are rows of `x`, `copy` keeps the old inputs. */
TARGET INLINE void NAME(block)(
    REAL *const *x,         /* IN    [rows] inputs; x[rows] may be read when TILE_ROWS is 2, and is not written */
    REAL *const *e,         /* INOUT [rows] where the gradients of the inputs are added */
    int rows,
    const int in_place,     /*       whether rows of `e` are rows of `x` */
    REAL *const *y,         /* INOUT [8 blocks] outputs; IN where frozen */
    int blocks,
    int frozen,             /*       whether outputs stay as they are */
    ptrdiff_t dim,
    REAL *a,                /* IN    [blocks][rows rounded up to TILE_ROWS][8], overwritten */
    const REAL *b,          /* IN    the same shape */
    REAL alpha,
    REAL *z,                /* scratch of the same shape */
    REAL **copy,            /* scratch [rows] of rows [dim] */
    NAME(rows) *ahead,      /* IN    rows to fetch; none are left */
    vec *loss               /* INOUT */
) {
    const int even = (rows + TILE_ROWS - 1) / TILE_ROWS * TILE_ROWS;
    for (int k = 0; k < blocks; k++) NAME(many_scores)(x, even, y + 8 * k, dim, z + 8 * even * k);
    *loss += NAME(gradients)(z, a, b, 8 * even * blocks, alpha, 1);
    if (blocks > 1 && in_place) {
        for (int p = 0; p < rows; p++) memcpy(copy[p], x[p], dim * sizeof(REAL));
        x = copy;
    }
    for (int k = 0; k < blocks; k++) {
        if (frozen) NAME(step)(x, e, rows, y + 8 * k, dim, a + 8 * even * k, ahead, 1);
        else NAME(step)(x, e, rows, y + 8 * k, dim, a + 8 * even * k, ahead, 0);
        ahead->count = 0;
    }
}
