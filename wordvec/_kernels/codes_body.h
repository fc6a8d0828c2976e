/* The loops behind codes.pyx; compiled for every SIMD level by levels.h. */

/* Numbers of 16 bits as float32: IEEE halves, */
TARGET_WITH(",f16c") static void NAME(widen_f16)(const void *row, ptrdiff_t size, float scale, float *out)
{
    const uint16_t *in = (const uint16_t *)row;
    ptrdiff_t i = 0;
    (void)scale;
#if LEVEL > WV_BASELINE
    for (; i + 8 <= size; i += 8)
        _mm256_storeu_ps(out + i, _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)(in + i))));
#endif
    for (; i < size; i++) { /* moved up by 13 bits, the number is right but for its exponent: times 2^112 */
        uint32_t bits = (uint32_t)(in[i] & 0x7fff) << 13, sign = (uint32_t)(in[i] & 0x8000) << 16;
        float value;
        memcpy(&value, &bits, 4);
        value *= 5.192296858534828e33f;
        memcpy(&bits, &value, 4);
        bits |= (bits >= 0x47800000 ? 0x7f800000 : 0) | sign; /* 2^16 and above: infinity and NaN */
        memcpy(out + i, &bits, 4);
    }
}

/* and the upper halves of float32. */
TARGET static void NAME(widen_bf16)(const void *row, ptrdiff_t size, float scale, float *out)
{
    const uint16_t *in = (const uint16_t *)row;
    ptrdiff_t i;
    (void)scale;
    for (i = 0; i < size; i++) {
        uint32_t bits = (uint32_t)in[i] << 16;
        memcpy(out + i, &bits, 4);
    }
}

TARGET static void NAME(widen_int8)(const void *row, ptrdiff_t size, float scale, float *out)
{
    const int8_t *in = (const int8_t *)row;
    ptrdiff_t i;
    for (i = 0; i < size; i++)
        out[i] = (float)in[i] * scale;
}

TARGET static float NAME(product)(
    const float *a, /* IN [size] */
    const float *b, /* IN [size] */
    ptrdiff_t size)
{
    return NAME(product_of_floats)(a, b, size, WV_CHUNK, 0);
}

/* The cosine of a row and a query of length 1 in float64, and the sum of the squares of the row. */
TARGET static double NAME(cosine)(const float *row, const double *unit, ptrdiff_t size, double *squares)
{
    double sums[16] = {0}, squared[16] = {0}, sum = 0, square = 0;
    ptrdiff_t i = 0;
    int j;
    for (; i + 16 <= size; i += 16)
        for (j = 0; j < 16; j++) {
            const double x = row[i + j];
            sums[j] += x * unit[i + j];
            squared[j] += x * x;
        }
    for (; i < size; i++) {
        sum += row[i] * unit[i];
        square += (double)row[i] * row[i];
    }
    for (j = 0; j < 16; j++) {
        sum += sums[j];
        square += squared[j];
    }
    *squares = square;
    return sum / sqrt(square);
}

/* Rows of 16 bits and a query of float32, padded with zeros: product and length in one pass over what memory gives.
   WIDE(p) is a vector of float32 from 16-bit numbers. */
#if LEVEL == WV_AVX512
#define SUM_HALF(WIDE)                                                                                                \
    __m512 s0 = _mm512_setzero_ps(), s1 = s0, q0 = s0, q1 = s0;                                                       \
    for (; i + 32 <= size; i += 32) {                                                                                 \
        const __m512 a = WIDE(_mm256_loadu_si256((const __m256i *)(row + i)));                                        \
        const __m512 b = WIDE(_mm256_loadu_si256((const __m256i *)(row + i + 16)));                                   \
        s0 = _mm512_fmadd_ps(a, _mm512_loadu_ps(unit + i), s0);                                                       \
        s1 = _mm512_fmadd_ps(b, _mm512_loadu_ps(unit + i + 16), s1);                                                  \
        q0 = _mm512_fmadd_ps(a, a, q0);                                                                               \
        q1 = _mm512_fmadd_ps(b, b, q1);                                                                               \
    }                                                                                                                 \
    for (; i < size; i += 16) {                                                                                       \
        const __mmask16 some = (__mmask16)(size - i < 16 ? (1u << (size - i)) - 1 : 0xffffu);                         \
        const __m512 a = WIDE(_mm256_maskz_loadu_epi16(some, row + i));                                               \
        s0 = _mm512_fmadd_ps(a, _mm512_loadu_ps(unit + i), s0);                                                       \
        q0 = _mm512_fmadd_ps(a, a, q0);                                                                               \
    }                                                                                                                 \
    sum = _mm512_reduce_add_ps(_mm512_add_ps(s0, s1));                                                                \
    square = _mm512_reduce_add_ps(_mm512_add_ps(q0, q1));
