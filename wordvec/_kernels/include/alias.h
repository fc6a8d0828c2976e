/* Vose's alias method: a word of a distribution from one random number. */
#ifndef WORDVEC_ALIAS_H
#define WORDVEC_ALIAS_H
#include "random.h"

/* A slot of the table: its own word where the lower half of the random number is below `keep`, else the other word. */
struct wv_alias {
    uint32_t keep;
    int32_t other;
};

INLINE int32_t wv_alias_word(
    const struct wv_alias *table, /* IN [words] */
    int64_t words,
    uint64_t drawn)               /* IN a random number */
{
    const int32_t slot = (int32_t)wv_below(drawn, words);
    const int32_t flip = -(int32_t)((uint32_t)drawn >= table[slot].keep);
    return slot ^ ((slot ^ table[slot].other) & flip);
}
#endif
