/* A batch of queries and rows of product quantisation, with the tools of table_batch_body.h, for AVX-512. */

/* Turn rows: line i of the block has byte i of each row. */
TARGET static void NAME(turn)(
    const struct wv_codes *c,
    struct wv_batch *b, /* INOUT block */
    ptrdiff_t first,
    ptrdiff_t count)
{
    for (ptrdiff_t row = 0; row < count; row += 16) {
        for (ptrdiff_t i = 0; i < 16 * c->stride; i += 64)
            PREFETCH_FAR(wv_row(c, first + row) + WV_DISTANCE + i);
        for (ptrdiff_t byte = 0; byte < c->size; byte += WIDTH) {
            const ptrdiff_t bytes = c->size - byte < WIDTH ? c->size - byte : WIDTH;
            const __mmask64 some = ~UINT64_C(0) >> (64 - bytes);
            __m512i x[16], y[16];
            char turned[16][WIDTH];
            UNROLL
            for (int i = 0; i < 16; i++)
                x[i] = row + i < count ? _mm512_maskz_loadu_epi8(some, wv_row(c, first + row + i) + byte) : NONE;
            UNROLL
            for (int i = 0; i < 8; i++) { /* four rounds interleave the first eight with the last, in each 16 bytes */
                y[2 * i] = _mm512_unpacklo_epi8(x[i], x[i + 8]);
                y[2 * i + 1] = _mm512_unpackhi_epi8(x[i], x[i + 8]);
            }
            UNROLL
            for (int i = 0; i < 8; i++) {
                x[2 * i] = _mm512_unpacklo_epi8(y[i], y[i + 8]);
                x[2 * i + 1] = _mm512_unpackhi_epi8(y[i], y[i + 8]);
            }
            UNROLL
            for (int i = 0; i < 8; i++) {
                y[2 * i] = _mm512_unpacklo_epi8(x[i], x[i + 8]);
                y[2 * i + 1] = _mm512_unpackhi_epi8(x[i], x[i + 8]);
            }
            UNROLL
            for (int i = 0; i < 8; i++) {
                STORE(turned[2 * i], _mm512_unpacklo_epi8(y[i], y[i + 8]));
                STORE(turned[2 * i + 1], _mm512_unpackhi_epi8(y[i], y[i + 8]));
            }
            for (int i = 0; i < bytes; i++) {
                char *line = b->block + (byte + i) * WV_LINE(b->rows) + row;
                _mm_storeu_si128((__m128i *)line, _mm_loadu_si128((const __m128i *)(turned[i % 16] + i / 16 * 16)));
            }
        }
    }
}

/* The least and the greatest of the 256 products of a part. */
TARGET INLINE float NAME(range_of)(const float *products, float *greatest)
{
    float least = products[0], most = least;
    for (int i = 1; i < 256; i++) {
        least = products[i] < least ? products[i] : least;
        most = products[i] > most ? products[i] : most;
    }
    *greatest = most;
    return least;
}

/* The products of a query, less the least of each part, rounded to 8 bits: they take `error` from a sum at most. */
TARGET static int NAME(ready_pq)(
    const struct wv_codes *c,
    struct wv_batch *b) /* INOUT error, step, offset and tables */
{
    const ptrdiff_t parts = c->size;
    if (parts > WV_MOST_SUM / 2)
        return 0;
    for (ptrdiff_t query = 0; query < b->queries; query++) {
        const float *products = (const float *)(b->asked + query * b->asked_bytes);
        uint8_t *table = (uint8_t *)b->tables + query * parts * 256;
        double widest = 1e-30, ranges = 0, offset = 0, greatest = 0, error = 0, step;
        float least, most;
        for (ptrdiff_t part = 0; part < parts; part++) {
            least = NAME(range_of)(products + 256 * part, &most);
            widest = most - least > widest ? most - least : widest;
            greatest += most > -least ? most : -least;
            ranges += most - least;
            offset += least;
        }
        if (!(greatest < 1e30)) /* of a damaged file */
            return 0;
        step = widest / 255 > ranges / (WV_MOST_SUM - parts) ? widest / 255 : ranges / (WV_MOST_SUM - parts);
        for (ptrdiff_t part = 0; part < parts; part++) {
            double lost = 0;
            least = NAME(range_of)(products + 256 * part, &most);
            for (int i = 0; i < 256; i++) {
                const double entry = (products[256 * part + i] - least) / step, whole = floor(entry + .5);
                table[256 * part + i] = (uint8_t)whole;
                lost = entry - whole > lost ? entry - whole : lost;
            }
            error += lost * step;
        }
        b->step[query] = (float)step;
        b->offset[query] = (float)offset;
        b->error[query] = (float)(error + (parts + 64) * 1.2e-7 * (1 + greatest)); /* and what float32 rounds */
    }
    return 1;
}

TARGET_WITH(",avx512vbmi") static ptrdiff_t NAME(meet_pq)(
    const struct wv_codes *c,
    struct wv_batch *b,
    ptrdiff_t first,
    ptrdiff_t count,
    const float *worsts, /* IN  [b->queries] */
    struct wv_hit *hits) /* OUT [b->queries * b->rows] */
{
    ptrdiff_t found = 0;
    NAME(turn)(c, b, first, count);
    NAME(multipliers)(c, b, 0, first, count);
    for (ptrdiff_t query = 0; query < b->queries; query++) {
        /* (offset + step * sum + error) / length > worst */
        const float base = b->offset[query] + b->error[query], step = -b->step[query], bar = worsts[query] - WV_SAFETY;
        for (ptrdiff_t row = 0; row < count; row += GROUP * WIDTH) {
            const char *table = b->tables + query * c->size * 256, *line = b->block + row;
            __m512i sums[GROUP] = {NONE, NONE, NONE, NONE}, upper[GROUP] = {NONE, NONE, NONE, NONE};
            for (ptrdiff_t part = 0; part < c->size; part++, table += 256, line += WV_LINE(b->rows)) {
                const __m512i t0 = BYTES_AT(table), t1 = BYTES_AT(table + 64), t2 = BYTES_AT(table + 128);
                const __m512i t3 = BYTES_AT(table + 192);
                UNROLL
                for (int g = 0; g < GROUP; g++) {
                    const __m512i x = BYTES_AT(line + g * WIDTH);
                    const __m512i entries = _mm512_mask_blend_epi8(_mm512_movepi8_mask(x),
                        _mm512_permutex2var_epi8(t0, x, t1), _mm512_permutex2var_epi8(t2, x, t3));
                    sums[g] = ADD_WORDS(sums[g], entries);
                    upper[g] = ADD_WORDS(upper[g], UPPER(entries));
                }
            }
            NAME(floats) scores[GROUP][4] = {0};
            UNROLL
            for (int g = 0; g < GROUP; g++)
                NAME(weigh)(scores[g], WITHOUT_UPPER(sums[g], upper[g]), upper[g], b->inverse + row + g * WIDTH, base,
                            step);
            found += NAME(hits_of)(scores, row, count, query, bar, 0, 0, hits + found);
        }
    }
    return found;
}
