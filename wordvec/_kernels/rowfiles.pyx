"""Rows of word2vec files, text and binary, from a buffer into a matrix, for wordvec.formats."""
from cpython.object cimport PyObject
from libc.stdint cimport int64_t, uint8_t, uint64_t
from libc.string cimport memchr, memcpy

cdef extern from "Python.h":
    double PyOS_string_to_double(const char* text, char** end, PyObject* overflow) except? -1.0

cdef enum:
    LONGEST_NUMBER = 400  # bytes; a longer one is damage
cdef double POWERS[23]
cdef int _power
for _power in range(23):
    POWERS[_power] = float(f"1e{_power}")

cdef enum:  # why parsing stopped; the names are in wordvec.formats.rows
    FOUND = -1
    NEED_MORE = 0
    NO_ROOM = 1
    TOO_FEW = 2
    NOT_A_NUMBER = 3
    TOO_MANY = 4
    NO_WORD = 5
    NO_NEWLINE = 6


def parse_text(
    const uint8_t[::1] text, # IN  [B] whole lines
    Py_ssize_t start,        # IN  where the first line starts
    float[:, ::1] rows,      # OUT [R, D] one row a line
    uint8_t[::1] words,      # OUT [B] the bytes of the words, one after another
    int64_t[::1] sizes,      # OUT [R] the size of each word
):
    """(rows, bytes of words, lines, position, why it stopped): lines are `word number ... number`, from the right."""
    cdef Py_ssize_t dim = rows.shape[1], row = 0, written = 0, lines = 0, size = text.shape[0]
    cdef int why = 0
    cdef const uint8_t* position = &text[0] + start if size > start else NULL
    cdef const uint8_t* limit = &text[0] + size if size > start else NULL
    cdef const uint8_t* stop
    cdef const uint8_t* word_end
    cdef const uint8_t* newline
    with nogil:
        while position < limit:
            newline = <const uint8_t*>memchr(position, 10, <size_t>(limit - position))
            stop = newline if newline != NULL else limit
            word_end = stop
            while word_end > position and is_blank((word_end - 1)[0]):
                word_end -= 1
            if word_end > position:
                if row == rows.shape[0]:
                    why = NO_ROOM
                    break
                why = parse_line(position, &word_end, &rows[row, 0], dim)
                if why != 0:
                    break
                memcpy(&words[0] + written, position, <size_t>(word_end - position))
                written += word_end - position
                sizes[row] = word_end - position
                row += 1
            lines += 1
            position = stop + 1
    if position == NULL:
        return 0, 0, 0, start, NEED_MORE
    return row, written, lines, min(position - &text[0], size), why


cdef inline int parse_line(
    const uint8_t* start,      # IN    the line
    const uint8_t** stop,      # INOUT its end without white space; the end of its word
    float* values,             # OUT   [dim]
    Py_ssize_t dim,            # IN
) noexcept nogil:
    """Why a line cannot be parsed, or 0."""
    cdef const uint8_t* end = stop[0]
    cdef const uint8_t* first
    cdef Py_ssize_t i
    for i in range(dim - 1, -1, -1):
        first = end
        while first > start and not is_blank((first - 1)[0]):
            first -= 1
        if first == start:
            return TOO_FEW
        if not parse_number(first, end, &values[i]):
            return NOT_A_NUMBER
        end = first - 1
        while i > 0 and end > start and is_blank((end - 1)[0]):
            end -= 1
    first = end
    while first > start and not is_blank((first - 1)[0]):
        first -= 1
    # A word may hold spaces, but one that ends in a fraction is a row with too many numbers.
    if first > start and memchr(first, 46, <size_t>(end - first)) != NULL and parse_number(first, end, NULL):
        return TOO_MANY
    stop[0] = end
    return 0


cdef inline bint is_blank(uint8_t byte) noexcept nogil:
    return byte == 32 or byte == 9 or byte == 13


