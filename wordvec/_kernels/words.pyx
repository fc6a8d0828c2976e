"""The index of a vocabulary: words placed in an open-addressing table by CRC-32, or in order, for wordvec.vocabulary.index."""
from cpython.bytes cimport PyBytes_FromStringAndSize
from libc.stdint cimport int32_t, int64_t, uint8_t, uint32_t, uint64_t
from libc.stdlib cimport calloc, free
from libc.string cimport memcmp

cdef enum:
    AHEAD = 16  # words between asking for a slot and looking at it
    BATCH = 64  # tokens of a text that are looked up together: WV_BATCH
    TEXTS = 256  # texts whose bytes are known at a time

cdef extern from "cpu.h" nogil:
    void PREFETCH(const void* p)

cdef extern from "crc32.h" nogil:
    void wv_fill_crc_table()
    uint32_t wv_crc32(const uint8_t* p, int64_t size)

cdef extern from "word_hash.h" nogil:
    int WV_KNOWN_BITS
    ctypedef struct wv_keys:
        pass
    ctypedef struct wv_token:
        const uint8_t* at
        int64_t len
    ctypedef struct wv_known:
        int32_t row
    wv_keys wv_new_keys(uint64_t seed)
    uint64_t wv_spaces_before(const uint8_t* p, const uint8_t* stop)
    int wv_lowest_bit(uint64_t x)
    void wv_take(wv_token* token, const wv_keys* keys, const uint8_t* at, int64_t len)
    void wv_take_alone(wv_token* token, const wv_keys* keys, const uint8_t* at, int64_t len)
    wv_known* wv_place(wv_known* known, const wv_token* token)
    bint wv_knows(const wv_known* known, const wv_token* token)
    void wv_learn(wv_known* known, const wv_token* token, int32_t row)

cdef extern from "Python.h":
    const char* PyUnicode_AsUTF8AndSize(object text, Py_ssize_t* size) except NULL
    bint PyUnicode_IS_COMPACT_ASCII(object text)
    const uint8_t* PyUnicode_1BYTE_DATA(object text)
    Py_ssize_t PyUnicode_GET_LENGTH(object text)

cdef wv_keys KEYS = wv_new_keys(0)  # no secret: whoever knows them can only make words forget each other
wv_fill_crc_table()


def build_index(
    const uint8_t[::1] data,       # IN    [B] the bytes of all words, one after another
    const int64_t[::1] offsets,    # IN    [V+1] non-decreasing, from 0 to B (the caller checks)
    uint32_t[::1] hashes,          # OUT   [V] scratch: the CRC-32 of each word
    uint32_t[::1] table,           # INOUT [2^k] zeros on entry; word index + 1 on return, 0 where empty
    Py_ssize_t longest_probe,      # IN    slots that a word may take
    int64_t all_probes,            # IN    slots that all words may take
):
    """(longest probe, -1, -1), or (unused, first row, second row) of the first word that occurs twice.

    (-1, -1, -1) where more slots are taken than may be: some words were made to have one hash.
    """
    cdef Py_ssize_t words = offsets.shape[0] - 1, longest = 0, first = -1, second = -1, i, probe
    cdef uint32_t mask = <uint32_t>(table.shape[0] - 1), slot, other
    cdef const uint8_t* bytes_ = &data[0] if data.shape[0] else NULL
    cdef int64_t start, size
    with nogil:
        for i in range(words):
            hashes[i] = wv_crc32(bytes_ + offsets[i], offsets[i + 1] - offsets[i])
        for i in range(words):
            if i + AHEAD < words:
                PREFETCH(&table[hashes[i + AHEAD] & mask])  # nearly every slot is out of the cache
            slot = hashes[i] & mask
            start = offsets[i]
            size = offsets[i + 1] - start
            probe = 1
            while table[slot] != 0:
                other = table[slot] - 1
                if (hashes[other] == hashes[i] and offsets[other + 1] - offsets[other] == size
                        and (size == 0 or memcmp(bytes_ + offsets[other], bytes_ + start, <size_t>size) == 0)):
                    first, second = other, i
                    break
                slot = (slot + 1) & mask
                probe += 1
            if second >= 0:
                break
            table[slot] = <uint32_t>(i + 1)
            all_probes -= probe
            if probe > longest:
                longest = probe
            if longest > longest_probe or all_probes < 0:
                longest = -1
                break
    return longest, first, second


