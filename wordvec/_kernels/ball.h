/* Distances and ranks of points of the Poincare ball, in float64, for ball.pyx. */
#ifndef WORDVEC_BALL_H
#define WORDVEC_BALL_H
#include <string.h>
#include "points.h"

#define WV_TILE 512 /* points whose distances are computed at a time */
typedef void (*wv_tile)(const double *, const double *, const double *, int64_t, int64_t, int64_t, int64_t, double *);
#define WV_BODY "ball_body.h"
#include "levels.h"
static const wv_tile wv_tiles[] = WV_TABLE(tile);

/* The first of rising numbers that is greater than x; `count` where none is. */
INLINE int64_t wv_first_above(const double *numbers, int64_t count, double x)
{
    int64_t low = 0, high = count;
    while (low < high) {
        const int64_t middle = (low + high) / 2;
        if (numbers[middle] > x)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

struct wv_ranking {
    const double *points; /* IN [nodes, size] */
    const double *turned; /* IN [size, nodes] */
    const double *left;   /* IN [nodes] */
    int64_t nodes, size;
    wv_tile tile;
};

/* How many points are nearer to a node than each of some targets, without the node itself, the targets and the other
   nodes it is linked to: nearer[i] for the i-th of the rising scores of the targets. */
static void wv_count_nearer(
    const struct wv_ranking *r,
    int64_t node,
    const double *scores, /* IN [count] of the targets, rising */
    int64_t count,
    const int32_t *linked, /* IN [links] the targets and others, not to be counted; without the node */
    int64_t links,
    int64_t *nearer)      /* OUT [count] */
{
    double out[WV_TILE];
    const double *u = r->points + node * r->size;
    const double most = scores[count - 1];
    memset(nearer, 0, (size_t)count * sizeof(int64_t));
    for (int64_t first = 0; first < r->nodes; first += WV_TILE) {
        const int64_t some = r->nodes - first < WV_TILE ? r->nodes - first : WV_TILE;
        r->tile(u, r->turned, r->left, r->size, r->nodes, first, some, out);
        for (int64_t j = 0; j < some; j++)
            if (out[j] < most)
                nearer[wv_first_above(scores, count, out[j])]++;
    }
    for (int64_t i = -1; i < links; i++) {
        const int64_t other = i < 0 ? node : linked[i];
        double score;
        r->tile(u, r->turned, r->left, r->size, r->nodes, other, 1, &score);
        if (score < most)
            nearer[wv_first_above(scores, count, score)]--;
    }
    for (int64_t i = 1; i < count; i++)
        nearer[i] += nearer[i - 1];
}
#endif
