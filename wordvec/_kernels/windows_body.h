/* The windows of a group of skip-gram: their distinct words, and how often each stands in the window of each centre.
   Included by word2vec_body.h. */

/* The windows [low, high) of positions first..first + centres of a sentence of n words. */
TARGET INLINE void NAME(reach)(
    NAME(state) *t,
    int64_t n,
    int64_t first,
    int centres,
    int64_t *low, /* OUT [centres] */
    int64_t *high /* OUT [centres] */
) {
    const struct wv_word2vec *w = t->w;
    for (int q = 0; q < centres; q++) {
        const int64_t i = first + q, reach = w->shrink ? 1 + wv_below(wv_draw(&t->random), w->window) : w->window;
        low[q] = i > reach ? i - reach : 0, high[q] = i + reach + 1 < n ? i + reach + 1 : n;
    }
}

/* The distinct words of positions from..to of a sentence, the union of windows [low, high), in t->word and t->x; how many
   there are. f and count as below. */
TARGET INLINE int NAME(list_union)(
    NAME(state) *t,
    const int32_t *s,    /* IN [n] words of the sentence */
    const int32_t *back, /* IN [n] as below */
    int64_t from,
    int64_t to,
    int64_t first,
    const int centres,
    const int64_t *low,  /* IN [centres] */
    const int64_t *high, /* IN [centres] */
    const int repeats,   /*    whether a word may stand there twice, a constant */
    const REAL *spread,  /* IN [2^centres][2][8] what a set of centres adds to f and count */
    REAL *f,
    REAL *count
) {
    const struct wv_word2vec *w = t->w;
    int rows = 0;
    uint64_t size[8];
    for (int q = 0; q < centres; q++) size[q] = (uint64_t)(high[q] - low[q]);
    for (int64_t j = from; j < to; j++) {
        int64_t same = back[j];
        unsigned inside = 0; /* a bit for each centre */
        if (centres == 1) {
            if (j == first) continue;
            if (same && j - same == first) same = back[first] ? same + back[first] : 0;
        }
        for (int q = 0; q < centres; q++) inside |= (unsigned)(((uint64_t)(j - low[q]) < size[q]) & (j != first + q)) << q;
        const REAL *ones = spread + 16 * inside;
        int p = rows;
        if (repeats && same != 0 && j - same >= from) { /* the word stood there before */
            p = t->place[j - same - from];
            for (int q = 0; q < 8; q++) f[8 * p + q] += ones[q];
            for (int q = 0; q < 8; q++) count[8 * p + q] += ones[8 + q];
        } else {
            t->word[p] = s[j];
            t->x[p] = w->word_indptr ? NAME(composed)(&t->ring, j) : NAME(input_row)(w, s[j]);
            memcpy(f + 8 * p, ones, 8 * sizeof(REAL));
            memcpy(count + 8 * p, ones + 8, 8 * sizeof(REAL));
            rows++;
        }
        if (repeats) t->place[j - from] = p;
    }
    return rows;
}

/* The union of the windows of positions first..first + centres of a sentence. A distinct word is a row `x`. */
TARGET INLINE void NAME(find_windows)(
    NAME(state) *t,
    const int32_t *s,    /* IN  [n] words of the sentence */
    const int32_t *back, /* IN  [n] how far before it each word stood last; 0: farther than any union is long */
    const int32_t *again, /* IN  [n] the least reach back from there in which some word stands twice */
    int64_t n,
    int64_t first,
    const int centres,
    const int *column, /* IN  [centres] the column of each centre */
    const REAL *spread,   /* IN  as above */
    REAL *f,           /* OUT [rows][8] how often the word stands in the window of each column */
    REAL *count        /* OUT [rows][8] how often in all windows, eight times */
) {
    int64_t low[8], high[8], from = first, to = first;
    int shared = 0;
    NAME(reach)(t, n, first, centres, low, high);
    for (int q = 0; q < centres; q++) {
        from = low[q] < from ? low[q] : from;
        to = high[q] > to ? high[q] : to;
        t->targets += high[q] - low[q] - 1;
        shared |= column[q] != q;
    }
    const int rows = again[to - 1] >= to - from
        ? NAME(list_union)(t, s, back, from, to, first, centres, low, high, 0, spread, f, count)
        : NAME(list_union)(t, s, back, from, to, first, centres, low, high, 1, spread, f, count);
    for (int q = 1; shared && q < centres; q++) /* a word that is several centres has one column */
        for (int p = 0; column[q] != q && p < rows; p++) {
            const REAL more = f[8 * p + q];
            f[8 * p + q] = 0, f[8 * p + column[q]] += more;
        }
    t->rows = rows;
}

/* The document stands in the window of every centre: one more row. */
TARGET INLINE void NAME(add_document)(
    NAME(state) *t,
    int centres,
    const int *column, /* IN    [centres] */
    REAL *f,           /* INOUT [rows][8] as above */
    REAL *count        /* INOUT [rows][8] as above */
) {
    const int p = t->rows++;
    t->word[p] = -1;
    t->x[p] = t->w->bit != 0 ? t->bits : t->document;
    for (int k = 0; k < 8; k++) f[8 * p + k] = 0, count[8 * p + k] = (REAL)centres;
    for (int q = 0; q < centres; q++) f[8 * p + column[q]] += 1;
    t->targets += centres;
}
