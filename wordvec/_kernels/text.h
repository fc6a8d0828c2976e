/* Words of a text: find them, hash them, number them in the order they first come, count them.

   One table is owned by one thread at a time. Its memory is malloc's, since it grows while the GIL is released; wv_free is the one
   place that gives it back, and every function that may grow it says so by returning WV_NO_MEMORY or WV_TOO_MANY. */
#ifndef WORDVEC_TEXT_H
#define WORDVEC_TEXT_H

#include <stdlib.h>
#include <string.h>
#if defined(__linux__)
#include <sys/mman.h>
#endif
#include "word_hash.h"

#define WV_NO_MEMORY (-1)
#define WV_TOO_MANY (-2)
#define WV_HUGE_PAGE ((size_t)2 << 20) /* bytes */

typedef struct { /* all that is needed to know a short word and to count it, in half a line of the cache */
    uint64_t hash;
    uint64_t head; /* the first eight bytes of the word, zeros after its end */
    int64_t count;
    uint32_t len; /* of the word, cut to 32 bits */
    uint32_t ref; /* id + 1; 0: free */
} wv_slot;

typedef struct {
    wv_slot *slots; /* [mask + 1], at most half full; a word stands at `hash >> shift`, or in the next free slot after it */
    void *memory;   /* of the slots, which start at a line of the cache, or at a huge page */
    uint64_t mask;
    int shift; /* mask + 1 = 2^(64 - shift) */
    int failed; /* why there is no slot for a word: WV_NO_MEMORY or WV_TOO_MANY */
    uint8_t *bytes; /* [bytes_room + 8] the words, one after another */
    int64_t bytes_room;
    int64_t *offsets; /* [room + 1] word i is bytes[offsets[i]:offsets[i + 1]] */
    int64_t types, room;
    wv_keys keys;
} wv_table;

/* [size] free slots; NULL where there is no memory. A table that has room for huge pages begins at one and asks for them, as
   the place of each look-up must be found in the tables of pages. A zero is written to each page: else the first look-up there
   would get the system's page of zeros, and the first word another one, of which all cores that run threads must be told. */
static wv_slot *wv_free_slots(uint64_t size, void **memory) {
    const size_t bytes = (size_t)size * sizeof(wv_slot), align = bytes < 2 * WV_HUGE_PAGE ? 64 : WV_HUGE_PAGE;
    uint8_t *const start = (uint8_t *)(*memory = calloc(1, bytes + align));
    if (!start) return NULL;
    uint8_t *const slots = start + (align - (uintptr_t)start % align);
#if defined(MADV_HUGEPAGE)
    if (align == WV_HUGE_PAGE) madvise(slots, bytes, MADV_HUGEPAGE);
#endif
    for (size_t i = 0; i < bytes; i += 4096) ((volatile uint8_t *)slots)[i] = 0;
    return (wv_slot *)(void *)slots;
}

static void wv_free(wv_table *t) {
    if (!t) return;
    free(t->memory);
    free(t->bytes);
    free(t->offsets);
    free(t);
}

static wv_table *wv_new(uint64_t seed) {
    wv_table *t = (wv_table *)calloc(1, sizeof(wv_table));
    if (!t) return NULL;
    t->mask = (1 << 12) - 1;
    t->shift = 64 - 12;
    t->room = 1 << 11;
    t->bytes_room = 1 << 14;
    t->keys = wv_new_keys(seed);
    t->slots = wv_free_slots(t->mask + 1, &t->memory);
    t->bytes = (uint8_t *)malloc((size_t)t->bytes_room + 8);
    t->offsets = (int64_t *)malloc((size_t)(t->room + 1) * sizeof(int64_t));
    if (!t->slots || !t->bytes || !t->offsets) {
        wv_free(t);
        return NULL;
    }
    t->offsets[0] = 0;
    return t;
}

/* ---- the table ---- */

static int wv_grow_slots(wv_table *t) {
    const uint64_t size = (t->mask + 1) * 2, mask = size - 1;
    const int shift = t->shift - 1;
    void *memory;
    wv_slot *slots = wv_free_slots(size, &memory);
    if (!slots) return WV_NO_MEMORY;
    for (uint64_t i = 0; i <= t->mask; i++) {
        const wv_slot s = t->slots[i];
        if (!s.ref) continue;
        uint64_t at = s.hash >> shift;
        while (slots[at].ref) at = (at + 1) & mask;
        slots[at] = s;
    }
    free(t->memory);
    t->memory = memory;
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
        t->room = room;
    }
    const int64_t used = t->offsets[t->types];
    if (t->bytes_room - used < len) {
        const int64_t room = t->bytes_room + (len > t->bytes_room / 2 ? len : t->bytes_room / 2);
        uint8_t *bytes = (uint8_t *)realloc(t->bytes, (size_t)room + 8);
        if (!bytes) return WV_NO_MEMORY;
        t->bytes = bytes;
        t->bytes_room = room;
    }
    return (uint64_t)t->types * 2 > t->mask ? wv_grow_slots(t) : 0;
}

