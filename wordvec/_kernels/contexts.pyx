"""Sums of the rows of context words over all occurrences of some words, for wordvec.induction."""
from libc.stdint cimport int32_t, int64_t

import numpy as np


def sums(
    const int32_t[::1] ids,         # IN    [N] word ids (the caller checks: below V)
    const int64_t[::1] offsets,     # IN    [S + 1] sentence i is ids[offsets[i]:offsets[i + 1]]
    Py_ssize_t first,               # IN    sentences first:last are read
    Py_ssize_t last,
    const int32_t[::1] target,      # IN    [V] the row of `out` of each word; -1: a word whose contexts do not matter
    const int32_t[::1] row,         # IN    [V] the row of `matrix` of each word; -1: it adds nothing
    const float[:, ::1] matrix,     # IN    [R, C] what context words add
    const float[::1] weights,       # IN    [window] the weight of a context word 1, 2, ... positions away
    double[:, ::1] out,             # INOUT [T, C]
):
    """Add the rows of context words, on both sides, to the row of the word between them, without the GIL."""
    cdef Py_ssize_t size = matrix.shape[1], window = weights.shape[0], i, c
    cdef int64_t begin, end, j, k, low, high
    cdef float weight
    cdef const float *added
    cdef float[::1] scratch = np.empty(max(size, 1), np.float32)
    cdef float *near = &scratch[0]
    cdef double *sum
    if size == 0 or first >= last:
        return
    with nogil:
        for i in range(first, last):
            begin, end = offsets[i], offsets[i + 1]
            for j in range(begin, end):
                if target[ids[j]] < 0:
                    continue
                low = j - window if j - window > begin else begin
                high = j + window + 1 if j + window + 1 < end else end
                for c in range(size):
                    near[c] = 0
                for k in range(low, high):
                    if k == j or row[ids[k]] < 0:
                        continue
                    added = &matrix[row[ids[k]], 0]
                    weight = weights[j - k - 1] if k < j else weights[k - j - 1]
                    for c in range(size):
                        near[c] += weight * added[c]
                sum = &out[target[ids[j]], 0]
                for c in range(size):
                    sum[c] += near[c]
