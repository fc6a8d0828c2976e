"""A tall matrix and a block of few columns: inner products, and the block less the matrix, for wordvec.trainers."""

from wordvec._kernels.simd cimport level_of

cdef extern from "block_products.h":
    enum: WV_WIDTH
    ctypedef void (*wv_inner)(const float*, Py_ssize_t, Py_ssize_t, Py_ssize_t, const float*, float*) noexcept nogil
    ctypedef void (*wv_subtract)(const float*, Py_ssize_t, Py_ssize_t, Py_ssize_t, const float*, float*) noexcept nogil
    const wv_inner[3] wv_inners
    const wv_subtract[3] wv_subtracts

WIDTH = WV_WIDTH


def inner(
    const float[:, :] tall,           # IN  [N, C] rows of any distance, contiguous in themselves
    const float[:, ::1] block,        # IN  [N, WIDTH]
    Py_ssize_t first,                 # IN  rows first:last are added up
    Py_ssize_t last,
    float[:, ::1] out,                # OUT [C, WIDTH] tall' block of these rows
    int level=-1,                     # IN  the SIMD level; -1: what WORDVEC_SIMD says
):
    """The inner products of the columns of some rows."""
    cdef wv_inner run = wv_inners[level_of(level)]
    if first >= last or tall.shape[1] == 0:
        out[:, :] = 0
        return
    with nogil:
        run(&tall[first, 0], tall.strides[0] // 4, last - first, tall.shape[1], &block[first, 0], &out[0, 0])


def subtract(
    const float[:, :] tall,           # IN    [N, C] as in `inner`
    const float[:, ::1] coefficients, # IN    [C, WIDTH]
    Py_ssize_t first,                 # IN    rows first:last are changed
    Py_ssize_t last,
    float[:, ::1] block,              # INOUT [N, WIDTH] less tall coefficients
    int level=-1,                     # IN    the SIMD level; -1: what WORDVEC_SIMD says
):
    """Take from some rows of the block a combination of the columns of the matrix."""
    cdef wv_subtract run = wv_subtracts[level_of(level)]
    if first >= last or tall.shape[1] == 0:
        return
    with nogil:
        run(&tall[first, 0], tall.strides[0] // 4, last - first, tall.shape[1], &coefficients[0, 0], &block[first, 0])
