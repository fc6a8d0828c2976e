/* Skip-gram, CBOW, paragraph vectors and Sent2Vec for word2vec.pyx: what a call is given, and word2vec_body.h compiled for
   every SIMD level and for float64. */
#ifndef WORDVEC_WORD2VEC_H
#define WORDVEC_WORD2VEC_H
#include "random.h"
#include "scratch.h"

enum { WV_MEAN, WV_MULTIPLY, WV_CONCAT, WV_WEIGHTED }; /* how the vector of a word is composed: composition_body.h */
enum { WV_FETCHED = 32, WV_MOST_FACTORS = 8 }; /* rows of a word that are fetched ahead; rows that MULTIPLY takes */
enum { WV_MOST_WORDS = 5, WV_MOST_GRAMS = 14 }; /* words of an n-gram; n-grams of 2 words and more that touch a token */

enum wv_merging { WV_BEGIN, WV_DUE, WV_ALL };

/* What a call leaves for the next one of the same copies. */
struct wv_kept {
    int64_t copied; /* rows; 0: none yet, or all are merged */
    int64_t chunks; /* since all were merged */
    double moved;   /* the tokens of the last chunk times its learning rate */
};

/* The rows of a table of which a worker has copies of its own, which are visited most. See copies_body.h. */
struct wv_copies {
    void *own, *base;        /* [count, dim] the copies, and what they were when they were last merged */
    int64_t count;           /* 0: there are none */
    struct wv_kept *kept;
    const int32_t *rows;     /* [>= count] the row of each copy; NULL: copies are of the first rows */
    const int64_t *ends;     /* [levels] the copies up to ends[k] are merged after every 2^k chunks; count is the last */
    const double *ways;      /* [count] how far a row moves towards where it is pulled, for each token and learning rate of 1 */
    int levels;
};

/* What a call reads and what it trains; shapes as in word2vec.pyx. */
struct wv_word2vec {
    const int32_t *ids;
    const int64_t *offsets;
    const uint32_t *keep;        /* [keeps]; that of the last one serves the words after it, too */
    int64_t keeps;
    const int32_t *noise;        /* [noises] noise words in random order, each as often as it is to be drawn */
    int64_t noises;
    const int64_t *path_offsets; /* hierarchical softmax: the inner nodes above each word and its code; else NULL */
    const int32_t *path;
    const uint8_t *code;
    int64_t paths;               /* words that have one */
    void *input, *output;
    struct wv_copies own_input, own_output;
    int workers;                 /* threads that train the same tables */
    ptrdiff_t dim;               /* dimensions, a multiple of 16 */
    const int64_t *word_indptr;  /* words composed of several rows of the input, see composition_body.h; else NULL */
    const int32_t *word_rows;    /* ~k: the row of copy k */
    const double *word_steps;    /* MEAN: how far each row of a word goes for a step of its vector */
    void *importance;            /* WEIGHTED: a weight for each of word_rows */
    const uint8_t *frozen_words; /* 1 for a word whose input rows are frozen; NULL: none is */
    const uint8_t *frozen_rows;  /* composed words: the same of each row of the input */
    int compose;                 /* how */
    ptrdiff_t row_dim, part;     /* dimensions of a row of the input; those of them that CONCAT takes */
    int window, shrink, cbow, exact, frozen, centres, pool, noise_uses;
    const int32_t *documents;    /* the row of each sentence's document among `document_rows`; NULL: there are none */
    void *document_rows;
    int with_words, frozen_input; /* documents: whether words predict as well; whether the rows of words stay as they are */
    int frozen_documents;        /* whether those of documents do */
    const int64_t *prefix;       /* [prefixes] rising sizes of prefixes that learn beside the whole: nested_body.h */
    int prefixes;
    double bit;                  /* documents of bits: the value of a bit of 1, see document_bits_body.h; else 0 */
    int sentences;               /* Sent2Vec */
    const int32_t *grams;        /* [orders][tokens] the row of the n-gram that starts at a token, or -1 */
    void *gram_rows;
    int orders;
    int64_t tokens, longest;     /* of the corpus; of a sentence of this call: wv_measure */
    double noise_weight;
    const volatile int32_t *stop; /* another thread sets it to end the call before its time */
    int64_t union_size, output_size; /* most distinct words in the windows of a group; columns, a multiple of 8: wv_measure */
    int64_t ring_size;           /* positions that are composed at a time: wv_measure */
};

