"""Exact steps of a weighted factorisation of a sparse matrix, 16 coordinates of a row at a time, for wordvec.trainers.

    f(W, H) = sum over the cells of C (A - W H')^2 + rho sum over all others of (W H')^2 + ridge sum_i n_i |w_i|^2 + ...

One side moves at a time, its rows independently of each other. With G = rho H'H + sum over the cells of a row of
(C - rho) h h' + ridge n, restricted to a block of coordinates, the step of the block is G^-1 times half the slope.
"""
from libc.stdint cimport int32_t, int64_t

from wordvec._kernels.simd cimport level_of

cdef extern from "pu.h":
    ctypedef struct wv_pu:
        const int64_t *indptr
        const int32_t *indices
        const float *values
        const float *excess
        float *fitted
        const float *panels
        const float *gram
        float *own
        Py_ssize_t cells, columns, blocks, fixed
        float rho, ridge, relax
    ctypedef double (*wv_solve)(const wv_pu*, Py_ssize_t, Py_ssize_t) noexcept nogil
    ctypedef void (*wv_fit)(const wv_pu*, Py_ssize_t, Py_ssize_t) noexcept nogil
    ctypedef void (*wv_square)(const float*, Py_ssize_t, Py_ssize_t, double*) noexcept nogil
    enum: WV_BLOCK
    const wv_solve[3] wv_solves
    const wv_fit[3] wv_fits
    const wv_square[3] wv_squares

ctypedef fused Number:
    float
    int32_t

BLOCK = WV_BLOCK


def solve(
    const int64_t[::1] indptr,      # IN    [V + 1]
    const int32_t[::1] indices,     # IN    [N] rows of the other side, of which there are U
    const float[::1] values,        # IN    [N] A
    const float[::1] excess,        # IN    [N] C - rho
    float[::1] fitted,              # INOUT [N] products of the rows of both sides
    const float[:, :, ::1] panels,  # IN    [D / BLOCK, U, BLOCK] the other side, each part of a row on 64 bytes
    const float[:, :, ::1] gram,    # IN    [D / BLOCK, D, BLOCK] rho times the products of its columns
    float[:, ::1] own,              # INOUT [V, D] this side
    *,
    Py_ssize_t first,               # IN    rows first:last move
    Py_ssize_t last,
    Py_ssize_t fixed=-1,            # IN    a coordinate that does not move
    float rho=0,                    # IN    weight of the cells without a value
    float ridge=0,                  # IN    weight of the squared norm of a row for each of its cells
    float relax=1,                  # IN    1: to the least of f; up to 2, where f is what it was: beyond it
    int level=-1,                   # IN    the SIMD level; -1: what WORDVEC_SIMD says
):
    """Step all blocks of some rows in turn; the sum over their cells of C (A - fitted)^2 - rho fitted^2 after it."""
    cdef wv_solve run = wv_solves[level_of(level)]
    cdef wv_pu task
    cdef double loss
    if first >= last:
        return 0.0
    task.cells = indices.shape[0]
    task.indptr, task.panels, task.gram, task.own = &indptr[0], &panels[0, 0, 0], &gram[0, 0, 0], &own[0, 0]
    task.indices = &indices[0] if task.cells else NULL
    task.values = &values[0] if task.cells else NULL
    task.excess = &excess[0] if task.cells else NULL
    task.fitted = &fitted[0] if task.cells else NULL
    task.columns, task.blocks, task.fixed = panels.shape[1], panels.shape[0], fixed
    task.rho, task.ridge, task.relax = rho, ridge, relax
    with nogil:
        loss = run(&task, first, last)
    return loss


def fit(
    const int64_t[::1] indptr,      # IN  [V + 1]
    const int32_t[::1] indices,     # IN  [N]
    float[::1] fitted,              # OUT [N]
    const float[:, :, ::1] panels,  # IN  [D / BLOCK, U, BLOCK]
    const float[:, ::1] own,        # IN  [V, D]
    *,
    Py_ssize_t first,               # IN  rows first:last
    Py_ssize_t last,
    int level=-1,                   # IN
):
    """The products of some rows with those of the other side, for all their cells."""
    cdef wv_fit run = wv_fits[level_of(level)]
    cdef wv_pu task
    if first >= last or indices.shape[0] == 0:
        return
    task.indptr, task.indices, task.fitted = &indptr[0], &indices[0], &fitted[0]
    task.panels, task.own = &panels[0, 0, 0], <float*>&own[0, 0]
    task.columns, task.blocks = panels.shape[1], panels.shape[0]
    with nogil:
        run(&task, first, last)


def square(
    const float[:, ::1] rows,       # IN    [V, D], D a multiple of BLOCK
    double[:, ::1] out,             # INOUT [D, D]
    *,
    Py_ssize_t first,               # IN    rows first:last
    Py_ssize_t last,
    int level=-1,                   # IN
):
    """Add the products of the columns of some rows, those of a block with itself and with later ones."""
    cdef wv_square run = wv_squares[level_of(level)]
    if first >= last:
        return
    with nogil:
        run(&rows[first, 0], last - first, rows.shape[1], &out[0, 0])


def turn(
    const int64_t[::1] indptr,      # IN    [V + 1]
    const int32_t[::1] indices,     # IN    [N]
    const Number[::1] source,       # IN    [N] numbers of the cells, row by row
    Number[::1] target,             # OUT   [N] the same, column by column
    int64_t[::1] next,              # INOUT [U] where the next number of each column goes
    *,
    Py_ssize_t first,               # IN    rows first:last, after all before them
    Py_ssize_t last,
):
    """Numbers of cells from the order of rows to that of columns."""
    cdef Py_ssize_t i
    cdef int64_t k, to
    with nogil:
        for i in range(first, last):
            for k in range(indptr[i], indptr[i + 1]):
                to = next[indices[k]]
                next[indices[k]] = to + 1
                target[to] = source[k]