/* Below 16 bytes, words of one length with the same head and hash are the same, as their last bytes are: see wv_last. */
static inline int wv_is(const wv_table *t, const wv_slot *s, const wv_token *w) {
    if ((s->hash ^ w->hash) | (s->head ^ w->head) | (uint64_t)(s->len ^ (uint32_t)w->len)) return 0;
    if (w->len < 16) return 1;
    const int64_t *offset = t->offsets + (s->ref - 1);
    return offset[1] - offset[0] == w->len && memcmp(t->bytes + offset[0], w->at, (size_t)w->len) == 0;
}

static wv_slot *wv_insert(wv_table *t, const wv_token *w) { /* of a word that is not there yet; NULL: see t->failed */
    if ((t->failed = wv_reserve(t, w->len)) != 0) return NULL;
    uint64_t slot = w->hash >> t->shift;
    while (t->slots[slot].ref) slot = (slot + 1) & t->mask;
    wv_slot *const s = t->slots + slot;
    const int64_t id = t->types++, start = t->offsets[id];
    if (w->len) memcpy(t->bytes + start, w->at, (size_t)w->len);
    t->offsets[id + 1] = start + w->len;
    s->hash = w->hash;
    s->head = w->head;
    s->len = (uint32_t)w->len;
    s->ref = (uint32_t)id + 1;
    return s;
}

static inline wv_slot *wv_slot_of(wv_table *t, const wv_token *w) { /* of a word, new or old; NULL: see t->failed */
    for (uint64_t slot = w->hash >> t->shift;; slot = (slot + 1) & t->mask) {
        wv_slot *s = t->slots + slot;
        if (!s->ref) return wv_insert(t, w);
        if (wv_is(t, s, w)) return s;
    }
}

static void wv_counts(const wv_table *t, int64_t *counts) { /* OUT [1 + types], the first of free slots: a branch costs more */
    for (uint64_t slot = 0; slot <= t->mask; slot++) counts[t->slots[slot].ref] = t->slots[slot].count;
}

static int64_t wv_longest_probe(const wv_table *t) { /* slots to look at, at most, to find a word that is there */
    int64_t longest = 0;
    for (uint64_t slot = 0; slot <= t->mask; slot++) {
        const int64_t probe = (int64_t)((slot - (t->slots[slot].hash >> t->shift)) & t->mask) + 1;
        if (t->slots[slot].ref && probe > longest) longest = probe;
    }
    return longest;
}

static int wv_look_up(wv_table *t, const wv_token *tokens, int64_t n, const int64_t *weights, int32_t *ids) {
    for (int64_t i = 0; i < n; i++) {
        wv_slot *const s = wv_slot_of(t, tokens + i);
        if (!s) return t->failed;
        s->count += weights ? weights[i] : 1;
        ids[i] = (int32_t)(s->ref - 1);
    }
    return 0;
}

/* Encode the text p..stop, after which WV_PAD bytes can be read. An end is the number of tokens before a newline; those
   that repeat the one before (blank lines) are left out, unless `blank`. The number of tokens, or an error. */
static int64_t wv_encode(
    wv_table *t, const uint8_t *p, const uint8_t *stop, int blank, int32_t *ids, int32_t *ends, int64_t *n_ends
) {
    wv_token batch[WV_BATCH];
    const wv_keys keys = t->keys;
    const uint8_t *at = p; /* where a word begins, if one does */
    int64_t done = 0, e = 0;
    int waiting = 0;
    for (; p < stop; p += 64) {
        for (uint64_t spaces = wv_spaces_before(p, stop); spaces; spaces &= spaces - 1) {
            const uint8_t *const space = p + wv_lowest_bit(spaces);
            if (space > at) {
                wv_take(batch + waiting, &keys, at, space - at);
                PREFETCH(t->slots + (batch[waiting].hash >> t->shift));
                if (++waiting == WV_BATCH) {
                    if (wv_look_up(t, batch, waiting, NULL, ids + done)) return t->failed;
                    done += waiting;
                    waiting = 0;
                }
            }
            if (*space == '\n' && (blank || e == 0 || ends[e - 1] != done + waiting)) ends[e++] = (int32_t)(done + waiting);
            at = space + 1;
        }
    }
    if (stop > at) wv_take(batch + waiting++, &keys, at, stop - at);
    if (wv_look_up(t, batch, waiting, NULL, ids + done)) return t->failed;
    *n_ends = e;
    return done + waiting;
}

/* Add n words given by their offsets, each `weights[i]` times (once where there are none); their ids. 0, or an error. */
static int wv_add(wv_table *t, const uint8_t *bytes, const int64_t *offsets, const int64_t *weights, int64_t n, int32_t *ids) {
    wv_token batch[WV_BATCH];
    for (int64_t first = 0; first < n; first += WV_BATCH) {
        const int64_t size = n - first < WV_BATCH ? n - first : WV_BATCH;
        for (int64_t i = 0; i < size; i++) {
            wv_take_alone(batch + i, &t->keys, bytes + offsets[first + i], offsets[first + i + 1] - offsets[first + i]);
            PREFETCH(t->slots + (batch[i].hash >> t->shift));
        }
        if (wv_look_up(t, batch, size, weights ? weights + first : NULL, ids + first)) return t->failed;
    }
    return 0;
}

