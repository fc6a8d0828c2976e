/* Linear classifiers of texts for classify.pyx: which rows a line has, and steps of gradient descent on them. */
#ifndef WORDVEC_CLASSIFY_H
#define WORDVEC_CLASSIFY_H
#include <string.h>
#include "bits.h"
#include "hash.h"
#include "scratch.h"

enum { WV_SOFTMAX, WV_OVA, WV_HS };

/* What the rows of lines are made of: words, or bytes where there is a `text`. */
struct wv_bags {
    const int64_t *offsets; /* [L + 1] where the tokens, or the bytes, of each line begin */
    const int32_t *ids;     /* [N] the type of each token; NULL: token i is of type i */
    const int64_t *starts;  /* [T + 1] type t has rows[starts[t]] to rows[starts[t + 1]] */
    const int32_t *rows;
    const int32_t *hashes;  /* [T] fastText's hash of each type */
    int64_t word_ngrams;    /* the most words that are hashed together; 1: none are */
    const uint8_t *text;    /* [N] */
    const uint8_t *lengths; /* [longest + 1] whether runs of so many bytes are hashed */
    int64_t longest;
    uint64_t bucket;
    const uint64_t *bits;   /* [bucket / 64 + 1] which buckets have a row; NULL: all of them */
    const int32_t *ranks;   /* [bucket / 64 + 1] how many buckets before have one */
    int32_t base;           /* the row of the first bucket */
    int32_t missing;        /* that of a bucket without one; -1: it is left out */
};

/* The row of a bucket, or -1. */
static inline int32_t wv_place(
    const uint64_t *bits, const int32_t *ranks, int32_t base, int32_t missing, uint64_t bucket)
{
    const uint64_t at = bucket >> 6, bit = (uint64_t)1 << (bucket & 63);
    if (bits == NULL)
        return base + (int32_t)bucket;
    return bits[at] & bit ? base + ranks[at] + wv_count_bits(bits[at] & (bit - 1)) : missing;
}

/* Runs BODY for every `bucket` of the line from unit `first` to `last`: of runs of words as fastText hashes them, or of
   runs of bytes by FNV-1a of 64 bits (byteSteady). */
#define WV_EACH_BUCKET(b, first, last, BODY)                                                                           \
    for (int64_t i = (first); i < (last); i++) {                                                                       \
        if ((b)->text) {                                                                                               \
            uint64_t hash = WV_FNV64;                                                                                  \
            for (int64_t n = 1; n <= (b)->longest && i + n <= (last); n++) {                                           \
                hash = wv_fnv64(hash, (b)->text[i + n - 1], 1);                                                        \
                if ((b)->lengths[n]) {                                                                                 \
                    const uint64_t bucket = hash % (b)->bucket;                                                        \
                    BODY;                                                                                              \
                }                                                                                                      \
            }                                                                                                          \
        } else {                                                                                                       \
            uint64_t hash = (uint64_t)(int64_t)(b)->hashes[(b)->ids ? (b)->ids[i] : i];                                \
            for (int64_t j = i + 1; j < (last) && j < i + (b)->word_ngrams; j++) {                                     \
                hash = hash * 116049371 + (uint64_t)(int64_t)(b)->hashes[(b)->ids ? (b)->ids[j] : j];                  \
                const uint64_t bucket = hash % (b)->bucket;                                                            \
                BODY;                                                                                                  \
            }                                                                                                          \
        }                                                                                                              \
    }

/* At most how many rows a line has. */
static inline int64_t wv_bag_room(const struct wv_bags *b, int64_t line)
{
    int64_t room = 0;
    if (b->text)
        return (b->offsets[line + 1] - b->offsets[line]) * b->longest;
    for (int64_t i = b->offsets[line]; i < b->offsets[line + 1]; i++) {
        const int64_t type = b->ids ? b->ids[i] : i;
        room += b->starts[type + 1] - b->starts[type] + b->word_ngrams - 1;
    }
    return room;
}

/* The rows of a line, and how many there are. */
static inline int64_t wv_bag(
    const struct wv_bags *b, /* IN */
    int64_t line,            /* IN */
    int32_t *out)            /* OUT [room] */
{
    const int64_t first = b->offsets[line], last = b->offsets[line + 1];
    int64_t count = 0;
    for (int64_t i = first; !b->text && i < last; i++) {
        const int64_t type = b->ids ? b->ids[i] : i;
        for (int64_t at = b->starts[type]; at < b->starts[type + 1]; at++)
            out[count++] = b->rows[at];
    }
    if (!b->text && b->word_ngrams < 2)
        return count;
    WV_EACH_BUCKET(b, first, last, {
        const int32_t row = wv_place(b->bits, b->ranks, b->base, b->missing, bucket);
        out[count] = row;
        count += row >= 0;
    })
    return count;
}

static inline void wv_mark(
    const struct wv_bags *b, /* IN */
    int64_t line,            /* IN */
    uint8_t *flags)          /* INOUT [bucket] */
{
    WV_EACH_BUCKET(b, b->offsets[line], b->offsets[line + 1], flags[bucket] = 1)
}

/* A network without a hidden layer, and room for the work of one thread. */
struct wv_net {
    void *input;                  /* [R, size] */
    void *output;                 /* [K, size] a row for each label, or for each inner node of the tree */
    ptrdiff_t size;               /* a multiple of 16 */
    int loss;
    int64_t outputs;              /* K */
    const int64_t *label_offsets; /* [L + 1] */
    const int32_t *labels;        /* [M] those of each line, none of them twice */
    const int64_t *path_offsets;  /* [K + 1] of hierarchical softmax: the nodes of each label and their bits */
    const int32_t *path;
    const uint8_t *code;
    const float *weights;         /* [L] how far the step of each line goes; NULL: 1 for all */
    int32_t *rows;                /* [room] of a line */
    void *hidden;                 /* [size] */
    void *error;                  /* [size] */
    void *scores;                 /* [K] */
    const int32_t *stop;          /* [1] set by another thread: end at once */
};

/* Take the scratch of a call; where there is no memory yet, its bytes are counted only. */
static inline void wv_lay_out(
    struct wv_net *net,         /* INOUT */
    size_t room,                /* IN    rows of the line that has most */
    size_t bytes,               /* IN    of a number of the net */
    struct wv_scratch *scratch) /* INOUT */
{
    net->rows = (int32_t *)wv_take(scratch, room, sizeof *net->rows);
    net->hidden = wv_take(scratch, (size_t)net->size, bytes);
    net->error = wv_take(scratch, (size_t)net->size, bytes);
    net->scores = wv_take(scratch, (size_t)net->outputs, bytes);
}

typedef double (*wv_lines)(const struct wv_bags *b, const struct wv_net *net, int64_t first, int64_t last,
    double alpha, int64_t *targets);

#define WV_EXACT 1
#define WV_BODY "classify_body.h"
#include "levels.h"

static const wv_lines wv_line_steps[] = WV_TABLE(lines);
#endif