cdef inline bint parse_number(
    const uint8_t* start, # IN
    const uint8_t* stop,  # IN
    float* value,         # OUT or NULL
) noexcept nogil:
    """Whether the bytes are a number. Exact: what is not sure to be rounded once is left to Python."""
    cdef const uint8_t* at = start
    cdef bint negative = False, negative_exponent = False
    cdef uint64_t digits = 0
    cdef int count = 0, exponent = 0, power = 0
    cdef double result
    if at < stop and (at[0] == 45 or at[0] == 43):
        negative = at[0] == 45
        at += 1
    while at < stop and 48 <= at[0] <= 57:
        digits = digits * 10 + (at[0] - 48)
        count += digits != 0
        at += 1
    if at < stop and at[0] == 46:
        at += 1
        while at < stop and 48 <= at[0] <= 57:
            digits = digits * 10 + (at[0] - 48)
            count += digits != 0
            exponent -= 1
            at += 1
    if at < stop and (at[0] == 101 or at[0] == 69) and at + 1 < stop:
        at += 1
        if at[0] == 45 or at[0] == 43:
            negative_exponent = at[0] == 45
            at += 1
        if at == stop:
            return False
        while at < stop and 48 <= at[0] <= 57:
            power = power * 10 + (at[0] - 48) if power < 10000 else power
            at += 1
        exponent += -power if negative_exponent else power
    if at != stop or count > 18 or digits >= (<uint64_t>1 << 53) or not -22 <= exponent <= 22 or not has_digit(start, stop):
        return parse_slowly(start, stop, value)
    result = <double>digits
    result = result / POWERS[-exponent] if exponent < 0 else result * POWERS[exponent]
    if value != NULL:
        value[0] = <float>(-result if negative else result)
    return True


cdef inline bint has_digit(const uint8_t* start, const uint8_t* stop) noexcept nogil:
    """Whether the first few bytes, a sign and a point at most, reach a digit."""
    if start < stop and (start[0] == 45 or start[0] == 43):
        start += 1
    if start < stop and start[0] == 46:
        start += 1
    return start < stop and 48 <= start[0] <= 57


cdef bint parse_slowly(const uint8_t* start, const uint8_t* stop, float* value) noexcept nogil:
    """`parse_number` by Python's own reader: long numbers, large exponents, nan and inf."""
    cdef char text[LONGEST_NUMBER + 1]
    cdef char* end
    cdef Py_ssize_t size = stop - start
    cdef double result
    if size == 0 or size > LONGEST_NUMBER:
        return False
    memcpy(text, start, <size_t>size)
    text[size] = 0
    with gil:
        try:
            result = PyOS_string_to_double(text, &end, NULL)
        except Exception:
            return False
    if end != text + size:
        return False
    if value != NULL:
        value[0] = <float>result
    return True


def parse_binary(
    const uint8_t[::1] data, # IN  [B]
    Py_ssize_t start,        # IN  where the first row starts
    bint last,               # IN  whether the file ends with these bytes
    bint newlines,           # IN  whether a newline must end each row
    Py_ssize_t longest_word, # IN  bytes; a longer one is damage
    float[:, ::1] rows,      # OUT [R, D]
    uint8_t[::1] words,      # OUT [B] the bytes of the words, one after another
    int64_t[::1] sizes,      # OUT [R] the size of each word
):
    """(rows, bytes of words, position, why it stopped): rows are `word`, a space, D float32, perhaps a newline."""
    cdef Py_ssize_t row = 0, written = 0, position = start, size = data.shape[0], width = 4 * rows.shape[1]
    cdef Py_ssize_t first, space, after
    cdef int why = NEED_MORE
    cdef const uint8_t* found
    with nogil:
        while True:
            first = position
            while first < size and data[first] == 10:
                first += 1
            if first == size:
                why = NEED_MORE
                break
            if row == rows.shape[0]:
                why = NO_ROOM
                break
            space = first
            while True:
                found = <const uint8_t*>memchr(&data[space], 32, <size_t>(size - space)) if space < size else NULL
                if found == NULL:
                    if size - first > longest_word + width or (last and space > first):
                        why = NO_NEWLINE if space > first else NO_WORD
                    else:
                        why = NEED_MORE
                    break
                space = found - &data[0]
                after = space + 1 + width
                if space - first > longest_word:
                    why = NO_NEWLINE if newlines else NO_WORD
                    break
                if after > size or (after == size and newlines and not last):
                    why = NEED_MORE
                    break
                # A word with spaces can be told where newlines end the rows: only the right space leads to one.
                if not newlines or after == size or data[after] == 10:
                    why = FOUND
                    break
                space += 1
            if why != FOUND:
                break
            memcpy(&words[written], &data[first], <size_t>(space - first))
            if width:
                memcpy(&rows[row, 0], &data[space + 1], <size_t>width)
            written += space - first
            sizes[row] = space - first
            row += 1
            position = after
    return row, written, position, why
