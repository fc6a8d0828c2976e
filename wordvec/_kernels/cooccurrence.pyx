"""Counts of pairs of words, a row at a time from the places where its word stands, for wordvec.cooccurrence."""
import numpy as np

from libc.stdint cimport int32_t, int64_t, uint8_t, uint32_t, uint64_t
from libc.string cimport memset

cdef extern from "random.h" nogil:
    bint wv_stays(uint64_t* state, uint32_t keep)

cdef extern from "cooccurrence.h" nogil:
    struct wv_row:
        void* sums
        uint64_t* marks
        Py_ssize_t columns
    struct wv_reach:
        const int64_t* weights
        const int64_t* columns
        Py_ssize_t reach
    void wv_add_windows_narrow(
        wv_row*, const uint32_t*, const int32_t*, Py_ssize_t, Py_ssize_t, uint32_t, const wv_reach*, const wv_reach*)
    void wv_add_windows_wide(
        wv_row*, const uint32_t*, const int32_t*, Py_ssize_t, Py_ssize_t, uint32_t, const wv_reach*, const wv_reach*)
    Py_ssize_t wv_take_narrow(wv_row* row, int32_t* columns, uint64_t* sums)
    Py_ssize_t wv_take_wide(wv_row* row, int32_t* columns, uint64_t* sums)
    Py_ssize_t wv_list_windows_narrow(
        wv_row*, const uint32_t*, const int32_t*, Py_ssize_t, Py_ssize_t, uint32_t, const wv_reach*, const wv_reach*, int32_t*)
    Py_ssize_t wv_list_packed_wide(wv_row* row, const uint8_t* p, const uint8_t* stop, int32_t* listed, Py_ssize_t n)
    void wv_take_listed_narrow(wv_row* row, int32_t* listed, Py_ssize_t count, uint64_t* sums)
    void wv_take_listed_wide(wv_row* row, int32_t* listed, Py_ssize_t count, uint64_t* sums)
    enum: WV_FEW
    uint8_t* wv_pack(uint8_t* p, const int32_t* columns, const uint64_t* sums, Py_ssize_t count)
    void wv_add_packed_wide(wv_row* row, const uint8_t* p, const uint8_t* stop)

PACKED = 15  # bytes that a cell of a run takes at most


def arrange(
    const int32_t[::1] ids,          # IN    [N] token ids
    const int64_t[::1] offsets,      # IN    [S + 1] sentence i is ids[offsets[i]:offsets[i + 1]]
    Py_ssize_t first,                # IN    sentences first:last are arranged
    Py_ssize_t last,
    uint32_t words,                  # IN    ids below this are words, others too rare
    bint gaps,                       # IN    too rare words keep their places
    const uint32_t[::1] keep,        # IN    [words] a token stays where a 32-bit draw is at most this; [0]: all stay
    const int64_t[::1] chunks,       # IN    [C + 1] sentences at which random streams start; first and last are two
    const uint64_t[::1] seeds,       # IN    [C] the streams
    uint32_t[::1] tokens,            # OUT   [offsets[last] - offsets[first] + last - first + 1]
):
    """Tokens with `words` in the place of what is too rare and `words + 1` around every sentence; how many there are."""
    cdef Py_ssize_t sentence, i, n = 1, chunk = 0
    cdef uint32_t id
    cdef uint64_t state = 0
    cdef bint drawn = keep.shape[0] > 0
    if tokens.shape[0] < offsets[last] - offsets[first] + last - first + 1:
        raise ValueError("tokens must have room for the ids and what ends their sentences")
    with nogil:
        if drawn:
            while chunks[chunk] < first:
                chunk += 1
        tokens[0] = words + 1
        for sentence in range(first, last):
            if drawn and chunks[chunk] == sentence:
                state = seeds[chunk]
                chunk += 1
            for i in range(offsets[sentence], offsets[sentence + 1]):
                id = <uint32_t>ids[i]
                if id >= words:
                    if not gaps:
                        continue
                    id = words
                elif drawn and not wv_stays(&state, keep[id]):
                    continue
                tokens[n] = id
                n += 1
            tokens[n] = words + 1
            n += 1
    return n


