/* CBOW: the means of windows as inputs of the block update.

   Two neighbouring windows share most of their words. So windows are added up by twos: the rows that both have once, then
   those that one of them has alone; and the steps of the two means go back to the rows in the same way. A word that stands
   there twice is two rows.
   Included by word2vec_body.h. */

#define TOGETHER (LANES < 16 ? 2 : 4) /* vectors of a row that are worked on at once */
#define PART_OF(row, v) AT((row) + d + (v) * LANES)
/* Do something for all vectors of a row, with their place `d` and their number `count`, a constant. */
#define BY_PARTS(...)                                                                                                  \
    for (ptrdiff_t d = 0, left; (left = (t->w->dim - d) / LANES) > 0; d += (left < TOGETHER ? left : TOGETHER) * LANES) {  \
        if (left >= TOGETHER) { const int count = TOGETHER; __VA_ARGS__; }                                                    \
        else if (left == 3) { const int count = TOGETHER < 3 ? TOGETHER : 3; __VA_ARGS__; }                                    \
        else if (left == 2) { const int count = 2; __VA_ARGS__; }                                                             \
        else { const int count = 1; __VA_ARGS__; }                                                                            \
    }

/* The rows of the windows a and b: [0, a) are in a alone, [a, both) in both, [both, b) in b alone. */
typedef struct { REAL **row; int a, both, b; } NAME(windows);

/* The vectors of words from..to of a sentence. */
TARGET INLINE REAL **NAME(list_words)(
    const NAME(state) *t,
    const int32_t *s, /* IN  [>= to] words of the sentence */
    int64_t from,
    int64_t to,       /*     may be below `from`: none */
    const int steps,  /*     whether steps go to them: not to those that are frozen; a constant of the call */
    REAL **row        /* OUT the next free place in the list; the one after them is returned */
) {
    const struct wv_word2vec *w = t->w;
    const uint8_t *frozen = steps ? w->frozen_words : NULL;
    if (steps && w->frozen_input) return row;
    for (int64_t j = from; j < to; j++)
        if (frozen == NULL || !frozen[s[j]])
            *row++ = w->word_indptr ? NAME(composed)(&t->ring, j) : NAME(input_row)(w, s[j]);
    return row;
}

/* The vector of the document, which stands in every window. */
TARGET INLINE REAL **NAME(list_document)(const NAME(state) *t, const int steps, REAL **row) {
    if (t->document && !(steps && t->w->frozen_documents))
        *row++ = t->w->bit == 0 ? t->document : steps ? t->bits_step : t->bits;
    return row;
}

/* The rows of the windows [low, high) of positions `at` and at + 1; of the former alone where `both` is 0. */
TARGET INLINE void NAME(list_windows)(
    const NAME(state) *t,
    const int32_t *s,    /* IN [n] words of the sentence */
    int64_t at,
    const int64_t *low,  /* IN [2] */
    const int64_t *high, /* IN [2] */
    int both,
    const int steps,     /*    as above */
    NAME(windows) *windows /* INOUT `row` is given, [2 window + 3] */
) {
    REAL **row = windows->row;
    if (!both) {
        row = NAME(list_words)(t, s, low[0], at, steps, row);
        row = NAME(list_words)(t, s, at + 1, high[0], steps, row);
        row = NAME(list_document)(t, steps, row);
        windows->a = windows->both = windows->b = (int)(row - windows->row);
        return;
    }
    row = NAME(list_words)(t, s, low[0], low[1], steps, row);
    row = NAME(list_words)(t, s, at + 1, at + 2, steps, row);
    row = NAME(list_words)(t, s, high[1], high[0], steps, row);
    windows->a = (int)(row - windows->row);
    row = NAME(list_words)(t, s, low[0] > low[1] ? low[0] : low[1], at, steps, row);
    row = NAME(list_words)(t, s, at + 2, high[0] < high[1] ? high[0] : high[1], steps, row);
    row = NAME(list_document)(t, steps, row);
    windows->both = (int)(row - windows->row);
    row = NAME(list_words)(t, s, low[1], low[0], steps, row);
    row = NAME(list_words)(t, s, at, at + 1, steps, row);
    row = NAME(list_words)(t, s, high[0], high[1], steps, row);
    windows->b = (int)(row - windows->row);
}

