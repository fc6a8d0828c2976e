/* The loops behind pu.pyx; compiled for every SIMD level by levels.h. */

#define PARTS (WV_BLOCK / LANES) /* vectors of a block */
#define ROW(panel, index) ((panel) + (index) * (ptrdiff_t)WV_BLOCK)

/* The product of a block with a row of a panel, its lanes not yet summed. */
TARGET INLINE vec NAME(product)(const float *row, const float *step)
{
    vec sum = LOOSE(step) * LOOSE(row);
    for (int c = 1; c < PARTS; c++)
        sum += LOOSE(step + c * LANES) * LOOSE(row + c * LANES);
    return sum;
}

/* Bring the products of a row up to date with a step of one of its blocks. */
TARGET INLINE void NAME(move)(
    const float *panel,     /* IN    [columns, WV_BLOCK] */
    const int32_t *indices, /* IN    [count] */
    ptrdiff_t count,
    const float *step,      /* IN    [WV_BLOCK] */
    float *fitted)          /* INOUT [count] */
{
    ptrdiff_t k = 0;
#if LANES > 1
    for (; k + LANES <= count; k += LANES) {
        vec t[LANES];
        for (int i = 0; i < LANES; i++)
            t[i] = NAME(product)(ROW(panel, indices[k + i]), step);
        LOOSE(fitted + k) += NAME(fold)(t);
    }
#endif
    for (; k < count; k++)
        fitted[k] += NAME(sum_in_order)(NAME(product)(ROW(panel, indices[k]), step));
}

#if LANES == 16
/* As a square is symmetric, it is summed by 9 diagonals that go round, each a vector: diagonal[d][i] has row i and column
   i + d, less 16 where that is beyond. */
#define DIAGONALS (WV_BLOCK / 2 + 1)
#define ROUND(i, d) (((i) + (d)) % LANES)
#if defined(__clang__)
#define TURNED(x, d) __builtin_shufflevector(x, x, LIST(LANES)(ROUND, d, 0))
#else
#define TURNED(x, d) __builtin_shuffle(x, (ivec){LIST(LANES)(ROUND, d, 0)})
#endif

/* diagonal += the diagonals of sum over k of over[k] h_k h_k', right += sum over k of pull[k] h_k */
TARGET INLINE void NAME(squares)(
    const float *panel,     /* IN    [columns, WV_BLOCK] */
    const int32_t *indices, /* IN    [count] */
    const float *over,      /* IN    [count] */
    const float *pull,      /* IN    [count] */
    ptrdiff_t count,
    const int fetch,        /* IN    whether rows of the next cells are asked for */
    vec *diagonal,          /* INOUT [DIAGONALS] */
    float *right)           /* INOUT [WV_BLOCK] */
{
    vec s0 = {0}, s1 = s0, s2 = s0, s3 = s0, s4 = s0, s5 = s0, s6 = s0, s7 = s0, s8 = s0, slope = s0;
    for (ptrdiff_t k = 0; k < count; k++) {
        const vec h = LOOSE(ROW(panel, indices[k])), x = over[k] * h;
        if (fetch)
            PREFETCH(ROW(panel, indices[k + WV_CHUNK]));
        slope += pull[k] * h;
        s0 += x * h;
        s1 += x * TURNED(h, 1);
        s2 += x * TURNED(h, 2);
        s3 += x * TURNED(h, 3);
        s4 += x * TURNED(h, 4);
        s5 += x * TURNED(h, 5);
        s6 += x * TURNED(h, 6);
        s7 += x * TURNED(h, 7);
        s8 += x * TURNED(h, 8);
    }
    diagonal[0] += s0;
    diagonal[1] += s1;
    diagonal[2] += s2;
    diagonal[3] += s3;
    diagonal[4] += s4;
    diagonal[5] += s5;
    diagonal[6] += s6;
    diagonal[7] += s7;
    diagonal[8] += s8;
    LOOSE(right) += slope;
}
#else
/* g[r, c] += sum over k of over[k] h_k[r] h_k[c], for the rows r from `from` to `to` (constants, so that all sums stay
   in registers) and those vectors of c that reach the diagonal or lie behind it. */
