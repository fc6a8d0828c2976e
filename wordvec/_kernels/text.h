/* Words of a text: find them, hash them, number them in the order they first come, count them.

   One table is owned by one thread at a time. Its memory is malloc's, since it grows while the GIL is released; wv_free is the one
   place that gives it back, and every function that may grow it says so by returning WV_NO_MEMORY or WV_TOO_MANY. */
#ifndef WORDVEC_TEXT_H
#define WORDVEC_TEXT_H

#include <stdlib.h>
#include <string.h>
#include "bits.h"
#include "random.h"

#define WV_NO_MEMORY (-1)
#define WV_TOO_MANY (-2)
#define WV_PAD 16   /* bytes that may be overwritten with spaces after the end of a text */
#define WV_BATCH 64 /* tokens between hashing and look-up: long enough for a slot to come from memory */

typedef struct {
    uint64_t hash;
    uint32_t len; /* of the word, cut to 32 bits */
    uint32_t ref; /* id + 1; 0: free */
} wv_slot;

typedef struct { /* random and secret, so that nobody can write a text whose words collide: see "hashes" */
    uint64_t first, block, odd[2];
} wv_keys;

typedef struct {
    wv_slot *slots; /* [mask + 1], at most half full; a word stands at `hash >> shift`, or in the next free slot after it */
    uint64_t mask;
    int shift; /* mask + 1 = 2^(64 - shift) */
    uint8_t *bytes; /* the words, one after another */
    int64_t bytes_room;
    int64_t *offsets; /* [room + 1] word i is bytes[offsets[i]:offsets[i + 1]] */
    int64_t *counts;  /* [room] */
    int64_t types, room;
    wv_keys keys;
} wv_table;

typedef struct {
    uint64_t hash;
    const uint8_t *at;
    int64_t len;
} wv_token;

static void wv_free(wv_table *t) {
    if (!t) return;
    free(t->slots);
    free(t->bytes);
    free(t->offsets);
    free(t->counts);
    free(t);
}

