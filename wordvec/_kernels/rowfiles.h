/* Numbers of text files, read many digits at a time.

   This works in double, which has room to spare for float32, and knows the error it makes: where it could change the result it says
   so, and the caller asks someone slow and exact. */
#ifndef WORDVEC_ROWFILES_H
#define WORDVEC_ROWFILES_H
#include <math.h>
#include <string.h>
#include "bits.h"

#define WV_PAD 32    /* bytes that must be readable after the end of a text */
#define WV_TENS 60   /* powers of ten from -WV_TENS to WV_TENS */

static double wv_tens[2 * WV_TENS + 1]; /* each rounded once; filled at import */

static inline int wv_is_blank(uint8_t byte) { return byte == ' ' || byte == '\t' || byte == '\r'; }

/* The number that 8 bytes 0 to 9 are the digits of, the first in the lowest byte. */
static inline uint64_t wv_eight_digits(uint64_t x)
{
    x = (x * 10 + (x >> 8)) & 0x00FF00FF00FF00FFu; /* neighbours become numbers below 100, then 10^4, then 10^8 */
    x = (x * 100 + (x >> 16)) & 0x0000FFFF0000FFFFu;
    return (x * 10000 + (x >> 32)) & 0xFFFFFFFFu;
}

/* How many of the 8 bytes at `p` are digits before the first that is none, and the number that they make. */
static inline int wv_digits(const uint8_t *p, uint64_t *value)
{
#if defined(_MSC_VER) || (defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__)
    uint64_t x, odd;
    int n = 8;
    memcpy(&x, p, 8);
    x ^= 0x3030303030303030u; /* digits become 0 to 9, all else more */
    odd = ((x + 0x7676767676767676u) | x) & 0x8080808080808080u; /* a carry only spoils what comes after a non-digit */
    if (odd) {
        n = wv_lowest_bit(odd) >> 3;
        if (n == 0) {
            *value = 0;
            return 0;
        }
        x <<= 8 * (8 - n); /* zeros before the first digit */
    }
    *value = wv_eight_digits(x);
    return n;
#else
    int n = 0;
    uint64_t v = 0;
    for (; n < 8 && (uint8_t)(p[n] - '0') < 10; n++) v = v * 10 + (uint8_t)(p[n] - '0');
    *value = v;
    return n;
#endif
}

/* digits * 10^exponent as float((double)...); 0 where that is not sure. `cut`: more digits followed. */
static inline int wv_scaled(uint64_t digits, int exponent, int cut, int negative, float *value)
{
    double wide;
    if (!cut && digits < ((uint64_t)1 << 53) && exponent >= -22 && exponent <= 22) {
        /* both are exact in double, so this is rounded once, as it should be */
        wide = exponent < 0 ? (double)digits / wv_tens[WV_TENS - exponent] : (double)digits * wv_tens[WV_TENS + exponent];
    } else {
        if (exponent < -WV_TENS || exponent > WV_TENS) return 0;
        /* rounded three times, and cut perhaps: within 4 * 2^-53 of the truth, and float mostly does not care */
        wide = (double)digits * wv_tens[WV_TENS + exponent];
        if ((float)(wide * (1 - 0x1p-50)) != (float)(wide * (1 + 0x1p-50))) return 0;
        if (wide > 3.4e38) return 0; /* beyond float32, or nearly: who asks wants to know */
    }
    *value = (float)(negative ? -wide : wide);
    return 1;
}

#if defined(__SIZEOF_INT128__) && defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define WV_SIXTEEN 1

/* As `wv_number`, for numbers as nearly all are: a digit, a point, 1 to 14 digits. Else NULL. Without branches that depend
   on the sign or the number of digits, which nobody can predict. */
