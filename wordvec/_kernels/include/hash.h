/* Hash functions: FNV-1a, MurmurHash. */
#ifndef WORDVEC_HASH_H
#define WORDVEC_HASH_H
#include "cpu.h"

#define WV_FNV32 UINT32_C(2166136261) /* what FNV-1a begins with */
#define WV_FNV64 UINT64_C(0xcbf29ce484222325)

/* FNV-1a of 32 bits after one more value. */
INLINE uint32_t wv_fnv32(uint32_t hash, uint32_t value)
{
    return (hash ^ value) * UINT32_C(16777619);
}

/* fastText's hash after one more byte: FNV-1a of 32 bits over sign-extended bytes, as its models have it. */
INLINE uint32_t wv_fasttext_step(uint32_t hash, uint8_t byte)
{
    return wv_fnv32(hash, (uint32_t)(int32_t)(int8_t)byte);
}

/* fastText's hash of a word. */
INLINE int32_t wv_fasttext_hash(
    const uint8_t *word, /* IN [size] */
    int64_t size)
{
    uint32_t hash = WV_FNV32;
    for (int64_t i = 0; i < size; i++)
        hash = wv_fasttext_step(hash, word[i]);
    return (int32_t)hash;
}

/* FNV-1a of 64 bits after the lowest bytes of one more value. */
INLINE uint64_t wv_fnv64(uint64_t hash, uint64_t value, int bytes)
{
    for (int k = 0; k < bytes; k++)
        hash = (hash ^ ((value >> (8 * k)) & 255)) * UINT64_C(0x100000001b3);
    return hash;
}

INLINE uint64_t wv_rotated(uint64_t x, int bits)
{
    return (x << bits) | (x >> (64 - bits));
}

INLINE uint64_t wv_mixed(uint64_t x)
{
    x = (x ^ (x >> 33)) * 0xff51afd7ed558ccdULL;
    x = (x ^ (x >> 33)) * 0xc4ceb9fe1a85ec53ULL;
    return x ^ (x >> 33);
}

/* `count` bytes as a little-endian number. */
INLINE uint64_t wv_little_endian(const uint8_t *bytes, int64_t count)
{
    uint64_t x = 0;
    int64_t i;
    for (i = 0; i < count; i++)
        x |= (uint64_t)bytes[i] << (8 * i);
    return x;
}

/* MurmurHash3 x64 128 (Austin Appleby). */
INLINE void wv_murmur(
    const uint8_t *text, /* IN  [size] */
    int64_t size,        /* IN */
    uint32_t seed,       /* IN */
    uint64_t out[2])     /* OUT */
{
    const uint64_t c1 = 0x87c37b91114253d5ULL, c2 = 0x4cf5ad432745937fULL;
    uint64_t a = seed, b = seed;
    int64_t rest;
    for (rest = size; rest >= 16; rest -= 16, text += 16) {
        a ^= wv_rotated(wv_little_endian(text, 8) * c1, 31) * c2;
        a = (wv_rotated(a, 27) + b) * 5 + 0x52dce729;
        b ^= wv_rotated(wv_little_endian(text + 8, 8) * c2, 33) * c1;
        b = (wv_rotated(b, 31) + a) * 5 + 0x38495ab5;
    }
    if (rest > 8)
        b ^= wv_rotated(wv_little_endian(text + 8, rest - 8) * c2, 33) * c1;
    if (rest > 0)
        a ^= wv_rotated(wv_little_endian(text, rest < 8 ? rest : 8) * c1, 31) * c2;
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

/* MurmurHash64A (Austin Appleby) with seed 1, by which spaCy numbers strings; none has the number 0. */
INLINE uint64_t wv_murmur64(const uint8_t *text, int64_t size)
{
    const uint64_t m = 0xc6a4a7935bd1e995ULL;
    uint64_t hash = 1 ^ ((uint64_t)size * m), k;
    if (size == 0)
        return 0;
    for (; size >= 8; size -= 8, text += 8) {
        k = wv_little_endian(text, 8) * m;
        hash = (hash ^ ((k ^ (k >> 47)) * m)) * m;
    }
    if (size > 0)
        hash = (hash ^ wv_little_endian(text, size)) * m;
    hash = (hash ^ (hash >> 47)) * m;
    return hash ^ (hash >> 47);
}
#endif
