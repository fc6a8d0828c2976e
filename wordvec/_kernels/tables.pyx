"""Tables of cosines, words by rows, and the best rows by sums of their lines, for wordvec.search.

A question (a : b = c : ?) is three lines of a table. The products of the distinct words of many questions with all rows
are computed once; a question then costs two additions a row, in place of a product.
"""
from libc.math cimport INFINITY, NAN
from libc.stdint cimport int32_t, int64_t
from libc.string cimport memcpy

from wordvec._kernels.heap cimport has_direction, push
from wordvec._kernels.simd cimport level_of

cdef extern from "topk.h":
    enum: WV_MOST_ROWS
    enum: WV_LANES
    enum: WV_CHUNK
    enum: WV_SUM
    enum: WV_SHIFT
    enum: WV_RATIO
    ctypedef struct wv_functions:
        void (*block)(const float* const*, const float*, Py_ssize_t, float*) noexcept nogil
        int (*combine)(int, const float*, const float*, const float*, float, float, float*) noexcept nogil
        int rows
    const wv_functions wv_functions_of[3]

CHUNK = WV_CHUNK
SUM, SHIFT, RATIO = WV_SUM, WV_SHIFT, WV_RATIO


def table(
    const float[:, :] tile,     # IN  [R, D] rows of contiguous items, any distance between rows (the caller checks)
    const float[::1] norms,     # IN  [R]
    const float[:, ::1] units,  # IN  [W, D]
    float[:, ::1] out,          # OUT [W, C] the products; NaN for rows without direction and in columns beyond R
    float[::1] panel,           # OUT scratch [D * 16]
    int level=-1,                # IN  the SIMD level; -1: what WORDVEC_SIMD says
):
    """The products of vectors and the rows of a tile, each row at length 1; C >= R is a multiple of CHUNK."""
    cdef wv_functions machine = wv_functions_of[level_of(level)]
    cdef Py_ssize_t words = units.shape[0], size = units.shape[1], rows = tile.shape[0], columns = out.shape[1]
    cdef Py_ssize_t first, word, i, lane, count
    cdef const float* group[WV_MOST_ROWS]
    cdef float products[WV_MOST_ROWS * WV_LANES]
    cdef const float* row
    cdef float scale
    if words == 0 or columns == 0:
        return
    with nogil:
        for first from 0 <= first < columns by WV_LANES:
            if first >= rows:
                for word in range(words):
                    for lane in range(WV_LANES):
                        out[word, first + lane] = NAN
                continue
            for lane in range(WV_LANES):
                if first + lane < rows and has_direction(norms[first + lane]):
                    scale = 1 / norms[first + lane]
                    row = <const float*>(<const char*>&tile[0, 0] + (first + lane) * tile.strides[0])
                    for i in range(size):
                        panel[i * WV_LANES + lane] = row[i] * scale
                else:
                    for i in range(size):
                        panel[i * WV_LANES + lane] = NAN
            for word from 0 <= word < words by machine.rows:
                count = min(<Py_ssize_t>machine.rows, words - word)
                for i in range(machine.rows):  # the last vectors are multiplied again where there are fewer
                    group[i] = &units[word + min(i, count - 1), 0]
                machine.block(group, &panel[0], size, products)
                for i in range(count):
                    memcpy(&out[word + i, first], &products[i * WV_LANES], WV_LANES * sizeof(float))


def best(
    int form,                    # IN    SUM x[b] - y[a] + x[c], SHIFT x[b] - y[a], RATIO (x[b] - x[a] - shift) * y[c]
    const float[:, ::1] x,       # IN    [W, C] a table; NaN never wins
    const float[:, ::1] y,       # IN    [U, C] another
    const int32_t[::1] a,        # IN    [Q] lines of the tables, for each question
    const int32_t[::1] b,        # IN    [Q]
    const int32_t[::1] c,        # IN    [Q]; not read by SHIFT
    const float[::1] shift,      # IN    [Q]; read by RATIO alone
    const int64_t[:, ::1] banned,# IN    [Q, B] rows that are no answers; -1 for none
    Py_ssize_t offset,           # IN    the row of column 0
    float[:, ::1] scores,        # INOUT [Q, K] a heap for each question, the worst first
    int64_t[:, ::1] rows,        # INOUT [Q, K] the row of each score
    Py_ssize_t[::1] filled,      # INOUT [Q] how many of the K places are filled; zeros before the first tile
    int level=-1,                 # IN    the SIMD level; -1: what WORDVEC_SIMD says
):
    """Put the best rows of a tile into the heaps of the questions. Tiles must come in the order of their rows."""
    cdef wv_functions machine = wv_functions_of[level_of(level)]
    cdef Py_ssize_t questions = b.shape[0], columns = x.shape[1], places = scores.shape[1], bans = banned.shape[1]
    cdef Py_ssize_t q, first, j, i
    cdef const float* at_a
    cdef const float* at_b
    cdef const float* at_c
    cdef float buffer[WV_CHUNK]
    cdef float bar, extra
    cdef int64_t row
    if places == 0 or columns == 0:
        return
    with nogil:
        for q in range(questions):
            at_b = &x[b[q], 0]
            at_a = &x[a[q], 0] if form == WV_RATIO else &y[a[q], 0]
            at_c = &y[c[q], 0] if form == WV_RATIO else (&x[c[q], 0] if form == WV_SUM else at_b)
            extra = shift[q] if form == WV_RATIO else 0
            bar = scores[q, 0] if filled[q] == places else -INFINITY
            for first from 0 <= first < columns by WV_CHUNK:
                if not machine.combine(form, at_b + first, at_a + first, at_c + first, extra, bar, buffer):
                    continue
                for j in range(WV_CHUNK):
                    if not buffer[j] > bar:
                        continue
                    row = offset + first + j
                    for i in range(bans):
                        if banned[q, i] == row:
                            break
                    else:
                        push(&scores[q, 0], &rows[q, 0], &filled[q], places, buffer[j], row)
                        if filled[q] == places:
                            bar = scores[q, 0]
