/* splitmix64: a random stream from a state of 64 bits. */
#ifndef WORDVEC_RANDOM_H
#define WORDVEC_RANDOM_H
#include <stdint.h>

#if defined(__GNUC__)
#define WV_DRAW static inline __attribute__((always_inline))
#else
#define WV_DRAW static __inline
#endif

WV_DRAW uint64_t wv_draw(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9E3779B97F4A7C15);
    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return z ^ (z >> 31);
}
#endif
