/* The loops behind block_products.pyx; compiled for every SIMD level by levels.h. */

#if LANES > 1
#define WV_PARTS (WV_WIDTH / LANES)     /* vectors of a row of the block */
#define WV_GROUP (LANES >= 8 ? 4 : 2)   /* columns or rows whose sums are in registers together */

/* Add to `out` what some rows contribute to `count` columns, a constant where this is inlined. */
TARGET INLINE void NAME(inner_group)(
    const float *tall, ptrdiff_t stride, ptrdiff_t rows, const float *block, float *out, const int count)
{
    vec sum[4][WV_PARTS];
    UNROLL
    for (int i = 0; i < count; i++)
        UNROLL
        for (int v = 0; v < WV_PARTS; v++)
            sum[i][v] = (vec){0};
    for (ptrdiff_t row = 0; row < rows; row++) {
        const float *own = tall + row * stride;
        PREFETCH(own + 16); /* of the next groups */
        UNROLL
        for (int i = 0; i < count; i++)
            UNROLL
            for (int v = 0; v < WV_PARTS; v++)
                sum[i][v] += own[i] * LOOSE(block + row * WV_WIDTH + v * LANES);
    }
    UNROLL
    for (int i = 0; i < count; i++)
        UNROLL
        for (int v = 0; v < WV_PARTS; v++)
            LOOSE(out + i * WV_WIDTH + v * LANES) += sum[i][v];
}

/* Take from `count` rows of the block, a constant where this is inlined, what the columns contribute. */
TARGET INLINE void NAME(subtract_group)(
    const float *tall, ptrdiff_t stride, ptrdiff_t columns, const float *coefficients, float *block, const int count)
{
    vec sum[4][WV_PARTS];
    UNROLL
    for (int i = 0; i < count; i++)
        UNROLL
        for (int v = 0; v < WV_PARTS; v++)
            sum[i][v] = (vec){0};
    for (ptrdiff_t column = 0; column < columns; column++)
        UNROLL
        for (int i = 0; i < count; i++)
            UNROLL
            for (int v = 0; v < WV_PARTS; v++)
                sum[i][v] += tall[i * stride + column] * LOOSE(coefficients + column * WV_WIDTH + v * LANES);
    UNROLL
    for (int i = 0; i < count; i++)
        UNROLL
        for (int v = 0; v < WV_PARTS; v++)
            LOOSE(block + i * WV_WIDTH + v * LANES) -= sum[i][v];
}
#endif

/* out = tall' block, summed over the rows of a tile, then over the tiles. */
TARGET static void NAME(inner)(
    const float *tall,  /* IN  rows of `columns` numbers, `stride` apart */
    ptrdiff_t stride,
    ptrdiff_t rows,
    ptrdiff_t columns,
    const float *block, /* IN  [rows, WV_WIDTH] */
    float *out)         /* OUT [columns, WV_WIDTH] */
{
    memset(out, 0, (size_t)columns * WV_WIDTH * sizeof *out);
    for (ptrdiff_t first = 0; first < rows; first += WV_TILE) {
        const ptrdiff_t some = rows - first < WV_TILE ? rows - first : WV_TILE;
        const float *from = tall + first * stride, *beside = block + first * WV_WIDTH;
        ptrdiff_t column = 0;
#if LANES > 1
        for (; column + WV_GROUP <= columns; column += WV_GROUP)
            NAME(inner_group)(from + column, stride, some, beside, out + column * WV_WIDTH, WV_GROUP);
        for (; column < columns; column++)
            NAME(inner_group)(from + column, stride, some, beside, out + column * WV_WIDTH, 1);
#endif
        for (; column < columns; column++)
            for (int c = 0; c < WV_WIDTH; c++) {
                float sum = 0;
                for (ptrdiff_t row = 0; row < some; row++)
                    sum += from[row * stride + column] * beside[row * WV_WIDTH + c];
                out[column * WV_WIDTH + c] += sum;
            }
    }
}

/* block -= tall coefficients */
TARGET static void NAME(subtract)(
    const float *tall,         /* IN    rows of `columns` numbers, `stride` apart */
    ptrdiff_t stride,
    ptrdiff_t rows,
    ptrdiff_t columns,
    const float *coefficients, /* IN    [columns, WV_WIDTH] */
    float *block)              /* INOUT [rows, WV_WIDTH] */
{
    ptrdiff_t row = 0;
#if LANES > 1
    for (; row + WV_GROUP <= rows; row += WV_GROUP)
        NAME(subtract_group)(tall + row * stride, stride, columns, coefficients, block + row * WV_WIDTH, WV_GROUP);
    for (; row < rows; row++)
        NAME(subtract_group)(tall + row * stride, stride, columns, coefficients, block + row * WV_WIDTH, 1);
#undef WV_PARTS
#undef WV_GROUP
#endif
    for (; row < rows; row++)
        for (int c = 0; c < WV_WIDTH; c++) {
            float sum = 0;
            for (ptrdiff_t column = 0; column < columns; column++)
                sum += tall[row * stride + column] * coefficients[column * WV_WIDTH + c];
            block[row * WV_WIDTH + c] -= sum;
        }
}
