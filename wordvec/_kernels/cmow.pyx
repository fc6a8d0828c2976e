"""CMOW and its hybrid with CBOW over chunks of an encoded corpus, for wordvec.trainers.

The work is done in cmow_body.h, on products of matrices that matrices_body.h multiplies.
"""
from libc.stdint cimport int32_t, int64_t, uint8_t, uint32_t, uint64_t

import numpy as np

from wordvec._kernels.simd cimport level_of

cdef extern from "cmow.h" nogil:
    enum: WV_WINDOW
    enum: WV_POOL
    struct wv_alias:
        uint32_t keep
        int32_t other
    struct wv_cmow:
        const int32_t *ids
        const int64_t *offsets
        const wv_alias *alias
        int64_t words
        void *input
        void *output
        void *input_sums
        void *output_sums
        void *input_means
        void *output_means
        Py_ssize_t stride
        int vector, dim, reach, pool
        double noise_weight, decay
        const int32_t *stop
    ctypedef double (*wv_cmow_train)(const wv_cmow *, int64_t, int64_t, double, uint64_t, char *, int64_t *) noexcept
    ctypedef size_t (*wv_room)(const wv_cmow *) noexcept
    double wv_cmow_exact(const wv_cmow *, int64_t, int64_t, double, uint64_t, char *, int64_t *) noexcept
    size_t wv_room_exact(const wv_cmow *) noexcept
    const wv_cmow_train[3] wv_cmow_at
    const wv_room[3] wv_rooms


def train(
    const int32_t[::1] ids,           # IN    [N] tokens
    const int64_t[::1] offsets,       # IN    [S + 1] sentences
    const int64_t[::1] chunks,        # IN    [C + 1] chunk c is the sentences chunks[c]:chunks[c + 1]
    const double[::1] alphas,         # IN    [C] learning rate of each chunk
    const uint64_t[::1] seeds,        # IN    [C] random stream of each chunk
    const uint32_t[:, ::1] noise,     # IN    [V, 2] alias table of the noise words
    input,                            # INOUT [V, vector + dim * dim] float32 or float64, rows of a multiple of 16 numbers
    output,                           # INOUT likewise; beyond the rows' numbers both hold zeros
    input_sums,                       # INOUT [V, 2] of the same type: sums of mean squared gradients, above 0; or,
    output_sums,                      # INOUT [V, 2] with running means, powers of decay, 1 at first; > 1e37: fixed
    double[::1] losses,               # OUT   [C] loss of each chunk, before its steps
    int64_t[::1] targets,             # OUT   [C] words that were predicted
    const int32_t[::1] stop,          # IN    [1] set by another thread: end at once
    *,
    int vector,                       # numbers of a row that are added
    int dim,                          # lines of the matrix whose difference from the identity the others are
    int reach,                        # a window has 2 reach + 1 words, 63 at most
    int pool,                         # noise words of a window, 1 to 64
    double noise_weight,              # of each
    input_means=None,                 # INOUT like input: running means of squared gradients; None: AdaGrad
    output_means=None,                # INOUT like output
    double decay=0.999,               # of the running means
    int level=-1,                     # the SIMD level; -1: what WORDVEC_SIMD says; float64 has one only
):
    """Train on some chunks in their order, without the GIL."""
    cdef wv_cmow w
    cdef bint exact = input.dtype == np.float64
    cdef Py_ssize_t i, bytes_each = 8 if exact else 4
    cdef size_t input_address = input.ctypes.data, output_address = output.ctypes.data
    cdef size_t input_sums_address = input_sums.ctypes.data, output_sums_address = output_sums.ctypes.data
    cdef size_t input_means_address, output_means_address
    cdef int at = level_of(level)
    cdef wv_cmow_train function = wv_cmow_exact if exact else wv_cmow_at[at]
    cdef wv_room room = wv_room_exact if exact else wv_rooms[at]
    if input.strides != output.strides or input.strides[0] % (16 * bytes_each) or input.shape != output.shape:
        raise ValueError("rows must be of a multiple of 16 numbers")
    if input.shape[1] != vector + dim * dim or not 1 <= pool <= WV_POOL or not 1 <= reach or 2 * reach >= WV_WINDOW:
        raise ValueError("sizes that do not fit")
    if (input_means is None) != (output_means is None):
        raise ValueError("running means of one side only")
    if input_means is not None and not input_means.strides == output_means.strides == input.strides:
        raise ValueError("running means must be laid out as the rows")
    arrays = [a for a in (input, output, input_sums, output_sums, input_means, output_means) if a is not None]
    if not len({a.dtype for a in arrays}) == 1:
        raise ValueError("arrays of different types")
    w.ids, w.offsets, w.alias, w.words = &ids[0], &offsets[0], <const wv_alias *>&noise[0, 0], noise.shape[0]
    w.input, w.output = <void *>input_address, <void *>output_address
    w.input_sums, w.output_sums = <void *>input_sums_address, <void *>output_sums_address
    w.input_means = w.output_means = NULL
    if input_means is not None:
        input_means_address, output_means_address = input_means.ctypes.data, output_means.ctypes.data
        w.input_means, w.output_means = <void *>input_means_address, <void *>output_means_address
    w.decay = decay
    w.stride, w.vector, w.dim = input.strides[0] // bytes_each, vector, dim
    w.reach, w.pool, w.noise_weight, w.stop = reach, pool, noise_weight, &stop[0]
    cdef uint8_t[::1] scratch = np.empty(room(&w) + 64, np.uint8)
    cdef char *aligned = <char *>((<size_t>&scratch[0] + 63) // 64 * 64)
    with nogil:
        for i in range(chunks.shape[0] - 1):
            losses[i] = function(&w, chunks[i], chunks[i + 1], alphas[i], seeds[i], aligned, &targets[i])
