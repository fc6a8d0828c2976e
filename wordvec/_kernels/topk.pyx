"""The best rows for queries: one pass over the matrix that keeps the k best scores in heaps, for wordvec.search."""
from libc.math cimport INFINITY
from libc.stdint cimport int64_t

from wordvec._kernels.heap cimport has_direction, push
from wordvec._kernels.simd cimport level_of

cdef extern from "topk.h":
    enum: WV_MOST_ROWS
    enum: WV_LANES
    ctypedef struct wv_functions:
        float (*dot)(const float*, const float*, Py_ssize_t) noexcept nogil
        void (*block)(const float* const*, const float*, Py_ssize_t, float*) noexcept nogil
        unsigned (*passing)(const float*, const float*, const float*, int) noexcept nogil
        int rows
    const wv_functions wv_functions_of[3]

LANES = WV_LANES


def products(
    const float[:, :] matrix,  # IN  [V, D] rows of contiguous items, any distance between rows (the caller checks)
    const float[::1] query,    # IN  [D]
    Py_ssize_t start,          # IN  first row
    float[::1] out,            # OUT [R] products of the query and the R rows from `start`
    int level=-1,               # IN  the SIMD level; -1: what WORDVEC_SIMD says
):
    """The products of one query and consecutive rows."""
    cdef wv_functions machine = wv_functions_of[level_of(level)]
    cdef Py_ssize_t size = query.shape[0], i
    cdef const char* first
    if out.shape[0] == 0:
        return
    first = <const char*>&matrix[start, 0]
    with nogil:
        for i in range(out.shape[0]):
            out[i] = machine.dot(<const float*>(first + i * matrix.strides[0]), &query[0], size)


def scan(
    const float[:, :] matrix,      # IN    [V, D] rows of contiguous items, any distance between rows
    const float[::1] norms,        # IN    [V]
    const float[::1] query,        # IN    [D] of length 1
    Py_ssize_t start,              # IN    first row
    Py_ssize_t stop,               # IN    last row + 1
    float[::1] scores,             # OUT   [K] a heap, the worst first
    int64_t[::1] rows,             # OUT   [K] the row of each score
    int level=-1,                   # IN    the SIMD level; -1: what WORDVEC_SIMD says
):
    """How many of the K places are filled: the K best cosines between the query and the rows, and their rows."""
    cdef wv_functions machine = wv_functions_of[level_of(level)]
    cdef Py_ssize_t size = query.shape[0], places = scores.shape[0], filled = 0, row
    cdef const char* first
    cdef float norm, product
    if places == 0 or stop <= start:
        return 0
    first = <const char*>&matrix[0, 0]
    with nogil:
        for row in range(start, stop):
            norm = norms[row]
            if not has_direction(norm):
                continue
            product = machine.dot(<const float*>(first + row * matrix.strides[0]), &query[0], size)
            if filled < places or product > scores[0] * norm:
                push(&scores[0], &rows[0], &filled, places, product / norm, row)
    return filled


def scan_many(
    const float[:, :] matrix,      # IN    [V, D] rows of contiguous items, any distance between rows
    const float[::1] norms,        # IN    [V]
    const float[:, :, ::1] panels, # IN    [P, D, LANES] the queries of length 1, side by side
    Py_ssize_t start,              # IN    first row
    Py_ssize_t stop,               # IN    last row + 1
    float[:, ::1] scores,          # OUT   [Q, K] a heap for each query, the worst first; Q <= P * LANES
    int64_t[:, ::1] rows,          # OUT   [Q, K] the row of each score
    Py_ssize_t[::1] filled,        # INOUT [Q] zeros on entry; how many of the K places are filled on return
    float[:, ::1] worst,           # OUT   scratch [P, LANES] what a cosine must pass to enter a heap
    int level=-1,                   # IN    the SIMD level; -1: what WORDVEC_SIMD says
):
    """`scan` for many queries at once: a few rows at a time meet all the queries while they are in the cache."""
    cdef wv_functions machine = wv_functions_of[level_of(level)]
    cdef Py_ssize_t queries = scores.shape[0], places = scores.shape[1], size = panels.shape[1]
    cdef Py_ssize_t row, panel, i, lane, query, count
    cdef const float* group[WV_MOST_ROWS]
    cdef float out[WV_MOST_ROWS * WV_LANES]
    cdef const char* first
    cdef float norm
    cdef unsigned passed
    if places == 0 or stop <= start or queries == 0:
        return
    first = <const char*>&matrix[0, 0]
    with nogil:
        for query in range(worst.shape[0] * WV_LANES):
            worst[query // WV_LANES, query % WV_LANES] = -INFINITY if query < queries else INFINITY
        for row from start <= row < stop by machine.rows:
            count = min(<Py_ssize_t>machine.rows, stop - row)
            for i in range(machine.rows):  # the last rows are multiplied again where there are fewer
                group[i] = <const float*>(first + (row + min(i, count - 1)) * matrix.strides[0])
            for panel in range(panels.shape[0]):
                machine.block(group, &panels[panel, 0, 0], size, out)
                passed = machine.passing(out, &worst[panel, 0], &norms[row], <int>count)
                if not passed:
                    continue
                for i in range(count):
                    norm = norms[row + i]
                    if not (passed >> i) & 1 or not has_direction(norm):
                        continue
                    for lane in range(WV_LANES):
                        if out[i * WV_LANES + lane] > worst[panel, lane] * norm:
                            query = panel * WV_LANES + lane
                            push(&scores[query, 0], &rows[query, 0], &filled[query], places,
                                 out[i * WV_LANES + lane] / norm, row + i)
                            if filled[query] == places:
                                worst[panel, lane] = scores[query, 0]
