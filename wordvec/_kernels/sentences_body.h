/* Sent2Vec (Pagliardini, Gupta and Jaggi 2018): the mean of the words and word n-grams of a sentence predicts each of its
   words, but for those that the word stands in.

   The rows of a sentence are added up once. The mean for a target is that sum less the rows that touch it, and of its
   gradient every other row has a share: the sum over all targets less those that touch the row. So a row is read and
   written once for each time it occurs, whatever the length of the sentence.
   Included by word2vec_body.h. */

/* The row of the n-gram of k + 2 words that starts at token i of the corpus, or NULL. */
TARGET INLINE REAL *NAME(gram)(const struct wv_word2vec *w, int k, int64_t i) {
    const int32_t row = w->grams[k * w->tokens + i];
    return row < 0 ? NULL : (REAL *)w->gram_rows + row * w->dim;
}

TARGET INLINE void NAME(add)(REAL *sum, const REAL *row, ptrdiff_t dim) {
    for (ptrdiff_t d = 0; d < dim; d += LANES) AT(sum + d) += *(const vec *)(row + d);
}

/* out = factor (sum - the rows listed). */
TARGET INLINE void NAME(less)(
    REAL *out,              /* OUT [dim] */
    const REAL *sum,        /* IN  [dim] */
    const REAL *const *row, /* IN  [count] rows of [dim] */
    int count,
    REAL factor,
    ptrdiff_t dim
) {
    for (ptrdiff_t d = 0; d < dim; d += LANES) {
        vec left = *(const vec *)(sum + d);
        for (int k = 0; k < count; k++) left -= *(const vec *)(row[k] + d);
        AT(out + d) = factor * left;
    }
}

/* The mean of the rows of a sentence without those that touch token i; 1 / their number is returned. */
TARGET INLINE REAL NAME(mean_without)(
    const struct wv_word2vec *w,
    int64_t begin,   /* IN  the first token of the sentence */
    int64_t n,       /* IN  its tokens */
    int64_t i,
    const REAL *sum, /* IN  [dim] of all rows */
    REAL rows,       /* IN  how many there are */
    REAL *h          /* OUT [dim] */
) {
    const REAL *touching[1 + WV_MOST_GRAMS] = {NAME(input_row)(w, w->ids[begin + i])};
    int count = 1;
    for (int k = 0; k < w->orders; k++)
        for (int64_t j = i - k - 1 > 0 ? i - k - 1 : 0; j <= i && j + k + 1 < n; j++)
            if ((touching[count] = NAME(gram)(w, k, begin + j)) != NULL) count++;
    const REAL scale = rows > count ? 1 / (rows - count) : 0;
    NAME(less)(h, sum, touching, count, scale, w->dim);
    return scale;
}

/* One group of targets, at[0..centres) of a sentence: the block update of their means. */
TARGET INLINE void NAME(sentence_group)(
    NAME(state) *t,
    int64_t begin,     /* IN    the first token of the sentence */
    int64_t n,         /* IN    its tokens */
    const int32_t *at, /* IN    [centres] places of the targets */
    int centres,
    const REAL *sum,   /* IN    [dim] of all rows of the sentence */
    REAL rows,         /* IN    how many there are */
    REAL *shares,      /* OUT   [n, dim] gradients of the targets */
    REAL *total        /* INOUT [dim] their sum */
) {
    const struct wv_word2vec *w = t->w;
    int column[8];
    int32_t word[8];
    REAL scale[8];
    for (int q = 0; q < centres; q++) word[q] = w->ids[begin + at[q]];
    NAME(find_columns)(t, word, centres, column);
    const int blocks = NAME(pad_columns)(t);
    for (int q = 0; q < centres; q++) {
        scale[q] = NAME(mean_without)(w, begin, n, at[q], sum, rows, t->h[q]);
        t->targets += scale[q] > 0;
        memset(t->e[q], 0, w->dim * sizeof(REAL));
        for (int k = 0; k < 8; k++) {
            t->b[8 * q + k] = (REAL)(scale[q] > 0);
            t->a[8 * q + k] = k == column[q] ? t->b[8 * q + k] : 0;
        }
    }
    NAME(weigh)(t, centres, blocks);
    NAME(block)(
        t->h, t->e, centres, 0, t->y, blocks, w->frozen, w->dim, t->a, t->b, t->alpha, t->z, t->copy, &t->ahead, &t->loss
    );
    for (int q = 0; q < centres; q++) {
        REAL *share = shares + at[q] * w->dim;
        for (ptrdiff_t d = 0; d < w->dim; d += LANES) {
            const vec part = scale[q] * AT(t->e[q] + d);
            AT(share + d) = part;
            AT(total + d) += part;
        }
    }
}

