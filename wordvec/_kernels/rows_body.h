/* One target's copy of the mean of rows: included by rows.h with NAME and TARGET defined. Without FMA, and added in
   the order of the rows, so that every target gives the floats that fastText gives. */
TARGET static void NAME(mean)(
    const char *table,   /* IN    [R] rows, `stride` bytes apart, of `dim` floats that need not be aligned */
    ptrdiff_t stride,    /* IN */
    const int32_t *rows, /* IN    [count] */
    int64_t count,       /* IN */
    int64_t dim,         /* IN */
    int own,             /* IN    whether `out` holds a row that counts, the first; else it is zeroed */
    float *out)          /* INOUT [dim] */
{
    int64_t r = 0, d;
    float scale;
    if (!own)
        memset(out, 0, (size_t)dim * sizeof(float));
    if (count == 0)
        return;
    for (; r + 4 <= count; r += 4) { /* four rows for each time that `out` is read and written */
        const wv_loose_float *a = (const wv_loose_float *)(table + rows[r] * stride);
        const wv_loose_float *b = (const wv_loose_float *)(table + rows[r + 1] * stride);
        const wv_loose_float *c = (const wv_loose_float *)(table + rows[r + 2] * stride);
        const wv_loose_float *e = (const wv_loose_float *)(table + rows[r + 3] * stride);
        int64_t next;
        for (next = r + 4; next < r + 8 && next < count; next++) {
            const char *row = table + rows[next] * stride;
            for (d = 0; d < dim * 4; d += 64)
                PREFETCH(row + d);
        }
        for (d = 0; d < dim; d++)
            out[d] = (((out[d] + a[d]) + b[d]) + c[d]) + e[d];
    }
    for (; r < count; r++) {
        const wv_loose_float *a = (const wv_loose_float *)(table + rows[r] * stride);
        for (d = 0; d < dim; d++)
            out[d] += a[d];
    }
    scale = (float)(1.0 / (double)(count + (own != 0)));
    for (d = 0; d < dim; d++)
        out[d] *= scale;
}
