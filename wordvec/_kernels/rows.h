/* The rows of words for rows.pyx: hashes of their n-grams, and means of rows, compiled for the baseline and AVX2.

   A word is read with `<` before it and `>` after it. A character is a byte and the bytes 10xxxxxx that follow it,
   so that bytes that are no UTF-8 have characters too, those of fastText. */
#ifndef WORDVEC_ROWS_H
#define WORDVEC_ROWS_H
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum { WV_FASTTEXT, WV_FLORET, WV_FINALFUSION, WV_BYTES, WV_GENSIM };

#if defined(__GNUC__)
typedef float wv_loose_float __attribute__((aligned(1), may_alias)); /* a mapped file aligns nothing */
#define WV_PREFETCH(p) __builtin_prefetch(p)
#else
typedef float wv_loose_float;
#define WV_PREFETCH(p) ((void)0)
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
    WV_EACH_NGRAM(hash = 2166136261u, hash = (hash ^ (uint32_t)(int32_t)(int8_t)text[j]) * 16777619u,
                  *out++ = base + (int32_t)(hash % bucket))
    return out;
}

static inline uint64_t wv_rotated(uint64_t x, int bits)
{
    return (x << bits) | (x >> (64 - bits));
}

static inline uint64_t wv_mixed(uint64_t x)
{
    x = (x ^ (x >> 33)) * 0xff51afd7ed558ccdULL;
    x = (x ^ (x >> 33)) * 0xc4ceb9fe1a85ec53ULL;
    return x ^ (x >> 33);
}

/* `count` bytes as a little-endian number. */
static inline uint64_t wv_number(const uint8_t *bytes, int64_t count)
{
    uint64_t x = 0;
    int64_t i;
    for (i = 0; i < count; i++)
        x |= (uint64_t)bytes[i] << (8 * i);
    return x;
}

/* MurmurHash3 x64 128 (Austin Appleby). */
static inline void wv_murmur(
    const uint8_t *text, /* IN  [size] */
    int64_t size,        /* IN */
    uint32_t seed,       /* IN */
    uint64_t out[2])     /* OUT */
{
    const uint64_t c1 = 0x87c37b91114253d5ULL, c2 = 0x4cf5ad432745937fULL;
    uint64_t a = seed, b = seed;
    int64_t rest;
    for (rest = size; rest >= 16; rest -= 16, text += 16) {
        a ^= wv_rotated(wv_number(text, 8) * c1, 31) * c2;
        a = (wv_rotated(a, 27) + b) * 5 + 0x52dce729;
        b ^= wv_rotated(wv_number(text + 8, 8) * c2, 33) * c1;
        b = (wv_rotated(b, 31) + a) * 5 + 0x38495ab5;
    }
    if (rest > 8)
        b ^= wv_rotated(wv_number(text + 8, rest - 8) * c2, 33) * c1;
    if (rest > 0)
        a ^= wv_rotated(wv_number(text, rest < 8 ? rest : 8) * c1, 31) * c2;
    a ^= (uint64_t)size;
    b ^= (uint64_t)size;
    a += b;
    b += a;
    a = wv_mixed(a);
    b = wv_mixed(b);
    a += b;
    b += a;
    out[0] = a;
    out[1] = b;
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

static inline uint64_t wv_fnv64(uint64_t hash, uint64_t value, int bytes)
{
    int k;
    for (k = 0; k < bytes; k++)
        hash = (hash ^ ((value >> (8 * k)) & 255)) * 0x100000001b3ULL;
    return hash;
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
            hash = wv_fnv64(0xcbf29ce484222325ULL, (uint64_t)n, 8);
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
        uint32_t hash = 2166136261u;
        for (n = 1; n <= scheme->max_n && i + n <= count; n++) {
            hash = (hash ^ points[i + n - 1]) * 16777619u;
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
        uint64_t hash = 0xcbf29ce484222325ULL;
        for (n = 1; n <= scheme->max_n && i + n <= size; n++) {
            hash = wv_fnv64(hash, text[i + n - 1], 1);
            if (n >= scheme->min_n)
                *out++ = scheme->base + (int32_t)(hash % scheme->bucket);
        }
    }
    return out;
}

/* MurmurHash64A (Austin Appleby) with seed 1, by which spaCy numbers strings; none has the number 0. */
static inline uint64_t wv_string_number(const uint8_t *text, int64_t size)
{
    const uint64_t m = 0xc6a4a7935bd1e995ULL;
    uint64_t hash = 1 ^ ((uint64_t)size * m), k;
    if (size == 0)
        return 0;
    for (; size >= 8; size -= 8, text += 8) {
        k = wv_number(text, 8) * m;
        hash = (hash ^ ((k ^ (k >> 47)) * m)) * m;
    }
    if (size > 0)
        hash = (hash ^ wv_number(text, size)) * m;
    hash = (hash ^ (hash >> 47)) * m;
    return hash ^ (hash >> 47);
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

#define NAME(f) wv_##f##_baseline
#define TARGET
#include "rows_body.h"
#undef NAME
#undef TARGET

#if defined(__GNUC__) && defined(__x86_64__)
#define WV_ROWS_AVX2 1
#define NAME(f) wv_##f##_avx2
#define TARGET __attribute__((target("avx2")))
#include "rows_body.h"
#undef NAME
#undef TARGET
#else
#define WV_ROWS_AVX2 0
#endif

typedef void (*wv_mean_function)(const char *, ptrdiff_t, const int32_t *, int64_t, int64_t, int, float *);

static wv_mean_function wv_choose_mean(int baseline)
{
#if WV_ROWS_AVX2
    if (!baseline && __builtin_cpu_supports("avx2"))
        return wv_mean_avx2;
#endif
    (void)baseline;
    return wv_mean_baseline;
}
#endif
