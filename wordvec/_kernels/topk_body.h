/* The work of topk.pyx and tables.pyx; compiled for every SIMD level by levels.h. */

#include "dot_body.h"

#define BLOCK (LANES == 16 ? WV_MOST_ROWS : 6) /* rows whose sums stay in registers: 12 vectors of 8 numbers, or of 16 */

/* The products of BLOCK rows and WV_LANES queries. */
TARGET static void NAME(block)(
    const float *const *rows, /* IN  [BLOCK] pointers to [size] */
    const float *panel,       /* IN  [size][WV_LANES] the queries side by side */
    ptrdiff_t size,           /* IN */
    float *out)               /* OUT [BLOCK][WV_LANES] */
{
#if LANES == 16
    typedef float vector __attribute__((vector_size(64), aligned(4)));
    const float *r0 = rows[0], *r1 = rows[1], *r2 = rows[2], *r3 = rows[3], *r4 = rows[4], *r5 = rows[5];
    const float *r6 = rows[6], *r7 = rows[7], *r8 = rows[8], *r9 = rows[9], *r10 = rows[10], *r11 = rows[11];
    vector s0 = {0}, s1 = {0}, s2 = {0}, s3 = {0}, s4 = {0}, s5 = {0};
    vector s6 = {0}, s7 = {0}, s8 = {0}, s9 = {0}, s10 = {0}, s11 = {0};
    vector *to = (vector *)out;
    ptrdiff_t i;
    for (i = 0; i < size; i++, panel += WV_LANES) {
        const vector a = *(const vector *)panel;
        s0 += a * r0[i]; s1 += a * r1[i]; s2 += a * r2[i]; s3 += a * r3[i];
        s4 += a * r4[i]; s5 += a * r5[i]; s6 += a * r6[i]; s7 += a * r7[i];
        s8 += a * r8[i]; s9 += a * r9[i]; s10 += a * r10[i]; s11 += a * r11[i];
    }
    to[0] = s0; to[1] = s1; to[2] = s2; to[3] = s3; to[4] = s4; to[5] = s5;
    to[6] = s6; to[7] = s7; to[8] = s8; to[9] = s9; to[10] = s10; to[11] = s11;
#elif LANES > 1
    typedef float vector __attribute__((vector_size(32), aligned(4)));
    const float *r0 = rows[0], *r1 = rows[1], *r2 = rows[2], *r3 = rows[3], *r4 = rows[4], *r5 = rows[5];
    vector a0 = {0}, b0 = {0}, a1 = {0}, b1 = {0}, a2 = {0}, b2 = {0};
    vector a3 = {0}, b3 = {0}, a4 = {0}, b4 = {0}, a5 = {0}, b5 = {0};
    vector *to = (vector *)out;
    ptrdiff_t i;
    for (i = 0; i < size; i++, panel += WV_LANES) {
        const vector a = *(const vector *)panel, b = *(const vector *)(panel + 8);
        a0 += a * r0[i]; b0 += b * r0[i];
        a1 += a * r1[i]; b1 += b * r1[i];
        a2 += a * r2[i]; b2 += b * r2[i];
        a3 += a * r3[i]; b3 += b * r3[i];
        a4 += a * r4[i]; b4 += b * r4[i];
        a5 += a * r5[i]; b5 += b * r5[i];
    }
    to[0] = a0; to[1] = b0; to[2] = a1; to[3] = b1; to[4] = a2; to[5] = b2;
    to[6] = a3; to[7] = b3; to[8] = a4; to[9] = b4; to[10] = a5; to[11] = b5;
#else
    ptrdiff_t i;
    int r, j;
    memset(out, 0, BLOCK * WV_LANES * sizeof *out);
    for (i = 0; i < size; i++, panel += WV_LANES)
        for (r = 0; r < BLOCK; r++)
            for (j = 0; j < WV_LANES; j++)
                out[r * WV_LANES + j] += panel[j] * rows[r][i];
#endif
}

/* Which rows of a block have a product that passes the bar of its query, as bits. */
TARGET static unsigned NAME(passing)(
    const float *products, /* IN [count][WV_LANES] */
    const float *worst,    /* IN [WV_LANES] what a cosine must pass */
    const float *norms,    /* IN [count] */
    int count)             /* IN at most BLOCK */
{
    unsigned passed = 0;
    int i, j;
    for (i = 0; i < count; i++) {
        const float norm = norms[i];
        int any = 0;
        for (j = 0; j < WV_LANES; j++)
            any |= products[i * WV_LANES + j] > worst[j] * norm;
        passed |= (unsigned)any << i;
    }
    return passed;
}

/* The WV_CHUNK scores of one question, made of lines of tables, and whether any is above the bar:
   WV_SUM  b - a + c         WV_SHIFT  b - a         WV_RATIO  (b - a - shift) * c */
TARGET static int NAME(combine)(
    int form,       /* IN  */
    const float *b, /* IN  [WV_CHUNK] */
    const float *a, /* IN  [WV_CHUNK] */
    const float *c, /* IN  [WV_CHUNK] */
    float shift,    /* IN  */
    float bar,      /* IN  */
    float *scores)  /* OUT [WV_CHUNK] */
{
    int i, any = 0;
#if LANES > 1
#define WIDTH (LANES == 16 ? 16 : 8)
    typedef float vector __attribute__((vector_size(WIDTH * 4), aligned(4)));
    typedef int32_t bits __attribute__((vector_size(WIDTH * 4)));
    bits above = {0};
    const vector bars = (vector){0} + bar, shifts = (vector){0} + shift;
#define LINE(p) (*(const vector *)((p) + i))
#define EACH(value)                               \
    for (i = 0; i < WV_CHUNK; i += WIDTH) {       \
        const vector score = value;               \
        *(vector *)(scores + i) = score;          \
        above |= score > bars;                    \
    }
#else
    const float shifts = shift;
    int above = 0;
#define LINE(p) ((p)[i])
#define EACH(value)                               \
    for (i = 0; i < WV_CHUNK; i++) {              \
        scores[i] = value;                        \
        above |= scores[i] > bar;                 \
    }
#endif
    if (form == WV_SUM)
        EACH(LINE(b) - LINE(a) + LINE(c))
    else if (form == WV_SHIFT)
        EACH(LINE(b) - LINE(a))
    else
        EACH((LINE(b) - LINE(a) - shifts) * LINE(c))
#if LANES > 1
    for (i = 0; i < WIDTH; i++)
        any |= above[i];
#undef WIDTH
#else
    any = above;
#endif
#undef LINE
#undef EACH
    return any;
}
#undef BLOCK
