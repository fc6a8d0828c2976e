"""Lengths of rows, computed in blocks; and which rows have a direction by their lengths."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["MAX_NORM", "MIN_NORM", "block_norms", "directed", "row_blocks", "row_norms"]

# As in the kernels: a row whose norm is not between these has no direction that float32 can tell.
MIN_NORM, MAX_NORM = 2.0**-100, 2.0**100
_BLOCK_BYTES = 4 << 20
_ROWS = 4096  # rows made float32 at a time


def directed(norms: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Whether each row has a direction, by its norm: rows of zeros and rows that are not finite have none.

    >>> directed(np.array([0, 2, np.inf, np.nan], np.float32)).tolist()
    [False, True, False, False]
    """
    return (norms > MIN_NORM) & (norms < MAX_NORM)


def row_blocks(array: NDArray[Any], block_bytes: int = _BLOCK_BYTES) -> Iterator[tuple[int, NDArray[Any]]]:
    """(first row, view of rows) over an array, a few megabytes at a time."""
    width = max(1, math.prod(array.shape[1:]) * array.itemsize)
    step = max(1, block_bytes // width)
    for first in range(0, len(array), step):
        yield first, array[first : first + step]


def float_blocks(matrix: Any) -> Iterator[NDArray[np.float32]]:
    """The rows of a matrix, or of what is read like one, as float32, some thousands at a time."""
    for first in range(0, len(matrix), _ROWS):
        yield np.asarray(matrix[first : first + _ROWS], np.float32)


def row_norms(matrix: NDArray[np.float32]) -> NDArray[np.float32]:
    """The Euclidean length of every row as float32, summed in float64; the matrix is read in blocks, never copied.

    >>> row_norms(np.array([[3, 4], [0, 0]], np.float32)).tolist()
    [5.0, 0.0]
    """
    norms = np.empty(len(matrix), np.float32)
    for first, block in row_blocks(matrix, 1 << 20):
        norms[first : first + len(block)] = block_norms(block)
    return norms


def block_norms(block: NDArray[Any]) -> NDArray[np.float32]:
    """The lengths of the rows of a block: inf where float32 cannot hold one, NaN for a row with NaN."""
    norms = np.empty(len(block), np.float32)
    with np.errstate(all="ignore"):
        for first, part in row_blocks(block, 1 << 17):  # the float64 copy stays in the cache
            wide = part.astype(np.float64)
            norms[first : first + len(part)] = np.sqrt(np.einsum("ij,ij->i", wide, wide))
    return norms
