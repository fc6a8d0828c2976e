"""Linear classifiers of texts: tokens of lines, the rows of each line, steps of gradient descent; for wordvec.classify."""
from libc.stdint cimport int32_t, int64_t, uint8_t, uint64_t
from libc.string cimport memcmp, memcpy

import numpy as np

from wordvec._kernels.simd cimport level_of

cdef extern from "classify.h" nogil:
    enum: WV_SOFTMAX
    enum: WV_OVA
    enum: WV_HS
    struct wv_bags:
        const int64_t *offsets
        const int32_t *ids
        const int64_t *starts
        const int32_t *rows
        const int32_t *hashes
        int64_t word_ngrams
        const uint8_t *text
        const uint8_t *lengths
        int64_t longest
        uint64_t bucket
        const uint64_t *bits
        const int32_t *ranks
        int32_t base
        int32_t missing
    struct wv_net:
        void *input
        void *output
        Py_ssize_t size
        int loss
        int64_t outputs
        const int64_t *label_offsets
        const int32_t *labels
        const int64_t *path_offsets
        const int32_t *path
        const uint8_t *code
        const float *weights
        int32_t *rows
        void *hidden
        void *error
        void *scores
        const int32_t *stop
    struct wv_scratch:
        char *base
        size_t used
    ctypedef double (*wv_lines)(const wv_bags *, const wv_net *, int64_t, int64_t, double, int64_t *) noexcept
    int32_t wv_fasttext_hash(const uint8_t *, int64_t)
    int32_t wv_place(const uint64_t *, const int32_t *, int32_t, int32_t, uint64_t)
    void wv_lay_out(wv_net *, size_t, size_t, wv_scratch *)
    int64_t wv_bag_room(const wv_bags *, int64_t)
    int64_t wv_bag(const wv_bags *, int64_t, int32_t *)
    void wv_mark(const wv_bags *, int64_t, uint8_t *)
    double wv_lines_exact(const wv_bags *, const wv_net *, int64_t, int64_t, double, int64_t *) noexcept
    const wv_lines[3] wv_line_steps

LOSSES = {"softmax": WV_SOFTMAX, "ova": WV_OVA, "hs": WV_HS}


cdef class Bags:
    """What the rows of lines are made of; the arrays are kept, and believed."""
    cdef wv_bags bags
    cdef object arrays
    cdef readonly Py_ssize_t lines

    def __init__(
        self,
        const int64_t[::1] offsets not None,  # IN  [L + 1] where the tokens, or the bytes, of each line begin
        *,
        const int32_t[::1] ids=None,          # IN  [N] the type of each token; None: token i is of type i
        const int64_t[::1] starts=None,       # IN  [T + 1] type t has rows[starts[t]] to rows[starts[t + 1]]
        const int32_t[::1] rows=None,         # IN  [M]
        const int32_t[::1] hashes=None,       # IN  [T] of the types, by `hashes`
        int64_t word_ngrams=1,                # the most words that are hashed together; 1: none are
        const uint8_t[::1] text=None,         # IN  [N] bytes in the place of tokens
        const uint8_t[::1] lengths=None,      # IN  [longest + 1] whether runs of so many bytes are hashed
        uint64_t bucket=1,
        const uint64_t[::1] bits=None,        # IN  [bucket / 64 + 1] which buckets have a row; None: all
        const int32_t[::1] ranks=None,        # IN  [bucket / 64 + 1] how many of those before have one
        int32_t base=0,                       # the row of the first bucket
        int32_t missing=-1,                   # that of a bucket without one; -1: it is left out
    ):
        self.arrays = (offsets, ids, starts, rows, hashes, text, lengths, bits, ranks)
        self.lines = offsets.shape[0] - 1
        self.bags.offsets = &offsets[0]
        self.bags.ids = NULL if ids is None or ids.shape[0] == 0 else &ids[0]
        self.bags.starts = NULL if starts is None else &starts[0]
        self.bags.rows = NULL if rows is None or rows.shape[0] == 0 else &rows[0]
        self.bags.hashes = NULL if hashes is None or hashes.shape[0] == 0 else &hashes[0]
        self.bags.word_ngrams = word_ngrams
        self.bags.text = NULL
        if lengths is not None:  # a text may have no bytes, and its lines no rows
            self.bags.lengths, self.bags.longest = &lengths[0], lengths.shape[0] - 1
            self.bags.text = &text[0] if text.shape[0] else &lengths[0]
        self.bags.bucket = bucket
        self.bags.bits = NULL if bits is None else &bits[0]
        self.bags.ranks = NULL if ranks is None else &ranks[0]
        self.bags.base, self.bags.missing = base, missing

    def room(self):
        """The rows of the line that has most, at most, and of all lines together."""
        cdef int64_t line, most = 0, total = 0, one
        with nogil:
            for line in range(self.lines):
                one = wv_bag_room(&self.bags, line)
                total += one
                most = max(most, one)
        return most, total

    def fill(
        self,
        int64_t[::1] starts,    # OUT [L + 1]
        int32_t[::1] rows,      # OUT [room] line i has rows[starts[i]] to rows[starts[i + 1]]
    ):
        """The rows of all lines."""
        cdef int64_t line
        starts[0] = 0
        cdef int32_t nothing
        cdef int32_t *out = &rows[0] if rows.shape[0] else &nothing
        with nogil:
            for line in range(self.lines):
                starts[line + 1] = starts[line] + wv_bag(&self.bags, line, out + starts[line])

    def mark(
        self,
        uint8_t[::1] flags,     # INOUT [bucket] set to 1 where a line has the bucket
    ):
        """Which buckets there are."""
        cdef int64_t line
        with nogil:
            for line in range(self.lines):
                wv_mark(&self.bags, line, &flags[0])


