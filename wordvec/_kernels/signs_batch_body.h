/* A batch of queries and rows of signs, with the tools of table_batch_body.h: bits, and residual bits, which have several
   levels of signs and a scale for each.

   The bytes of 64 rows stand together, so that a vector has a byte of many rows. Three bytes at a time become codes of 6
   signs, which are looked up in 64 entries, where the machine has VBMI, or of 4 signs and 16 entries. An entry is the sum
   of the query's numbers, whole and without their signs, whose signs the row has not. Those of three bytes add up to 255
   at most: they are added as bytes, and then to sums of 16 bits. All machines get the same sums. */
#if LEVEL == WV_AVX512
#define CODES 4 /* of three bytes */
#define SIGNS 6 /* of a code */
#define TARGET_SIGNS TARGET_WITH(",avx512vbmi")
#else
#define CODES 6
#define SIGNS 4
#define TARGET_SIGNS TARGET
#endif

/* The entries for all codes of each query. */
TARGET static int NAME(ready_signs)(
    const struct wv_codes *c,
    struct wv_batch *b) /* INOUT tables */
{
    const ptrdiff_t codes = CODES * wv_triples(c->size);
    for (ptrdiff_t query = 0; query < b->queries; query++) {
        const int16_t *numbers = (const int16_t *)(b->asked + query * b->asked_bytes);
        uint8_t *table = (uint8_t *)b->tables + (query * codes << SIGNS);
        for (ptrdiff_t code = 0; code < codes; code++, numbers += SIGNS, table += 1 << SIGNS) {
            table[0] = 0; /* no sign is set */
            for (int i = 0; i < SIGNS; i++)
                table[0] += (uint8_t)(numbers[i] > 0 ? numbers[i] : 0);
            for (int i = 0; i < SIGNS; i++)
                for (int j = 0; j < 1 << i; j++)
                    table[j + (1 << i)] = (uint8_t)(table[j] - numbers[i]);
        }
    }
    return 1;
}

/* The multipliers of residual bits: the scales of each level. */
TARGET_WITH(",f16c") static void NAME(scales)(
    const struct wv_codes *c,
    struct wv_batch *b, /* OUT inverse; NaN for rows before and beyond */
    ptrdiff_t before,   /* IN  rows that stand together with the first, before it */
    ptrdiff_t first,
    ptrdiff_t count)
{
    for (ptrdiff_t row = 0; row < before + count; row += WV_TOGETHER)
        for (ptrdiff_t level = 0; level < c->levels; level++) {
            const uint16_t *scales = wv_scales(c, first - before + row, level);
            PREFETCH_FAR((const char *)scales + WV_DISTANCE);
            PREFETCH_FAR((const char *)scales + WV_DISTANCE + 64);
            NAME(widen_f16)(scales, WV_TOGETHER, 1, b->inverse + level * b->rows + row);
        }
    for (ptrdiff_t r = 0; r < before; r++)
        b->inverse[r] = NAN;
    for (ptrdiff_t r = before + count; r < b->rows; r++)
        b->inverse[r] = NAN;
}

#if LEVEL > WV_BASELINE
/* The codes of three bytes of WIDTH rows. What is looked up in 64 entries may have further bits above. */
TARGET INLINE void NAME(codes_of)(
    const char *p, ptrdiff_t second, ptrdiff_t third, /* IN  the first byte, and from it to the others */
    NAME(bytes) *codes)                               /* OUT [CODES] */
{
    const NAME(bytes) x = BYTES_AT(p), y = BYTES_AT(p + second), z = BYTES_AT(p + third);
#if LEVEL == WV_AVX512
#define EITHER(mask, a, b) _mm512_ternarylogic_epi32(_mm512_set1_epi8(mask), a, b, 0xca)
    codes[0] = x;
    codes[1] = EITHER(3, _mm512_srli_epi16(x, 6), _mm512_slli_epi16(y, 2));
    codes[2] = EITHER(15, _mm512_srli_epi16(y, 4), _mm512_slli_epi16(z, 4));
    codes[3] = _mm512_srli_epi16(z, 2);
#undef EITHER
#else
    const __m256i half = _mm256_set1_epi8(15);
    codes[0] = _mm256_and_si256(x, half);
    codes[1] = _mm256_and_si256(_mm256_srli_epi16(x, 4), half);
    codes[2] = _mm256_and_si256(y, half);
    codes[3] = _mm256_and_si256(_mm256_srli_epi16(y, 4), half);
    codes[4] = _mm256_and_si256(z, half);
    codes[5] = _mm256_and_si256(_mm256_srli_epi16(z, 4), half);
#endif
}

