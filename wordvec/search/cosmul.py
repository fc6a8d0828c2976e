"""3CosMul with lists of vectors of any length: the product of similarities to some over that to others."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wordvec.base.errors import OptionError
from wordvec.rows import as_rows
from wordvec.search.analogy import TINY
from wordvec.search.arrays import Matrix, whole
from wordvec.search.exact import unit_queries
from wordvec.search.filters import only, rows_within
from wordvec.search.tables import SPARE, Best, cosine_tiles, each_cosine

__all__ = ["cosmul"]

Wide = NDArray[np.float64]
RowsAndScores = tuple[NDArray[np.int64], Wide]


def cosmul(
    matrix: Matrix,
    positive: ArrayLike,
    negative: ArrayLike,
    k: int,
    *,
    norms: ArrayLike | None = None,
    eps: float = 1e-3,
    exclude: Sequence[int] = (),
    start: int = 0,
    stop: int | None = None,
    within: ArrayLike | None = None,
) -> RowsAndScores:
    """The k rows with the highest product of similarities to [P, D] vectors over that to [N, D]: rows [k], scores [k].

    The score of y is prod s(y, positive) / (prod s(y, negative) + eps), s = (1 + cosine) / 2 (Levy, Goldberg 2014,
    equation 5, for lists of any length; gensim's eps is 1e-6), computed as a difference of logarithms. Either list may
    be empty, not both. Fewer than k rows come back where fewer compete. OptionError for vectors without direction.

    >>> matrix = np.array([[1, 0, 0], [1, 1, 0], [0, 0, 1], [0, 1, 1]], np.float32)
    >>> cosmul(matrix, matrix[[1, 2]], matrix[:1], 1, exclude=[0, 1, 2])[0].tolist()
    [3]
    """
    if not eps > 0:
        raise OptionError(f"eps must be > 0; got {eps!r}")
    searched = as_rows(matrix, norms)
    dim = searched.shape[1]
    lists = [unit_queries(v, dim) if np.size(v) else np.empty((0, dim)) for v in (positive, negative)]
    units, many = np.concatenate(lists), len(lists[0])
    if not len(units):
        raise OptionError("positive or negative must hold a vector; got neither")
    lengths = searched.divisors
    if within is not None:
        lengths = only(lengths, rows_within(within, len(searched), start, stop))
    best = Best(max(0, whole("k", k)) + SPARE)
    for first, last, table in cosine_tiles(searched, units, lengths, start, stop):
        scores = _log_ratio(table[:, : last - first], many, eps)
        scores[[row - first for row in exclude if first <= row < last]] = np.nan
        best.add(first, scores)
    rows = best.rows()
    scores = np.exp(_log_ratio(each_cosine(searched, units, rows), many, eps))
    order = np.lexsort((rows, -scores))[: max(0, k)]
    return rows[order], scores[order]


def _log_ratio(cosines: NDArray[Any], many: int, eps: float) -> Wide:
    """log(prod s(positive) / (prod s(negative) + eps)) of cosines [P + N, C], the first `many` positive."""
    logs = np.log(np.maximum((1 + cosines.astype(np.float64)) / 2, TINY))
    with np.errstate(invalid="ignore"):  # NaN stays NaN
        return np.asarray(logs[:many].sum(axis=0) - np.logaddexp(logs[many:].sum(axis=0), np.log(eps)))
