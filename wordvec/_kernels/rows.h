/* The rows of words for rows.pyx: hashes of their n-grams, and means of rows.

   A word is read with `<` before it and `>` after it. A character is a byte and the bytes 10xxxxxx that follow it,
   so that bytes that are no UTF-8 have characters too, those of fastText. */
#ifndef WORDVEC_ROWS_H
#define WORDVEC_ROWS_H
#include <string.h>
#include "hash.h"

enum { WV_FASTTEXT, WV_FLORET, WV_FINALFUSION, WV_BYTES, WV_GENSIM };

#if defined(__GNUC__)
typedef float wv_loose_float __attribute__((aligned(1), may_alias)); /* a mapped file aligns nothing */
#else
typedef float wv_loose_float;
#endif

/* How words become rows. */
typedef struct {
    int kind;
    int64_t min_n, max_n; /* characters */
    int edges;            /* whether the first and the last character alone are n-grams */
    uint32_t bucket;      /* rows of the table; a power of two for finalfusion */
    uint32_t seed;        /* floret */
    int hashes;           /* floret: rows of an n-gram, 1 to 4 */
    int32_t base;         /* added to every row */
} wv_scheme;

static inline int wv_inside(uint8_t byte)
{
    return (byte & 0xC0) == 0x80;
}

/* Bytes that start a character, of a word without its padding. */
static inline int64_t wv_characters(const uint8_t *word, int64_t size)
{
    int64_t count = 0, i;
    for (i = 0; i < size; i++)
        count += !wv_inside(word[i]);
    return count;
}

/* N-grams of a padded word of so many characters. */
static inline int64_t wv_ngrams(int64_t characters, int64_t min_n, int64_t max_n, int edges)
{
    int64_t low = min_n < 1 ? 1 : min_n, high = max_n < characters ? max_n : characters, count;
    if (high < low)
        return 0;
    /* characters - n + 1 of every length n */
    count = (high - low + 1) * (characters + 1) - (low + high) * (high - low + 1) / 2;
    return low == 1 && !edges ? count - 2 : count;
}

/* Runs BODY for every n-gram text[i:j] of n characters, after STEP for each of its bytes text[j]; START comes first.
   text[size] must not be 10xxxxxx. */
#define WV_EACH_NGRAM(START, STEP, BODY)                                                                               \
    for (i = 0; i < size; i++) {                                                                                       \
        if (wv_inside(text[i]))                                                                                        \
            continue;                                                                                                  \
        START;                                                                                                         \
        for (j = i, n = 1; n <= max_n && j < size; n++) {                                                              \
            do {                                                                                                       \
                STEP;                                                                                                  \
                j++;                                                                                                   \
            } while (wv_inside(text[j]));                                                                              \
            if (n >= min_n && (edges || n > 1 || (i > 0 && j < size))) {                                               \
                BODY;                                                                                                  \
            }                                                                                                          \
        }                                                                                                              \
    }

/* fastText: FNV-1a of 32 bits whose bytes are sign-extended, as its models have it. */
static inline int32_t *wv_fasttext_rows(
    const uint8_t *text,     /* IN  [size + 1] padded */
    int64_t size,            /* IN */
    const wv_scheme *scheme, /* IN */
    int32_t *out)            /* OUT */
{
    const int64_t min_n = scheme->min_n, max_n = scheme->max_n;
    const int edges = scheme->edges;
    const uint32_t bucket = scheme->bucket;
    const int32_t base = scheme->base;
    uint32_t hash;
    int64_t i, j, n;
    WV_EACH_NGRAM(hash = WV_FNV32, hash = wv_fasttext_step(hash, text[j]),
                  *out++ = base + (int32_t)(hash % bucket))
    return out;
}

static inline int32_t *wv_murmur_rows(
    const uint8_t *text,     /* IN  [size] */
    int64_t size,            /* IN */
    const wv_scheme *scheme, /* IN */
    int32_t *out)            /* OUT [hashes] */
{
    uint64_t hash[2];
    int k;
    wv_murmur(text, size, scheme->seed, hash);
    for (k = 0; k < scheme->hashes; k++)
        *out++ = scheme->base + (int32_t)((uint32_t)(hash[k / 2] >> (k % 2 ? 32 : 0)) % scheme->bucket);
    return out;
}

/* floret: the padded word, then its n-grams, each at `hashes` rows. */
static inline int32_t *wv_floret_rows(
    const uint8_t *text,     /* IN  [size + 1] padded */
    int64_t size,            /* IN */
    const wv_scheme *scheme, /* IN */
    int32_t *out)            /* OUT */
{
    const int64_t min_n = scheme->min_n, max_n = scheme->max_n;
    const int edges = scheme->edges;
    int64_t i, j, n;
    out = wv_murmur_rows(text, size, scheme, out);
    WV_EACH_NGRAM((void)0, (void)0, out = wv_murmur_rows(text + i, j - i, scheme, out))
    return out;
}

