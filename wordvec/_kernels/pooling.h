/* Vectors of texts from vectors of their tokens, for pooling.pyx. */
#ifndef WORDVEC_POOLING_H
#define WORDVEC_POOLING_H
#include <float.h>
#include <math.h>
#include "cpu.h"

enum { WV_MEAN, WV_WEIGHTED, WV_SUM, WV_SCALED, WV_MAX }; /* over tokens; over weights; none; see pooling_body.h */

/* What all texts share. */
struct wv_pool {
    const float *matrix;     /* [R, size], a row every `stride` numbers */
    const float *extra;      /* [U, size] the rows from R on */
    ptrdiff_t rows, stride, size;
    const int32_t *tokens;   /* [N] rows of the tokens, text by text */
    const float *weights;    /* [N], or NULL: all weigh 1 */
    const int64_t *ends;     /* [n] tokens up to the end of each text */
    const float *components; /* [m, size] directions of length 1 that are taken out, one after another */
    const float *shares;     /* [m] how much of each */
    ptrdiff_t m;
    int kind, normalise;     /* to length 1 */
    ptrdiff_t out_stride;
};

#define WV_RUN 1024 /* tokens whose vectors are added before their sum is */
#define WV_SHORT 1e-38 /* the length of a vector where 1 over it is beyond float32 */

typedef void (*wv_pooled)(const struct wv_pool *p, ptrdiff_t texts, float *out, float *scratch);
#define WV_BODY "pooling_body.h"
#include "levels.h"
static const wv_pooled wv_pooled_at[] = WV_TABLE(pooled);
#endif
