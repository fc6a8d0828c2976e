/* AdaGrad on the cells of a tile of counts, for glove.pyx. */
#ifndef WORDVEC_GLOVE_H
#define WORDVEC_GLOVE_H
#include "cpu.h"

/* What all tiles share. A row of a table is `size` weights and, after them, for each the sum of squared gradients. */
struct wv_glove {
    const int64_t *indptr;  /* [V + 1] cells of the outer words */
    const int32_t *indices; /* [N] inner words */
    const float *data;      /* [N] counts */
    const uint32_t *start;  /* [V] where the cells of the tile begin and end, from the first cell of each outer word */
    const uint32_t *end;
    void *outer, *inner;    /* [V, 2, size] */
    ptrdiff_t size;         /* a multiple of 8, of 16 for AVX-512 */
    double x_max, exponent, clip;
    int64_t first_inner;    /* the first inner word of the tile */
    int64_t panel;          /* inner words that are met by all outer words before the next ones are */
    int64_t *places;        /* [outer words of the tile] scratch: the next cell of each */
    int squared;            /* the squared norm of a sum in the place of a product */
    const int32_t *stop;    /* [1] set by another thread: end at once */
};

typedef double (*wv_tile)(const struct wv_glove *g, int64_t first, int64_t last, double *scalar);
#define WV_BATCH 256   /* cells whose logarithms are taken together */
#define WV_TOGETHER 8  /* cells of one outer word, at most, that step together */
#define WV_SLOTS 16    /* places for their numbers: full vectors of every level */
#define WV_AHEAD 16    /* cells whose rows are on their way */

#define WV_EXACT 1
#define WV_BODY "glove_body.h"
#include "levels.h"

static const wv_tile wv_tiles[] = WV_TABLE(tile);
#endif
