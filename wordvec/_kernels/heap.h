/* The best rows so far: a heap of scores with the worst first, shared by the scans of topk.pyx and codes.pyx. */
#ifndef WORDVEC_HEAP_H
#define WORDVEC_HEAP_H
#include <stddef.h>
#include <stdint.h>

/* Whether the first of two candidates goes first: a lower score, or the same of a later row. */
static inline int wv_worse(
    float score,       /* IN */
    int64_t row,       /* IN */
    float other_score, /* IN */
    int64_t other_row) /* IN */
{
    return score < other_score || (score == other_score && row > other_row);
}

/* Add a score to the heap, in the place of the worst where it is full. */
static inline void wv_push(
    float *scores,     /* INOUT [places] a heap, the worst first */
    int64_t *rows,     /* INOUT [places] */
    ptrdiff_t *filled, /* INOUT how many places are in use */
    ptrdiff_t places,  /* IN */
    float score,       /* IN */
    int64_t row)       /* IN    higher than any row before: of equal scores the first comes to stay */
{
    ptrdiff_t place, other;
    if (*filled < places) {
        for (place = (*filled)++; place > 0; place = other) {
            other = (place - 1) / 2;
            if (!wv_worse(score, row, scores[other], rows[other]))
                break;
            scores[place] = scores[other];
            rows[place] = rows[other];
        }
    } else {
        if (!wv_worse(scores[0], rows[0], score, row))
            return;
        for (place = 0; (other = 2 * place + 1) < places; place = other) {
            if (other + 1 < places && wv_worse(scores[other + 1], rows[other + 1], scores[other], rows[other]))
                other++;
            if (!wv_worse(scores[other], rows[other], score, row))
                break;
            scores[place] = scores[other];
            rows[place] = rows[other];
        }
    }
    scores[place] = score;
    rows[place] = row;
}
#endif
