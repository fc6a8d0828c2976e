/* Where words end, and their hashes: for text.h, which numbers the words of a corpus, and for words.pyx, which looks up those of
   texts. */
#ifndef WORDVEC_WORD_HASH_H
#define WORDVEC_WORD_HASH_H

#include <string.h>
#include "bits.h"
#include "cpu.h"
#include "random.h"

#define WV_PAD 16   /* bytes that must be readable after the end of a text */
#define WV_BATCH 64 /* tokens between hashing and look-up: long enough for a slot to come from memory */

typedef struct {
    uint64_t hash, head;
    const uint8_t *at;
    int64_t len;
} wv_token;

typedef struct { /* random and secret, so that nobody can write a text whose words collide: see "hashes" */
    uint64_t first, block, odd[2];
} wv_keys;

static inline wv_keys wv_new_keys(uint64_t seed) {
    wv_keys keys;
    keys.first = wv_draw(&seed);
    keys.block = wv_draw(&seed) | 1;
    keys.odd[0] = wv_draw(&seed) | 1;
    keys.odd[1] = wv_draw(&seed) | 1;
    return keys;
}

/* ---- white space and hashes, eight bytes at a time; the first byte of the text is the lowest of the number ---- */

static inline uint64_t wv_load8(const uint8_t *p) {
    uint64_t x;
    memcpy(&x, p, 8);
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    x = __builtin_bswap64(x);
#endif
    return x;
}

#define WV_ALL(c) ((uint64_t)0x0101010101010101 * (c)) /* a byte, eight times */

static inline int wv_is_space(uint8_t c) { return c == ' ' || (uint8_t)(c - 9) < 5; } /* 9..13: \t \n \v \f \r */

#if WV_X86 /* all of these processors have SSE2 */
static inline uint64_t wv_16_spaces(const uint8_t *p) {
    const __m128i x = _mm_loadu_si128((const __m128i *)p), from_tab = _mm_sub_epi8(x, _mm_set1_epi8(9));
    const __m128i control = _mm_cmpeq_epi8(_mm_min_epu8(from_tab, _mm_set1_epi8(4)), from_tab);
    return (uint32_t)_mm_movemask_epi8(_mm_or_si128(control, _mm_cmpeq_epi8(x, _mm_set1_epi8(' '))));
}

/* Bit i: whether byte i of 64 is white space. */
static inline uint64_t wv_64_spaces(const uint8_t *p) {
    return wv_16_spaces(p) | wv_16_spaces(p + 16) << 16 | wv_16_spaces(p + 32) << 32 | wv_16_spaces(p + 48) << 48;
}
#else
static inline uint64_t wv_spaces(uint64_t x) { /* the high bit of every byte that is white space; no carries between bytes */
    const uint64_t low = x & WV_ALL(0x7f), other = (x ^ WV_ALL(0x20)) & WV_ALL(0x7f);
    const uint64_t control = (low + WV_ALL(0x80 - 9)) & ~(low + WV_ALL(0x80 - 14));
    return (control | ~(other + WV_ALL(0x7f))) & ~x & WV_ALL(0x80);
}

/* Bit i: whether byte i of 64 is white space. The product moves the highest bits of eight bytes side by side. */
static inline uint64_t wv_64_spaces(const uint8_t *p) {
    uint64_t bits = 0;
    for (int i = 0; i < 64; i += 8) bits |= (wv_spaces(wv_load8(p + i)) >> 7) * UINT64_C(0x0102040810204080) >> 56 << i;
    return bits;
}
#endif

/* The same of the bytes before `stop`, which may be fewer than 64. */
static inline uint64_t wv_spaces_before(const uint8_t *p, const uint8_t *stop) {
    if (stop - p >= 64) return wv_64_spaces(p);
    uint8_t rest[64] = {0}; /* no white space */
    memcpy(rest, p, (size_t)(stop - p));
    return wv_64_spaces(rest);
}

