"""Encoded rows: scans for the best approximate cosines, exact cosines, decoding and rotation, for wordvec.codecs."""
from libc.math cimport INFINITY, sqrt
from libc.stdint cimport int64_t, uint8_t

from wordvec._kernels.simd cimport level_of

cdef extern from "codes.h":
    enum: WV_FLOAT16
    enum: WV_BFLOAT16
    enum: WV_INT8
    enum: WV_PQ
    enum: WV_BITS
    struct wv_codes:
        const char* codes
        Py_ssize_t stride
        Py_ssize_t size
        Py_ssize_t planes
        const float* factors
    ctypedef void (*wv_score)(const wv_codes*, const void*, const float*, Py_ssize_t, Py_ssize_t, float*) noexcept nogil
    ctypedef void (*wv_widen)(const void*, Py_ssize_t, float, float*) noexcept nogil
    ctypedef float (*wv_product)(const float*, const float*, Py_ssize_t) noexcept nogil
    ctypedef double (*wv_cosine)(const float*, const double*, Py_ssize_t, double*) noexcept nogil
    int wv_codec_level(int kind, int level, bint has_f16c, bint has_vpopcntdq) nogil
    bint wv_has_f16c() nogil
    bint wv_has_vpopcntdq() nogil
    void wv_select(float*, int64_t*, Py_ssize_t, Py_ssize_t) noexcept nogil
    const wv_score[3] wv_scores[5]
    const wv_widen[3] wv_widens[3]
    const wv_product wv_products[3]
    const wv_cosine wv_cosines[3]

FLOAT16, BFLOAT16, INT8, PQ, BITS = WV_FLOAT16, WV_BFLOAT16, WV_INT8, WV_PQ, WV_BITS
cdef bint HAS_F16C = wv_has_f16c(), HAS_VPOPCNTDQ = wv_has_vpopcntdq()
# As in topk.pyx: rows of a norm not between these have no direction.
cdef float LEAST = 2.0 ** -100
cdef float MOST = 2.0 ** 100
cdef enum:
    BLOCK = 256  # rows that meet all queries while they are in the cache


def codec_level(
    int kind,                             # IN a codec
    int level,                            # IN the SIMD level
    bint has_f16c=HAS_F16C,               # IN whether the machine has F16C, and
    bint has_vpopcntdq=HAS_VPOPCNTDQ,     # IN VPOPCNTDQ
):
    """The level of the functions of a codec: less than that of the others where the machine lacks what they need."""
    return wv_codec_level(kind, level, has_f16c, has_vpopcntdq)


def scan(
    int kind,                         # IN    which codec
    const uint8_t[:, :] codes,        # IN    [R, bytes] rows of contiguous bytes, any distance between rows
    const float[::1] factors,         # IN    [R] what a row is divided by; [0] where the codec has none
    const float[::1] norms,           # IN    [R] of the rows before they were encoded
    const uint8_t[:, ::1] queries,    # IN    [Q, bytes] as the codec prepares them
    const float[:, ::1] numbers,      # IN    [Q, 3] what else it prepares
    Py_ssize_t size,                  # IN    numbers, parts or bytes of bits in a row
    Py_ssize_t planes,                # IN    bit planes of a query
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
    cdef wv_score score = wv_scores[kind][wv_codec_level(kind, level_of(level), HAS_F16C, HAS_VPOPCNTDQ)]
    cdef Py_ssize_t first, count, query, i, j, room = scores.shape[1]
    cdef float out[BLOCK + 16]
    cdef float worst
    cdef int passed
    if places == 0 or stop <= start:
        return
    describe(&all, codes, factors, size, planes)
    with nogil:
        for first from start <= first < stop by BLOCK:
            count = min(<Py_ssize_t>BLOCK, stop - first)
            for i in range(count, count + 16):
                out[i] = -INFINITY
            for query in range(queries.shape[0]):
                score(&all, &queries[query, 0], &numbers[query, 0], first, count, out)
                worst = worsts[query]
                for i from 0 <= i < count by 16:
                    passed = 0
                    for j in range(16):
                        passed |= out[i + j] > worst
                    if not passed:
                        continue
                    for j in range(i, min(i + 16, count)):
                        if out[j] > worst and LEAST < norms[first + j] < MOST:
                            scores[query, filled[query]] = out[j]
                            rows[query, filled[query]] = first + j
                            filled[query] += 1
                            if filled[query] == room:  # half of them go
                                wv_select(&scores[query, 0], &rows[query, 0], room, places)
                                filled[query] = places
                                worst = worsts[query] = scores[query, places - 1]
        for query in range(queries.shape[0]):
            if filled[query] > places:
                wv_select(&scores[query, 0], &rows[query, 0], filled[query], places)
                filled[query] = places


def estimate(
    int kind,                         # IN  which codec
    const uint8_t[:, :] codes,        # IN  [R, bytes]
    const float[::1] factors,         # IN  [R] or [0]
    const uint8_t[::1] query,         # IN  [bytes] as the codec prepares it
    const float[::1] numbers,         # IN  [3]
    Py_ssize_t size,                  # IN  numbers, parts or bytes of bits in a row
    Py_ssize_t planes,                # IN  bit planes of the query
    Py_ssize_t start,                 # IN  first row
    float[::1] out,                   # OUT [N] approximate cosines of the N rows from `start`; NaN without direction
    int level=-1,                     # IN  the SIMD level; -1: what WORDVEC_SIMD says
):
    """The approximate cosines of one query and consecutive rows."""
    cdef wv_codes all
    cdef wv_score score = wv_scores[kind][wv_codec_level(kind, level_of(level), HAS_F16C, HAS_VPOPCNTDQ)]
    cdef Py_ssize_t first
    if out.shape[0] == 0:
        return
    describe(&all, codes, factors, size, planes)
    with nogil:
        for first from 0 <= first < out.shape[0] by BLOCK:
            score(&all, &query[0], &numbers[0], start + first, min(<Py_ssize_t>BLOCK, out.shape[0] - first), &out[first])


cdef inline void describe(
    wv_codes* all,                    # OUT
    const uint8_t[:, :] codes,        # IN  [R, bytes]
    const float[::1] factors,         # IN  [R] or [0]
    Py_ssize_t size,                  # IN
    Py_ssize_t planes,                # IN
) noexcept:
    """The rows as C sees them."""
    all.codes = <const char*>&codes[0, 0]
    all.stride, all.size, all.planes = codes.strides[0], size, planes
    all.factors = &factors[0] if factors.shape[0] else NULL


def widen(
    int kind,                         # IN  FLOAT16, BFLOAT16 or INT8
    const uint8_t[:, :] codes,        # IN  [N, bytes] rows of contiguous bytes
    const float[::1] scales,          # IN  [N] for INT8; [0] where there are none
    float[:, ::1] out,                # OUT [N, D]
    int level=-1,                     # IN  the SIMD level; -1: what WORDVEC_SIMD says
):
    """Decode rows of numbers."""
    cdef wv_widen decode = wv_widens[kind][wv_codec_level(kind, level_of(level), HAS_F16C, HAS_VPOPCNTDQ)]
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
