/* The products of the block update with factors of 16 bits (bfloat16: the upper half of a float32, rounded to nearest).

   One instruction, VDPBF16PS, multiplies pairs of such numbers and adds both products to a float32, in the time of one
   product of float32. Rows and sums stay float32; only the factors are rounded, each time they are read. The pairs run
   along the dimension for the scores, along the outputs for the step of an input, along the inputs for that of an output.
   Included by block_body.h. */

#define BF16_STRIP 512 /* numbers of eight outputs that are kept rounded */

/* sum[i] += the products of the numbers of pair i. */
TARGET INLINE vec NAME(add_pairs)(vec sum, ivec a, ivec b) {
    return (vec)_mm512_dpbf16_ps((__m512)sum, (__m512bh)a, (__m512bh)b);
}

/* The numbers of two vectors, one after the other. */
TARGET INLINE ivec NAME(rounded)(vec first, vec second) {
    return (ivec)_mm512_cvtne2ps_pbh((__m512)second, (__m512)first);
}

/* Pair i is first[i], second[i]. */
TARGET INLINE ivec NAME(paired)(vec first, vec second) {
    const __m512i order = _mm512_set_epi16(
        31, 15, 30, 14, 29, 13, 28, 12, 27, 11, 26, 10, 25, 9, 24, 8, 23, 7, 22, 6, 21, 5, 20, 4, 19, 3, 18, 2, 17, 1, 16, 0);
    return (ivec)_mm512_permutexvar_epi16(order, (__m512i)NAME(rounded)(first, second));
}

/* 32 numbers of a row, or the last 16. */
TARGET INLINE ivec NAME(rounded_row)(const REAL *row, ptrdiff_t left) {
    return NAME(rounded)(AT(row), left > LANES ? AT(row + LANES) : (vec){0});
}

/* Scores of two inputs and eight outputs, of a strip of numbers. The first two inputs find the outputs in their rows, and
   keep them rounded for the others. */
TARGET INLINE vec NAME(scores_of_two)(
    REAL *const *x,         /* IN  [2] inputs */
    REAL *const *y,         /* IN  [8] outputs; read by the first two inputs alone */
    ptrdiff_t from,         /* IN  where the strip begins */
    ptrdiff_t size,         /* IN  its numbers, a multiple of 16 */
    ivec (*kept)[8],        /* OUT [size / 32 rounded up] of the first two inputs; IN of others */
    const int first         /* IN  whether they are the first two, a constant where this is inlined */
) {
    vec sum[16];
    UNROLL for (int i = 0; i < 16; i++) sum[i] = (vec){0};
    for (ptrdiff_t d = 0; d < size; d += 32) {
        const ivec one = NAME(rounded_row)(x[0] + from + d, size - d), two = NAME(rounded_row)(x[1] + from + d, size - d);
        UNROLL for (int k = 0; k < 8; k++) {
            if (first) kept[d / 32][k] = NAME(rounded_row)(y[k] + from + d, size - d);
            ivec output = kept[d / 32][k];
            IN_REGISTER(output);
            sum[k] = NAME(add_pairs)(sum[k], one, output);
            sum[8 + k] = NAME(add_pairs)(sum[8 + k], two, output);
        }
    }
    return NAME(fold)(sum);
}

/* The scores of block_body.h, of many inputs: rounding the outputs takes as long as the scores of four. */
TARGET INLINE void NAME(many_scores)(REAL *const *x, int rows, REAL *const *y, ptrdiff_t dim, REAL *z) {
    ivec kept[BF16_STRIP / 32][8];
    for (ptrdiff_t d = 0; d < dim; d += BF16_STRIP) {
        const ptrdiff_t size = dim - d < BF16_STRIP ? dim - d : BF16_STRIP;
        for (int p = 0; p < rows; p += 2) {
            vec scores = d > 0 ? AT(z + 8 * p) : (vec){0};
            if (p == 0) scores += NAME(scores_of_two)(x, y, d, size, kept, 1);
            else scores += NAME(scores_of_two)(x + p, y, d, size, kept, 0);
            AT(z + 8 * p) = scores;
        }
    }
}

