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
    return NAME(product_of_floats)(a, b, size, WV_CHUNK);
}

/* The cosine of a row and a query of length 1 in float64, and the sum of the squares of the row. Sums are of every 16th
   number, and are added in order. */
TARGET static double NAME(cosine)(const float *row, const double *unit, ptrdiff_t size, double *squares)
{
    double sums[16] = {0}, squared[16] = {0}, sum = 0, square = 0;
    ptrdiff_t i = 0;
    int j;
#if LANES > 1
    typedef double eight __attribute__((vector_size(64), aligned(8), may_alias));
    typedef float narrow __attribute__((vector_size(32), aligned(4), may_alias));
    eight s0 = {0}, s1 = {0}, q0 = {0}, q1 = {0};
    for (; i + 16 <= size; i += 16) {
        const eight x = __builtin_convertvector(*(const narrow *)(row + i), eight);
        const eight y = __builtin_convertvector(*(const narrow *)(row + i + 8), eight);
        s0 += x * *(const eight *)(unit + i);
        s1 += y * *(const eight *)(unit + i + 8);
        q0 += x * x;
        q1 += y * y;
    }
    *(eight *)sums = s0;
    *(eight *)(sums + 8) = s1;
    *(eight *)squared = q0;
    *(eight *)(squared + 8) = q1;
#else
    for (; i + 16 <= size; i += 16)
        for (j = 0; j < 16; j++) {
            const double x = row[i + j];
            sums[j] += x * unit[i + j];
            squared[j] += x * x;
        }
#endif
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

#include "int8_body.h"

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
        out[r] = c->factors[first + r] > 0 ? out[r] / c->factors[first + r] : NAN;
}

/* Signs and a query of whole numbers: numbers whose signs a row has not count against it. numbers: the product where it
   has all, what 1 takes from it, and what is added in the end. */
TARGET static void NAME(score_bits)(
    const struct wv_codes *c, const void *query, const float *numbers, ptrdiff_t first, ptrdiff_t count, float *out)
{
    const int16_t *whole = (const int16_t *)query;
    for (ptrdiff_t r = 0; r < count; r++) {
        const char *bytes = wv_signs(c, first + r);
        const float length = c->factors[first + r];
        int32_t differ = 0;
        for (ptrdiff_t i = 0; i < c->size; i++) {
            const int number = whole[i], is_set = bytes[i / 8 * WV_TOGETHER] >> i % 8 & 1;
            differ += number > 0 ? (is_set ? 0 : number) : (is_set ? -number : 0);
        }
        out[r] = length > 0 ? numbers[2] + (numbers[0] - numbers[1] * (float)differ) * (1 / length) : NAN;
    }
}

/* The scales of the levels of a row of residual bits, twice as large, and after them less their sum. */
TARGET_WITH(",f16c") INLINE void NAME(scales_of)(const struct wv_codes *c, ptrdiff_t row, float *scales)
{
    uint16_t halves[WV_MOST_LEVELS] = {0};
    for (ptrdiff_t level = 0; level < c->levels; level++)
        halves[level] = *wv_scales(c, row, level);
    NAME(widen_f16)(halves, WV_MOST_LEVELS, 1, scales);
    scales[WV_MOST_LEVELS] = 0;
    for (ptrdiff_t level = 0; level < c->levels; level++) {
        scales[WV_MOST_LEVELS] -= scales[level];
        scales[level] *= 2;
    }
}

/* Eight of the numbers that residual bits stand for: the sum over the levels of their scale, with the sign of each. */
TARGET INLINE void NAME(eight_of)(
    const char *bytes,   /* IN  of the first level */
    ptrdiff_t pitch,     /* IN  from a level to the next */
    ptrdiff_t levels,
    const float *scales, /* IN  [WV_MOST_LEVELS + 1] */
    float *out)          /* OUT [8] */
{
#if LANES > 1
    typedef float eight __attribute__((vector_size(32), aligned(4), may_alias));
    typedef int32_t masks __attribute__((vector_size(32)));
    const masks each = {1, 2, 4, 8, 16, 32, 64, 128}, none = {0};
    eight sums = (eight){0} + scales[WV_MOST_LEVELS];
    for (ptrdiff_t level = 0; level < levels; level++, bytes += pitch)
        sums += (eight)((((none + *bytes) & each) != 0) & (masks)((eight){0} + scales[level]));
    *(eight *)out = sums;
#else
    for (int j = 0; j < 8; j++) {
        out[j] = scales[WV_MOST_LEVELS];
        for (ptrdiff_t level = 0; level < levels; level++)
            out[j] += bytes[level * pitch] & 1 << j ? scales[level] : 0;
    }
#endif
}

/* All of them, and zeros to a multiple of 8. */
TARGET_WITH(",f16c") static void NAME(unpack)(
    const struct wv_codes *c,
    ptrdiff_t row,
    float *out) /* OUT [c->size rounded up to 8] */
{
    const ptrdiff_t pitch = (c->size + 7) / 8 * WV_TOGETHER;
    const char *bytes = wv_signs(c, row);
    float scales[WV_MOST_LEVELS + 1];
    NAME(scales_of)(c, row, scales);
    for (ptrdiff_t i = 0; i < c->size; i += 8, bytes += WV_TOGETHER) {
        NAME(eight_of)(bytes, pitch, c->levels, scales, out + i);
        for (ptrdiff_t j = c->size; j < i + 8; j++)
            out[j] = 0;
    }
}

/* Residual bits and a query of float32, which stands behind its whole numbers: the cosine with what they stand for. */
TARGET_WITH(",f16c") static void NAME(score_residual)(
    const struct wv_codes *c, const void *query, const float *numbers, ptrdiff_t first, ptrdiff_t count, float *out)
{
    const float *unit = (const float *)((const int16_t *)query + 24 * wv_triples(c->size));
    const ptrdiff_t pitch = (c->size + 7) / 8 * WV_TOGETHER;
    (void)numbers;
    for (ptrdiff_t r = 0; r < count; r++) {
        const char *bytes = wv_signs(c, first + r);
        float scales[WV_MOST_LEVELS + 1], wide[8], sums[8] = {0}, squares[8] = {0}, sum = 0, square = 0;
        NAME(scales_of)(c, first + r, scales);
        for (ptrdiff_t i = 0; i < c->size; i += 8, bytes += WV_TOGETHER) {
            NAME(eight_of)(bytes, pitch, c->levels, scales, wide);
            if (c->size < i + 8)
                for (ptrdiff_t j = c->size; j < i + 8; j++)
                    wide[j - i] = 0;
            for (int j = 0; j < 8; j++) {
                sums[j] += wide[j] * unit[i + j];
                squares[j] += wide[j] * wide[j];
            }
        }
        for (int j = 0; j < 8; j++) {
            sum += sums[j];
            square += squares[j];
        }
        out[r] = sum / sqrtf(square);
    }
}

#include "int8_batch_body.h"
#include "table_batch_body.h"
