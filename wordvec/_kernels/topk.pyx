"""The best rows for a query: one pass over the matrix that keeps the k best scores in a heap, for wordvec.search."""
from libc.stdint cimport int64_t

cdef extern from "dot.h":
    float wv_dot(const float* a, const float* b, Py_ssize_t size) noexcept nogil

# Rows whose norm is not between these have no direction that float32 can tell: zero rows, and rows with NaN or inf.
cdef float LEAST = 2.0 ** -100
cdef float MOST = 2.0 ** 100


def scan(
    const float[:, :] matrix,  # IN    [V, D] rows of contiguous items, any distance between rows (the caller checks)
    const float[::1] norms,    # IN    [V]
    const float[::1] query,    # IN    [D] of length 1
    Py_ssize_t start,          # IN    first row
    Py_ssize_t stop,           # IN    last row + 1
    float[::1] scores,         # OUT   [K] a heap, the worst first
    int64_t[::1] rows,         # OUT   [K] the row of each score
):
    """How many of the K places are filled; the K best cosines between `query` and the rows, and their rows."""
    cdef Py_ssize_t size = query.shape[0], places = scores.shape[0], filled = 0, row
    cdef const char* first
    cdef float norm, product
    if places == 0 or stop <= start:
        return 0
    first = <const char*>&matrix[0, 0]
    with nogil:
        for row in range(start, stop):
            norm = norms[row]
            if not (LEAST < norm < MOST):
                continue
            product = wv_dot(<const float*>(first + row * matrix.strides[0]), &query[0], size)
            if filled < places or product > scores[0] * norm:
                push(&scores[0], &rows[0], &filled, places, product / norm, row)
    return filled


def push_tile(
    const float[:, ::1] products, # IN    [Q, R] products of the queries and R consecutive rows
    const float[::1] norms,       # IN    [V]
    Py_ssize_t first,             # IN    the row of the first column
    float[:, ::1] scores,         # INOUT [Q, K] a heap for each query, the worst first
    int64_t[:, ::1] rows,         # INOUT [Q, K]
    int64_t[::1] filled,          # INOUT [Q] how many places of each heap are in use
):
    """Put the cosines of a tile of rows into the heaps of the queries."""
    cdef Py_ssize_t places = scores.shape[1], query, column, count
    cdef float norm, product
    if places == 0:
        return
    with nogil:
        for query in range(products.shape[0]):
            count = filled[query]
            for column in range(products.shape[1]):
                norm = norms[first + column]
                product = products[query, column]
                if count < places or product > scores[query, 0] * norm:
                    if LEAST < norm < MOST:
                        push(&scores[query, 0], &rows[query, 0], &count, places, product / norm, first + column)
            filled[query] = count


cdef inline void push(
    float* scores,      # INOUT [places] a heap, the worst first
    int64_t* rows,      # INOUT [places]
    Py_ssize_t* filled, # INOUT how many places are in use
    Py_ssize_t places,  # IN
    float score,        # IN
    int64_t row,        # IN    higher than any row before: of equal scores the first comes to stay
) noexcept nogil:
    """Add a score to the heap, in the place of the worst where it is full."""
    cdef Py_ssize_t place, other
    if filled[0] < places:
        place = filled[0]
        filled[0] += 1
        while place > 0:
            other = (place - 1) // 2
            if not worse(score, row, scores[other], rows[other]):
                break
            scores[place] = scores[other]
            rows[place] = rows[other]
            place = other
    else:
        if not worse(scores[0], rows[0], score, row):
            return
        place = 0
        while True:
            other = 2 * place + 1
            if other >= places:
                break
            if other + 1 < places and worse(scores[other + 1], rows[other + 1], scores[other], rows[other]):
                other += 1
            if not worse(scores[other], rows[other], score, row):
                break
            scores[place] = scores[other]
            rows[place] = rows[other]
            place = other
    scores[place] = score
    rows[place] = row


cdef inline bint worse(
    float score,       # IN
    int64_t row,       # IN
    float other_score, # IN
    int64_t other_row, # IN
) noexcept nogil:
    """Whether the first of two candidates goes first: a lower score, or the same of a later row."""
    return score < other_score or (score == other_score and row > other_row)