/* The code points of a text, and how many. */
static inline int64_t wv_code_points(
    const uint8_t *text, /* IN  [size + 1] */
    int64_t size,        /* IN */
    uint32_t *points)    /* OUT [size] */
{
    int64_t i = 0, count = 0;
    while (i < size) {
        uint8_t byte = text[i++];
        uint32_t point = byte < 0x80 ? byte : byte < 0xE0 ? byte & 31u : byte < 0xF0 ? byte & 15u : byte & 7u;
        while (wv_inside(text[i]))
            point = (point << 6) | (text[i++] & 63u);
        points[count++] = point;
    }
    return count;
}

/* finalfusion: FNV-1a of 64 bits over the number of characters and each of them as 32 bits. */
static inline int32_t *wv_finalfusion_rows(
    const uint8_t *text,     /* IN  [size + 1] padded */
    int64_t size,            /* IN */
    const wv_scheme *scheme, /* IN */
    uint32_t *points,        /* OUT scratch [size] */
    int32_t *out)            /* OUT */
{
    const int64_t count = wv_code_points(text, size, points);
    int64_t i, j, n;
    for (i = 0; i < count; i++) {
        for (n = scheme->min_n < 1 ? 1 : scheme->min_n; n <= scheme->max_n && i + n <= count; n++) {
            uint64_t hash;
            if (n == 1 && !scheme->edges && (i == 0 || i == count - 1))
                continue;
            hash = wv_fnv64(WV_FNV64, (uint64_t)n, 8);
            for (j = i; j < i + n; j++)
                hash = wv_fnv64(hash, points[j], 4);
            *out++ = scheme->base + (int32_t)(hash & (scheme->bucket - 1));
        }
    }
    return out;
}

/* gensim before 3.8: FNV-1a of 32 bits over code points, each as one number. */
static inline int32_t *wv_gensim_rows(
    const uint8_t *text,     /* IN  [size + 1] padded */
    int64_t size,            /* IN */
    const wv_scheme *scheme, /* IN */
    uint32_t *points,        /* OUT scratch [size] */
    int32_t *out)            /* OUT */
{
    const int64_t count = wv_code_points(text, size, points);
    int64_t i, n;
    for (i = 0; i < count; i++) {
        uint32_t hash = WV_FNV32;
        for (n = 1; n <= scheme->max_n && i + n <= count; n++) {
            hash = wv_fnv32(hash, points[i + n - 1]);
            if (n >= scheme->min_n)
                *out++ = scheme->base + (int32_t)(hash % scheme->bucket);
        }
    }
    return out;
}

/* byteSteady: FNV-1a of 64 bits over runs of bytes, whatever characters they are of; `<` and `>` alone are n-grams. */
static inline int32_t *wv_byte_rows(
    const uint8_t *text,     /* IN  [size] padded */
    int64_t size,            /* IN */
    const wv_scheme *scheme, /* IN */
    int32_t *out)            /* OUT */
{
    int64_t i, n;
    for (i = 0; i < size; i++) {
        uint64_t hash = WV_FNV64;
        for (n = 1; n <= scheme->max_n && i + n <= size; n++) {
            hash = wv_fnv64(hash, text[i + n - 1], 1);
            if (n >= scheme->min_n)
                *out++ = scheme->base + (int32_t)(hash % scheme->bucket);
        }
    }
    return out;
}

/* The n-grams themselves: bytes where `data` is given, and the end of each where `ends` is; how many bytes. */
static inline int64_t wv_ngram_bytes(
    const uint8_t *text, /* IN  [size + 1] padded */
    int64_t size,        /* IN */
    int64_t min_n,       /* IN */
    int64_t max_n,       /* IN */
    int edges,           /* IN */
    uint8_t *data,       /* OUT or NULL */
    int64_t *ends,       /* OUT or NULL */
    int64_t written)     /* IN  bytes before them */
{
    const int64_t start = written;
    int64_t i, j, n;
    WV_EACH_NGRAM((void)0, (void)0, {
        if (data != NULL)
            memcpy(data + written, text + i, (size_t)(j - i));
        written += j - i;
        if (ends != NULL)
            *ends++ = written;
    })
    return written - start;
}

#define WV_BODY "rows_body.h"
#include "levels.h"

typedef void (*wv_mean_function)(const char *, ptrdiff_t, const int32_t *, int64_t, int64_t, int, float *);
static const wv_mean_function wv_means[] = WV_TABLE(mean);
#endif
