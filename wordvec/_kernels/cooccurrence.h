/* Rows of weighted counts for cooccurrence.pyx: sums of one row in a dense array, taken out in the order of columns. */
#ifndef WORDVEC_COOCCURRENCE_H
#define WORDVEC_COOCCURRENCE_H
#include <stdlib.h>
#include <string.h>
#include "bits.h"

#define WV_FEW 32   /* a row is listed where the marks are so many times as many as what is added to it */
#define WV_AHEAD 32 /* occurrences whose windows are asked for before their turn */

/* What stands at some distance from a word: how much it weighs, and the first of its columns. */
struct wv_reach {
    const int64_t *weights; /* [reach] of distance 1, 2, ... */
    const int64_t *columns; /* [reach] */
    ptrdiff_t reach;
};

/* The sums of one row. Marks are set without asking whether they are: that could not be foretold, and would cost more. */
struct wv_row {
    void *sums;      /* [columns] uint32 or uint64, all zero between rows */
    uint64_t *marks; /* [columns / 64 rounded up] a bit for each column that is not zero */
    ptrdiff_t columns;
};

/* Numbers in as few bytes as they need, seven bits in each, the lowest first; a set high bit says that more follow. */
static inline uint8_t *wv_put(uint8_t *p, uint64_t x)
{
    while (x > 127) {
        *p++ = (uint8_t)(x | 128);
        x >>= 7;
    }
    *p++ = (uint8_t)x;
    return p;
}

static inline const uint8_t *wv_get(const uint8_t *p, uint64_t *x)
{
    uint64_t value = *p & 127;
    for (int shift = 7; *p++ & 128; shift += 7)
        value |= (uint64_t)(*p & 127) << shift;
    *x = value;
    return p;
}

/* A row of a run: the steps from column to column, each with the sum that stands there. */
static uint8_t *wv_pack(uint8_t *p, const int32_t *columns, const uint64_t *sums, ptrdiff_t count)
{
    int32_t last = 0;
    for (ptrdiff_t i = 0; i < count; i++) {
        p = wv_put(p, (uint64_t)(columns[i] - last));
        p = wv_put(p, sums[i]);
        last = columns[i];
    }
    return p;
}

static int wv_compare_columns(const void *a, const void *b)
{
    const int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;
    return (x > y) - (x < y);
}

static void wv_sort_columns(int32_t *columns, ptrdiff_t count)
{
    if (count > 24) {
        qsort(columns, (size_t)count, sizeof(int32_t), wv_compare_columns);
        return;
    }
    for (ptrdiff_t i = 1; i < count; i++) {
        const int32_t column = columns[i];
        ptrdiff_t at = i;
        for (; at && columns[at - 1] > column; at--)
            columns[at] = columns[at - 1];
        columns[at] = column;
    }
}

#define SUM uint32_t
#define NAME(f) wv_##f##_narrow
#include "cooccurrence_body.h"
#undef SUM
#undef NAME

#define SUM uint64_t
#define NAME(f) wv_##f##_wide
#include "cooccurrence_body.h"
#undef SUM
#undef NAME
#endif
