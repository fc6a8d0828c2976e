/* The words of a text in UTF-8 by the rules of word breaks, UAX 29; URLs and addresses of e-mail stay whole. */
#ifndef WORDVEC_TOKENS_H
#define WORDVEC_TOKENS_H
#include "cpu.h"
#include <string.h>

enum { WV_OTHER, WV_LETTER, WV_HEBREW, WV_NUMERIC, WV_KATAKANA, WV_UNDERSCORE, WV_MIDLETTER, WV_MIDNUM, WV_MIDNUMLET,
       WV_SINGLE, WV_DOUBLE, WV_EXTEND, WV_ZWJ, WV_REGIONAL, WV_EMOJI, WV_PICTOGRAPH, WV_IDEOGRAPH, WV_COMPLEX };

#define BIT(c) (1u << (c))
#define WV_LETTERS (BIT(WV_LETTER) | BIT(WV_HEBREW))
#define WV_WORDS (WV_LETTERS | BIT(WV_NUMERIC) | BIT(WV_KATAKANA) | BIT(WV_UNDERSCORE))
#define WV_PICTURES (BIT(WV_EMOJI) | BIT(WV_PICTOGRAPH))

typedef struct {
    const uint8_t *classes; /* [0x110000] */
    const uint8_t *stop;    /* the end of the text */
} wv_text;

/* The class of the character at p, and its bytes; a byte that is no UTF-8, and NUL, is a letter. */
INLINE int wv_class(const wv_text *t, const uint8_t *p, int *size)
{
    const uint32_t c = p[0];
    const int64_t left = t->stop - p;
    uint32_t code = 0;
    *size = 1;
    if (c < 128)
        return c ? t->classes[c] : WV_LETTER;
    if (c >= 0xC2 && c < 0xE0 && left > 1 && (p[1] & 0xC0) == 0x80) {
        *size = 2;
        code = (c & 31) << 6 | (p[1] & 63);
    } else if (c >= 0xE0 && c < 0xF0 && left > 2 && (p[1] & 0xC0) == 0x80 && (p[2] & 0xC0) == 0x80) {
        *size = 3;
        code = (c & 15) << 12 | (uint32_t)(p[1] & 63) << 6 | (p[2] & 63);
        if (code < 0x800 || (code >= 0xD800 && code < 0xE000))
            code = 0;
    } else if (c >= 0xF0 && c < 0xF5 && left > 3 && (p[1] & 0xC0) == 0x80 && (p[2] & 0xC0) == 0x80 && (p[3] & 0xC0) == 0x80) {
        *size = 4;
        code = (c & 7) << 18 | (uint32_t)(p[1] & 63) << 12 | (uint32_t)(p[2] & 63) << 6 | (p[3] & 63);
        if (code < 0x10000 || code > 0x10FFFF)
            code = 0;
    }
    if (code)
        return t->classes[code];
    *size = 1;
    return WV_LETTER;
}

/* The class after marks and joiners, its place and its bytes; *joined: whether a zero-width joiner came last. */
INLINE int wv_next(const wv_text *t, const uint8_t **p, int *size, int *joined)
{
    int c = WV_OTHER;
    *joined = 0;
    for (*size = 0; *p < t->stop; *p += *size) {
        c = wv_class(t, *p, size);
        if (c != WV_EXTEND && c != WV_ZWJ)
            return c;
        *joined = c == WV_ZWJ;
    }
    *size = 0;
    return WV_OTHER;
}

/* Whether a class goes on with a word that has `last` before it: WB5, 8, 9, 10, 13, 13a, 13b. */
INLINE int wv_goes_on(int last, int next)
{
    static const uint32_t after[WV_UNDERSCORE + 1] = {
        0,
        WV_LETTERS | BIT(WV_NUMERIC) | BIT(WV_UNDERSCORE),
        WV_LETTERS | BIT(WV_NUMERIC) | BIT(WV_UNDERSCORE),
        WV_LETTERS | BIT(WV_NUMERIC) | BIT(WV_UNDERSCORE),
        BIT(WV_KATAKANA) | BIT(WV_UNDERSCORE),
        WV_WORDS,
    };
    return next <= WV_UNDERSCORE && (after[next] >> last & 1);
}

/* Whether a mark such as an apostrophe stands within a word or number, given what comes after it: WB6, 7b, 11. */
INLINE int wv_within(int last, int mark, int next)
{
    if (BIT(last) & WV_LETTERS && BIT(next) & WV_LETTERS) {
        if (mark == WV_MIDLETTER || mark == WV_MIDNUMLET || mark == WV_SINGLE)
            return 1;
        if (mark == WV_DOUBLE)
            return last == WV_HEBREW && next == WV_HEBREW;
    }
    return last == WV_NUMERIC && next == WV_NUMERIC && (mark == WV_MIDNUM || mark == WV_MIDNUMLET || mark == WV_SINGLE);
}

