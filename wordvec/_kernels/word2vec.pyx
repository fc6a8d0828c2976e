"""Skip-gram and CBOW with negative sampling or hierarchical softmax, over chunks of an encoded corpus.

The work is done in word2vec_body.h (groups, windows, noise) and block_body.h (the update), compiled for every SIMD level;
this file checks nothing, allocates scratch, releases the GIL and calls the function of the level.
"""
from libc.stdint cimport int32_t, int64_t, uint8_t, uint32_t, uint64_t

import numpy as np

from wordvec._kernels.simd cimport rounding_level_of

cdef extern from "word2vec.h" nogil:
    enum wv_merging:
        WV_BEGIN, WV_DUE, WV_ALL
    struct wv_kept:
        pass
    struct wv_copies:
        void *own
        void *base
        int64_t count
        wv_kept *kept
        const int32_t *rows
        const int64_t *ends
        const double *ways
        int levels
    struct wv_word2vec:
        const int32_t *ids
        const int64_t *offsets
        const uint32_t *keep
        int64_t keeps
        const int32_t *noise
        int64_t noises
        const int64_t *path_offsets
        const int32_t *path
        const uint8_t *code
        int64_t paths
        void *input
        void *output
        wv_copies own_input, own_output
        int workers
        Py_ssize_t dim
        const int64_t *word_indptr
        const int32_t *word_rows
        const double *word_steps
        void *importance
        const uint8_t *frozen_words
        const uint8_t *frozen_rows
        int compose
        Py_ssize_t row_dim, part
        int window, shrink, cbow, exact, frozen, centres, pool, noise_uses
        const int32_t *documents
        void *document_rows
        int with_words, frozen_input, frozen_documents, sentences
        const int32_t *grams
        void *gram_rows
        int orders
        int64_t tokens
        const int64_t *prefix
        int prefixes
        double bit, noise_weight
        const int32_t *stop
    enum: WV_MOST_FACTORS
    enum: WV_MOST_WORDS
    ctypedef double (*wv_train)(
        const wv_word2vec *, int64_t, int64_t, double, uint64_t, int32_t *, char *, int64_t *) noexcept
    ctypedef size_t (*wv_room)(const wv_word2vec *) noexcept
    ctypedef void (*wv_merge)(wv_word2vec *, wv_merging, double) noexcept
    const wv_train[4] wv_trains
    const wv_train[4] wv_sentence_trains
    const wv_room[4] wv_rooms
    const wv_merge[4] wv_merges
    void wv_merge_copies_exact(wv_word2vec *, wv_merging, double) noexcept
    double wv_train_exact(
        const wv_word2vec *, int64_t, int64_t, double, uint64_t, int32_t *, char *, int64_t *) noexcept
    double wv_train_sentences_exact(
        const wv_word2vec *, int64_t, int64_t, double, uint64_t, int32_t *, char *, int64_t *) noexcept
    size_t wv_room_exact(const wv_word2vec *) noexcept
    void wv_measure(wv_word2vec *, const int64_t *, Py_ssize_t)
    int64_t wv_token_room(const wv_word2vec *, const int64_t *, Py_ssize_t)

MEAN, MULTIPLY, CONCAT, WEIGHTED = range(4)  # how a vector is composed of rows: composition_body.h
MOST_FACTORS = WV_MOST_FACTORS  # rows that MULTIPLY takes


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