/* Means of two windows, `count` vectors of them. */
TARGET INLINE void NAME(add_windows)(
    const NAME(windows) *windows,
    const REAL *scale, /* IN  [2] 1 / size of each */
    REAL *const *h,    /* OUT [2] rows */
    ptrdiff_t d,
    const int count
) {
    vec left[TOGETHER], both[TOGETHER], right[TOGETHER];
    int p = 0;
    UNROLL for (int v = 0; v < count; v++) left[v] = both[v] = right[v] = (vec){0};
    for (; p < windows->a; p++) UNROLL for (int v = 0; v < count; v++) left[v] += PART_OF(windows->row[p], v);
    for (; p < windows->both; p++) UNROLL for (int v = 0; v < count; v++) both[v] += PART_OF(windows->row[p], v);
    for (; p < windows->b; p++) UNROLL for (int v = 0; v < count; v++) right[v] += PART_OF(windows->row[p], v);
    UNROLL for (int v = 0; v < count; v++) {
        PART_OF(h[0], v) = (left[v] + both[v]) * scale[0];
        PART_OF(h[1], v) = (right[v] + both[v]) * scale[1];
    }
}

/* The means q and q + 1. */
TARGET static NOINLINE void NAME(find_means)(NAME(state) *t, const NAME(windows) *windows, const REAL *scale, int q) {
    BY_PARTS(NAME(add_windows)(windows, scale, t->h + q, d, count))
}

/* The block update of two means, `count` vectors of it: the outputs take their steps here, the means' come back. A line
   of one row `ahead` is fetched beside each output. */
TARGET INLINE void NAME(step_of_two)(
    NAME(state) *t, /*    `a` has the gradients, [blocks][2][8] */
    vec *left,     /* OUT [count] the step of each mean */
    vec *right,
    ptrdiff_t d,
    const int count,
    const int frozen
) {
    vec a[TOGETHER], b[TOGETHER];
    REAL *const *y = t->y;
    const REAL *const *fetched = t->ahead.row;
    const int columns = t->columns, ahead = t->ahead.count;
    UNROLL for (int v = 0; v < count; v++) {
        a[v] = PART_OF(t->h[0], v), b[v] = PART_OF(t->h[1], v);
        left[v] = right[v] = (vec){0};
    }
    for (int k = 0; k < columns; k++) {
        const REAL *g = t->a + k + k / 8 * 8;
        const vec ga = (vec){0} + g[0], gb = (vec){0} + g[8];
        REAL *row = y[k];
        if (k < ahead) UNROLL for (int v = 0; v < count; v++) PREFETCH_WRITE(fetched[k] + d + v * LANES);
        UNROLL for (int v = 0; v < count; v++) {
            vec old = PART_OF(row, v);
            IN_REGISTER(old);
            left[v] += ga * old;
            right[v] += gb * old;
            if (!frozen) PART_OF(row, v) = old + ga * a[v] + gb * b[v];
        }
    }
    for (int k = columns; k < ahead; k++)
        UNROLL for (int v = 0; v < count; v++) PREFETCH_WRITE(fetched[k] + d + v * LANES);
}

/* The steps of two means go to the rows of their windows, `count` vectors of them. */
TARGET INLINE void NAME(give_steps)(
    const NAME(windows) *windows,
    const vec *left,  /* IN [count] */
    const vec *right, /* IN [count] */
    ptrdiff_t d,
    const int count
) {
    int p = 0;
    for (; p < windows->a; p++) UNROLL for (int v = 0; v < count; v++) PART_OF(windows->row[p], v) += left[v];
    for (; p < windows->both; p++) UNROLL for (int v = 0; v < count; v++) PART_OF(windows->row[p], v) += left[v] + right[v];
    for (; p < windows->b; p++) UNROLL for (int v = 0; v < count; v++) PART_OF(windows->row[p], v) += right[v];
}

/* All steps of the means q and q + 1. */
TARGET INLINE void NAME(step_windows)(
    NAME(state) *t,
    const NAME(windows) *windows, /* IN where the steps of the means go */
    const REAL *back,             /* IN [2] a factor of the step of each mean */
    int q,
    const int alone               /*    whether there are no other means; else their steps are in `e` */
) {
    const int frozen = t->w->frozen;
    const NAME(windows) goals = *windows; /* a copy, which no step can change */
    BY_PARTS({
        vec left[TOGETHER], right[TOGETHER];
        if (!alone) {
            UNROLL for (int v = 0; v < count; v++) left[v] = PART_OF(t->e[q], v), right[v] = PART_OF(t->e[q + 1], v);
        } else NAME(step_of_two)(t, left, right, d, count, frozen);
        UNROLL for (int v = 0; v < count; v++) left[v] *= back[0], right[v] *= back[1];
        NAME(give_steps)(&goals, left, right, d, count);
    })
}

