"""What pairs and graphs do alike to a sparse matrix: names in order of weight, CSR form, digests."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wordvec.base.digests import digest_of
from wordvec.base.errors import CorpusError
from wordvec.vocabulary import Vocabulary
from wordvec.vocabulary.word_index import in_order


def named(names: Vocabulary | Iterable[str] | None, size: int, what: str) -> Vocabulary:
    """The names of the rows or columns of a matrix; their numbers where no names were given."""
    if names is None:
        return Vocabulary.from_words([str(number) for number in range(size)])
    made = names if isinstance(names, Vocabulary) else Vocabulary.from_words(names)
    if len(made) != size:
        raise CorpusError(f"{what} must have a name for each of {size} rows or columns; got {len(made)}")
    return made


def by_weight(
    names: Vocabulary, ids: NDArray[Any], weights: NDArray[np.float64] | None = None, stable: bool = False
) -> tuple[Vocabulary, NDArray[np.int32]]:
    """The names that occur, by falling weight, with whole weights as counts; and new ids.

    Names of equal weight come by bytes, or where `stable` in the order that they have. Without weights an id counts 1.
    """
    totals = np.bincount(ids, weights, len(names))
    order = np.arange(len(names)) if stable else in_order(names.data, names.offsets).astype(np.int64)
    order = order[totals[order] > 0]
    order = order[np.argsort(-totals[order], kind="stable")]
    rank = np.zeros(len(names), np.int32)
    rank[order] = np.arange(len(order), dtype=np.int32)
    counts = np.maximum(np.rint(totals[order]), 1).astype(np.int64)
    words = names.take(order)
    return Vocabulary(words.data, words.offsets, counts), rank[ids]


def compressed(
    rows: NDArray[Any], columns: NDArray[Any], weights: NDArray[np.float64], shape: tuple[int, int]
) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.float64]]:
    """A matrix in CSR form, equal cells added, columns rising: indptr, indices and weights."""
    from scipy.sparse import coo_array

    matrix = coo_array((weights, (rows, columns)), shape).tocsr()
    matrix.sum_duplicates()
    return matrix.indptr.astype(np.int64), matrix.indices.astype(np.int32), matrix.data


def fingerprint(*arrays: NDArray[Any], more: object = None) -> str:
    """A digest of the items of arrays, and of what is told by `repr`, 32 hexadecimal digits."""
    return digest_of(repr((more, [len(array) for array in arrays])), *arrays)
