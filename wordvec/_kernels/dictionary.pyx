"""Entries of fastText's dictionary, from a buffer into arrays, for wordvec.formats."""
from libc.stdint cimport int64_t, uint8_t, uint64_t
from libc.string cimport memchr, memcpy

cdef enum:
    AFTER = 9  # bytes after the NUL of a word: its count and its type


def parse_entries(
    const uint8_t[::1] data, # IN  [B] word, NUL, int64 count, int8 type; again and again
    uint8_t[::1] words,      # OUT [B] the bytes of the words, one after another
    int64_t[::1] sizes,      # OUT [E] the size of each word; no more than E entries are read
    int64_t[::1] counts,     # OUT [E]
    uint8_t[::1] types,      # OUT [E]
):
    """(entries, bytes of words, position): what is whole in the buffer."""
    cdef Py_ssize_t size = data.shape[0], entry = 0, written = 0, at = 0, length
    cdef const uint8_t* end
    cdef uint64_t count
    cdef int i
    if size == 0 or sizes.shape[0] == 0:
        return 0, 0, 0
    with nogil:
        while entry < sizes.shape[0] and at < size:
            end = <const uint8_t*>memchr(&data[at], 0, <size_t>(size - at))
            if end == NULL:
                break
            length = end - &data[at]
            if size - at - length - 1 < AFTER:
                break
            memcpy(&words[0] + written, &data[at], <size_t>length)
            written += length
            sizes[entry] = length
            count = 0
            for i in range(8):
                count |= <uint64_t>end[1 + i] << (8 * i)
            counts[entry] = <int64_t>count
            types[entry] = end[9]
            entry += 1
            at += length + 1 + AFTER
    return entry, written, at
