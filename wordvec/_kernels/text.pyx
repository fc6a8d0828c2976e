"""Text to numbers, for wordvec.corpus: a table that numbers and counts words, and the passes that merge, order and renumber them.

A Shard belongs to one thread at a time; its calls release the GIL. Everything else is plain arrays in, arrays changed in place.
"""
import numpy as np

from libc.stdint cimport INT32_MAX, int32_t, int64_t, uint8_t, uint64_t
from libc.string cimport memcmp, memcpy

cdef extern from "text.h" nogil:
    int WV_NO_MEMORY
    int WV_PAD
    int WV_NOT_UTF8
    int WV_HAS_NUL
    int WV_HAS_UPPER
    int WV_NOT_ASCII
    ctypedef struct wv_keys:
        pass
    ctypedef struct wv_table:
        uint64_t mask
        uint8_t* bytes
        int64_t* offsets
        int64_t types
        wv_keys keys
    ctypedef struct wv_rank:
        int64_t id
    wv_table* wv_new(uint64_t seed)
    void wv_free(wv_table* t)
    bint wv_is_space(uint8_t c)
    int64_t wv_encode(wv_table* t, const uint8_t* p, const uint8_t* stop, int blank, int32_t* ids, int32_t* ends, int64_t* n_ends)
    int wv_add(wv_table* t, const uint8_t* data, const int64_t* offsets, const int64_t* weights, int64_t n, int32_t* ids)
    int wv_merge(wv_table* t, const wv_table* other, int64_t first, int64_t stop, int32_t* ids)
    int64_t wv_longest_probe(const wv_table* t)
    void wv_counts(const wv_table* t, int64_t* counts)
    void wv_sort(const wv_table* t, const int64_t* counts, int32_t* ids, int64_t n, wv_rank* scratch)
    uint8_t wv_kind(const uint8_t* word, int64_t size)
    void wv_checksum(const uint8_t* p, int64_t size, uint64_t* lanes)

PAD = WV_PAD            # bytes that `Shard.encode` may read after `stop`
NOT_UTF8 = WV_NOT_UTF8  # the kinds of a word, in `Shard.kinds`
HAS_NUL = WV_HAS_NUL
HAS_UPPER = WV_HAS_UPPER    # an ASCII capital
NOT_ASCII = WV_NOT_ASCII


cdef int checked(int64_t code) except -1:
    if code == WV_NO_MEMORY:
        raise MemoryError("no memory for the table of distinct words; give more memory, or text with fewer of them")
    if code < 0:
        raise OverflowError("more than 2,147,483,646 distinct words; tokenise the text, or encode less of it")
    return 0