cdef class Lately:
    """The words that one thread has looked up lately, and their rows."""
    cdef wv_known* known

    def __cinit__(self):
        self.known = <wv_known*>calloc(<size_t>1 << WV_KNOWN_BITS, sizeof(wv_known))
        if self.known == NULL:
            raise MemoryError("no memory for the words of texts")

    def __dealloc__(self):
        free(self.known)


cdef class Finder:
    """Finds words in the index. It holds the arrays, so that a look-up is one call without any Python object.

    The arrays may come from a damaged file: no slot, row or offset is believed before its bounds are checked.
    """
    def __cinit__(
        self,
        const uint8_t[::1] data,       # IN [B]
        const int64_t[::1] offsets,    # IN [V+1]
        const uint32_t[::1] table,     # IN [2^k], or [0]: rows are found by their order
        Py_ssize_t max_probe,          # IN slots looked at before a word counts as absent
        const uint32_t[::1] order,     # IN [V] rows by the bytes of their words; [0] where there is a table
    ):
        self.data, self.offsets, self.table, self.max_probe, self.order = data, offsets, table, max_probe, order
        self.idle = []

    def find(self, word):
        """The row of a str, -1 where it has none, -2 where the index is damaged, -3 where it is no str."""
        return self.row(word)

    cdef Py_ssize_t row(self, word) except? -9:
        cdef Py_ssize_t size
        cdef const char* key
        if not isinstance(word, str):
            return -3
        if PyUnicode_IS_COMPACT_ASCII(word):  # its bytes are there
            return self.find_bytes(PyUnicode_1BYTE_DATA(word), PyUnicode_GET_LENGTH(word))
        try:
            key = PyUnicode_AsUTF8AndSize(word, &size)
        except UnicodeEncodeError:
            return self.find_escaped(word)
        return self.find_bytes(<const uint8_t*>key, size)

    def find_all(
        self,
        const uint8_t[::1] data,    # IN  [B] the bytes of some words, one after another
        const int64_t[::1] offsets, # IN  [N+1] non-decreasing, from 0 to B (the caller checks)
        int64_t[::1] rows,          # OUT [N] as `find` would give them
    ):
        """`find` for words that are bytes already."""
        cdef const uint8_t* own = &self.data[0] if self.data.shape[0] else NULL
        cdef const uint8_t* keys = &data[0] if data.shape[0] else NULL
        cdef uint32_t mask = <uint32_t>(self.table.shape[0] - 1)
        cdef Py_ssize_t words = self.offsets.shape[0] - 1, i
        with nogil:
            for i in range(rows.shape[0] if self.table.shape[0] == 0 else 0):
                rows[i] = self.find_in_order(keys + offsets[i], offsets[i + 1] - offsets[i])
            for i in range(rows.shape[0] if self.table.shape[0] else 0):
                rows[i] = find(own, self.data.shape[0], &self.offsets[0], words, &self.table[0], mask,
                               self.max_probe, keys + offsets[i], offsets[i + 1] - offsets[i])

    def cut(
        self,
        list texts,              # IN  [T]
        Py_ssize_t first,        # IN  the text to begin with
        Py_ssize_t last,         # IN  the one to end before, T at most
        int32_t[::1] rows,       # OUT [R] of tokens as `find` would give them, text by text
        int64_t[::1] ends,       # OUT [>= last - first] tokens up to the end of each text
        list unknown=None,       # OUT the bytes of the tokens without a row, in their order
    ):
        """(texts done, 0): tokens are what stands between ASCII white space. Ends early where `rows` could be too short.

        The second number is not 0 where the next text cannot be done: -3, it is no str; -4, it has half of a surrogate
        pair; else the places of `rows` that it needs, more than there are.
        """
        cdef const uint8_t* at[TEXTS]
        cdef Py_ssize_t sizes[TEXTS]
        cdef Py_ssize_t done = 0, count, room = rows.shape[0], need = 0, used = 0, i, token
        cdef list kept = []
        cdef Lately lately = self.idle.pop() if self.idle else Lately()
        while first + done < last:
            kept.clear()
            count, need = 0, 0
            while count < TEXTS and first + done + count < last:
                text = texts[first + done + count]
                if not isinstance(text, str):
                    need = -3
                    break
                try:
                    at[count] = <const uint8_t*>PyUnicode_AsUTF8AndSize(text, &sizes[count])  # no copy of ASCII
                except UnicodeEncodeError:
                    try:
                        escaped = (<str>text).encode("utf-8", "surrogateescape")
                    except UnicodeEncodeError:
                        need = -4
                        break
                    kept.append(escaped)
                    at[count], sizes[count] = <const uint8_t*><const char*>escaped, len(escaped)
                need = (sizes[count] + 1) // 2
                if need > room - used:
                    break
                used += need
                need = 0
                count += 1
            if count:
                token = ends[done - 1] if done else 0
                used = self.cut_some(lately.known, at, sizes, count, rows, token, &ends[done], unknown)
                done += count
            if need:
                break
        self.idle.append(lately)
        return done, (need if need < 0 or need > room else 0)

    cdef Py_ssize_t cut_some(
        self,
        wv_known* known,           # INOUT words that were looked up lately
        const uint8_t** at,        # IN    [count] texts
        const Py_ssize_t* sizes,   # IN    [count]
        Py_ssize_t count,          # IN
        int32_t[::1] rows,         # OUT   from `token` on
        Py_ssize_t token,          # IN
        int64_t* ends,             # OUT   [count]
        list unknown,              # OUT
    ) except -1:
        """Cut some texts; the tokens of all texts so far."""
        cdef wv_token batch[BATCH]
        cdef Py_ssize_t i, waiting = 0
        cdef const uint8_t* p
        cdef const uint8_t* stop
        cdef const uint8_t* start  # of a word, if one begins there
        cdef const uint8_t* space
        cdef uint64_t spaces
        with nogil:
            for i in range(count):
                p = start = at[i]
                stop = p + sizes[i]
                while p < stop or start < stop:
                    spaces = wv_spaces_before(p, stop) if p < stop else 1
                    while spaces:
                        space = p + wv_lowest_bit(spaces) if p < stop else stop  # the end of a text ends a word
                        spaces &= spaces - 1
                        if space > start:
                            if stop - start >= 16:
                                wv_take(&batch[waiting], &KEYS, start, space - start)
                            else:
                                wv_take_alone(&batch[waiting], &KEYS, start, space - start)
                            PREFETCH(wv_place(known, &batch[waiting]))
                            waiting += 1
                            if waiting == BATCH:
                                self.look_up(known, batch, waiting, &rows[token], unknown)
                                token += waiting
                                waiting = 0
                        start = space + 1
                    p += 64
                ends[i] = token + waiting
            if waiting:
                self.look_up(known, batch, waiting, &rows[token], unknown)
        return token + waiting

    cdef int look_up(
        self,
        wv_known* known,       # INOUT
        const wv_token* batch, # IN    [count]
        Py_ssize_t count,      # IN    BATCH at most
        int32_t* rows,         # OUT   [count]
        list unknown,          # OUT
    ) except -1 nogil:
        """The rows of some words: of those that were looked up lately, and others together once their slots have come."""
        cdef const uint8_t* own = &self.data[0] if self.data.shape[0] else NULL
        cdef uint32_t mask = <uint32_t>(self.table.shape[0] - 1)
        cdef uint32_t slot[BATCH]
        cdef Py_ssize_t place[BATCH]
        cdef Py_ssize_t words = self.offsets.shape[0] - 1, others = 0, i, k, row
        cdef bint hashed = self.table.shape[0] > 0, missing = False
        cdef const wv_known* lately
        for i in range(count):
            lately = wv_place(known, batch + i)
            rows[i] = lately.row
            place[others] = i
            others += not wv_knows(lately, batch + i)
        for k in range(others if hashed else 0):
            slot[k] = wv_crc32(batch[place[k]].at, batch[place[k]].len) & mask
            PREFETCH(&self.table[slot[k]])
        for k in range(others if hashed else 0):
            row = <Py_ssize_t>self.table[slot[k]] - 1
            if 0 <= row < words:
                PREFETCH(&self.offsets[row])
        for k in range(others if hashed else 0):
            row = <Py_ssize_t>self.table[slot[k]] - 1
            if 0 <= row < words and 0 <= self.offsets[row] < self.data.shape[0]:
                PREFETCH(own + self.offsets[row])
        for k in range(others):
            i = place[k]
            if hashed:
                row = find_at(own, self.data.shape[0], &self.offsets[0], words, &self.table[0], mask, slot[k],
                              self.max_probe, batch[i].at, batch[i].len)
            else:
                row = self.find_in_order(batch[i].at, batch[i].len)
            rows[i] = <int32_t>row
            wv_learn(wv_place(known, batch + i), batch + i, rows[i])
        if unknown is not None:
            for i in range(count):
                missing |= rows[i] == -1
            if missing:
                with gil:
                    for i in range(count):
                        if rows[i] == -1:
                            unknown.append(PyBytes_FromStringAndSize(<const char*>batch[i].at, batch[i].len))
        return 0

    cdef Py_ssize_t find_escaped(self, str word) except? -9:
        """`find` for a word with bytes that are no UTF-8, which str holds as escapes."""
        try:
            escaped = word.encode("utf-8", "surrogateescape")
        except UnicodeEncodeError:
            return -1  # half of a surrogate pair: no bytes decode to it
        return self.find_bytes(<const uint8_t*><const char*>escaped, len(escaped))

    cdef Py_ssize_t find_bytes(self, const uint8_t* key, Py_ssize_t size) noexcept nogil:
        if self.table.shape[0] == 0:
            return self.find_in_order(key, size)
        return find(&self.data[0] if self.data.shape[0] else NULL, self.data.shape[0],
                    &self.offsets[0], self.offsets.shape[0] - 1, &self.table[0],
                    <uint32_t>(self.table.shape[0] - 1), self.max_probe, key, size)

    cdef Py_ssize_t find_in_order(self, const uint8_t* key, int64_t size) noexcept nogil:
        """`find` by halving the words in order."""
        cdef Py_ssize_t low = 0, high = self.order.shape[0], middle, row
        cdef int64_t start, end
        cdef int compared
        while low < high:
            middle = (low + high) // 2
            row = self.order[middle]
            if row >= self.offsets.shape[0] - 1:
                return -2
            start, end = self.offsets[row], self.offsets[row + 1]
            if start < 0 or end < start or end > self.data.shape[0]:
                return -2
            compared = 0
            if size and end > start:
                compared = memcmp(&self.data[start], key, <size_t>min(size, end - start))
            if compared == 0 and end - start == size:
                return row
            if compared < 0 or compared == 0 and end - start < size:
                low = middle + 1
            else:
                high = middle
        return -1


