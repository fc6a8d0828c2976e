/* The loop behind sparse.pyx; compiled for every SIMD level by levels.h.

   A row of the product is the sum of the dense rows that its cells name, wherever they lie: memory decides, not
   arithmetic. So a panel of columns stays in registers for a whole row, and dense rows are asked for ahead. */

#if LANES > 1

/* One panel of `vectors` vectors, a constant where this is inlined. */
TARGET INLINE void NAME(panel)(
    const int64_t *indptr, const int32_t *indices, const float *data, ptrdiff_t first, ptrdiff_t last,
    const float *dense, ptrdiff_t stride, float *out, ptrdiff_t out_stride, const int vectors)
{
    const int64_t final = indptr[last];
    for (ptrdiff_t row = first; row < last; row++) {
        const int64_t end = indptr[row + 1];
        vec total[8], sum[8];
        UNROLL
        for (int v = 0; v < vectors; v++)
            total[v] = (vec){0};
        for (int64_t k = indptr[row]; k < end;) {
            const int64_t stop = end - k > WV_RUN ? k + WV_RUN : end;
            UNROLL
            for (int v = 0; v < vectors; v++)
                sum[v] = (vec){0};
            for (; k < stop; k++) {
                const float *from = dense + indices[k] * stride;
                const vec weight = (vec){0} + data[k];
                if (k + WV_AHEAD < final) {
                    const float *ahead = dense + indices[k + WV_AHEAD] * stride;
                    for (int v = 0; v < vectors * LANES; v += 16)
                        PREFETCH(ahead + v);
                }
                UNROLL
                for (int v = 0; v < vectors; v++)
                    sum[v] += weight * LOOSE(from + v * LANES);
            }
            UNROLL
            for (int v = 0; v < vectors; v++)
                total[v] += sum[v];
        }
        UNROLL
        for (int v = 0; v < vectors; v++)
            LOOSE(out + row * out_stride + v * LANES) = total[v];
    }
}
#endif

/* Every number of the product is summed in the order of its row, in runs, whatever panel it is in. */
TARGET static void NAME(multiply)(
    const int64_t *indptr,  /* IN  [rows + 1] */
    const int32_t *indices, /* IN  [N] */
    const float *data,      /* IN  [N] */
    ptrdiff_t first,        /* IN  rows first:last are written */
    ptrdiff_t last,
    const float *dense,     /* IN  rows of `columns` numbers, `stride` apart */
    ptrdiff_t stride,
    ptrdiff_t columns,
    float *out,             /* OUT rows of `columns` numbers, `out_stride` apart */
    ptrdiff_t out_stride)
{
    ptrdiff_t done = 0;
#if LANES > 1
#define WV_PANELS(vectors)                                                                                             \
    for (; columns - done >= (vectors) * LANES; done += (vectors) * LANES)                                             \
        NAME(panel)(indptr, indices, data, first, last, dense + done, stride, out + done, out_stride, vectors)
    WV_PANELS(LANES >= 16 ? 4 : 8);
    WV_PANELS(4);
    WV_PANELS(2);
    WV_PANELS(1);
#undef WV_PANELS
#endif
    for (; done < columns; done++)
        for (ptrdiff_t row = first; row < last; row++) {
            float total = 0;
            for (int64_t k = indptr[row]; k < indptr[row + 1];) {
                const int64_t stop = indptr[row + 1] - k > WV_RUN ? k + WV_RUN : indptr[row + 1];
                float sum = 0;
                for (; k < stop; k++)
                    sum += data[k] * dense[indices[k] * stride + done];
                total += sum;
            }
            out[row * out_stride + done] = total;
        }
}
