"""Rows of two sides that are near to each other, those of both from one product of bytes, for wordvec.search."""
from libc.math cimport INFINITY
from libc.stdint cimport int32_t, int64_t, uint8_t, uint64_t

from wordvec._kernels.heap cimport push
from wordvec._kernels.simd cimport level_of

cdef extern from "matches.h":
    enum: WV_ROWS
    enum: WV_PADDED
    enum: WV_TILE_ROWS
    enum: WV_MOST_HITS
    enum: WV_AVX2
    enum: WV_AVX512
    ctypedef struct wv_matched:
        const char* codes
        const float* step
        const float* more
        float* bar
    ctypedef struct wv_pair:
        int left
        int right
    ctypedef struct wv_coded:
        float step
        float error
        float length
        float offset
    ctypedef struct wv_shape:
        int panel
        int tile
        int per_word
    ctypedef void (*wv_code)(const float*, float, const float*, const float*, Py_ssize_t, float*, char*, Py_ssize_t,
                             int, wv_coded*, int32_t*) noexcept nogil
    ctypedef Py_ssize_t (*wv_meet_sides)(const wv_matched*, const wv_matched*, const int32_t*, Py_ssize_t, Py_ssize_t,
                                         Py_ssize_t, Py_ssize_t, wv_pair*) noexcept nogil
    ctypedef float (*wv_dot)(const float*, const float*, Py_ssize_t) noexcept nogil
    bint wv_takes_part(uint64_t seed, uint64_t keep, int64_t left, int64_t right) nogil
    bint wv_has_vnni() nogil
    Py_ssize_t wv_right_words(Py_ssize_t size, int level) nogil
    const wv_code[3] wv_codings
    const wv_meet_sides[3] wv_meetings
    const wv_dot[3] wv_dots
    const wv_shape[3] wv_shapes

PADDED = WV_PADDED
TILE_ROWS = WV_TILE_ROWS
cdef bint HAS_VNNI = wv_has_vnni()
cdef uint64_t EVERY = <uint64_t>1 << 32


cdef int tile_level(int level) except -1:
    """The level of the tiles: byte products need VNNI beyond AVX-512."""
    cdef int best = level_of(level)
    return WV_AVX2 if best == WV_AVX512 and not HAS_VNNI else best


