"""Points of the Poincare ball in float64: distances, and ranks of points by them, for wordvec.search."""
from libc.math cimport INFINITY
from libc.stdint cimport int32_t, int64_t

from wordvec._kernels.simd cimport level_of

cdef extern from "ball.h" nogil:
    double wv_square(const double *x, int64_t size) noexcept
    double wv_gap(const double *x, const double *y, int64_t size) noexcept
    ctypedef void (*wv_tile)(
        const double *, const double *, const double *, int64_t, int64_t, int64_t, int64_t, double *) noexcept
    const wv_tile[3] wv_tiles
    struct wv_ranking:
        const double *points
        const double *turned
        const double *left
        int64_t nodes, size
        wv_tile tile
    void wv_count_nearer(
        const wv_ranking *r, int64_t node, const double *scores, int64_t count, const int32_t *linked, int64_t links,
        int64_t *nearer) noexcept


def excess(
    const double[:, :] points,        # IN  [V, D] rows of contiguous items, in the ball
    const double[::1] query,          # IN  [D] in the ball
    Py_ssize_t start,                 # IN  first row
    double[::1] out,                  # OUT [R] cosh(distance) - 1 of the query and the R rows from `start`; inf outside
):
    """cosh(distance) - 1 of a point and consecutive rows, without the GIL."""
    cdef Py_ssize_t i, size = query.shape[0]
    cdef const double *row
    cdef double left, own
    if out.shape[0] == 0:
        return
    if points.strides[1] != 8 or points.shape[1] != size or start + out.shape[0] > points.shape[0]:
        raise ValueError("rows of contiguous numbers, as many as the query has")
    with nogil:
        own = 1 - wv_square(&query[0], size)
        for i in range(out.shape[0]):
            row = <const double *>(<const char *>&points[0, 0] + (start + i) * points.strides[0])
            left = 1 - wv_square(row, size)
            out[i] = 2 * wv_gap(row, &query[0], size) / (own * left) if own > 0 and left > 0 else INFINITY


def scores(
    const double[:, ::1] points,      # IN  [V, D]
    const double[:, ::1] turned,      # IN  [D, V] the same, by coordinates
    const double[::1] left,           # IN  [V] 1 / (1 - |v|^2)
    int64_t node,                     # (the caller checks: 0 to V - 1)
    const int32_t[::1] others,        # IN  [n] (the caller checks)
    double[::1] out,                  # OUT [n] what `nearer` compares
    int level=-1,                     # the SIMD level; -1: what WORDVEC_SIMD says
):
    """|u - v|^2 / (1 - |v|^2) of a node and others, to the bit as `nearer` computes it."""
    cdef wv_tile tile = wv_tiles[level_of(level)]
    cdef Py_ssize_t i
    for i in range(others.shape[0]):
        tile(&points[node, 0], &turned[0, 0], &left[0], points.shape[1], points.shape[0], others[i], 1, &out[i])


def nearer(
    const double[:, ::1] points,      # IN  [V, D]
    const double[:, ::1] turned,      # IN  [D, V]
    const double[::1] left,           # IN  [V]
    int64_t node,
    const double[::1] rising,         # IN  [n] the scores of the targets of the node, rising
    const int32_t[::1] linked,        # IN  [m] nodes that do not count: targets and others, without the node
    int64_t[::1] counts,              # OUT [n] nodes that are nearer than each target
    int level=-1,                     # the SIMD level; -1: what WORDVEC_SIMD says
):
    """How many nodes are nearer to a node than each of its targets, without the GIL."""
    cdef wv_ranking r
    if rising.shape[0] == 0:
        return
    r.points, r.turned, r.left = &points[0, 0], &turned[0, 0], &left[0]
    r.nodes, r.size, r.tile = points.shape[0], points.shape[1], wv_tiles[level_of(level)]
    cdef const int32_t *links = &linked[0] if linked.shape[0] else NULL
    with nogil:
        wv_count_nearer(&r, node, &rising[0], rising.shape[0], links, linked.shape[0], &counts[0])
