"""Skip-gram of words with several senses (AdaGram, MSSG, Disambiguated), over chunks of an encoded corpus.

The work is done in senses_body.h (windows, steps) and senses_choice_body.h (which sense an occurrence has), compiled for
every SIMD level; this file checks nothing, allocates scratch, releases the GIL and calls the function of the level.
"""
from libc.stdint cimport int32_t, int64_t, uint8_t, uint32_t, uint64_t

import numpy as np

from wordvec._kernels.simd cimport level_of

cdef extern from "senses.h" nogil:
    struct wv_alias:
        uint32_t keep
        int32_t other
    struct wv_senses:
        const int32_t *ids
        const int64_t *offsets
        const uint32_t *keep
        const wv_alias *alias
        int64_t words
        const int64_t *path_offsets
        const int32_t *path
        const uint8_t *code
        int64_t outputs
        void *input
        void *output
        void *centres
        double *expected
        const double *counts
        Py_ssize_t dim
        int senses, choice, window, shrink, pool, single
        double noise_weight, concentration, discount, threshold, temperature, entropy, least
        const int32_t *stop
    enum: WV_ADAGRAM
    enum: WV_MSSG
    enum: WV_DISAMBIGUATED
    enum: WV_MOST_SENSES
    ctypedef double (*wv_senses_train)(
        const wv_senses *, int64_t, int64_t, double, uint64_t, int32_t *, char *, int64_t *) noexcept
    ctypedef size_t (*wv_senses_room)(const wv_senses *) noexcept
    const wv_senses_train[3] wv_senses_trains
    const wv_senses_room[3] wv_senses_rooms
    double wv_senses_train_exact(
        const wv_senses *, int64_t, int64_t, double, uint64_t, int32_t *, char *, int64_t *) noexcept
    size_t wv_senses_room_exact(const wv_senses *) noexcept
    void wv_senses_measure(wv_senses *)
    int64_t wv_senses_tokens(const wv_senses *, const int64_t *, Py_ssize_t)
    double wv_digamma(double)

ADAGRAM, MSSG, DISAMBIGUATED = WV_ADAGRAM, WV_MSSG, WV_DISAMBIGUATED  # how a sense is chosen: senses_choice_body.h
MOST_SENSES = WV_MOST_SENSES


def digamma(double x):
    """The logarithmic derivative of the gamma function at x > 0."""
    return wv_digamma(x)


def train(
    const int32_t[::1] ids,           # IN    [N] word ids
    const int64_t[::1] offsets,       # IN    [S + 1] sentence i is ids[offsets[i]:offsets[i + 1]]
    const int64_t[::1] chunks,        # IN    [C + 1] chunk c is the sentences chunks[c]:chunks[c + 1]
    const double[::1] alphas,         # IN    [C] learning rate of each chunk
    const uint64_t[::1] seeds,        # IN    [C] random stream of each chunk
    const uint32_t[::1] keep,         # IN    [V] a token is kept if a 32-bit draw is at most this
    const uint32_t[:, ::1] noise,     # IN    [V, 2] alias table of the noise words; [0, 2] for hierarchical softmax
    const int64_t[::1] path_offsets,  # IN    [V + 1] inner nodes above each word, and code bits; [1] for noise
    const int32_t[::1] path,          # IN    [path_offsets[V]]
    const uint8_t[::1] code,          # IN    [path_offsets[V]]
    input,                            # INOUT [V * senses, stride] float32 or float64, rows aligned to 64 bytes
    output,                           # INOUT [V or nodes, stride] likewise
    double[:, ::1] expected,          # INOUT [V, senses] expected occurrences of each sense
    const double[::1] counts,         # IN    [V] occurrences of each word
    double[::1] losses,               # OUT   [C] loss of each chunk, before its steps
    int64_t[::1] targets,             # OUT   [C] pairs of a word and a word of its window
    const int32_t[::1] stop,          # IN    [1] set by another thread: end at once
    centres=None,                     # INOUT [V * senses, stride] MSSG: mean contexts; DISAMBIGUATED: weights
    *,
    int choice,                       # ADAGRAM, MSSG or DISAMBIGUATED
    int window,
    bint shrink,                      # draw the reach of each window from 1..window
    int pool=0,                       # noise rows of an occurrence
    double noise_weight=0,            # weight of each
    double concentration=0.1,         # ADAGRAM: alpha of the stick-breaking prior
    double discount=0,                # and its d
    double threshold=-2,              # MSSG: a context less similar than this founds a sense; below -1: a fixed number
    double temperature=1,             # DISAMBIGUATED: of Gumbel-softmax
    double entropy=0,                 # weight of the entropy of the shares in the cost
    double least=1e-3,                # senses of a smaller share of an occurrence do not learn from it
    bint single=False,                # every occurrence is of the first sense
    int level=-1,                     # the SIMD level; -1: what WORDVEC_SIMD says; float64 has one only
):
    """Train on some chunks in their order, without the GIL."""
    cdef wv_senses w
    cdef bint exact_numbers = input.dtype == np.float64
    cdef int at = level_of(level)
    cdef Py_ssize_t i, bytes_each = 8 if exact_numbers else 4, count = chunks.shape[0] - 1
    cdef wv_senses_train function = wv_senses_train_exact if exact_numbers else wv_senses_trains[at]
    cdef wv_senses_room room = wv_senses_room_exact if exact_numbers else wv_senses_rooms[at]
    w.ids, w.offsets, w.keep = &ids[0], &offsets[0], &keep[0]
    w.alias, w.words, w.outputs, w.path = NULL, keep.shape[0], output.shape[0], NULL
    if noise.shape[0]:
        w.alias = <const wv_alias *>&noise[0, 0]
    else:
        w.path_offsets, w.path, w.code = &path_offsets[0], &path[0], &code[0]
    w.dim = output.strides[0] // bytes_each
    w.input, w.output, w.centres = rows_like(input, output), rows_like(output, output), NULL
    if centres is not None:
        w.centres = rows_like(centres, output)
    w.expected, w.counts, w.senses, w.choice = &expected[0, 0], &counts[0], <int>expected.shape[1], choice
    if w.senses > WV_MOST_SENSES or (choice == WV_ADAGRAM) != (centres is None) or choice != WV_ADAGRAM and w.path != NULL:
        raise ValueError(f"at most {WV_MOST_SENSES} senses; centres and noise for all choices but ADAGRAM")
    w.window, w.shrink, w.pool, w.noise_weight, w.single = window, shrink, pool, noise_weight, single
    w.concentration, w.discount, w.threshold = concentration, discount, threshold
    w.temperature, w.entropy, w.least, w.stop = temperature, entropy, least, &stop[0]
    wv_senses_measure(&w)
    cdef int32_t[::1] tokens = np.empty(wv_senses_tokens(&w, &chunks[0], count), np.int32)
    cdef uint8_t[::1] scratch = np.empty(room(&w) + 64, np.uint8)
    cdef char *aligned = <char *>((<size_t>&scratch[0] + 63) // 64 * 64)
    with nogil:
        for i in range(count):
            losses[i] = function(&w, chunks[i], chunks[i + 1], alphas[i], seeds[i], &tokens[0], aligned, &targets[i])


cdef void *rows_like(array, output) except? NULL:
    """Where the rows of an array begin, which must be aligned to 64 bytes and as long as those of the output."""
    cdef size_t start = array.ctypes.data
    if start % 64 or array.strides[0] % 64 or array.strides[0] != output.strides[0] or array.dtype != output.dtype:
        raise ValueError("rows must be aligned to 64 bytes, and as long as those of output")
    return <void *>start