TARGET INLINE void NAME(squares)(
    const float *panel,     /* IN    [columns, WV_BLOCK] */
    const int32_t *indices, /* IN    [count] */
    const float *over,      /* IN    [count] */
    ptrdiff_t count,
    const int from,
    const int to,
    const int fetch,        /* IN    whether rows of the next cells are asked for */
    float *g)               /* INOUT [WV_BLOCK, WV_BLOCK] */
{
    vec sum[WV_BLOCK][PARTS];
    for (int r = from; r < to; r++)
        for (int c = r / LANES; c < PARTS; c++)
            sum[r][c] = (vec){0};
    for (ptrdiff_t k = 0; k < count; k++) {
        const float *h = ROW(panel, indices[k]);
        vec x[PARTS];
        if (fetch)
            PREFETCH(ROW(panel, indices[k + WV_CHUNK]));
        for (int c = from / LANES; c < PARTS; c++)
            x[c] = over[k] * LOOSE(h + c * LANES);
        for (int r = from; r < to; r++)
            for (int c = r / LANES; c < PARTS; c++)
                sum[r][c] += h[r] * x[c];
    }
    for (int r = from; r < to; r++)
        for (int c = r / LANES; c < PARTS; c++)
            LOOSE(g + r * WV_BLOCK + c * LANES) += sum[r][c];
}

#endif

/* Add what the cells of a row say of a block: to g the weighted squares of the other side, to `right` how far the
   model is from A. */
TARGET INLINE void NAME(gather)(
    const wv_pu *t,
    const float *panel, /* IN    [columns, WV_BLOCK] */
    int64_t first,      /* IN    cells */
    int64_t end,
    float *g,           /* INOUT [WV_BLOCK, WV_BLOCK] */
    float *right)       /* INOUT [WV_BLOCK] */
{
#if LANES == 16
    vec diagonal[DIAGONALS] = {{0}};
    float parts[DIAGONALS * LANES];
#endif
    for (; first < end; first += WV_CHUNK) {
        const ptrdiff_t count = end - first < WV_CHUNK ? (ptrdiff_t)(end - first) : WV_CHUNK;
        const int fetch = first + 2 * WV_CHUNK <= t->cells;
        const int32_t *indices = t->indices + first;
        const float *over = t->excess + first, *values = t->values + first, *fitted = t->fitted + first;
        float pull[WV_CHUNK];
        for (ptrdiff_t k = 0; k < count; k++)
            pull[k] = (over[k] + t->rho) * values[k] - over[k] * fitted[k];
#if LANES == 16
        NAME(squares)(panel, indices, over, pull, count, fetch, diagonal, right);
#else
        vec sum[PARTS];
        for (int c = 0; c < PARTS; c++)
            sum[c] = (vec){0};
        for (ptrdiff_t k = 0; k < count; k++)
            for (int c = 0; c < PARTS; c++)
                sum[c] += pull[k] * LOOSE(ROW(panel, indices[k]) + c * LANES);
        for (int c = 0; c < PARTS; c++)
            LOOSE(right + c * LANES) += sum[c];
#if LANES == 8
        NAME(squares)(panel, indices, over, count, 0, 6, fetch, g);
        NAME(squares)(panel, indices, over, count, 6, 16, 0, g);
#else
        NAME(squares)(panel, indices, over, count, 0, 3, fetch, g);
        NAME(squares)(panel, indices, over, count, 3, 7, 0, g);
        NAME(squares)(panel, indices, over, count, 7, 16, 0, g);
#endif
#endif
    }
#if LANES == 16
    for (int d = 0; d < DIAGONALS; d++)
        LOOSE(parts + d * LANES) = diagonal[d];
    for (int r = 0; r < WV_BLOCK; r++)
        for (int c = r; c < WV_BLOCK; c++)
            g[r * WV_BLOCK + c] += c - r < DIAGONALS ? parts[(c - r) * LANES + r] : parts[(LANES + r - c) * LANES + c];
#undef DIAGONALS
#undef ROUND
#undef TURNED
#endif
}

/* step = right / g by Cholesky's method, g being symmetric: its upper half counts and is overwritten. A coordinate
   without a pivot stays where it is. */
