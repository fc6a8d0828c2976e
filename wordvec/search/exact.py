"""Exact search: the rows nearest to queries by cosine, in tiles, without a copy of the matrix."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wordvec.base.errors import OptionError
from wordvec.rows import Rows, as_rows, directed
from wordvec.search import filters
from wordvec.search.arrays import Matrix, whole

Floats = NDArray[np.float32]

# float32 scores choose the candidates, float64 scores order them. Spare candidates (`Rows.places`) make it all but
# certain that the k best are among them; where the scores cannot prove it, a second pass settles the matter.
_QUERIES = 256  # queries that meet a row while it is in the cache
_BATCH = 4096  # queries held in float64 at a time
_TILE_ROWS = 1 << 14  # rows scored at a time where scores are held


def nearest(
    matrix: Matrix,
    queries: ArrayLike,
    k: int,
    *,
    norms: ArrayLike | None = None,
    exclude: Sequence[Sequence[int]] | None = None,
    start: int = 0,
    stop: int | None = None,
    workers: int | None = None,
    within: ArrayLike | None = None,
    min_score: float | None = None,
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """The k rows with the highest cosine to each of [Q, D] queries: rows [Q, k] int64, cosines [Q, k] float64.

    `matrix` is `Rows`, or an array [R, D] with its `norms` [R] where they are known. Rows `start` to `stop` compete,
    of these only the ones `within` (row numbers, or a mask of [R] booleans): then the cost grows with the rows allowed,
    not with the matrix. `exclude` has rows to leave out for each query. k is at most the number of rows that compete.
    Rows of zeros, rows that are not finite, rows of norm 0 and rows with a cosine below `min_score` are never returned;
    where fewer than k rows are left, row -1 and cosine -inf fill the place. Best first, equal cosines by row. The
    answer does not depend on `workers` (threads; all usable cores where None) or on the other queries. Cosines are
    those of decoded rows, or what else a codec says that it scores. OptionError where a query is zero or not finite.

    >>> matrix = np.array([[1, 0], [0, 0], [3, 4], [0, 2]], np.float32)
    >>> rows, cosines = nearest(matrix, [[0, 1]], 2)
    >>> rows.tolist(), cosines.tolist()
    ([[3, 2]], [[1.0, 0.8]])
    """
    searched, k, vectors = as_rows(matrix, norms), whole("k", k), np.asarray(queries)
    if vectors.ndim == 2 and len(vectors) > _BATCH:
        options: dict[str, Any] = dict(start=start, stop=stop, workers=workers, min_score=min_score)
        options["within"] = None if within is None else filters.rows_within(within, len(searched), start, stop)
        pieces = [slice(*piece) for piece in _tiles(0, len(vectors), _BATCH)]
        parts = [
            nearest(searched, vectors[p], k, exclude=None if exclude is None else exclude[p], **options) for p in pieces
        ]
        return np.concatenate([rows for rows, _ in parts]), np.concatenate([scores for _, scores in parts])
    units = unit_queries(vectors, searched.shape[1])
    if exclude is not None and len(exclude) != len(units):
        raise OptionError(f"exclude must have rows for each of {len(units)} queries; got {len(exclude)} lists")
    start, stop, _ = slice(start, stop).indices(len(searched))
    if within is not None:
        allowed = filters.rows_within(within, len(searched), start, stop)
        k = max(0, min(k, len(allowed)))
        if len(allowed) < filters.GATHER * (stop - start):
            few = filters.gathered(nearest, searched, vectors, k, allowed, exclude=exclude, workers=workers)
            return filters.at_least(few, min_score)
        searched = searched.with_norms(filters.only(searched.norms, allowed))
    k = max(0, min(k, stop - start))
    rows = np.full((len(units), k), -1, np.int64)
    scores = np.full((len(units), k), -np.inf)
    if not k:
        return rows, scores
    excluded = [np.unique(np.asarray(e, np.int64)) for e in exclude] if exclude is not None else None
    places = min(stop - start, searched.places(k) + max((len(e) for e in excluded or ()), default=0))
    narrow = units.astype(np.float32)
    for first in range(0, len(units), _QUERIES):
        batch = searched.scan_best(narrow[first : first + _QUERIES], places, start, stop, workers)
        for query, (candidates, approximate) in enumerate(batch, first):
            banned = excluded[query] if excluded is not None else None
            best, exact = _rerank(searched, units[query], k, candidates, approximate, places, banned, start, stop)
            rows[query, : len(best)], scores[query, : len(best)] = best, exact
    return filters.at_least((rows, scores), min_score)


def unit_queries(queries: ArrayLike, dim: int) -> NDArray[np.float64]:
    """[Q, D] queries as float64 of length 1; OptionError names the first that is zero, not finite or of wrong size."""
    try:
        wide = np.atleast_2d(np.asarray(queries, np.float64))
    except (TypeError, ValueError):
        raise OptionError(f"a query must be {dim} numbers; got {queries!r:.80}") from None
    if wide.ndim != 2 or wide.shape[1] != dim:
        raise OptionError(f"a query must have {dim} numbers, as the rows have; got shape {np.shape(queries)}")
    largest = np.abs(wide).max(axis=1, initial=0, keepdims=True)
    for must, bad, problem in (
        ("finite", ~np.isfinite(largest), "holds NaN or inf"),
        ("other than zero", largest == 0, "is zero"),
    ):
        if bad.any():
            which = int(np.flatnonzero(bad)[0])
            raise OptionError(f"a query must be {must}, to have a direction; query {which} {problem}")
    wide = wide / largest  # so that no square overflows
    units: NDArray[np.float64] = wide / np.sqrt(np.square(wide).sum(axis=1, keepdims=True))
    return units


def cosines(
    matrix: Matrix,
    query: ArrayLike,
    *,
    norms: ArrayLike | None = None,
    start: int = 0,
    stop: int | None = None,
    workers: int | None = None,
) -> NDArray[np.float32]:
    """The cosine of every row from `start` to `stop` with one query, as float32; 0 for rows without direction."""
    searched = as_rows(matrix, norms)
    unit = unit_queries(query, searched.shape[1])[0].astype(np.float32)
    start, stop, _ = slice(start, stop).indices(len(searched))
    scores = searched.full.scan_cosines(unit, start, max(start, stop), workers)
    if not searched.is_exact:  # codes know nothing of norms
        scores[~directed(searched.norms[start:stop])] = 0
    if np.isnan(scores.min(initial=0)):
        scores[np.isnan(scores)] = 0
    return np.clip(scores, -1, 1, out=scores)


def rows_closer(matrix: Matrix, query: ArrayLike, score: float, *, norms: ArrayLike | None = None) -> NDArray[np.int64]:
    """The rows whose cosine with one query is above `score`, in row order; rows without direction never are."""
    searched = as_rows(matrix, norms)
    unit = unit_queries(query, searched.shape[1])[0]
    closer = [rows[exact > score] for rows, exact in _above(searched, unit, score, 0, len(searched))]
    return np.concatenate([np.empty(0, np.int64), *closer])


def limited(matrix: Matrix, workers: int | None) -> int | None:
    """`workers` as a limit of threads for this matrix, 1 where it is too small to share; None stays, all usable cores.

    OptionError where it is no number of at least 1.
    """
    if workers is None:
        return None
    if isinstance(workers, bool) or whole("workers", workers) < 1:
        raise OptionError(f"workers must be at least 1, or None for all usable cores; got {workers!r}")
    return as_rows(matrix).threads(int(workers))


def _rerank(
    searched: Rows,
    unit: NDArray[np.float64],
    k: int,
    rows: NDArray[np.int64],
    scores: Floats,
    places: int,
    banned: NDArray[np.int64] | None,
    start: int,
    stop: int,
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """The k best rows and their float64 cosines, from candidates chosen by float32 scores."""
    worst = float(scores.min()) if len(scores) == places < stop - start else -np.inf
    if banned is not None:
        rows = rows[~np.isin(rows, banned)]
    best, exact = _best(k, rows, _exact(searched, rows, unit))
    # No row outside the candidates has an approximate score above `worst`, nor a true one above it by more than the
    # error; a codec without a bound for its error stands by its candidates.
    error = searched.slack()
    if worst == -np.inf or error == np.inf or (len(exact) == k and exact[-1] > worst + error):
        return best, exact
    lowest = exact[-1] if len(exact) == k else -np.inf
    best, exact = best[:0], exact[:0]
    for more, more_exact in _above(searched, unit, lowest, start, stop):
        keep = slice(None) if banned is None else ~np.isin(more, banned)
        best, exact = _best(k, np.concatenate([best, more[keep]]), np.concatenate([exact, more_exact[keep]]))
    return best, exact


def _above(
    searched: Rows, unit: NDArray[np.float64], score: float, start: int, stop: int
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.float64]]]:
    """(rows, float64 cosines) of every row that may reach `score`, a tile at a time."""
    scored, narrow = searched.full, unit.astype(np.float32)
    least, norms = score - scored.slack(), searched.norms
    for first, last in _tiles(start, stop, _TILE_ROWS):
        with np.errstate(invalid="ignore"):  # NaN, of rows without direction, reaches nothing
            reached = scored.estimates(narrow, first, last) >= least
        rows = first + np.flatnonzero(reached & directed(norms[first:last]))
        if len(rows):
            yield rows, _exact(scored, rows, unit)


def _exact(rows: Rows, numbers: NDArray[np.int64], unit: NDArray[np.float64]) -> NDArray[np.float64]:
    """The cosines of some rows in float64, from -1 to 1."""
    cosines = rows.cosines(numbers, unit)
    return np.clip(cosines, -1, 1, out=cosines)


def _best(
    k: int, rows: NDArray[np.int64], scores: NDArray[np.float64]
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    order = np.lexsort((rows, -scores))[:k]
    order = order[~np.isnan(scores[order])]  # encoded rows of which nothing was left
    return rows[order], scores[order]


def _tiles(start: int, stop: int, step: int) -> Iterator[tuple[int, int]]:
    for first in range(start, stop, max(1, step)):
        yield first, min(first + step, stop)
