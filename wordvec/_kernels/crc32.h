/* The CRC-32 that zlib.crc32 gives, four bytes at a time (slicing by 4, Kounavis and Berry 2005). */
#ifndef WORDVEC_CRC32_H
#define WORDVEC_CRC32_H
#include <stdint.h>

static uint32_t wv_crc_table[4][256]; /* of every byte, and of every byte before one, two and three zeros */

static inline void wv_fill_crc_table(void) { /* once, before the first wv_crc32 */
    for (uint32_t byte = 0; byte < 256; byte++) {
        uint32_t crc = byte;
        for (int bit = 0; bit < 8; bit++) crc = crc >> 1 ^ (crc & 1 ? UINT32_C(0xEDB88320) : 0);
        wv_crc_table[0][byte] = crc;
    }
    for (int zeros = 1; zeros < 4; zeros++)
        for (int byte = 0; byte < 256; byte++) {
            const uint32_t before = wv_crc_table[zeros - 1][byte];
            wv_crc_table[zeros][byte] = wv_crc_table[0][before & 255] ^ before >> 8;
        }
}

static inline uint32_t wv_crc32(const uint8_t *p, int64_t size) {
    uint32_t state = UINT32_C(0xFFFFFFFF);
    for (; size >= 4; p += 4, size -= 4) {
        state ^= (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
        state = wv_crc_table[3][state & 255] ^ wv_crc_table[2][state >> 8 & 255] ^ wv_crc_table[1][state >> 16 & 255]
            ^ wv_crc_table[0][state >> 24];
    }
    for (; size > 0; p++, size--) state = wv_crc_table[0][(state ^ *p) & 255] ^ state >> 8;
    return ~state;
}
#endif
