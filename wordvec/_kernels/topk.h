/* Products of rows and queries for topk.pyx, compiled for the baseline and for AVX2; the machine chooses at run time. */
#ifndef WORDVEC_TOPK_H
#define WORDVEC_TOPK_H
#include <stddef.h>
#include <string.h>

#define WV_ROWS 6
#define WV_LANES 16
#define WV_SUMS 32

#define NAME(f) wv_##f##_baseline
#define TARGET
#include "topk_body.h"
#undef NAME
#undef TARGET

#if defined(__GNUC__) && defined(__x86_64__)
#define WV_HAS_AVX2 1
#define NAME(f) wv_##f##_avx2
#define TARGET __attribute__((target("avx2,fma")))
#include "topk_body.h"
#undef NAME
#undef TARGET
#else
#define WV_HAS_AVX2 0
#endif

typedef float (*wv_dot_function)(const float *, const float *, ptrdiff_t);
typedef void (*wv_block_function)(const float *const *, const float *, ptrdiff_t, float *);

static int wv_use_avx2(void)
{
#if WV_HAS_AVX2
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
#else
    return 0;
#endif
}

static wv_dot_function wv_choose_dot(int avx2)
{
#if WV_HAS_AVX2
    if (avx2)
        return wv_dot_avx2;
#endif
    return wv_dot_baseline;
}

static wv_block_function wv_choose_block(int avx2)
{
#if WV_HAS_AVX2
    if (avx2)
        return wv_block_avx2;
#endif
    return wv_block_baseline;
}
#endif