def train(
    const int32_t[::1] ids,           # IN    [N] word ids
    const int64_t[::1] offsets,       # IN    [S + 1] sentence i is ids[offsets[i]:offsets[i + 1]]
    const int64_t[::1] chunks,        # IN    [C + 1] chunk c is the sentences chunks[c]:chunks[c + 1]
    const double[::1] alphas,         # IN    [C] learning rate of each chunk
    const uint64_t[::1] seeds,        # IN    [C] random stream of each chunk
    const uint32_t[::1] keep,         # IN    [1 to V] a token is kept if a 32-bit draw is at most this; the last serves later words
    const int32_t[::1] noise,         # IN    noise words in random order, each as often as it is to be drawn
    const int64_t[::1] path_offsets,  # IN    [V + 1] inner nodes above each word, and code bits; [1] for noise
    const int32_t[::1] path,          # IN    [path_offsets[V]]
    const uint8_t[::1] code,          # IN    [path_offsets[V]]
    input,                            # INOUT [V, stride] float32 or float64, rows aligned to 64 bytes
    output,                           # INOUT [V or nodes, stride] likewise; IN where frozen
    double[::1] losses,               # OUT   [C] loss of each chunk, before its steps
    int64_t[::1] targets,             # OUT   [C] targets that each chunk predicted
    const int32_t[::1] stop,          # IN    [1] set by another thread: end at once
    const int64_t[::1] word_indptr=None,  # IN   [V + 1] word i has the rows word_rows[word_indptr[i]:word_indptr[i + 1]]
    const int32_t[::1] word_rows=None,   # IN    [word_indptr[V]] rows of input, ~k for that of copy k; None: word i has row i
    const double[::1] word_steps=None,   # IN    [V] for MEAN: how far each row of a word goes for a step of its vector
    const int32_t[::1] documents=None,   # IN    [S] the row of the document that each sentence is of
    document_rows=None,               # INOUT [documents, stride] of the dtype and stride of output; IN where frozen
    const int32_t[:, ::1] grams=None,    # IN    [n - 1, N] Sent2Vec: the row of the n-gram that starts at a token, or -1
    gram_rows=None,                   # INOUT [rows, stride] of the dtype and stride of output; with `grams`
    importance=None,                  # INOUT [word_indptr[V]] of the dtype of input, for WEIGHTED: a factor of each row
    const uint8_t[::1] frozen_words=None,  # IN [V] 1: the input rows of the word are not written
    const uint8_t[::1] frozen_rows=None,   # IN [rows of input] for composed words, with `frozen_words`: 1: not written
    const int64_t[::1] nested=None,   # IN    rising multiples of 16 below the stride: prefixes that learn beside the whole
    tuple own_input=None,             # copies of rows of input, for this thread alone: see `copies` below
    tuple own_output=None,            # the same of output
    *,
    int workers=1,                    # threads that train the same matrices
    bint merge_all=True,              # at the end; else copies stay as they are for the next call
    int window,
    bint shrink,                      # draw the reach of each window from 1..window
    bint cbow,
    bint exact,                       # CBOW: the gradient of the mean, not word2vec's, which is that of the sum
    int centres,                      # positions in a group, 1 to 8
    int pool,                         # noise rows of a group
    int noise_uses=1,                 # groups that have the same noise
    double noise_weight,              # weight of each
    int compose=MEAN,                 # how the vector of a word is made of its rows
    Py_ssize_t part=0,                # numbers that CONCAT takes of each row
    bint frozen=False,                # output rows are not written
    bint frozen_input=False,          # nor are those of words: CBOW of documents
    bint frozen_documents=False,      # nor are those of documents
    double bit=0,                     # above 0: a document is `bit` where its row is above 0, else 0, with steps of bit s(row)
    bint with_words=True,             # skip-gram of documents: words predict the words around them, too
    int level=-1,                     # the SIMD level; -1: what WORDVEC_SIMD says; float64 has one only
):
    """Train on some chunks in their order, without the GIL."""
    cdef wv_word2vec w
    cdef bint exact_numbers = input.dtype == np.float64
    cdef int at = rounding_level_of(level)
    cdef Py_ssize_t i, bytes_each = 8 if exact_numbers else 4, count = chunks.shape[0] - 1
    cdef wv_train function = wv_trains[at] if grams is None else wv_sentence_trains[at]
    cdef wv_room room = wv_rooms[at]
    cdef wv_merge merge = wv_merges[at]
    if exact_numbers:
        function, room, merge = wv_train_exact if grams is None else wv_train_sentences_exact, wv_room_exact, wv_merge_copies_exact
    w.ids, w.offsets, w.keep, w.keeps = &ids[0], &offsets[0], &keep[0], keep.shape[0]
    w.noises, w.path, w.paths = noise.shape[0], NULL, path_offsets.shape[0] - 1
    w.noise = &noise[0] if w.noises else NULL
    if pool and not w.noises:
        raise ValueError("a pool needs noise words")
    if w.paths:
        w.path_offsets, w.path, w.code = &path_offsets[0], &path[0], &code[0]
    w.input, w.output, w.dim = aligned_rows(input, "input"), aligned_rows(output, "output"), output.strides[0] // bytes_each
    w.compose, w.part, w.row_dim = compose, part, input.strides[0] // bytes_each
    if w.dim % 16 or w.row_dim != w.dim and compose != CONCAT:
        raise ValueError("rows of input and output must be as long as each other, a multiple of 16 dimensions")
    w.own_input, w.own_output = copies(own_input, input), copies(own_output, output)
    w.workers = workers
    w.word_indptr, w.word_rows, w.word_steps, w.importance = NULL, NULL, NULL, NULL
    if word_indptr is not None:
        w.word_indptr, w.word_rows = &word_indptr[0], &word_rows[0]
        if word_steps is not None:
            w.word_steps = &word_steps[0]
        if importance is not None:
            w.importance = address(importance)
    w.frozen_words, w.frozen_rows = NULL, NULL
    if frozen_words is not None:
        w.frozen_words = &frozen_words[0]
        if frozen_rows is not None:
            w.frozen_rows = &frozen_rows[0]
    w.documents, w.with_words, w.frozen_input = NULL, with_words, frozen_input
    w.frozen_documents, w.bit = frozen_documents, bit
    w.prefixes = prefixes(nested, w.dim)
    w.prefix = &nested[0] if w.prefixes else NULL
    if documents is not None:
        w.documents, w.document_rows = &documents[0], rows_like(document_rows, output, "documents")
    w.window, w.shrink, w.cbow, w.exact, w.centres, w.pool = window, shrink, cbow, exact, centres, pool
    w.noise_weight, w.noise_uses, w.stop, w.frozen = noise_weight, noise_uses, &stop[0], frozen
    w.sentences, w.grams, w.tokens = grams is not None, NULL, ids.shape[0]
    if grams is not None:
        if grams.shape[0] >= WV_MOST_WORDS:
            raise ValueError(f"n-grams must have at most {WV_MOST_WORDS} words")
        w.gram_rows, w.orders = rows_like(gram_rows, output, "n-grams"), grams.shape[0]
        w.grams = &grams[0, 0] if w.orders else NULL
    wv_measure(&w, &chunks[0], count)
    cdef int32_t[::1] tokens = np.empty(wv_token_room(&w, &chunks[0], count) // 2, np.int64).view(np.int32)
    cdef uint8_t[::1] scratch = np.empty(room(&w) + 64, np.uint8)
    cdef char *aligned = <char *>((<size_t>&scratch[0] + 63) // 64 * 64)
    cdef double each = (offsets[chunks[count]] - offsets[chunks[0]]) / <double>max(count, 1)
    with nogil:
        merge(&w, WV_BEGIN, 0)
        for i in range(count):
            losses[i] = function(&w, chunks[i], chunks[i + 1], alphas[i], seeds[i], &tokens[0], aligned, &targets[i])
            merge(&w, WV_DUE, each * alphas[i])
        if merge_all:
            merge(&w, WV_ALL, 0)


cdef Py_ssize_t prefixes(const int64_t[::1] nested, Py_ssize_t dim) except -1:
    """How many sizes of prefixes there are, each a good one."""
    if nested is None:
        return 0
    sizes = np.diff(np.asarray(nested), prepend=0, append=dim)
    if (sizes <= 0).any() or (sizes % 16).any():
        raise ValueError("nested must be rising multiples of 16 below the length of a row")
    return nested.shape[0]


cdef wv_copies copies(tuple given, table) except *:
    """Copies of rows of a table: none, or (room, kept, rows, ends, ways), as in copies_body.h.

    room                              # INOUT [2, copies, stride] of the dtype and stride of the table
    int64_t[::1] kept                 # INOUT [3] what a call leaves for the next one; zeros: nothing is copied yet
    const int32_t[::1] rows           # IN    [>= ends[-1]] the row of each copy; None: they are of the first rows
    const int64_t[::1] ends           # IN    [levels] the copies up to ends[k] are merged after every 2^k chunks
    const double[::1] ways            # IN    [>= ends[-1]] how far a row moves for each token and learning rate of 1
    """
    cdef wv_copies copies
    cdef int64_t[::1] kept
    cdef const int32_t[::1] rows
    cdef const int64_t[::1] ends
    cdef const double[::1] ways
    copies.own, copies.base, copies.count, copies.kept, copies.rows, copies.ends, copies.ways, copies.levels = NULL, NULL, 0, NULL, NULL, NULL, NULL, 0
    if given is None:
        return copies
    kept, rows, ends, ways = given[1], given[2], given[3], given[4]
    if rows is not None:
        copies.rows = &rows[0]
    if ends[ends.shape[0] - 1] > 0:
        copies.own, copies.base = rows_like(given[0][0], table, "copies"), rows_like(given[0][1], table, "copies")
        copies.count, copies.kept, copies.levels = ends[ends.shape[0] - 1], <wv_kept *>&kept[0], ends.shape[0]
        copies.ends, copies.ways = &ends[0], &ways[0]
        if kept.shape[0] != 3 or min(given[0].shape[1], len(table), ways.shape[0], copies.count if rows is None else len(rows)) < copies.count:
            raise ValueError(f"copies of {copies.count} rows need as many rows of room, of the table and of ways")
    return copies


cdef inline void *address(array) except? NULL:
    """Where the items of an array begin."""
    cdef size_t start = array.ctypes.data
    return <void *>start


cdef void *aligned_rows(array, str name) except? NULL:
    """`address`, of rows that must be aligned to 64 bytes."""
    cdef size_t start = array.ctypes.data
    if start % 64 or array.strides[0] % 64:
        raise ValueError(f"rows of {name} must be aligned to 64 bytes")
    return <void *>start


cdef void *rows_like(array, output, str name) except? NULL:
    """`aligned_rows`, which must be as long as those of the output."""
    if array.strides[0] != output.strides[0]:
        raise ValueError(f"rows of {name} must be aligned to 64 bytes and as long as those of output")
    return aligned_rows(array, name)
