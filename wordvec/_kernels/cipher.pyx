"""Sums of the codes of the words around each word, from a corpus or from its counts, for wordvec.trainers.bitcipher.

A word of context adds its weight times `own` to each bit of its code, and its weight to one number more. Sums are float64
and added up in the order of the text, whatever the threads. `own` is a multiple of 2^-32: sums of some million contexts
of whole weights are exact, and the same from a corpus and from its counts.
"""
from libc.math cimport ldexp, rint
from libc.stdint cimport int32_t, int64_t, uint8_t, uint16_t, uint32_t

cdef extern from "cpu.h" nogil:
    void PREFETCH(const void* p)

cdef enum:
    FAR = 12     # places whose tokens are asked for before they are read
    NEAR = 3     # and whose records are
    FEW = 4      # bits that a record holds
    SPARES = 16  # numbers that take what short codes do not need

RECORD = sizeof(Record)
SPARE = SPARES


cdef struct Record:
    double own
    uint16_t bits[FEW]  # missing ones are spare numbers that nobody reads, so that no loop depends on the word


cdef struct Codes:
    const Record* records
    const int64_t* offsets
    const uint16_t* places
    Py_ssize_t short       # words from this one on may have more bits than a record holds
    const double* weights  # NULL: all are 1
    Py_ssize_t distances


def records(
    const int64_t[::1] offsets, # IN  [V+1] as in Cipher
    const uint16_t[::1] places, # IN
    const double[::1] beta,     # IN  [V]
    Py_ssize_t bits,            # IN
    uint8_t[:, ::1] out,        # OUT [V, RECORD]
):
    """The codes as the sums below read them."""
    cdef Py_ssize_t word, i, size
    cdef Record* record
    with nogil:
        for word in range(beta.shape[0]):
            record = <Record*>&out[word, 0]
            size = offsets[word + 1] - offsets[word]
            record.own = ldexp(rint(ldexp(beta[word] / size, 32)), -32)
            for i in range(FEW):
                record.bits[i] = places[offsets[word] + i] if i < size else <uint16_t>(bits + 1 + (3 * word + i) % SPARES)


cdef Codes described(
    const uint8_t[:, ::1] coded,   # IN [V, RECORD]
    const int64_t[::1] offsets,    # IN [V+1]
    const uint16_t[::1] places,    # IN
    const double[:, ::1] weights,  # IN [V, D] or [0, 0]
):
    """The pointers that the sums are made with."""
    cdef Codes codes
    cdef Py_ssize_t low = 0, high = coded.shape[0], middle
    while low < high:  # codes never get shorter
        middle = (low + high) // 2
        if offsets[middle + 1] - offsets[middle] > FEW:
            high = middle
        else:
            low = middle + 1
    codes.records, codes.offsets, codes.places = <const Record*>&coded[0, 0], &offsets[0], &places[0]
    codes.short, codes.weights, codes.distances = low, NULL, weights.shape[1]
    if weights.shape[0] > 0:
        codes.weights = &weights[0, 0]
    return codes


cdef inline void add(
    const Codes* codes,   # IN
    Py_ssize_t word,      # IN    of context
    double weight,        # IN
    double* sums,         # INOUT [bits + 1 + SPARES]
) noexcept nogil:
    """Add the code of a word of context to the sums of a row."""
    cdef const Record* record = codes.records + word
    cdef double own = weight * record.own
    cdef int64_t i
    for i in range(FEW):
        sums[record.bits[i]] += own
    if word >= codes.short:
        for i in range(codes.offsets[word] + FEW, codes.offsets[word + 1]):
            sums[codes.places[i]] += own


cdef inline void add_weighted(
    const Codes* codes,   # IN
    Py_ssize_t word,      # IN    of context
    Py_ssize_t distance,  # IN    from 0
    double weight,        # IN
    double* sums,         # INOUT [bits + 1 + SPARES]
    Py_ssize_t bits,      # IN
) noexcept nogil:
    """Add the code of a word of context, weighted by word and distance, and its weight."""
    if codes.weights != NULL:
        weight *= codes.weights[word * codes.distances + (distance if codes.distances > 1 else 0)]
    add(codes, word, weight, sums)
    sums[bits] += weight


