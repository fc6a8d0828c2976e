/* Products of the matrices of the words of texts, for products.pyx. */
#ifndef WORDVEC_PRODUCTS_H
#define WORDVEC_PRODUCTS_H
#include <math.h>
#include "cpu.h"
#include "matrices.h"

/* What all texts share. A matrix is a row of dim x dim numbers, from which the identity has been taken. */
struct wv_products {
    const float *matrix;   /* [R, dim * dim], a row every `stride` numbers */
    const float *extra;    /* [U, dim * dim], a row every `extra_stride` numbers: the rows from R on */
    ptrdiff_t rows, stride, extra_stride, out_stride;
    const int32_t *tokens; /* [N] rows of the tokens, text by text */
    const int64_t *ends;   /* [n] tokens up to the end of each text */
    int dim;
};

#define WV_FAR 30 /* a product is brought back when its greatest number leaves 2^-30 to 2^30 */

typedef void (*wv_multiplied)(const struct wv_products *p, ptrdiff_t texts, float *out, float *scratch);
/* float32 numbers of scratch: three matrices. */
static inline size_t wv_products_room(int dim)
{
    return 3 * (size_t)WV_ROWS(dim) * WV_STRIDE(dim);
}

#define WV_BODY "products_body.h"
#include "levels.h"

static const wv_multiplied wv_multiplied_at[] = WV_TABLE(multiplied);
#endif
