/* Words whose vector is composed of rows that they share: n-grams, hashes, quotient and remainder.

   The positions of a sentence that the windows of a group can reach stand in a ring. A word is composed as it enters, and
   has one vector there however often it stands in it. The block update changes these vectors in their places; as the last
   position of a word leaves, what was added to it goes to its rows. So a word is read and written once for each time it
   occurs, not once for each pair.
   Included by word2vec_body.h.

   x is composed of rows r_1 .. r_n, and a change e of x goes to them as

       MEAN      x = (r_1 + .. + r_n) / n                 r_i += step e
       MULTIPLY  x = r_1 * .. * r_n in each dimension     r_i += o_i e / max(1, o_1^2 + .. + o_n^2)     o_i = x / r_i
       CONCAT    x = [r_1 .. r_n]                         r_i += its part of e
       WEIGHTED  x = p_1 r_1 + .. + p_n r_n               r_i += p_i e / max(1, p_1^2 + .. + p_n^2)
                                                          p_i += r_i . e / max(1, |r_1|^2 + .. + |r_n|^2)

   with p of the word alone; of a row that stands there several times the sum of its p is squared. These are the exact
   gradients, cut where they would move x by more than e: rows that very many words share would diverge. In a mean of
   distinct rows `step` is 1, which is fastText's, n times the gradient: x moves by e. Where a row stands there m times
   it is n / (sum of m^2), and x moves by e all the same. A frozen row stays, and x moves by what the others do; the
   factors p of a frozen word stay as well. */

typedef struct {
    const struct wv_word2vec *w;
    REAL **x, **start;         /* [size] composed vectors, and what they were when they entered */
    REAL *change;              /* scratch [dim] */
    int32_t *slot;             /* [size] of the vector of position j, at j % size */
    int32_t *uses, *free;      /* [size] positions that have the vector; slots that no position has, `spare` of them */
    int32_t spare;
    int64_t size;
    int64_t entered, left;     /* positions of the sentence */
} NAME(ring);

/* A row of a word, or the copy of it. */
TARGET INLINE REAL *NAME(shared_row)(const struct wv_word2vec *w, int64_t at) {
    const int64_t row = w->word_rows[at];
    if (row >= 0) return (REAL *)w->input + row * w->row_dim;
    if (~row < w->own_input.count) return (REAL *)w->own_input.own + ~row * w->row_dim;
    return NAME(row_of_copy)((REAL *)w->input, &w->own_input, ~row, w->row_dim);
}

/* The composed vector of a word. */
TARGET INLINE void NAME(compose)(
    const struct wv_word2vec *w,
    int32_t word,
    REAL *x /* OUT [dim] */
) {
    const int64_t from = w->word_indptr[word], to = w->word_indptr[word + 1];
    if (w->compose == WV_CONCAT) {
        for (int64_t i = from; i < to; i++)
            memcpy(x + (i - from) * w->part, NAME(shared_row)(w, i), w->part * sizeof(REAL));
        return;
    }
    const REAL *p = w->compose == WV_WEIGHTED ? (const REAL *)w->importance + from : NULL;
    const REAL scale = w->compose == WV_MEAN && to > from ? 1 / (REAL)(to - from) : 1;
    for (ptrdiff_t d = 0; d < w->dim; d += 4 * LANES) {
        const ptrdiff_t end = w->dim - d < 4 * LANES ? w->dim - d : 4 * LANES;
        vec sum[4];
        for (int k = 0; k < 4; k++) sum[k] = (vec){0} + (REAL)(w->compose == WV_MULTIPLY);
        for (int64_t i = from; i < to; i++) {
            const REAL *row = NAME(shared_row)(w, i) + d;
            if (end < 4 * LANES) {
                for (int k = 0; k * LANES < end; k++)
                    sum[k] = p ? sum[k] + p[i - from] * AT(row + k * LANES)
                               : w->compose == WV_MULTIPLY ? sum[k] * AT(row + k * LANES) : sum[k] + AT(row + k * LANES);
            } else if (w->compose == WV_MULTIPLY) {
                UNROLL for (int k = 0; k < 4; k++) sum[k] *= AT(row + k * LANES);
            } else if (p) {
                UNROLL for (int k = 0; k < 4; k++) sum[k] += p[i - from] * AT(row + k * LANES);
            } else {
                UNROLL for (int k = 0; k < 4; k++) sum[k] += AT(row + k * LANES);
            }
        }
        for (int k = 0; k * LANES < end; k++) AT(x + d + k * LANES) = sum[k] * scale;
    }
}

/* The greater of two numbers, lane by lane. */
TARGET INLINE vec NAME(greater)(vec a, vec b) {
#if LANES == 1
    return a > b ? a : b;
#else
    const ivec more = a > b;
    return (vec)((more & (ivec)a) | (~more & (ivec)b));
#endif
}

/* Whether a row of a word is frozen; those that are have no copies. */
TARGET INLINE int NAME(stays)(const struct wv_word2vec *w, int64_t at) {
    return w->word_rows[at] >= 0 && w->frozen_rows[w->word_rows[at]];
}

