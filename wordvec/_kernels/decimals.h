/* float32 as the shortest decimal that is read back the same, and of those the nearest; of two as near, the even one.

   The question is that of Steele & White 1990 and of Adams 2018; the answer, one product for each end of an interval,
   follows Giulietti 2020 and Jeon 2020. A float c * 2^q is what all numbers round to that are within half a place:
   between n * 2^(q-2) for n = 4c - 2 and 4c + 2 (4c - 1 below a power of two), ends included where c is even. With k
   such that 10^k <= the width of that interval < 10^(k+1), the interval holds a multiple of 10^k, and at most one of
   10^(k+1). If it holds the latter, that is the shortest, without its last zeros; else the nearest multiple of 10^k.

   So n * 2^q / 10^k is compared with whole numbers. 2^q / 10^k is at most 14, and known to 64 bits, rounded up: n times
   it is too large by less than 2^-34. Where it is no whole number it is further than 2^-33.5 above one, and 2^-31 below
   one (the tests work out how near it comes, by the Euclidean algorithm), so that floor and exactness are both sure. */
#ifndef WORDVEC_DECIMALS_H
#define WORDVEC_DECIMALS_H
#include <string.h>
#include "bits.h"

#define WV_NUMBER 32 /* bytes that a number takes at most when it is written, with the space before it and what is overwritten */

typedef struct {
    uint64_t factor; /* 2^q / 10^k * 2^(64 - shift), rounded up */
    int32_t shift;   /* the factor has 64 bits */
    int32_t power;   /* k */
} wv_scale;

/* [power of two: nearer below] [exponent of float32; 0 is as 1]; filled at import, by arithmetic of whole numbers */
static wv_scale wv_scales[2][255];

/* n * 2^q / 10^k: its whole part, doubled, plus one where there is a fraction. Even numbers compare with it as with the truth. */
static inline uint32_t wv_scaled_up(const wv_scale *s, uint32_t n)
{
    const uint64_t m = (uint64_t)n << s->shift;
    const uint64_t low = (uint32_t)s->factor * m, high = (s->factor >> 32) * m + (low >> 32);
    return (uint32_t)(high >> 32) << 1 | ((uint32_t)high != 0 || (uint32_t)low > (uint32_t)1 << 30);
}

/* The digits and the power of ten: value = digits * 10^power, nearly. Zeros may end the digits. value > 0 and finite. */
static inline uint32_t wv_shortest(uint32_t bits, int *power)
{
    const uint32_t exponent = bits >> 23, fraction = bits & 0x7FFFFF;
    const uint32_t c = exponent ? fraction | 0x800000 : fraction;
    const int edge = fraction == 0 && exponent > 1;
    const wv_scale *const s = &wv_scales[edge][exponent];
    const uint32_t open = c & 1; /* whether the ends of the interval round to other numbers */
    const uint32_t low = wv_scaled_up(s, 4 * c - 2 + (uint32_t)edge) + open;
    const uint32_t value = wv_scaled_up(s, 4 * c), high = wv_scaled_up(s, 4 * c + 2) - open;
    const uint32_t whole = value >> 3, tens = whole / 10 * 10; /* times 4 and doubled, as all of them are */
    const uint32_t below = whole << 3 >= low, above = (whole + 1) << 3 <= high;
    const uint32_t round = (value & 7) + (whole & 1) > 4;
    uint32_t digits = whole + (below & above ? round : above);
    digits = (tens + 10) << 3 <= high ? tens + 10 : digits;
    *power = s->power;
    return tens << 3 >= low ? tens : digits;
}

/* The 8 digits of a number below 10^8 as bytes 0 to 9, the first digit in the lowest byte. */
static inline uint64_t wv_eight(uint32_t n)
{
    uint64_t x = n / 10000 | (uint64_t)(n % 10000) << 32, high;
    high = ((x * 10486) >> 20) & 0x0000007F0000007Fu;
    x = high | (x - high * 100) << 16;
    high = ((x * 103) >> 10) & 0x000F000F000F000Fu;
    return high | (x - high * 10) << 8;
}

/* How many zeros end the 8 digits of `wv_eight`. */
static inline int wv_last_zeros(uint64_t x)
{
#if defined(__GNUC__)
    return x ? __builtin_clzll(x) >> 3 : 8;
#else
    int n = 0;
    for (; n < 8 && !(x >> 56); n++) x <<= 8;
    return n;
#endif
}

static inline void wv_put8(uint8_t *out, uint64_t x)
{
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    x = __builtin_bswap64(x);
#endif
    memcpy(out, &x, 8);
}

/* `12.5`, `1200.0` or `1.2e-05`: the `count` digits at `digits`, of which the first is for 10^exponent; zeros follow them. */
static inline uint8_t *wv_put_decimal(uint8_t *out, const uint8_t *digits, int count, int exponent)
{
    const int after = count - exponent - 1;
    if (exponent >= 0 && exponent < 16) {
        memcpy(out, digits, 16);
        out += exponent + 1;
        *out++ = '.';
        memcpy(out, digits + exponent + 1, 8);
        return out + (after > 1 ? after : 1);
    }
    *out = *digits;
    out[1] = '.';
    memcpy(out + 2, digits + 1, 8);
    out += count > 1 ? count + 1 : 1;
    *out++ = 'e';
    *out++ = exponent < 0 ? '-' : '+';
    exponent = exponent < 0 ? -exponent : exponent;
    *out++ = (uint8_t)('0' + exponent / 10);
    *out++ = (uint8_t)('0' + exponent % 10);
    return out;
}

/* Write a number as Python prints the double of the same digits. WV_NUMBER bytes may be overwritten. */
static inline uint8_t *wv_print(uint8_t *out, float value)
{
    uint8_t text[32]; /* digits, then zeros */
    uint32_t bits, digits, first;
    uint64_t rest;
    int power, zeros, count, exponent;
    memcpy(&bits, &value, 4);
    *out = '-';
    out += bits >> 31 && value == value;
    bits &= 0x7FFFFFFF;
    if (bits == 0 || bits >= 0x7F800000) {
        memcpy(out, bits == 0 ? "0.0" : bits == 0x7F800000 ? "inf" : "nan", 3);
        return out + 3;
    }
    digits = wv_shortest(bits, &power);
    first = digits / 100000000; /* nine digits: one and eight, of which some may be zeros before and after the others */
    rest = wv_eight(digits - first * 100000000);
    zeros = first ? 0 : wv_lowest_bit(rest) & ~7;
    count = (first != 0) + 8 - (zeros >> 3) - wv_last_zeros(rest);
    exponent = power + 7 + (first != 0) - (zeros >> 3);
    rest = (rest | 0x3030303030303030u) >> zeros;
    if (exponent < 0 && exponent >= -4) { /* nearly all numbers of vectors */
        memcpy(out, "0.000000", 8);
        out += 1 - exponent;
        *out = (uint8_t)('0' + first);
        wv_put8(out + (first != 0), rest);
        return out + count;
    }
    memset(text, '0', sizeof text);
    text[0] = (uint8_t)('0' + first);
    wv_put8(text + (first != 0), rest);
    memset(text + count, '0', 9);
    return wv_put_decimal(out, text, count, exponent);
}
#endif
