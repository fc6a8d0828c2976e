"""A random stream for each chunk of work (splitmix64), seeded from (seed, epoch, chunk)."""
from libc.stdint cimport uint64_t


cdef inline uint64_t draw(uint64_t* state) noexcept nogil:
    """64 random bits."""
    cdef uint64_t z
    state[0] += <uint64_t>0x9E3779B97F4A7C15
    z = state[0]
    z = (z ^ (z >> 30)) * <uint64_t>0xBF58476D1CE4E5B9
    z = (z ^ (z >> 27)) * <uint64_t>0x94D049BB133111EB
    return z ^ (z >> 31)
