"""Rows of signs, kept so that a vector of the machine has a byte of many rows, and queries as whole numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from wordvec.rows.base import Doubles, Floats

TOGETHER = 64  # rows whose bytes stand together, as the kernel reads them
TRIPLE = 24  # signs that the kernel meets at a time: its sums of their numbers must fit into a byte
_MOST, _MOST_OF_ALL = 255, 65_535  # what the whole numbers of a triple, and all of them, may add up to
_ROUNDED = 60_000  # numbers of a query; of more, rounding alone could take the sum of all beyond its limit


def packed(turned: Floats) -> NDArray[np.uint8]:
    """[n, D / 8 rounded up] the signs of rows [n, D], the lowest bit first, 1 for numbers that are not negative."""
    return np.packbits(turned >= 0, axis=1, bitorder="little")


def numbers_of(rows: slice | NDArray[Any], count: int) -> NDArray[np.int64]:
    """The numbers of rows that a slice or an index of numbers asks for; IndexError for one that there is not."""
    if isinstance(rows, slice):
        return np.arange(*rows.indices(count))
    numbers = np.asarray(rows, np.int64)
    wrong = (numbers < -count) | (numbers >= count)
    if wrong.any():
        raise IndexError(f"a row must be below {count}; got {numbers[wrong][0]}")
    return np.where(numbers < 0, numbers + count, numbers)


def whole_numbers(queries: Doubles) -> tuple[NDArray[np.int16], Doubles, Doubles]:
    """Queries [Q, D] as whole numbers [Q, D rounded up to 24], their sum without signs [Q], what 1 is worth [Q].

    As fine as the sums of the kernel allow: those of 24 numbers are bytes, those of all have 16 bits.
    """
    dim = queries.shape[1]
    wide = np.zeros((len(queries), -(-dim // TRIPLE) * TRIPLE))
    wide[:, :dim] = queries
    sizes, half = np.abs(wide), 0.5 if dim <= _ROUNDED else 0.0
    triples = sizes.reshape(len(wide), -1, TRIPLE).sum(axis=2)
    step = np.maximum(triples.max(axis=1) / (_MOST - TRIPLE * half), triples.sum(axis=1) / (_MOST_OF_ALL - dim * half))
    step = np.maximum(step, 1e-30)[:, None]
    whole = np.copysign(np.floor(sizes / step + half), wide)
    worth = (wide * whole).sum(axis=1) / np.maximum(np.square(whole).sum(axis=1), 1)
    return whole.astype(np.int16), np.abs(whole).sum(axis=1), worth
