"""Skip-gram and CBOW with negative sampling or hierarchical softmax, over chunks of an encoded corpus.

The work is done in word2vec.h (groups, windows, noise) and block.h (the update), compiled for several instruction
sets; this file checks nothing, allocates scratch, lets go of the GIL and calls the one for this machine.
"""
from libc.stdint cimport int32_t, int64_t, uint8_t, uint32_t, uint64_t

import numpy as np

cdef extern from "word2vec_dispatch.h" nogil:
    struct alias:
        uint32_t keep
        int32_t other
    struct word2vec:
        const int32_t *ids
        const int64_t *offsets
        const uint32_t *keep
        const alias *alias
        int64_t words
        const int64_t *path_offsets
        const int32_t *path
        const uint8_t *code
        void *input
        void *output
        Py_ssize_t dim
        const int64_t *bag_starts
        const int32_t *bag_rows
        const double *bag_steps
        void *importance
        int compose
        Py_ssize_t row_dim, part
        int window, shrink, cbow, exact, frozen, centres, pool
        const int32_t *documents
        void *document_rows
        int with_words, frozen_input
        const int32_t *grams
        void *gram_rows
        void *sentence_scratch
        int orders
        int64_t tokens, longest
        double noise_weight
        const int32_t *stop
        int64_t union_size, output_size, ring_size
    enum: WV_FETCHED
    enum: WV_MOST_FACTORS
    enum: WV_MOST_WORDS
    ctypedef double (*word2vec_train)(const word2vec *, int64_t, int64_t, double, uint64_t, int32_t *, char *, int64_t *) noexcept
    word2vec_train word2vec_for(const char *simd, int sentences)



def usable(bytes name):
    """Whether this machine has an instruction set."""
    return word2vec_for(name, 0) != NULL


MEAN, MULTIPLY, CONCAT, WEIGHTED = range(4)  # how a vector is composed of rows: bags.h
MOST_FACTORS = WV_MOST_FACTORS  # rows that MULTIPLY takes
SIMD = [name for name in ("baseline", "avx2", "avx512") if usable(name.encode())]  # slowest first


def alias_table(
    const double[::1] weights,        # IN    [V] positive, in any unit
    uint32_t[:, ::1] table,           # OUT   [V, 2] threshold of a 32-bit draw below which a word is itself; else this word
):
    """Vose's alias method: with `table`, drawing a word takes one random number."""
    cdef Py_ssize_t n = weights.shape[0], i, few = 0, many = n, poor, rich
    cdef double[::1] share = np.asarray(weights) * (n / np.asarray(weights).sum())
    cdef int64_t[::1] stack = np.empty(n, np.int64)  # the poor from the left, the rich from the right
    for i in range(n):
        if share[i] < 1:
            stack[few] = i
            few += 1
        else:
            many -= 1
            stack[many] = i
        table[i, 0], table[i, 1] = 0xFFFFFFFF, <uint32_t>i
    while few > 0 and many < n:
        few -= 1
        poor, rich = stack[few], stack[many]
        table[poor, 0], table[poor, 1] = <uint32_t>(share[poor] * 4294967296.0), <uint32_t>rich
        share[rich] -= 1 - share[poor]
        if share[rich] < 1:
            stack[few] = rich
            few += 1
            many += 1


def huffman(
    const int64_t[::1] counts,        # IN    [V] falling
    int64_t[::1] parent,              # OUT   [2 V - 1] of each leaf (a word), then of each inner node; the root is the last
    uint8_t[::1] bit,                 # OUT   [2 V - 1] 1 for the heavier child
):
    """The Huffman tree of the words by two queues: leaves from the rarest, inner nodes in the order they are made."""
    cdef Py_ssize_t n = counts.shape[0], leaf = n - 1, inner = n, made, side, child
    cdef int64_t[::1] weight = np.empty(2 * n - 1, np.int64)
    weight[:n] = counts
    parent[2 * n - 2], bit[2 * n - 2] = -1, 0
    for made in range(n, 2 * n - 1):
        weight[made] = 0
        for side in range(2):
            if leaf >= 0 and (inner >= made or weight[leaf] < weight[inner]):
                child = leaf
                leaf -= 1
            else:
                child = inner
                inner += 1
            weight[made] += weight[child]
            parent[child], bit[child] = made, side


