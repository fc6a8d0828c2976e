/* Scores of rows of int8, for codes.h; compiled for every SIMD level by levels.h. */

#if LEVEL == WV_AVX512
/* The sums over the lanes of 16 vectors: of 0 8 4 12 2 10 6 14, then of 1 9 5 13 3 11 7 15. */
TARGET INLINE __m512i NAME(fold_sixteen)(const __m512i *a)
{
    __m512i x[8], y[4];
    UNROLL
    for (int i = 0; i < 8; i++)
        x[i] = _mm512_add_epi32(_mm512_unpacklo_epi32(a[i], a[i + 8]), _mm512_unpackhi_epi32(a[i], a[i + 8]));
    UNROLL
    for (int i = 0; i < 4; i++)
        y[i] = _mm512_add_epi32(_mm512_unpacklo_epi64(x[i], x[i + 4]), _mm512_unpackhi_epi64(x[i], x[i + 4]));
    UNROLL
    for (int i = 0; i < 2; i++)
        x[i] = _mm512_add_epi32(_mm512_shuffle_i64x2(y[i], y[i + 2], 0x88), _mm512_shuffle_i64x2(y[i], y[i + 2], 0xdd));
    return _mm512_add_epi32(_mm512_shuffle_i64x2(x[0], x[1], 0x88), _mm512_shuffle_i64x2(x[0], x[1], 0xdd));
}

/* Where of the 16 vectors the first of two for each of eight rows stands, so that the fold gives all first ones, then
   all second ones. */
INLINE int NAME(place_of)(int row)
{
    return (row & 1) << 3 | (row & 2) << 1 | (row & 4) >> 1;
}

/* The sums of four rows of int8 and their queries, and of the squares of the rows. VNNI multiplies an unsigned byte and
   a signed one: the low bytes of a query and a row; a row with 128 more, which is taken away in the end, and the high
   bytes; and the row without its sign and itself. (-128, which no encoder makes, is less than nothing there: such a row
   is hardly found.) Each sum has a name: gcc keeps some of an array in memory. */
#define EACH_ROW(f) f(0) f(1) f(2) f(3)
#define BEGIN(r) __m512i l##r = _mm512_setzero_si512(), h##r = l##r, s##r = l##r;
#define ADD(r)                                                                                                         \
    x = _mm512_maskz_loadu_epi8(some, rows[r] + i);                                                                    \
    if (r && !alike) {                                                                                                 \
        low = _mm512_loadu_si512(queries[r] + i);                                                                      \
        high = _mm512_loadu_si512(queries[r] + whole + i);                                                             \
    }                                                                                                                  \
    if (alike) /* a scan */                                                                                            \
        PREFETCH_FAR(rows[r] + i + WV_DISTANCE);                                                                       \
    size_of = _mm512_abs_epi8(x);                                                                                      \
    l##r = _mm512_dpbusd_epi32(l##r, low, x);                                                                          \
    h##r = _mm512_dpbusd_epi32(h##r, _mm512_xor_si512(x, flip), high);                                                 \
    s##r = _mm512_dpbusd_epi32(s##r, size_of, size_of);
