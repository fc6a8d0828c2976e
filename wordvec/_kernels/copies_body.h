/* Copies of the rows that all workers visit, one for each worker.

   A row that another core has written comes from its cache, which takes longer than all arithmetic on it; and frequent
   rows, of noise above all, would come from there at almost every visit. So each worker trains copies of its own of the
   frequent rows, and merges them with the table now and then: the more frequent a row, the sooner. Between two merges a
   worker moves its copy from `base` to `own`; the table takes a share f of that step,

       table += f (own - base)      own = base = table

   A worker alone moves the row the share c = 1 - exp(-x) of the way to where it is pulled. W of them, whose steps are
   added up, would move it W c of the way, and a row that goes further than it is pulled swings, or flies off: so
   f = min(1, 1 / (W c)). Rows that move little between two merges take all steps; those that are where they are
   pulled become the mean of the copies.
   Included by word2vec_body.h. */

/* A row of a table, or the copy of it; a branch would often be guessed wrong. */
TARGET INLINE REAL *NAME(row_or_copy)(void *table, const struct wv_copies *copies, int64_t i, ptrdiff_t dim) {
    const uintptr_t is_copy = -(uintptr_t)(i < copies->count), from = (uintptr_t)table;
    return (REAL *)(from ^ ((from ^ (uintptr_t)copies->own) & is_copy)) + i * dim;
}
TARGET INLINE REAL *NAME(input_row)(const struct wv_word2vec *w, int64_t i) {
    return NAME(row_or_copy)(w->input, &w->own_input, i, w->dim);
}
TARGET INLINE REAL *NAME(output_row)(const struct wv_word2vec *w, int64_t i) {
    return NAME(row_or_copy)(w->output, &w->own_output, i, w->dim);
}

/* The row of a table that copy k is of. */
TARGET INLINE REAL *NAME(row_of_copy)(REAL *table, const struct wv_copies *copies, int64_t k, ptrdiff_t dim) {
    return table + (copies->rows != NULL ? copies->rows[k] : k) * dim;
}

/* 1 - (1 + x / 8)^-8, which is near 1 - exp(-x). */
TARGET INLINE double NAME(way)(double x) {
    double power = 1 + x / 8;
    for (int k = 0; k < 3; k++) power *= power;
    return 1 - 1 / power;
}

/* Merge copies first..last with a table, which each worker has trained for `moved` tokens times the learning rate. */
TARGET static void NAME(merge_rows)(
    REAL *table,                    /* INOUT rows of `dim` */
    const struct wv_copies *copies, /* INOUT own and base */
    int64_t first,
    int64_t last,
    ptrdiff_t dim,
    int workers,
    double moved)
{
    for (int64_t i = first; i < last; i++) {
        const double together = workers * NAME(way)(copies->ways[i] * moved);
        const REAL share = (REAL)(together > 1 ? 1 / together : 1);
        REAL *row = NAME(row_of_copy)(table, copies, i, dim);
        REAL *own = (REAL *)copies->own + i * dim, *base = (REAL *)copies->base + i * dim;
        for (ptrdiff_t d = 0; d < dim; d += LANES) {
            const vec now = AT(row + d) + share * (AT(own + d) - AT(base + d));
            AT(row + d) = AT(own + d) = AT(base + d) = now;
        }
    }
}

/* Before the first chunk of a call: copy the rows, unless a call before has left them. After a chunk: merge what is due.
   WV_ALL: merge what is not. */
TARGET static void NAME(merge_copies_of)(
    REAL *table, const struct wv_copies *copies, ptrdiff_t dim, int workers, enum wv_merging when, double moved)
{
    struct wv_kept *kept = copies->kept;
    if (when == WV_BEGIN) {
        for (int64_t i = kept->copied; i < copies->count; i++) {
            REAL *own = (REAL *)copies->own + i * dim;
            memcpy(own, NAME(row_of_copy)(table, copies, i, dim), dim * sizeof(REAL));
            memcpy((REAL *)copies->base + i * dim, own, dim * sizeof(REAL));
        }
        kept->copied = copies->count;
        return;
    }
    if (when == WV_DUE) kept->chunks++, kept->moved = moved;
    for (int k = 0; k < copies->levels; k++) {
        const int64_t turn = (int64_t)1 << k, past = kept->chunks & (turn - 1); /* chunks since the last merge */
        if (when == WV_DUE ? past > 0 : past == 0) {
            if (when == WV_DUE) break; /* nor are the levels after it due */
            continue;
        }
        const double waited = (double)(when == WV_DUE ? turn : past);
        NAME(merge_rows)(table, copies, k > 0 ? copies->ends[k - 1] : 0, copies->ends[k], dim, workers, kept->moved * waited);
    }
    if (when == WV_ALL) kept->copied = kept->chunks = 0;
}

/* The same for both tables. */
TARGET static void NAME(merge_copies)(struct wv_word2vec *w, enum wv_merging when, double moved) {
    if (w->own_input.count) NAME(merge_copies_of)((REAL *)w->input, &w->own_input, w->row_dim, w->workers, when, moved);
    if (w->own_output.count) NAME(merge_copies_of)((REAL *)w->output, &w->own_output, w->dim, w->workers, when, moved);
}
