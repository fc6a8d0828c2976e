/* Triples of numbers in a table, and the pairs of words of sentences: counted, and joined where they are phrases. */
#ifndef WORDVEC_PHRASES_H
#define WORDVEC_PHRASES_H
#include "cpu.h"
#include "hash.h"

#define WV_CONNECTOR 1 /* kinds of words: may stand within a phrase, and neither begins nor ends one */
#define WV_BEGINS 2    /* some phrase begins with the word */
#define WV_ENDS 4      /* some phrase ends with it */

/* Distinct triples in the order they first come, with their counts. A slot is a number + 1, or 0. */
typedef struct {
    uint32_t *slots; /* [mask + 1] */
    uint32_t *keys;  /* [room, 3] */
    int64_t *counts; /* [room] */
    uint64_t mask, seed;
    int64_t size;
} wv_triples;

/* The slot of a triple, which is empty where it has no number. */
INLINE uint64_t wv_slot(const wv_triples *t, uint32_t first, uint32_t second, uint32_t link)
{
    uint64_t slot = wv_mixed((((uint64_t)first << 32 | second) ^ t->seed) + link * UINT64_C(0x9e3779b97f4a7c15));
    for (slot &= t->mask; t->slots[slot]; slot = (slot + 1) & t->mask) {
        const uint32_t *key = t->keys + 3 * ((uint64_t)t->slots[slot] - 1);
        if (key[0] == first && key[1] == second && key[2] == link)
            break;
    }
    return slot;
}

/* The number of a triple, -1 where it has none. */
INLINE int64_t wv_find(const wv_triples *t, uint32_t first, uint32_t second, uint32_t link)
{
    return (int64_t)t->slots[wv_slot(t, first, second, link)] - 1;
}

/* The number of a triple, which is added where it has none; there must be room. */
INLINE int64_t wv_number(wv_triples *t, uint32_t first, uint32_t second, uint32_t link)
{
    uint64_t slot = wv_slot(t, first, second, link);
    if (!t->slots[slot]) {
        uint32_t *key = t->keys + 3 * t->size;
        key[0] = first;
        key[1] = second;
        key[2] = link;
        t->counts[t->size] = 0;
        t->slots[slot] = (uint32_t)++t->size;
    }
    return (int64_t)t->slots[slot] - 1;
}

/* The pairs of a sentence whose first word is of a bin: (word, next word, the connectors between them). */
INLINE void wv_list_pairs(
    const int32_t *ids,   /* IN    [n] */
    int64_t n,            /* IN */
    const uint8_t *kinds, /* IN    [words] */
    const int32_t *bins,  /* IN    [words] the bin of a pair, by its first word; -1: none */
    wv_triples *links,    /* INOUT sequences of connectors: (the number + 1 of a shorter one or 0, connector, 0) */
    int64_t *next,        /* INOUT [bins] where the next pair of a bin goes */
    uint32_t *pairs)      /* OUT   [room, 3] */
{
    int64_t i, first = -1, bin;
    uint32_t link = 0;
    for (i = 0; i < n; i++) {
        if (kinds[ids[i]] & WV_CONNECTOR) {
            if (first >= 0)
                link = (uint32_t)wv_number(links, link, (uint32_t)ids[i], 0) + 1;
            continue;
        }
        if (first >= 0 && (bin = bins[ids[first]]) >= 0) {
            uint32_t *pair = pairs + 3 * next[bin]++;
            pair[0] = (uint32_t)ids[first];
            pair[1] = (uint32_t)ids[i];
            pair[2] = link;
        }
        first = i;
        link = 0;
    }
}

/* A sentence with its phrases joined, from left to right; how many tokens it has. */
INLINE int64_t wv_join(
    const int32_t *ids,         /* IN  [n] */
    int64_t n,                  /* IN */
    const uint8_t *kinds,       /* IN  [words] */
    const wv_triples *links,    /* IN  sequences of connectors within phrases */
    const wv_triples *phrases,  /* IN  (first word, last word, link) */
    const int32_t *word_ids,    /* IN  [words] the new ids of words */
    const int32_t *phrase_ids,  /* IN  [phrases] those of phrases */
    int32_t *joined)            /* OUT [n] */
{
    int64_t i, k, first = -1, size = 0, link = 0, phrase;
    for (i = 0; i < n; i++) {
        const uint8_t kind = kinds[ids[i]];
        if (first < 0) { /* nothing is open */
            if (kind & WV_BEGINS)
                first = i, link = 0;
            else
                joined[size++] = word_ids[ids[i]];
            continue;
        }
        if (kind & WV_CONNECTOR) {
            link = link < 0 ? -1 : wv_find(links, (uint32_t)link, (uint32_t)ids[i], 0) + 1;
            link = link == 0 ? -1 : link;
            continue;
        }
        phrase = kind & WV_ENDS && link >= 0 ? wv_find(phrases, (uint32_t)ids[first], (uint32_t)ids[i], (uint32_t)link) : -1;
        if (phrase >= 0) {
            joined[size++] = phrase_ids[phrase];
            first = -1;
            continue;
        }
        for (k = first; k < i; k++)
            joined[size++] = word_ids[ids[k]];
        first = kind & WV_BEGINS ? i : -1;
        link = 0;
        if (first < 0)
            joined[size++] = word_ids[ids[i]];
    }
    for (k = first; first >= 0 && k < n; k++)
        joined[size++] = word_ids[ids[k]];
    return size;
}
#endif