cdef inline Py_ssize_t find(
    const uint8_t* data,       # IN [B]
    int64_t bytes_,            # IN B
    const int64_t* offsets,    # IN [words+1]
    Py_ssize_t words,          # IN
    const uint32_t* table,     # IN [mask+1]
    uint32_t mask,             # IN
    Py_ssize_t max_probe,      # IN
    const uint8_t* key,        # IN [size]
    int64_t size,              # IN
) noexcept nogil:
    """The row of a word, -1 where it has none, -2 where the index is damaged."""
    return find_at(data, bytes_, offsets, words, table, mask, wv_crc32(key, size) & mask, max_probe, key, size)


cdef inline Py_ssize_t find_at(
    const uint8_t* data,       # IN [B]
    int64_t bytes_,            # IN B
    const int64_t* offsets,    # IN [words+1]
    Py_ssize_t words,          # IN
    const uint32_t* table,     # IN [mask+1]
    uint32_t mask,             # IN
    uint32_t slot,             # IN where to begin
    Py_ssize_t max_probe,      # IN
    const uint8_t* key,        # IN [size]
    int64_t size,              # IN
) noexcept nogil:
    """`find`, for a word whose hash is known."""
    cdef Py_ssize_t i, row
    cdef int64_t start, end
    for i in range(max_probe):
        row = <Py_ssize_t>table[slot] - 1
        if row < 0:
            return -1
        if row >= words:
            return -2
        start = offsets[row]
        end = offsets[row + 1]
        if start < 0 or end < start or end > bytes_:
            return -2
        if end - start == size and (size == 0 or memcmp(data + start, key, <size_t>size) == 0):
            return row
        slot = (slot + 1) & mask
    return -1
