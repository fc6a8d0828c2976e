"""Vectors of texts: weighted means and maxima of the rows of their tokens, less some directions, for wordvec.texts."""
from libc.stdint cimport int32_t, int64_t

import numpy as np

from wordvec._kernels.simd cimport level_of

cdef extern from "pooling.h" nogil:
    enum: WV_MEAN
    enum: WV_WEIGHTED
    enum: WV_SUM
    enum: WV_SCALED
    enum: WV_MAX
    struct wv_pool:
        const float *matrix
        const float *extra
        Py_ssize_t rows, stride, size
        const int32_t *tokens
        const float *weights
        const int64_t *ends
        const float *components
        const float *shares
        Py_ssize_t m
        int kind, normalise
        Py_ssize_t out_stride
    ctypedef void (*wv_pooled)(const wv_pool *, Py_ssize_t, float *, float *) noexcept
    const wv_pooled[3] wv_pooled_at

MEAN, WEIGHTED, SUM, SCALED, MAX = WV_MEAN, WV_WEIGHTED, WV_SUM, WV_SCALED, WV_MAX


def pooled(
    const float[:, :] matrix,         # IN  [R, D] rows of contiguous numbers, any distance between rows
    const float[:, ::1] extra,        # IN  [U, D] the rows from R on
    const int32_t[::1] tokens,        # IN  [N] rows, text by text (the caller checks: 0 to R + U - 1)
    const float[::1] weights,         # IN  [N], or [0]: all weigh 1
    const int64_t[::1] ends,          # IN  [n] non-decreasing, at most N (the caller checks)
    const float[:, ::1] components,   # IN  [m, D] directions of length 1, taken out of the result one after another
    const float[::1] shares,          # IN  [m] how much of each is taken out
    float[:, :] out,                  # OUT [n, D] rows of contiguous numbers
    int kind,                         # MEAN over tokens, WEIGHTED by the sum of weights, SUM, SCALED, MAX
    bint normalise,                   # to length 1
    int level=-1,                     # the SIMD level; -1: what WORDVEC_SIMD says
):
    """The vectors of some texts, without the GIL; zeros for those without tokens."""
    cdef wv_pool p
    cdef Py_ssize_t size = out.shape[1], texts = ends.shape[0]
    cdef float[::1] scratch = np.empty(max(size, 1), np.float32)
    cdef wv_pooled function = wv_pooled_at[level_of(level)]
    cdef float *first
    if matrix.shape[1] != size or extra.shape[1] != size or components.shape[1] != size or out.shape[0] < texts:
        raise ValueError("arrays of different sizes")
    if size > 1 and (matrix.strides[1] != 4 or out.strides[1] != 4) or matrix.strides[0] % 4 or out.strides[0] % 4:
        raise ValueError("rows must be of contiguous numbers")
    if shares.shape[0] != components.shape[0] or 0 < weights.shape[0] < tokens.shape[0]:
        raise ValueError("arrays of different lengths")
    if texts == 0 or size == 0:
        return
    p.matrix = &matrix[0, 0] if matrix.shape[0] else NULL
    p.extra = &extra[0, 0] if extra.shape[0] else NULL
    p.rows, p.stride, p.size, p.out_stride = matrix.shape[0], matrix.strides[0] // 4, size, out.strides[0] // 4
    p.tokens = &tokens[0] if tokens.shape[0] else NULL
    p.weights = &weights[0] if weights.shape[0] else NULL
    p.ends, p.m = &ends[0], components.shape[0]
    p.components, p.shares = NULL, NULL
    if p.m:
        p.components, p.shares = &components[0, 0], &shares[0]
    p.kind, p.normalise = kind, normalise
    first = &out[0, 0]
    with nogil:
        function(&p, texts, first, &scratch[0])
