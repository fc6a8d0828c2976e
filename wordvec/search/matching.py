"""The best rows of one space for the rows of another, by cosines in float32: fast, and in bounded memory."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wordvec.base.threads import in_order, thread_pool, usable_cores
from wordvec.rows import as_rows
from wordvec.search.arrays import Matrix
from wordvec.search.filters import as_bans
from wordvec.search.tables import SHIFT, Questions, Sums, best_sums

__all__ = ["mutual", "roughly_best"]

Floats = NDArray[np.float32]
Wide = NDArray[np.float64]
Ints = NDArray[np.int64]

_GROUP = 1024  # queries worked on at a time by a thread


def roughly_best(
    matrix: Matrix,
    queries: NDArray[Any],
    k: int,
    *,
    norms: ArrayLike | None = None,
    exclude: Sequence[Sequence[int]] | None = None,
    workers: int | None = None,
) -> tuple[Ints, Wide]:
    """The k rows of the highest scores for [Q, D] queries: rows [Q, k] int64, scores [Q, k], best first.

    A score is the product of the query with the row at length 1: a cosine where queries have length 1; with `norms` of
    ones it is the product with the row as it is. It is a sum of float32: rows whose scores differ by less than 1e-6 may
    change places, which is what makes this several times as fast as the exact `nearest`. Row -1 and score -inf fill
    places that no row takes. The answer does not depend on `workers`. Where both sides are asked for, `BothWays` is
    faster.

    >>> matrix, ones = np.eye(3, dtype=np.float32), np.ones(3, np.float32)
    >>> roughly_best(matrix, matrix[[2, 0]], 1, norms=ones)[0].tolist()
    [[2], [0]]
    """
    searched = as_rows(matrix, norms)
    lengths, k = searched.divisors, max(0, min(k, len(searched)))

    def work(first: int) -> tuple[Ints, Wide]:
        units = np.ascontiguousarray(queries[first : first + _GROUP], np.float32)
        banned = np.full((len(units), 0), -1, np.int64)
        if exclude is not None:
            banned = as_bans(exclude[first : first + _GROUP])

        def transform(table: Floats, low: int, high: int) -> tuple[Floats, Floats]:
            return table, np.zeros((1, table.shape[1]), np.float32)

        lines, zeros = np.arange(len(units), dtype=np.int32), np.zeros(len(units), np.int32)
        questions = Questions(SHIFT, zeros, lines, lines, np.zeros(0, np.float32), banned)
        return best_sums(searched, units, [Sums(questions, transform, k)], lengths, workers=1)[0]

    rows, scores = np.empty((len(queries), k), np.int64), np.empty((len(queries), k))
    parts = usable_cores() if workers is None else max(1, workers)
    with thread_pool(parts) as pool:
        groups = range(0, len(queries), _GROUP)
        for first, best in zip(groups, in_order(pool, work, groups, 2 * parts)):
            rows[first : first + _GROUP], scores[first : first + _GROUP] = best
    return rows, scores


def mutual(forward: Ints, backward: Ints) -> tuple[Ints, Ints]:
    """The pairs of rows that are each the best of the other, from the best of each row, -1 for none; rising.

    >>> [rows.tolist() for rows in mutual(np.array([1, 1, -1]), np.array([-1, 0]))]
    [[0], [1]]
    """
    rows = np.flatnonzero(forward >= 0)
    rows = rows[backward[forward[rows]] == rows]
    return rows, forward[rows]