def histogram(
    const uint32_t[::1] tokens,      # IN    [N]
    Py_ssize_t first,                # IN    tokens first:last are counted
    Py_ssize_t last,
    uint32_t low,                    # IN    of the words low:low + R
    int32_t[::1] counts,             # INOUT [R + 1], the last one is of all other tokens
):
    """Count the tokens of some words."""
    cdef Py_ssize_t i
    cdef uint32_t token, words = <uint32_t>counts.shape[0] - 1
    with nogil:
        for i in range(first, last):
            token = tokens[i] - low
            counts[min(token, words)] += 1  # no branch: it would be foreseen for half of the tokens at best


def place(
    const uint32_t[::1] tokens,      # IN    [N]
    Py_ssize_t first,                # IN    tokens first:last are placed
    Py_ssize_t last,
    uint32_t low,                    # IN    of the words low:low + R
    int32_t[::1] following,          # INOUT [R + 1] where the next place of each word goes; last, a place for others
    int32_t[::1] places,             # OUT   [the tokens of these words, and one] where they stand, by word
):
    """Sort the places of the tokens of some words by word."""
    cdef Py_ssize_t i
    cdef uint32_t token, words = <uint32_t>following.shape[0] - 1
    with nogil:
        for i in range(first, last):
            token = min(tokens[i] - low, words)
            places[following[token]] = <int32_t>i
            following[token] += token < words


