/* The sums of a tile of rows and queries of 8 bits, in registers; compiled for every SIMD level by levels.h.

   A row is met a word of 32 bits at a time. With VNNI that is four bytes, the query's moved up by 128 to be unsigned;
   with AVX2 two numbers of 16 bits; else one float32, which is exact for sums below 2^24. The words of PANEL queries
   stand side by side. */
#undef TILE_TARGET
#undef PER_WORD
#undef PANEL
#undef MOST
#undef STRIDE
#if LEVEL == WV_AVX512
#define TILE_TARGET TARGET_WITH(",avx512vnni")
#define PER_WORD 4
#define PANEL 16
#define MOST 4 /* panels of a tile */
#define STRIDE(size) (wv_up(size, 64) / 4) /* words from a row to the next */
typedef __m512i NAME(sums);
#define WORDS_AT(p) _mm512_loadu_si512(p)
#define ALL(x) _mm512_set1_epi32(x)
#define ADD_PRODUCTS(sum, query, row) _mm512_dpbusd_epi32(sum, query, row)
#elif LEVEL == WV_AVX2
#define TILE_TARGET TARGET
#define PER_WORD 2
#define PANEL 8
#define MOST 2
#define STRIDE(size) (wv_up(2 * (size), 32) / 4)
typedef __m256i NAME(sums);
#define WORDS_AT(p) _mm256_loadu_si256((const __m256i *)(p))
#define ALL(x) _mm256_set1_epi32(x)
#define ADD_PRODUCTS(sum, query, row) _mm256_add_epi32(sum, _mm256_madd_epi16(query, row))
#else
#define TILE_TARGET
#define PER_WORD 1
#define PANEL 8
#define MOST 1
#define STRIDE(size) (size)
typedef struct {
    float lane[PANEL];
} NAME(sums);
#endif

#if LEVEL > WV_BASELINE
/* The sums of WV_TILE_ROWS rows and 1, 2 or 4 panels, a constant where this is inlined. Each sum has a name: gcc keeps
   some of an array in memory. */
#define EACH_ROW(f) f(0) f(1) f(2) f(3) f(4) f(5)
#define BEGIN(r) NAME(sums) s##r##0 = ALL(start[r]), s##r##1 = s##r##0, s##r##2 = s##r##0, s##r##3 = s##r##0;
#define ADD(r)                                                                                                         \
    x = ALL(wv_word(rows + 4 * (r * stride + i)));                                                                     \
    s##r##0 = ADD_PRODUCTS(s##r##0, q0, x);                                                                            \
    if (panels > 1)                                                                                                    \
        s##r##1 = ADD_PRODUCTS(s##r##1, q1, x);                                                                        \
    if (panels > 2) {                                                                                                  \
        s##r##2 = ADD_PRODUCTS(s##r##2, q2, x);                                                                        \
        s##r##3 = ADD_PRODUCTS(s##r##3, q3, x);                                                                        \
    }
#define END(r)                                                                                                         \
    out[r * panels] = s##r##0;                                                                                         \
    if (panels > 1)                                                                                                    \
        out[r * panels + 1] = s##r##1;                                                                                 \
    if (panels > 2) {                                                                                                  \
        out[r * panels + 2] = s##r##2;                                                                                 \
        out[r * panels + 3] = s##r##3;                                                                                 \
    }
TILE_TARGET INLINE void NAME(sums_of_tile)(
    const char *queries,  /* IN  [panels, words, PANEL] words */
    ptrdiff_t words,      /* IN  of a query */
    const char *rows,     /* IN  [WV_TILE_ROWS, stride] words */
    ptrdiff_t stride,
    const int32_t *start, /* IN  [WV_TILE_ROWS] where the sums of each row begin */
    NAME(sums) *out,      /* OUT [WV_TILE_ROWS, panels] */
    const int panels)
{
    const int32_t *p0 = (const int32_t *)queries, *p1 = p0 + words * PANEL, *p2 = p1 + words * PANEL;
    const int32_t *p3 = p2 + words * PANEL;
    EACH_ROW(BEGIN)
    for (ptrdiff_t i = 0; i < words; i++) {
        const NAME(sums) q0 = WORDS_AT(p0 + i * PANEL), q1 = panels > 1 ? WORDS_AT(p1 + i * PANEL) : q0;
        const NAME(sums) q2 = panels > 2 ? WORDS_AT(p2 + i * PANEL) : q0;
        const NAME(sums) q3 = panels > 2 ? WORDS_AT(p3 + i * PANEL) : q0;
        NAME(sums) x;
        EACH_ROW(ADD)
    }
    EACH_ROW(END)
}
#undef EACH_ROW
#undef BEGIN
#undef ADD
#undef END
#undef WORDS_AT
#undef ALL
#undef ADD_PRODUCTS
#else
TARGET INLINE void NAME(sums_of_tile)(const char *queries, ptrdiff_t words, const char *rows, ptrdiff_t stride,
                                      const int32_t *start, NAME(sums) *out, const int panels)
{
    const float *all = (const float *)rows;
    (void)panels;
    for (int r = 0; r < WV_TILE_ROWS; r++)
        for (int lane = 0; lane < PANEL; lane++)
            out[r].lane[lane] = (float)start[r];
    for (ptrdiff_t i = 0; i < words; i++) {
        const float *query = (const float *)queries + i * PANEL;
        for (int r = 0; r < WV_TILE_ROWS; r++)
            for (int lane = 0; lane < PANEL; lane++)
                out[r].lane[lane] += query[lane] * all[r * stride + i];
    }
}
#endif
