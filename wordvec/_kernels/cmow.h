/* CMOW and the hybrid with CBOW on windows of sentences, for cmow.pyx; compiled for three widths, and in float64. */
#ifndef WORDVEC_CMOW_H
#define WORDVEC_CMOW_H
#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include "random.h"

struct wv_alias {
    uint32_t keep;
    int32_t other;
};

/* What all chunks share. A row is a vector, then the difference of a matrix and the identity, line by line, zeros. */
struct wv_cmow {
    const int32_t *ids;
    const int64_t *offsets;
    const struct wv_alias *alias; /* [words] of the noise */
    int64_t words;
    void *input, *output;         /* [words, stride] */
    void *input_sums, *output_sums; /* [words, 2] of mean squared gradients, for the vector and for the matrix */
    ptrdiff_t stride;             /* a multiple of 16 */
    int vector, dim;              /* numbers of the vector; lines of the matrix; either may be 0 */
    int reach, pool;              /* words to either side; noise words of a window */
    double noise_weight;          /* of each */
    const int32_t *stop;
};

typedef double (*wv_cmow_train)(
    const struct wv_cmow *w, int64_t first, int64_t last, double alpha, uint64_t seed, void *scratch, int64_t *targets);

#define WV_WINDOW 64 /* words of a window at most */
#define WV_POOL 64   /* noise words of a window at most */
#define WV_KINDS 9 /* of matrices for every word of a window */

/* Numbers of scratch. */
static inline ptrdiff_t wv_cmow_room(const struct wv_cmow *w)
{
    const ptrdiff_t most = 2 * w->reach + 1, matrix = (w->dim + 3) / 4 * 4 * ((w->dim + 7) / 8 * 8);
    return WV_KINDS * most * matrix + 2 * (most + 3) * w->stride + 6 * w->stride + 2 * (most + 4) * (w->pool + 4) + 256;
}

#define REAL float
#define WV_BODY "cmow_body.h"
#include "levels.h"
#undef REAL

#define REAL double /* the same source held to its numerical gradient */
#define NAME(f) wv_##f##_exact
#define TARGET
#define LANES 1
#include "cmow_body.h"
#undef NAME
#undef TARGET
#undef LANES
#undef REAL

static const wv_cmow_train wv_cmow_at[] = WV_TABLE(cmow);
#endif
