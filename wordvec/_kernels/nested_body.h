/* The block update of nested vectors (Kusupati and others 2022, Matryoshka): some prefixes of the vectors learn beside them.

   The loss is the sum of those of block_body.h over the sizes n_1 < .. < n_S = dim, each of the first n_s numbers of
   every row. Scores of a size are scores of the size before it, and what the numbers between the two add. So all
   scores take as many products as those of whole rows, and with G_s from the scores Z_s so does the step:

       numbers n_(s-1) .. n_s of    E += (G_s + .. + G_S) Y      Y += (G_s + .. + G_S)' X     from the values before it.

   Included by word2vec_body.h. */

/* Let the pointers to some rows point to a later place of each. */
TARGET INLINE void NAME(shift)(
    REAL **row, /* INOUT [count] */
    int count,
    ptrdiff_t by
) {
    for (int i = 0; i < count; i++) row[i] += by;
}

/* The numbers of the part `at` of the rows: those between two sizes. */
TARGET INLINE ptrdiff_t NAME(part_of)(const struct wv_word2vec *w, int at) {
    return (at < w->prefixes ? w->prefix[at] : w->dim) - (at > 0 ? w->prefix[at - 1] : 0);
}

/* G_s + .. + G_S of each size as the step reads them, in t->nested; the rows are as they were afterwards. */
TARGET INLINE void NAME(nested_gradients)(NAME(state) *t, REAL **x, int even, int blocks) {
    const struct wv_word2vec *w = t->w;
    const int count = 8 * even * blocks;
    for (int s = 0; s <= w->prefixes; s++) {
        const ptrdiff_t part = NAME(part_of)(w, s);
        REAL *g = t->nested + s * t->nested_size;
        for (int k = 0; k < blocks; k++) NAME(scores)(x, even, t->y + 8 * k, part, g + 8 * even * k);
        if (s == 0) memcpy(t->z, g, count * sizeof(REAL));
        else for (int i = 0; i < count; i += LANES) AT(t->z + i) += AT(g + i);
        memcpy(g, t->a, count * sizeof(REAL));
        t->loss += NAME(gradients)(t->z, g, t->b, count, t->alpha, 0);
        NAME(shift)(x, even, part), NAME(shift)(t->y, 8 * blocks, part);
    }
    NAME(shift)(x, even, -w->dim), NAME(shift)(t->y, 8 * blocks, -w->dim);
    for (int s = w->prefixes - 1; s >= 0; s--) {
        REAL *g = t->nested + s * t->nested_size;
        for (int i = 0; i < count; i += LANES) AT(g + i) += AT(g + t->nested_size + i);
    }
    for (int s = 0; s <= w->prefixes; s++) {
        REAL *g = t->nested + s * t->nested_size;
        for (int i = 0; i < count; i += LANES) AT(g + i) = NAME(factors)(AT(g + i));
    }
}

/* The whole update; arguments as of `block`. `x` and `e` are lists in the scratch, which may be the same one. */
TARGET static NOINLINE void NAME(nested_block)(NAME(state) *t, REAL **x, REAL **e, int rows, const int in_place, int blocks) {
    const struct wv_word2vec *w = t->w;
    const int even = (rows + TILE_ROWS - 1) / TILE_ROWS * TILE_ROWS;
    const int copies = in_place && blocks > 1, apart = e != x;
    NAME(rows) ahead = t->ahead, none = {NULL, 0};
    NAME(nested_gradients)(t, x, even, blocks);
    for (int p = 0; copies && p < rows; p++) memcpy(t->copy[p], x[p], w->dim * sizeof(REAL));
    for (int s = 0; s <= w->prefixes; s++) {
        const ptrdiff_t part = NAME(part_of)(w, s);
        REAL *g = t->nested + s * t->nested_size;
        for (int k = 0; k < blocks; k++) {
            const NAME(rows) *fetched = k == 0 ? &ahead : &none;
            REAL **from = copies ? t->copy : x;
            if (w->frozen) NAME(step)(from, e, rows, t->y + 8 * k, part, g + 8 * even * k, fetched, 1);
            else NAME(step)(from, e, rows, t->y + 8 * k, part, g + 8 * even * k, fetched, 0);
        }
        NAME(shift)(x, rows, part), NAME(shift)(t->y, 8 * blocks, part);
        if (apart) NAME(shift)(e, rows, part);
        if (copies) NAME(shift)(t->copy, rows, part);
        for (int i = 0; i < ahead.count; i++) ahead.row[i] += part;
    }
    NAME(shift)(x, rows, -w->dim);
    if (apart) NAME(shift)(e, rows, -w->dim);
    if (copies) NAME(shift)(t->copy, rows, -w->dim);
    t->ahead.count = 0;
}