def tokens(
    const uint8_t[::1] text,    # IN  [B] lines, one after another
    const int64_t[::1] ends,    # IN  [L + 1] where they begin and end
    const uint8_t[::1] prefix,  # IN  tokens that begin so are labels, and left out; empty: none are
    uint8_t[::1] data,          # OUT [B + 4 L] the bytes of the tokens
    int64_t[::1] offsets,       # OUT [(B + L) / 2 + L + 1] where each begins and ends
    int64_t[::1] starts,        # OUT [L + 1] the tokens before each line
):
    """What stands between ASCII white space, and `</s>` at the end of each line; how many tokens."""
    cdef int64_t line, at, start, count = 0, size = 0, label = prefix.shape[0]
    cdef const uint8_t *bytes_ = &text[0] if text.shape[0] else NULL
    offsets[0] = starts[0] = 0
    with nogil:
        for line in range(ends.shape[0] - 1):
            at = ends[line]
            while at < ends[line + 1]:
                start = at
                while at < ends[line + 1] and not (bytes_[at] == 32 or 9 <= bytes_[at] <= 13):
                    at += 1
                if at > start and not (label and at - start >= label and memcmp(bytes_ + start, &prefix[0], label) == 0):
                    memcpy(&data[size], bytes_ + start, at - start)
                    size += at - start
                    count += 1
                    offsets[count] = size
                at += 1
            memcpy(&data[size], b"</s>", 4)
            size += 4
            count += 1
            offsets[count] = size
            starts[line + 1] = count
    return count


def hashes(
    const uint8_t[::1] data,    # IN  [B] packed words
    const int64_t[::1] offsets, # IN  [N + 1]
    int32_t[::1] out,           # OUT [N]
):
    """fastText's hash of each word."""
    cdef Py_ssize_t i
    cdef const uint8_t *bytes_ = &data[0] if data.shape[0] else NULL
    with nogil:
        for i in range(out.shape[0]):
            out[i] = wv_fasttext_hash(bytes_ + offsets[i], offsets[i + 1] - offsets[i])


def places(
    const uint64_t[::1] bits,   # IN    as in Bags
    const int32_t[::1] ranks,   # IN
    int32_t base,
    int32_t missing,
    int32_t[::1] rows,          # INOUT [N] buckets, replaced by their rows; below 0: stays
):
    """The rows of buckets."""
    cdef Py_ssize_t i
    with nogil:
        for i in range(rows.shape[0]):
            if rows[i] >= 0:
                rows[i] = wv_place(&bits[0], &ranks[0], base, missing, rows[i])


