"""The index of a vocabulary, for lookups.pyx."""
from libc.stdint cimport int32_t, int64_t, uint8_t, uint32_t

cdef extern from "word_hash.h" nogil:
    ctypedef struct wv_token
    ctypedef struct wv_known


cdef class Finder:
    cdef const uint8_t[::1] data
    cdef const int64_t[::1] offsets
    cdef const uint32_t[::1] table
    cdef const uint32_t[::1] order
    cdef list idle  # tables of words that were looked up lately, which a call of `cut` takes
    cdef Py_ssize_t max_probe

    cdef Py_ssize_t row(self, word) except? -9
    cdef Py_ssize_t cut_some(
        self, wv_known* known, const uint8_t** at, const Py_ssize_t* sizes, Py_ssize_t count, int32_t[::1] rows,
        Py_ssize_t token, int64_t* ends, list unknown,
    ) except -1
    cdef int look_up(
        self, wv_known* known, const wv_token* batch, Py_ssize_t count, int32_t* rows, list unknown,
    ) except -1 nogil
    cdef Py_ssize_t find_escaped(self, str word) except? -9
    cdef Py_ssize_t find_bytes(self, const uint8_t* key, Py_ssize_t size) noexcept nogil
    cdef Py_ssize_t find_in_order(self, const uint8_t* key, int64_t size) noexcept nogil