static inline const uint8_t *wv_usual_number(const uint8_t *p, float *value)
{
    const uint64_t high = 0x8080808080808080u;
    const uint64_t negative = *p == '-';
    uint64_t low, up, odd_low, odd_up, more;
    unsigned __int128 x;
    unsigned first, n;
    double wide;
    p += negative;
    first = (unsigned)*p - '0';
    if (first > 9 || p[1] != '.') return NULL;
    memcpy(&low, p + 2, 8);
    low ^= 0x3030303030303030u; /* digits become 0 to 9, all else more */
    odd_low = ((low + 0x7676767676767676u) | low) & high; /* a carry only spoils what comes after a non-digit */
    if (odd_low << 8) { /* few digits: in some files nearly always, in others hardly ever */
        n = (unsigned)wv_lowest_bit(odd_low) >> 3;
        if (n == 0) return NULL;
        low = wv_eight_digits(low << (8 * (8 - n))); /* zeros before the first digit */
    } else {
        memcpy(&up, p + 10, 8);
        up ^= 0x3030303030303030u;
        odd_up = ((up + 0x7676767676767676u) | up) & high;
        more = -(uint64_t)(odd_low == 0); /* no branch: whether there are eight digits, nobody can predict */
        n = ((unsigned)wv_lowest_bit(odd_low | (more & (odd_up | (uint64_t)1 << 63))) >> 3) + (unsigned)(more & 8);
        if (n > 14) return NULL;
        x = ((unsigned __int128)up << 64 | low) << (8 * (16 - n));
        low = wv_eight_digits((uint64_t)x) * 100000000 + wv_eight_digits((uint64_t)(x >> 64));
    }
    p += 2 + n;
    if ((*p | 32) == 'e') return NULL;
    /* both are exact in double, so this is rounded once, as it should be */
    wide = ((double)(int64_t)low + (double)(int32_t)first * wv_tens[WV_TENS + n]) / wv_tens[WV_TENS + n];
    memcpy(&low, &wide, 8);
    low |= negative << 63;
    memcpy(&wide, &low, 8);
    *value = (float)wide;
    return p;
}
#endif

/* The end of the number at `p` and its value, or NULL where it is none, or is one that must be read more carefully.
   It may be followed by anything but a digit, and reads up to WV_PAD bytes after that. */
static inline const uint8_t *wv_number(const uint8_t *p, float *value)
{
    static const uint64_t SMALL[9] = {1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000};
    const uint8_t *first;
    uint64_t digits = 0, part;
#ifdef WV_SIXTEEN
    if ((first = wv_usual_number(p, value))) return first;
#endif
    int negative = *p == '-', count = 0, exponent = 0, n, cut = 0;
    if (*p == '-' || *p == '+') p++;
    first = p;
    do {
        n = wv_digits(p, &part);
        digits = digits * SMALL[n] + part;
        p += n;
        count += n;
    } while (n == 8 && count <= 16);
    if (*p == '.') {
        p++;
        if (count <= 10)
            do {
                n = wv_digits(p, &part);
                digits = digits * SMALL[n] + part;
                p += n;
                count += n;
                exponent -= n;
            } while (n == 8 && count <= 11);
        for (; (uint8_t)(*p - '0') < 10 && count < 19 && exponent < 0; p++, count++, exponent--)
            digits = digits * 10 + (uint8_t)(*p - '0');
    }
    if (count == 0) return NULL;
    if ((uint8_t)(*p - '0') < 10 || (count > 10 && exponent == 0)) { /* long: once more, with care */
        int seen = 0, point = 0;
        digits = 0;
        exponent = 0;
        for (p = first;; p++) {
            uint8_t digit = (uint8_t)(*p - '0');
            if (*p == '.' && !point) {
                point = 1;
                continue;
            }
            if (digit >= 10) break;
            if (seen < 19) {
                digits = digits * 10 + digit;
                seen += digits != 0;
                exponent -= point;
            } else {
                cut |= digit != 0;
                exponent += !point;
            }
            if (exponent < -100000 || exponent > 100000) return NULL;
        }
    }
    if (*p == 'e' || *p == 'E') {
        int minus = p[1] == '-', power = 0;
        p += 1 + (p[1] == '-' || p[1] == '+');
        if ((uint8_t)(*p - '0') >= 10) return NULL;
        for (; (uint8_t)(*p - '0') < 10; p++)
            if (power < 100000) power = power * 10 + (*p - '0');
        exponent += minus ? -power : power;
    }
    return wv_scaled(digits, exponent, cut, negative, value) ? p : NULL;
}

/* A line `word number ... number` read from the left: the end of the line and of its word; NULL where it is not so plain.
   text[limit] must be no digit. */
static inline const uint8_t *wv_plain_line(
    const uint8_t *p,        /* IN  the line */
    const uint8_t *limit,    /* IN  the end of the text */
    float *values,           /* OUT [dim] */
    ptrdiff_t dim,           /* IN */
    const uint8_t **word_end /* OUT */
)
{
    const uint8_t *start = p;
    while (p < limit && *p != ' ' && *p != '\n' && *p != '\t' && *p != '\r') p++;
    if (p == start) return NULL;
    *word_end = p;
    for (ptrdiff_t i = 0; i < dim; i++) {
        if (p >= limit || (*p != ' ' && *p != '\t')) return NULL;
        while (p < limit && (*p == ' ' || *p == '\t')) p++;
        p = wv_number(p, &values[i]);
        if (!p) return NULL;
    }
    while (p < limit && wv_is_blank(*p)) p++;
    return p >= limit || *p == '\n' ? p : NULL;
}

