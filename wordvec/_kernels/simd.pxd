"""The SIMD level of a call, for the other kernels: an index of their tables of functions."""

cdef int level_of(int level) except -1
cdef int rounding_level_of(int level) except -1
