"""GloVe and SN: AdaGrad on the cells of one tile of a matrix of counts, for wordvec.trainers."""
from libc.stdint cimport int32_t, int64_t, uint32_t

import numpy as np

from wordvec._kernels.simd cimport level_of

cdef extern from "glove.h" nogil:
    struct wv_glove:
        const int64_t *indptr
        const int32_t *indices
        const float *data
        const uint32_t *start
        const uint32_t *end
        void *outer
        void *inner
        Py_ssize_t size
        double x_max, exponent, clip
        int64_t first_inner, panel
        int64_t *places
        int squared
        const int32_t *stop
    ctypedef double (*wv_tile)(const wv_glove *, int64_t, int64_t, double *) noexcept
    double wv_tile_exact(const wv_glove *, int64_t, int64_t, double *) noexcept
    const wv_tile[3] wv_tiles


def lanes(int level=-1):
    """A row holds a multiple of this many weights."""
    return 16 if level_of(level) == 2 else 8


def starts(
    const int64_t[::1] indptr,        # IN  [V + 1]
    const int32_t[::1] indices,       # IN  [N] rising in each row
    const int64_t[::1] cuts,          # IN  [S + 1] the first word of every stratum, from 0, and V
    uint32_t[:, ::1] found,           # OUT [S + 1, V] cells of each row that stand before each stratum
):
    """Where the strata of the columns begin in each row."""
    cdef int64_t row, low, high, middle
    cdef Py_ssize_t s
    with nogil:
        for row in range(indptr.shape[0] - 1):
            low = indptr[row]
            for s in range(cuts.shape[0]):
                high = indptr[row + 1]
                while low < high:
                    middle = (low + high) // 2
                    if indices[middle] < cuts[s]:
                        low = middle + 1
                    else:
                        high = middle
                found[s, row] = <uint32_t>(low - indptr[row])


def train(
    const int64_t[::1] indptr,        # IN    [V + 1] cells of the outer words: rows, or columns
    const int32_t[::1] indices,       # IN    [N] inner words, rising for each outer one
    const float[::1] data,            # IN    [N] counts
    const uint32_t[:, ::1] starts,    # IN    [S + 1, V] see `starts`
    outer,                            # INOUT [V, 2, size] float32 or float64, aligned to 64 bytes: weights, then sums
    inner,                            # INOUT likewise; the same table for SN
    double[::1] scalar,               # INOUT [2] Z of SN and its sum; not used for GloVe
    const int32_t[::1] stop,          # IN    [1] set by another thread: end at once
    *,
    int64_t first,                    # outer words of the tile
    int64_t last,
    Py_ssize_t stratum,               # that of its inner words
    int64_t first_inner,              # the first of them
    int64_t panel,                    # inner words that are met by all outer words before the next ones are
    double x_max,
    double exponent,
    double clip,
    bint squared,                     # SN, not GloVe
    int level=-1,                     # the SIMD level; -1: what WORDVEC_SIMD says
):
    """Train on the cells of a tile, without the GIL; the sum of their losses, each before its step."""
    cdef wv_glove g
    cdef bint exact = outer.dtype == np.float64
    cdef size_t outer_address = outer.ctypes.data, inner_address = inner.ctypes.data
    cdef int64_t[::1] places = np.empty(last - first + 1, np.int64)
    cdef double loss
    cdef wv_tile tile = wv_tile_exact if exact else wv_tiles[level_of(level)]
    if outer.shape[2] % lanes(level) or outer.shape != inner.shape or outer_address % 64 or inner_address % 64:
        raise ValueError(f"rows must be of a multiple of {lanes(level)} numbers, aligned to 64 bytes")
    if indices.shape[0] == 0:
        return 0.0
    g.indptr, g.indices, g.data = &indptr[0], &indices[0], &data[0]
    g.start, g.end = &starts[stratum, 0], &starts[stratum + 1, 0]
    g.outer, g.inner, g.size = <void *>outer_address, <void *>inner_address, outer.shape[2]
    g.first_inner, g.panel, g.places = first_inner, panel, &places[0]
    g.x_max, g.exponent, g.clip, g.squared, g.stop = x_max, exponent, clip, squared, &stop[0]
    with nogil:
        loss = tile(&g, first, last, &scalar[0])
    return loss
