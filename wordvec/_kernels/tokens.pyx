"""The words of raw text by the rules of Unicode, for wordvec.corpus."""
from libc.stdint cimport int64_t, uint8_t

cdef extern from "tokens.h" nogil:
    int64_t wv_cut(const uint8_t* classes, const uint8_t* p, const uint8_t* stop, uint8_t* words)


def cut(
    const uint8_t[::1] classes,     # IN    [0x110000] the class of each character
    const uint8_t[::1] data,        # IN    UTF-8
    Py_ssize_t start,               # IN    where to begin
    Py_ssize_t stop,                # IN    where to end: no word goes on beyond it
    uint8_t[::1] words,             # OUT   [>= 2 (stop - start)] the words, a space after each, and the line ends
):
    """Write the words of data[start:stop], and its line ends; how many bytes were written."""
    cdef int64_t size
    if not 0 <= start <= stop <= data.shape[0] or words.shape[0] < 2 * (stop - start) or classes.shape[0] < 0x110000:
        raise ValueError(f"bad bounds: {start}, {stop} in {data.shape[0]}, room for {words.shape[0]}")
    if start == stop:
        return 0
    with nogil:
        size = wv_cut(&classes[0], &data[start], &data[0] + stop, &words[0])
    return size
