"""Pairs of neighbouring words by their ids: counted in a table, and joined where they are phrases, for wordvec.phrases."""
import numpy as np

from libc.stdint cimport int32_t, int64_t, uint8_t, uint32_t, uint64_t

cdef extern from "phrases.h" nogil:
    int WV_CONNECTOR
    int WV_BEGINS
    int WV_ENDS
    ctypedef struct wv_triples:
        uint32_t* slots
        uint32_t* keys
        int64_t* counts
        uint64_t mask
        uint64_t seed
        int64_t size
    int64_t wv_find(const wv_triples* t, uint32_t first, uint32_t second, uint32_t link)
    int64_t wv_number(wv_triples* t, uint32_t first, uint32_t second, uint32_t link)
    void wv_list_pairs(const int32_t* ids, int64_t n, const uint8_t* kinds, const int32_t* bins, wv_triples* links,
                       int64_t* next, uint32_t* pairs)
    int64_t wv_join(const int32_t* ids, int64_t n, const uint8_t* kinds, const wv_triples* links, const wv_triples* phrases,
                    const int32_t* word_ids, const int32_t* phrase_ids, int32_t* joined)

CONNECTOR = WV_CONNECTOR
BEGINS = WV_BEGINS
ENDS = WV_ENDS

cdef enum:
    STEP = 4096  # triples added between looks at the room


cdef class Triples:
    """Triples of numbers, numbered in the order they first come, with their counts; of one thread at a time."""
    cdef wv_triples table
    cdef uint32_t[::1] slots
    cdef uint32_t[:, ::1] keys
    cdef int64_t[::1] counts

    def __init__(
        self,
        uint64_t seed,                  # IN    of the hash, so that no text makes many triples share a slot
    ):
        self.slots, self.keys, self.counts = np.zeros(8, np.uint32), np.empty((4, 3), np.uint32), np.empty(4, np.int64)
        self.table.seed, self.table.size = seed, 0
        self.point()

    cdef void point(self):
        self.table.slots, self.table.keys, self.table.counts = &self.slots[0], &self.keys[0, 0], &self.counts[0]
        self.table.mask = <uint64_t>self.slots.shape[0] - 1

    def __len__(self):
        return self.table.size

    def clear(self):
        """Forget all triples; the memory stays."""
        self.table.size = 0
        self.slots[:] = 0

    cpdef reserve(self, Py_ssize_t more):
        """Make room for some more triples; half of the slots stay empty."""
        cdef Py_ssize_t i, size = self.table.size, room = self.keys.shape[0]
        cdef uint32_t* key
        cdef uint64_t slot
        if size + more <= room:
            return
        if size + more >= 0xFFFFFFFF:
            raise OverflowError("more than 4,294,967,294 different pairs of words in one table; give more workers or memory")
        while room < size + more:
            room *= 2
        keys, counts = np.empty((room, 3), np.uint32), np.empty(room, np.int64)
        keys[:size], counts[:size] = self.keys[:size], self.counts[:size]
        self.keys, self.counts, self.slots = keys, counts, np.zeros(2 * room, np.uint32)
        self.point()
        self.table.size = 0
        with nogil:
            for i in range(size):  # the same numbers in new slots; a key is written where it stands, its count stays
                key = self.table.keys + 3 * i
                slot = <uint64_t>self.counts[i]
                wv_number(&self.table, key[0], key[1], key[2])
                self.counts[i] = <int64_t>slot

    def number(
        self,
        const uint32_t[:, ::1] keys,    # IN    [n, 3]
        int64_t[::1] numbers,           # OUT   [n] the number of each
    ):
        """Number triples, and count each once."""
        cdef Py_ssize_t i, start, n = keys.shape[0]
        if numbers.shape[0] < n or keys.shape[1] != 3:
            raise ValueError("arrays of different lengths")
        for start in range(0, n, STEP):
            self.reserve(min(STEP, n - start))
            with nogil:
                for i in range(start, min(start + STEP, n)):
                    numbers[i] = wv_number(&self.table, keys[i, 0], keys[i, 1], keys[i, 2])
                    self.table.counts[numbers[i]] += 1

    def add(
        self,
        const uint32_t[:, ::1] keys,    # IN    [n, 3]
        const int64_t[::1] weights=None,  # IN  [n] how often each is counted; once when None
    ):
        """Count triples."""
        cdef Py_ssize_t i, start, n = keys.shape[0]
        if keys.shape[1] != 3 or weights is not None and weights.shape[0] < n:
            raise ValueError("arrays of different lengths")
        for start in range(0, n, STEP):
            self.reserve(min(STEP, n - start))
            with nogil:
                for i in range(start, min(start + STEP, n)):
                    self.table.counts[wv_number(&self.table, keys[i, 0], keys[i, 1], keys[i, 2])] += (
                        1 if weights is None else weights[i]
                    )

    def find(
        self,
        const uint32_t[:, ::1] keys,    # IN    [n, 3]
        int64_t[::1] numbers,           # OUT   [n] the number of each, -1 where it has none
    ):
        """Find triples."""
        cdef Py_ssize_t i, n = keys.shape[0]
        if numbers.shape[0] < n or keys.shape[1] != 3:
            raise ValueError("arrays of different lengths")
        with nogil:
            for i in range(n):
                numbers[i] = wv_find(&self.table, keys[i, 0], keys[i, 1], keys[i, 2])

    def arrays(self):
        """Copies of the triples, uint32 [size, 3], and of their counts, int64 [size]."""
        return np.array(self.keys[:self.table.size]), np.array(self.counts[:self.table.size])