#if LEVEL == WV_AVX512
#define TABLE_AT(p) BYTES_AT(p)
#define LOOK_UP(table, x) _mm512_permutexvar_epi8(x, table)
#else
#define TABLE_AT(p) _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)(p)))
#define LOOK_UP(table, x) _mm256_shuffle_epi8(table, x)
#endif
/* The sums of the entries for all signs of a level of GROUP vectors of rows, in 16 bits, and those of every other row. */
TARGET_SIGNS INLINE void NAME(sums_of)(
    NAME(bytes) *sums,    /* OUT [GROUP] */
    NAME(bytes) *upper,   /* OUT [GROUP] */
    const char *table,    /* IN  [triples][CODES][1 << SIGNS] */
    const char *const *p, /* IN  [GROUP] the first byte of the rows of each vector; of their codes where these are kept */
    ptrdiff_t bytes,
    ptrdiff_t pitch,      /* IN  from a code to the next */
    ptrdiff_t ahead,      /* IN  from a byte to what will be wanted */
    const int is_kept)
{
    UNROLL
    for (int g = 0; g < GROUP; g++)
        sums[g] = upper[g] = NONE;
    for (ptrdiff_t i = 0, at = 0; i < bytes; i += 3, at += is_kept ? CODES * pitch : 3 * WV_TOGETHER) {
        /* the last bytes again where there are no more: their entries are zeros */
        const ptrdiff_t second = i + 1 < bytes ? WV_TOGETHER : 0, third = i + 2 < bytes ? 2 * WV_TOGETHER : second;
        NAME(bytes) codes[GROUP][CODES], some[GROUP];
        if (!is_kept)
            UNROLL
            for (int g = 0; g < GROUP; g++) {
                PREFETCH_FAR(p[g] + at + ahead);
                PREFETCH_FAR(p[g] + at + ahead + second);
                PREFETCH_FAR(p[g] + at + ahead + third);
                NAME(codes_of)(p[g] + at, second, third, codes[g]);
            }
        UNROLL
        for (int k = 0; k < CODES; k++, table += 1 << SIGNS) {
            const NAME(bytes) entries = TABLE_AT(table);
            UNROLL
            for (int g = 0; g < GROUP; g++) {
                const NAME(bytes) found = LOOK_UP(entries, is_kept ? BYTES_AT(p[g] + at + k * pitch) : codes[g][k]);
                some[g] = k ? ADD_BYTES(some[g], found) : found;
            }
        }
        UNROLL
        for (int g = 0; g < GROUP; g++) {
            sums[g] = ADD_WORDS(sums[g], some[g]);
            upper[g] = ADD_WORDS(upper[g], UPPER(some[g]));
        }
    }
}
#undef TABLE_AT
#undef LOOK_UP

