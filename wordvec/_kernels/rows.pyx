"""The rows of packed words by the hashes of their n-grams, and the means of those rows, for wordvec.subwords.ngrams."""
from libc.stdint cimport int32_t, int64_t, uint8_t, uint32_t, uint64_t
from libc.string cimport memcmp, memcpy

from wordvec._kernels.simd cimport level_of

cdef extern from "rows.h":
    enum: WV_FASTTEXT
    enum: WV_FLORET
    enum: WV_FINALFUSION
    enum: WV_BYTES
    enum: WV_GENSIM
    ctypedef struct wv_scheme:
        int kind
        int64_t min_n
        int64_t max_n
        int edges
        uint32_t bucket
        uint32_t seed
        int hashes
        int32_t base
    ctypedef void (*wv_mean_function)(
        const char*, Py_ssize_t, const int32_t*, int64_t, int64_t, int, float*) noexcept nogil
    int64_t wv_characters(const uint8_t* word, int64_t size) nogil
    int64_t wv_ngrams(int64_t characters, int64_t min_n, int64_t max_n, int edges) nogil
    int32_t* wv_fasttext_rows(const uint8_t*, int64_t, const wv_scheme*, int32_t*) nogil
    int32_t* wv_floret_rows(const uint8_t*, int64_t, const wv_scheme*, int32_t*) nogil
    int32_t* wv_finalfusion_rows(const uint8_t*, int64_t, const wv_scheme*, uint32_t*, int32_t*) nogil
    int32_t* wv_byte_rows(const uint8_t*, int64_t, const wv_scheme*, int32_t*) nogil
    int32_t* wv_gensim_rows(const uint8_t*, int64_t, const wv_scheme*, uint32_t*, int32_t*) nogil
    uint64_t wv_murmur64(const uint8_t*, int64_t) nogil
    int64_t wv_ngram_bytes(const uint8_t*, int64_t, int64_t, int64_t, int, uint8_t*, int64_t*, int64_t) nogil
    const wv_mean_function[3] wv_means

FASTTEXT, FLORET, FINALFUSION, BYTES, GENSIM = WV_FASTTEXT, WV_FLORET, WV_FINALFUSION, WV_BYTES, WV_GENSIM
PADDING = 3  # bytes of scratch that a word takes beside its own: < and > and what ends the last character


def count(
    const uint8_t[::1] data,    # IN  [B] the bytes of the words, one after another
    const int64_t[::1] offsets, # IN  [N+1] non-decreasing, within 0 to B (the caller checks)
    int64_t min_n,              # IN  characters of the shortest n-gram
    int64_t max_n,              # IN  characters of the longest
    bint edges,                 # IN  whether the first and the last character alone are n-grams
    bint whole,                 # IN  whether the word itself is one more
    int64_t hashes,             # IN  rows of an n-gram
    bint exempt,                # IN  whether `</s>` has no n-grams
    int64_t own,                # IN  rows of every word beside them
    bint single,                # IN  whether every byte is a character
    int64_t[::1] counts,        # OUT [N] the rows of every word
):
    """How many rows each word has."""
    cdef Py_ssize_t i
    cdef const uint8_t* bytes_ = &data[0] if data.shape[0] else NULL
    cdef int64_t size
    with nogil:
        for i in range(counts.shape[0]):
            size = offsets[i + 1] - offsets[i]
            if exempt and is_eos(bytes_ + offsets[i], size):
                counts[i] = own
                continue
            if not single:
                size = wv_characters(bytes_ + offsets[i], size)
            counts[i] = own + hashes * (whole + wv_ngrams(size + 2, min_n, max_n, edges))


def fill(
    int kind,                   # IN  FASTTEXT, FLORET, FINALFUSION, BYTES or GENSIM
    const uint8_t[::1] data,    # IN  [B]
    const int64_t[::1] offsets, # IN  [N+1]
    int64_t min_n,              # IN
    int64_t max_n,              # IN
    bint edges,                 # IN
    uint32_t bucket,            # IN  rows of the table, at least 1; a power of two for FINALFUSION
    int hashes,                 # IN  1 to 4 for FLORET
    uint32_t seed,              # IN  of FLORET
    bint exempt,                # IN  whether `</s>` has no n-grams
    int64_t own,                # IN  the row of the first word, which is followed by those of the others, or -1: none
    int32_t base,               # IN  added to the rows of n-grams; base + bucket is an int32
    const int64_t[::1] starts,  # IN  [N+1] where the rows of each word start, as counted
    int32_t[::1] rows,          # OUT the rows of word i at starts[i] to starts[i + 1]
    uint8_t[::1] text,          # OUT scratch [longest word + PADDING]
    uint32_t[::1] points,       # OUT scratch of the same size for FINALFUSION and GENSIM
):
    """The rows of the words."""
    cdef wv_scheme scheme
    cdef Py_ssize_t i
    cdef const uint8_t* bytes_ = &data[0] if data.shape[0] else NULL
    cdef int64_t size
    cdef int32_t* out
    if rows.shape[0] == 0:
        return
    scheme.kind, scheme.min_n, scheme.max_n, scheme.edges = kind, min_n, max_n, edges
    scheme.bucket, scheme.seed, scheme.hashes, scheme.base = bucket, seed, hashes, base
    with nogil:
        for i in range(offsets.shape[0] - 1):
            size = offsets[i + 1] - offsets[i]
            out = &rows[0] + starts[i]
            if own >= 0:
                out[0] = <int32_t>(own + i)
                out += 1
            if exempt and is_eos(bytes_ + offsets[i], size):
                continue
            pad(bytes_ + offsets[i], size, &text[0])
            if kind == WV_FASTTEXT:
                wv_fasttext_rows(&text[0], size + 2, &scheme, out)
            elif kind == WV_FLORET:
                wv_floret_rows(&text[0], size + 2, &scheme, out)
            elif kind == WV_BYTES:
                wv_byte_rows(&text[0], size + 2, &scheme, out)
            elif kind == WV_GENSIM:
                wv_gensim_rows(&text[0], size + 2, &scheme, &points[0], out)
            else:
                wv_finalfusion_rows(&text[0], size + 2, &scheme, &points[0], out)