#define WIDE_F16(x) _mm512_cvtph_ps(x)
#define WIDE_BF16(x) _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(x), 16))
#elif LEVEL == WV_AVX2
#define SUM_HALF(WIDE)                                                                                                \
    __m256 s0 = _mm256_setzero_ps(), s1 = s0, q0 = s0, q1 = s0;                                                       \
    __m128 low;                                                                                                       \
    uint16_t rest[8] = {0};                                                                                           \
    for (; i + 16 <= size; i += 16) {                                                                                 \
        const __m256 a = WIDE(_mm_loadu_si128((const __m128i *)(row + i)));                                           \
        const __m256 b = WIDE(_mm_loadu_si128((const __m128i *)(row + i + 8)));                                       \
        s0 = _mm256_fmadd_ps(a, _mm256_loadu_ps(unit + i), s0);                                                       \
        s1 = _mm256_fmadd_ps(b, _mm256_loadu_ps(unit + i + 8), s1);                                                   \
        q0 = _mm256_fmadd_ps(a, a, q0);                                                                               \
        q1 = _mm256_fmadd_ps(b, b, q1);                                                                               \
    }                                                                                                                 \
    for (; i < size; i += 8) {                                                                                        \
        for (j = 0; j < 8; j++)                                                                                       \
            rest[j] = i + j < size ? row[i + j] : 0;                                                                  \
        const __m256 a = WIDE(_mm_loadu_si128((const __m128i *)rest));                                                \
        s0 = _mm256_fmadd_ps(a, _mm256_loadu_ps(unit + i), s0);                                                       \
        q0 = _mm256_fmadd_ps(a, a, q0);                                                                               \
    }                                                                                                                 \
    s0 = _mm256_hadd_ps(_mm256_add_ps(s0, s1), _mm256_add_ps(q0, q1));                                                \
    low = _mm_add_ps(_mm256_castps256_ps128(s0), _mm256_extractf128_ps(s0, 1));                                       \
    low = _mm_hadd_ps(low, low);                                                                                      \
    sum = _mm_cvtss_f32(low);                                                                                         \
    square = _mm_cvtss_f32(_mm_movehdup_ps(low));
#define WIDE_F16(x) _mm256_cvtph_ps(x)
#define WIDE_BF16(x) _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_cvtepu16_epi32(x), 16))
#else
#define SUM_HALF(widen)                                                                                               \
    float sums[WV_CHUNK] = {0}, squares[WV_CHUNK] = {0};                                                              \
    for (; i + WV_CHUNK <= size; i += WV_CHUNK) {                                                                     \
        NAME(widen)(row + i, WV_CHUNK, 1, wide);                                                                      \
        for (j = 0; j < WV_CHUNK; j++) {                                                                              \
            sums[j] += wide[j] * unit[i + j];                                                                         \
            squares[j] += wide[j] * wide[j];                                                                          \
        }                                                                                                             \
    }                                                                                                                 \
    NAME(widen)(row + i, size - i, 1, wide);                                                                          \
    for (j = 0; j < WV_CHUNK; j++) {                                                                                  \
        sum += sums[j] + (j < size - i ? wide[j] * unit[i + j] : 0);                                                  \
        square += squares[j] + (j < size - i ? wide[j] * wide[j] : 0);                                                \
    }
#define WIDE_F16 widen_f16
#define WIDE_BF16 widen_bf16
#endif
#define SCORE_HALF(FOR, score, widen, WIDE)                                                                           \
    FOR static void NAME(score)(const struct wv_codes *c, const void *query, const float *numbers,                 \
                                   ptrdiff_t first, ptrdiff_t count, float *out)                                      \
    {                                                                                                                 \
        const float *unit = (const float *)query;                                                                     \
        const ptrdiff_t size = c->size;                                                                               \
        ptrdiff_t r, i, j;                                                                                            \
        float wide[WV_CHUNK];                                                                                         \
        (void)numbers;                                                                                                \
        (void)j;                                                                                                      \
        for (r = 0; r < count; r++) {                                                                                 \
            const uint16_t *row = (const uint16_t *)wv_row(c, first + r);                                             \
            float sum = 0, square = 0;                                                                                \
            i = 0;                                                                                                    \
            SUM_HALF(WIDE)                                                                                            \
            out[r] = sum / sqrtf(square);                                                                             \
            if (!(square > 1e-30f && square < 1e30f)) { /* rare: the squares need more room than float32 has */       \
                double s = 0, q = 0;                                                                                  \
                for (i = 0; i < size; i++) {                                                                          \
                    NAME(widen)(row + i, 1, 1, wide);                                                                 \
                    s += (double)wide[0] * unit[i];                                                                   \
                    q += (double)wide[0] * wide[0];                                                                   \
                }                                                                                                     \
                out[r] = (float)(s / sqrt(q));                                                                        \
            }                                                                                                         \
        }                                                                                                             \
    }
