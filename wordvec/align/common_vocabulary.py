"""Words that several vectors have: their rows in each, and cosines between vectors of one space."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from wordvec.base.arguments import check_vectors
from wordvec.search.arrays import unit_rows
from wordvec.vectors import KeyedVectors

Ints = NDArray[np.int64]
Floats = NDArray[np.float32]
Wide = NDArray[np.float64]

_BLOCK = 4096  # rows in float64 at a time


def shared_words(first: KeyedVectors, second: KeyedVectors) -> tuple[Ints, Ints]:
    """The indices of the words that both have, in the order of the first.

    >>> first, second = KeyedVectors(["a", "b", "c"], np.eye(3)), KeyedVectors(["c", "x", "b"], np.eye(3))
    >>> [found.tolist() for found in shared_words(first, second)]
    [[1, 2], [2, 0]]
    """
    check_vectors(first=first, second=second)
    words = first.vocabulary
    others = second.vocabulary.rows_of(words.data, words.offsets)
    indices = np.flatnonzero(others >= 0)
    return indices, others[indices]


def rows_at(vectors: KeyedVectors, indices: Ints) -> Floats:
    """[n, D] float32: the vectors of the words with these indices, decoded where they are compressed."""
    return vectors.rows.take(indices)


def cosines_between(first: KeyedVectors, second: KeyedVectors, indices: Ints, others: Ints) -> Wide:
    """[n] the cosine of each word of the first with one of the second, by their indices; 0 where one is zero."""
    result = np.empty(len(indices))
    for start in range(0, len(indices), _BLOCK):
        some = slice(start, start + _BLOCK)
        left, right = unit_rows(rows_at(first, indices[some])), unit_rows(rows_at(second, others[some]))
        result[some] = (left * right).sum(axis=1)
    return np.clip(result, -1, 1)
