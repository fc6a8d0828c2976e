/* Single bits of numbers of 64 bits. */
#ifndef WORDVEC_BITS_H
#define WORDVEC_BITS_H
#include "cpu.h"
#if defined(_MSC_VER)
#include <intrin.h>
#endif

/* The number of the lowest bit that is set; x is not 0. */
INLINE int wv_lowest_bit(uint64_t x)
{
#if defined(__GNUC__)
    return __builtin_ctzll(x);
#elif defined(_MSC_VER) && defined(_WIN64)
    unsigned long i;
    _BitScanForward64(&i, x);
    return (int)i;
#else
    int n = 0;
    for (; !(x & 1); x >>= 1)
        n++;
    return n;
#endif
}

/* How many bits are set, without an instruction for it: where there is one, __builtin_popcountll. */
INLINE int wv_count_bits(uint64_t x)
{
    x -= (x >> 1) & UINT64_C(0x5555555555555555);
    x = (x & UINT64_C(0x3333333333333333)) + ((x >> 2) & UINT64_C(0x3333333333333333));
    return (int)((((x + (x >> 4)) & UINT64_C(0x0F0F0F0F0F0F0F0F)) * UINT64_C(0x0101010101010101)) >> 56);
}
#endif