SCORE_HALF(TARGET_WITH(",f16c"), score_f16, widen_f16, WIDE_F16)
SCORE_HALF(TARGET, score_bf16, widen_bf16, WIDE_BF16)
#undef SCORE_HALF
#undef SUM_HALF
#undef WIDE_F16
#undef WIDE_BF16

/* Rows of int8 and a query of int16, summed exactly in int32 (the caller bounds the query). The scale of the row
   stands above and below the line of a cosine, and is not needed. numbers[0]: the length of the query's unit. */
TARGET static void NAME(score_int8)(const struct wv_codes *c, const void *query, const float *numbers,
                                    ptrdiff_t first, ptrdiff_t count, float *out)
{
    const int16_t *q = (const int16_t *)query;
    const ptrdiff_t size = c->size;
    ptrdiff_t r, i;
#if LEVEL == WV_AVX512
    const __mmask32 some = (__mmask32)((UINT64_C(1) << size % 32) - 1);
#elif LEVEL == WV_AVX2
    int8_t kept[16];
    __m128i tail;
    for (i = 0; i < 16; i++)
        kept[i] = i < 16 - size % 16 ? 0 : -1;
    tail = _mm_loadu_si128((const __m128i *)kept);
#endif
    for (r = 0; r < count; r++) {
        const int8_t *row = (const int8_t *)wv_row(c, first + r);
        int32_t sum = 0, square = 0;
        i = 0;
#if LEVEL == WV_AVX512
        __m512i sums = _mm512_setzero_si512(), squares = sums;
        for (; i + 32 <= size; i += 32) {
            const __m512i x = _mm512_cvtepi8_epi16(_mm256_loadu_si256((const __m256i *)(row + i)));
            sums = _mm512_add_epi32(sums, _mm512_madd_epi16(x, _mm512_loadu_si512(q + i)));
            squares = _mm512_add_epi32(squares, _mm512_madd_epi16(x, x));
        }
        if (some) { /* the query is padded to whole vectors */
            const __m512i x = _mm512_cvtepi8_epi16(_mm256_maskz_loadu_epi8(some, row + i));
            sums = _mm512_add_epi32(sums, _mm512_madd_epi16(x, _mm512_loadu_si512(q + i)));
            squares = _mm512_add_epi32(squares, _mm512_madd_epi16(x, x));
        }
        i = size;
        sum = _mm512_reduce_add_epi32(sums);
        square = _mm512_reduce_add_epi32(squares);
#elif LEVEL == WV_AVX2
        __m256i sums = _mm256_setzero_si256(), squares = sums;
        __m128i low, other;
        for (; i + 16 <= size; i += 16) {
            const __m256i x = _mm256_cvtepi8_epi16(_mm_loadu_si128((const __m128i *)(row + i)));
            sums = _mm256_add_epi32(sums, _mm256_madd_epi16(x, _mm256_loadu_si256((const __m256i *)(q + i))));
            squares = _mm256_add_epi32(squares, _mm256_madd_epi16(x, x));
        }
        if (i < size && size >= 16) { /* the last 16 numbers again, without those that were counted */
            const __m128i last = _mm_and_si128(tail, _mm_loadu_si128((const __m128i *)(row + size - 16)));
            const __m256i x = _mm256_cvtepi8_epi16(last);
            sums = _mm256_add_epi32(sums, _mm256_madd_epi16(x, _mm256_loadu_si256((const __m256i *)(q + size - 16))));
            squares = _mm256_add_epi32(squares, _mm256_madd_epi16(x, x));
            i = size;
        }
        low = _mm_add_epi32(_mm256_castsi256_si128(sums), _mm256_extracti128_si256(sums, 1));
        other = _mm_add_epi32(_mm256_castsi256_si128(squares), _mm256_extracti128_si256(squares, 1));
        low = _mm_hadd_epi32(low, other);
        low = _mm_hadd_epi32(low, low);
        sum = _mm_cvtsi128_si32(low);
        square = _mm_extract_epi32(low, 1);
#endif
        for (; i < size; i++) {
            sum += (int32_t)row[i] * q[i];
            square += (int32_t)row[i] * row[i];
        }
        out[r] = (float)sum / (numbers[0] * sqrtf((float)square));
    }
}

