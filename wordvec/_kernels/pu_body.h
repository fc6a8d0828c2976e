/* The loops behind pu.pyx; compiled for every SIMD level by levels.h.

   A row w moves to where conjugate gradients lead for G w = b. G is a sum over the cells of the row and is never made:
   a step needs G p, so a pass over the cells has the products q = h.p of their rows with p, and adds up C - rho times q
   times h. A group of rows h is read for its products and then, from the nearest cache, for the sum. */

#define EACH(at, size) for (ptrdiff_t at = 0; at < (size); at += LANES)

/* Call f(first, vectors) for parts of a row of `size` numbers; `vectors` is a constant in each call. */
#define REST(f, vectors)                                                                                               \
    case vectors:                                                                                                      \
        f(first, vectors);                                                                                             \
        break;
#define EACH_PART(f, size)                                                                                             \
    do {                                                                                                               \
        ptrdiff_t first = 0;                                                                                           \
        for (; (size) - first >= WV_PART * LANES; first += WV_PART * LANES)                                            \
            f(first, WV_PART);                                                                                         \
        switch (((size) - first) / LANES) {                                                                            \
            REST(f, 1) REST(f, 2) REST(f, 3) REST(f, 4) REST(f, 5) REST(f, 6) REST(f, 7)                               \
        }                                                                                                              \
    } while (0)

/* t[k] += a part of the product of row k with p, its lanes not yet summed. */
TARGET INLINE void NAME(multiply_part)(
    const float *const *rows, /* IN    [LANES] */
    const float *p,           /* IN */
    ptrdiff_t first,          /* IN    coordinate of the part */
    const int vectors,        /* IN    of the part, a constant */
    vec *t)                   /* INOUT [LANES] */
{
    vec x[WV_PART];
    UNROLL
    for (int v = 0; v < vectors; v++)
        x[v] = LOOSE(p + first + v * LANES);
    UNROLL
    for (int k = 0; k < LANES; k++) {
        const float *row = rows[k] + first;
        UNROLL
        for (int v = 0; v < vectors; v++)
            t[k] += x[v] * LOOSE(row + v * LANES);
    }
}

/* q = the products of a group of rows with p. */
TARGET static NOINLINE void NAME(multiply)(
    const float *const *rows, /* IN  [WV_GROUP] rows of `size` numbers */
    const float *p,           /* IN  [size] */
    ptrdiff_t size,
    float *q)                 /* OUT [WV_GROUP] */
{
    for (int i = 0; i < WV_GROUP; i += LANES) {
        vec t[LANES];
        UNROLL
        for (int k = 0; k < LANES; k++)
            t[k] = (vec){0};
#define PART(first, vectors) NAME(multiply_part)(rows + i, p, first, vectors, t)
        EACH_PART(PART, size);
#undef PART
        LOOSE(q + i) = NAME(fold)(t);
    }
}

/* A part of sum += weights[0] rows[0] + weights[1] rows[1] + ... */
TARGET INLINE void NAME(add_part)(
    const float *const *rows, /* IN    [count] */
    const float *weights,     /* IN    [count] */
    int count,
    ptrdiff_t first,          /* IN    coordinate of the part */
    const int vectors,        /* IN    of the part, a constant */
    float *sum)               /* INOUT */
{
    vec s[WV_PART];
    UNROLL
    for (int v = 0; v < vectors; v++)
        s[v] = (vec){0};
    for (int k = 0; k < count; k++) {
        const float *row = rows[k] + first;
        UNROLL
        for (int v = 0; v < vectors; v++)
            s[v] += weights[k] * LOOSE(row + v * LANES);
    }
    UNROLL
    for (int v = 0; v < vectors; v++)
        LOOSE(sum + first + v * LANES) += s[v];
}

/* sum += weights[0] rows[0] + weights[1] rows[1] + ...: rows are added up in registers before they join the sum, so that
   long sums lose fewer digits. */
