/* A body of C compiled for three levels of instructions: 0 baseline, 1 AVX2, 2 AVX-512; chosen at run time.

   Define WV_BODY as the name of the body and include this file. The body is included once for each level, with
   NAME(f) to name its functions, TARGET to stand before each of them, and LANES, the float32 numbers of a vector.
   WV_TABLE(f) then lists the function of each level, and wv_level(most) says which one this machine has. */
#ifndef WORDVEC_LEVELS_H
#define WORDVEC_LEVELS_H
#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include "prefetch.h"

#if defined(__GNUC__)
#define WV_INLINE static inline __attribute__((always_inline))
#else
#define WV_INLINE static __inline
#endif

#if defined(__GNUC__) && defined(__x86_64__)
#define WV_TABLE(f) {wv_##f##_baseline, wv_##f##_avx2, wv_##f##_avx512}
#else
#define WV_TABLE(f) {wv_##f##_baseline, wv_##f##_baseline, wv_##f##_baseline}
#endif

/* The best level that this machine has and the caller allows. */
static inline int wv_level(int most)
{
#if defined(__GNUC__) && defined(__x86_64__)
    __builtin_cpu_init();
    if (most > 1 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl")
        && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw"))
        return 2;
    if (most > 0 && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
        return 1;
#endif
    (void)most;
    return 0;
}
#endif

#define NAME(f) wv_##f##_baseline
#define TARGET
#define LANES 4
#include WV_BODY
#undef NAME
#undef TARGET
#undef LANES

#if defined(__GNUC__) && defined(__x86_64__)
#define NAME(f) wv_##f##_avx2
#define TARGET __attribute__((target("avx2,fma")))
#define LANES 8
#include WV_BODY
#undef NAME
#undef TARGET
#undef LANES

#define NAME(f) wv_##f##_avx512
#define TARGET __attribute__((target("avx2,fma,avx512f,avx512vl,avx512dq,avx512bw")))
#define LANES 16
#include WV_BODY
#undef NAME
#undef TARGET
#undef LANES
#endif
#undef WV_BODY
