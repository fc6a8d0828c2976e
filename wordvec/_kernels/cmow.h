/* CMOW and the hybrid with CBOW on windows of sentences, for cmow.pyx; compiled for every SIMD level and for float64. */
#ifndef WORDVEC_CMOW_H
#define WORDVEC_CMOW_H
#include "alias.h"
#include "scratch.h"

/* What all chunks share. A row is a vector, then the difference of a matrix and the identity, line by line, zeros. */
struct wv_cmow {
    const int32_t *ids;
    const int64_t *offsets;
    const struct wv_alias *alias; /* [words] of the noise */
    int64_t words;
    void *input, *output;         /* [words, stride] */
    void *input_sums, *output_sums; /* [words, 2] for the vector and the matrix: see the steps in cmow_steps_body.h */
    void *input_means, *output_means; /* [words, stride] running means of squared gradients; NULL: AdaGrad */
    double decay;                 /* of the running means at each step of a row */
    ptrdiff_t stride;             /* a multiple of 16 */
    int vector, dim;              /* dimensions of the vector; lines of the matrix; either may be 0 */
    int reach, pool;              /* words to either side; noise words of a window */
    double noise_weight;          /* of each */
    const int32_t *stop;
};

typedef double (*wv_cmow_train)(
    const struct wv_cmow *w, int64_t first, int64_t last, double alpha, uint64_t seed, char *scratch, int64_t *targets);

#define WV_WINDOW 64 /* words of a window at most */
#define WV_STILL 1e37f /* a sum of a part of a row that never moves; others stay below */
#define WV_LEAST 1e-8f /* added to the root of a running mean, as in Adam */
#define WV_POOL 64   /* noise words of a window at most */
typedef size_t (*wv_room)(const struct wv_cmow *w); /* bytes of scratch */

#define WV_EXACT 1
#define WV_BODY "cmow_body.h"
#include "levels.h"

static const wv_cmow_train wv_cmow_at[] = WV_TABLE(cmow);
static const wv_room wv_rooms[] = WV_TABLE(room);
#endif
