"""Encoded rows: scans for the best approximate cosines, exact cosines, decoding and rotation, for wordvec.codecs."""
from libc.math cimport INFINITY, sqrt
from libc.stdint cimport int32_t, int64_t, uint8_t

import numpy as np

from wordvec._kernels.heap cimport has_direction
from wordvec._kernels.simd cimport level_of

cdef extern from "codes.h":
    enum: WV_FLOAT16
    enum: WV_BFLOAT16
    enum: WV_INT8
    enum: WV_PQ
    enum: WV_BITS
    enum: WV_RESIDUAL
    enum: WV_KINDS
    enum: WV_MOST_LEVELS
    struct wv_codes:
        const char* codes
        Py_ssize_t stride
        Py_ssize_t size
        Py_ssize_t levels
        const float* factors
    ctypedef void (*wv_score)(const wv_codes*, const void*, const float*, Py_ssize_t, Py_ssize_t, float*) noexcept nogil
    ctypedef void (*wv_widen)(const void*, Py_ssize_t, float, float*) noexcept nogil
    ctypedef float (*wv_product)(const float*, const float*, Py_ssize_t) noexcept nogil
    ctypedef double (*wv_cosine)(const float*, const double*, Py_ssize_t, double*) noexcept nogil
    int wv_codec_level(int kind, int level, bint has_f16c, bint has_vnni) nogil
    bint wv_has_f16c() nogil
    void PREFETCH(const void*) noexcept nogil
    void wv_select(float*, int64_t*, Py_ssize_t, Py_ssize_t) noexcept nogil
    ctypedef void (*wv_unpack)(const wv_codes*, Py_ssize_t, float*) noexcept nogil
    const wv_score[3] wv_scores[WV_KINDS]
    const wv_widen[3] wv_widens[3]
    const wv_product wv_products[3]
    const wv_cosine wv_cosines[3]
    const wv_unpack wv_unpacks[3]
    struct wv_batch:
        Py_ssize_t queries
        Py_ssize_t rows
        const char* asked
        Py_ssize_t asked_bytes
        const float* numbers
    struct wv_hit:
        int query
        int row
        float score
    ctypedef int (*wv_ready)(const wv_codes*, wv_batch*) noexcept nogil
    ctypedef Py_ssize_t (*wv_meet)(
        const wv_codes*, wv_batch*, Py_ssize_t, Py_ssize_t, const float*, wv_hit*) noexcept nogil
    int wv_batch_level(int kind, int level, bint has_f16c, bint has_vnni, bint has_vbmi) nogil
    Py_ssize_t wv_batch_least(int kind) nogil
    Py_ssize_t wv_batch_room(
        int kind, Py_ssize_t size, Py_ssize_t levels, Py_ssize_t queries, wv_batch*, char* scratch) nogil
    bint wv_has_vnni() nogil
    bint wv_has_vbmi() nogil
    const wv_ready wv_readies[WV_KINDS][3]
    const wv_meet wv_meets[WV_KINDS][3]

FLOAT16, BFLOAT16, INT8, PQ, BITS, RESIDUAL = WV_FLOAT16, WV_BFLOAT16, WV_INT8, WV_PQ, WV_BITS, WV_RESIDUAL
MOST_LEVELS = WV_MOST_LEVELS
cdef bint HAS_F16C = wv_has_f16c()
cdef bint HAS_VNNI = wv_has_vnni(), HAS_VBMI = wv_has_vbmi()
cdef enum:
    BLOCK = 256  # rows that meet all queries while they are in the cache
    AHEAD = 8    # rows at random places between asking for one and reading it


def codec_level(
    int kind,                  # IN a codec
    int level,                 # IN the SIMD level
    bint has_f16c=HAS_F16C,    # IN whether the machine has F16C, and
    bint has_vnni=HAS_VNNI,    # IN VNNI
):
    """The level of the functions of a codec: less than that of the others where the machine lacks what they need."""
    return wv_codec_level(kind, level, has_f16c, has_vnni)


def batch_level(
    int kind,                  # IN a codec
    int level,                 # IN the SIMD level
    bint has_f16c=HAS_F16C,    # IN whether the machine has F16C,
    bint has_vnni=HAS_VNNI,    # IN VNNI, and
    bint has_vbmi=HAS_VBMI,    # IN VBMI
):
    """The level at which a codec meets queries together; None where it scores them one by one."""
    cdef int best = wv_batch_level(kind, level, has_f16c, has_vnni, has_vbmi)
    return best if wv_meets[kind][best] != NULL else None