/* The codes of some blocks of WV_TOGETHER rows, for queries that share them. */
TARGET static void NAME(keep_codes)(
    const struct wv_codes *c,
    struct wv_batch *b, /* OUT block [levels][triples][CODES], lines of WV_LINE(b->rows) bytes */
    ptrdiff_t first,    /* IN  a row, a multiple of WV_TOGETHER */
    ptrdiff_t blocks)
{
    const ptrdiff_t bytes = (c->size + 7) / 8, line = WV_LINE(b->rows);
    for (ptrdiff_t row = 0; row < blocks * WV_TOGETHER; row += WIDTH) {
        const char *from = wv_signs(c, first + row);
        char *to = b->block + row;
        for (ptrdiff_t level = 0; level < c->levels; level++, from += bytes * WV_TOGETHER)
            for (ptrdiff_t i = 0; i < bytes; i += 3, to += CODES * line) {
                NAME(bytes) codes[CODES];
                for (int k = 0; k < 3; k++)
                    PREFETCH_FAR(from + (i + k) * WV_TOGETHER + b->rows / WV_TOGETHER * c->stride);
                NAME(codes_of)(from + i * WV_TOGETHER, i + 1 < bytes ? WV_TOGETHER : 0,
                               i + 2 < bytes ? 2 * WV_TOGETHER : 0, codes);
                UNROLL
                for (int k = 0; k < CODES; k++)
                    STORE(to + k * line, codes[k]);
            }
    }
}

#define SHARED 3 /* from how many queries on codes are kept */
/* The hits among the rows that stand together with `count` rows, `before` of them before the first. */
TARGET_SIGNS INLINE ptrdiff_t NAME(meet_levels)(
    const struct wv_codes *c,
    struct wv_batch *b,     /* INOUT block; all else is ready */
    ptrdiff_t first,
    ptrdiff_t before,
    ptrdiff_t count,
    const float *worsts,    /* IN    [b->queries] */
    struct wv_hit *hits,    /* OUT   [b->queries * b->rows] their rows counted from first - before on */
    const ptrdiff_t levels, /* IN    a constant where this is inlined, or c->levels */
    const int is_exact)     /* IN    whether the sums are what a search scores; a constant where this is inlined */
{
    const ptrdiff_t rows = wv_up(before + count, WV_TOGETHER), bytes = (c->size + 7) / 8, line = WV_LINE(b->rows);
    const ptrdiff_t codes = CODES * wv_triples(c->size), ahead = b->rows / WV_TOGETHER * c->stride;
    const int is_kept = b->queries >= SHARED;
    ptrdiff_t found = 0;
    if (is_kept)
        NAME(keep_codes)(c, b, first - before, rows / WV_TOGETHER);
    for (ptrdiff_t query = 0; query < b->queries; query++) {
        const float *numbers = b->numbers + 3 * query;
        const char *table = b->tables + (query * codes << SIGNS);
        for (ptrdiff_t row = 0; row < rows; row += GROUP * WIDTH) {
            NAME(floats) scores[GROUP][4] = {0};
            for (ptrdiff_t level = 0; level < levels; level++) {
                NAME(bytes) sums[GROUP], upper[GROUP];
                const char *p[GROUP];
                for (int g = 0; g < GROUP; g++) { /* the last rows again where there are no more */
                    const ptrdiff_t own = row + g * WIDTH, at = own < rows ? own : rows - WIDTH;
                    p[g] = is_kept ? b->block + level * codes * line + at
                                   : wv_signs(c, first - before + at) + level * bytes * WV_TOGETHER;
                }
                if (is_kept)
                    NAME(sums_of)(sums, upper, table, p, bytes, line, 0, 1);
                else
                    NAME(sums_of)(sums, upper, table, p, bytes, 0, ahead, 0);
                UNROLL
                for (int g = 0; g < GROUP; g++)
                    NAME(weigh)(scores[g], WITHOUT_UPPER(sums[g], upper[g]), upper[g],
                                b->inverse + level * b->rows + row + g * WIDTH, numbers[0], numbers[1]);
            }
            found += NAME(hits_of)(
                scores, row, before + count, query, worsts[query] - numbers[2], numbers[2], is_exact, hits + found);
        }
    }
    return found;
}
#undef SHARED
#else
/* The same, with the same arguments, one row after another. */
TARGET INLINE ptrdiff_t NAME(meet_levels)(
    const struct wv_codes *c, struct wv_batch *b, ptrdiff_t first, ptrdiff_t before, ptrdiff_t count,
    const float *worsts, struct wv_hit *hits, const ptrdiff_t levels, const int is_exact)
{
    const ptrdiff_t bytes = (c->size + 7) / 8, codes = CODES * wv_triples(c->size);
    ptrdiff_t found = 0;
    for (ptrdiff_t query = 0; query < b->queries; query++) {
        const float *numbers = b->numbers + 3 * query, bar = worsts[query] - numbers[2];
        for (ptrdiff_t row = 0; row < before + count; row += WV_TOGETHER) {
            const uint8_t *p = (const uint8_t *)wv_signs(c, first - before + row);
            float scores[WV_TOGETHER] = {0};
            for (ptrdiff_t level = 0; level < levels; level++) {
                const uint8_t *table = (const uint8_t *)b->tables + (query * codes << SIGNS);
                const float *by = b->inverse + level * b->rows + row;
                uint16_t sums[WV_TOGETHER] = {0};
                for (ptrdiff_t i = 0; i < bytes; i++, p += WV_TOGETHER, table += 2 << SIGNS)
                    for (int r = 0; r < WV_TOGETHER; r++)
                        sums[r] += (uint16_t)(table[p[r] & 15] + table[(1 << SIGNS) + (p[r] >> 4)]);
                for (int r = 0; r < WV_TOGETHER; r++)
                    scores[r] += (numbers[0] - numbers[1] * sums[r]) * by[r];
            }
            for (int r = 0; r < WV_TOGETHER; r++)
                if (scores[r] > bar) {
                    hits[found].query = (int32_t)query;
                    hits[found].row = (int32_t)(row + r);
                    hits[found++].score = is_exact ? numbers[2] + scores[r] : NAN;
                }
        }
    }
    return found;
}
#endif