/* What a word looks like, for those who doubt that it is one. */
enum {
    WV_IS_NUMBER = 1,   /* a number */
    WV_IS_ID = 2,       /* digits alone */
    WV_IS_LIST = 4,     /* ends in a sign that separates items, or in a number after one */
    WV_LEADING = 8,     /* starts with white space */
    WV_SPACED = 16,     /* holds a tab, or a space where a space separates the numbers */
    WV_ID_FIRST = 32,   /* starts with digits and white space */
    WV_NUMBER_LAST = 64,/* ends in white space and a number */
    WV_HAS_CR = 128,    /* holds a carriage return */
    WV_IS_QUOTED = 256, /* stands between quotation marks */
    WV_IS_SCORED = 512, /* two fields */
};

static inline int wv_is_sign(uint8_t c) { return c == ',' || c == ';' || c == ':' || c == '|'; }

/* Whether a sign before a number makes both an item of a list: words with ':' and '|' before numbers exist, the latter as
   names of senses. */
static inline int wv_parts(uint8_t c) { return c == ',' || c == ';'; }

/* Whether p to stop is a number. *stop must be no digit, and WV_PAD bytes after it readable. */
static inline int wv_is_number(const uint8_t *p, const uint8_t *stop)
{
    float value;
    return p < stop && wv_number(p, &value) == stop;
}

static inline unsigned wv_word_kind(
    const uint8_t *p,    /* IN the word */
    const uint8_t *stop, /* IN its end, after which comes white space */
    const uint8_t *limit /* IN the end of the text */
)
{
    const uint8_t *q, *sign = NULL, *blank = NULL, *first = NULL;
    unsigned odd = 0, kind = 0;
    uint8_t between = stop < limit ? *stop : ' ';
    for (q = p; q < stop; q++) odd |= (unsigned)(*q < '0') | (unsigned)((uint8_t)(*q - ':') < 2) | (unsigned)(*q == '|');
    if (p == stop) return 0;
    if (!odd) { /* letters and digits */
        if ((uint8_t)(*p - '0') >= 10) return 0;
        for (q = p; q < stop && (uint8_t)(*q - '0') < 10;) q++;
        return q == stop ? WV_IS_NUMBER | WV_IS_ID : wv_is_number(p, stop) ? WV_IS_NUMBER : 0;
    }
    for (q = p; q < stop; q++) {
        if (*q == '\r') kind |= WV_HAS_CR;
        if (wv_is_blank(*q)) {
            blank = q;
            if (!first) first = q;
            if (*q == '\t' || (*q == ' ' && between == ' ')) kind |= WV_SPACED;
        }
        if (wv_is_sign(*q)) sign = q;
    }
    if (first == p) return kind | WV_LEADING;
    if (wv_is_number(p, stop)) kind |= WV_IS_NUMBER;
    if (sign && sign > p && (sign + 1 == stop || (wv_parts(*sign) && wv_is_number(sign + 1, stop)))) kind |= WV_IS_LIST;
    if (stop - p > 2 && (*p == '"' || *p == '\'') && stop[-1] == *p) kind |= WV_IS_QUOTED;
    if (first) {
        for (q = p; (uint8_t)(*q - '0') < 10;) q++;
        if (q == first) kind |= WV_ID_FIRST;
        if (wv_is_number(blank + 1, stop)) kind |= WV_NUMBER_LAST;
        for (q = first; q < stop && wv_is_blank(*q);) q++;
        if (q == blank + 1) kind |= WV_IS_SCORED;
    }
    return kind;
}

/* Whether bytes are whole UTF-8 without control characters: what nearly every word is, and few floats are. */
static inline int wv_is_clean(const uint8_t *p, const uint8_t *stop)
{
    while (p < stop) {
        uint8_t c = *p++;
        int more = c < 0x80 ? 0 : c < 0xC2 ? -1 : c < 0xE0 ? 1 : c < 0xF0 ? 2 : c < 0xF5 ? 3 : -1;
        if (c < 0x20 || c == 0x7F || more < 0 || stop - p < more) return 0;
        for (; more; more--)
            if ((*p++ & 0xC0) != 0x80) return 0;
    }
    return 1;
}
#endif
