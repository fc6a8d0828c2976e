/* What a call of senses_body.h has under way, and its scratch. */

typedef struct {
    const struct wv_senses *w;
    REAL *input, *output, *centres;
    uint64_t random;
    REAL alpha;
    int32_t *slot;               /* [outputs] 1 + the column of an output row, 0 without one */
    int32_t *column;             /* [most_columns] the output row of each column */
    int columns, pairs;          /* how many there are; words of the window */
    REAL *one, *both;            /* [most_columns] weight of label 1, and of both labels, of each column */
    REAL *ones, *boths;          /* [blocks][TILE_ROWS][8] the same as the tiles of scores have them */
    REAL **y;                    /* [most_columns] */
    int sense[WV_MOST_SENSES];   /* the senses that are considered, and how many */
    int rows;
    double prior[WV_MOST_SENSES], fit[WV_MOST_SENSES], share[WV_MOST_SENSES]; /* log prior, log likelihood, share */
    double tail[WV_MOST_SENSES][2]; /* E log beta and E log (1 - beta) of senses that nobody uses */
    REAL **x, **copy;            /* [senses + 1] rows of the senses considered; their old values */
    REAL *z, *g;                 /* [blocks][senses + 1][8] scores, then residuals; steps */
    REAL *mean, *mixed, *change; /* [dim] of the contexts; of the senses; what the step of the latter is */
    REAL *zero;                  /* what padding points to */
    NAME(rows) ahead;            /* what the next occurrence will need */
    double loss;
    int64_t targets;
} NAME(senses_state);

/* Take the scratch of a call; where there is no memory yet, its bytes are counted only. */
TARGET static void NAME(lay_out)(
    NAME(senses_state) *t,
    struct wv_scratch *scratch) /* INOUT */
{
#define TAKE(type, count) (type *)wv_take(scratch, count, sizeof(type))
    const struct wv_senses *w = t->w;
    const size_t most = w->most_columns, rows = w->senses + TILE_ROWS, dim = w->dim;
    REAL *row;
    t->slot = TAKE(int32_t, w->outputs);
    t->column = TAKE(int32_t, most);
    t->one = TAKE(REAL, most);
    t->both = TAKE(REAL, most);
    t->ones = TAKE(REAL, TILE_ROWS * most);
    t->boths = TAKE(REAL, TILE_ROWS * most);
    t->y = TAKE(REAL *, most);
    t->x = TAKE(REAL *, rows);
    t->copy = TAKE(REAL *, rows);
    t->z = TAKE(REAL, most * rows);
    t->g = TAKE(REAL, most * rows);
    t->ahead.row = TAKE(const REAL *, most + rows);
    t->mean = TAKE(REAL, dim);
    t->mixed = TAKE(REAL, dim);
    t->change = TAKE(REAL, dim);
    t->zero = TAKE(REAL, dim);
    row = TAKE(REAL, rows * dim);
    if (row == NULL) return;
    for (size_t p = 0; p < rows; p++) t->copy[p] = row + p * dim;
    memset(t->slot, 0, w->outputs * sizeof *t->slot);
    memset(t->zero, 0, dim * sizeof(REAL));
#undef TAKE
}

/* Bytes of scratch of a call. */
TARGET static size_t NAME(senses_room)(const struct wv_senses *w)
{
    NAME(senses_state) t = {.w = w};
    struct wv_scratch scratch = {NULL, 0};
    NAME(lay_out)(&t, &scratch);
    return scratch.used;
}
