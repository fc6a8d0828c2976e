/* Random numbers of 64 bits: splitmix64, a stream from a state of 64 bits. */
#ifndef WORDVEC_RANDOM_H
#define WORDVEC_RANDOM_H
#include "cpu.h"

#define WV_RANDOM_STEP UINT64_C(0x9E3779B97F4A7C15) /* from a state to the next */

/* The number of a state. */
INLINE uint64_t wv_random_of(uint64_t z)
{
    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return z ^ (z >> 31);
}

/* The next number of a stream. */
INLINE uint64_t wv_draw(
    uint64_t *state) /* INOUT */
{
    return wv_random_of(*state += WV_RANDOM_STEP);
}

/* A whole number from 0 to count - 1, made of the upper half of a random number. */
INLINE int64_t wv_below(uint64_t drawn, int64_t count)
{
    return (int64_t)(((drawn >> 32) * (uint64_t)count) >> 32);
}

/* Whether a token stays in its sentence: where a draw of 32 bits is at most `keep`. */
INLINE int wv_stays(
    uint64_t *state, /* INOUT */
    uint32_t keep)
{
    return (uint32_t)(wv_draw(state) >> 32) <= keep;
}
#endif
