/* Sparse rows times a dense matrix, and the transpose of sparse rows, for sparse.pyx. */
#ifndef WORDVEC_SPARSE_H
#define WORDVEC_SPARSE_H
#include "cpu.h"

typedef void (*wv_multiply)(const int64_t *indptr, const int32_t *indices, const float *data, ptrdiff_t first,
                            ptrdiff_t last, const float *dense, ptrdiff_t stride, ptrdiff_t columns, float *out,
                            ptrdiff_t out_stride);
#define WV_RUN 256  /* cells that are added up in float32 before they join the sum of their row */
#define WV_AHEAD 16 /* cells whose dense rows are asked for before they are needed */

#define WV_BODY "sparse_body.h"
#include "levels.h"

static const wv_multiply wv_multiplies[] = WV_TABLE(multiply);

/* Copy the cells of columns first:last to the rows that they are of the transpose. */
static inline void wv_transpose(
    const int64_t *indptr,  /* IN    [rows + 1] */
    const int32_t *indices, /* IN    [N] rising in every row */
    const float *data,      /* IN    [N] */
    ptrdiff_t rows,
    int32_t first,
    int32_t last,
    int64_t *next,          /* INOUT [columns] where the next cell of each column goes */
    int32_t *new_indices,   /* OUT   [N] */
    float *new_data)        /* OUT   [N] */
{
    for (ptrdiff_t row = 0; row < rows; row++) {
        int64_t low = indptr[row], high = indptr[row + 1];
        const int64_t end = high;
        while (low < high) {
            const int64_t middle = low + (high - low) / 2;
            if (indices[middle] < first)
                low = middle + 1;
            else
                high = middle;
        }
        for (; low < end && indices[low] < last; low++) {
            const int64_t to = next[indices[low]]++;
            new_indices[to] = (int32_t)row;
            new_data[to] = data[low];
        }
    }
}
#endif