cdef inline double add_window(
    const Codes* codes,       # IN
    const uint32_t* place,    # IN    in the tokens
    Py_ssize_t step,          # IN    1 to the right, -1 to the left
    Py_ssize_t reach,         # IN
    const double* scales,     # IN    [reach]
    double* sums,             # INOUT [bits + 1 + SPARES]
    uint32_t words,           # IN
) noexcept nogil:
    """Add the codes on one side of a place, weighted by distance alone; the sum of their weights."""
    cdef double weight = 0
    cdef Py_ssize_t k
    cdef uint32_t word
    for k in range(reach):
        place += step
        word = place[0]
        if word >= words:
            break
        add(codes, word, scales[k], sums)
        weight += scales[k]
    return weight


def windows(
    const uint32_t[::1] tokens,      # IN    [N] words, and V or more where a sentence ends; so are the first and last
    const int32_t[::1] places,       # IN    [P] where some words stand, by word
    const int64_t[::1] starts,       # IN    [R+1] row r stands at places[starts[r]:starts[r+1]]
    Py_ssize_t left,                 # IN    how many words before are added
    Py_ssize_t right,                # IN    and after
    const double[::1] scales,        # IN    [window] what a context weighs at the distances 1, 2, ...
    const int64_t[:, ::1] segments,  # IN    [2, window] where contexts before and after are added
    const uint8_t[:, ::1] coded,     # IN    [V, RECORD] from `records`
    const int64_t[::1] offsets,      # IN    [V+1] as in Cipher
    const uint16_t[::1] code_places, # IN
    const double[:, ::1] weights,    # IN    [V, window] of each word at each distance, [V, 1] at all; [0, 0]: all 1
    double[:, :, ::1] sums,          # INOUT [R, segments, bits + 1 + SPARE] of bits, of weights; the rest is scratch
):
    """Add up the contexts of all places of some words."""
    cdef Py_ssize_t row, i, k, place, width = sums.shape[2], bits = width - 1 - SPARES
    cdef Py_ssize_t count = tokens.shape[0], many = places.shape[0]
    cdef uint32_t word, words = <uint32_t>coded.shape[0]
    cdef double* mine
    cdef double weight
    cdef bint plain = sums.shape[1] == 1 and weights.shape[0] == 0
    cdef Codes codes = described(coded, offsets, code_places, weights)
    with nogil:
        for row in range(starts.shape[0] - 1):
            mine = &sums[row, 0, 0]
            weight = 0
            for i in range(starts[row], starts[row + 1]):
                if i + FAR < many:
                    PREFETCH(&tokens[max(0, places[i + FAR] - left)])
                    PREFETCH(&tokens[min(count - 1, places[i + FAR] + right)])
                if i + NEAR < many:
                    place = places[i + NEAR]
                    for k in range(max(0, place - left), min(count, place + right + 1)):
                        PREFETCH(codes.records + tokens[k])
                place = places[i]
                if plain:
                    weight += add_window(&codes, &tokens[place], -1, left, &scales[0], mine, words)
                    weight += add_window(&codes, &tokens[place], 1, right, &scales[0], mine, words)
                    continue
                for k in range(left):
                    word = tokens[place - 1 - k]
                    if word >= words:
                        break
                    add_weighted(&codes, word, k, scales[k], mine + segments[0, k] * width, bits)
                for k in range(right):
                    word = tokens[place + 1 + k]
                    if word >= words:
                        break
                    add_weighted(&codes, word, k, scales[k], mine + segments[1, k] * width, bits)
            mine[bits] += weight


def counts(
    const int64_t[::1] indptr,       # IN    [R+1] of some rows of a matrix of counts
    const int32_t[::1] indices,      # IN    [N] columns, rising in each row: offset * V + word
    const float[::1] data,           # IN    [N]
    const int64_t[::1] distances,    # IN    [offsets] how far each offset is, from 0
    const int64_t[::1] segments,     # IN    [offsets] where its contexts are added
    const uint8_t[:, ::1] coded,     # IN    as above
    const int64_t[::1] offsets,      # IN    as above
    const uint16_t[::1] code_places, # IN    as above
    const double[:, ::1] weights,    # IN    as above
    double[:, :, ::1] sums,          # INOUT as above
):
    """Add up counts of contexts: the product of some rows of a matrix of counts and the codes."""
    cdef Py_ssize_t row, i, offset, word, words = coded.shape[0], bits = sums.shape[2] - 1 - SPARES
    cdef Codes codes = described(coded, offsets, code_places, weights)
    with nogil:
        for row in range(indptr.shape[0] - 1):
            offset = 0
            for i in range(indptr[row], indptr[row + 1]):
                while indices[i] >= (offset + 1) * words:
                    offset += 1
                word = indices[i] - offset * words
                add_weighted(&codes, word, distances[offset], data[i], &sums[row, segments[offset], 0], bits)