TARGET static NOINLINE void NAME(add)(
    const float *const *rows, /* IN    [count] rows of `size` numbers */
    const float *weights,     /* IN    [count] */
    int count,
    ptrdiff_t size,
    float *sum)               /* INOUT [size] */
{
#define PART(first, vectors) NAME(add_part)(rows, weights, count, first, vectors, sum)
    EACH_PART(PART, size);
#undef PART
}

/* The weights of `count` cells, a constant where the group is whole, in the sum of a pass. */
TARGET INLINE void NAME(weigh)(
    const float *over,   /* IN  [count] */
    const float *values, /* IN  [count] */
    const float *q,      /* IN  [count] */
    float rho,
    const int count,
    const enum wv_aim aim,
    float *weights)      /* OUT [count] */
{
    for (int k = 0; k < count; k++)
        weights[k] = aim == WV_SLOPE ? (over[k] + rho) * values[k] - over[k] * q[k] : over[k] * q[k];
}

/* A pass over the cells of a row: q = h.p, and the sum that is aimed at; for WV_CURVE and WV_LAST what the cells add to
   p.G p. Meanwhile the rows of the cells after this row are fetched into the second cache, a few in each pass, so that
   memory works while the processor does. */
TARGET INLINE float NAME(pass)(
    const wv_pu *t,
    int64_t start,            /* IN    cells */
    int64_t end,
    const float *p,           /* IN    [size] */
    const enum wv_aim aim,
    int64_t *ahead,           /* INOUT the cell whose row is fetched next */
    float *q,                 /* OUT   [end - start], and as many as fill the last group */
    float *sum)               /* INOUT [size] */
{
    vec curve = {0};
    for (; start < end; start += WV_GROUP, q += WV_GROUP) {
        const int count = end - start < WV_GROUP ? (int)(end - start) : WV_GROUP;
        const int64_t fetched = *ahead + WV_AHEAD < t->cells ? *ahead + WV_AHEAD : t->cells;
        const float *rows[WV_GROUP], *over = t->excess + start, *values = t->values + start;
        float weights[WV_GROUP];
        for (int k = 0; k < WV_GROUP; k++)
            rows[k] = t->other + t->indices[start + (k < count ? k : 0)] * t->size;
        for (; *ahead < fetched; ++*ahead)
            for (ptrdiff_t c = 0; c < t->size; c += 16)
                PREFETCH_FAR(t->other + t->indices[*ahead] * t->size + c);
        NAME(multiply)(rows, p, t->size, q);
        if (count == WV_GROUP) {
            NAME(weigh)(over, values, q, t->rho, WV_GROUP, aim, weights);
        } else {
            memset(weights, 0, sizeof weights);
            NAME(weigh)(over, values, q, t->rho, count, aim, weights);
        }
        EACH(k, WV_GROUP)
            curve += LOOSE(weights + k) * LOOSE(q + k);
        if (aim != WV_LAST)
            NAME(add)(rows, weights, count, t->size, sum);
    }
    return NAME(sum)(curve);
}

/* The part of the objective that the cells of a row have, in float64. */
TARGET INLINE double NAME(loss)(
    const float *over,   /* IN [count] */
    const float *values, /* IN [count] */
    const float *fitted, /* IN [count] */
    ptrdiff_t count,
    float rho)
{
    double part[8] = {0}, loss = 0; /* side by side, so that the compiler makes vectors of them */
    for (ptrdiff_t k = 0; k < count; k += 8)
        for (int i = 0; i < 8 && k + i < count; i++) {
            const double x = fitted[k + i], off = values[k + i] - x;
            part[i] += ((double)over[k + i] + rho) * off * off - rho * x * x;
        }
    for (int i = 0; i < 8; i++)
        loss += part[i];
    return loss;
}

/* out = (gram + ridge) p: what all cells add to G p, as if none had a value. */
TARGET INLINE void NAME(common)(
    const wv_pu *t,
    const float *p, /* IN  [size] */
    float ridge,
    float *out)     /* OUT [size] */
{
    EACH(c, t->size)
        LOOSE(out + c) = ridge * LOOSE(p + c);
    for (ptrdiff_t first = 0; first < t->size; first += WV_GROUP) {
        const float *rows[WV_GROUP];
        for (int k = 0; k < WV_GROUP; k++)
            rows[k] = t->gram + (first + k) * t->size;
        NAME(add)(rows, p + first, WV_GROUP, t->size, out);
    }
}

