"""The words that several embeddings have: their rows in each, and cosines between vectors of one space."""

from __future__ import annotations

import numpy as np

from wordvec.align.arrays import Doubles, Floats, Ints
from wordvec.base.arguments import check_vectors
from wordvec.search.arrays import row_cosines
from wordvec.vectors import KeyedVectors

_BLOCK = 4096  # rows in float64 at a time


def shared_words(first: KeyedVectors, second: KeyedVectors) -> tuple[Ints, Ints]:
    """The indices of the words that both have, in each of them, in the order of the first.

    >>> first, second = KeyedVectors(["a", "b", "c"], np.eye(3)), KeyedVectors(["c", "x", "b"], np.eye(3))
    >>> [indices.tolist() for indices in shared_words(first, second)]
    [[1, 2], [2, 0]]
    """
    check_vectors(first=first, second=second)
    words = first.vocabulary
    in_second = second.vocabulary.rows_of(words.data, words.offsets)
    in_first = np.flatnonzero(in_second >= 0)
    return in_first, in_second[in_first]


def row_indices(vectors: KeyedVectors, indices: Ints) -> Ints:
    """[n] the rows of the matrix for the words with these indices: the same numbers where no row is shared."""
    row_of = vectors.rows.row_of
    return indices if row_of is None else row_of[indices].astype(np.int64)


def rows_at(vectors: KeyedVectors, indices: Ints) -> Floats:
    """[n, D] float32: the vectors of the words with these indices, decoded where they are compressed."""
    return vectors.rows.take(indices)


def cosines_between(first: KeyedVectors, second: KeyedVectors, indices: Ints, others: Ints) -> Doubles:
    """[n] the cosine of word indices[i] of the first and word others[i] of the second; 0 where a vector is zero."""
    cosines = np.empty(len(indices))
    for start in range(0, len(indices), _BLOCK):
        block = slice(start, start + _BLOCK)
        cosines[block] = row_cosines(rows_at(first, indices[block]), rows_at(second, others[block]))
    return np.clip(cosines, -1, 1)
