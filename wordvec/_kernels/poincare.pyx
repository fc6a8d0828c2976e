"""Poincare embeddings in float64: training by Riemannian gradient descent, for wordvec.trainers."""
from libc.stdint cimport int32_t, int64_t, uint32_t, uint64_t

import numpy as np

cdef extern from "poincare.h" nogil:
    struct wv_alias:
        pass
    struct wv_poincare:
        double *points
        int64_t nodes, size
        const int32_t *pairs
        const int64_t *order
        const int64_t *indptr
        const int32_t *parents
        const wv_alias *noise
        int64_t negative
        double reach, regularization
        int lorentz
        const int32_t *stop
        int32_t *drawn
        double *scratch
    size_t wv_poincare_room(int64_t negative, int64_t size)
    double wv_poincare_train(
        const wv_poincare *p, int64_t start, int64_t end, double alpha, uint64_t state, int64_t *targets) noexcept


def train(
    double[:, ::1] points,            # INOUT [V, D] the ball's coordinates, or the spatial part of the hyperboloid's
    const int32_t[:, ::1] pairs,      # IN    [N, 2] child and parent (the caller checks: 0 to V - 1)
    const int64_t[::1] order,         # IN    [N] the order in which pairs are trained
    const int64_t[::1] indptr,        # IN    [V + 1]
    const int32_t[::1] parents,       # IN    the parents of every node, rising
    const uint32_t[:, ::1] noise,     # IN    [V, 2] alias table of the negatives
    const int64_t[::1] chunks,        # IN    [C + 1] first place in the order of every chunk, and the last + 1
    const double[::1] alphas,         # IN    [C] learning rate
    const uint64_t[::1] seeds,        # IN    [C] random stream
    double[::1] losses,               # OUT   [C] sum over the pairs, each before its step
    int64_t[::1] targets,             # OUT   [C] pairs
    const int32_t[::1] stop,          # IN    [1] set by another thread: end at once
    *,
    int64_t negative,
    double reach,                     # the greatest length of a point
    double regularization,            # of the parent's squared length, in the ball
    bint lorentz,
):
    """Train on the pairs of some chunks, without the GIL."""
    cdef wv_poincare p
    cdef Py_ssize_t chunk, last = alphas.shape[0]
    cdef int32_t[::1] drawn = np.empty(negative + 1, np.int32)
    cdef double[::1] scratch = np.empty(wv_poincare_room(negative, points.shape[1]))
    if noise.shape[0] != points.shape[0] or indptr.shape[0] != points.shape[0] + 1 or chunks.shape[0] != last + 1:
        raise ValueError("arrays of different sizes")
    if pairs.shape[0] == 0:
        return
    p.points, p.nodes, p.size = &points[0, 0], points.shape[0], points.shape[1]
    p.pairs, p.order, p.indptr, p.parents = &pairs[0, 0], &order[0], &indptr[0], &parents[0]
    p.noise, p.negative, p.reach, p.regularization = <const wv_alias *>&noise[0, 0], negative, reach, regularization
    p.lorentz, p.stop, p.drawn, p.scratch = lorentz, &stop[0], &drawn[0], &scratch[0]
    with nogil:
        for chunk in range(last):
            targets[chunk] = 0
            losses[chunk] = wv_poincare_train(
                &p, chunks[chunk], chunks[chunk + 1], alphas[chunk], seeds[chunk], &targets[chunk]
            )