def scan(
    int kind,                         # IN    which codec
    const uint8_t[:, :] codes,        # IN    [R, bytes] rows of contiguous bytes, any distance between rows; of signs
                                      #       [R / 64 rounded up, levels * bytes * 64]: byte 0 of 64 rows, byte 1, ...
    const float[::1] factors,         # IN    [R] what a row is divided by; [0] where the codec has none; of RESIDUAL
                                      #       the scales, float16 [R / 64 rounded up, levels, 64], two in a number
    const float[::1] norms,           # IN    [R] of the rows before they were encoded
    const uint8_t[:, ::1] queries,    # IN    [Q, bytes] as the codec prepares them
    const float[:, ::1] numbers,      # IN    [Q, 3] what else it prepares
    Py_ssize_t size,                  # IN    numbers, parts or signs of a level in a row
    Py_ssize_t levels,                # IN    of signs, MOST_LEVELS at most; 1 where there are none
    Py_ssize_t start,                 # IN    first row
    Py_ssize_t stop,                  # IN    last row + 1
    Py_ssize_t places,                # IN    K
    float[:, ::1] scores,             # OUT   [Q, 2 K] the best come first, in no order
    int64_t[:, ::1] rows,             # OUT   [Q, 2 K] the row of each score
    Py_ssize_t[::1] filled,           # INOUT [Q] zeros on entry; how many of the K places are filled on return
    float[::1] worsts,                # INOUT [Q] -inf on entry; what a score must pass to be kept
    int level=-1,                     # IN    the SIMD level; -1: what WORDVEC_SIMD says
):
    """Keep the K rows with the best approximate cosines to each query; of equal ones, the first rows."""
    cdef wv_codes all
    cdef int at = level_of(level), together
    cdef wv_score score = wv_scores[kind][wv_codec_level(kind, at, HAS_F16C, HAS_VNNI)]
    cdef best_rows best
    cdef wv_batch batch
    cdef char[::1] scratch
    cdef int32_t[:, ::1] hits
    if places == 0 or stop <= start or queries.shape[0] == 0:
        return
    describe(&all, codes, factors, size, levels)
    best.scores, best.rows, best.filled, best.worsts = &scores[0, 0], &rows[0, 0], &filled[0], &worsts[0]
    best.places, best.room, best.norms = places, scores.shape[1], &norms[0]
    together = wv_batch_level(kind, at, HAS_F16C, HAS_VNNI, HAS_VBMI)
    if queries.shape[0] >= wv_batch_least(kind) and wv_meets[kind][together] != NULL:
        scratch = np.empty(wv_batch_room(kind, size, levels, queries.shape[0], &batch, NULL), np.int8)
        wv_batch_room(kind, size, levels, queries.shape[0], &batch, &scratch[0])
        hits = np.empty((queries.shape[0] * batch.rows, 3), np.int32)
        batch.asked, batch.asked_bytes, batch.numbers = <const char*>&queries[0, 0], queries.shape[1], &numbers[0, 0]
        if wv_readies[kind][together](&all, &batch):
            with nogil:
                scan_batch(&all, &batch, wv_meets[kind][together], score, start, stop, &best, <wv_hit*>&hits[0, 0])
            return
    with nogil:
        scan_each(&all, &queries[0, 0], queries.shape[0], queries.shape[1], &numbers[0, 0], score, start, stop, &best)


cdef struct best_rows:
    float* scores         # [Q, room] the best come first, in no order
    int64_t* rows         # [Q, room]
    Py_ssize_t* filled    # [Q]
    float* worsts         # [Q]
    Py_ssize_t places
    Py_ssize_t room
    const float* norms    # [R]


cdef inline void keep(best_rows* best, Py_ssize_t query, float score, Py_ssize_t row) noexcept nogil:
    """Keep a row whose score passes, and that has a direction; half of the rows go when there is no room for more."""
    cdef Py_ssize_t place
    if not score > best.worsts[query] or not has_direction(best.norms[row]):
        return
    place = query * best.room + best.filled[query]
    best.scores[place], best.rows[place] = score, row
    best.filled[query] += 1
    if best.filled[query] == best.room:
        select(best, query)
        best.worsts[query] = best.scores[query * best.room + best.places - 1]


cdef inline void select(best_rows* best, Py_ssize_t query) noexcept nogil:
    """Leave the best `places` rows of a query."""
    if best.filled[query] > best.places:
        wv_select(best.scores + query * best.room, best.rows + query * best.room, best.filled[query], best.places)
        best.filled[query] = best.places


