"""Sparse rows times a dense matrix, and the transpose of sparse rows, for wordvec.trainers."""
from libc.stdint cimport int32_t, int64_t

from wordvec._kernels.simd cimport level_of

cdef extern from "sparse.h":
    ctypedef void (*wv_multiply)(
        const int64_t*, const int32_t*, const float*, Py_ssize_t, Py_ssize_t, const float*, Py_ssize_t, Py_ssize_t,
        float*, Py_ssize_t
    ) noexcept nogil
    void wv_transpose(
        const int64_t*, const int32_t*, const float*, Py_ssize_t, int32_t, int32_t, int64_t*, int32_t*, float*
    ) noexcept nogil
    const wv_multiply[3] wv_multiplies


def multiply(
    const int64_t[::1] indptr,   # IN  [V+1]
    const int32_t[::1] indices,  # IN  [N] below C
    const float[::1] data,       # IN  [N]
    Py_ssize_t first,            # IN  rows first:last are written
    Py_ssize_t last,
    const float[:, ::1] dense,   # IN  [C, D]
    float[:, ::1] out,           # OUT [V, D] row i is the sum of data[k] * dense[indices[k]] over its cells k
    int level=-1,                # IN  the SIMD level; -1: what WORDVEC_SIMD says
):
    """Some rows of a sparse matrix times a dense one; a row does not depend on which others are asked for."""
    cdef wv_multiply run = wv_multiplies[level_of(level)]
    cdef const int32_t* columns = &indices[0] if indices.shape[0] else NULL
    cdef const float* values = &data[0] if data.shape[0] else NULL
    cdef const float* from_ = &dense[0, 0] if dense.shape[0] else NULL
    if first >= last or out.shape[1] == 0:
        return
    with nogil:
        run(&indptr[0], columns, values, first, last, from_, dense.shape[1], dense.shape[1], &out[0, 0], out.shape[1])


def transpose(
    const int64_t[::1] indptr,   # IN    [V+1]
    const int32_t[::1] indices,  # IN    [N] rising in every row, below C
    const float[::1] data,       # IN    [N]
    int32_t first,               # IN    columns first:last are copied
    int32_t last,
    int64_t[::1] next,           # INOUT [C] at the start of each column of the transpose; afterwards at its end
    int32_t[::1] new_indices,    # OUT   [N] rows, rising in every column
    float[::1] new_data,         # OUT   [N]
):
    """Some rows of the transpose of a sparse matrix."""
    if indices.shape[0] == 0:
        return
    with nogil:
        wv_transpose(&indptr[0], &indices[0], &data[0], indptr.shape[0] - 1, first, last, &next[0], &new_indices[0],
                     &new_data[0])