/* All eight bytes of a word but its last, shorter piece go through a multiplication by a secret number whose 128 bits are
   folded into 64 (the "mum" of Wang's wyhash), so that what a difference of two words does to the hash depends on the
   secret. The last piece goes through multiplications by secret odd numbers, of which the highest bits are the slot:
   by Dietzfelbinger et al. 1997, "A reliable randomized algorithm for the closest-pair problem", two different numbers
   share the k highest bits for at most 2 of 2^k multipliers, whatever the numbers are. */

static inline uint64_t wv_more(uint64_t h, uint64_t word, uint64_t key) { /* a hash that has seen eight more bytes */
    h ^= word;
#if defined(__SIZEOF_INT128__)
    const unsigned __int128 product = (unsigned __int128)h * key;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
#elif defined(_MSC_VER) && defined(_M_X64)
    uint64_t high;
    const uint64_t low = _umul128(h, key, &high);
    return low ^ high;
#else
    const uint64_t a = h >> 32, b = (uint32_t)h, c = key >> 32, d = (uint32_t)key;
    const uint64_t middle = (b * d >> 32) + (uint32_t)(a * d) + (uint32_t)(b * c);
    return h * key ^ (a * c + (a * d >> 32) + (b * c >> 32) + (middle >> 32));
#endif
}

static inline uint64_t wv_last(uint64_t h, const wv_keys *keys) { /* a bijection: words below eight bytes that differ have other hashes */
    h *= keys->odd[0];
    h ^= h >> 32;
    return h * keys->odd[1];
}

static inline uint64_t wv_first_bytes(uint64_t x, int64_t n) { return x & (((uint64_t)1 << (8 * n)) - 1); } /* n < 8 */

/* A word, of which 16 bytes can be read even where it is shorter. Nobody can predict whether a word has eight bytes, so
   that is no branch. */
static inline void wv_take(wv_token *token, const wv_keys *keys, const uint8_t *at, int64_t len) {
    const uint64_t first = wv_load8(at), more = wv_more(keys->first, first, keys->block);
    const int longer = len >= 8;
    uint64_t h = longer ? more : keys->first, last = wv_first_bytes(wv_load8(at + (longer ? 8 : 0)), len & 7);
    token->head = longer ? first : last;
    token->at = at;
    token->len = len;
    if (len >= 16) {
        const int rest = (int)(len & 7);
        for (int64_t i = 8; i + 8 <= len; i += 8) h = wv_more(h, wv_load8(at + i), keys->block);
        last = rest ? wv_load8(at + len - 8) >> (64 - 8 * rest) : 0;
    }
    token->hash = wv_last(h ^ last, keys);
}

static inline void wv_take_alone(wv_token *token, const wv_keys *keys, const uint8_t *at, int64_t len) { /* reads the word only */
    uint8_t copy[16] = {0};
    if (len < 16) {
        if (len) memcpy(copy, at, (size_t)len);
        wv_take(token, keys, copy, len);
        token->at = at;
    } else
        wv_take(token, keys, at, len);
}

/* ---- words of a vocabulary that were looked up lately: one at each place ---- */

typedef struct {
    uint64_t hash, head;
    uint32_t len; /* below 16, so that these three know the word; 0: free */
    int32_t row;
} wv_known;

#define WV_KNOWN_BITS 14 /* 16,384 places: 400 kB */

static inline wv_known *wv_place(wv_known *known, const wv_token *w) {
    return known + (w->hash >> (64 - WV_KNOWN_BITS));
}

static inline int wv_knows(const wv_known *k, const wv_token *w) {
    return !((k->hash ^ w->hash) | (k->head ^ w->head) | ((uint64_t)k->len ^ (uint64_t)w->len));
}

static inline void wv_learn(wv_known *k, const wv_token *w, int32_t row) {
    if (w->len >= 16) return;
    k->hash = w->hash;
    k->head = w->head;
    k->len = (uint32_t)w->len;
    k->row = row;
}

#endif
