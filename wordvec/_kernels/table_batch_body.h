/* A batch of queries and rows that are looked up in tables of bytes, for batches.h; compiled by levels.h.

   A vector has one byte of many rows. Bits are kept so, and half a byte of signs is looked up in 16 entries, which are
   small enough to be exact. Product quantisation: rows are turned, and a code is looked up in 256 entries of a byte. */
#if LEVEL > WV_BASELINE

#if LEVEL == WV_AVX512
#define WIDTH 64
typedef __m512i NAME(bytes);
#define BYTES_AT(p) _mm512_loadu_si512(p)
#define STORE(p, x) _mm512_storeu_si512(p, x)
#define NONE _mm512_setzero_si512()
#define TABLE_AT(p) _mm512_broadcast_i32x4(_mm_loadu_si128((const __m128i *)(p)))
#define LOOK_UP(table, x) _mm512_shuffle_epi8(table, x)
#define ADD_BYTES(a, b) _mm512_add_epi8(a, b)
#define ADD_WORDS(a, b) _mm512_add_epi16(a, b)
#define LOW_HALF(a) _mm512_and_si512(a, _mm512_set1_epi8(15))
#define HIGH_HALF(a) LOW_HALF(_mm512_srli_epi16(a, 4))
#define UPPER(a) _mm512_srli_epi16(a, 8)
#define WITHOUT_UPPER(a, b) _mm512_sub_epi16(a, _mm512_slli_epi16(b, 8))
#else
#define WIDTH 32
typedef __m256i NAME(bytes);
#define BYTES_AT(p) _mm256_loadu_si256((const __m256i *)(p))
#define STORE(p, x) _mm256_storeu_si256((__m256i *)(p), x)
#define NONE _mm256_setzero_si256()
#define TABLE_AT(p) _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)(p)))
#define LOOK_UP(table, x) _mm256_shuffle_epi8(table, x)
#define ADD_BYTES(a, b) _mm256_add_epi8(a, b)
#define ADD_WORDS(a, b) _mm256_add_epi16(a, b)
#define LOW_HALF(a) _mm256_and_si256(a, _mm256_set1_epi8(15))
#define HIGH_HALF(a) LOW_HALF(_mm256_srli_epi16(a, 4))
#define UPPER(a) _mm256_srli_epi16(a, 8)
#define WITHOUT_UPPER(a, b) _mm256_sub_epi16(a, _mm256_slli_epi16(b, 8))
#endif
#define GROUP 4 /* vectors of rows that meet a table while it is in a register */

/* Which of WIDTH rows, with sums of 16 bits of the even and the odd ones, have sum * sign > bar + slope * length. */
TARGET INLINE uint64_t NAME(rows_above)(
    NAME(bytes) even, NAME(bytes) odd, const float *lengths, float sign, float bar, float slope,
    uint16_t *in_order) /* OUT [WIDTH] the sums */
{
    uint64_t above = 0;
#if LEVEL == WV_AVX512
    static const int16_t order[64] = {0, 32, 1, 33, 2, 34, 3, 35, 4, 36, 5, 37, 6, 38, 7, 39, 8, 40, 9, 41, 10, 42,
        11, 43, 12, 44, 13, 45, 14, 46, 15, 47, 16, 48, 17, 49, 18, 50, 19, 51, 20, 52, 21, 53, 22, 54, 23, 55, 24, 56,
        25, 57, 26, 58, 27, 59, 28, 60, 29, 61, 30, 62, 31, 63};
    const __m512i x = _mm512_permutex2var_epi16(even, BYTES_AT(order), odd);
    const __m512i y = _mm512_permutex2var_epi16(even, BYTES_AT(order + 32), odd);
    const __m256i part[4] = {_mm512_castsi512_si256(x), _mm512_extracti64x4_epi64(x, 1), _mm512_castsi512_si256(y),
                             _mm512_extracti64x4_epi64(y, 1)};
    STORE(in_order, x);
    STORE(in_order + 32, y);
    UNROLL
    for (int i = 0; i < 4; i++) {
        const __m512 sums = _mm512_cvtepi32_ps(_mm512_cvtepu16_epi32(part[i]));
        const __m512 length = _mm512_loadu_ps(lengths + 16 * i);
        const __m512 bars = _mm512_fmadd_ps(_mm512_set1_ps(slope), length, _mm512_set1_ps(bar));
        above |= (uint64_t)_mm512_cmp_ps_mask(_mm512_mul_ps(sums, _mm512_set1_ps(sign)), bars, _CMP_GT_OQ) << 16 * i;
    }
#else
    const __m256i x = _mm256_unpacklo_epi16(even, odd), y = _mm256_unpackhi_epi16(even, odd);
    const __m128i part[4] = {_mm256_castsi256_si128(x), _mm256_castsi256_si128(y), _mm256_extracti128_si256(x, 1),
                             _mm256_extracti128_si256(y, 1)};
    UNROLL
    for (int i = 0; i < 4; i++) {
        _mm_storeu_si128((__m128i *)(in_order + 8 * i), part[i]);
        const __m256 sums = _mm256_cvtepi32_ps(_mm256_cvtepu16_epi32(part[i]));
        const __m256 length = _mm256_loadu_ps(lengths + 8 * i);
        const __m256 bars = _mm256_fmadd_ps(_mm256_set1_ps(slope), length, _mm256_set1_ps(bar));
        const __m256 passed = _mm256_cmp_ps(_mm256_mul_ps(sums, _mm256_set1_ps(sign)), bars, _CMP_GT_OQ);
        above |= (uint64_t)(unsigned)_mm256_movemask_ps(passed) << 8 * i;
    }
#endif
    return above;
}

