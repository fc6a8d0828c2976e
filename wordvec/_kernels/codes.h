/* Approximate cosines of encoded rows for codes.pyx, compiled for three sets of instructions; chosen at run time. */
#ifndef WORDVEC_CODES_H
#define WORDVEC_CODES_H
#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include "prefetch.h"

#define WV_CHUNK 32 /* numbers summed side by side */
#define WV_PARTS 32 /* parts whose tables, 32 KiB, stay in the first cache */
#define WV_DISTANCE 4096 /* bytes to fetch ahead */
#define WV_FLOAT16 0
#define WV_BFLOAT16 1
#define WV_INT8 2
#define WV_PQ 3
#define WV_BITS 4

/* Encoded rows; `size` counts numbers, parts or bytes of bits, `planes` the bit planes of a query. */
struct wv_codes {
    const char *codes;
    ptrdiff_t stride;     /* bytes from a row to the next */
    ptrdiff_t size;
    ptrdiff_t planes;
    const float *factors; /* [R] what a row is divided by, or NULL */
};

/* out[i] = about the cosine of a prepared query and row first + i; NaN for rows without direction. */
typedef void (*wv_score)(const struct wv_codes *, const void *query, const float *numbers, ptrdiff_t first,
                         ptrdiff_t count, float *out);
/* `size` numbers of a row as float32. */
typedef void (*wv_widen)(const void *row, ptrdiff_t size, float scale, float *out);
typedef float (*wv_product)(const float *, const float *, ptrdiff_t);
typedef double (*wv_cosine)(const float *, const double *, ptrdiff_t, double *squares);

static inline const char *wv_row(const struct wv_codes *c, ptrdiff_t row)
{
    return c->codes + row * c->stride;
}

/* Whether one candidate comes before another: a higher score, or the same of an earlier row. */
static inline int wv_before(float score, int64_t row, float other_score, int64_t other_row)
{
    return score > other_score || (score == other_score && row < other_row);
}

/* Put the `keep` best of `count` candidates first, the last of them at keep - 1: quickselect, 0 < keep <= count. */
static void wv_select(float *scores, int64_t *rows, ptrdiff_t count, ptrdiff_t keep)
{
    ptrdiff_t low = 0, high = count - 1;
    while (low < high) {
        const ptrdiff_t middle = low + (high - low) / 2;
        const float score = scores[middle];
        const int64_t row = rows[middle];
        ptrdiff_t i = low, j = high;
        while (i <= j) {
            while (wv_before(scores[i], rows[i], score, row))
                i++;
            while (wv_before(score, row, scores[j], rows[j]))
                j--;
            if (i <= j) {
                const float held_score = scores[i];
                const int64_t held_row = rows[i];
                scores[i] = scores[j];
                rows[i++] = rows[j];
                scores[j] = held_score;
                rows[j--] = held_row;
            }
        }
        if (keep - 1 <= j)
            high = j;
        else if (keep - 1 >= i)
            low = i;
        else
            break;
    }
}

static inline int wv_popcount(uint64_t x)
{
#if defined(__GNUC__)
    return __builtin_popcountll(x);
#else
    x -= x >> 1 & UINT64_C(0x5555555555555555);
    x = (x & UINT64_C(0x3333333333333333)) + (x >> 2 & UINT64_C(0x3333333333333333));
    return (int)(((x + (x >> 4)) & UINT64_C(0x0f0f0f0f0f0f0f0f)) * UINT64_C(0x0101010101010101) >> 56);
#endif
}

#define LEVEL 0
#define NAME(f) wv_##f##_baseline
#define TARGET
#include "codes_body.h"
#undef LEVEL
#undef NAME
#undef TARGET

#if defined(__GNUC__) && defined(__x86_64__)
#include <immintrin.h>
#define WV_LEVELS 3
#define LEVEL 1
#define NAME(f) wv_##f##_avx2
#define TARGET __attribute__((target("avx2,fma,f16c,popcnt")))
#include "codes_body.h"
#undef LEVEL
#undef NAME
#undef TARGET

#define LEVEL 2
#define NAME(f) wv_##f##_avx512
#define TARGET __attribute__((target("avx2,fma,f16c,popcnt,avx512f,avx512bw,avx512vl,avx512dq,avx512vpopcntdq")))
#include "codes_body.h"
#undef LEVEL
#undef NAME
#undef TARGET
#define WV_TABLE(f) {wv_##f##_baseline, wv_##f##_avx2, wv_##f##_avx512}
#else
#define WV_LEVELS 1
#define WV_TABLE(f) {wv_##f##_baseline}
#endif

/* The best level of this machine: 0 baseline, 1 AVX2, 2 AVX-512 with VPOPCNTDQ. */
static int wv_best_level(void)
{
#if WV_LEVELS > 1
    __builtin_cpu_init();
    if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma") || !__builtin_cpu_supports("popcnt")
        || !__builtin_cpu_supports("f16c"))
        return 0;
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl")
        && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vpopcntdq"))
        return 2;
    return 1;
#else
    return 0;
#endif
}

static const wv_score wv_scores[][WV_LEVELS] = {
    WV_TABLE(score_f16), WV_TABLE(score_bf16), WV_TABLE(score_int8), WV_TABLE(score_pq), WV_TABLE(score_bits)};
static const wv_widen wv_widens[][WV_LEVELS] = {WV_TABLE(widen_f16), WV_TABLE(widen_bf16), WV_TABLE(widen_int8)};
static const wv_product wv_products[WV_LEVELS] = WV_TABLE(product);
static const wv_cosine wv_cosines[WV_LEVELS] = WV_TABLE(cosine);
#endif