cdef class Shard:
    """Words numbered in the order they first come, with their counts."""
    cdef wv_table* table

    def __cinit__(self, uint64_t seed):
        self.table = wv_new(seed)
        if self.table == NULL:
            raise MemoryError("no memory for a table of words")

    def __dealloc__(self):
        wv_free(self.table)

    def __len__(self):
        return self.table.types

    def encode(
        self,
        const uint8_t[::1] data, # IN    [>= stop + PAD] text
        Py_ssize_t start,        # IN    where to begin
        Py_ssize_t stop,         # IN    where to end: no word goes on beyond it
        int32_t[::1] ids,        # OUT   [>= (stop - start + 1) / 2] ids of the tokens
        int32_t[::1] ends,       # OUT   [>= (stop - start + 1) / 2 + 1] tokens before each newline, repeats left out
        bint blank=False,        # repeats are not left out: `ends` must be [>= stop - start + 1]
    ):
        """Number and count the tokens of data[start:stop]; how many tokens and ends were written."""
        cdef int64_t n, n_ends = 0
        cdef Py_ssize_t most = (stop - start + 1) // 2, room = stop - start + 1 if blank else most + 1
        if not 0 <= start <= stop <= data.shape[0] - WV_PAD or ids.shape[0] < most or ends.shape[0] < room or most >= INT32_MAX:
            raise ValueError(f"bad bounds: {start}, {stop} in {data.shape[0]}, room for {ids.shape[0]} and {ends.shape[0]}")
        if start == stop:
            return 0, 0
        with nogil:
            n = wv_encode(self.table, &data[start], &data[0] + stop, blank, &ids[0], &ends[0], &n_ends)
        checked(n)
        return n, n_ends

    def add(
        self,
        const uint8_t[::1] data,        # IN   bytes of the words
        const int64_t[::1] offsets,     # IN   [n + 1] non-decreasing, within `data`
        int32_t[::1] ids,               # OUT  [n]
        const int64_t[::1] weights=None # IN   [n] how often each is counted; once when None
    ):
        """Number and count words given one by one, which may hold white space."""
        cdef Py_ssize_t n = offsets.shape[0] - 1
        cdef int failed
        cdef const int64_t* weight = NULL
        cdef const uint8_t* first = NULL
        if ids.shape[0] < n or offsets[n] > data.shape[0] or weights is not None and weights.shape[0] < n:
            raise ValueError("arrays of different lengths")
        if n == 0:
            return
        if weights is not None:
            weight = &weights[0]
        if data.shape[0]:
            first = &data[0]
        with nogil:
            failed = wv_add(self.table, first, &offsets[0], weight, n, &ids[0])
        checked(failed)

    @property
    def slots(self):
        """The slots of the table: words at most, of which half are free."""
        return self.table.mask + 1

    def merge(
        self,
        Shard other,            # IN    other words, of the same seed
        int64_t start,          # IN    from this slot of `other`
        int64_t stop,           # IN    to this one, excluded
        int32_t[::1] ids,       # OUT   [types of `other`] from ids of `other` to ids of this one
    ):
        """Add the words and counts of another shard (a part of them, so that Ctrl-C need not wait for all)."""
        cdef int failed
        if not 0 <= start <= stop <= <int64_t>other.slots or ids.shape[0] < other.table.types or other is self:
            raise ValueError("arrays of different lengths")
        if memcmp(&self.table.keys, &other.table.keys, sizeof(wv_keys)) != 0:
            raise ValueError("shards must have one seed to be merged")
        if other.table.types == 0:
            return
        with nogil:
            failed = wv_merge(self.table, other.table, start, stop, &ids[0])
        checked(failed)

    def counts(self):
        """A copy of the counts, int64 [types]."""
        cdef int64_t[::1] result = np.empty(1 + self.table.types, np.int64)
        with nogil:
            wv_counts(self.table, &result[0])
        return np.asarray(result)[1:]

    def words(
        self,
        const int32_t[::1] ids,     # IN  [n]
    ):
        """The bytes of these words, uint8, one after another, and their offsets, int64 [n + 1]."""
        cdef int64_t[::1] offsets = np.zeros(ids.shape[0] + 1, np.int64)
        cdef uint8_t[::1] data
        cdef Py_ssize_t i
        cdef int64_t start, size
        for i in range(ids.shape[0]):
            if not 0 <= ids[i] < self.table.types:
                raise IndexError(f"no word {ids[i]}")
            offsets[i + 1] = offsets[i] + self.table.offsets[ids[i] + 1] - self.table.offsets[ids[i]]
        data = np.empty(offsets[ids.shape[0]], np.uint8)
        for i in range(ids.shape[0]):
            start, size = self.table.offsets[ids[i]], offsets[i + 1] - offsets[i]
            if size:
                memcpy(&data[offsets[i]], self.table.bytes + start, size)
        return np.asarray(data), np.asarray(offsets)

    def longest_probe(self):
        """The slots that finding a word takes at most: some dozens, as hashes are keyed by a secret."""
        return wv_longest_probe(self.table)

    def kinds(self):
        """What each word is like, uint8 [types]: the sum of NOT_UTF8, HAS_NUL, HAS_UPPER, NOT_ASCII."""
        cdef uint8_t[::1] result = np.empty(self.table.types, np.uint8)
        cdef const int64_t* offsets = self.table.offsets
        cdef int64_t i
        with nogil:
            for i in range(self.table.types):
                result[i] = wv_kind(self.table.bytes + offsets[i], offsets[i + 1] - offsets[i])
        return np.asarray(result)

    def sort(
        self,
        int32_t[::1] ids,       # INOUT [n] by falling count, equal counts by bytes
        const int64_t[::1] counts, # IN [types]
    ):
        """Put ids of words in the order of a vocabulary."""
        cdef Py_ssize_t n = ids.shape[0]
        cdef uint8_t[::1] scratch = np.empty(2 * max(n, 1) * sizeof(wv_rank), np.uint8)
        if counts.shape[0] != self.table.types:
            raise ValueError("arrays of different lengths")
        if n and not 0 <= np.min(ids) <= np.max(ids) < self.table.types:
            raise IndexError("no such word")
        if n:
            with nogil:
                wv_sort(self.table, &counts[0], &ids[0], n, <wv_rank*>&scratch[0])


def find_space(
    const uint8_t[::1] data,    # IN
    Py_ssize_t start,           # IN
    Py_ssize_t stop,            # IN
):
    """Where the first white space of data[start:stop] is; `stop` if there is none."""
    cdef Py_ssize_t i = start
    if not 0 <= start <= stop <= data.shape[0]:
        raise ValueError("bad bounds")
    with nogil:
        while i < stop and not wv_is_space(data[i]):
            i += 1
    return i


def rfind_space(
    const uint8_t[::1] data,    # IN
    Py_ssize_t start,           # IN
    Py_ssize_t stop,            # IN
):
    """One past the last white space of data[start:stop]; `start` if there is none."""
    cdef Py_ssize_t i = stop
    if not 0 <= start <= stop <= data.shape[0]:
        raise ValueError("bad bounds")
    with nogil:
        while i > start and not wv_is_space(data[i - 1]):
            i -= 1
    return i


def renumber(
    const int32_t[::1] ids,         # IN   [n] ids of a shard
    const int32_t[::1] ends,        # IN   [e] sentence ends in `ids`, non-decreasing
    const int32_t[::1] new_ids,     # IN   [types of the shard] ids of the vocabulary, -1: not in it
    int32_t[::1] kept,              # OUT  [n]
    int32_t[::1] kept_ends,         # OUT  [e] the same ends in `kept`
):
    """Drop the tokens that are not in the vocabulary and give the others their final ids; how many are kept."""
    cdef Py_ssize_t i = 0, s, n = ids.shape[0], e = ends.shape[0], k = 0, stop
    cdef int32_t new
    if kept.shape[0] < n or kept_ends.shape[0] < e or e and not 0 <= ends[e - 1] <= n:
        raise ValueError("arrays of different lengths")
    with nogil:
        for s in range(e + 1):
            stop = ends[s] if s < e else n
            while i < stop:
                new = new_ids[ids[i]]
                kept[k] = new
                k += new >= 0
                i += 1
            if s < e:
                kept_ends[s] = <int32_t>k
    return k


def checksum(
    const uint8_t[::1] data,    # IN
):
    """32 bytes that any small change of the data changes; quick, and no protection against forgery."""
    cdef uint64_t[4] lanes
    with nogil:
        wv_checksum(&data[0] if data.shape[0] else NULL, data.shape[0], lanes)
    return b"".join((<object>lanes[i]).to_bytes(8, "little") for i in range(4))
