"""The heap of the best rows so far, for the kernels that scan: heap.h as Cython sees it."""
from libc.stdint cimport int64_t

cdef extern from "heap.h":
    void push "wv_push"(
        float* scores,      # INOUT [places] a heap, the worst first
        int64_t* rows,      # INOUT [places]
        Py_ssize_t* filled, # INOUT how many places are in use
        Py_ssize_t places,  # IN
        float score,        # IN
        int64_t row,        # IN    higher than any row before: of equal scores the first comes to stay
    ) noexcept nogil