cdef class Row:
    """The sums of one row at a time, and room for the cells that are taken from it; one for each thread."""
    cdef uint64_t[::1] sums, marks, taken
    cdef wv_row row
    cdef const double[::1] chances
    cdef double unit

    def __init__(
        self,
        Py_ssize_t columns,              # IN    most cells of a row
        double unit,                     # IN    what a sum is divided by
        const double[::1] chances,       # IN    [words] a cell is multiplied by those of its row and column; [0]: by none
    ):
        self.sums = np.zeros(columns, np.uint64)
        self.marks = np.zeros((columns + 63) // 64, np.uint64)
        self.taken = np.empty(columns, np.uint64)
        self.row.sums, self.row.marks, self.row.columns = &self.sums[0], &self.marks[0], columns
        self.unit, self.chances = unit, chances

    def windows(
        self,
        const uint32_t[::1] tokens,      # IN    [N] as `arrange` made them
        const int32_t[::1] places,       # IN    [P] where words stand, by word
        const int32_t[::1] starts,       # IN    [words + 1] word i stands at places[starts[i]:starts[i + 1]]
        Py_ssize_t first,                # IN    rows first:last are counted
        Py_ssize_t last,
        const int64_t[:, ::1] left,      # IN    [2, reach] the weight, and the first column, of each distance
        const int64_t[:, ::1] right,     # IN    [2, reach] likewise
        int64_t[::1] sizes,              # OUT   [last - first] cells, or bytes, of each row
        int32_t[::1] columns,            # OUT   [room for the cells] columns, rising in every row
        float[::1] values,               # OUT   [likewise] weighted counts; [0]: the rows are packed
        uint8_t[::1] packed,             # OUT   [PACKED for a cell] sums of a run for `merged`; [0]: not wanted
    ):
        """Count rows; how many cells, or bytes, they have. A row needs room for each neighbour or each column."""
        cdef wv_reach before, after
        cdef Py_ssize_t i, n = 0, count, known, cells, around = left.shape[1] + right.shape[1]
        cdef uint32_t words = <uint32_t>(starts.shape[0] - 1)
        cdef bint runs = packed.shape[0] > 0
        cdef uint64_t most = max(1, np.asarray(left[0]).sum() + np.asarray(right[0]).sum())
        before.reach, after.reach = left.shape[1], right.shape[1]
        before.weights = before.columns = after.weights = after.columns = NULL
        if before.reach:
            before.weights, before.columns = &left[0, 0], &left[1, 0]
        if after.reach:
            after.weights, after.columns = &right[0, 0], &right[1, 0]
        with nogil:
            for i in range(first, last):
                count = starts[i + 1] - starts[i]
                known = starts[last] - starts[i]
                sizes[i - first] = 0
                if count == 0:
                    continue
                if count * around * WV_FEW < self.marks.shape[0] and <uint64_t>count * most < <uint64_t>1 << 32:
                    cells = wv_list_windows_narrow(&self.row, &tokens[0], &places[starts[i]], count, known, words, &before,
                                                   &after, &columns[0 if runs else n])
                    wv_take_listed_narrow(&self.row, &columns[0 if runs else n], cells, &self.taken[0])
                elif <uint64_t>count * most < <uint64_t>1 << 32:
                    wv_add_windows_narrow(&self.row, &tokens[0], &places[starts[i]], count, known, words, &before, &after)
                    cells = wv_take_narrow(&self.row, &columns[0 if runs else n], &self.taken[0])
                else:
                    wv_add_windows_wide(&self.row, &tokens[0], &places[starts[i]], count, known, words, &before, &after)
                    cells = wv_take_wide(&self.row, &columns[0 if runs else n], &self.taken[0])
                if runs:
                    cells = wv_pack(&packed[n], &columns[0], &self.taken[0], cells) - &packed[n]
                else:
                    self.scale(i, cells, &columns[n], &values[n])
                sizes[i - first] = cells
                n += cells
        return n

    def merged(
        self,
        const uint8_t[::1] packed,       # IN    rows of runs, as `windows` packed them
        const int64_t[:, ::1] starts,    # IN    [runs, rows + 1] row i of run r is packed[starts[r, i]:starts[r, i + 1]]
        Py_ssize_t first,                # IN    row 0 of these is row `first` of the matrix
        int64_t[::1] sizes,              # OUT   [rows] cells of each row
        int32_t[::1] columns,            # OUT   [room for the cells] columns, rising in every row
        float[::1] values,               # OUT   [likewise] weighted counts
    ):
        """The sums of runs; how many cells the rows have."""
        cdef Py_ssize_t i, run, n = 0, count, bytes_
        with nogil:
            for i in range(starts.shape[1] - 1):
                bytes_ = count = 0
                for run in range(starts.shape[0]):
                    bytes_ += starts[run, i + 1] - starts[run, i]
                for run in range(starts.shape[0]):
                    if starts[run, i + 1] == starts[run, i]:
                        continue
                    if bytes_ // 2 * WV_FEW < self.marks.shape[0]:  # a cell has two bytes at least
                        count = wv_list_packed_wide(&self.row, &packed[starts[run, i]], &packed[0] + starts[run, i + 1],
                                                    &columns[n], count)
                    else:
                        wv_add_packed_wide(&self.row, &packed[starts[run, i]], &packed[0] + starts[run, i + 1])
                if bytes_ // 2 * WV_FEW < self.marks.shape[0]:
                    wv_take_listed_wide(&self.row, &columns[n], count, &self.taken[0])
                    sizes[i] = count
                else:
                    sizes[i] = wv_take_wide(&self.row, &columns[n], &self.taken[0])
                self.scale(first + i, sizes[i], &columns[n], &values[n])
                n += sizes[i]
        return n

    cdef void scale(
        self,
        Py_ssize_t i,                    # IN    the row
        Py_ssize_t count,                # IN    its cells
        const int32_t* columns,          # IN    [count]
        float* values,                   # OUT   [count] the least normal number where a cell would be less
    ) noexcept nogil:
        """The sums that were taken last, as float32."""
        cdef Py_ssize_t j, words = self.chances.shape[0]
        if words == 0:
            for j in range(count):
                values[j] = <float>(<double>self.taken[j] / self.unit)
        else:
            for j in range(count):
                values[j] = <float>max(
                    <double>self.taken[j] / self.unit * self.chances[i] * self.chances[columns[j] % words],
                    1.17549435e-38,
                )
