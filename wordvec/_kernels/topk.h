/* Products of rows and queries for topk.pyx and tables.pyx. */
#ifndef WORDVEC_TOPK_H
#define WORDVEC_TOPK_H
#include "cpu.h"

#define WV_MOST_ROWS 12 /* of a block */
#define WV_LANES 16     /* queries of a panel */
#define WV_CHUNK 64     /* columns of a table that are scored together */
enum { WV_SUM, WV_SHIFT, WV_RATIO };

#define WV_BODY "topk_body.h"
#include "levels.h"

/* What one SIMD level does, and how many rows its block takes. */
typedef struct {
    float (*dot)(const float *, const float *, ptrdiff_t);
    void (*block)(const float *const *, const float *, ptrdiff_t, float *);
    unsigned (*passing)(const float *, const float *, const float *, int);
    int (*combine)(int, const float *, const float *, const float *, float, float, float *);
    int rows;
} wv_functions;

static const wv_functions wv_functions_of[WV_LEVELS] = {
    {wv_dot_baseline, wv_block_baseline, wv_passing_baseline, wv_combine_baseline, 6},
#if WV_X86
    {wv_dot_avx2, wv_block_avx2, wv_passing_avx2, wv_combine_avx2, 6},
    {wv_dot_avx2, wv_block_avx512, wv_passing_avx512, wv_combine_avx512, WV_MOST_ROWS},
#endif
};
#endif
