"""The SIMD level of the kernels: the usual one of this machine, or the one that the variable WORDVEC_SIMD names."""

from __future__ import annotations

from wordvec._kernels import simd as kernel


def simd_level() -> int:
    """The level as the kernels take it: 0 baseline, 1 AVX2 with FMA, 2 AVX-512, 3 AVX-512 BF16.

    OptionError where WORDVEC_SIMD names none, or one that this machine lacks. Kernels that are given no level raise the
    same; a trainer asks before it starts.
    """
    level: int = kernel.chosen_level()
    return level


def instruction_set() -> str:
    """The name of the level: baseline, avx2, avx512 or avx512bf16."""
    return level_name(simd_level())


def level_name(level: int) -> str:
    """The name of a level that this machine has."""
    name: str = kernel.NAMES[level]
    return name
