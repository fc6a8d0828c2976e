/* A batch of queries and rows of int8, for batches.h; compiled for every SIMD level by levels.h. A query is rounded to
   8 bits. */
#if LEVEL > WV_BASELINE

#include "int8_tile_body.h"
#if LEVEL == WV_AVX512
#define ABOVE(sum, scale, bar) _mm512_cmp_ps_mask(                                                                     \
    _mm512_mul_ps(_mm512_cvtepi32_ps(sum), _mm512_set1_ps(scale)), _mm512_loadu_ps(bar), _CMP_GT_OQ)
#else
#define ABOVE(sum, scale, bar) (unsigned)_mm256_movemask_ps(_mm256_cmp_ps(                                             \
    _mm256_mul_ps(_mm256_cvtepi32_ps(sum), _mm256_set1_ps(scale)), _mm256_loadu_ps(bar), _CMP_GT_OQ))
#endif

/* Queries rounded to 8 bits, LANES of them side by side; the error is the length of what that takes from each. */
TARGET static int NAME(ready_int8)(
    const struct wv_codes *c,
    struct wv_batch *b) /* INOUT error, step, offset and tables */
{
    const ptrdiff_t size = c->size, words = (size + PER_WORD - 1) / PER_WORD;
    memset(b->tables, 0, wv_up(b->queries, 64) * words * 4);
    for (ptrdiff_t query = 0; query < b->queries; query++) {
        const int16_t *q = (const int16_t *)(b->asked + query * b->asked_bytes);
        char *panel = b->tables + (query / LANES * words * LANES + query % LANES) * 4;
        const double scale = b->numbers[3 * query];
        double error = 0;
        int most = 1, highs = 0;
        for (ptrdiff_t i = 0; i < size; i++)
            most = q[i] > most ? q[i] : -q[i] > most ? -q[i] : most;
        for (ptrdiff_t i = 0; i < size; i++) {
            const int rounded = (int)floor(q[i] * 127. / most + .5);
            const double rest = q[i] - rounded * (double)most / 127;
            char *word = panel + i / PER_WORD * LANES * 4;
            if (PER_WORD == 4)
                ((uint8_t *)word)[i % PER_WORD] = (uint8_t)(rounded + 128);
            else
                ((int16_t *)word)[i % PER_WORD] = (int16_t)rounded;
            error += rest * rest;
            highs += q[i] >> 8;
        }
        b->error[query] = (float)(sqrt(error) / scale) * 1.001f + WV_SAFETY;
        b->step[query] = (float)(most / 127. / scale);
        b->offset[query] = (float)highs; /* the sum of the high bytes, exact */
    }
    return 1;
}

#if LEVEL == WV_AVX512
/* Rows of a block as words, padded with zeros to whole vectors, 1 / their lengths, and where their sums begin; eight at
   a time, the last row again where there are no more: the block has room. */
TILE_TARGET static void NAME(words_of_rows)(
    const struct wv_codes *c,
    struct wv_batch *b, /* OUT block, inverse and start */
    ptrdiff_t first,
    ptrdiff_t count)
{
    const ptrdiff_t whole = wv_up(c->size, 64);
    const __mmask64 all = ~(__mmask64)0, last = all >> (whole - c->size);
    for (ptrdiff_t row = 0; row < count; row += 8) {
        __m512i a[16];
        __m256 lengths;
        UNROLL
        for (int j = 0; j < 8; j++) {
            const int place = NAME(place_of)(j);
            const char *from = wv_row(c, first + (row + j < count ? row + j : count - 1));
            char *to = b->block + (row + j) * whole;
            __m512i sum = _mm512_setzero_si512(), square = sum;
            for (ptrdiff_t i = 0; i < whole; i += 64) {
                const __m512i x = _mm512_maskz_loadu_epi8(i + 64 < whole ? all : last, from + i);
                const __m512i size = _mm512_abs_epi8(x);
                _mm512_storeu_si512(to + i, x);
                sum = _mm512_dpbusd_epi32(sum, _mm512_set1_epi8(1), x);
                square = _mm512_dpbusd_epi32(square, size, size);
            }
            a[place] = sum;
            a[place + 1] = square;
        }
        a[0] = NAME(fold_sixteen)(a);
        _mm256_storeu_si256((__m256i *)(b->start + row),
                            _mm256_mullo_epi32(_mm512_castsi512_si256(a[0]), _mm256_set1_epi32(-128)));
        lengths = _mm256_sqrt_ps(_mm256_cvtepi32_ps(_mm512_extracti64x4_epi64(a[0], 1)));
        _mm256_storeu_ps(b->inverse + row, _mm256_div_ps(_mm256_set1_ps(1), lengths));
    }
}