/* Gradients of two inputs, in their place: the pairs of outputs of each, then the pair of inputs of each output. */
TARGET INLINE void NAME(pair_gradients)(
    REAL *g,                /* INOUT [rows rounded up to 2][8] numbers; then for two rows [2][4] and [8] pairs */
    int rows
) {
    for (int p = 0; p < rows; p += 2) {
        const vec both = AT(g + 8 * p);
        const __m512i swapped = _mm512_shuffle_i64x2((__m512i)both, (__m512i)both, 0x4E);
        const ivec along = NAME(rounded)(both, both), across = NAME(paired)(both, (vec)swapped);
        AT(g + 8 * p) = (vec)_mm512_inserti64x4((__m512i)along, _mm512_castsi512_si256((__m512i)across), 1);
    }
}

/* The step of `count` vectors of eight outputs and all inputs; `g` is in pairs. */
TARGET INLINE void NAME(step_of_vectors)(
    REAL *const *x,         /* IN    [rows] inputs */
    REAL *const *e,         /* INOUT [rows] what the gradients of the inputs are added to; may be x */
    int rows,
    REAL *const *y,         /* INOUT [8] outputs; IN where frozen */
    ptrdiff_t d,            /* IN    the first number */
    const REAL *g,          /* IN    [rows rounded up to 2][8] as pair_gradients leaves them */
    const NAME(rows) *ahead,/* IN    rows to fetch */
    const int count,        /* IN    vectors, 1 or 2; like the next a constant where this is inlined */
    const int frozen        /* IN    whether outputs stay as they are */
) {
    int fetched = 0;
    ivec pair[4][2];
    vec new[8][2];
    UNROLL for (int k = 0; k < 8; k++) UNROLL for (int v = 0; v < count; v++) new[k][v] = AT(y[k] + d + v * LANES);
    UNROLL for (int k = 0; k < 4; k++)
        UNROLL for (int v = 0; v < count; v++) pair[k][v] = NAME(paired)(new[2 * k][v], new[2 * k + 1][v]);
    for (int p = 0; p < rows; p += 2) {
        const int32_t *along = (const int32_t *)(g + 8 * p), *across = along + 8;
        const int both = p + 1 < rows;
        for (int i = 0; i < 4 && fetched < ahead->count; i++, fetched++)
            UNROLL for (int v = 0; v < count; v++) PREFETCH_WRITE(ahead->row[fetched] + d + v * LANES);
        if (!frozen) {
            ivec inputs[2];
            UNROLL for (int v = 0; v < count; v++)
                inputs[v] = NAME(paired)(AT(x[p] + d + v * LANES), both ? AT(x[p + 1] + d + v * LANES) : (vec){0});
            UNROLL for (int k = 0; k < 8; k++) {
                ivec factor = (ivec){0} + across[k];
                IN_REGISTER(factor);
                UNROLL for (int v = 0; v < count; v++) new[k][v] = NAME(add_pairs)(new[k][v], inputs[v], factor);
            }
        }
        for (int i = 0; i <= both; i++) {
            REAL *to = e[p + i] + d;
            vec step[2];
            UNROLL for (int v = 0; v < count; v++) step[v] = AT(to + v * LANES);
            UNROLL for (int k = 0; k < 4; k++) {
                ivec factor = (ivec){0} + along[4 * i + k];
                IN_REGISTER(factor);
                UNROLL for (int v = 0; v < count; v++) step[v] = NAME(add_pairs)(step[v], pair[k][v], factor);
            }
            UNROLL for (int v = 0; v < count; v++) AT(to + v * LANES) = step[v];
        }
    }
    for (; fetched < ahead->count; fetched++)
        UNROLL for (int v = 0; v < count; v++) PREFETCH_WRITE(ahead->row[fetched] + d + v * LANES);
    if (!frozen)
        UNROLL for (int k = 0; k < 8; k++) UNROLL for (int v = 0; v < count; v++) AT(y[k] + d + v * LANES) = new[k][v];
}

/* The step of block_body.h, whose arguments these are. */
TARGET INLINE void NAME(step)(
    REAL *const *x, REAL *const *e, int rows, REAL *const *y, ptrdiff_t dim, REAL *g, const NAME(rows) *ahead,
    const int frozen
) {
    NAME(pair_gradients)(g, rows);
    for (ptrdiff_t d = 0; d < dim; d += 2 * LANES) {
        if (d + LANES < dim) NAME(step_of_vectors)(x, e, rows, y, d, g, ahead, 2, frozen);
        else NAME(step_of_vectors)(x, e, rows, y, d, g, ahead, 1, frozen);
    }
}
#undef BF16_STRIP