def huffman_paths(
    const int64_t[::1] parent,        # IN    [2 V - 1]
    const uint8_t[::1] bit,           # IN    [2 V - 1]
    const int64_t[::1] path_offsets,  # IN    [V + 1] depth of each leaf, summed up
    int32_t[::1] path,                # OUT   [path_offsets[V]] inner nodes above each word, from 0, the lowest first
    uint8_t[::1] code,                # OUT   [path_offsets[V]] the side taken at each
):
    """The way from every word up to the root."""
    cdef Py_ssize_t n = path_offsets.shape[0] - 1, i, at, node
    for i in range(n):
        node = i
        for at in range(path_offsets[i], path_offsets[i + 1]):
            code[at] = bit[node]
            node = parent[node]
            path[at] = <int32_t>(node - n)


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
    input,                            # INOUT [V, stride] float32 or float64, rows aligned to 64 bytes
    output,                           # INOUT [V or nodes, stride] likewise; IN where frozen
    double[::1] losses,               # OUT   [C] loss of each chunk, before its steps
    int64_t[::1] targets,             # OUT   [C] targets that each chunk predicted
    const int32_t[::1] stop,          # IN    [1] set by another thread: end at once
    const int64_t[::1] bag_starts=None,  # IN [V + 1] word i has the rows bag_rows[bag_starts[i]:bag_starts[i + 1]] of input
    const int32_t[::1] bag_rows=None,    # IN    [bag_starts[V]]; without bags word i has row i
    const double[::1] bag_steps=None,    # IN    [V] for MEAN: how far each row of a word goes for a step of its vector
    const int32_t[::1] documents=None,   # IN    [S] the row of the document that each sentence is of
    document_rows=None,               # INOUT [documents, stride] of the dtype and stride of output
    const int32_t[:, ::1] grams=None,    # IN    [n - 1, N] Sent2Vec: the row of the n-gram that starts at a token, or -1
    gram_rows=None,                   # INOUT [rows, stride] of the dtype and stride of output; with `grams`
    importance=None,                  # INOUT [bag_starts[V]] of the dtype of input, for WEIGHTED: a factor of each row
    *,
    int window,
    bint shrink,                      # draw the reach of each window from 1..window
    bint cbow,
    bint exact,                       # CBOW: the gradient of the mean, not word2vec's, which is that of the sum
    int centres,                      # positions in a group, 1 to 8
    int pool,                         # noise rows of a group
    double noise_weight,              # weight of each
    str simd,                         # an element of SIMD
    int compose=MEAN,                 # how the vector of a word is made of its rows
    Py_ssize_t part=0,                # numbers that CONCAT takes of each row
    bint frozen=False,                # output rows are not written
    bint frozen_input=False,          # nor are those of words: CBOW of documents
    bint with_words=True,             # skip-gram of documents: words predict the words around them, too
):
    """Train on some chunks in their order, without the GIL."""
    cdef word2vec w
    cdef bint double_precision = input.dtype == np.float64
    cdef Py_ssize_t i, bytes_each = 8 if double_precision else 4, longest = 0
    cdef bytes name = b"exact" if double_precision else simd.encode()
    cdef word2vec_train function = word2vec_for(name, grams is not None)
    cdef size_t input_address = input.ctypes.data, output_address = output.ctypes.data
    cdef Py_ssize_t dim = output.strides[0] // bytes_each
    if function == NULL or input_address % 64 or output_address % 64 or dim % 16 or input.strides[0] % 64:
        raise ValueError("rows must be aligned to 64 bytes and the instruction set present")
    if input.strides[0] != output.strides[0] and compose != CONCAT:
        raise ValueError("rows of input and output must be as long as each other")
    w.ids, w.offsets, w.keep = &ids[0], &offsets[0], &keep[0]
    w.alias, w.words = NULL, noise.shape[0]
    if noise.shape[0]:
        w.alias = <const alias *>&noise[0, 0]
    w.path = NULL
    if path_offsets.shape[0] > 1:
        w.path_offsets, w.path, w.code = &path_offsets[0], &path[0], &code[0]
    w.input, w.output, w.dim = <void *>input_address, <void *>output_address, dim
    w.bag_starts, w.bag_steps, w.importance, w.ring_size = NULL, NULL, NULL, 0
    w.compose, w.part, w.row_dim = compose, part, input.strides[0] // bytes_each
    w.documents, w.with_words, w.frozen_input = NULL, with_words, frozen_input
    cdef size_t importance_address, document_address, gram_address, sentence_address
    if documents is not None:
        document_address = document_rows.ctypes.data
        if document_address % 64 or document_rows.strides[0] != output.strides[0]:
            raise ValueError("rows of documents must be aligned to 64 bytes and as long as those of output")
        w.documents, w.document_rows = &documents[0], <void *>document_address
    if bag_starts is not None:
        w.bag_starts, w.bag_rows, w.ring_size = &bag_starts[0], &bag_rows[0], 2 * (window + centres)
        if bag_steps is not None:
            w.bag_steps = &bag_steps[0]
        if importance is not None:
            importance_address = importance.ctypes.data
            w.importance = <void *>importance_address
    w.window, w.shrink, w.cbow, w.exact, w.centres, w.pool = window, shrink, cbow, exact, centres, pool
    w.noise_weight, w.stop, w.frozen = noise_weight, &stop[0], frozen
    w.union_size = 2 * window + centres + 1
    w.output_size = (max(centres + pool, np.diff(path_offsets).max(initial=0)) + 7) // 8 * 8
    cdef Py_ssize_t size
    for i in range(chunks.shape[0] - 1):  # a sentence needs its end, a token itself and its group's noise
        size = offsets[chunks[i + 1]] - offsets[chunks[i]]
        longest = max(longest, size * (1 + pool) + 2 * (chunks[i + 1] - chunks[i]) + 2 * pool)
    cdef int32_t[::1] tokens = np.empty((longest + 2) // 2, np.int64).view(np.int32)
    cdef Py_ssize_t most = w.union_size + 2
    row = dim * bytes_each + 64
    cdef uint8_t[::1] scratch = np.empty(
        64 * 32 + most * 4 + w.output_size * 20 + 16 * most * bytes_each + 3 * w.output_size * most * bytes_each
        + w.output_size * bytes_each + 16 * most + 8 * (pool + WV_FETCHED * centres) + 1024 + (most + 35) * row
        + w.ring_size * (2 * row + 28) + 256, np.uint8)
    if grams is not None:
        gram_address = gram_rows.ctypes.data
        if grams.shape[0] >= WV_MOST_WORDS:
            raise ValueError(f"n-grams must have at most {WV_MOST_WORDS} words")
        if gram_address % 64 or gram_rows.strides[0] != output.strides[0]:
            raise ValueError("rows of n-grams must be aligned to 64 bytes and as long as those of output")
        w.grams, w.gram_rows, w.orders, w.tokens = NULL, <void *>gram_address, grams.shape[0], ids.shape[0]
        if grams.shape[0]:
            w.grams = &grams[0, 0]
        w.longest = max(1, np.diff(offsets[chunks[0]:chunks[chunks.shape[0] - 1] + 1]).max(initial=0))
        for i in range(chunks.shape[0] - 1):
            size = offsets[chunks[i + 1]] - offsets[chunks[i]] + chunks[i + 1] - chunks[i] + 3
            longest = max(longest, w.longest + size * pool)
        tokens = np.empty(longest, np.int32)
        shares = np.empty((w.longest + 2) * dim * bytes_each + w.longest + 64, np.uint8)
        sentence_address = (shares.ctypes.data + 63) // 64 * 64
        w.sentence_scratch = <void *>sentence_address
    cdef char *aligned = <char *>((<size_t>&scratch[0] + 63) // 64 * 64)
    with nogil:
        for i in range(chunks.shape[0] - 1):
            losses[i] = function(&w, chunks[i], chunks[i + 1], alphas[i], seeds[i], &tokens[0], aligned, &targets[i])