/* The scores of some hits, eight at a time, as one query alone scores them. */
TILE_TARGET static void NAME(score_hits)(
    const struct wv_codes *c,
    const struct wv_batch *b,
    ptrdiff_t first,
    ptrdiff_t found,
    struct wv_hit *hits) /* INOUT */
{
    for (ptrdiff_t h = 0; h < found; h += 8) {
        const char *rows[8], *queries[8];
        float scales[8], highs[8], scores[8];
        for (int j = 0; j < 8; j++) { /* the last hit again where there are no more */
            const struct wv_hit *hit = hits + (h + j < found ? h + j : found - 1);
            rows[j] = wv_row(c, first + hit->row);
            queries[j] = wv_split(b->asked + hit->query * b->asked_bytes, c->size);
            scales[j] = b->numbers[3 * hit->query];
            highs[j] = b->offset[hit->query];
        }
        NAME(score_eight)(rows, queries, c->size, _mm256_loadu_ps(scales),
                          _mm256_cvtps_epi32(_mm256_loadu_ps(highs)), scores, 0);
        for (int j = 0; j < 8 && h + j < found; j++)
            hits[h + j].score = scores[j];
    }
}
#else
/* A row as words, padded with zeros to whole vectors; the sum of its squares. */
TARGET INLINE int32_t NAME(words_of_row)(
    const int8_t *row, /* IN  [size] */
    ptrdiff_t size,
    char *to)          /* OUT [STRIDE(size) * 4] */
{
    __m256i squares = _mm256_setzero_si256();
    uint32_t lanes[8], all = 0;
    ptrdiff_t i;
    memset(to + wv_up(2 * size, 32) - 32, 0, 32);
    for (i = 0; i + 16 <= size; i += 16)
        _mm256_storeu_si256((__m256i *)(to + 2 * i), _mm256_cvtepi8_epi16(_mm_loadu_si128((const __m128i *)(row + i))));
    for (; i < size; i++)
        ((int16_t *)to)[i] = row[i];
    for (i = 0; i < size; i += 16) {
        const __m256i x = _mm256_loadu_si256((const __m256i *)(to + 2 * i));
        squares = _mm256_add_epi32(squares, _mm256_madd_epi16(x, x));
    }
    _mm256_storeu_si256((__m256i *)lanes, squares);
    for (i = 0; i < 8; i++)
        all += lanes[i];
    return (int32_t)all;
}

/* Rows of a block as words, 1 / their lengths, and where their sums begin. */
TARGET static void NAME(words_of_rows)(const struct wv_codes *c, struct wv_batch *b, ptrdiff_t first, ptrdiff_t count)
{
    for (ptrdiff_t r = 0; r < count; r++) {
        const int8_t *row = (const int8_t *)wv_row(c, first + r);
        const int32_t squares = NAME(words_of_row)(row, c->size, b->block + r * STRIDE(c->size) * 4);
        b->inverse[r] = 1 / sqrtf((float)squares); /* infinite for zero rows, whose products then are NaN */
        b->start[r] = 0;
    }
}
#endif

/* Add the hits of a row from the queries that it is above. */
INLINE ptrdiff_t NAME(hits_of_row)(unsigned above, ptrdiff_t row, ptrdiff_t query, struct wv_hit *hits)
{
    ptrdiff_t found = 0;
    for (; above; above &= above - 1) {
        hits[found].query = (int32_t)query + wv_lowest_bit(above);
        hits[found].score = NAN;
        hits[found++].row = (int32_t)row;
    }
    return found;
}

/* Add the hits of a tile of WV_TILE_ROWS rows and 1, 2 or 4 vectors of queries, a constant where this is inlined. */
TILE_TARGET INLINE ptrdiff_t NAME(tile_of_int8)(
    const struct wv_batch *b,
    ptrdiff_t words,      /* IN of a query */
    ptrdiff_t stride,     /* IN words from a row to the next */
    ptrdiff_t row,        /* IN the first */
    ptrdiff_t count,      /* IN rows that there are */
    ptrdiff_t panel,      /* IN the first vector of queries */
    struct wv_hit *hits,  /* OUT */
    const int vectors)
{
    NAME(sums) sums[WV_TILE_ROWS * MOST];
    const float *bars = b->bar + panel * LANES;
    ptrdiff_t found = 0;
    NAME(sums_of_tile)(b->tables + panel * words * LANES * 4, words, b->block + row * stride * 4, stride,
                       b->start + row, sums, vectors);
    for (int r = 0; r < WV_TILE_ROWS && r < count; r++)
        for (int v = 0; v < vectors; v++) {
            const unsigned above = ABOVE(sums[r * vectors + v], b->inverse[row + r], bars + v * LANES);
            if (above)
                found += NAME(hits_of_row)(above, row + r, (panel + v) * LANES, hits + found);
        }
    return found;
}

TILE_TARGET static ptrdiff_t NAME(meet_int8)(
    const struct wv_codes *c,
    struct wv_batch *b,
    ptrdiff_t first,
    ptrdiff_t count,
    const float *worsts, /* IN  [b->queries] */
    struct wv_hit *hits) /* OUT [b->queries * b->rows] */
{
    const ptrdiff_t words = (c->size + PER_WORD - 1) / PER_WORD, stride = STRIDE(c->size);
    const ptrdiff_t panels = (b->queries + LANES - 1) / LANES;
    ptrdiff_t found = 0;
    for (ptrdiff_t query = 0; query < panels * LANES; query++)
        b->bar[query] = query < b->queries ? (worsts[query] - b->error[query]) / b->step[query] : INFINITY;
    NAME(words_of_rows)(c, b, first, count);
    for (ptrdiff_t row = 0; row < count; row += WV_TILE_ROWS) {
        const char *ahead = wv_row(c, first + row) + b->rows * c->stride; /* the next block, while this one is met */
        ptrdiff_t panel = 0;
        for (ptrdiff_t i = 0; i < WV_TILE_ROWS * c->stride; i += 64)
            PREFETCH_FAR(ahead + i);
        for (; panel + MOST <= panels; panel += MOST)
            found += NAME(tile_of_int8)(b, words, stride, row, count - row, panel, hits + found, MOST);
        if (MOST > 2 && panel + 2 <= panels) {
            found += NAME(tile_of_int8)(b, words, stride, row, count - row, panel, hits + found, 2);
            panel += 2;
        }
        if (panel < panels)
            found += NAME(tile_of_int8)(b, words, stride, row, count - row, panel, hits + found, 1);
    }
#if LEVEL == WV_AVX512
    NAME(score_hits)(c, b, first, found, hits);
#endif
    return found;
}
#undef ABOVE
#endif
