/* The products of the block update with factors of 16 bits (bfloat16: the upper half of a float32, rounded to nearest).

   One instruction, VDPBF16PS, multiplies pairs of such numbers and adds both products to a float32, in the time of one
   product of float32. Rows and sums stay float32; only the factors are rounded, each time they are read. The pairs run
   along the dimension for the scores, along the outputs for the step of an input, along the inputs for that of an output.
   Included by block_body.h. */

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

/* Gradients of two inputs as the step reads them: the pairs of outputs of each, then the pair of inputs of each output. */
TARGET INLINE vec NAME(factors)(vec g) {
    const __m512i order = _mm512_set_epi16(
        15, 7, 14, 6, 13, 5, 12, 4, 11, 3, 10, 2, 9, 1, 8, 0, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0);
    return (vec)_mm512_permutexvar_epi16(order, (__m512i)NAME(rounded)(g, g));
}

/* Products of pairs of inputs and outputs, 24 at most. One half of a vector is of the first input of a pair, the other half
   of the second, so that half of the sums over lanes are done. To round an output again for each tile takes less than to
   keep it rounded: conversions are done beside products, but stores are not. */
TARGET INLINE void NAME(products)(
    REAL *const *x,         /* IN  [2 pairs] inputs */
    REAL *const *y,         /* IN  [outputs] */
    ptrdiff_t dim,          /*     a multiple of 16 */
    vec *sum,               /* OUT [pairs][outputs] */
    const int pairs,        /*     like the next a constant where this is inlined */
    const int outputs
) {
    UNROLL for (int i = 0; i < pairs; i++) UNROLL for (int k = 0; k < outputs; k++) sum[outputs * i + k] = (vec){0};
    for (ptrdiff_t d = 0; d < dim; d += LANES) {
        ivec inputs[6];
        UNROLL for (int i = 0; i < pairs; i++) inputs[i] = NAME(rounded)(AT(x[2 * i] + d), AT(x[2 * i + 1] + d));
        UNROLL for (int k = 0; k < outputs; k++) {
            const ivec output = NAME(rounded)(AT(y[k] + d), AT(y[k] + d));
            UNROLL for (int i = 0; i < pairs; i++)
                sum[outputs * i + k] = NAME(add_pairs)(sum[outputs * i + k], inputs[i], output);
        }
    }
}

/* Scores of one to three pairs of inputs and eight outputs. */
TARGET INLINE void NAME(few_scores)(REAL *const *x, REAL *const *y, ptrdiff_t dim, REAL *z, const int pairs) {
    vec sum[24];
    NAME(products)(x, y, dim, sum, pairs, 8);
    UNROLL for (int i = 0; i < pairs; i++) AT(z + 16 * i) = NAME(fold_halves)(sum + 8 * i);
}

/* Scores of four to six pairs of inputs and eight outputs: four outputs, then the other four. */
TARGET INLINE void NAME(more_scores)(REAL *const *x, REAL *const *y, ptrdiff_t dim, REAL *z, const int pairs) {
    const __m512i first = _mm512_set_epi64(13, 12, 5, 4, 9, 8, 1, 0), second = _mm512_set_epi64(15, 14, 7, 6, 11, 10, 3, 2);
    for (int q = 0; q < 8; q += 4) {
        vec sum[24]; /* of each two pairs four sums of the one and four of the other are folded together */
        NAME(products)(x, y + q, dim, sum, pairs, 4);
        UNROLL for (int i = 4 * pairs; i < 24; i++) sum[i] = (vec){0};
        UNROLL for (int i = 0; i < pairs; i += 2) {
            const vec folded = NAME(fold_halves)(sum + 4 * i);
            const __m512d low = (__m512d)AT(z + 16 * i), high = (__m512d)folded;
            AT(z + 16 * i) = q == 0 ? folded : (vec)_mm512_permutex2var_pd(low, first, high);
            if (q > 0 && i + 1 < pairs) AT(z + 16 * i + 16) = (vec)_mm512_permutex2var_pd(low, second, high);
        }
    }
}

/* The scores of block_body.h, of many inputs. A function apart, as it needs all registers. */
TARGET static NOINLINE void NAME(many_scores)(REAL *const *x, int rows, REAL *const *y, ptrdiff_t dim, REAL *z) {
    for (int left = rows / TILE_ROWS; left > 0; left -= 4, x += 8, z += 64)
        switch (left) {
        case 1: NAME(few_scores)(x, y, dim, z, 1); return;
        case 2: NAME(few_scores)(x, y, dim, z, 2); return;
        case 3: NAME(few_scores)(x, y, dim, z, 3); return;
        case 5: NAME(more_scores)(x, y, dim, z, 5); return;
        case 6: NAME(more_scores)(x, y, dim, z, 6); return;
        default: NAME(more_scores)(x, y, dim, z, 4);
        }
}

/* The step of `count` vectors of eight outputs and all inputs; `g` is in pairs. */
TARGET INLINE void NAME(step_of_vectors)(
    REAL *const *x,         /* IN    [rows] inputs */
    REAL *const *e,         /* INOUT [rows] what the gradients of the inputs are added to; may be x */
    int rows,
    REAL *const *y,         /* INOUT [8] outputs; IN where frozen */
    ptrdiff_t d,            /* IN    the first number */
    const REAL *g,          /* IN    [rows rounded up to 2][8] as `factors` leaves them */
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
    REAL *const *x, REAL *const *e, int rows, REAL *const *y, ptrdiff_t dim, const REAL *g, const NAME(rows) *ahead,
    const int frozen
) {
    for (ptrdiff_t d = 0; d < dim; d += 2 * LANES) {
        if (d + LANES < dim) NAME(step_of_vectors)(x, e, rows, y, d, g, ahead, 2, frozen);
        else NAME(step_of_vectors)(x, e, rows, y, d, g, ahead, 1, frozen);
    }
}