/* The same for a mean or two alone, and of three and more. */
TARGET static NOINLINE void NAME(step_two_windows)(NAME(state) *t, const NAME(windows) *windows, const REAL *back) {
    NAME(step_windows)(t, windows, back, 0, 1);
}
TARGET static NOINLINE void NAME(step_more_windows)(NAME(state) *t, const NAME(windows) *windows, const REAL *back, int q) {
    NAME(step_windows)(t, windows, back, q, 0);
}

/* The weights of both labels of means and columns (block_body.h: A, B), and the number of targets. */
TARGET INLINE void NAME(weigh_means)(
    NAME(state) *t,
    int centres,
    int even,            /*    rows of A and B */
    const int *column,   /* IN [centres] of each centre */
    const int64_t *size, /* IN [centres] words of each window */
    const uint8_t *code  /* IN [columns] hierarchical softmax: of the one centre; else NULL */
) {
    const int blocks = (t->columns + 7) / 8;
    memset(t->a, 0, 8 * even * blocks * sizeof(REAL));
    memset(t->b, 0, 8 * even * blocks * sizeof(REAL));
    for (int q = 0; q < centres; q++) {
        if (size[q] <= 0) continue;
        t->targets++;
        for (int k = 0; k < blocks; k++) memcpy(t->b + 8 * (even * k + q), t->weight + 8 * k, 8 * sizeof(REAL));
        const int at = 8 * (even * (column[q] / 8) + q) + column[q] % 8;
        if (code == NULL) t->a[at] = t->b[at] = 1;
    }
    for (int k = 0; code != NULL && size[0] > 0 && k < t->columns; k++) {
        t->b[8 * even * (k / 8) + k % 8] = 1;
        t->a[8 * even * (k / 8) + k % 8] = (REAL)!code[k];
    }
}

/* The mean of each window predicts its centre: inputs are the means. */
TARGET INLINE void NAME(cbow)(NAME(state) *t, const int32_t *s, int64_t n, int64_t first, int centres) {
    const struct wv_word2vec *w = t->w;
    const int steps_apart = w->frozen_words != NULL || w->frozen_input || w->frozen_documents || w->bit != 0;
    const int apart = centres > 2 || w->prefixes > 0; /* whether the steps of the means are in `e` */
    const int even = centres <= 2 ? 2 : (centres + TILE_ROWS - 1) / TILE_ROWS * TILE_ROWS;
    int column[8];
    int64_t low[8], high[8], size[8];
    REAL mean[8] = {0}, back[8] = {0};
    NAME(windows) windows[4];
    NAME(find_outputs)(t, s + first, centres, column);
    const int blocks = NAME(pad_columns)(t);
    NAME(reach)(t, n, first, centres, low, high);
    for (int q = 0; q < centres; q++) {
        size[q] = high[q] - low[q] - 1 + (t->document != NULL);
        mean[q] = size[q] > 0 ? 1 / (REAL)size[q] : 0;
        back[q] = w->exact ? mean[q] : (REAL)1;
    }
    NAME(weigh_means)(t, centres, even, column, size, w->path == NULL ? NULL : w->code + w->path_offsets[s[first]]);
    for (int q = 0; q < centres; q += 2) {
        windows[q / 2].row = t->x + q / 2 * t->window_rows;
        NAME(list_windows)(t, s, first + q, low + q, high + q, q + 1 < centres, 0, windows + q / 2);
        NAME(find_means)(t, windows + q / 2, mean + q, q);
    }
    if (apart) for (int q = 0; q < even; q++) memset(t->e[q], 0, w->dim * sizeof(REAL));
    if (w->prefixes) NAME(nested_block)(t, t->h, t->e, even, 0, blocks);
    else {
        for (int k = 0; k < blocks; k++) NAME(scores)(t->h, even, t->y + 8 * k, w->dim, t->z + 8 * even * k);
        if (apart) t->loss += NAME(gradients)(t->z, t->a, t->b, 8 * even * blocks, t->alpha, 1);
        else t->loss += NAME(gradients)(t->z, t->a, t->b, 8 * even * blocks, t->alpha, 0);
    }
    if (centres > 2 && !w->prefixes) {
        for (int k = 0; k < blocks; k++)
            NAME(step)(t->h, t->e, centres, t->y + 8 * k, w->dim, t->a + 8 * even * k, &t->ahead, w->frozen);
    }
    for (int q = 0; q < centres; q += 2) {
        if (steps_apart) NAME(list_windows)(t, s, first + q, low + q, high + q, q + 1 < centres, 1, windows + q / 2);
        if (apart) NAME(step_more_windows)(t, windows + q / 2, back + q, q);
        else NAME(step_two_windows)(t, windows, back);
    }
}
#undef TOGETHER
#undef PART_OF
#undef BY_PARTS
