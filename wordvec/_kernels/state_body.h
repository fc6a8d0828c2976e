/* What a call of word2vec_body.h has under way, and its scratch. */

typedef struct {
    const struct wv_word2vec *w;
    uint64_t random;
    REAL alpha;
    const int32_t *noise;         /* [pool] noise words of the group at hand; those of the next one follow */
    int32_t *word, *column;       /* [union] distinct words of the windows; [8 blocks] distinct output rows */
    int rows, columns;            /* how many there are */
    int32_t *place;               /* [union] the row of each position of the windows */
    REAL *spread;                 /* [2^centres][2][8] for a set of centres, a bit each: 1 for each of them; how many, 8 times */
    REAL *ready;                  /* the same, where the columns are distinct and eight: weights A and B of block_body.h */
    REAL *weight, *a, *b, *z;     /* [8 blocks] noise weight; see block_body.h */
    REAL **x, **y, **h, **e, **copy; /* rows of input; of output; window means and their gradients; see block_body.h */
    ptrdiff_t window_rows;        /* places in `x` for two windows of means_body.h */
    REAL **to;                    /* [union] where the steps of the rows of input go: themselves, or nowhere */
    REAL *zero;                   /* what padding points to */
    REAL *document;               /* the row of the sentence's document, or NULL */
    const REAL *following;        /* that of the next sentence, or NULL */
    REAL *bits, *bits_step;       /* [dim] bits of the document, and their step: document_bits_body.h */
    REAL *sum, *shares;           /* Sent2Vec: [2, dim] sums over a sentence; [longest, dim] gradients of its targets */
    uint8_t *is_target;           /* [longest] */
    NAME(ring) ring;              /* composed vectors, where words have several rows */
    NAME(rows) ahead;             /* what a group to come will need */
    REAL *nested;                 /* [prefixes + 1][nested_size] gradients of each size: nested_body.h */
    ptrdiff_t nested_size;
    vec loss;
    double total;
    int64_t targets;
} NAME(state);

/* The rows of the scratch, zeros, and the pointers to them. */
TARGET static void NAME(point)(
    NAME(state) *t,
    REAL *row, /* OUT [35 + most + 2 ring_size, dim] */
    size_t most)
{
    const ptrdiff_t dim = t->w->dim;
    memset(row, 0, (35 + most + 2 * t->w->ring_size) * dim * sizeof(REAL));
    t->zero = row;
    t->bits = row += dim, t->bits_step = row += dim;
    for (int q = 0; q < 16; q++) t->h[q] = row += dim, t->e[q] = row += dim;
    for (size_t p = 0; p < most; p++) t->copy[p] = row += dim;
    for (int64_t p = 0; p < t->w->ring_size; p++) t->ring.x[p] = row += dim, t->ring.start[p] = row += dim;
}

/* Take the scratch of a call; where there is no memory yet, its bytes are counted only. */
TARGET static void NAME(lay_out)(
    NAME(state) *t,
    struct wv_scratch *scratch) /* INOUT */
{
#define TAKE(type, count) (type *)wv_take(scratch, count, sizeof(type))
    const struct wv_word2vec *w = t->w;
    const size_t most = w->union_size + TILE_ROWS, outputs = w->output_size, ring = w->ring_size;
    char *rows;
    t->word = TAKE(int32_t, most);
    t->column = TAKE(int32_t, outputs);
    t->place = TAKE(int32_t, most);
    t->spread = TAKE(REAL, (size_t)16 << w->centres);
    t->ready = TAKE(REAL, (size_t)16 << w->centres);
    t->a = TAKE(REAL, outputs * most);
    t->b = TAKE(REAL, outputs * most);
    t->z = TAKE(REAL, outputs * most);
    t->weight = TAKE(REAL, outputs);
    t->nested_size = (outputs * most + 15) / 16 * 16; /* so that each begins at 64 bytes */
    t->nested = TAKE(REAL, w->prefixes ? (w->prefixes + 1) * t->nested_size : 0);
    t->window_rows = 2 * w->window + 3;
    t->x = TAKE(REAL *, most > 4 * (size_t)t->window_rows ? most : 4 * (size_t)t->window_rows);
    t->y = TAKE(REAL *, outputs);
    t->h = TAKE(REAL *, 16);
    t->e = TAKE(REAL *, 16);
    t->copy = TAKE(REAL *, most);
    t->to = TAKE(REAL *, most);
    t->ahead.row = TAKE(const REAL *, w->pool + 17 + (w->word_indptr ? w->centres * WV_FETCHED : 0));
    t->ring = (NAME(ring)){.w = w, .size = w->ring_size};
    t->ring.x = TAKE(REAL *, ring);
    t->ring.start = TAKE(REAL *, ring);
    t->ring.slot = TAKE(int32_t, ring);
    t->ring.uses = TAKE(int32_t, ring);
    t->ring.free = TAKE(int32_t, ring);
    t->ring.change = TAKE(REAL, w->dim);
    rows = TAKE(char, (1 + 2 + 16 + 16 + most + 2 * ring) * w->dim * sizeof(REAL));
    if (w->sentences) {
        t->sum = TAKE(REAL, 2 * w->dim);
        t->shares = TAKE(REAL, w->longest * w->dim);
        t->is_target = TAKE(uint8_t, w->longest);
    }
    if (rows != NULL) NAME(point)(t, (REAL *)rows, most);
    for (int i = 0; rows != NULL && i < 16 << w->centres; i++) {
        const int set = i >> 4;
        int many = 0;
        for (int q = 0; q < 8; q++) many += set >> q & 1;
        t->spread[i] = (REAL)(i & 8 ? many : set >> (i & 7) & 1);
        t->ready[i] = (i & 8) && (i & 7) >= w->centres ? many * (REAL)w->noise_weight : (REAL)(set >> (i & 7) & 1);
    }
#undef TAKE
}

/* Bytes of scratch of a call. */
TARGET static size_t NAME(room)(const struct wv_word2vec *w)
{
    NAME(state) t = {.w = w};
    struct wv_scratch scratch = {NULL, 0};
    NAME(lay_out)(&t, &scratch);
    return scratch.used;
}
