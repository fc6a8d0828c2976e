/* The loops behind matches.pyx; compiled for every SIMD level by levels.h. */
#include "dot_body.h"
#include "int8_tile_body.h"

/* Round a row, at length 1 and less the centre, to 8 bits, as words of a tile. */
TARGET static void NAME(code_row)(
    const float *row,    /* IN  [size] */
    float scale,         /* IN  1 / its length; 0: it has no direction, and becomes zeros */
    const float *centre, /* IN  [size] of this side */
    const float *other,  /* IN  [size] centre of the other side */
    ptrdiff_t size,
    float *scratch,      /* OUT [2, size] */
    char *to,            /* OUT words, zeros on entry */
    ptrdiff_t apart,     /* IN  bytes from a word to the next */
    int left,            /* IN  whether it is of the left, whose bytes are unsigned where a word has four */
    wv_coded *facts,     /* OUT its step; the lengths of what rounding took, and of the row; its product with `other` */
    int32_t *start)      /* OUT where its sums begin, for a row of the right */
{
    float *rest = scratch + size, most = 0, step;
    uint32_t total = 0;
    ptrdiff_t i = 0;
    for (; i < size; i++)
        scratch[i] = scale == 0 ? 0 : row[i] * scale;
    facts->offset = NAME(product_of_floats)(scratch, other, size, WV_SUMS);
    for (i = 0; i < size; i++)
        scratch[i] = scale == 0 ? 0 : scratch[i] - centre[i];
    for (i = 0; i < size; i++) {
        const float x = fabsf(scratch[i]);
        most = x > most ? x : most;
    }
    step = most > 0 ? most / wv_greatest_code(size) : 1;
    facts->length = sqrtf(NAME(product_of_floats)(scratch, scratch, size, WV_SUMS));
    for (i = 0; i < size; i++) {
        const float code = (scratch[i] / step + 12582912.f) - 12582912.f; /* 1.5 * 2^23: rounded */
        rest[i] = scratch[i] - code * step;
        scratch[i] = code;
    }
    facts->error = sqrtf(NAME(product_of_floats)(rest, rest, size, WV_SUMS));
    facts->step = scale == 0 ? 0 : step;
    for (i = 0; i < size; i++) {
        char *word = to + i / PER_WORD * apart;
        const int code = (int)scratch[i];
#if PER_WORD == 4
        word[i % PER_WORD] = (char)(left ? code + 128 : code);
#elif PER_WORD == 2
        ((int16_t *)word)[i % PER_WORD] = (int16_t)code;
#else
        *(float *)word = (float)code;
#endif
        total += (uint32_t)code;
    }
    *start = PER_WORD == 4 ? (int32_t)(0 - 128 * total) : 0; /* what wraps here, the sums wrap back */
}

/* Which of the PANEL scores of a row, from their sums, may pass the bar of their query or that of the row. */
TILE_TARGET INLINE unsigned NAME(passing_of)(
    const NAME(sums) *sums,
    const float *step, /* IN  [PANEL] of the queries */
    const float *more, /* IN  [PANEL] */
    const float *bar,  /* IN  [PANEL] */
    float row_step,
    float row_more,
    float row_bar)
{
#if LEVEL == WV_AVX512
    const __m512 units = _mm512_mul_ps(_mm512_cvtepi32_ps(*sums), _mm512_loadu_ps(step));
    const __m512 most = _mm512_fmadd_ps(units, _mm512_set1_ps(row_step),
                                        _mm512_add_ps(_mm512_loadu_ps(more), _mm512_set1_ps(row_more)));
    return _mm512_cmp_ps_mask(most, _mm512_loadu_ps(bar), _CMP_GT_OQ)
           | _mm512_cmp_ps_mask(most, _mm512_set1_ps(row_bar), _CMP_GT_OQ);
#elif LEVEL == WV_AVX2
    const __m256 units = _mm256_mul_ps(_mm256_cvtepi32_ps(*sums), _mm256_loadu_ps(step));
    const __m256 most = _mm256_fmadd_ps(units, _mm256_set1_ps(row_step),
                                        _mm256_add_ps(_mm256_loadu_ps(more), _mm256_set1_ps(row_more)));
    return (unsigned)_mm256_movemask_ps(_mm256_or_ps(_mm256_cmp_ps(most, _mm256_loadu_ps(bar), _CMP_GT_OQ),
                                                     _mm256_cmp_ps(most, _mm256_set1_ps(row_bar), _CMP_GT_OQ)));
#else
    unsigned passed = 0;
    for (int lane = 0; lane < PANEL; lane++) {
        const float most = sums->lane[lane] * step[lane] * row_step + (more[lane] + row_more);
        passed |= (unsigned)(most > bar[lane] || most > row_bar) << lane;
    }
    return passed;
#endif
}

/* The pairs of a tile, of MOST panels of the left and WV_TILE_ROWS rows of the right, that may pass a bar; how many. */
TILE_TARGET static ptrdiff_t NAME(meet_sides)(
    const wv_matched *left,
    const wv_matched *right,
    const int32_t *starts, /* IN  of the rows of the right */
    ptrdiff_t words,       /* IN  of a query */
    ptrdiff_t query,       /* IN  the first of the left */
    ptrdiff_t row,         /* IN  the first of the right */
    ptrdiff_t stride,      /* IN  words from a row to the next */
    wv_pair *hits)         /* OUT [WV_MOST_HITS] row by row, those of the left rising */
{
    NAME(sums) sums[WV_TILE_ROWS * MOST];
    ptrdiff_t found = 0;
    NAME(sums_of_tile)(left->codes + query * words * 4, words, right->codes + row * stride * 4, stride, starts + row,
                       sums, MOST);
    for (int r = 0; r < WV_TILE_ROWS; r++)
        for (int v = 0; v < MOST; v++) {
            const ptrdiff_t first = query + v * PANEL;
            unsigned passed = NAME(passing_of)(sums + r * MOST + v, left->step + first, left->more + first,
                                               left->bar + first, right->step[row + r], right->more[row + r],
                                               right->bar[row + r]);
            for (; passed; passed &= passed - 1) {
                hits[found].left = v * PANEL + wv_lowest_bit(passed);
                hits[found++].right = r;
            }
        }
    return found;
}