/* The hits of `count` rows from `first` on, which may stand anywhere among the rows that stand together. */
TARGET_SIGNS INLINE ptrdiff_t NAME(meet_signs)(
    const struct wv_codes *c, struct wv_batch *b, ptrdiff_t first, ptrdiff_t count, const float *worsts,
    struct wv_hit *hits, const ptrdiff_t levels, const int is_exact)
{
    const ptrdiff_t before = first % WV_TOGETHER;
    ptrdiff_t found, i;
    if (is_exact)
        NAME(multipliers)(c, b, before, first, count);
    else
        NAME(scales)(c, b, before, first, count);
    found = NAME(meet_levels)(c, b, first, before, count, worsts, hits, levels, is_exact);
    for (i = 0; i < found; i++)
        hits[i].row -= (int32_t)before;
    return found;
}

/* Bits: one level; the sums are what a search scores. */
TARGET_SIGNS static ptrdiff_t NAME(meet_bits)(
    const struct wv_codes *c,
    struct wv_batch *b,
    ptrdiff_t first,
    ptrdiff_t count,
    const float *worsts, /* IN  [b->queries] */
    struct wv_hit *hits) /* OUT [b->queries * b->rows] */
{
    return NAME(meet_signs)(c, b, first, count, worsts, hits, 1, 1);
}

/* Residual bits: the sums say which rows may be above the bar, and these are scored by the query as it is. */
TARGET_SIGNS static ptrdiff_t NAME(meet_residual)(
    const struct wv_codes *c,
    struct wv_batch *b,
    ptrdiff_t first,
    ptrdiff_t count,
    const float *worsts, /* IN  [b->queries] */
    struct wv_hit *hits) /* OUT [b->queries * b->rows] */
{
    return NAME(meet_signs)(c, b, first, count, worsts, hits, c->levels, 0);
}
#undef CODES
#undef SIGNS
#undef TARGET_SIGNS
