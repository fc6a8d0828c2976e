/* Approximate cosines of encoded rows for codes.pyx. */
#ifndef WORDVEC_CODES_H
#define WORDVEC_CODES_H
#include <math.h>
#include <string.h>
#include "bits.h"

#define WV_CHUNK 32 /* numbers summed side by side */
#define WV_PARTS 32 /* parts whose tables, 32 KiB, stay in the first cache */
#define WV_DISTANCE 20000 /* bytes to fetch ahead: far, and no multiple of a page */
#define WV_FLOAT16 0
#define WV_BFLOAT16 1
#define WV_INT8 2
#define WV_PQ 3
#define WV_BITS 4
#define WV_RESIDUAL 5
#define WV_KINDS 6
#define WV_TOGETHER 64 /* rows of signs that stand together, byte by byte */
#define WV_MOST_LEVELS 8

/* Encoded rows; `size` counts numbers, parts or signs of a level. */
struct wv_codes {
    const char *codes;
    ptrdiff_t stride;     /* bytes from a row to the next; of signs from WV_TOGETHER rows to the next */
    ptrdiff_t size;
    ptrdiff_t levels;     /* of signs */
    const float *factors; /* [R] what a row is divided by, or NULL; of WV_RESIDUAL its scales, float16 */
};

#include "batches.h"

/* out[i] = about the cosine of a prepared query and row first + i; NaN for rows without direction. */
typedef void (*wv_score)(const struct wv_codes *, const void *query, const float *numbers, ptrdiff_t first,
                         ptrdiff_t count, float *out);
/* `size` numbers of a row as float32. */
typedef void (*wv_widen)(const void *row, ptrdiff_t size, float scale, float *out);
typedef float (*wv_product)(const float *, const float *, ptrdiff_t);
typedef double (*wv_cosine)(const float *, const double *, ptrdiff_t, double *squares);
/* `size` numbers that a row of residual bits stands for. */
typedef void (*wv_unpack)(const struct wv_codes *, ptrdiff_t row, float *out);

static inline const char *wv_row(const struct wv_codes *c, ptrdiff_t row)
{
    return c->codes + row * c->stride;
}

/* The first byte of a row of signs; its others stand WV_TOGETHER apart. */
static inline const char *wv_signs(const struct wv_codes *c, ptrdiff_t row)
{
    return c->codes + row / WV_TOGETHER * c->stride + row % WV_TOGETHER;
}

/* The scale of a level of residual bits of a row, float16; after it those of the rows that stand together with it. */
static inline const uint16_t *wv_scales(const struct wv_codes *c, ptrdiff_t row, ptrdiff_t level)
{
    return (const uint16_t *)c->factors + (row / WV_TOGETHER * c->levels + level) * WV_TOGETHER + row % WV_TOGETHER;
}

/* A query of int8 rows once more, low bytes and then high bytes, after its numbers of 16 bits; all padded to 64. */
static inline const char *wv_split(const void *query, ptrdiff_t size)
{
    return (const char *)query + 2 * wv_up(size, 64);
}

/* Put the `keep` best of `count` candidates first, the last of them at keep - 1: quickselect, 0 < keep <= count. A higher
   score is better, and of equal scores the earlier row. No branch depends on scores, as none could be foreseen. */
static void wv_select(float *scores, int64_t *rows, ptrdiff_t count, ptrdiff_t keep)
{
    ptrdiff_t low = 0, high = count - 1;
    while (low < high) {
        const ptrdiff_t middle = low + (high - low) / 2;
        const float score = scores[middle];
        const int64_t row = rows[middle];
        ptrdiff_t i = low, j;
        scores[middle] = scores[high];
        rows[middle] = rows[high];
        for (j = low; j < high; j++) { /* what is better comes before i */
            const float own_score = scores[j];
            const int64_t own_row = rows[j];
            scores[j] = scores[i];
            rows[j] = rows[i];
            scores[i] = own_score;
            rows[i] = own_row;
            i += (own_score > score) | ((own_score == score) & (own_row < row));
        }
        scores[high] = scores[i];
        rows[high] = rows[i];
        scores[i] = score;
        rows[i] = row;
        if (keep - 1 < i)
            high = i - 1;
        else if (keep - 1 > i)
            low = i + 1;
        else
            break;
    }
}

#define WV_BODY "codes_body.h"
#include "levels.h"

/* The functions of each codec for each level. Those that read halves need F16C beyond the level, and those of WV_INT8
   VNNI beyond AVX-512; wv_codec_level says which may be called. */
static const wv_score wv_scores[WV_KINDS][WV_LEVELS] = {
    WV_TABLE(score_f16), WV_TABLE(score_bf16), WV_TABLE(score_int8), WV_TABLE(score_pq), WV_TABLE(score_bits),
    WV_TABLE(score_residual)};
static const wv_widen wv_widens[][WV_LEVELS] = {WV_TABLE(widen_f16), WV_TABLE(widen_bf16), WV_TABLE(widen_int8)};
static const wv_product wv_products[WV_LEVELS] = WV_TABLE(product);
static const wv_cosine wv_cosines[WV_LEVELS] = WV_TABLE(cosine);
static const wv_unpack wv_unpacks[WV_LEVELS] = WV_TABLE(unpack);

/* The best level up to `level` at which the functions of a codec run on a machine with these features. */
static inline int wv_codec_level(int kind, int level, int has_f16c, int has_vnni)
{
    if (kind == WV_INT8 && level == WV_AVX512 && !has_vnni)
        return WV_AVX2;
    return (kind == WV_FLOAT16 || kind == WV_RESIDUAL) && !has_f16c ? WV_BASELINE : level;
}

/* How each codec meets a batch of queries; NULL where they are scored one by one. */
#if WV_X86
#define WV_FROM_AVX2(f) {NULL, wv_##f##_avx2, wv_##f##_avx512}
#define WV_FROM_AVX512(f) {NULL, NULL, wv_##f##_avx512}
#else
#define WV_FROM_AVX2(f) {NULL}
#define WV_FROM_AVX512(f) {NULL}
#endif
static const wv_ready wv_readies[WV_KINDS][WV_LEVELS] = {
    {NULL}, {NULL}, WV_FROM_AVX2(ready_int8), WV_FROM_AVX512(ready_pq), WV_TABLE(ready_signs), WV_TABLE(ready_signs)};
static const wv_meet wv_meets[WV_KINDS][WV_LEVELS] = {
    {NULL}, {NULL}, WV_FROM_AVX2(meet_int8), WV_FROM_AVX512(meet_pq), WV_TABLE(meet_bits), WV_TABLE(meet_residual)};

/* The best level up to `level` for batches: byte products need VNNI beyond AVX-512, tables of more than 16 bytes VBMI. */
static inline int wv_batch_level(int kind, int level, int has_f16c, int has_vnni, int has_vbmi)
{
    if (level == WV_AVX512 && (kind == WV_INT8 ? !has_vnni : !has_vbmi))
        level = WV_AVX2;
    return wv_codec_level(kind, level, has_f16c, has_vnni);
}

/* From how many queries on a batch is quicker than each alone. */
static inline ptrdiff_t wv_batch_least(int kind)
{
    return kind == WV_INT8 ? 4 : 1;
}
#endif
