/* Skip-gram of words with several senses for senses.pyx: what a call is given, and senses_body.h compiled for every SIMD
   level and for float64. */
#ifndef WORDVEC_SENSES_H
#define WORDVEC_SENSES_H
#include <math.h>
#include "alias.h"
#include "scratch.h"

enum { WV_ADAGRAM, WV_MSSG, WV_DISAMBIGUATED }; /* how the sense of an occurrence is chosen: senses_choice_body.h */
enum { WV_MOST_SENSES = 64 };

/* What a call reads and what it trains; shapes as in senses.pyx. */
struct wv_senses {
    const int32_t *ids;
    const int64_t *offsets;
    const uint32_t *keep;
    const struct wv_alias *alias; /* noise words; NULL for hierarchical softmax */
    int64_t words;
    const int64_t *path_offsets;  /* hierarchical softmax: the inner nodes above each word and its code; else NULL */
    const int32_t *path;
    const uint8_t *code;
    int64_t outputs;              /* rows of output */
    void *input, *output;
    void *centres;                /* MSSG: mean contexts of senses; DISAMBIGUATED: weights of senses; else NULL */
    double *expected;             /* [words][senses] expected occurrences of each sense */
    const double *counts;         /* [words] */
    ptrdiff_t dim;                /* dimensions, a multiple of 16 */
    int senses, choice, window, shrink, pool, single;
    double noise_weight;
    double concentration, discount; /* ADAGRAM: of the stick-breaking prior */
    double threshold;             /* MSSG: a context less similar than this founds a sense; below -1: none does */
    double temperature, entropy;  /* DISAMBIGUATED: of Gumbel-softmax; weight of the entropy in the cost */
    double least;                 /* senses of a smaller share of an occurrence do not learn from it */
    const volatile int32_t *stop; /* another thread sets it to end the call before its time */
    int64_t most_columns;         /* distinct output rows of an occurrence, a multiple of 8: wv_senses_measure */
};

typedef double (*wv_senses_train)(
    const struct wv_senses *w, int64_t first, int64_t last, double alpha, uint64_t seed,
    int32_t *tokens, char *scratch, int64_t *targets);
typedef size_t (*wv_senses_room)(const struct wv_senses *w); /* bytes of scratch */

/* The digamma function: recurrence below 6, asymptotic series above; absolute error below 1e-9 for x > 0. */
static inline double wv_digamma(double x)
{
    double sum = 0;
    for (; x < 6; x += 1) sum -= 1 / x;
    const double y = 1 / (x * x);
    return sum + log(x) - 0.5 / x - y * (1.0 / 12 - y * (1.0 / 120 - y * (1.0 / 252 - y * (1.0 / 240 - y / 132))));
}

#define WV_EXACT 2
#define WV_BODY "senses_body.h"
#include "levels.h"

static const wv_senses_train wv_senses_trains[] = WV_TABLE(senses_train);
static const wv_senses_room wv_senses_rooms[] = WV_TABLE(senses_room);

/* The most columns that an occurrence has. */
static void wv_senses_measure(struct wv_senses *w) /* INOUT */
{
    int64_t each = 1;
    for (int64_t word = 0; w->path != NULL && word < w->words; word++) {
        const int64_t depth = w->path_offsets[word + 1] - w->path_offsets[word];
        each = depth > each ? depth : each;
    }
    const int64_t most = 2 * (int64_t)w->window * each + w->pool;
    w->most_columns = ((most < w->outputs ? most : w->outputs) + 15) / 8 * 8;
}

/* How many int32 the tokens of a chunk take, of the one that needs most. */
static int64_t wv_senses_tokens(
    const struct wv_senses *w,
    const int64_t *chunks, /* IN [count + 1] */
    ptrdiff_t count)
{
    int64_t most = 0;
    for (ptrdiff_t i = 0; i < count; i++) {
        const int64_t room = w->offsets[chunks[i + 1]] - w->offsets[chunks[i]];
        most = room > most ? room : most;
    }
    return most + 1;
}
#endif