TARGET INLINE void NAME(divide)(
    float *g,           /* INOUT [WV_BLOCK, WV_BLOCK] */
    const float *right, /* IN    [WV_BLOCK] */
    float *step)        /* OUT   [WV_BLOCK] */
{
    float inverse[WV_BLOCK], least[WV_BLOCK], rest[WV_BLOCK];
    for (int p = 0; p < WV_BLOCK; p++)
        least[p] = WV_PIVOT * g[p * WV_BLOCK + p];
    for (int p = 0; p < WV_BLOCK; p++) {
        float *row = g + p * WV_BLOCK;
        vec x[PARTS];
        inverse[p] = row[p] > least[p] && row[p] > 1e-30f ? 1 / sqrtf(row[p]) : 0;
        for (int c = p / LANES; c < PARTS; c++)
            LOOSE(row + c * LANES) = x[c] = LOOSE(row + c * LANES) * inverse[p];
        for (int r = p + 1; r < WV_BLOCK; r++)
            for (int c = r / LANES; c < PARTS; c++)
                LOOSE(g + r * WV_BLOCK + c * LANES) -= row[r] * x[c];
    }
    memcpy(rest, right, WV_BLOCK * sizeof *rest);
    for (int r = 0; r < WV_BLOCK; r++) {
        step[r] = rest[r] * inverse[r];
        for (int c = r / LANES; c < PARTS; c++) /* what stands before the diagonal changes what is not read again */
            LOOSE(rest + c * LANES) -= step[r] * LOOSE(g + r * WV_BLOCK + c * LANES);
    }
    for (int r = WV_BLOCK; r-- > 0;) {
        float x = step[r];
        for (int c = WV_BLOCK; --c > r;) /* the coordinate that was found last comes last */
            x -= g[r * WV_BLOCK + c] * step[c];
        step[r] = x * inverse[r];
    }
}

/* right = -ridge own_b - own gram: the slope of the ridge, and of all cells as if none had a value. */
TARGET INLINE void NAME(slope)(
    const float *own,  /* IN  [size] */
    const float *gram, /* IN  [size, WV_BLOCK] */
    ptrdiff_t size,
    ptrdiff_t first,   /* IN  coordinate of the block */
    float ridge,
    float *right)      /* OUT [WV_BLOCK] */
{
    vec sum[4][PARTS]; /* four chains of additions, none of which waits for another */
    for (int c = 0; c < PARTS; c++) {
        sum[0][c] = -ridge * LOOSE(own + first + c * LANES);
        sum[1][c] = sum[2][c] = sum[3][c] = (vec){0};
    }
    for (ptrdiff_t k = 0; k < size; k += 4)
        for (int j = 0; j < 4; j++)
            for (int c = 0; c < PARTS; c++)
                sum[j][c] -= own[k + j] * LOOSE(gram + (k + j) * WV_BLOCK + c * LANES);
    for (int c = 0; c < PARTS; c++)
        LOOSE(right + c * LANES) = (sum[0][c] + sum[1][c]) + (sum[2][c] + sum[3][c]);
}

/* Step every block of the rows from..to, one after another; the part of the objective that their cells have. */
TARGET static double NAME(solve)(const wv_pu *t, ptrdiff_t from, ptrdiff_t to)
{
    const ptrdiff_t size = t->blocks * WV_BLOCK;
    double loss = 0;
    for (ptrdiff_t first = 0; first < size; first += WV_BLOCK) {
        const float *panel = t->panels + first * t->columns, *gram = t->gram + first * size;
        const ptrdiff_t fixed = t->fixed >= first && t->fixed < first + WV_BLOCK ? t->fixed - first : -1;
        for (ptrdiff_t i = from; i < to; i++) {
            const int64_t start = t->indptr[i], end = t->indptr[i + 1];
            const float ridge = t->ridge * (float)(end - start);
            float *own = t->own + i * size, g[WV_BLOCK * WV_BLOCK], right[WV_BLOCK], step[WV_BLOCK];
            memcpy(g, gram + first * WV_BLOCK, sizeof g);
            for (int c = 0; c < WV_BLOCK; c++)
                g[c * WV_BLOCK + c] += ridge;
            NAME(slope)(own, gram, size, first, ridge, right);
            NAME(gather)(t, panel, start, end, g, right);
            if (fixed >= 0) {
                for (int c = 0; c < WV_BLOCK; c++)
                    g[fixed * WV_BLOCK + c] = g[c * WV_BLOCK + fixed] = 0;
                right[fixed] = 0;
            }
            NAME(divide)(g, right, step);
            for (int c = 0; c < WV_BLOCK; c++) {
                const float before = own[first + c];
                own[first + c] += t->relax * step[c];
                step[c] = own[first + c] - before; /* what rounding left of it */
            }
            NAME(move)(panel, t->indices + start, (ptrdiff_t)(end - start), step, t->fitted + start);
        }
    }
    for (ptrdiff_t i = from; i < to; i++)
        for (int64_t k = t->indptr[i]; k < t->indptr[i + 1]; k++) {
            const double fitted = t->fitted[k], off = t->values[k] - fitted;
            loss += ((double)t->excess[k] + t->rho) * off * off - t->rho * fitted * fitted;
        }
    return loss;
}

