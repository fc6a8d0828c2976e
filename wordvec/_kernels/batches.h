/* Batches of queries for codes.h: a block of encoded rows meets all queries by integers that are rounded, and only the
   rows that may pass the bar of a query are scored as one query alone scores them. So a batch finds what one finds. */
#ifndef WORDVEC_BATCHES_H
#define WORDVEC_BATCHES_H
#include "tiles.h"

struct wv_codes;

#define WV_INT8_ROWS 192    /* of a block, a multiple of WV_TILE_ROWS; fewer where rows are wide, */
#define WV_INT8_BYTES 98304 /* so that the block stays in the second cache */
#define WV_TABLE_ROWS 256   /* rows that meet a table while it is in registers: four vectors of bytes, or eight */
#define WV_PQ_ROWS 1024     /* of a block: tables are greater than rows */
#define WV_LINE(rows) ((rows) + 64) /* bytes from a line of turned rows to the next: no power of 2, for the cache */
#define WV_MOST_SUM 65535   /* what sums of table entries may reach, in 16 bits */
#define WV_SAFETY 2e-6f     /* what float32 rounds, of scores near 1 */

/* A batch of queries, and room for a block of rows. */
struct wv_batch {
    ptrdiff_t queries, rows;  /* rows: of a block */
    const char *asked;        /* [queries, asked_bytes] as the codec prepares them for one query */
    ptrdiff_t asked_bytes;
    const float *numbers;     /* [queries, 3] */
    float *error;             /* [queries] how far a rounded score may be below the score, and */
    float *step;              /* [queries] what one unit of its sums is worth */
    float *offset;            /* [queries] */
    float *bar;               /* [queries, padded to 16] of the block that is being met */
    float *inverse;           /* [rows] 1 / the length of each row; of signs [levels, rows] what sums are multiplied by */
    int32_t *start;           /* [rows] where the sums of each row begin */
    char *tables;             /* the queries, as the level wants them */
    char *block;              /* the rows, likewise */
};

/* A row of the block that may pass the bar of a query. */
struct wv_hit {
    int32_t query, row;
    float score; /* NaN where it is not known */
};

/* Prepare the queries; 0 where they do not fit, and must be scored one by one. */
typedef int (*wv_ready)(const struct wv_codes *, struct wv_batch *);
/* How many hits rows `first` to first + count have, in the order of the rows for each query. All are within b->rows rows
   from a multiple of b->rows on. */
typedef ptrdiff_t (*wv_meet)(const struct wv_codes *, struct wv_batch *, ptrdiff_t first, ptrdiff_t count,
                             const float *worsts, struct wv_hit *hits);

/* How many rows a block has. */
static inline ptrdiff_t wv_batch_rows(int kind, ptrdiff_t size)
{
    if (kind == WV_INT8) {
        const ptrdiff_t most = WV_INT8_BYTES / (size + 1) / WV_TILE_ROWS * WV_TILE_ROWS;
        return most < WV_TILE_ROWS ? WV_TILE_ROWS : most > WV_INT8_ROWS ? WV_INT8_ROWS : most;
    }
    return kind == WV_PQ ? WV_PQ_ROWS : WV_TABLE_ROWS;
}

/* Bytes of signs are met by threes. */
static inline ptrdiff_t wv_triples(ptrdiff_t size)
{
    return (size + 23) / 24;
}

/* Bytes of one query and of one row in `tables` and `block`. */
static inline ptrdiff_t wv_query_bytes(int kind, ptrdiff_t size)
{
    return kind == WV_INT8 ? wv_up(2 * size, 4) : 256 * (kind == WV_PQ ? size : wv_triples(size));
}
static inline ptrdiff_t wv_row_bytes(int kind, ptrdiff_t size, ptrdiff_t levels)
{
    return kind == WV_INT8 ? wv_up(2 * size, 64) : kind == WV_PQ ? wv_up(size, 16) : 6 * wv_triples(size) * levels;
}

/* The bytes of scratch that a batch needs, and where its parts are; `scratch` may be NULL. */
static inline ptrdiff_t wv_batch_room(
    int kind, ptrdiff_t size, ptrdiff_t levels, ptrdiff_t queries, struct wv_batch *b, char *scratch)
{
    const ptrdiff_t padded = wv_up(queries, 64), rows = wv_batch_rows(kind, size);
    uintptr_t at = ((uintptr_t)scratch + 63) & ~(uintptr_t)63;
    const uintptr_t first = at;
    b->queries = queries;
    b->rows = rows;
    b->error = (float *)at, at += 4 * padded;
    b->step = (float *)at, at += 4 * padded;
    b->offset = (float *)at, at += 4 * padded;
    b->bar = (float *)at, at += 4 * padded;
    b->inverse = (float *)at, at += wv_up(4 * rows * levels, 64);
    b->start = (int32_t *)at, at += wv_up(4 * rows, 64);
    b->tables = (char *)at, at += padded * wv_query_bytes(kind, size);
    b->block = (char *)at, at += WV_LINE(rows) * wv_row_bytes(kind, size, levels);
    return (ptrdiff_t)(at - first) + 64;
}

#endif