/* The threshold of a word. */
INLINE uint32_t wv_keep_of(const struct wv_word2vec *w, int64_t word)
{
    return w->keep[word < w->keeps ? word : w->keeps - 1];
}

/* Noise rows are most of what a group reads and writes. So that they are found in the cache, the noise of WV_TURN groups is
   used again by the groups that follow, `noise_uses` times in all. */
enum { WV_TURN = 16 };

/* Which of the noise of a chunk, in units of a group's, a group has. */
INLINE int64_t wv_noise_of(const struct wv_word2vec *w, int64_t group)
{
    return group / (WV_TURN * w->noise_uses) * WV_TURN + group % WV_TURN;
}

/* Whether no group before had it. */
INLINE int wv_is_new_noise(const struct wv_word2vec *w, int64_t group)
{
    return group / WV_TURN % w->noise_uses == 0;
}

/* How much noise, in that unit, `groups` groups need. */
INLINE int64_t wv_noise_drawn(const struct wv_word2vec *w, int64_t groups)
{
    const int64_t full = groups / (WV_TURN * w->noise_uses), rest = groups % (WV_TURN * w->noise_uses);
    return full * WV_TURN + (rest < WV_TURN ? rest : WV_TURN);
}

/* Train on the sentences first..last; the loss, each before its step, and the number of targets. `tokens` and `scratch`
   are the memory that wv_token_room and wv_scratch_room ask for. */
typedef double (*wv_train)(
    const struct wv_word2vec *w, int64_t first, int64_t last, double alpha, uint64_t seed,
    int32_t *tokens, char *scratch, int64_t *targets);
typedef size_t (*wv_room)(const struct wv_word2vec *w); /* bytes of scratch */
/* What a worker does before its first chunk and after chunk `done` - 1 of `count`, of `tokens` each. */
typedef void (*wv_merge)(struct wv_word2vec *w, enum wv_merging when, double moved);

#define WV_EXACT 2
#define WV_BF16
#define WV_BODY "word2vec_body.h"
#include "levels.h"

static const wv_train wv_trains[] = WV_TABLE(train), wv_sentence_trains[] = WV_TABLE(train_sentences);
static const wv_room wv_rooms[] = WV_TABLE(room);
static const wv_merge wv_merges[] = WV_TABLE(merge_copies);

/* The sizes that follow from what else a call is given. */
static void wv_measure(
    struct wv_word2vec *w, /* INOUT */
    const int64_t *chunks, /* IN [count + 1] sentences at which chunks begin and end */
    ptrdiff_t count)
{
    int64_t columns = w->centres + w->pool;
    for (int64_t word = 0; word < w->paths; word++) {
        const int64_t depth = w->path_offsets[word + 1] - w->path_offsets[word];
        columns = depth > columns ? depth : columns;
    }
    w->union_size = 2 * w->window + w->centres + 1;
    w->output_size = (columns + 7) / 8 * 8;
    w->ring_size = w->word_indptr ? 2 * (w->window + w->centres) : 0;
    w->longest = 1;
    for (int64_t i = count > 0 ? chunks[0] : 0; count > 0 && i < chunks[count]; i++) {
        const int64_t size = w->offsets[i + 1] - w->offsets[i];
        w->longest = size > w->longest ? size : w->longest;
    }
}

/* How many int32, an even number, the tokens of a chunk take, of the one that needs most: the tokens, how far back the
   word of each stands, the end of each sentence, and the noise of every group. Sent2Vec keeps the targets of one sentence at a time. */
static int64_t wv_token_room(
    const struct wv_word2vec *w,
    const int64_t *chunks, /* IN [count + 1] */
    ptrdiff_t count)
{
    int64_t most = 0;
    for (ptrdiff_t i = 0; i < count; i++) {
        const int64_t tokens = w->offsets[chunks[i + 1]] - w->offsets[chunks[i]], sentences = chunks[i + 1] - chunks[i];
        const int64_t room = w->sentences ? w->longest + (tokens + sentences + 3) * w->pool
                                          : tokens * (3 + (w->pool > 0 ? w->pool : 1)) + 2 * sentences + 2 * w->pool;
        most = room > most ? room : most;
    }
    return (most + 2) / 2 * 2;
}
#endif
