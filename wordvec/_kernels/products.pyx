"""Products of the matrices of the words of texts, in their order, for wordvec.texts."""
from libc.stdint cimport int32_t, int64_t

import numpy as np

from wordvec._kernels.simd cimport level_of

cdef extern from "products.h" nogil:
    struct wv_products:
        const float *matrix
        const float *extra
        Py_ssize_t rows, stride, extra_stride, out_stride
        const int32_t *tokens
        const int64_t *ends
        int dim
    ctypedef void (*wv_multiplied)(const wv_products *, Py_ssize_t, float *, float *) noexcept
    size_t wv_products_room(int dim)
    const wv_multiplied[3] wv_multiplied_at


def multiplied(
    const float[:, :] matrix,         # IN  [R, d * d] rows of contiguous numbers: matrices less the identity, by lines
    const float[:, :] extra,          # IN  [U, d * d] the rows from R on
    const int32_t[::1] tokens,        # IN  [N] rows, text by text (the caller checks: 0 to R + U - 1)
    const int64_t[::1] ends,          # IN  [n] non-decreasing, at most N (the caller checks)
    float[:, :] out,                  # OUT [n, d * d] rows of contiguous numbers: the products less the identity
    int level=-1,                     # the SIMD level; -1: what WORDVEC_SIMD says
):
    """The products of texts, without the GIL; zeros for those without tokens."""
    cdef wv_products p
    cdef Py_ssize_t size = out.shape[1], texts = ends.shape[0]
    cdef int dim = <int>(size ** 0.5 + 0.5)
    cdef float[::1] scratch = np.empty(wv_products_room(dim) + 1, np.float32)
    cdef wv_multiplied function = wv_multiplied_at[level_of(level)]
    cdef float *first
    if dim * dim != size or matrix.shape[1] != size or extra.shape[1] != size or out.shape[0] < texts:
        raise ValueError("arrays of different sizes")
    if size > 1 and (matrix.strides[1] != 4 or extra.strides[1] != 4 or out.strides[1] != 4):
        raise ValueError("rows must be of contiguous numbers")
    if texts == 0 or size == 0:
        return
    p.matrix = &matrix[0, 0] if matrix.shape[0] else NULL
    p.extra = &extra[0, 0] if extra.shape[0] else NULL
    p.rows, p.stride, p.extra_stride = matrix.shape[0], matrix.strides[0] // 4, extra.strides[0] // 4
    p.tokens = &tokens[0] if tokens.shape[0] else NULL
    p.ends, p.dim, p.out_stride = &ends[0], dim, out.strides[0] // 4
    first = &out[0, 0]
    with nogil:
        function(&p, texts, first, &scratch[0])
