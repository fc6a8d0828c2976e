/* Rows of two sides that are near to each other, for matches.pyx: products of bytes say which pairs of rows may be, and
   these alone are multiplied in float32. */
#ifndef WORDVEC_MATCHES_H
#define WORDVEC_MATCHES_H
#include "tiles.h"
#include "hash.h"

#define WV_ROWS 192     /* of the right that meet the rows of the left while they are in the cache */
#define WV_PADDED 64    /* what the left is padded to: the queries of a tile, at any level */
#define WV_MOST_HITS (WV_TILE_ROWS * WV_PADDED)
#define WV_SUMS 16      /* numbers summed side by side */

/* A side in 8 bits: row = centre + step * code, but for what rounding took. */
typedef struct {
    const char *codes; /* panels of the left, rows of the right */
    const float *step; /* [rows] what one unit of a code is worth */
    const float *more; /* [rows] what is added to the products: never less than it takes to reach the true score */
    float *bar;        /* [rows] what a score must pass */
} wv_matched;

/* A pair of a tile that may pass a bar: places in the tile, which int32 holds however many rows there are. */
typedef struct {
    int32_t left, right;
} wv_pair;

typedef struct {
    float step, error, length, offset;
} wv_coded;

typedef void (*wv_code)(const float *, float, const float *, const float *, ptrdiff_t, float *, char *, ptrdiff_t, int,
                        wv_coded *, int32_t *);
typedef ptrdiff_t (*wv_meet_sides)(const wv_matched *, const wv_matched *, const int32_t *, ptrdiff_t, ptrdiff_t,
                                   ptrdiff_t, ptrdiff_t, wv_pair *);
typedef float (*wv_dot)(const float *, const float *, ptrdiff_t);
typedef struct {
    int panel, tile, per_word; /* queries side by side, and of a tile; numbers of a word */
} wv_shape;

/* The greatest code of rows of this size: 127, and less where the sum of the products of two rows would leave int32. */
static inline float wv_greatest_code(ptrdiff_t size)
{
    const double most = floor(sqrt(2147483647. / (double)size));
    return (float)(most < 127 ? most : 127);
}

/* Whether a pair takes part: with probability keep / 2^32, a function of the rows and the seed alone. */
static inline int wv_takes_part(uint64_t seed, uint64_t keep, int64_t left, int64_t right)
{
    return wv_mixed(seed ^ wv_mixed((uint64_t)left << 32 ^ (uint64_t)right)) >> 32 < keep;
}

#define WV_BODY "matches_body.h"
#include "levels.h"

static const wv_code wv_codings[] = WV_TABLE(code_row);
static const wv_meet_sides wv_meetings[] = WV_TABLE(meet_sides);
#if WV_X86
static const wv_dot wv_dots[] = {wv_dot_baseline, wv_dot_avx2, wv_dot_avx2};
static const wv_shape wv_shapes[] = {{8, 8, 1}, {8, 16, 2}, {16, 64, 4}};
#else
static const wv_dot wv_dots[] = {wv_dot_baseline, wv_dot_baseline, wv_dot_baseline};
static const wv_shape wv_shapes[] = {{8, 8, 1}, {8, 8, 1}, {8, 8, 1}};
#endif

/* Words from a row of the right to the next. */
static inline ptrdiff_t wv_right_words(ptrdiff_t size, int level)
{
    return wv_shapes[level].per_word == 4 ? wv_up(size, 64) / 4 : wv_shapes[level].per_word == 2 ? wv_up(2 * size, 32) / 4
                                                                                                 : size;
}
#endif