/* The hits of a query among GROUP vectors of rows, from their sums; with their scores where `exact` has what these are
   made of, as in score_bits. */
TARGET INLINE ptrdiff_t NAME(hits_of)(
    const NAME(bytes) *sums, const NAME(bytes) *upper, const float *lengths, ptrdiff_t row, ptrdiff_t count,
    ptrdiff_t query, float sign, float bar, float slope, const float *exact, struct wv_hit *hits)
{
    ptrdiff_t found = 0;
    UNROLL
    for (int g = 0; g < GROUP; g++) {
        const ptrdiff_t at = row + g * WIDTH;
        uint16_t in_order[WIDTH];
        uint64_t above = NAME(rows_above)(
            WITHOUT_UPPER(sums[g], upper[g]), upper[g], lengths + at, sign, bar, slope, in_order);
        for (; above; above &= above - 1) {
            const ptrdiff_t hit = at + wv_lowest_bit(above);
            if (hit >= count)
                break;
            hits[found].query = (int32_t)query;
            hits[found].score = exact ? exact[2] + (exact[0] - exact[1] * in_order[hit - at]) / lengths[hit] : NAN;
            hits[found++].row = (int32_t)hit;
        }
    }
    return found;
}

/* The lengths of rows `first` to first + count of a block of b->rows; NaN before, beyond, and where it is none. */
TARGET static void NAME(lengths_of)(
    const struct wv_codes *c, struct wv_batch *b, ptrdiff_t before, ptrdiff_t first, ptrdiff_t count)
{
    for (ptrdiff_t r = 0; r < before; r++)
        b->inverse[r] = NAN;
    for (ptrdiff_t r = 0; r < count; r++) {
        const float length = c->factors[first + r];
        b->inverse[before + r] = length > 0 ? length : NAN;
    }
    for (ptrdiff_t r = before + count; r < b->rows; r++)
        b->inverse[r] = NAN;
}

/* 16 entries for each half of a byte of signs: the weighted differences of the planes of a query. */
TARGET static int NAME(ready_bits)(
    const struct wv_codes *c,
    struct wv_batch *b) /* INOUT tables */
{
    const ptrdiff_t lines = 2 * c->size, plane_bytes = wv_up(c->size, 64);
    if (c->planes > 4 || 60 * lines > WV_MOST_SUM)
        return 0;
    for (ptrdiff_t query = 0; query < b->queries; query++) {
        const uint8_t *planes = (const uint8_t *)b->asked + query * b->asked_bytes;
        uint8_t *table = (uint8_t *)b->tables + query * lines * 16;
        for (ptrdiff_t line = 0; line < lines; line++)
            for (int bits = 0; bits < 16; bits++) {
                int differ = 0;
                for (ptrdiff_t p = 0; p < c->planes; p++)
                    differ += differ + wv_count_bits(
                        bits ^ (planes[p * plane_bytes + line / 2] >> 4 * (line % 2) & 15));
                table[16 * line + bits] = (uint8_t)differ;
            }
    }
    return 1;
}

/* Add the entries for a byte of GROUP vectors of rows, at most 120 each: its halves at p and p + pitch or, where they
   are not kept apart, the byte at p. */
TARGET INLINE void NAME(look_up_byte)(
    NAME(bytes) *some, const char *table, const char *const *p, ptrdiff_t at, ptrdiff_t pitch, const int halved)
{
    const NAME(bytes) low = TABLE_AT(table), high = TABLE_AT(table + 16);
    UNROLL
    for (int g = 0; g < GROUP; g++) {
        const NAME(bytes) x = BYTES_AT(p[g] + at), y = halved ? BYTES_AT(p[g] + at + pitch) : HIGH_HALF(x);
        some[g] = ADD_BYTES(some[g], ADD_BYTES(LOOK_UP(low, halved ? x : LOW_HALF(x)), LOOK_UP(high, y)));
    }
}

