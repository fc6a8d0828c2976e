"""What the kernels of wordvec.search share: which rows have a direction, and a heap of the best scores and their rows."""
from libc.stdint cimport int64_t


cdef inline bint has_direction(
    float norm,  # IN of a row
) noexcept nogil:
    """Whether float32 can tell the direction of a row: not that of a zero row, nor of one with NaN or inf."""
    return 2.0 ** -100 < norm < 2.0 ** 100


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
