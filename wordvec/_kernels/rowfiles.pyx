"""Rows of word2vec files, text and binary, between a buffer and a matrix, for wordvec.formats."""
from cpython.object cimport PyObject
from libc.math cimport isinf
from libc.stdint cimport int32_t, int64_t, uint8_t, uint16_t, uint64_t
from libc.string cimport memchr, memcpy

from wordvec._kernels.binary_rows cimport (
    FOUND, NEED_MORE, NO_NEWLINE, NO_ROOM, NOT_A_NUMBER, TOO_FEW, TOO_LARGE, TOO_MANY, after_newlines, find_bare_row,
    find_row,
)

cdef extern from "Python.h":
    double PyOS_string_to_double(const char* text, char** end, PyObject* overflow) except? -1.0

cdef extern from "rowfiles.h" nogil:
    enum: WV_PAD
    enum: WV_TENS
    double wv_tens[]
    bint wv_is_blank(uint8_t byte)
    const uint8_t* wv_number(const uint8_t* p, float* value)
    const uint8_t* wv_plain_line(
        const uint8_t* p, const uint8_t* limit, float* values, Py_ssize_t dim, const uint8_t** word_end)
    unsigned wv_word_kind(const uint8_t* p, const uint8_t* stop, const uint8_t* limit)

cdef extern from "decimals.h" nogil:
    enum: WV_NUMBER
    ctypedef struct wv_scale:
        uint64_t factor
        int32_t shift
        int32_t power
    wv_scale wv_scales[2][255]
    uint8_t* wv_print(uint8_t* out, float value)

PAD = WV_PAD
NUMBER = WV_NUMBER
cdef enum:
    LONGEST_NUMBER = 400  # bytes; a longer one is damage
cdef int _power
for _power in range(-WV_TENS, WV_TENS + 1):
    wv_tens[WV_TENS + _power] = float(f"1e{_power}")


