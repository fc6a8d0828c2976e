/* word2vec.h compiled for each instruction set, and the choice between them at run time. */
#ifndef WORDVEC_WORD2VEC_DISPATCH_H
#define WORDVEC_WORD2VEC_DISPATCH_H
#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include "random.h"

#if defined(__GNUC__) || defined(__clang__)
#define INLINE static inline __attribute__((always_inline))
#define PREFETCH(p) __builtin_prefetch(p, 1, 2)
#define HAVE_VECTORS 1
#else
#define INLINE static __inline
#define PREFETCH(p) ((void)0)
#define HAVE_VECTORS 0
#endif
#if defined(__clang__)
#define UNROLL _Pragma("unroll")
#elif defined(__GNUC__)
#define UNROLL _Pragma("GCC unroll 16")
#else
#define UNROLL
#endif

/* A word of the noise distribution: itself if a random number is below `keep`, else `other`. */
struct alias { uint32_t keep; int32_t other; };

/* What a call reads and what it trains; shapes as in word2vec.pyx. */
struct word2vec {
    const int32_t *ids;
    const int64_t *offsets;
    const uint32_t *keep;
    const struct alias *alias;
    int64_t words;
    const int64_t *path_offsets; /* hierarchical softmax: the inner nodes above each word and its code; else NULL */
    const int32_t *path;
    const uint8_t *code;
    void *input, *output;
    ptrdiff_t dim;               /* numbers in a vector, a multiple of 16 */
    const int64_t *bag_starts;   /* words composed of several rows of the input, see bags.h; else NULL */
    const int32_t *bag_rows;
    const double *bag_steps;     /* MEAN: how far each row of a word goes for a step of its vector */
    void *importance;            /* WEIGHTED: a number for each of bag_rows */
    int compose;                 /* how */
    ptrdiff_t row_dim, part;     /* numbers in a row of the input; those of them that CONCAT takes */
    int window, shrink, cbow, exact, frozen, centres, pool;
    const int32_t *documents;    /* the row of each sentence's document among `document_rows`; NULL: there are none */
    void *document_rows;
    int with_words, frozen_input; /* documents: whether words predict as well; whether the rows of words stay as they are */
    const int32_t *grams;        /* Sent2Vec: [orders][tokens] the row of the n-gram that starts at a token, or -1 */
    void *gram_rows, *sentence_scratch;
    int orders;
    int64_t tokens, longest;     /* of the corpus; of a sentence */
    double noise_weight;
    const volatile int32_t *stop; /* another thread sets it to end the call before its time */
    int64_t union_size, output_size; /* most distinct words in the windows of a group; columns, a multiple of 8 */
    int64_t ring_size;           /* positions that are composed at a time */
};

enum { WV_MEAN, WV_MULTIPLY, WV_CONCAT, WV_WEIGHTED }; /* how the vector of a word is composed of rows: bags.h */
enum { WV_FETCHED = 32, WV_MOST_FACTORS = 8 }; /* rows of a word that are fetched ahead; rows that MULTIPLY takes */
enum { WV_MOST_WORDS = 5, WV_MOST_GRAMS = 14 }; /* words of an n-gram; n-grams of 2 words and more that touch a token */

typedef double (*word2vec_train)(const struct word2vec *, int64_t, int64_t, double, uint64_t, int32_t *, char *, int64_t *);

#define REAL float
#define SUFFIX baseline
#define LANES (HAVE_VECTORS ? 4 : 1)
#include "word2vec_target.h"

#define REAL double
#define IS_DOUBLE
#define SUFFIX exact
#define LANES (HAVE_VECTORS ? 2 : 1)
#include "word2vec_target.h"
#undef IS_DOUBLE

#if HAVE_VECTORS && defined(__x86_64__)
#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx2,fma")
#endif
#define REAL float
#define SUFFIX avx2
#define LANES 8
#include "word2vec_target.h"
#if defined(__clang__)
#pragma clang attribute pop
#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,fma"))), apply_to = function)
#else
#pragma GCC pop_options
#pragma GCC push_options
#pragma GCC target("avx512f,avx512bw,avx512dq,avx512vl,fma")
#endif
#define REAL float
#define SUFFIX avx512
#define LANES 16
#include "word2vec_target.h"
#if defined(__clang__)
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif
#endif

/* The function of an instruction set by name, for words or for sentences; NULL where this machine lacks it. */
static word2vec_train word2vec_for(const char *simd, int sentences) {
    if (!strcmp(simd, "baseline")) return sentences ? sentences_baseline : train_baseline;
    if (!strcmp(simd, "exact")) return sentences ? sentences_exact : train_exact;
#if HAVE_VECTORS && defined(__x86_64__)
    __builtin_cpu_init();
    if (!strcmp(simd, "avx2") && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
        return sentences ? sentences_avx2 : train_avx2;
    if (!strcmp(simd, "avx512") && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw")
        && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl"))
        return sentences ? sentences_avx512 : train_avx512;
#endif
    return NULL;
}
#endif