/* The sums of the entries for all bytes of GROUP vectors of rows, in 16 bits, and those of every other row. */
TARGET INLINE void NAME(sums_of_bits)(
    NAME(bytes) *sums,      /* OUT [GROUP] */
    NAME(bytes) *upper,     /* OUT [GROUP] */
    const char *table,      /* IN  [size][2][16] */
    const char *const *p,   /* IN  [GROUP] the first byte of the rows of each vector */
    ptrdiff_t size,
    ptrdiff_t pitch,        /* IN  from a byte, or a half of one, to the next */
    ptrdiff_t ahead,        /* IN  from a byte to what will be wanted, 0 for nothing */
    const int halved)
{
    const ptrdiff_t step = halved ? 2 * pitch : pitch;
    UNROLL
    for (int g = 0; g < GROUP; g++)
        sums[g] = upper[g] = NONE;
    for (ptrdiff_t i = 0; i < size; i += 2, table += 64) {
        NAME(bytes) some[GROUP] = {NONE, NONE, NONE, NONE};
        NAME(look_up_byte)(some, table, p, i * step, pitch, halved);
        if (i + 1 < size)
            NAME(look_up_byte)(some, table + 32, p, (i + 1) * step, pitch, halved);
        if (ahead)
            for (int g = 0; g < GROUP; g++) {
                PREFETCH_FAR(p[g] + i * step + ahead);
                PREFETCH_FAR(p[g] + (i + 1) * step + ahead);
            }
        UNROLL
        for (int g = 0; g < GROUP; g++) {
            sums[g] = ADD_WORDS(sums[g], some[g]);
            upper[g] = ADD_WORDS(upper[g], UPPER(some[g]));
        }
    }
}

/* The halves of the bytes of some blocks of WV_BITS_ROWS rows, for queries that share them. */
TARGET static void NAME(halve)(
    const struct wv_codes *c,
    struct wv_batch *b, /* OUT block */
    ptrdiff_t first,
    ptrdiff_t blocks)
{
    for (ptrdiff_t row = 0; row < blocks * WV_BITS_ROWS; row += WIDTH) {
        const char *from = wv_bits(c, first + row);
        char *to = b->block + row;
        for (ptrdiff_t i = 0; i < c->size; i++, from += WV_BITS_ROWS, to += 2 * WV_LINE(b->rows)) {
            const NAME(bytes) x = BYTES_AT(from);
            PREFETCH_FAR(from + b->rows / WV_BITS_ROWS * c->stride);
            STORE(to, LOW_HALF(x));
            STORE(to + WV_LINE(b->rows), HIGH_HALF(x));
        }
    }
}

#define SHARED 3 /* from how many queries on halves are kept */
TARGET static ptrdiff_t NAME(meet_bits)(
    const struct wv_codes *c,
    struct wv_batch *b,
    ptrdiff_t first,
    ptrdiff_t count,
    const float *worsts, /* IN  [b->queries] */
    struct wv_hit *hits) /* OUT [b->queries * b->rows] */
{
    const ptrdiff_t before = first % WV_BITS_ROWS, blocks = (before + count + WV_BITS_ROWS - 1) / WV_BITS_ROWS;
    const ptrdiff_t ahead = b->rows / WV_BITS_ROWS * c->stride;
    ptrdiff_t found = 0;
    if (b->queries >= SHARED)
        NAME(halve)(c, b, first - before, blocks);
    NAME(lengths_of)(c, b, before, first, count);
    for (ptrdiff_t query = 0; query < b->queries; query++) {
        const float *numbers = b->numbers + 3 * query;
        const char *table = b->tables + query * c->size * 32, *p[GROUP];
        /* numbers[2] + (numbers[0] - numbers[1] * sum) / length > worst */
        const float bar = -numbers[0] / numbers[1] - .01f;
        const float slope = (worsts[query] - WV_SAFETY - numbers[2]) / numbers[1];
        for (ptrdiff_t row = 0; row < blocks * WV_BITS_ROWS; row += GROUP * WIDTH) {
            NAME(bytes) sums[GROUP], upper[GROUP];
            for (int g = 0; g < GROUP; g++) { /* the last rows again where there are no more */
                const ptrdiff_t last = blocks * WV_BITS_ROWS - WIDTH, own = row + g * WIDTH, at = own < last ? own : last;
                p[g] = b->queries >= SHARED ? b->block + at : wv_bits(c, first - before + at);
            }
            if (b->queries >= SHARED)
                NAME(sums_of_bits)(sums, upper, table, p, c->size, WV_LINE(b->rows), 0, 1);
            else
                NAME(sums_of_bits)(sums, upper, table, p, c->size, WV_BITS_ROWS, ahead, 0);
            found += NAME(hits_of)(
                sums, upper, b->inverse, row, before + count, query, -1, bar, slope, numbers, hits + found);
        }
    }
    for (ptrdiff_t i = 0; i < found; i++)
        hits[i].row -= (int32_t)before;
    return found;
}
#undef SHARED

#if LEVEL == WV_AVX512
#include "pq_batch_body.h"
#endif
#undef WIDTH
#undef BYTES_AT
#undef STORE
#undef NONE
#undef TABLE_AT
#undef LOOK_UP
#undef ADD_BYTES
#undef ADD_WORDS
#undef LOW_HALF
#undef HIGH_HALF
#undef UPPER
#undef WITHOUT_UPPER
#undef GROUP
#endif
