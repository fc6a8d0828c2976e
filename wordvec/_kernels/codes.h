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
#define WV_BITS_ROWS 64 /* rows of bits that stand together, byte by byte */

/* Encoded rows; `size` counts numbers, parts or bytes of bits, `planes` the bit planes of a query. */
struct wv_codes {
    const char *codes;
    ptrdiff_t stride;     /* bytes from a row to the next; of bits from WV_BITS_ROWS rows to the next */
    ptrdiff_t size;
    ptrdiff_t planes;
    const float *factors; /* [R] what a row is divided by, or NULL */
};

#include "batches.h"

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

/* The first byte of a row of bits; its others stand WV_BITS_ROWS apart. */
static inline const char *wv_bits(const struct wv_codes *c, ptrdiff_t row)
{
    return c->codes + row / WV_BITS_ROWS * c->stride + row % WV_BITS_ROWS;
}

/* A query of int8 rows once more, low bytes and then high bytes, after its numbers of 16 bits; all padded to 64. */
static inline const char *wv_split(const void *query, ptrdiff_t size)
{
    return (const char *)query + 2 * wv_up(size, 64);
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

#define WV_BODY "codes_body.h"
#include "levels.h"

/* The functions of each codec for each level. Those of WV_FLOAT16 need F16C beyond the level, and those of WV_INT8
   VNNI beyond AVX-512; wv_codec_level says which may be called. */
static const wv_score wv_scores[][WV_LEVELS] = {
    WV_TABLE(score_f16), WV_TABLE(score_bf16), WV_TABLE(score_int8), WV_TABLE(score_pq), WV_TABLE(score_bits)};
static const wv_widen wv_widens[][WV_LEVELS] = {WV_TABLE(widen_f16), WV_TABLE(widen_bf16), WV_TABLE(widen_int8)};
static const wv_product wv_products[WV_LEVELS] = WV_TABLE(product);
static const wv_cosine wv_cosines[WV_LEVELS] = WV_TABLE(cosine);

/* The best level up to `level` at which the functions of a codec run on a machine with these features. */
static inline int wv_codec_level(int kind, int level, int has_f16c, int has_vnni)
{
    if (kind == WV_INT8 && level == WV_AVX512 && !has_vnni)
        return WV_AVX2;
    return kind == WV_FLOAT16 && !has_f16c ? WV_BASELINE : level;
}

/* How each codec meets a batch of queries; NULL where they are scored one by one. */
#if WV_X86
#define WV_FROM_AVX2(f) {NULL, wv_##f##_avx2, wv_##f##_avx512}
static const wv_ready wv_readies[][WV_LEVELS] = {
    {NULL}, {NULL}, WV_FROM_AVX2(ready_int8), {NULL, NULL, wv_ready_pq_avx512}, WV_FROM_AVX2(ready_bits)};
static const wv_meet wv_meets[][WV_LEVELS] = {
    {NULL}, {NULL}, WV_FROM_AVX2(meet_int8), {NULL, NULL, wv_meet_pq_avx512}, WV_FROM_AVX2(meet_bits)};
#else
static const wv_ready wv_readies[5][WV_LEVELS];
static const wv_meet wv_meets[5][WV_LEVELS];
#endif

/* The best level up to `level` for batches: byte products need VNNI beyond AVX-512, great tables VBMI. */
static inline int wv_batch_level(int kind, int level, int has_vnni, int has_vbmi)
{
    if (level == WV_AVX512 && ((kind == WV_INT8 && !has_vnni) || (kind == WV_PQ && !has_vbmi)))
        return WV_AVX2;
    return level;
}

/* From how many queries on a batch is quicker than each alone. */
static inline ptrdiff_t wv_batch_least(int kind)
{
    return kind == WV_INT8 ? 4 : 1;
}
#endif
