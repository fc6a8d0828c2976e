/* The nearest of some centroids to each of many points, for kmeans.pyx; compiled for three widths of vectors. */
#ifndef WORDVEC_KMEANS_H
#define WORDVEC_KMEANS_H
#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#if defined(__GNUC__)
#define WV_INLINE static inline __attribute__((always_inline))
#else
#define WV_INLINE static __inline
#endif

typedef void (*wv_nearest)(const float *points, ptrdiff_t stride, ptrdiff_t count, ptrdiff_t size,
                           const float *centroids, int clusters, uint8_t *labels, float *errors);

typedef double (*wv_closer)(const float *points, ptrdiff_t stride, ptrdiff_t count, ptrdiff_t size,
                            const float *centroid, float *errors);
#define WV_BLOCK 512 /* points whose distances are summed together */

#define NAME(f) wv_##f##_baseline
#define TARGET
#define LANES 4
#include "kmeans_body.h"
#undef NAME
#undef TARGET
#undef LANES

#if defined(__GNUC__) && defined(__x86_64__)
#define NAME(f) wv_##f##_avx2
#define TARGET __attribute__((target("avx2,fma")))
#define LANES 8
#include "kmeans_body.h"
#undef NAME
#undef TARGET
#undef LANES

#define NAME(f) wv_##f##_avx512
#define TARGET __attribute__((target("avx2,fma,avx512f,avx512vl,avx512dq,avx512bw")))
#define LANES 16
#include "kmeans_body.h"
#undef NAME
#undef TARGET
#undef LANES
#endif

/* The level of codes.h that this machine and the caller allow. */
static int wv_kmeans_level(int level)
{
#if defined(__GNUC__) && defined(__x86_64__)
    __builtin_cpu_init();
    if (level > 1 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl")
        && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw"))
        return 2;
    if (level > 0 && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
        return 1;
#endif
    (void)level;
    return 0;
}

#if defined(__GNUC__) && defined(__x86_64__)
#define WV_TABLE(f) {wv_##f##_baseline, wv_##f##_avx2, wv_##f##_avx512}
#else
#define WV_TABLE(f) {wv_##f##_baseline}
#endif
static const wv_nearest wv_nearests[] = WV_TABLE(nearest);
static const wv_closer wv_closers[] = WV_TABLE(closer);
#endif