/* Add the words of some slots of another table with the same keys, with their counts; ids [types of the other]. 0, or an error.
   Words stand in both tables in about the same order, so that memory is read and written in order. */
static int wv_merge(wv_table *t, const wv_table *other, int64_t first, int64_t stop, int32_t *ids) {
    for (int64_t at = first; at < stop; at++) {
        const wv_slot *const from = other->slots + at;
        if (at + 16 < stop && from[16].ref) PREFETCH(other->offsets + (from[16].ref - 1));
        if (!from->ref) continue;
        const int64_t *const offset = other->offsets + (from->ref - 1);
        const wv_token word = {from->hash, from->head, other->bytes + offset[0], offset[1] - offset[0]};
        wv_slot *const to = wv_slot_of(t, &word);
        if (!to) return t->failed;
        to->count += from->count;
        ids[from->ref - 1] = (int32_t)(to->ref - 1);
    }
    return 0;
}

/* ---- words by falling count, equal counts by bytes ---- */

typedef struct {
    uint64_t count; /* 2^64 - 1 less the count, so that both numbers rise */
    uint64_t head;  /* the first eight bytes, so that most comparisons need no other memory */
    int64_t id;
} wv_rank;

static int wv_bytes_before(const wv_table *t, int64_t left, int64_t right) {
    const int64_t *const a = t->offsets + left, *const b = t->offsets + right;
    const int64_t a_len = a[1] - a[0], b_len = b[1] - b[0];
    const int order = memcmp(t->bytes + a[0], t->bytes + b[0], (size_t)(a_len < b_len ? a_len : b_len));
    return order ? order < 0 : a_len < b_len;
}

/* Nobody can predict which of two words comes first, so that this is no branch, unless they begin alike. */
static inline int wv_before(const wv_table *t, const wv_rank *a, const wv_rank *b) {
    if (a->count == b->count && a->head == b->head) return wv_bytes_before(t, a->id, b->id);
    return (a->count < b->count) | ((a->count == b->count) & (a->head < b->head));
}

/* Merge sort: parts of 1, 2, 4, ... words go from one half of the scratch memory, [2 n], to the other. */
static void wv_sort(const wv_table *t, const int64_t *counts, int32_t *ids, int64_t n, wv_rank *scratch) {
    wv_rank *from = scratch, *to = scratch + n;
    for (int64_t i = 0; i < n; i++) {
        const int64_t id = ids[i], len = t->offsets[id + 1] - t->offsets[id];
        const uint8_t *const word = t->bytes + t->offsets[id];
        from[i].count = ~(uint64_t)counts[id];
        from[i].head = 0;
        for (int k = 0; k < 8; k++) from[i].head = from[i].head << 8 | (k < len ? word[k] : 0);
        from[i].id = id;
    }
    for (int64_t size = 1; size < n; size *= 2) {
        for (int64_t start = 0; start < n; start += 2 * size) {
            const wv_rank *left = from + start, *middle = from + (n - start < size ? n : start + size), *right = middle;
            const wv_rank *const stop = from + (n - start < 2 * size ? n : start + 2 * size);
            wv_rank *out = to + start;
            while (left < middle && right < stop) {
                const int64_t second = wv_before(t, right, left);
                *out++ = left[second * (right - left)];
                right += second;
                left += 1 - second;
            }
            for (; left < middle; left++) *out++ = *left;
            for (; right < stop; right++) *out++ = *right;
        }
        wv_rank *const done = to;
        to = from;
        from = done;
    }
    for (int64_t i = 0; i < n; i++) ids[i] = (int32_t)from[i].id;
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

#define WV_NOT_UTF8 1
#define WV_HAS_NUL 2
#define WV_HAS_UPPER 4 /* an ASCII capital */
#define WV_NOT_ASCII 8

static uint8_t wv_kind(const uint8_t *word, int64_t size) { /* eight bytes can be read after its end */
    uint64_t nul = 0, upper = 0, high = 0; /* the highest bits of bytes */
    for (int64_t i = 0; i < size; i += 8) {
        uint64_t x = wv_load8(word + i);
        if (size - i < 8) x = wv_first_bytes(x, size - i) | (WV_ALL(1) ^ wv_first_bytes(WV_ALL(1), size - i));
        const uint64_t low = x & WV_ALL(0x7f);
        nul |= ~(low + WV_ALL(0x7f)) & ~x;
        upper |= (low + WV_ALL(0x80 - 'A')) & ~(low + WV_ALL(0x7f - 'Z')) & ~x;
        high |= x;
    }
    const int not_ascii = (high & WV_ALL(0x80)) != 0;
    return (uint8_t)((nul & WV_ALL(0x80) ? WV_HAS_NUL : 0) | (upper & WV_ALL(0x80) ? WV_HAS_UPPER : 0)
                     | (not_ascii ? WV_NOT_ASCII : 0) | (not_ascii && !wv_is_utf8(word, word + size) ? WV_NOT_UTF8 : 0));
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
