"""Pointwise mutual information of counts: sums, which cells are positive, their values, for wordvec.cooccurrence."""
from libc.math cimport log
from libc.stdint cimport int32_t, int64_t


def sums(
    const int64_t[::1] indptr,   # IN    [V+1]
    const int32_t[::1] indices,  # IN    [N] below C
    const float[::1] data,       # IN    [N]
    Py_ssize_t first,            # IN    rows first:last are added up
    Py_ssize_t last,
    double[::1] rows,            # OUT   [V] the sum of each of them
    double[::1] columns,         # INOUT [C] what they add to the columns
):
    """The sums of some rows, in the order of the cells."""
    cdef Py_ssize_t row
    cdef int64_t k
    cdef double total
    with nogil:
        for row in range(first, last):
            total = 0
            for k in range(indptr[row], indptr[row + 1]):
                total += data[k]
                columns[indices[k]] += data[k]
            rows[row] = total


def logarithms(
    const int64_t[::1] indptr,   # IN  [V+1]
    const int32_t[::1] indices,  # IN  [N] below C
    const float[::1] data,       # IN  [N] above zero
    const double[::1] rows,      # IN  [V] factor of every row, above zero where it has cells
    const double[::1] columns,   # IN  [C] factor of every column, above zero where it has cells
    Py_ssize_t first,            # IN  rows first:last are written
    Py_ssize_t last,
    float[::1] out,              # OUT [N] the logarithm of each cell times the factors of its row and column
):
    """The PMI of all cells of some rows."""
    cdef Py_ssize_t row
    cdef int64_t k
    with nogil:
        for row in range(first, last):
            for k in range(indptr[row], indptr[row + 1]):
                out[k] = <float>log(data[k] * rows[row] * columns[indices[k]])


def count(
    const int64_t[::1] indptr,   # IN  [V+1]
    const int32_t[::1] indices,  # IN  [N] below C
    const float[::1] data,       # IN  [N]
    const double[::1] rows,      # IN  [V]
    const double[::1] columns,   # IN  [C]
    double least,                # IN  what a cell times its factors must exceed
    Py_ssize_t first,            # IN  rows first:last are counted
    Py_ssize_t last,
    int64_t[::1] kept,           # OUT [V] cells of each row that do
):
    """How many cells of each row are kept."""
    cdef Py_ssize_t row
    cdef int64_t k, n
    with nogil:
        for row in range(first, last):
            n = 0
            for k in range(indptr[row], indptr[row + 1]):
                n += data[k] * rows[row] * columns[indices[k]] > least
            kept[row] = n


def fill(
    const int64_t[::1] indptr,   # IN  [V+1]
    const int32_t[::1] indices,  # IN  [N] below C
    const float[::1] data,       # IN  [N]
    const double[::1] rows,      # IN  [V]
    const double[::1] columns,   # IN  [C]
    double least,                # IN  as in `count`
    Py_ssize_t first,            # IN  rows first:last are written
    Py_ssize_t last,
    const int64_t[::1] starts,   # IN  [V+1] where the kept cells of each row go, as counted
    int32_t[::1] kept_indices,   # OUT [K] their columns
    float[::1] kept_data,        # OUT [K] their logarithms
    float[::1] kept_counts,      # OUT [K] what they were in `data`; [0]: not wanted
):
    """The kept cells of some rows."""
    cdef Py_ssize_t row
    cdef int64_t k, n
    cdef double ratio
    cdef bint wanted = kept_counts.shape[0] > 0
    with nogil:
        for row in range(first, last):
            n = starts[row]
            for k in range(indptr[row], indptr[row + 1]):
                ratio = data[k] * rows[row] * columns[indices[k]]
                if ratio > least:
                    kept_indices[n] = indices[k]
                    kept_data[n] = <float>log(ratio)
                    if wanted:
                        kept_counts[n] = data[k]
                    n += 1