/* Codes of parts and a table of 256 products for each part. Some parts at a time meet all rows of the block. */
TARGET static void NAME(score_pq)(const struct wv_codes *c, const void *query, const float *numbers,
                                  ptrdiff_t first, ptrdiff_t count, float *out)
{
    const float *tables = (const float *)query;
    ptrdiff_t part, r, m;
    (void)numbers;
    memset(out, 0, count * sizeof *out);
    for (part = 0; part < c->size; part += WV_PARTS) {
        const ptrdiff_t parts = c->size - part < WV_PARTS ? c->size - part : WV_PARTS;
        const float *table = tables + 256 * part;
        for (r = 0; r < count; r++) {
            const uint8_t *codes = (const uint8_t *)wv_row(c, first + r) + part;
            float a = 0, b = 0, d = 0, e = 0;
            for (m = 0; m + 4 <= parts; m += 4) {
                a += table[256 * m + codes[m]];
                b += table[256 * m + 256 + codes[m + 1]];
                d += table[256 * m + 512 + codes[m + 2]];
                e += table[256 * m + 768 + codes[m + 3]];
            }
            for (; m < parts; m++)
                a += table[256 * m + codes[m]];
            out[r] += (a + b) + (d + e);
        }
    }
    for (r = 0; r < count; r++)
        out[r] /= c->factors[first + r];
}

#if LEVEL == WV_AVX512
#define WITH_COUNTS TARGET_WITH(",avx512vpopcntdq")
#else
#define WITH_COUNTS TARGET
#endif

#if LEVEL == WV_AVX512
/* The sums over the lanes of eight vectors, none above 2^31. */
TARGET INLINE __m256i NAME(fold_counts)(const __m512i *a)
{
    const __m512i s = _mm512_add_epi64(a[0], _mm512_slli_epi64(a[1], 32));
    const __m512i t = _mm512_add_epi64(a[2], _mm512_slli_epi64(a[3], 32));
    const __m512i u = _mm512_add_epi64(a[4], _mm512_slli_epi64(a[5], 32));
    const __m512i v = _mm512_add_epi64(a[6], _mm512_slli_epi64(a[7], 32));
    const __m512i st = _mm512_add_epi64(_mm512_unpacklo_epi64(s, t), _mm512_unpackhi_epi64(s, t));
    const __m512i uv = _mm512_add_epi64(_mm512_unpacklo_epi64(u, v), _mm512_unpackhi_epi64(u, v));
    const __m512i w = _mm512_add_epi64(_mm512_shuffle_i64x2(st, uv, 0x88), _mm512_shuffle_i64x2(st, uv, 0xdd));
    const __m256i low = _mm512_castsi512_si256(w), high = _mm512_extracti64x4_epi64(w, 1); /* halves of st, of uv */
    return _mm256_add_epi64(_mm256_permute2x128_si256(low, high, 0x20), _mm256_permute2x128_si256(low, high, 0x31));
}

/* The weighted differences of 512 bits from `planes` bit planes, [planes] rows of `words` numbers, the highest first. */
WITH_COUNTS INLINE __m512i NAME(differing)(
    __m512i x, const uint64_t *plane, ptrdiff_t planes, ptrdiff_t words)
{
    __m512i sum = _mm512_setzero_si512();
    for (ptrdiff_t p = 0; p < planes; p++)
        sum = _mm512_add_epi64(
            _mm512_add_epi64(sum, sum),
            _mm512_popcnt_epi64(_mm512_xor_si512(x, _mm512_loadu_si512(plane + p * words))));
    return sum;
}

