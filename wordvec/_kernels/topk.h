/* Products of rows and queries for topk.pyx and tables.pyx, compiled for the baseline, AVX2 and AVX-512; the machine
   chooses at run time. */
#ifndef WORDVEC_TOPK_H
#define WORDVEC_TOPK_H
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include "prefetch.h"

#define WV_MOST_ROWS 12
#define WV_LANES 16
#define WV_SUMS 32
#define WV_AHEAD 512 /* numbers */
#define WV_CHUNK 64
enum { WV_SUM, WV_SHIFT, WV_RATIO };

#define NAME(f) wv_##f##_baseline
#define TARGET
#define BLOCK 6
#include "topk_body.h"
#undef NAME
#undef TARGET
#undef BLOCK

#if defined(__GNUC__) && defined(__x86_64__)
#define WV_X86 1
#define NAME(f) wv_##f##_avx2
#define TARGET __attribute__((target("avx2,fma")))
#define BLOCK 6
#include "topk_body.h"
#undef NAME
#undef TARGET
#undef BLOCK

#define NAME(f) wv_##f##_avx512
#define TARGET __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma")))
#define BLOCK 12
#include "topk_body.h"
#undef NAME
#undef TARGET
#undef BLOCK
#else
#define WV_X86 0
#endif

/* What one instruction set does, and how many rows its block takes. */
typedef struct {
    float (*dot)(const float *, const float *, ptrdiff_t);
    void (*block)(const float *const *, const float *, ptrdiff_t, float *);
    unsigned (*passing)(const float *, const float *, const float *, int);
    int (*combine)(int, const float *, const float *, const float *, float, float, float *);
    int rows;
} wv_functions;

/* 0 the baseline, 1 AVX2, 2 AVX-512: the best of this machine, or less where `most` says so. */
static wv_functions wv_choose(int most)
{
    wv_functions chosen = {wv_dot_baseline, wv_block_baseline, wv_passing_baseline, wv_combine_baseline, 6};
#if WV_X86
    if (most >= 1 && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) {
        wv_functions avx2 = {wv_dot_avx2, wv_block_avx2, wv_passing_avx2, wv_combine_avx2, 6};
        chosen = avx2;
        if (most >= 2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl")
            && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq")) {
            wv_functions avx512 = {wv_dot_avx512, wv_block_avx512, wv_passing_avx512, wv_combine_avx512, 12};
            chosen = avx512;
        }
    }
#endif
    return chosen;
}
#endif
