/* A batch of queries and rows that are looked up in tables of bytes, for batches.h; compiled by levels.h.

   A vector has one byte of many rows. Signs are kept so (signs_batch_body.h). Product quantisation: rows are turned, and
   a code is looked up in 256 entries of a byte. Either gives sums of 16 bits, of which scores are made here. */

/* What the sums of rows `first` to first + count are multiplied by: 1 / length. NaN where a row has none and, of a block
   of b->rows, before and beyond these rows. */
TARGET static void NAME(multipliers)(
    const struct wv_codes *c, struct wv_batch *b, ptrdiff_t before, ptrdiff_t first, ptrdiff_t count)
{
    for (ptrdiff_t r = 0; r < before; r++)
        b->inverse[r] = NAN;
    for (ptrdiff_t r = 0; r < count; r++) {
        const float length = c->factors[first + r];
        b->inverse[before + r] = length > 0 ? 1 / length : NAN;
    }
    for (ptrdiff_t r = before + count; r < b->rows; r++)
        b->inverse[r] = NAN;
}

#if LEVEL > WV_BASELINE

#if LEVEL == WV_AVX512
#define WIDTH 64
typedef __m512i NAME(bytes);
typedef __m512 NAME(floats);
#define BYTES_AT(p) _mm512_loadu_si512(p)
#define STORE(p, x) _mm512_storeu_si512(p, x)
#define NONE _mm512_setzero_si512()
#define ADD_BYTES(a, b) _mm512_add_epi8(a, b)
#define ADD_WORDS(a, b) _mm512_add_epi16(a, b)
#define UPPER(a) _mm512_srli_epi16(a, 8)
#define WITHOUT_UPPER(a, b) _mm512_sub_epi16(a, _mm512_slli_epi16(b, 8))
#else
#define WIDTH 32
typedef __m256i NAME(bytes);
typedef __m256 NAME(floats);
#define BYTES_AT(p) _mm256_loadu_si256((const __m256i *)(p))
#define STORE(p, x) _mm256_storeu_si256((__m256i *)(p), x)
#define NONE _mm256_setzero_si256()
#define ADD_BYTES(a, b) _mm256_add_epi8(a, b)
#define ADD_WORDS(a, b) _mm256_add_epi16(a, b)
#define UPPER(a) _mm256_srli_epi16(a, 8)
#define WITHOUT_UPPER(a, b) _mm256_sub_epi16(a, _mm256_slli_epi16(b, 8))
#endif
#define GROUP 4 /* vectors of rows that meet a table while it is in a register */

/* WIDTH scores as float32: scores += (base - unit * sum) * multiplier, from sums of 16 bits of the even and the odd rows. */
TARGET INLINE void NAME(weigh)(
    NAME(floats) *scores,     /* INOUT [WIDTH / LANES] */
    NAME(bytes) even, NAME(bytes) odd, const float *multipliers, float base, float unit)
{
#if LEVEL == WV_AVX512
    static const int16_t order[64] = {0, 32, 1, 33, 2, 34, 3, 35, 4, 36, 5, 37, 6, 38, 7, 39, 8, 40, 9, 41, 10, 42,
        11, 43, 12, 44, 13, 45, 14, 46, 15, 47, 16, 48, 17, 49, 18, 50, 19, 51, 20, 52, 21, 53, 22, 54, 23, 55, 24, 56,
        25, 57, 26, 58, 27, 59, 28, 60, 29, 61, 30, 62, 31, 63};
    const __m512i x = _mm512_permutex2var_epi16(even, BYTES_AT(order), odd);
    const __m512i y = _mm512_permutex2var_epi16(even, BYTES_AT(order + 32), odd);
    const __m256i part[4] = {_mm512_castsi512_si256(x), _mm512_extracti64x4_epi64(x, 1), _mm512_castsi512_si256(y),
                             _mm512_extracti64x4_epi64(y, 1)};
#define FLOATS_OF(x) _mm512_cvtepi32_ps(_mm512_cvtepu16_epi32(x))
#define EVERY(x) _mm512_set1_ps(x)
#define FLOATS_AT(p) _mm512_loadu_ps(p)
#define LESS(a, b, c) _mm512_fnmadd_ps(a, b, c)
#define MORE(a, b, c) _mm512_fmadd_ps(a, b, c)
#else
    const __m256i x = _mm256_unpacklo_epi16(even, odd), y = _mm256_unpackhi_epi16(even, odd);
    const __m128i part[4] = {_mm256_castsi256_si128(x), _mm256_castsi256_si128(y), _mm256_extracti128_si256(x, 1),
                             _mm256_extracti128_si256(y, 1)};
#define FLOATS_OF(x) _mm256_cvtepi32_ps(_mm256_cvtepu16_epi32(x))
#define EVERY(x) _mm256_set1_ps(x)
#define FLOATS_AT(p) _mm256_loadu_ps(p)
#define LESS(a, b, c) _mm256_fnmadd_ps(a, b, c)
#define MORE(a, b, c) _mm256_fmadd_ps(a, b, c)
#endif
    UNROLL
    for (int i = 0; i < 4; i++) {
        const NAME(floats) sums = LESS(FLOATS_OF(part[i]), EVERY(unit), EVERY(base));
        scores[i] = MORE(sums, FLOATS_AT(multipliers + LANES * i), scores[i]);
    }
#undef FLOATS_OF
#undef EVERY
#undef FLOATS_AT
#undef LESS
#undef MORE
}

/* Which of WIDTH scores are above the bar, as bits. */
TARGET INLINE uint64_t NAME(above)(const NAME(floats) *scores, float bar)
{
    uint64_t above = 0;
    UNROLL
    for (int i = 0; i < 4; i++)
#if LEVEL == WV_AVX512
        above |= (uint64_t)_mm512_cmp_ps_mask(scores[i], _mm512_set1_ps(bar), _CMP_GT_OQ) << 16 * i;
#else
        above |= (uint64_t)(unsigned)_mm256_movemask_ps(_mm256_cmp_ps(scores[i], _mm256_set1_ps(bar), _CMP_GT_OQ))
                 << 8 * i;
#endif
    return above;
}

/* The hits of a query among GROUP vectors of rows from `row` on; their scores + offset where these are exact. */
TARGET INLINE ptrdiff_t NAME(hits_of)(
    NAME(floats) (*scores)[4], ptrdiff_t row, ptrdiff_t count, ptrdiff_t query, float bar, float offset,
    const int is_exact, struct wv_hit *hits)
{
    ptrdiff_t found = 0;
    UNROLL
    for (int g = 0; g < GROUP; g++) {
        uint64_t above = NAME(above)(scores[g], bar);
        if (above) {
            float in_order[WIDTH];
            if (is_exact)
                memcpy(in_order, scores[g], sizeof in_order);
            for (; above; above &= above - 1) {
                const int lane = wv_lowest_bit(above);
                if (row + g * WIDTH + lane >= count)
                    break;
                hits[found].query = (int32_t)query;
                hits[found].row = (int32_t)(row + g * WIDTH + lane);
                hits[found++].score = is_exact ? offset + in_order[lane] : NAN;
            }
        }
    }
    return found;
}
#endif

#include "signs_batch_body.h"
#if LEVEL == WV_AVX512
#include "pq_batch_body.h"
#endif
#if LEVEL > WV_BASELINE
#undef WIDTH
#undef BYTES_AT
#undef STORE
#undef NONE
#undef ADD_BYTES
#undef ADD_WORDS
#undef UPPER
#undef WITHOUT_UPPER
#undef GROUP
#endif