/* The weighted differences of eight rows from a query. */
WITH_COUNTS INLINE void NAME(differences_of_eight)(
    const struct wv_codes *c,
    const uint64_t *planes, /* IN  [c->planes] rows of a multiple of 8 numbers */
    ptrdiff_t first,        /* IN  row */
    int32_t *differ)        /* OUT [8] */
{
    const ptrdiff_t bytes = c->size, words = (bytes + 63) / 64 * 8;
    const __mmask64 whole = ~(__mmask64)0, some = bytes % 64 ? ~(__mmask64)0 >> (64 - bytes % 64) : whole;
    __m512i sums[8];
    for (ptrdiff_t i = 0; i < 8 * bytes; i += 64) /* the machine's own guesses end with a page */
        PREFETCH(wv_row(c, first) + WV_DISTANCE + i);
    if (bytes <= 64 && c->planes == 4) { /* the usual case: the planes stay in registers */
        const __m512i a = _mm512_loadu_si512(planes), b = _mm512_loadu_si512(planes + 8);
        const __m512i d = _mm512_loadu_si512(planes + 16), e = _mm512_loadu_si512(planes + 24);
        UNROLL
        for (int j = 0; j < 8; j++) {
            const __m512i x = _mm512_maskz_loadu_epi8(some, wv_row(c, first + j));
            __m512i sum = _mm512_popcnt_epi64(_mm512_xor_si512(x, a));
            sum = _mm512_add_epi64(_mm512_add_epi64(sum, sum), _mm512_popcnt_epi64(_mm512_xor_si512(x, b)));
            sum = _mm512_add_epi64(_mm512_add_epi64(sum, sum), _mm512_popcnt_epi64(_mm512_xor_si512(x, d)));
            sums[j] = _mm512_add_epi64(_mm512_add_epi64(sum, sum), _mm512_popcnt_epi64(_mm512_xor_si512(x, e)));
        }
    } else {
        for (int j = 0; j < 8; j++) {
            const char *row = wv_row(c, first + j);
            sums[j] = _mm512_setzero_si512();
            for (ptrdiff_t i = 0; i < words; i += 8)
                sums[j] = _mm512_add_epi64(sums[j], NAME(differing)(
                    _mm512_maskz_loadu_epi8(i + 8 < words ? whole : some, row + 8 * i), planes + i, c->planes, words));
        }
    }
    _mm256_storeu_si256((__m256i *)differ, NAME(fold_counts)(sums));
}
#endif

/* The weighted differences of a row from a query. */
TARGET INLINE int64_t NAME(differences)(
    const char *row,        /* IN [bytes] */
    ptrdiff_t bytes,
    const uint64_t *planes, /* IN [count] rows of a multiple of 8 numbers */
    ptrdiff_t count)
{
    const ptrdiff_t words = (bytes + 63) / 64 * 8;
    int64_t differ = 0;
    for (ptrdiff_t i = 0; 8 * i < bytes; i++) {
        uint64_t x = 0;
        int64_t sum = 0;
        if (8 * i + 8 <= bytes)
            memcpy(&x, row + 8 * i, 8);
        else
            for (ptrdiff_t p = 8 * i; p < bytes; p++)
                x |= (uint64_t)(uint8_t)row[p] << 8 * (p % 8);
        for (ptrdiff_t p = 0; p < count; p++) {
#if LEVEL > WV_BASELINE
            sum += sum + __builtin_popcountll(x ^ planes[p * words + i]);
#else
            sum += sum + wv_count_bits(x ^ planes[p * words + i]);
#endif
        }
        differ += sum;
    }
    return differ;
}

/* Sign bits and a query of bit planes, the highest first: plane p says the sign of 2^p in an odd integer. Bits that
   differ count against. numbers: the product where none differs, what a bit of the lowest plane takes from it, and what
   is added in the end. */
WITH_COUNTS static void NAME(score_bits)(
    const struct wv_codes *c, const void *query, const float *numbers, ptrdiff_t first, ptrdiff_t count, float *out)
{
    const uint64_t *planes = (const uint64_t *)query;
    ptrdiff_t r = 0;
#if LEVEL == WV_AVX512
    for (; r + 8 <= count; r += 8) {
        int32_t differ[8];
        NAME(differences_of_eight)(c, planes, first + r, differ);
        /* the fold gives rows 0 1 2 3 of the first four vectors, then of the last four */
        for (int j = 0; j < 8; j++)
            out[r + j] = numbers[2] + (numbers[0] - numbers[1] * (float)differ[j]) / c->factors[first + r + j];
    }
#endif
    for (; r < count; r++) {
        const int64_t differ = NAME(differences)(wv_row(c, first + r), c->size, planes, c->planes);
        out[r] = numbers[2] + (numbers[0] - numbers[1] * (float)differ) / c->factors[first + r];
    }
    for (r = 0; r < count; r++)
        if (!(c->factors[first + r] > 0))
            out[r] = NAN;
}
#undef WITH_COUNTS

#include "int8_batch_body.h"
#include "table_batch_body.h"
