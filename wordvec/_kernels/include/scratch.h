/* Scratch memory in pieces. A kernel takes its pieces in one function, which counts their bytes where there is no memory
   yet; so the size of the scratch is written in one place. */
#ifndef WORDVEC_SCRATCH_H
#define WORDVEC_SCRATCH_H
#include "cpu.h"

struct wv_scratch {
    char *base;  /* at a multiple of 64 bytes; NULL: bytes are counted only */
    size_t used;
};

/* The next piece, at a multiple of 64 bytes; NULL where bytes are counted only. */
INLINE void *wv_take(
    struct wv_scratch *scratch, /* INOUT */
    size_t count,
    size_t size)                /* bytes of each of `count` items */
{
    void *piece = scratch->base ? scratch->base + scratch->used : NULL;
    scratch->used += (count * size + 63) / 64 * 64;
    return piece;
}
#endif
