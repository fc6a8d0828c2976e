"""Steps of a weighted factorisation of a sparse matrix by conjugate gradients, a row at a time, for wordvec.trainers.

    f(W, H) = sum over the cells of C (A - W H')^2 + rho sum over all others of (W H')^2 + ridge sum_i n_i |w_i|^2 + ...

One side moves at a time, its rows independently of each other. With G = rho H'H + sum over the cells of a row of
(C - rho) h h' + ridge n, the row w with the least f has G w = sum over its cells of C A h.
"""
from libc.stdint cimport int32_t, int64_t

import numpy as np

from wordvec._kernels.simd cimport level_of

cdef extern from "pu.h":
    ctypedef struct wv_pu:
        const int64_t *indptr
        const int32_t *indices
        const float *values
        const float *excess
        const float *other
        const float *gram
        const float *squares
        float *own
        float *scratch
        Py_ssize_t columns, size, cells, fixed
        int steps
        float rho, ridge, relax
    ctypedef double (*wv_solve)(const wv_pu*, Py_ssize_t, Py_ssize_t) noexcept nogil
    ctypedef void (*wv_square)(const float*, Py_ssize_t, Py_ssize_t, double*) noexcept nogil
    enum: WV_BLOCK
    Py_ssize_t WV_ROOM(Py_ssize_t size, int64_t longest)
    const wv_solve[3] wv_solves
    const wv_square[3] wv_squares

BLOCK = WV_BLOCK


def solve(
    const int64_t[::1] indptr,      # IN    [V + 1]
    const int32_t[::1] indices,     # IN    [N] rows of the other side, of which there are U
    const float[::1] values,        # IN    [N] A
    const float[::1] excess,        # IN    [N] C - rho
    const float[:, ::1] other,      # IN    [U, D] the other side, D a multiple of BLOCK
    const float[:, ::1] gram,       # IN    [D, D] rho times the products of its columns
    const float[::1] squares,       # IN    [D] means of the squares of its columns
    float[:, ::1] own,              # INOUT [V, D] this side
    *,
    Py_ssize_t first,               # IN    rows first:last move
    Py_ssize_t last,
    int steps,                      # IN    of conjugate gradients; as many as coordinates lead to the least of f
    Py_ssize_t fixed=-1,            # IN    a coordinate that does not move
    float rho=0,                    # IN    weight of the cells without a value
    float ridge=0,                  # IN    weight of the squared norm of a row for each of its cells
    float relax=1,                  # IN    1: to where the steps lead; up to 2, where f is what it was: beyond it
    int level=-1,                   # IN    the SIMD level; -1: what WORDVEC_SIMD says
):
    """Move some rows; the sum over their cells of C (A - w.h)^2 - rho (w.h)^2 after it."""
    cdef wv_solve run = wv_solves[level_of(level)]
    cdef wv_pu task
    cdef Py_ssize_t i
    cdef int64_t longest = 0
    cdef double loss
    if first >= last:
        return 0.0
    for i in range(first, last):
        longest = max(longest, indptr[i + 1] - indptr[i])
    cdef float[::1] scratch = np.empty(WV_ROOM(own.shape[1], longest), np.float32)
    task.cells, task.columns, task.size, task.fixed = indices.shape[0], other.shape[0], own.shape[1], fixed
    task.indptr, task.other, task.gram, task.squares = &indptr[0], &other[0, 0], &gram[0, 0], &squares[0]
    task.own, task.scratch = &own[0, 0], &scratch[0]
    task.indices = &indices[0] if task.cells else NULL
    task.values = &values[0] if task.cells else NULL
    task.excess = &excess[0] if task.cells else NULL
    task.steps, task.rho, task.ridge, task.relax = steps, rho, ridge, relax
    with nogil:
        loss = run(&task, first, last)
    return loss


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
