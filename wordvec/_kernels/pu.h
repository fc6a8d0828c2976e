/* Exact steps of a weighted factorisation, 16 coordinates of a row at a time, for pu.pyx. */
#ifndef WORDVEC_PU_H
#define WORDVEC_PU_H
#include "cpu.h"

#define WV_BLOCK 16 /* coordinates of a step; those of a row of the other side are one line of the cache */
#define WV_CHUNK 64 /* cells that are summed before their sum joins that of the row: long rows lose fewer digits */
#define WV_PIVOT 1e-5f /* of its place on the diagonal: a smaller pivot is what rounding left of nothing */

typedef struct {
    const int64_t *indptr;  /* IN    [rows + 1] */
    const int32_t *indices; /* IN    [cells] rows of the other side */
    const float *values;    /* IN    [cells] A */
    const float *excess;    /* IN    [cells] C - rho */
    float *fitted;          /* INOUT [cells] products of the rows of both sides */
    const float *panels;    /* IN    [blocks, columns, WV_BLOCK] the other side, each row on 64 bytes */
    const float *gram;      /* IN    [blocks, size, WV_BLOCK] rho times its products of coordinates */
    float *own;             /* INOUT [rows, size] this side */
    ptrdiff_t cells, columns, blocks;
    ptrdiff_t fixed;        /* IN    the coordinate that does not move, or -1 */
    float rho, ridge;       /* IN    weights of the cells without a value, and of the squared norms for each cell */
    float relax;            /* IN    1 moves a row to the least of the objective, 2 by twice as much */
} wv_pu;

typedef double (*wv_solve)(const wv_pu *, ptrdiff_t, ptrdiff_t);
typedef void (*wv_fit)(const wv_pu *, ptrdiff_t, ptrdiff_t);
typedef void (*wv_square)(const float *, ptrdiff_t, ptrdiff_t, double *);

#define WV_BODY "pu_body.h"
#include "levels.h"

static const wv_solve wv_solves[] = WV_TABLE(solve);
static const wv_fit wv_fits[] = WV_TABLE(fit);
static const wv_square wv_squares[] = WV_TABLE(square);
#endif
