/* What tiles of products of bytes share, for int8_tile_body.h. */
#ifndef WORDVEC_TILES_H
#define WORDVEC_TILES_H
#include <string.h>
#include "bits.h"

#define WV_TILE_ROWS 6 /* rows of a tile whose sums stay in registers */

static inline ptrdiff_t wv_up(ptrdiff_t x, ptrdiff_t unit)
{
    return (x + unit - 1) / unit * unit;
}

/* Four bytes as a word. */
INLINE int32_t wv_word(const char *p)
{
    int32_t word;
    memcpy(&word, p, 4);
    return word;
}
#endif
