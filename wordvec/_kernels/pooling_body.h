/* The loops behind pooling.pyx; compiled for every SIMD level by levels.h. Compilers turn them into vector instructions. */
#define ROW(token) ((token) < p->rows ? p->matrix + (token) * p->stride : p->extra + ((token) - p->rows) * p->size)
#define WEIGHT(i) (p->weights ? p->weights[i] : 1.f)

/* out += the weighted rows of tokens, four at a time. */
TARGET static void NAME(add)(
    const struct wv_pool *p,
    int64_t i,             /* IN    tokens */
    int64_t end,
    float *__restrict out) /* INOUT [size] */
{
    const ptrdiff_t size = p->size;
    for (; i + 4 <= end; i += 4) {
        const float *a = ROW(p->tokens[i]), *b = ROW(p->tokens[i + 1]), *c = ROW(p->tokens[i + 2]);
        const float *d = ROW(p->tokens[i + 3]);
        const float u = WEIGHT(i), v = WEIGHT(i + 1), w = WEIGHT(i + 2), x = WEIGHT(i + 3);
        for (ptrdiff_t j = 0; j < size; j++)
            out[j] += (u * a[j] + v * b[j]) + (w * c[j] + x * d[j]);
    }
    for (; i < end; i++) {
        const float *a = ROW(p->tokens[i]);
        const float u = WEIGHT(i);
        for (ptrdiff_t j = 0; j < size; j++)
            out[j] += u * a[j];
    }
}

/* The same in sums of sums, so that long texts lose no digits. */
TARGET static void NAME(add_runs)(
    const struct wv_pool *p,
    int64_t i,              /* IN    tokens */
    int64_t end,
    float *__restrict out,  /* INOUT [size] */
    float *__restrict part) /* OUT   scratch [size] */
{
    for (; i < end; i += WV_RUN) {
        memset(part, 0, (size_t)p->size * sizeof(float));
        NAME(add)(p, i, i + WV_RUN < end ? i + WV_RUN : end, part);
        for (ptrdiff_t j = 0; j < p->size; j++)
            out[j] += part[j];
    }
}

/* The rows once more, each dimension first divided by its length over the tokens of the text. */
TARGET static void NAME(add_scaled)(
    const struct wv_pool *p,
    int64_t i,                 /* IN    tokens */
    int64_t end,
    float *__restrict out,     /* INOUT [size] */
    float *__restrict squares) /* OUT   scratch [size] */
{
    const ptrdiff_t size = p->size;
    memset(squares, 0, (size_t)size * sizeof(float));
    for (; i < end; i++) {
        const float *a = ROW(p->tokens[i]);
        const float u = WEIGHT(i);
        for (ptrdiff_t j = 0; j < size; j++) {
            out[j] += u * a[j];
            squares[j] += a[j] * a[j];
        }
    }
    for (ptrdiff_t j = 0; j < size; j++)
        out[j] = squares[j] == 0 ? 0 : squares[j] <= FLT_MAX ? out[j] / sqrtf(squares[j]) : NAN;
}

/* The greatest number of each dimension. */
TARGET static void NAME(most)(
    const struct wv_pool *p,
    int64_t i,             /* IN  tokens */
    int64_t end,
    float *__restrict out) /* OUT [size] */
{
    const ptrdiff_t size = p->size;
    memcpy(out, ROW(p->tokens[i]), (size_t)size * sizeof(float));
    for (i++; i < end; i++) {
        const float *a = ROW(p->tokens[i]);
        for (ptrdiff_t j = 0; j < size; j++)
            out[j] = a[j] > out[j] || a[j] != a[j] ? a[j] : out[j]; /* what is not a number stays visible */
    }
}

/* Take the components out of a vector, and bring it to length 1, where asked. */
TARGET static void NAME(finish)(
    const struct wv_pool *p,
    float *__restrict out) /* INOUT [size] */
{
    const ptrdiff_t size = p->size;
    for (ptrdiff_t c = 0; c < p->m; c++) {
        const float *component = p->components + c * size;
        const float share = NAME(product_of_floats)(out, component, size, 16) * p->shares[c];
        for (ptrdiff_t j = 0; j < size; j++)
            out[j] -= share * component[j];
    }
    if (p->normalise) {
        double square = 0;
        float scale;
        for (ptrdiff_t j = 0; j < size; j++)
            square += (double)out[j] * out[j];
        scale = (float)(1 / sqrt(square));
        if (square > WV_SHORT * WV_SHORT)
            for (ptrdiff_t j = 0; j < size; j++)
                out[j] *= scale;
        else /* the scale is beyond float32 */
            for (ptrdiff_t j = 0; square > 0 && j < size; j++)
                out[j] = (float)(out[j] / sqrt(square));
    }
}

/* The vectors of some texts; zeros for those without tokens. */
TARGET static void NAME(pooled)(
    const struct wv_pool *p,
    ptrdiff_t texts,
    float *out,       /* OUT [texts, out_stride] */
    float *scratch)   /* OUT [size] */
{
    int64_t i = 0;
    for (ptrdiff_t text = 0; text < texts; text++, out += p->out_stride) {
        const int64_t end = p->ends[text];
        double total = (double)(end - i);
        memset(out, 0, (size_t)p->size * sizeof(float));
        for (int64_t next = end; next < end + 8 && text + 1 < texts && next < p->ends[text + 1]; next++) {
            const char *row = (const char *)ROW(p->tokens[next]);
            for (ptrdiff_t j = 0; j < p->size * 4; j += 64)
                PREFETCH(row + j);
        }
        if (end > i) {
            if (p->kind == WV_MAX)
                NAME(most)(p, i, end, out);
            else if (p->kind == WV_SCALED)
                NAME(add_scaled)(p, i, end, out, scratch);
            else if (end - i <= WV_RUN)
                NAME(add)(p, i, end, out);
            else
                NAME(add_runs)(p, i, end, out, scratch);
            if (p->kind == WV_WEIGHTED && p->weights) {
                total = 0;
                for (int64_t k = i; k < end; k++)
                    total += (double)p->weights[k];
            }
            if (p->kind != WV_MAX && p->kind != WV_SUM && total > 0) {
                const float scale = (float)(1 / total);
                for (ptrdiff_t j = 0; j < p->size; j++)
                    out[j] *= scale;
            }
            NAME(finish)(p, out);
        }
        i = end;
    }
}
#undef ROW
#undef WEIGHT