/* The change of a word's vector goes to its rows, but for those that are frozen. */
TARGET INLINE void NAME(settle)(
    const struct wv_word2vec *w,
    int32_t word,
    const REAL *e,  /* IN [dim] */
    const int some  /*    whether there are frozen rows: a constant of the call */
) {
    const int64_t from = w->word_indptr[word], to = w->word_indptr[word + 1];
    if (w->compose == WV_CONCAT) {
        for (int64_t i = from; i < to; i++) {
            REAL *row = NAME(shared_row)(w, i);
            if (some && NAME(stays)(w, i)) continue;
            for (ptrdiff_t d = 0; d < w->part; d++) row[d] += e[(i - from) * w->part + d];
        }
    } else if (w->compose == WV_MEAN) {
        const REAL step = (REAL)w->word_steps[word];
        for (int64_t i = from; i < to; i++) {
            REAL *row = NAME(shared_row)(w, i);
            if (some && NAME(stays)(w, i)) continue;
            for (ptrdiff_t d = 0; d < w->dim; d += LANES) AT(row + d) += step * *(const vec *)(e + d);
        }
    } else if (w->compose == WV_WEIGHTED) {
        REAL *p = (REAL *)w->importance + from, squares = 0, lengths = 0, step[WV_MOST_FACTORS];
        for (int64_t i = from; i < to; i++)
            for (int64_t j = from; j < to; j++)
                if (w->word_rows[i] == w->word_rows[j]) squares += p[i - from] * p[j - from];
        squares = 1 / (squares > 1 ? squares : 1);
        for (int64_t i = from; i < to; i++) { /* all from the rows before the step: one may stand there several times */
            const REAL *row = NAME(shared_row)(w, i);
            vec product = (vec){0}, length = (vec){0};
            for (ptrdiff_t d = 0; d < w->dim; d += LANES) {
                const vec old = *(const vec *)(row + d);
                product += old * *(const vec *)(e + d);
                length += old * old;
            }
            step[i - from] = 0;
            for (int k = 0; k < LANES; k++) step[i - from] += ((const REAL *)&product)[k], lengths += ((const REAL *)&length)[k];
        }
        for (int64_t i = from; i < to; i++) {
            REAL *row = NAME(shared_row)(w, i);
            const vec factor = (vec){0} + p[i - from] * squares;
            const int fixed = some && NAME(stays)(w, i);
            for (ptrdiff_t d = 0; d < w->dim && !fixed; d += LANES) AT(row + d) += factor * *(const vec *)(e + d);
            p[i - from] += step[i - from] / (lengths > 1 ? lengths : 1);
        }
    } else {
        const int n = (int)(to - from);
        const vec one = (vec){0} + 1;
        for (ptrdiff_t d = 0; d < w->dim; d += LANES) {
            vec others[WV_MOST_FACTORS], squares = (vec){0};
            for (int i = 0; i < n; i++) {
                others[i] = one;
                for (int j = 0; j < n; j++) if (j != i) others[i] *= AT(NAME(shared_row)(w, from + j) + d);
                squares += others[i] * others[i];
            }
            const vec step = *(const vec *)(e + d) / NAME(greater)(squares, one);
            for (int i = 0; i < n; i++)
                if (!some || !NAME(stays)(w, from + i)) AT(NAME(shared_row)(w, from + i) + d) += step * others[i];
        }
    }
}

/* Begin a sentence. */
TARGET INLINE void NAME(empty)(NAME(ring) *r) {
    r->entered = r->left = 0;
    r->spare = (int32_t)r->size;
    for (int32_t k = 0; k < r->spare; k++) r->free[k] = k, r->uses[k] = 0;
}

TARGET INLINE REAL *NAME(composed)(const NAME(ring) *r, int64_t j) { return r->x[r->slot[j % r->size]]; }

/* Compose the vectors of the positions up to, not with, `to`. */
TARGET INLINE void NAME(enter)(
    NAME(ring) *r,
    const int32_t *s, /* IN [>= to] words of the sentence */
    int64_t to
) {
    for (; r->entered < to; r->entered++) {
        int64_t j = r->entered - 1;
        while (j >= r->left && s[j] != s[r->entered]) j--;
        const int32_t slot = j >= r->left ? r->slot[j % r->size] : r->free[--r->spare];
        r->slot[r->entered % r->size] = slot;
        if (r->uses[slot]++) continue;
        NAME(compose)(r->w, s[r->entered], r->x[slot]);
        memcpy(r->start[slot], r->x[slot], r->w->dim * sizeof(REAL));
    }
}

/* No window reaches the positions up to, not with, `to` again: what was added to their words goes to the words' rows. */
TARGET INLINE void NAME(leave)(
    NAME(ring) *r,
    const int32_t *s, /* IN [>= to] words of the sentence */
    int64_t to
) {
    for (; r->left < to; r->left++) {
        const int32_t slot = r->slot[r->left % r->size];
        if (--r->uses[slot]) continue;
        for (ptrdiff_t d = 0; d < r->w->dim; d += LANES) AT(r->change + d) = AT(r->x[slot] + d) - AT(r->start[slot] + d);
        if (r->w->frozen_rows == NULL) NAME(settle)(r->w, s[r->left], r->change, 0);
        else if (!r->w->frozen_words[s[r->left]]) NAME(settle)(r->w, s[r->left], r->change, 1);
        r->free[r->spare++] = slot;
    }
}