#define END(r)                                                                                                         \
    sums[r] = _mm512_add_epi32(l##r, _mm512_slli_epi32(h##r, 8));                                                      \
    squares[r] = s##r;
TARGET_WITH(",avx512vnni") INLINE void NAME(sums_of_four)(
    const char *const *rows,    /* IN  [4] */
    const char *const *queries, /* IN  [4] the low bytes, then the high ones, each padded with zeros to whole vectors */
    ptrdiff_t size,
    __m512i *sums,              /* OUT [4] to be added up */
    __m512i *squares,           /* OUT [4] likewise */
    const int alike)            /* IN  whether all queries are the same, a constant where this is inlined */
{
    const __m512i flip = _mm512_set1_epi8(-128);
    const ptrdiff_t whole = wv_up(size, 64);
    const __mmask64 all = ~(__mmask64)0, last = all >> (whole - size);
    EACH_ROW(BEGIN)
    for (ptrdiff_t i = 0; i < whole; i += 64) {
        const __mmask64 some = i + 64 < whole ? all : last;
        __m512i low = _mm512_loadu_si512(queries[0] + i), high = _mm512_loadu_si512(queries[0] + whole + i), x, size_of;
        EACH_ROW(ADD)
    }
    EACH_ROW(END)
}
#undef EACH_ROW
#undef BEGIN
#undef ADD
#undef END

/* The scores of eight rows of int8, each for its query. */
TARGET_WITH(",avx512vnni") INLINE void NAME(score_eight)(
    const char *const *rows,    /* IN  [8] */
    const char *const *queries, /* IN  [8] */
    ptrdiff_t size,
    __m256 scales,              /* IN  of the queries */
    __m256i highs,              /* IN  the sums of their high bytes */
    float *out,                 /* OUT [8] */
    const int alike)
{
    __m512i a[16], sums[8], squares[8];
    __m256 products, lengths;
    NAME(sums_of_four)(rows, queries, size, sums, squares, alike);
    NAME(sums_of_four)(rows + 4, queries + 4, size, sums + 4, squares + 4, alike);
    UNROLL
    for (int i = 0; i < 8; i++) {
        const int place = NAME(place_of)(i);
        a[place] = sums[i];
        a[place + 1] = squares[i];
    }
    a[0] = NAME(fold_sixteen)(a);
    products = _mm256_cvtepi32_ps(_mm256_sub_epi32(_mm512_castsi512_si256(a[0]), _mm256_slli_epi32(highs, 15)));
    lengths = _mm256_sqrt_ps(_mm256_cvtepi32_ps(_mm512_extracti64x4_epi64(a[0], 1)));
    _mm256_storeu_ps(out, _mm256_div_ps(products, _mm256_mul_ps(scales, lengths)));
}

/* The sum of the high bytes of a query. */
TARGET_WITH(",avx512vnni") INLINE int32_t NAME(high_bytes)(const char *query, ptrdiff_t size)
{
    const ptrdiff_t whole = wv_up(size, 64);
    __m512i sum = _mm512_setzero_si512();
    for (ptrdiff_t i = 0; i < whole; i += 64)
        sum = _mm512_dpbusd_epi32(sum, _mm512_set1_epi8(1), _mm512_loadu_si512(query + whole + i));
    return _mm512_reduce_add_epi32(sum);
}
#endif

/* Rows of int8 and a query of int16, summed exactly in int32 (the caller bounds the query). The scale of the row
   stands above and below the line of a cosine, and is not needed. numbers[0]: the length of the query's unit. */
#if LEVEL == WV_AVX512
TARGET_WITH(",avx512vnni") static void NAME(score_int8)(const struct wv_codes *c, const void *query,
                                    const float *numbers, ptrdiff_t first, ptrdiff_t count, float *out)
{
    const char *bytes = wv_split(query, c->size);
    const char *queries[8] = {bytes, bytes, bytes, bytes, bytes, bytes, bytes, bytes};
    const __m256i highs = _mm256_set1_epi32(NAME(high_bytes)(bytes, c->size));
    for (ptrdiff_t r = 0; r < count; r += 8) {
        const char *rows[8];
        float scores[8];
        for (int i = 0; i < 8; i++) /* the last row again where there are no more */
            rows[i] = wv_row(c, first + (r + i < count ? r + i : count - 1));
        NAME(score_eight)(rows, queries, c->size, _mm256_set1_ps(numbers[0]), highs, scores, 1);
        memcpy(out + r, scores, 4 * (count - r < 8 ? count - r : 8));
    }
}
#else
TARGET static void NAME(score_int8)(const struct wv_codes *c, const void *query, const float *numbers,
                                    ptrdiff_t first, ptrdiff_t count, float *out)
{
    const int16_t *q = (const int16_t *)query;
    const ptrdiff_t size = c->size;
    ptrdiff_t r, i;
#if LEVEL == WV_AVX2
    int8_t kept[16];
    __m128i tail;
    for (i = 0; i < 16; i++)
        kept[i] = i < 16 - size % 16 ? 0 : -1;
    tail = _mm_loadu_si128((const __m128i *)kept);
#endif
    for (r = 0; r < count; r++) {
        const int8_t *row = (const int8_t *)wv_row(c, first + r);
        uint32_t sum = 0, square = 0; /* -128, which no encoder makes, may wrap them */
        i = 0;
#if LEVEL == WV_AVX2
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
        sum = (uint32_t)_mm_cvtsi128_si32(low);
        square = (uint32_t)_mm_extract_epi32(low, 1);
#endif
        for (; i < size; i++) {
            sum += (uint32_t)(row[i] * q[i]);
            square += (uint32_t)(row[i] * row[i]);
        }
        out[r] = (float)(int32_t)sum / (numbers[0] * sqrtf((float)(int32_t)square));
    }
}
#endif
