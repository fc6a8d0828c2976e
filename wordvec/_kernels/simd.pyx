"""Which SIMD level the kernels use: the usual one of this machine, or what the environment variable WORDVEC_SIMD names.

The variable is read by getenv at every call of a kernel that is given no level: it costs less than a look-up in a dict.
"""
from libc.stdlib cimport getenv
from libc.string cimport strcmp

cdef extern from "cpu.h" nogil:
    int wv_machine_level()
    int wv_usual_level()
    enum: WV_AVX512
    const char *wv_level_names[4]

cdef int machine = wv_machine_level(), usual = wv_usual_level()
NAMES = tuple([wv_level_names[i].decode() for i in range(machine + 1)])  # the levels of this machine, from 0


cdef int level_of(int level) except -1:
    """The level to use, in kernels that have none for AVX-512 BF16: there it is AVX-512."""
    return min(rounding_level_of(level), WV_AVX512)


cdef int rounding_level_of(int level) except -1:
    """The level to use for the one that was asked for: the best of this machine up to it; -1: see above.

    Its last, AVX-512 BF16, rounds the factors of products.
    """
    if level >= 0:
        return min(level, machine)
    cdef const char *name = getenv(b"WORDVEC_SIMD")
    if name == NULL:
        return usual
    for level in range(machine + 1):
        if strcmp(name, wv_level_names[level]) == 0:
            return level
    from wordvec import OptionError

    forced = (<bytes>name).decode("utf-8", "replace")
    raise OptionError(f"WORDVEC_SIMD must be one of {', '.join(NAMES)} on this machine; got {forced!r}")


def chosen_level():
    """The number of the level that WORDVEC_SIMD names, or the usual one of this machine; OptionError where it lacks it."""
    return rounding_level_of(-1)
