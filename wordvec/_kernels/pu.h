/* Steps of a weighted factorisation by conjugate gradients, a row at a time, for pu.pyx. */
#ifndef WORDVEC_PU_H
#define WORDVEC_PU_H
#include "cpu.h"

#define WV_BLOCK 16 /* the numbers of a row are a multiple of it, the rest being zeros */
#define WV_GROUP 16 /* cells of a row that are taken together; at most WV_BLOCK */
#define WV_PART 8   /* vectors whose sums stay in registers */
#define WV_AHEAD 6  /* rows that are fetched beside each group of a pass: a third of a group, as there are three passes */
#define WV_CHUNK 64 /* rows whose products are summed in float32 before they join those of all */
#define WV_FLAT 1e-6f  /* of what is expected: less curvature is what rounding left of none */
#define WV_DONE 1e-10f /* of the first residual, squared: less is rounding */

typedef struct {
    const int64_t *indptr;  /* IN    [rows + 1] */
    const int32_t *indices; /* IN    [cells] rows of the other side */
    const float *values;    /* IN    [cells] A */
    const float *excess;    /* IN    [cells] C - rho */
    const float *other;     /* IN    [columns, size] the other side */
    const float *gram;      /* IN    [size, size] rho times the products of its coordinates */
    const float *squares;   /* IN    [size] means of the squares of its coordinates */
    float *own;             /* INOUT [rows, size] this side */
    float *scratch;         /* WV_ROOM numbers */
    ptrdiff_t columns, size, cells;
    ptrdiff_t fixed;        /* IN    the coordinate that does not move, or -1 */
    int steps;              /* IN    of conjugate gradients */
    float rho, ridge;       /* IN    weights of the cells without a value, and of the squared norms for each cell */
    float relax;            /* IN    1 moves a row to where the steps lead, 2 by twice as much */
} wv_pu;

/* What a pass over the cells of a row adds up. */
enum wv_aim {
    WV_SLOPE, /* the rows h times how far the model, at p, is from A: b - G p, but for what all cells add */
    WV_CURVE, /* the rows h times q times C - rho: G p, likewise */
    WV_LAST   /* nothing */
};

/* Numbers of scratch, where no row has more than `longest` cells: five rows, and two numbers for each cell. */
#define WV_ROOM(size, longest) (5 * (size) + 2 * ((longest) + WV_GROUP))

typedef double (*wv_solve)(const wv_pu *, ptrdiff_t, ptrdiff_t);
typedef void (*wv_square)(const float *, ptrdiff_t, ptrdiff_t, double *);

#define WV_BODY "pu_body.h"
#include "levels.h"

static const wv_solve wv_solves[] = WV_TABLE(solve);
static const wv_square wv_squares[] = WV_TABLE(square);
#endif
