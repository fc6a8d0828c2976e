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
    void *input_sums, *output_sums; /* [words, 2] of mean squared gradients, for the vector and for the matrix */
    ptrdiff_t stride;             /* a multiple of 16 */
    int vector, dim;              /* dimensions of the vector; lines of the matrix; either may be 0 */
    int reach, pool;              /* words to either side; noise words of a window */
    double noise_weight;          /* of each */
    const int32_t *stop;
};

typedef double (*wv_cmow_train)(
    const struct wv_cmow *w, int64_t first, int64_t last, double alpha, uint64_t seed, char *scratch, int64_t *targets);

#define WV_WINDOW 64 /* words of a window at most */
#define WV_POOL 64   /* noise words of a window at most */
typedef size_t (*wv_room)(const struct wv_cmow *w); /* bytes of scratch */

#define WV_EXACT 1
#define WV_BODY "cmow_body.h"
#include "levels.h"

static const wv_cmow_train wv_cmow_at[] = WV_TABLE(cmow);
static const wv_room wv_rooms[] = WV_TABLE(room);
#endif
