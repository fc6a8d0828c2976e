/* The two products behind topk.pyx; included once for each target by topk.h, which defines NAME and TARGET. */

/* The product of two rows. Independent sums let the compiler use vectors without -ffast-math. */
TARGET static float NAME(dot)(
    const float *a,  /* IN [size] */
    const float *b,  /* IN [size] */
    ptrdiff_t size)  /* IN */
{
    float sums[WV_SUMS] = {0}, sum = 0;
    ptrdiff_t i = 0;
    int j;
    for (; i + WV_SUMS <= size; i += WV_SUMS)
        for (j = 0; j < WV_SUMS; j++)
            sums[j] += a[i + j] * b[i + j];
    for (; i < size; i++)
        sum += a[i] * b[i];
    for (j = 0; j < WV_SUMS; j++)
        sum += sums[j];
    return sum;
}

/* The products of WV_ROWS rows and WV_LANES queries. All sums stay in registers: 12 vectors of 8 on AVX2. */
TARGET static void NAME(block)(
    const float *const *rows, /* IN  [WV_ROWS] pointers to [size] */
    const float *panel,       /* IN  [size][WV_LANES] the queries side by side */
    ptrdiff_t size,           /* IN */
    float *out)               /* OUT [WV_ROWS][WV_LANES] */
{
#if defined(__GNUC__)
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
    memset(out, 0, WV_ROWS * WV_LANES * sizeof *out);
    for (i = 0; i < size; i++, panel += WV_LANES)
        for (r = 0; r < WV_ROWS; r++)
            for (j = 0; j < WV_LANES; j++)
                out[r * WV_LANES + j] += panel[j] * rows[r][i];
#endif
}
