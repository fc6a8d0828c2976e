/* Sums of SUM bits; included by cooccurrence.h for narrow ones, which stay in the cache, and for wide ones. */

static inline void NAME(add)(struct wv_row *row, ptrdiff_t column, uint64_t weight)
{
    row->marks[column >> 6] |= UINT64_C(1) << (column & 63);
    ((SUM *)row->sums)[column] += (SUM)weight;
}

/* The same, and the column becomes number n of those listed, if it is new; how many these are. */
static inline ptrdiff_t NAME(list)(struct wv_row *row, ptrdiff_t column, uint64_t weight, int32_t *listed, ptrdiff_t n)
{
    listed[n] = (int32_t)column;
    n += !(row->marks[column >> 6] >> (column & 63) & 1);
    NAME(add)(row, column, weight);
    return n;
}

/* Add the windows around all occurrences of a word, `count` of the `known` places, of which those of the next words are
   asked for in time. Tokens below `words` are words, `words` holds a place, and what is
   above ends a sentence. How many columns are `listed`, if that is not NULL: there is room for one more. */
INLINE ptrdiff_t NAME(windows)(struct wv_row *row, const uint32_t *tokens, const int32_t *places, ptrdiff_t count,
                               ptrdiff_t known, uint32_t words, const struct wv_reach *left,
                               const struct wv_reach *right, int32_t *listed)
{
    ptrdiff_t n = 0;
    for (ptrdiff_t i = 0; i < count; i++) {
        const uint32_t *at = tokens + places[i];
        if (i + WV_AHEAD < known) { /* a window of 16 tokens lies in two lines of the cache at most */
            PREFETCH(tokens + places[i + WV_AHEAD] - (left->reach < 8 ? left->reach : 8));
            PREFETCH(tokens + places[i + WV_AHEAD] + (right->reach < 8 ? right->reach : 8));
        }
        for (ptrdiff_t k = 0; k < left->reach; k++) {
            const uint32_t word = at[-1 - k];
            if (word < words && listed)
                n = NAME(list)(row, left->columns[k] + word, (uint64_t)left->weights[k], listed, n);
            else if (word < words)
                NAME(add)(row, left->columns[k] + word, (uint64_t)left->weights[k]);
            else if (word > words)
                break;
        }
        for (ptrdiff_t k = 0; k < right->reach; k++) {
            const uint32_t word = at[1 + k];
            if (word < words && listed)
                n = NAME(list)(row, right->columns[k] + word, (uint64_t)right->weights[k], listed, n);
            else if (word < words)
                NAME(add)(row, right->columns[k] + word, (uint64_t)right->weights[k]);
            else if (word > words)
                break;
        }
    }
    return n;
}

static void NAME(add_windows)(struct wv_row *row, const uint32_t *tokens, const int32_t *places, ptrdiff_t count,
                              ptrdiff_t known, uint32_t words, const struct wv_reach *left,
                              const struct wv_reach *right)
{
    NAME(windows)(row, tokens, places, count, known, words, left, right, NULL);
}

static inline ptrdiff_t NAME(list_windows)(struct wv_row *row, const uint32_t *tokens, const int32_t *places,
                                           ptrdiff_t count, ptrdiff_t known, uint32_t words,
                                           const struct wv_reach *left, const struct wv_reach *right, int32_t *listed)
{
    return NAME(windows)(row, tokens, places, count, known, words, left, right, listed);
}

/* Move the sums out, columns rising, and leave the row empty; how many there were. */
static ptrdiff_t NAME(take)(struct wv_row *row, int32_t *columns, uint64_t *sums)
{
    const ptrdiff_t words = (row->columns + 63) >> 6;
    SUM *from = row->sums;
    ptrdiff_t n = 0;
    for (ptrdiff_t word = 0; word < words; word++) {
        uint64_t bits = row->marks[word];
        if (!bits)
            continue;
        row->marks[word] = 0;
        for (; bits; bits &= bits - 1) {
            const ptrdiff_t column = word << 6 | wv_lowest_bit(bits);
            columns[n] = (int32_t)column;
            sums[n++] = from[column];
            from[column] = 0;
        }
    }
    return n;
}

static inline void NAME(add_packed)(struct wv_row *row, const uint8_t *p, const uint8_t *stop)
{
    uint64_t column = 0, step, sum;
    while (p < stop) {
        p = wv_get(p, &step);
        p = wv_get(p, &sum);
        column += step;
        NAME(add)(row, (ptrdiff_t)column, sum);
    }
}

static inline ptrdiff_t NAME(list_packed)(struct wv_row *row, const uint8_t *p, const uint8_t *stop, int32_t *listed, ptrdiff_t n)
{
    uint64_t column = 0, step, sum;
    while (p < stop) {
        p = wv_get(p, &step);
        p = wv_get(p, &sum);
        column += step;
        n = NAME(list)(row, (ptrdiff_t)column, sum, listed, n);
    }
    return n;
}

/* `take` of columns that were listed: all marks need not be looked at, which are many where there are many words. */
static void NAME(take_listed)(struct wv_row *row, int32_t *listed, ptrdiff_t count, uint64_t *sums)
{
    SUM *from = row->sums;
    wv_sort_columns(listed, count);
    for (ptrdiff_t i = 0; i < count; i++) {
        const ptrdiff_t column = listed[i];
        row->marks[column >> 6] = 0;
        sums[i] = from[column];
        from[column] = 0;
    }
}
