"""What gradient descent needs beside its steps: the mean of replicas, and sentences in another order, for wordvec.optim."""
from libc.stdint cimport int32_t, int64_t, uint8_t
from libc.string cimport memcpy

import numpy as np

cdef extern from "descent.h" nogil:
    enum: WV_DEEPEST
    struct wv_operand:
        char *start
        Py_ssize_t stride
        int is_table
    struct wv_mean:
        const wv_operand *sources
        Py_ssize_t count
        const int32_t *additions
        const wv_operand *targets
        Py_ssize_t written
        const wv_operand *base
        const float *factors
        float replicas
        const int64_t *rows
        Py_ssize_t width
    void wv_average(const wv_mean *, Py_ssize_t)


def average(
    list sources,                # IN    [K] float32 [V, D] or [V], tables of replicas, or [n, D] or [n], sums of several
    const int32_t[::1] additions, # IN   [K] after each source, how many times the last two sums become one
    list targets,                # OUT   [L] likewise: all of them get the same rows
    base,                        # IN    [V, D] or [V] from which rows go towards the mean; None: the sum is written
    const float[::1] factors,    # IN    [n] how far; [0] without base
    Py_ssize_t replicas,         # IN    by what the sum is divided
    const int64_t[::1] rows,     # IN    [n] rows of the tables; None: the first n
    Py_ssize_t count,            # IN    n
    const uint8_t[::1] is_table, # IN    [K + L] whether a source, or target, has a row for each of V, not of n
):
    """base + factors * (sum / replicas - base) for n rows, in one pass, in this order of operations, without the GIL.

    The sources are added up as a stack: each is put on it, and then the two sums on top become one, as often as
    `additions` says, the one below on the left side. One sum must be left.
    """
    cdef wv_mean w
    cdef Py_ssize_t k, depth = 0, read = len(sources), written = len(targets), width = -1
    cdef Py_ssize_t most = count
    operands = np.empty((read + written + 1) * sizeof(wv_operand), np.uint8)
    cdef uint8_t[::1] memory = operands
    cdef wv_operand *operand = <wv_operand *>&memory[0]
    if additions.shape[0] != read or is_table.shape[0] != read + written or rows is not None and rows.shape[0] != count:
        raise ValueError("arrays of different lengths")
    for k in range(read):
        depth += 1 - additions[k]
        if depth < 1 or additions[k] < 0 or depth > WV_DEEPEST:
            raise ValueError(f"from 1 to {WV_DEEPEST} sums must be left after each source")
    if depth != 1:
        raise ValueError("one sum must be left")
    if count == 0:
        return
    if rows is not None:
        if np.min(rows) < 0:
            raise ValueError("rows must be 0 or more")
        most = np.max(rows) + 1
    for k in range(read + written + (base is not None)):
        if k < read:
            array = sources[k]
        else:
            array = targets[k - read] if k < read + written else base
        operand[k].is_table = k == read + written or is_table[k]
        width = describe(array, operand + k, width, most if rows is not None and operand[k].is_table else count, read <= k < read + written)
    w.sources, w.count, w.additions, w.targets, w.written = operand, read, &additions[0], operand + read, written
    w.base, w.factors, w.replicas, w.rows, w.width = NULL, NULL, <float>replicas, NULL, width
    if base is not None:
        if factors.shape[0] != count:
            raise ValueError("arrays of different lengths")
        w.base, w.factors = operand + read + written, &factors[0]
    if rows is not None:
        w.rows = &rows[0]
    with nogil:
        wv_average(&w, count)


cdef Py_ssize_t describe(array, wv_operand *operand, Py_ssize_t width, Py_ssize_t rows, bint written) except -1:
    """Note where the rows of an array are; their width, which is that of all others."""
    cdef size_t start = array.ctypes.data
    cdef Py_ssize_t own = array.shape[1] if array.ndim > 1 else 1
    if array.dtype != np.float32 or array.ndim > 2 or own > 1 and array.strides[1] != 4:
        raise ValueError("rows must be of contiguous float32 numbers")
    if array.shape[0] < rows or 0 <= width != own or written and not array.flags.writeable:
        raise ValueError("arrays of different sizes, or one that must be written and cannot be")
    operand.start, operand.stride = <char *>start, array.strides[0]
    return own


def gather(
    const int32_t[::1] ids,      # IN    [N]
    const int64_t[::1] starts,   # IN    [S] where sentences begin among them
    const int64_t[::1] offsets,  # IN    [S + 1] where they go to: sentence i is out[offsets[i]:offsets[i + 1]]
    int32_t[::1] out,            # OUT   [offsets[S]]
):
    """Copy sentences, which lie anywhere, one after another."""
    cdef Py_ssize_t i
    cdef int64_t size
    if offsets.shape[0] != starts.shape[0] + 1:
        raise ValueError("arrays of different lengths")
    with nogil:
        for i in range(starts.shape[0]):
            size = offsets[i + 1] - offsets[i]
            if size:
                memcpy(&out[offsets[i]], &ids[starts[i]], 4 * <size_t>size)