def split(
    const int32_t[::1] ids,         # IN  [N] types of tokens
    const int64_t[::1] offsets,     # IN  [S + 1] lines
    const int32_t[::1] kinds,       # IN  [T] what a type is: the number of a word, or -1 - that of a label
    int32_t eos,                    # the number of the word at the end of each line
    int32_t[::1] words,             # OUT [N + S]
    int64_t[::1] word_offsets,      # OUT [S + 1]
    int32_t[::1] labels,            # OUT [N] none of them twice in a line
    int64_t[::1] label_offsets,     # OUT [S + 1]
):
    """Words and labels of the lines that have labels; how many lines."""
    cdef int64_t line, i, k, lines = 0, w = 0, m = 0
    cdef int32_t kind
    word_offsets[0] = label_offsets[0] = 0
    with nogil:
        for line in range(offsets.shape[0] - 1):
            w, m = word_offsets[lines], label_offsets[lines]
            for i in range(offsets[line], offsets[line + 1]):
                kind = kinds[ids[i]]
                if kind >= 0:
                    words[w] = kind
                    w += 1
                    continue
                k = label_offsets[lines]
                while k < m and labels[k] != -1 - kind:
                    k += 1
                if k == m:
                    labels[m] = -1 - kind
                    m += 1
            if m > label_offsets[lines]:
                words[w] = eos
                lines += 1
                word_offsets[lines], label_offsets[lines] = w + 1, m
    return lines


def train(
    Bags bags not None,                 # IN    the rows of the lines
    const int64_t[::1] label_offsets,   # IN    [L + 1]
    const int32_t[::1] labels,          # IN    [M] the labels of each line, none of them twice
    const int64_t[::1] path_offsets,    # IN    [K + 1] of "hs": where the path of each label begins
    const int32_t[::1] path,            # IN    rows of `output`
    const uint8_t[::1] code,            # IN    bits
    const int64_t[::1] chunks,          # IN    [C + 1] lines at which chunks begin and end
    const double[::1] alphas,           # IN    [C] learning rates
    double[::1] losses,                 # OUT   [C] summed over the lines, each before its step
    int64_t[::1] targets,               # OUT   [C] lines learned from
    const int32_t[::1] stop,            # IN    [1] set by another thread: end at once
    input,                              # INOUT [R, size] float32 or float64 rows, padded to a multiple of 16 numbers
    output,                             # INOUT [K, size] likewise
    *,
    int loss,                           # of LOSSES
    Py_ssize_t room,                    # rows of the line that has most
    const float[::1] weights=None,      # IN    [L] how far the step of each line goes; None: 1 for all
    int level=-1,                       # the SIMD level; -1: what WORDVEC_SIMD says
):
    """Train on chunks of lines, without the GIL."""
    cdef wv_net net
    cdef bint exact = input.dtype == np.float64
    cdef Py_ssize_t chunk, stride = input.strides[0] // input.itemsize
    cdef size_t input_address = input.ctypes.data, output_address = output.ctypes.data
    cdef wv_lines lines = wv_lines_exact if exact else wv_line_steps[level_of(level)]
    cdef wv_scratch scratch
    if stride % 16 or input.strides != output.strides or input.dtype != output.dtype:
        raise ValueError("rows must be padded to a multiple of 16 numbers, those of input and output alike")
    net.input, net.output, net.size, net.loss = <void *>input_address, <void *>output_address, stride, loss
    net.outputs, net.label_offsets, net.labels = len(output), &label_offsets[0], &labels[0]
    net.path_offsets, net.path, net.code = &path_offsets[0], &path[0], &code[0]
    net.weights = NULL
    if weights is not None:
        net.weights = &weights[0]
    net.stop = &stop[0]
    scratch.base, scratch.used = NULL, 0
    wv_lay_out(&net, room, input.itemsize, &scratch)
    cdef uint8_t[::1] memory = np.empty(scratch.used + 64, np.uint8)
    scratch.base, scratch.used = <char *>((<size_t>&memory[0] + 63) // 64 * 64), 0
    wv_lay_out(&net, room, input.itemsize, &scratch)
    with nogil:
        for chunk in range(chunks.shape[0] - 1):
            losses[chunk] = lines(&bags.bags, &net, chunks[chunk], chunks[chunk + 1], alphas[chunk], &targets[chunk])
