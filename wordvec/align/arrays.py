"""Array types of the alignment code, and the figures that follow from the ranks of right answers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from wordvec import search
from wordvec.vectors import KeyedVectors

Ints = NDArray[np.int64]
Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]

_BLOCK = 1024  # queries searched at a time


def ranks_of_answers(
    source: KeyedVectors, target: KeyedVectors, rows: Ints, depth: int, *, exclude: Ints | None = None
) -> Ints:
    """[n] the rank of row rows[i, 1] of the target among the nearest to row rows[i, 0] of the source; 0 beyond `depth`.

    Ranks start at 1. `exclude` [n, m] are rows of the target that a query leaves out.
    """
    ranks = np.zeros(len(rows), np.int64)
    for first in range(0, len(rows), _BLOCK):
        block = slice(first, first + _BLOCK)
        nearest, _ = search.nearest(
            target.rows,
            source.vectors[rows[block, 0]],
            depth,
            exclude=None if exclude is None else exclude[block].tolist(),
        )
        right: NDArray[np.bool_] = nearest == rows[block, 1:]
        ranks[block] = np.where(right.any(axis=1), right.argmax(axis=1) + 1, 0)
    return ranks


def mean_reciprocal_rank(ranks: NDArray[np.number], queries: int) -> float:
    """The mean of 1 / rank over the queries, where rank 0, and queries without a rank, count as 0."""
    return float((1 / ranks[ranks > 0]).sum() / queries)


def precision_at(ranks: NDArray[np.number], queries: int, depths: Sequence[int]) -> list[float]:
    """For each depth the share of the queries whose right answer has a rank from 1 to that depth."""
    hits = ranks[ranks > 0]
    return [float((hits <= depth).sum() / queries) for depth in depths]
