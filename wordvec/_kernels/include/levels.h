/* A body of C compiled for every SIMD level, to be chosen at run time.

   Define WV_BODY as the name of the body and include this file. The body is included once for each level with

       LEVEL      the number of the level: WV_BASELINE, WV_AVX2 or WV_AVX512
       LANES      float32 numbers of a vector; 1: plain C
       REAL       float
       NAME(f)    the name of its function f
       TARGET     to stand before each function; TARGET_WITH(",feature") before one that needs a feature beyond the level

   and simd.h, which has the vectors. Where WV_EXACT is defined, the body is included once more for float64: REAL is
   double, LANES is WV_EXACT, and f is named wv_f_exact; gradients are tested there. WV_TABLE(f) lists the function of
   each level. Where WV_BF16 is defined, there is one more level, WV_AVX512_BF16, whose kernels may round factors to bfloat16:
   such a module asks rounding_level_of (simd.pyx) for its level. */
#include "cpu.h"
#include "simd.h"

#undef WV_TABLE
#if WV_X86 && WV_KNOWS_BF16 && defined(WV_BF16)
#define WV_TABLE(f) {wv_##f##_baseline, wv_##f##_avx2, wv_##f##_avx512, wv_##f##_avx512bf16}
#elif WV_X86
#define WV_TABLE(f) {wv_##f##_baseline, wv_##f##_avx2, wv_##f##_avx512}
#else
#define WV_TABLE(f) {wv_##f##_baseline, wv_##f##_baseline, wv_##f##_baseline}
#endif

#define REAL float
#define IS_DOUBLE 0

#define LEVEL WV_BASELINE
#define NAME(f) wv_##f##_baseline
#define TARGET
#define TARGET_WITH(feature)
#if WV_VECTORS
#define LANES 4
#else
#define LANES 1
#endif
#include "level_body.h"

#if WV_X86
#define LEVEL WV_AVX2
#define NAME(f) wv_##f##_avx2
#define TARGET __attribute__((target("avx2,fma,popcnt")))
#define TARGET_WITH(feature) __attribute__((target("avx2,fma,popcnt" feature)))
#define LANES 8
#include "level_body.h"

#define LEVEL WV_AVX512
#define NAME(f) wv_##f##_avx512
#define TARGET __attribute__((target("avx2,fma,popcnt,avx512f,avx512vl,avx512dq,avx512bw,avx512cd")))
#define TARGET_WITH(feature) __attribute__((target("avx2,fma,popcnt,avx512f,avx512vl,avx512dq,avx512bw,avx512cd" feature)))
#define LANES 16
#include "level_body.h"

#if WV_KNOWS_BF16 && defined(WV_BF16)
#define LEVEL WV_AVX512_BF16
#define NAME(f) wv_##f##_avx512bf16
#define TARGET __attribute__((target("avx2,fma,popcnt,avx512f,avx512vl,avx512dq,avx512bw,avx512cd,avx512bf16")))
#define TARGET_WITH(feature) \
    __attribute__((target("avx2,fma,popcnt,avx512f,avx512vl,avx512dq,avx512bw,avx512cd,avx512bf16" feature)))
#define LANES 16
#include "level_body.h"
#endif
#endif

#undef REAL
#undef IS_DOUBLE
#undef WV_BF16

#ifdef WV_EXACT
#define REAL double
#define IS_DOUBLE 1
#define LEVEL WV_BASELINE
#define NAME(f) wv_##f##_exact
#define TARGET
#define TARGET_WITH(feature)
#if WV_VECTORS
#define LANES WV_EXACT
#else
#define LANES 1
#endif
#include "level_body.h"
#undef REAL
#undef IS_DOUBLE
#undef WV_EXACT
#endif
#undef WV_BODY