/* m = the inverses of about what stands on the diagonal of G, with the mean of the squares of a coordinate for its square
   in each cell; 0 for a coordinate that does not move. */
TARGET INLINE void NAME(inverses)(
    const wv_pu *t,
    int64_t start, /* IN  cells */
    int64_t end,
    float ridge,
    float *m)      /* OUT [size] */
{
    float weight = t->rho * (float)t->columns;
    for (int64_t k = start; k < end; k++)
        weight += t->excess[k];
    for (ptrdiff_t c = 0; c < t->size; c++) {
        const float about = weight * t->squares[c] + ridge;
        m[c] = c != t->fixed && about > 1e-30f ? 1 / about : 0;
    }
}

/* Move a row; the part of the objective that its cells have. */
TARGET INLINE double NAME(row)(const wv_pu *t, ptrdiff_t i)
{
    const ptrdiff_t size = t->size;
    const int64_t start = t->indptr[i], end = t->indptr[i + 1], count = end - start;
    const float ridge = t->ridge * (float)count;
    float *own = t->own + i * size, *m = t->scratch, *r = m + size, *p = r + size, *gp = p + size, *moved = gp + size;
    float *fitted = moved + size, *q = fitted + (count + WV_GROUP - 1) / WV_GROUP * WV_GROUP;
    int64_t ahead = end;
    vec sum = {0};
    NAME(common)(t, own, ridge, r);
    EACH(c, size)
        LOOSE(r + c) = -LOOSE(r + c);
    NAME(pass)(t, start, end, own, WV_SLOPE, &ahead, fitted, r);
    NAME(inverses)(t, start, end, ridge, m);
    EACH(c, size) {
        const vec x = LOOSE(m + c) * LOOSE(r + c);
        LOOSE(p + c) = x;
        LOOSE(moved + c) = (vec){0};
        sum += x * LOOSE(r + c);
    }
    float rest = NAME(sum)(sum), length = rest; /* r.m r, and p.p / m */
    const float least = WV_DONE * rest;
    for (int step = 1; step <= t->steps && rest > least; step++) {
        const int is_last = step == t->steps; /* it needs p.G p, but not G p */
        NAME(common)(t, p, ridge, gp);
        float curve = NAME(product_of_rows)(p, gp, size);
        curve += is_last ? NAME(pass)(t, start, end, p, WV_LAST, &ahead, q, NULL)
                         : NAME(pass)(t, start, end, p, WV_CURVE, &ahead, q, gp);
        if (!(curve > WV_FLAT * length))
            break;
        const float way = rest / curve, before = rest;
        sum = (vec){0};
        EACH(c, size) {
            const vec x = LOOSE(r + c) - way * LOOSE(gp + c);
            LOOSE(moved + c) += way * LOOSE(p + c);
            LOOSE(r + c) = x;
            sum += LOOSE(m + c) * x * x;
        }
        for (int64_t k = 0; k < count; k++)
            fitted[k] += t->relax * way * q[k];
        if (is_last)
            break;
        rest = NAME(sum)(sum);
        const float turn = rest / before;
        length = rest + turn * turn * length;
        EACH(c, size)
            LOOSE(p + c) = LOOSE(m + c) * LOOSE(r + c) + turn * LOOSE(p + c);
    }
    EACH(c, size)
        LOOSE(own + c) += t->relax * LOOSE(moved + c);
    return NAME(loss)(t->excess + start, t->values + start, fitted, (ptrdiff_t)count, t->rho);
}

/* Move the rows from..to; the part of the objective that their cells have. */
TARGET static double NAME(solve)(const wv_pu *t, ptrdiff_t from, ptrdiff_t to)
{
    double loss = 0;
    for (ptrdiff_t i = from; i < to; i++)
        loss += NAME(row)(t, i);
    return loss;
}

#define PARTS (WV_BLOCK / LANES) /* vectors of a block */

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
#undef EACH