static wv_table *wv_new(uint64_t seed) {
    wv_table *t = (wv_table *)calloc(1, sizeof(wv_table));
    if (!t) return NULL;
    t->mask = (1 << 12) - 1;
    t->shift = 64 - 12;
    t->room = 1 << 11;
    t->bytes_room = 1 << 14;
    t->keys.first = wv_draw(&seed);
    t->keys.block = wv_draw(&seed) | 1;
    t->keys.odd[0] = wv_draw(&seed) | 1;
    t->keys.odd[1] = wv_draw(&seed) | 1;
    t->slots = (wv_slot *)calloc(t->mask + 1, sizeof(wv_slot));
    t->bytes = (uint8_t *)malloc((size_t)t->bytes_room);
    t->offsets = (int64_t *)malloc((size_t)(t->room + 1) * sizeof(int64_t));
    t->counts = (int64_t *)malloc((size_t)t->room * sizeof(int64_t));
    if (!t->slots || !t->bytes || !t->offsets || !t->counts) {
        wv_free(t);
        return NULL;
    }
    t->offsets[0] = 0;
    return t;
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

static inline int wv_is_space(uint8_t c) { return c == ' ' || (uint8_t)(c - 9) < 5; } /* 9..13: \t \n \v \f \r */

#define WV_ALL(c) ((uint64_t)0x0101010101010101 * (c))

static inline uint64_t wv_spaces(uint64_t x) { /* the high bit of every byte that is white space; no carries between bytes */
    const uint64_t low = x & WV_ALL(0x7f), other = (x ^ WV_ALL(0x20)) & WV_ALL(0x7f);
    const uint64_t control = (low + WV_ALL(0x80 - 9)) & ~(low + WV_ALL(0x80 - 14));
    return (control | ~(other + WV_ALL(0x7f))) & ~x & WV_ALL(0x80);
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

static inline uint64_t wv_hash(const wv_table *t, const uint8_t *p, int64_t len) { /* as wv_encode hashes; reads only the word itself */
    uint64_t h = t->keys.first, word = 0;
    for (; len >= 8; p += 8, len -= 8) h = wv_more(h, wv_load8(p), t->keys.block);
    for (int64_t i = 0; i < len; i++) word |= (uint64_t)p[i] << (8 * i);
    return wv_last(h ^ word, &t->keys);
}

/* ---- the table ---- */

static int wv_grow_slots(wv_table *t) {
    const uint64_t size = (t->mask + 1) * 2, mask = size - 1;
    const int shift = t->shift - 1;
    wv_slot *slots = (wv_slot *)calloc(size, sizeof(wv_slot));
    if (!slots) return WV_NO_MEMORY;
    for (uint64_t i = 0; i <= t->mask; i++) {
        const wv_slot s = t->slots[i];
        if (!s.ref) continue;
        uint64_t at = s.hash >> shift;
        while (slots[at].ref) at = (at + 1) & mask;
        slots[at] = s;
    }
    free(t->slots);
    t->slots = slots;
    t->mask = mask;
    t->shift = shift;
    return 0;
}

static int wv_reserve(wv_table *t, int64_t len) { /* room for one more word of that length */
    if (t->types >= INT32_MAX - 1) return WV_TOO_MANY;
    if (t->types == t->room) {
        const int64_t room = t->room * 2;
        int64_t *offsets = (int64_t *)realloc(t->offsets, (size_t)(room + 1) * sizeof(int64_t));
        if (!offsets) return WV_NO_MEMORY;
        t->offsets = offsets;
        int64_t *counts = (int64_t *)realloc(t->counts, (size_t)room * sizeof(int64_t));
        if (!counts) return WV_NO_MEMORY;
        t->counts = counts;
        t->room = room;
    }
    const int64_t used = t->offsets[t->types];
    if (t->bytes_room - used < len) {
        const int64_t room = t->bytes_room + (len > t->bytes_room / 2 ? len : t->bytes_room / 2);
        uint8_t *bytes = (uint8_t *)realloc(t->bytes, (size_t)room);
        if (!bytes) return WV_NO_MEMORY;
        t->bytes = bytes;
        t->bytes_room = room;
    }
    return (uint64_t)t->types * 2 > t->mask ? wv_grow_slots(t) : 0;
}

static inline int wv_is(const wv_table *t, const wv_slot *s, uint64_t hash, const uint8_t *at, int64_t len) {
    if (s->hash != hash || s->len != (uint32_t)len) return 0;
    if (len < 8) return 1;
    const int64_t *offset = t->offsets + (s->ref - 1);
    return offset[1] - offset[0] == len && memcmp(t->bytes + offset[0], at, (size_t)len) == 0;
}

static int64_t wv_insert(wv_table *t, uint64_t hash, const uint8_t *at, int64_t len) { /* a word that is not there yet */
    const int failed = wv_reserve(t, len);
    if (failed) return failed;
    uint64_t slot = hash >> t->shift;
    while (t->slots[slot].ref) slot = (slot + 1) & t->mask;
    const int64_t id = t->types++, start = t->offsets[id];
    memcpy(t->bytes + start, at, (size_t)len);
    t->offsets[id + 1] = start + len;
    t->counts[id] = 0;
    t->slots[slot].hash = hash;
    t->slots[slot].len = (uint32_t)len;
    t->slots[slot].ref = (uint32_t)id + 1;
    return id;
}

static inline int64_t wv_id(wv_table *t, uint64_t hash, const uint8_t *at, int64_t len) { /* the id of a word, new or old */
    for (uint64_t slot = hash >> t->shift;; slot = (slot + 1) & t->mask) {
        const wv_slot *s = t->slots + slot;
        if (!s->ref) return wv_insert(t, hash, at, len);
        if (wv_is(t, s, hash, at, len)) return (int64_t)s->ref - 1;
    }
}

static int64_t wv_longest_probe(const wv_table *t) { /* slots to look at, at most, to find a word that is there */
    int64_t longest = 0;
    for (uint64_t slot = 0; slot <= t->mask; slot++) {
        const int64_t probe = (int64_t)((slot - (t->slots[slot].hash >> t->shift)) & t->mask) + 1;
        if (t->slots[slot].ref && probe > longest) longest = probe;
    }
    return longest;
}

static int wv_look_up(wv_table *t, const wv_token *tokens, int64_t n, int32_t *ids) {
    for (int64_t i = 0; i < n; i++) {
        const int64_t id = wv_id(t, tokens[i].hash, tokens[i].at, tokens[i].len);
        if (id < 0) return (int)id;
        t->counts[id]++;
        ids[i] = (int32_t)id;
    }
    return 0;
}

/* Encode the text p..stop, after which WV_PAD bytes are white space. An end is the number of tokens before a newline; those
   that repeat the one before (blank lines) are left out, unless `blank`. The number of tokens, or an error. */
static int64_t wv_encode(
    wv_table *t, const uint8_t *p, const uint8_t *stop, int blank, int32_t *ids, int32_t *ends, int64_t *n_ends
) {
    wv_token batch[WV_BATCH];
    const wv_keys keys = t->keys;
    int64_t done = 0, e = 0;
    int waiting = 0;
    for (;;) {
        for (; p < stop && wv_is_space(*p); p++)
            if (*p == '\n' && (blank || e == 0 || ends[e - 1] != done + waiting)) ends[e++] = (int32_t)(done + waiting);
        if (p >= stop || waiting == WV_BATCH) {
            const int failed = wv_look_up(t, batch, waiting, ids + done);
            if (failed) return failed;
            done += waiting;
            waiting = 0;
            if (p >= stop) break;
        }
        const uint8_t *const at = p;
        uint64_t h = keys.first, word, spaces;
        while (!(spaces = wv_spaces(word = wv_load8(p)))) {
            h = wv_more(h, word, keys.block);
            p += 8;
        }
        const int bits = wv_lowest_bit(spaces) & ~7; /* of the word in its last load; may be none */
        h = wv_last(h ^ (word & (((uint64_t)1 << bits) - 1)), &keys);
        p += bits >> 3;
        PREFETCH(t->slots + (h >> t->shift));
        batch[waiting].hash = h;
        batch[waiting].at = at;
        batch[waiting].len = p - at;
        waiting++;
    }
    *n_ends = e;
    return done;
}

/* Add n words given by their offsets, each `weights[i]` times (once where there are none); their ids. 0, or an error. */
static int wv_add(wv_table *t, const uint8_t *bytes, const int64_t *offsets, const int64_t *weights, int64_t n, int32_t *ids) {
    wv_token batch[WV_BATCH];
    for (int64_t first = 0; first < n; first += WV_BATCH) {
        const int64_t size = n - first < WV_BATCH ? n - first : WV_BATCH;
        for (int64_t i = 0; i < size; i++) {
            batch[i].at = bytes + offsets[first + i];
            batch[i].len = offsets[first + i + 1] - offsets[first + i];
            batch[i].hash = wv_hash(t, batch[i].at, batch[i].len);
            PREFETCH(t->slots + (batch[i].hash >> t->shift));
        }
        for (int64_t i = 0; i < size; i++) {
            const int64_t id = wv_id(t, batch[i].hash, batch[i].at, batch[i].len);
            if (id < 0) return (int)id;
            t->counts[id] += weights ? weights[first + i] : 1;
            ids[first + i] = (int32_t)id;
        }
    }
    return 0;
}

/* ---- words by falling count, equal counts by bytes ---- */

typedef struct {
    int64_t count;
    uint64_t head; /* the first eight bytes, so that most comparisons need no other memory */
    const uint8_t *at;
    int64_t len;
    int64_t id;
} wv_rank;

static int wv_compare(const void *left, const void *right) {
    const wv_rank *a = (const wv_rank *)left, *b = (const wv_rank *)right;
    if (a->count != b->count) return a->count > b->count ? -1 : 1;
    if (a->head != b->head) return a->head < b->head ? -1 : 1;
    const int order = memcmp(a->at, b->at, (size_t)(a->len < b->len ? a->len : b->len));
    return order ? order : (a->len > b->len) - (a->len < b->len);
}

static void wv_sort(const wv_table *t, int32_t *ids, int64_t n, wv_rank *scratch) {
    for (int64_t i = 0; i < n; i++) {
        wv_rank *r = scratch + i;
        r->id = ids[i];
        r->count = t->counts[r->id];
        r->at = t->bytes + t->offsets[r->id];
        r->len = t->offsets[r->id + 1] - t->offsets[r->id];
        r->head = 0;
        for (int k = 0; k < 8; k++) r->head = r->head << 8 | (k < r->len ? r->at[k] : 0);
    }
    qsort(scratch, (size_t)n, sizeof(wv_rank), wv_compare);
    for (int64_t i = 0; i < n; i++) ids[i] = (int32_t)scratch[i].id;
}

/* ---- what kind of word it is ---- */

static int wv_is_utf8(const uint8_t *p, const uint8_t *stop) { /* as strict as Python: no overlong forms, no surrogates */
    while (p < stop) {
        const uint8_t c = *p++;
        if (c < 0x80) continue;
        const int more = c >= 0xC2 && c < 0xE0 ? 1 : (c & 0xF0) == 0xE0 ? 2 : c >= 0xF0 && c < 0xF5 ? 3 : 0;
        if (!more || stop - p < more) return 0;
        const uint8_t low = c == 0xE0 ? 0xA0 : c == 0xF0 ? 0x90 : 0x80, high = c == 0xED ? 0x9F : c == 0xF4 ? 0x8F : 0xBF;
        if (p[0] < low || p[0] > high) return 0;
        for (int i = 1; i < more; i++)
            if ((p[i] & 0xC0) != 0x80) return 0;
        p += more;
    }
    return 1;
}

/* ---- a checksum that is as fast as memory; each step is a bijection of its lane, so no single change goes unseen ---- */

static void wv_checksum(const uint8_t *p, int64_t size, uint64_t lanes[4]) {
    uint8_t tail[32] = {0};
    for (int lane = 0; lane < 4; lane++) lanes[lane] = (uint64_t)0x9E3779B97F4A7C15 * (uint64_t)(lane + 1);
    for (; size > 0; p += 32, size -= 32) {
        if (size < 32) {
            memcpy(tail, p, (size_t)size);
            p = tail;
        }
        for (int lane = 0; lane < 4; lane++) {
            const uint64_t h = (lanes[lane] ^ wv_load8(p + 8 * lane)) * (uint64_t)0xD6E8FEB86659FD93;
            lanes[lane] = h ^ h >> 32;
        }
    }
}

#endif