cdef void scan_batch(
    const wv_codes* all,      # IN
    wv_batch* batch,          # INOUT prepared
    wv_meet meet,             # IN
    wv_score score,           # IN    of one query
    Py_ssize_t start,         # IN    first row
    Py_ssize_t stop,          # IN    last row + 1
    best_rows* best,          # INOUT
    wv_hit* hits,             # OUT   scratch [Q * rows of a block]
) noexcept nogil:
    """Score the rows that may be among the best by the rounded scores of all queries."""
    cdef Py_ssize_t first = start, count, found, i, query
    cdef float value
    while first < stop:
        count = min(batch.rows - first % batch.rows, stop - first)
        found = meet(all, batch, first, count, best.worsts, hits)
        for i in range(found):
            query, value = hits[i].query, hits[i].score
            if value != value and has_direction(best.norms[first + hits[i].row]):
                score(all, batch.asked + query * batch.asked_bytes, batch.numbers + 3 * query,
                      first + hits[i].row, 1, &value)
            keep(best, query, value, first + hits[i].row)
        first += count
    for query in range(batch.queries):
        select(best, query)


cdef void scan_each(
    const wv_codes* all,      # IN
    const uint8_t* queries,   # IN    [Q, bytes]
    Py_ssize_t count,         # IN    Q
    Py_ssize_t bytes_,        # IN
    const float* numbers,     # IN    [Q, 3]
    wv_score score,           # IN
    Py_ssize_t start,         # IN    first row
    Py_ssize_t stop,          # IN    last row + 1
    best_rows* best,          # INOUT
) noexcept nogil:
    """Score all rows of a block for one query after another."""
    cdef Py_ssize_t first, rows, query, i, j
    cdef float out[BLOCK + 16]
    cdef float worst
    cdef int passed
    for first from start <= first < stop by BLOCK:
        rows = min(<Py_ssize_t>BLOCK, stop - first)
        for i in range(rows, rows + 16):
            out[i] = -INFINITY
        for query in range(count):
            score(all, queries + query * bytes_, numbers + 3 * query, first, rows, out)
            worst = best.worsts[query]
            for i from 0 <= i < rows by 16:
                passed = 0
                for j in range(16):
                    passed |= out[i + j] > worst
                if passed:
                    for j in range(i, min(i + 16, rows)):
                        keep(best, query, out[j], first + j)
    for query in range(count):
        select(best, query)


def estimate(
    int kind,                         # IN  which codec
    const uint8_t[:, :] codes,        # IN  [R, bytes] as in `scan`
    const float[::1] factors,         # IN  [R] or [0]
    const uint8_t[::1] query,         # IN  [bytes] as the codec prepares it
    const float[::1] numbers,         # IN  [3]
    Py_ssize_t size,                  # IN  numbers, parts or signs of a level in a row
    Py_ssize_t levels,                # IN  of signs
    Py_ssize_t start,                 # IN  first row
    float[::1] out,                   # OUT [N] approximate cosines of the N rows from `start`; NaN without direction
    int level=-1,                     # IN  the SIMD level; -1: what WORDVEC_SIMD says
):
    """The approximate cosines of one query and consecutive rows."""
    cdef wv_codes all
    cdef wv_score score = wv_scores[kind][wv_codec_level(kind, level_of(level), HAS_F16C, HAS_VNNI)]
    cdef Py_ssize_t first
    if out.shape[0] == 0:
        return
    describe(&all, codes, factors, size, levels)
    with nogil:
        for first from 0 <= first < out.shape[0] by BLOCK:
            score(&all, &query[0], &numbers[0], start + first, min(<Py_ssize_t>BLOCK, out.shape[0] - first), &out[first])


cdef inline void describe(
    wv_codes* all,                    # OUT
    const uint8_t[:, :] codes,        # IN  [R, bytes]
    const float[::1] factors,         # IN  [R] or [0]
    Py_ssize_t size,                  # IN
    Py_ssize_t levels,                # IN
) noexcept:
    """The rows as C sees them."""
    all.codes = <const char*>&codes[0, 0]
    all.stride, all.size, all.levels = codes.strides[0], size, levels
    all.factors = &factors[0] if factors.shape[0] else NULL


def widen(
    int kind,                         # IN  FLOAT16, BFLOAT16 or INT8
    const uint8_t[:, :] codes,        # IN  [N, bytes] rows of contiguous bytes
    const float[::1] scales,          # IN  [N] for INT8; [0] where there are none
    float[:, ::1] out,                # OUT [N, D]
    int level=-1,                     # IN  the SIMD level; -1: what WORDVEC_SIMD says
):
    """Decode rows of numbers."""
    cdef wv_widen decode = wv_widens[kind][wv_codec_level(kind, level_of(level), HAS_F16C, HAS_VNNI)]
    cdef Py_ssize_t row, size = out.shape[1]
    with nogil:
        for row in range(out.shape[0]):
            decode(&codes[row, 0], size, scales[row] if scales.shape[0] else 1, &out[row, 0])