def scale(int exponent, bint is_edge):
    """(factor, shift, k) for writing float32 of this exponent: 2^q / 10^k, rounded up to 64 bits; see decimals.h.

    10^k is the largest power of ten within the interval that rounds to such a number: 2^q, or 3/4 of it at an edge,
    a power of two.
    """
    q = max(exponent, 1) - 150
    top, bottom = (3 if is_edge else 1) << max(q, 0), (4 if is_edge else 1) << max(-q, 0)
    k = len(str(top)) - len(str(bottom))
    k -= top * 10 ** max(-k, 0) < bottom * 10 ** max(k, 0)
    top, bottom = 10 ** max(-k, 0) << max(q, 0), 10 ** max(k, 0) << max(-q, 0)
    shift = (top // bottom).bit_length()
    return -((-top << (64 - shift)) // bottom), shift, k


cdef int _exponent
for _power in range(2):
    for _exponent in range(255):
        _factor, _shift, _k = scale(_exponent, _power)
        wv_scales[_power][_exponent] = wv_scale(_factor, _shift, _k)

def parse_text(
    const uint8_t[::1] text, # IN  [B] whole lines, then PAD bytes or more, the first of them no digit
    Py_ssize_t start,        # IN  where the first line starts
    Py_ssize_t stop,         # IN  where the last line ends; B >= stop + PAD (the caller checks)
    float[:, ::1] rows,      # OUT [R, D] one row a line
    uint8_t[::1] words,      # OUT [stop - start] the bytes of the words, one after another
    int64_t[::1] sizes,      # OUT [R] the size of each word
    uint16_t[::1] kinds=None, # OUT [R] what each word looks like: WV_IS_NUMBER and so on; None: and let numbers overflow
):
    """(rows, bytes of words, lines, position, why it stopped): lines are `word number ... number`, from the right."""
    cdef Py_ssize_t dim = rows.shape[1], row = 0, written = 0, lines = 0
    cdef bint checked = kinds is not None
    cdef int why = NEED_MORE
    cdef const uint8_t* position
    cdef const uint8_t* limit
    cdef const uint8_t* line_end
    cdef const uint8_t* word_end
    if stop <= start:
        return 0, 0, 0, start, NEED_MORE
    if checked and kinds.shape[0] < rows.shape[0]:
        raise ValueError(f"{rows.shape[0]} rows, with room for the kinds of {kinds.shape[0]}")
    position = &text[start]
    limit = &text[0] + stop
    with nogil:
        while position < limit:
            if row == rows.shape[0]:
                why = NO_ROOM
                break
            line_end = wv_plain_line(position, limit, &rows[row, 0], dim, &word_end)
            if line_end == NULL:
                line_end = <const uint8_t*>memchr(position, 10, <size_t>(limit - position))
                if line_end == NULL:
                    line_end = limit
                word_end = line_end
                while word_end > position and wv_is_blank((word_end - 1)[0]):
                    word_end -= 1
                if word_end == position:
                    lines += 1
                    position = line_end + 1
                    continue
                why = parse_line(position, &word_end, &rows[row, 0], dim, checked)
                if why != 0:
                    break
            if checked:
                kinds[row] = <uint16_t>wv_word_kind(position, word_end, limit)
            memcpy(&words[0] + written, position, <size_t>(word_end - position))
            written += word_end - position
            sizes[row] = word_end - position
            row += 1
            lines += 1
            position = line_end + 1
    return row, written, lines, min(position - &text[0], stop), why


cdef inline int parse_line(
    const uint8_t* start,      # IN    the line
    const uint8_t** stop,      # INOUT its end without white space; the end of its word
    float* values,             # OUT   [dim]
    Py_ssize_t dim,            # IN
    bint checked,              # IN    whether a number that float32 cannot hold is an error, rather than infinite
) noexcept nogil:
    """Why a line cannot be parsed, or 0."""
    cdef const uint8_t* end = stop[0]
    cdef const uint8_t* first
    cdef Py_ssize_t i
    cdef float value
    for i in range(dim - 1, -1, -1):
        first = end
        while first > start and not wv_is_blank((first - 1)[0]):
            first -= 1
        if first == start:
            return TOO_FEW
        if not parse_number(first, end, &values[i]):
            return NOT_A_NUMBER
        if checked and isinf(values[i]) and has_digit(first, end):
            return TOO_LARGE
        end = first - 1
        while i > 0 and end > start and wv_is_blank((end - 1)[0]):
            end -= 1
    first = end
    while first > start and not wv_is_blank((first - 1)[0]):
        first -= 1
    # A word may hold spaces, but one that ends in a fraction is a row with too many numbers.
    if first > start and memchr(first, 46, <size_t>(end - first)) != NULL and parse_number(first, end, &value):
        return TOO_MANY
    stop[0] = end
    return 0


cdef inline bint has_digit(const uint8_t* start, const uint8_t* stop) noexcept nogil:
    """Whether a number is written in digits, and not as `inf`."""
    start += start[0] == 43 or start[0] == 45
    return start < stop and start[0] != 105 and start[0] != 73


cdef inline bint parse_number(
    const uint8_t* start, # IN
    const uint8_t* stop,  # IN  not a digit
    float* value,         # OUT
) noexcept nogil:
    """Whether the bytes are a number. Exact: what is not sure to be rounded rightly is left to Python."""
    return wv_number(start, value) == stop or parse_slowly(start, stop, value)


cdef bint parse_slowly(const uint8_t* start, const uint8_t* stop, float* value) noexcept nogil:
    """`parse_number` by Python's own reader: nan and inf, large exponents, what lies between two float32."""
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
    value[0] = <float>result
    return True


def scan_binary(
    const uint8_t[::1] data, # IN  [B]
    Py_ssize_t start,        # IN  where the first row starts
    Py_ssize_t stop,         # IN  the end of what has been read
    bint last,               # IN  whether the file ends there
    int newlines,            # IN  0: rows have none, or it does not matter; 1: most end with one; 2: all do
    Py_ssize_t longest_word, # IN  bytes; a longer one is damage
    Py_ssize_t width,        # IN  bytes of the floats of a row
    int64_t[::1] starts,     # OUT [R] where the word of each row starts
    int64_t[::1] sizes,      # OUT [R] the size of each word, after which come a space and the floats
):
    """(rows, position, why it stopped): rows are `word`, a space, D float32, perhaps a newline."""
    cdef Py_ssize_t row = 0, position = start, first, space, after
    cdef int why = NEED_MORE
    cdef const uint8_t* base
    if stop <= start:
        return 0, start, NEED_MORE
    base = &data[0]
    with nogil:
        while True:
            first = after_newlines(base, position, stop)
            if first == stop or (first + 1 == stop and base[first] == 13):
                why = NEED_MORE
                break
            if row == starts.shape[0]:
                why = NO_ROOM
                break
            why = find_row(base, first, stop, last, newlines != 0, newlines == 1, longest_word, width, &space)
            if newlines == 1 and (why == NO_NEWLINE or (why == NEED_MORE and last)):
                if find_bare_row(base, first, stop, longest_word, width, &space):
                    why = FOUND  # some files have newlines after some rows only
                else:
                    why = find_row(base, first, stop, last, True, False, longest_word, width, &space)
            if why != FOUND:
                break
            after = space + 1 + width
            starts[row] = first
            sizes[row] = space - first
            row += 1
            position = after
    return row, position, why


def copy_binary(
    const uint8_t[::1] data,  # IN  [B]
    const int64_t[::1] starts, # IN  [R] from scan_binary
    const int64_t[::1] sizes,  # IN  [R] from scan_binary
    float[:, ::1] rows,       # OUT [R, D]
    uint8_t[::1] words,       # OUT [sum of sizes, as the caller has made it] the bytes of the words, one after another
):
    """Copy the rows that a scan has found."""
    cdef size_t width = 4 * <size_t>rows.shape[1]
    cdef Py_ssize_t row, written = 0
    if sizes.shape[0] < starts.shape[0] or rows.shape[0] < starts.shape[0]:
        raise ValueError(f"{starts.shape[0]} rows, with {sizes.shape[0]} sizes and room for {rows.shape[0]}")
    with nogil:
        for row in range(starts.shape[0]):
            if sizes[row]:
                memcpy(&words[written], &data[starts[row]], <size_t>sizes[row])
            memcpy(&rows[row, 0], &data[starts[row] + sizes[row] + 1], width)
            written += sizes[row]


cdef int check_room(
    Py_ssize_t rows,            # IN
    Py_ssize_t size,            # IN bytes that a row takes without its word
    const uint8_t[::1] words,   # IN [B]
    const int64_t[::1] offsets, # IN [rows+1] of a file, perhaps: not believed
    Py_ssize_t room,            # IN bytes
) except -1:
    """ValueError where rows and their words cannot be read or do not fit into `room` bytes."""
    cdef Py_ssize_t row
    cdef bint fits = offsets.shape[0] > rows and offsets[0] >= 0 and offsets[rows] <= words.shape[0]
    if fits:
        for row in range(rows):
            fits = fits and offsets[row] <= offsets[row + 1]
    if not fits or rows * size + offsets[rows] - offsets[0] > room:
        raise ValueError(f"offsets must rise within the {words.shape[0]} bytes of words, and {rows} rows fit into {room}")
    return 0


def write_text(
    const float[:, :] rows,     # IN  [R, D] rows of contiguous items
    const uint8_t[::1] words,   # IN  [B] the bytes of all words
    const int64_t[::1] offsets, # IN  [R+1] of these rows in `words`
    uint8_t[::1] out,           # OUT [(NUMBER * D + 1) * R + bytes of their words]
):
    """How many bytes the lines `word number ... number` take."""
    cdef Py_ssize_t row, column, size, dim = rows.shape[1]
    cdef uint8_t* to = &out[0] if out.shape[0] else NULL
    cdef const float* values
    check_room(rows.shape[0], WV_NUMBER * dim + 1, words, offsets, out.shape[0])
    with nogil:
        for row in range(rows.shape[0]):
            values = <const float*>(<const char*>&rows[0, 0] + row * rows.strides[0])
            size = offsets[row + 1] - offsets[row]
            if size:
                memcpy(to, &words[offsets[row]], <size_t>size)
                to += size
            for column in range(dim):
                to[0] = 32
                to = wv_print(to + 1, values[column])
            to[0] = 10
            to += 1
    return to - &out[0] if out.shape[0] else 0


def write_binary(
    const float[:, :] rows,     # IN  [R, D] rows of contiguous items
    const uint8_t[::1] words,   # IN  [B] the bytes of all words
    const int64_t[::1] offsets, # IN  [R+1] of these rows in `words`
    uint8_t[::1] out,           # OUT [(4 * D + 2) * R + bytes of their words]
):
    """Write rows as `word`, a space, D float32 and a newline."""
    cdef Py_ssize_t row
    cdef size_t width = 4 * <size_t>rows.shape[1], size
    cdef uint8_t* to = &out[0] if out.shape[0] else NULL
    check_room(rows.shape[0], 4 * rows.shape[1] + 2, words, offsets, out.shape[0])
    with nogil:
        for row in range(rows.shape[0]):
            size = <size_t>(offsets[row + 1] - offsets[row])
            if size:
                memcpy(to, &words[offsets[row]], size)
            to[size] = 32
            memcpy(to + size + 1, <const char*>&rows[0, 0] + row * rows.strides[0], width)
            to[size + 1 + width] = 10
            to += size + width + 2
