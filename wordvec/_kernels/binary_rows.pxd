"""Where a row of a binary word2vec file ends, which its bytes alone do not say, for rowfiles.pyx."""
from libc.stdint cimport uint8_t
from libc.string cimport memchr

cdef extern from "rowfiles.h" nogil:
    bint wv_is_clean(const uint8_t* p, const uint8_t* stop)

cdef enum:
    LOOK_AHEAD = 200  # bytes that must show that a word follows
    MOST_SPACES = 64  # that are tried as the end of one word

cdef enum:  # why parsing stopped; the names are in wordvec.formats.rows
    FOUND = -1
    NEED_MORE = 0
    NO_ROOM = 1
    TOO_FEW = 2
    NOT_A_NUMBER = 3
    TOO_MANY = 4
    NO_WORD = 5
    NO_NEWLINE = 6
    TOO_LARGE = 9


cdef inline Py_ssize_t after_newlines(const uint8_t* base, Py_ssize_t at, Py_ssize_t stop) noexcept nogil:
    """Where what follows newlines starts; these may have a carriage return each."""
    while at < stop and (base[at] == 10 or (base[at] == 13 and at + 1 < stop and base[at + 1] == 10)):
        at += 1
    return at


cdef inline bint ends_here(const uint8_t* base, Py_ssize_t at, Py_ssize_t stop) noexcept nogil:
    """Whether a newline or the end of the file stands here."""
    return at >= stop or base[at] == 10 or (base[at] == 13 and at + 1 < stop and base[at + 1] == 10)


cdef inline bint has_control(const uint8_t* start, const uint8_t* stop) noexcept nogil:
    """Whether control characters are among the bytes, as in no word."""
    while start < stop and (start[0] >= 32 or start[0] == 9):
        start += 1
    return start < stop


cdef inline bint find_bare_row(
    const uint8_t* base,     # IN
    Py_ssize_t first,        # IN  where the word starts
    Py_ssize_t stop,         # IN
    Py_ssize_t longest_word, # IN
    Py_ssize_t width,        # IN
    Py_ssize_t* found,       # OUT the space that ends the word
) noexcept nogil:
    """Whether a row without a newline is here, after which a word and a space come at once, or the file ends."""
    cdef const uint8_t* hit = <const uint8_t*>memchr(base + first, 32, <size_t>(stop - first))
    cdef Py_ssize_t space, after
    cdef int tried
    for tried in range(MOST_SPACES):
        if hit == NULL or (tried > 0 and not wv_is_clean(base + first, hit)):
            return False
        space = hit - base
        after = space + 1 + width
        if space - first > longest_word or after > stop:
            return False
        if after == stop or (base[after] != 32 and memchr(
                base + after, 32, <size_t>min(LOOK_AHEAD, stop - after)) != NULL and looks_like_a_row(base, after, stop, 0)):
            found[0] = space
            return True
        hit = <const uint8_t*>memchr(hit + 1, 32, <size_t>(stop - space - 1))
    return False


cdef inline int find_row(
    const uint8_t* base,     # IN
    Py_ssize_t first,        # IN  where the word starts
    Py_ssize_t stop,         # IN
    bint last,               # IN
    bint newlines,           # IN  whether a newline must end the row
    bint clean_only,         # IN  whether a word with a space must be UTF-8
    Py_ssize_t longest_word, # IN
    Py_ssize_t width,        # IN
    Py_ssize_t* found,       # OUT the space that ends the word
) noexcept nogil:
    """FOUND, or why there is no row."""
    cdef Py_ssize_t space = first, clean = first, tried = 0, after, plain = -1
    cdef const uint8_t* hit
    while True:
        hit = <const uint8_t*>memchr(base + space, 32, <size_t>(stop - space)) if space < stop else NULL
        if hit == NULL:
            if plain >= 0 and last:
                break
            if stop - first > longest_word + width or (last and space > first):
                return NO_NEWLINE if space > first else NO_WORD
            return NEED_MORE
        space = hit - base
        after = space + 1 + width
        tried += 1
        if space - first > longest_word or tried > MOST_SPACES:
            if plain >= 0:
                break
            return NO_NEWLINE if newlines else NO_WORD
        if newlines and tried > 1:
            if has_control(base + clean, base + space) or (
                    (clean_only or plain >= 0) and not wv_is_clean(base + clean, base + space)):
                if plain >= 0:
                    break
                return NO_NEWLINE
            clean = space
        if after > stop or (not last and after + LOOK_AHEAD >= stop):
            if plain >= 0 and last:
                break
            return NEED_MORE
        # A word may hold spaces. The right one leads to a newline, where there are newlines, and to a word that looks
        # like one; where none does, the first is right.
        if plain >= 0 and not newlines:
            if not wv_is_clean(base + clean, base + space):
                break
            clean = space  # a space is a whole character: what comes before it need not be looked at again
        if not newlines or ends_here(base, after, stop):
            if looks_like_a_row(base, after, stop, width if newlines else 0):
                found[0] = space
                return FOUND
            if plain < 0:
                plain = space
        space += 1
    found[0] = plain
    return FOUND


cdef inline bint looks_like_a_row(
    const uint8_t* base, # IN
    Py_ssize_t at,       # IN
    Py_ssize_t stop,     # IN
    Py_ssize_t width,    # IN 0 where no newline needs to follow
) noexcept nogil:
    """Whether a word of valid UTF-8 and a space start here, `width` bytes and a newline follow, or nothing is left."""
    cdef const uint8_t* hit
    cdef Py_ssize_t end = min(stop, at + LOOK_AHEAD)
    at = after_newlines(base, at, end)
    if at >= end:
        return True
    hit = <const uint8_t*>memchr(base + at, 32, <size_t>(end - at))
    if hit == NULL or not wv_is_clean(base + at, hit):
        return False
    at = hit - base + 1 + width
    return width == 0 or ends_here(base, at, stop)