def row_bytes(
    Py_ssize_t size,  # IN numbers of a row
    bint left,        # IN the side
    int level=-1,     # IN the SIMD level; -1: what WORDVEC_SIMD says
):
    """The bytes of a coded row."""
    cdef int at = tile_level(level)
    if left:
        return 4 * ((size + wv_shapes[at].per_word - 1) // wv_shapes[at].per_word)
    return 4 * wv_right_words(size, at)


def code(
    const float[:, :] rows,      # IN  [N, D] rows of contiguous items, any distance between rows
    const float[::1] scale,      # IN  [N] 1 / their lengths; 0 for rows without direction
    const float[::1] centre,     # IN  [D] of this side
    const float[::1] other,      # IN  [D] of the other side
    bint left,                   # IN  the side
    Py_ssize_t first,            # IN  where in the side the rows stand: a multiple of PADDED
    uint8_t[:, ::1] codes,       # OUT [padded, row_bytes] zeros on entry
    float[:, ::1] facts,         # OUT [padded, 4] step, length of the rounding, of the row, product with `other`
    int32_t[::1] starts,         # OUT [padded] where the sums of a row of the right begin
    float[::1] scratch,          # OUT scratch [2 D]
    int level=-1,                # IN  the SIMD level; -1: what WORDVEC_SIMD says
):
    """Round rows at length 1, less the centre, to 8 bits."""
    cdef int at = tile_level(level), panel = wv_shapes[at].panel
    cdef Py_ssize_t i, place, width = codes.shape[1], size = rows.shape[1]
    cdef char* to
    cdef Py_ssize_t apart = 4 * panel if left else 4
    if rows.shape[0] == 0:
        return
    with nogil:
        for i in range(rows.shape[0]):
            place = first + i
            to = <char*>&codes[0, 0]
            to += (place // panel * width * panel + place % panel * 4) if left else place * width
            wv_codings[at](&rows[i, 0], scale[i], &centre[0], &other[0], size, &scratch[0], to, apart, left,
                           <wv_coded*>&facts[place, 0], &starts[place])


def meet(
    const float[:, :] left,        # IN    [L, D] rows `first` to first + L of the left, contiguous in themselves
    const float[:, :] right,       # IN    [R, D] rows `start` to start + R of the right
    const float[:, ::1] scales,    # IN    [2, most rows] 1 / lengths; 0 for rows without direction
    const uint8_t[:, ::1] left_codes,  # IN [padded L side, bytes]
    const uint8_t[:, ::1] right_codes, # IN [padded R side, bytes]
    const float[:, :, ::1] numbers,# IN    [2, 3, padded] of each side: step, more, cost
    const int32_t[::1] starts,     # IN    [padded] of the right
    Py_ssize_t first,              # IN    a multiple of PADDED
    Py_ssize_t start,              # IN
    float[::1] left_bars,          # INOUT [padded] what a score must pass
    float[::1] right_bars,         # INOUT [padded]
    float[:, ::1] left_scores,     # INOUT [L, K] heaps of these rows, the worst first
    int64_t[:, ::1] left_rows,     # INOUT [L, K]
    Py_ssize_t[::1] left_filled,   # INOUT [L]
    float[:, ::1] right_scores,    # INOUT [right side, K] heaps of all rows
    int64_t[:, ::1] right_rows,    # INOUT [right side, K]
    Py_ssize_t[::1] right_filled,  # INOUT [right side]
    double keep=1,                 # IN    the probability that a pair takes part, in each direction
    uint64_t seed=0,               # IN    of that
    int level=-1,                  # IN    the SIMD level; -1: what WORDVEC_SIMD says
):
    """Put the best rows of some of the left into the heaps of some of the right, and the other way round. A score is the
    product of two rows at length 1 less the costs of both; the same whatever the level, but for rounding. Rows must come
    in their order; of equal scores the first rows stay.
    """
    cdef int at = tile_level(level)
    cdef wv_matched sides[2]
    cdef wv_pair hits[WV_MOST_HITS]
    cdef Py_ssize_t size = left.shape[1], words = left_codes.shape[1] // 4, stride = right_codes.shape[1] // 4
    cdef Py_ssize_t places = left_scores.shape[1], tile = wv_shapes[at].tile, found, h, block, row, query
    cdef Py_ssize_t last = start + right.shape[0]
    cdef int64_t q, r
    cdef uint64_t share = <uint64_t>(keep * EVERY)
    cdef bint all_pairs = share >= EVERY, of_left = True, of_right = True
    cdef float score
    if left.shape[0] == 0 or right.shape[0] == 0 or places == 0:
        return
    sides[0].codes, sides[1].codes = <const char*>&left_codes[0, 0], <const char*>&right_codes[0, 0]
    sides[0].step, sides[1].step = &numbers[0, 0, 0], &numbers[1, 0, 0]
    sides[0].more, sides[1].more = &numbers[0, 1, 0], &numbers[1, 1, 0]
    sides[0].bar, sides[1].bar = &left_bars[0], &right_bars[0]
    with nogil:
        for block from start <= block < last by WV_ROWS:
            for query from first <= query < first + left.shape[0] by tile:
                for row from block <= row < min(block + <Py_ssize_t>WV_ROWS, last) by WV_TILE_ROWS:
                    found = wv_meetings[at](&sides[0], &sides[1], &starts[0], words, query, row, stride, hits)
                    for h in range(found):
                        q, r = query + hits[h].left, row + hits[h].right
                        if r >= last:  # of a tile that reaches beyond
                            continue
                        if not all_pairs:
                            of_left = wv_takes_part(seed, share, q, r)
                            of_right = wv_takes_part(~seed, share, q, r)
                            if not of_left and not of_right:
                                continue
                        score = wv_dots[at](&left[q - first, 0], &right[r - start, 0], size)
                        score = score * scales[0, q] * scales[1, r] - numbers[0, 2, q] - numbers[1, 2, r]
                        if of_left and score > left_bars[q]:
                            push(&left_scores[q - first, 0], &left_rows[q - first, 0], &left_filled[q - first], places,
                                 score, r)
                            if left_filled[q - first] == places:
                                left_bars[q] = left_scores[q - first, 0]
                        if of_right and score > right_bars[r]:
                            push(&right_scores[r, 0], &right_rows[r, 0], &right_filled[r], places, score, q)
                            if right_filled[r] == places:
                                right_bars[r] = right_scores[r, 0]


def offer(
    const int64_t[:, ::1] near,     # IN    [N, M] rows of another side for each row of this one; -1 for none
    const double[:, ::1] scores,    # IN    [N, M]
    const double[::1] costs,        # IN    [N] of this side
    const double[::1] other_costs,  # IN    [R] of the other
    float[:, ::1] best,             # INOUT [N, K] heaps, the worst first
    int64_t[:, ::1] rows,           # INOUT [N, K]
    Py_ssize_t[::1] filled,         # INOUT [N]
    float[:, ::1] other_best,       # INOUT [R, J] heaps of the other side
    int64_t[:, ::1] other_rows,     # INOUT [R, J]
    Py_ssize_t[::1] other_filled,   # INOUT [R]
):
    """Put pairs into the heaps of both of their rows, by their scores less the costs of both; each pair once."""
    cdef Py_ssize_t i, j
    cdef int64_t other
    cdef float score
    with nogil:
        for i in range(near.shape[0]):
            for j in range(near.shape[1]):
                other = near[i, j]
                if other < 0:
                    continue
                score = <float>(scores[i, j] - costs[i] - other_costs[other])
                if best.shape[1]:
                    push_once(&best[i, 0], &rows[i, 0], &filled[i], best.shape[1], score, other)
                if other_best.shape[1]:
                    push_once(&other_best[other, 0], &other_rows[other, 0], &other_filled[other], other_best.shape[1],
                              score, i)


cdef inline void push_once(
    float* scores, int64_t* rows, Py_ssize_t* filled, Py_ssize_t places, float score, int64_t row) noexcept nogil:
    """`push`, where the row is not there."""
    cdef Py_ssize_t i
    for i in range(filled[0]):
        if rows[i] == row:
            return
    push(scores, rows, filled, places, score, row)


def panel_words(
    Py_ssize_t size,  # IN numbers of a row
    int level=-1,     # IN the SIMD level; -1: what WORDVEC_SIMD says
):
    """How the codes of the left lie: rows side by side in a panel, and words of a row."""
    cdef int at = tile_level(level)
    return wv_shapes[at].panel, (size + wv_shapes[at].per_word - 1) // wv_shapes[at].per_word
