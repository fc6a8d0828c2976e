"""Rows of a file with the same word: the first, the last or their mean is kept, or they are an error."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wordvec.base.errors import FormatError, OptionError
from wordvec.vectors import KeyedVectors
from wordvec.vocabulary import Vocabulary

DUPLICATES = ("first", "last", "mean", "error")  # what load(duplicates=...) may say


def keyed_vectors(
    data: NDArray[np.uint8],
    offsets: NDArray[np.int64],
    matrix: NDArray[np.float32],
    duplicates: str,
    facts: dict[str, Any],
    path: str,
    counts: NDArray[np.int64] | None = None,
) -> KeyedVectors:
    """Vectors of packed words, data[offsets[i]:offsets[i+1]], and their rows [n, D], which may be overwritten.

    The metadata gets `facts` about the source and the number of duplicate rows.
    """
    words = Vocabulary(data, offsets, counts)
    try:
        _ = words.index_of_words  # builds the index
    except OptionError as error:
        if duplicates == "error":
            raise FormatError(f"{path}: {error}, or keep one by duplicates='first'") from None
        words, matrix = _distinct(words, matrix, duplicates)
    facts = {**facts, "duplicates": len(offsets) - 1 - len(words)}
    return KeyedVectors(words, matrix, metadata={"source": facts})


def _distinct(
    words: Vocabulary, matrix: NDArray[np.float32], duplicates: str
) -> tuple[Vocabulary, NDArray[np.float32]]:
    """Each word once, with its first row, its last, or their mean."""
    if not matrix.flags.writeable:  # mapped
        matrix = matrix.copy()
    blob, ends = words.data.tobytes(), words.offsets.tolist()
    first: dict[bytes, int] = {}
    owners = np.fromiter((first.setdefault(blob[a:b], row) for row, (a, b) in enumerate(pairwise(ends))), np.int64)
    rows = np.flatnonzero(owners == np.arange(len(owners)))
    if duplicates == "last":
        last = np.empty(len(owners), np.int64)
        last[owners] = np.arange(len(owners))  # of repeated indices numpy keeps the last
        rows = np.sort(last[rows])
    elif duplicates == "mean":
        repeated = np.flatnonzero(np.bincount(owners, minlength=len(owners)) > 1)
        place = np.full(len(owners), -1)
        place[repeated] = np.arange(len(repeated))
        several = np.flatnonzero(place[owners] >= 0)
        sums = np.zeros((len(repeated), matrix.shape[1]))
        with np.errstate(over="ignore", invalid="ignore"):  # infinite numbers
            np.add.at(sums, place[owners[several]], matrix[several])
            matrix[repeated] = sums / np.bincount(owners)[repeated, None]
    return words.take(rows), _compacted(matrix, rows)


def _compacted(matrix: NDArray[np.float32], rows: NDArray[np.int64]) -> NDArray[np.float32]:
    """The given rising rows of a matrix, moved to its start in place."""
    step = 1 << 12
    for first in range(0, len(rows), step):
        matrix[first : first + len(rows[first : first + step])] = matrix[rows[first : first + step]]
    return matrix[: len(rows)]
