/* The mean of replicas of a table, for descent.pyx. Compiled without fused multiply-add, so that results are those of
   numpy, to the bit, on every machine. */
#ifndef WORDVEC_DESCENT_H
#define WORDVEC_DESCENT_H
#include <stddef.h>
#include <stdint.h>

enum { WV_STRIP = 64, WV_DEEPEST = 24 }; /* numbers of a row worked on at once; sums that wait for others, at most */

/* Rows that are read or written. */
struct wv_operand {
    char *start;
    ptrdiff_t stride; /* bytes from row to row */
    int is_table;     /* row i is at the i-th of the listed rows; else it is row i */
};

struct wv_mean {
    const struct wv_operand *sources;
    ptrdiff_t count;
    const int32_t *additions; /* after each source, how many times the last two sums become one */
    const struct wv_operand *targets;
    ptrdiff_t written;
    const struct wv_operand *base; /* from which rows go towards the mean; NULL: the sum is what is written */
    const float *factors;
    float replicas;
    const int64_t *rows; /* NULL: tables are given from the first row on */
    ptrdiff_t width;
};

static inline float *wv_row_of(const struct wv_operand *operand, const int64_t *rows, ptrdiff_t i)
{
    return (float *)(operand->start + (operand->is_table && rows ? rows[i] : i) * operand->stride);
}

static inline void wv_add_to(float *restrict sum, const float *restrict one, ptrdiff_t size)
{
    for (ptrdiff_t j = 0; j < size; j++) sum[j] += one[j];
}

static inline void wv_copy_to(float *restrict to, const float *restrict from, ptrdiff_t size)
{
    for (ptrdiff_t j = 0; j < size; j++) to[j] = from[j];
}

/* base + factor (sum / replicas - base), in this order. */
static inline void wv_step_to(
    float *restrict sum,        /* INOUT [size] */
    const float *restrict base, /* IN    [size] */
    float replicas,
    float factor,
    ptrdiff_t size)
{
    for (ptrdiff_t j = 0; j < size; j++) sum[j] = (sum[j] / replicas - base[j]) * factor + base[j];
}

/* Numbers at..at + size of row i: read from all sources, written to all targets. */
static inline void wv_average_strip(const struct wv_mean *w, ptrdiff_t i, ptrdiff_t at, ptrdiff_t size)
{
    float sums[WV_DEEPEST][WV_STRIP];
    ptrdiff_t depth = 0;
    for (ptrdiff_t k = 0; k < w->count; k++) {
        const float *source = wv_row_of(w->sources + k, w->rows, i) + at;
        int32_t left = w->additions[k];
        if (left == 0) {
            wv_copy_to(sums[depth++], source, size);
            continue;
        }
        wv_add_to(sums[depth - 1], source, size);
        for (left--; left; left--, depth--) wv_add_to(sums[depth - 2], sums[depth - 1], size);
    }
    if (w->base) wv_step_to(sums[0], wv_row_of(w->base, w->rows, i) + at, w->replicas, w->factors[i], size);
    for (ptrdiff_t k = 0; k < w->written; k++) wv_copy_to(wv_row_of(w->targets + k, w->rows, i) + at, sums[0], size);
}

static void wv_average(const struct wv_mean *w, ptrdiff_t count)
{
    for (ptrdiff_t i = 0; i < count; i++)
        for (ptrdiff_t at = 0; at < w->width; at += WV_STRIP)
            if (w->width - at < WV_STRIP) wv_average_strip(w, i, at, w->width - at);
            else wv_average_strip(w, i, at, WV_STRIP);
}
#endif