def list_pairs(
    const int32_t[::1] ids,             # IN    [N] below the number of words
    const int64_t[::1] offsets,         # IN    [S + 1] sentence i is ids[offsets[i]:offsets[i + 1]]
    Py_ssize_t first,                   # IN    sentences first:last are read
    Py_ssize_t last,
    const uint8_t[::1] kinds,           # IN    [words] CONNECTOR, or 0
    const int32_t[::1] bins,            # IN    [words] the bin of pairs that begin with the word; -1: left out
    Triples links,                      # INOUT the sequences of connectors that stood between two words
    int64_t[::1] next,                  # INOUT [bins] where the next pair of each goes
    uint32_t[:, ::1] pairs,             # OUT   [room for as many as a bin's words occur, 3] word, next word, link
):
    """List the pairs of neighbouring words, connectors between them passed over, each in the bin of its first word."""
    cdef Py_ssize_t s, i, connectors = 0
    with nogil:
        for i in range(offsets[first], offsets[last]):
            connectors += kinds[ids[i]] & WV_CONNECTOR
    links.reserve(connectors)
    with nogil:
        for s in range(first, last):
            wv_list_pairs(&ids[0] + offsets[s], offsets[s + 1] - offsets[s], &kinds[0], &bins[0], &links.table, &next[0],
                          &pairs[0, 0])


def join(
    const int32_t[::1] ids,             # IN    [N] below the number of words
    const int64_t[::1] offsets,         # IN    [S + 1]
    Py_ssize_t first,                   # IN    sentences first:last are joined
    Py_ssize_t last,
    const uint8_t[::1] kinds,           # IN    [words] the sum of CONNECTOR, BEGINS, ENDS
    Triples links,                      # IN    the sequences of connectors within phrases
    Triples phrases,                    # IN    first word, last word, link
    const int32_t[::1] word_ids,        # IN    [words] the new ids of words
    const int32_t[::1] phrase_ids,      # IN    [phrases] those of phrases
    int32_t[::1] joined,                # OUT   [the tokens of the sentences]
    int64_t[::1] ends,                  # OUT   [last - first] where sentences end in `joined`
):
    """Join the phrases of sentences; how many tokens there are."""
    cdef Py_ssize_t s, n = 0
    cdef const int32_t* phrase_id = NULL
    if joined.shape[0] < offsets[last] - offsets[first] or ends.shape[0] < last - first:
        raise ValueError("arrays of different lengths")
    if phrase_ids.shape[0] < phrases.table.size or word_ids.shape[0] < kinds.shape[0]:
        raise ValueError("every word and phrase must have a new id")
    if phrase_ids.shape[0]:
        phrase_id = &phrase_ids[0]
    with nogil:
        for s in range(first, last):
            n += wv_join(&ids[0] + offsets[s], offsets[s + 1] - offsets[s], &kinds[0], &links.table, &phrases.table,
                         &word_ids[0], phrase_id, &joined[0] + n)
            ends[s - first] = n
    return n