/* row += total - the shares of the targets among tokens from..to of a sentence. */
TARGET INLINE void NAME(give)(
    REAL *row,                /* INOUT [dim] */
    const REAL *total,        /* IN    [dim] */
    const REAL *shares,       /* IN    [n, dim] */
    const uint8_t *is_target, /* IN    [n] */
    int64_t from,
    int64_t to,
    ptrdiff_t dim
) {
    const REAL *touching[WV_MOST_WORDS];
    int count = 0;
    for (int64_t j = from; j <= to; j++)
        if (is_target[j]) touching[count++] = shares + j * dim;
    for (ptrdiff_t d = 0; d < dim; d += LANES) {
        vec change = *(const vec *)(total + d);
        for (int k = 0; k < count; k++) change -= *(const vec *)(touching[k] + d);
        AT(row + d) += change;
    }
}

/* Every row of a sentence moves by the shares of all targets but those that touch it. */
TARGET INLINE void NAME(give_shares)(
    NAME(state) *t,
    int64_t begin,            /* IN the first token of the sentence */
    int64_t n,                /* IN its tokens */
    const uint8_t *is_target, /* IN [n] */
    const REAL *shares,       /* IN [n, dim] */
    const REAL *total         /* IN [dim] */
) {
    const struct wv_word2vec *w = t->w;
    for (int64_t i = 0; i < n; i++) {
        NAME(give)(NAME(input_row)(w, w->ids[begin + i]), total, shares, is_target, i, i, w->dim);
        for (int k = 0; k < w->orders && i + k + 1 < n; k++) {
            REAL *row = NAME(gram)(w, k, begin + i);
            if (row != NULL) NAME(give)(row, total, shares, is_target, i, i + k + 1, w->dim);
        }
    }
}

/* Train on the sentences first..last; the loss before each step, summed. `tokens` takes the targets of a sentence and
   the noise of the chunk. */
TARGET static double NAME(train_sentences)(
    const struct wv_word2vec *w,
    int64_t first,     /* IN  sentences */
    int64_t last,
    double alpha,
    uint64_t seed,
    int32_t *tokens,   /* OUT scratch [wv_token_room] */
    char *scratch,     /* OUT scratch [room] bytes */
    int64_t *targets   /* OUT [1] how many there were */
) {
    NAME(state) t = {.w = w, .random = seed, .alpha = (REAL)alpha};
    NAME(lay_out)(&t, &(struct wv_scratch){scratch, 0});
    REAL *sum = t.sum, *total = sum + w->dim, *shares = t.shares;
    uint8_t *is_target = t.is_target;
    int64_t groups = 1;
    for (int64_t i = first; i < last; i++)
        groups += (w->offsets[i + 1] - w->offsets[i] + w->centres - 1) / w->centres;
    t.noise = tokens + w->longest;
    NAME(draw_noise)(&t, tokens + w->longest, (groups + 1) * w->pool); /* those of a group after the last are fetched */
    t.ahead.count = 0;
    for (int64_t i = first; i < last && !*w->stop; i++) {
        const int64_t begin = w->offsets[i], n = w->offsets[i + 1] - begin;
        int64_t kept = 0, rows = n;
        if (n < 2) continue;
        memset(sum, 0, 2 * w->dim * sizeof(REAL));
        for (int64_t j = 0; j < n; j++) {
            if (begin + j + 8 < w->tokens) {
                const REAL *row = NAME(input_row)(w, w->ids[begin + j + 8]);
                for (ptrdiff_t d = 0; d < w->dim; d += 64 / (ptrdiff_t)sizeof(REAL)) PREFETCH_WRITE(row + d);
                for (int k = 0; k < w->orders; k++)
                    if ((row = NAME(gram)(w, k, begin + j + 8)) != NULL)
                        for (ptrdiff_t d = 0; d < w->dim; d += 64 / (ptrdiff_t)sizeof(REAL)) PREFETCH_WRITE(row + d);
            }
            NAME(add)(sum, NAME(input_row)(w, w->ids[begin + j]), w->dim);
            for (int k = 0; k < w->orders && j + k + 1 < n; k++) {
                const REAL *gram = NAME(gram)(w, k, begin + j);
                if (gram == NULL) continue;
                NAME(add)(sum, gram, w->dim);
                rows++;
            }
            is_target[j] = wv_stays(&t.random, wv_keep_of(w, w->ids[begin + j]));
            tokens[kept] = (int32_t)j;
            kept += is_target[j];
        }
        for (int64_t at = 0; at < kept; at += w->centres) {
            const int centres = (int)(kept - at < w->centres ? kept - at : w->centres);
            const REAL **ahead = t.ahead.row;
            for (int k = w->pool; k < 2 * w->pool; k++) *ahead++ = NAME(output_row)(w, t.noise[k]);
            for (int64_t j = at + centres; j < at + 2 * w->centres && j < kept; j++)
                *ahead++ = NAME(output_row)(w, w->ids[begin + tokens[j]]);
            t.ahead.count = (int)(ahead - t.ahead.row);
            NAME(sentence_group)(&t, begin, n, tokens + at, centres, sum, (REAL)rows, shares, total);
            t.noise += w->pool;
        }
        NAME(give_shares)(&t, begin, n, is_target, shares, total);
        const REAL *lanes = (const REAL *)&t.loss;
        for (int k = 0; k < LANES; k++) t.total += lanes[k];
        t.loss = (vec){0};
    }
    *targets = t.targets;
    return t.total;
}
