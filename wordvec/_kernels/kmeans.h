/* The nearest of some centroids to each of many points, for kmeans.pyx. */
#ifndef WORDVEC_KMEANS_H
#define WORDVEC_KMEANS_H
#include "cpu.h"

typedef void (*wv_nearest)(const float *points, ptrdiff_t stride, ptrdiff_t count, ptrdiff_t size,
                           const float *centroids, int clusters, uint8_t *labels, float *errors);

typedef double (*wv_closer)(const float *points, ptrdiff_t stride, ptrdiff_t count, ptrdiff_t size,
                            const float *centroid, float *errors);
#define WV_BLOCK 512 /* points whose distances are summed together */

#define WV_BODY "kmeans_body.h"
#include "levels.h"

static const wv_nearest wv_nearests[] = WV_TABLE(nearest);
static const wv_closer wv_closers[] = WV_TABLE(closer);
#endif