/* The products of the rows from..to with those of the other side, from nothing. */
TARGET static void NAME(fit)(const wv_pu *t, ptrdiff_t from, ptrdiff_t to)
{
    const ptrdiff_t size = t->blocks * WV_BLOCK;
    memset(t->fitted + t->indptr[from], 0, (t->indptr[to] - t->indptr[from]) * sizeof *t->fitted);
    for (ptrdiff_t first = 0; first < size; first += WV_BLOCK)
        for (ptrdiff_t i = from; i < to; i++) {
            const int64_t start = t->indptr[i], count = t->indptr[i + 1] - start;
            NAME(move)(t->panels + first * t->columns, t->indices + start, (ptrdiff_t)count,
                       t->own + i * size + first, t->fitted + start);
        }
}

/* g[r, c] += sum over k of a_k[r] b_k[c] for the rows r from `from` to `to`, constants. */
TARGET INLINE void NAME(outer)(
    const float *a, /* IN    [count] blocks, `size` apart */
    const float *b, /* IN    likewise */
    ptrdiff_t size,
    ptrdiff_t count,
    const int from,
    const int to,
    double *g)      /* INOUT [WV_BLOCK] rows, `size` apart */
{
    vec sum[WV_BLOCK][PARTS];
    for (int r = from; r < to; r++)
        for (int c = 0; c < PARTS; c++)
            sum[r][c] = (vec){0};
    for (ptrdiff_t k = 0; k < count; k++)
        for (int r = from; r < to; r++)
            for (int c = 0; c < PARTS; c++)
                sum[r][c] += a[k * size + r] * LOOSE(b + k * size + c * LANES);
    for (int r = from; r < to; r++) {
        float lanes[WV_BLOCK];
        for (int c = 0; c < PARTS; c++)
            LOOSE(lanes + c * LANES) = sum[r][c];
        for (int c = 0; c < WV_BLOCK; c++)
            g[r * size + c] += lanes[c];
    }
}

/* Add the products of the columns of some rows to the blocks of `out` that lie on the diagonal or above it. */
TARGET static void NAME(square)(
    const float *rows, /* IN    [count, size] */
    ptrdiff_t count,
    ptrdiff_t size,    /* IN    a multiple of WV_BLOCK */
    double *out)       /* INOUT [size, size] */
{
    for (; count > 0; count -= WV_CHUNK, rows += WV_CHUNK * size) {
        const ptrdiff_t some = count < WV_CHUNK ? count : WV_CHUNK;
        for (ptrdiff_t p = 0; p < size; p += WV_BLOCK)
            for (ptrdiff_t q = p; q < size; q += WV_BLOCK) {
                double *g = out + p * size + q;
#if LANES == 16
                NAME(outer)(rows + p, rows + q, size, some, 0, 16, g);
#elif LANES == 8
                NAME(outer)(rows + p, rows + q, size, some, 0, 6, g);
                NAME(outer)(rows + p, rows + q, size, some, 6, 12, g);
                NAME(outer)(rows + p, rows + q, size, some, 12, 16, g);
#else
                for (int r = 0; r < WV_BLOCK; r += 2)
                    NAME(outer)(rows + p + r, rows + q, size, some, 0, 2, g + r * size);
#endif
            }
    }
}
#undef PARTS
#undef ROW