/* The end of the word whose first character, of class `last`, ends at p; *seen: the classes in it. */
INLINE const uint8_t *wv_word_end(const wv_text *t, const uint8_t *p, int last, uint32_t *seen)
{
    int size, joined, c, next;
    *seen = BIT(last);
    for (;;) {
        while (p < t->stop && *p < 128 && *p && wv_goes_on(last, c = t->classes[*p])) {
            last = c;
            *seen |= BIT(c);
            p++;
        }
        c = wv_next(t, &p, &size, &joined);
        if (!wv_goes_on(last, c) && !(joined && BIT(c) & WV_PICTURES)) {
            const uint8_t *after = p + size;
            if (c == WV_SINGLE && last == WV_HEBREW) { /* WB7a, whatever comes then */
                next = wv_next(t, &after, &size, &joined);
                if (!(BIT(next) & WV_LETTERS))
                    return after;
            } else {
                next = c == WV_OTHER ? WV_OTHER : wv_next(t, &after, &size, &joined);
                if (!wv_within(last, c, next))
                    return p;
            }
            p = after;
            c = next;
        }
        *seen |= BIT(c);
        last = c;
        p += size;
    }
}

/* The end of pictures that joiners hold together, the first of which ends at p; or of a flag. */
INLINE const uint8_t *wv_picture_end(const wv_text *t, const uint8_t *p, int first)
{
    int size, joined, c = wv_next(t, &p, &size, &joined);
    if (first == WV_REGIONAL && c == WV_REGIONAL) {
        p += size;
        c = wv_next(t, &p, &size, &joined);
    }
    while (joined && BIT(c) & WV_PICTURES) {
        p += size;
        c = wv_next(t, &p, &size, &joined);
    }
    return p;
}

INLINE int wv_alphanumeric(uint8_t c)
{
    return (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z');
}

/* The end of a URL that begins at p with http://, https://, ftp:// or www.; p where there is none. */
INLINE const uint8_t *wv_url_end(const wv_text *t, const uint8_t *p)
{
    static const char *const starts[] = {"https://", "http://", "ftp://", "www."};
    const uint8_t *q = p, *first = NULL;
    int k, i, size, depth = 0;
    for (k = 0; k < 4 && !first; k++) {
        for (i = 0; starts[k][i] && p + i < t->stop && ((p[i] >= 'A' && p[i] <= 'Z') ? p[i] | 32 : p[i]) == starts[k][i]; i++)
            ;
        if (!starts[k][i])
            first = p + i;
    }
    if (!first || first >= t->stop || !(wv_alphanumeric(*first) || *first >= 128))
        return p;
    for (q = first; q < t->stop; q += size) {
        const int c = wv_class(t, q, &size);
        if (*q < 128 ? *q <= ' ' || *q == 127 || strchr("<>\"`{}|\\^", *q) != NULL : c == WV_OTHER)
            break;
        depth += (*q == '(') - (*q == ')');
    }
    while (q > first && q[-1] && (strchr(".,;:!?'\"]*_~", q[-1]) != NULL || (q[-1] == ')' && depth < 0)))
        depth += *--q == ')';
    return q;
}

/* The end of an address of e-mail at p; p where there is none, and *local is the end of what might begin one. */
INLINE const uint8_t *wv_mail_end(const wv_text *t, const uint8_t *p, const uint8_t **local)
{
    const uint8_t *q = p, *end;
    int dots = 0;
    while (q < t->stop && (wv_alphanumeric(*q) || *q == '.' || *q == '-' || *q == '_' || *q == '+' || *q == '%'))
        q++;
    *local = q;
    if (q == p || q >= t->stop || *q != '@' || q[-1] == '.')
        return p;
    for (end = ++q; q < t->stop && (wv_alphanumeric(*q) || ((*q == '-' || *q == '.') && q > end)); q++)
        if (*q == '.') {
            if (q[-1] == '.')
                break;
            dots += q + 1 < t->stop && wv_alphanumeric(q[1]);
        }
    while (q > end && !wv_alphanumeric(q[-1]))
        q--;
    return dots ? q : p;
}

/* The words of a text with a space after each, and its line ends; how many bytes there are, at most twice the text. */
INLINE int64_t wv_cut(const uint8_t *classes, const uint8_t *p, const uint8_t *stop, uint8_t *words)
{
    const wv_text t = {classes, stop};
    const uint8_t *end, *local = p;
    uint8_t *out = words;
    uint32_t seen;
    int size, c, keep;
    while (p < stop) {
        if (*p == '\n')
            *out++ = '\n';
        c = wv_class(&t, p, &size);
        end = p + size;
        keep = 1;
        if (BIT(c) & WV_WORDS) {
            const uint8_t *whole = p;
            const uint8_t low = *p | 32;
            if (low == 'h' || low == 'f' || low == 'w')
                whole = wv_url_end(&t, p);
            if (whole == p && *p < 128 && p >= local && wv_alphanumeric(*p))
                whole = wv_mail_end(&t, p, &local);
            if (whole > p) {
                end = whole;
            } else {
                end = wv_word_end(&t, end, c, &seen);
                keep = (seen & ~BIT(WV_UNDERSCORE)) != 0;
            }
        } else if (c == WV_COMPLEX) { /* a dictionary would tell where words end */
            int joined, next = wv_next(&t, &end, &size, &joined);
            while (next == WV_COMPLEX) {
                end += size;
                next = wv_next(&t, &end, &size, &joined);
            }
        } else if (c >= WV_REGIONAL) { /* or an ideograph */
            keep = c != WV_PICTOGRAPH || (stop - end > 2 && !memcmp(end, "\xEF\xB8\x8F", 3)); /* shown as a picture */
            end = wv_picture_end(&t, end, c);
        } else {
            keep = 0;
        }
        if (keep) {
            memcpy(out, p, (size_t)(end - p));
            out += end - p;
            *out++ = ' ';
        }
        p = end;
    }
    return out - words;
}
#endif
