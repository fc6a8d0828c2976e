/* A tall matrix of many columns and one of WV_WIDTH columns beside it, for block_products.pyx. */
#ifndef WORDVEC_BLOCK_PRODUCTS_H
#define WORDVEC_BLOCK_PRODUCTS_H
#include "cpu.h"

#define WV_WIDTH 16 /* columns of a block: a cache line */
#define WV_TILE 64  /* rows that stay in the first cache while all columns of the tall matrix pass */

typedef void (*wv_inner)(const float *tall, ptrdiff_t stride, ptrdiff_t rows, ptrdiff_t columns, const float *block,
                         float *out);
typedef void (*wv_subtract)(const float *tall, ptrdiff_t stride, ptrdiff_t rows, ptrdiff_t columns,
                            const float *coefficients, float *block);

#define WV_BODY "block_products_body.h"
#include "levels.h"

static const wv_inner wv_inners[] = WV_TABLE(inner);
static const wv_subtract wv_subtracts[] = WV_TABLE(subtract);
#endif