def cosines(
    const float[:, ::1] rows,         # IN  [N, D]
    const double[::1] unit,           # IN  [D] of length 1
    double[::1] out,                  # OUT [N] cosines; NaN for zero rows
    int level=-1,                     # IN  the SIMD level; -1: what WORDVEC_SIMD says
):
    """The cosines of one query and rows, in float64; that of a row does not depend on which others are there."""
    cdef wv_cosine cosine = wv_cosines[level_of(level)]
    cdef Py_ssize_t row
    cdef double squares
    with nogil:
        for row in range(rows.shape[0]):
            out[row] = cosine(&rows[row, 0], &unit[0], unit.shape[0], &squares)


def cosines_at(
    int kind,                         # IN  FLOAT16, BFLOAT16 or INT8
    const uint8_t[:, :] codes,        # IN  [R, bytes] rows of contiguous bytes, any distance between rows
    const float[::1] scales,          # IN  [R] for INT8; [0] where there are none
    const int64_t[::1] rows,          # IN  [N] which rows
    const double[::1] unit,           # IN  [D] of length 1
    double[::1] out,                  # OUT [N] as `cosines` has them of the decoded rows
    int level=-1,                     # IN  the SIMD level; -1: what WORDVEC_SIMD says
):
    """The cosines of one query and some rows, in float64; IndexError for a row that there is not."""
    cdef wv_widen decode = wv_widens[kind][wv_codec_level(kind, level_of(level), HAS_F16C, HAS_VNNI)]
    cdef wv_cosine cosine = wv_cosines[level_of(level)]
    cdef Py_ssize_t i, ahead, byte, count = rows.shape[0], size = unit.shape[0]
    cdef float[::1] wide = np.empty(size, np.float32)
    cdef double squares
    for i in range(count):
        if not 0 <= rows[i] < codes.shape[0]:
            raise IndexError(f"a row must be below {codes.shape[0]}; got {rows[i]}")
    with nogil:
        for i in range(count):
            ahead = rows[min(i + AHEAD, count - 1)]
            for byte from 0 <= byte < codes.shape[1] by 64:
                PREFETCH(&codes[ahead, byte])
            decode(&codes[rows[i], 0], size, scales[rows[i]] if scales.shape[0] else 1, &wide[0])
            out[i] = cosine(&wide[0], &unit[0], size, &squares)


def unpack(
    const uint8_t[:, :] codes,        # IN  [R / 64 rounded up, bytes] as in `scan`, of RESIDUAL
    const float[::1] scales,          # IN  as the factors of `scan`
    Py_ssize_t levels,                # IN
    const int64_t[::1] rows,          # IN  [N] which rows; the caller checks that there are
    float[:, ::1] out,                # OUT [N, M rounded up to 8] their numbers, and zeros
    Py_ssize_t size,                  # IN  M
    int level=-1,                     # IN  the SIMD level; -1: what WORDVEC_SIMD says
):
    """What residual bits stand for."""
    cdef wv_codes all
    cdef wv_unpack work = wv_unpacks[wv_codec_level(WV_RESIDUAL, level_of(level), HAS_F16C, HAS_VNNI)]
    cdef Py_ssize_t i
    if rows.shape[0] == 0:
        return
    describe(&all, codes, scales, size, levels)
    with nogil:
        for i in range(rows.shape[0]):
            work(&all, rows[i], &out[i, 0])


def lengths(
    const float[:, :] rows,           # IN  [N, D] rows of contiguous items, any distance between rows
    double[::1] out,                  # OUT [N]
    int level=-1,                     # IN  the SIMD level; -1: what WORDVEC_SIMD says
):
    """The Euclidean lengths of rows, in float64."""
    cdef wv_cosine cosine = wv_cosines[level_of(level)]
    cdef Py_ssize_t row, i
    cdef double squares
    cdef double[256] nothing
    cdef Py_ssize_t size = rows.shape[1], first
    for i in range(256):
        nothing[i] = 0
    with nogil:
        for row in range(rows.shape[0]):
            out[row] = 0
            for first from 0 <= first < size by 256:
                cosine(&rows[row, first], nothing, min(<Py_ssize_t>256, size - first), &squares)
                out[row] += squares
            out[row] = sqrt(out[row])


def rotate(
    const float[:, ::1] rows,         # IN  [N, D]
    const float[:, ::1] axes,         # IN  [E, D]
    float[:, ::1] out,                # OUT [N, E] the product of every row and every axis
    int level=-1,                     # IN  the SIMD level; -1: what WORDVEC_SIMD says
):
    """Rows in other axes; what comes of a row does not depend on which others are there, as it may with BLAS."""
    cdef wv_product product = wv_products[level_of(level)]
    cdef Py_ssize_t row, axis
    with nogil:
        for row in range(rows.shape[0]):
            for axis in range(axes.shape[0]):
                out[row, axis] = product(&rows[row, 0], &axes[axis, 0], rows.shape[1])