def string_numbers(
    const uint8_t[::1] data,    # IN  [B]
    const int64_t[::1] offsets, # IN  [N+1]
    uint64_t[::1] numbers,      # OUT [N]
):
    """The number of each string, a hash of 64 bits."""
    cdef Py_ssize_t i
    cdef const uint8_t* bytes_ = &data[0] if data.shape[0] else NULL
    with nogil:
        for i in range(numbers.shape[0]):
            numbers[i] = wv_murmur64(bytes_ + offsets[i], offsets[i + 1] - offsets[i])


def ngram_sizes(
    const uint8_t[::1] data,    # IN  [B]
    const int64_t[::1] offsets, # IN  [N+1]
    int64_t min_n,              # IN
    int64_t max_n,              # IN
    bint edges,                 # IN
    int64_t[::1] sizes,         # OUT [N] bytes of all n-grams of each word
    uint8_t[::1] text,          # OUT scratch [longest word + PADDING]
):
    """How many bytes the n-grams of each word have."""
    cdef Py_ssize_t i
    cdef const uint8_t* bytes_ = &data[0] if data.shape[0] else NULL
    cdef int64_t size
    with nogil:
        for i in range(sizes.shape[0]):
            size = offsets[i + 1] - offsets[i]
            pad(bytes_ + offsets[i], size, &text[0])
            sizes[i] = wv_ngram_bytes(&text[0], size + 2, min_n, max_n, edges, NULL, NULL, 0)


def ngrams(
    const uint8_t[::1] data,    # IN  [B]
    const int64_t[::1] offsets, # IN  [N+1]
    int64_t min_n,              # IN
    int64_t max_n,              # IN
    bint edges,                 # IN
    uint8_t[::1] out,           # OUT [C] the bytes of all n-grams, one after another
    int64_t[::1] ends,          # OUT [M] where each of them ends
    uint8_t[::1] text,          # OUT scratch [longest word + PADDING]
):
    """The n-grams of all words."""
    cdef Py_ssize_t i
    cdef const uint8_t* bytes_ = &data[0] if data.shape[0] else NULL
    cdef int64_t size, written = 0
    cdef int64_t* end = &ends[0] if ends.shape[0] else NULL
    if end == NULL:
        return
    with nogil:
        for i in range(offsets.shape[0] - 1):
            size = offsets[i + 1] - offsets[i]
            pad(bytes_ + offsets[i], size, &text[0])
            written += wv_ngram_bytes(&text[0], size + 2, min_n, max_n, edges, &out[0], end, written)
            end += wv_ngrams(wv_characters(bytes_ + offsets[i], size) + 2, min_n, max_n, edges)


def means(
    const uint8_t[:, :] table,   # IN    [R, 4 D] float32 rows as bytes, contiguous but of any distance and alignment
    const int64_t[::1] starts,   # IN    [N+1]
    const int32_t[::1] rows,     # IN    below R: those of vector i at starts[i] to starts[i + 1]
    bint own,                    # IN    whether `out` holds a row for each vector, which is the first of its rows
    float[:, ::1] out,           # INOUT [N, D] the means; zeros where there are no rows
    int level=-1,                # IN    the SIMD level; -1: what WORDVEC_SIMD says
):
    """The mean of the rows of every vector."""
    cdef wv_mean_function mean = wv_means[level_of(level)]
    cdef Py_ssize_t i
    cdef const char* first = <const char*>&table[0, 0] if table.shape[0] else NULL
    cdef const int32_t* row = &rows[0] if rows.shape[0] else NULL
    if out.shape[0] == 0:
        return
    with nogil:
        for i in range(out.shape[0]):
            mean(first, table.strides[0], row + starts[i], starts[i + 1] - starts[i], out.shape[1], own, &out[i, 0])


cdef inline bint is_eos(
    const uint8_t* word, # IN [size]
    int64_t size,        # IN
) noexcept nogil:
    """Whether a word is what fastText calls the end of a sentence."""
    return size == 4 and memcmp(word, b"</s>", 4) == 0


cdef inline void pad(
    const uint8_t* word, # IN  [size]
    int64_t size,        # IN
    uint8_t* text,       # OUT [size + PADDING]
) noexcept nogil:
    """The word between `<` and `>`, and a byte that starts a character."""
    text[0] = 60
    memcpy(text + 1, word, <size_t>size)
    text[size + 1] = 62
    text[size + 2] = 0
