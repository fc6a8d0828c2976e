"""Exact search: the rows of a matrix nearest to queries by cosine, in tiles, without a copy of the matrix."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import Any, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wordvec._kernels import topk as kernel
from wordvec.base.errors import OptionError
from wordvec.base.threads import in_order, thread_pool, usable_cores
from wordvec.codecs import Encoded
from wordvec.search import filters
from wordvec.search.arrays import Matrix, as_norms, as_rows, whole
from wordvec.search.pairs import all_nearest, nearest_blocks

__all__ = ["all_nearest", "cosines", "directed", "limited", "nearest", "nearest_blocks", "rows_closer", "unit_queries"]

Floats = NDArray[np.float32]
T = TypeVar("T")

# float32 scores choose the candidates, float64 scores order them. Spare candidates make it all but certain that the
# k best are among them; where the scores cannot prove it, a second pass settles the matter.
_SPARE = 16
_QUERIES = 256  # queries that meet a row while it is in the cache
_BATCH = 4096  # queries held in float64 at a time
_TILE_ROWS = 1 << 14  # rows scored at a time where scores are held
_WIDE_BYTES = 4 << 20  # rows held in float64 at a time
_SHARED_BYTES = 8 << 20  # a smaller matrix is read before a second thread has started
# As in the kernel: rows of a norm not between these have no direction.
_LEAST, _MOST = 2.0**-100, 2.0**100


def nearest(
    matrix: Matrix,
    queries: ArrayLike,
    k: int,
    *,
    norms: Floats,
    exclude: Sequence[Sequence[int]] | None = None,
    start: int = 0,
    stop: int | None = None,
    workers: int | None = None,
    within: ArrayLike | None = None,
    min_score: float | None = None,
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """The k rows with the highest cosine to each of [Q, D] queries: rows [Q, k] int64, cosines [Q, k] float64.

    Rows `start` to `stop` compete, of these only the ones `within` (row numbers, or a mask of [V] booleans), which
    cost what they are, not what the matrix is; `exclude` has rows to leave out for each query. k is at most the
    number of rows that compete. Zero rows, rows that are not finite, and rows with a cosine below `min_score` are
    never returned; where fewer than k rows are left, row -1 and cosine -inf fill the place. Best first, equal cosines
    by row. The answer does not depend on `workers` (threads; all usable cores where None) or on what other queries are
    asked. OptionError where a query is zero or not finite. Of an encoded matrix, the cosines are those of its decoded
    rows, or what else its codec says that it scores.

    >>> matrix = np.array([[1, 0], [0, 0], [3, 4], [0, 2]], np.float32)
    >>> rows, cosines = nearest(matrix, [[0, 1]], 2, norms=np.array([1, 0, 5, 2], np.float32))
    >>> rows.tolist(), cosines.tolist()
    ([[3, 2]], [[1.0, 0.8]])
    """
    matrix, k = as_rows(matrix, "matrix"), whole("k", k)
    norms = as_norms(norms, len(matrix))
    asked = np.asarray(queries)
    if asked.ndim == 2 and len(asked) > _BATCH:
        options: dict[str, Any] = dict(norms=norms, start=start, stop=stop, workers=workers, min_score=min_score)
        options["within"] = None if within is None else filters.rows_within(within, len(matrix), start, stop)
        pieces = [slice(*piece) for piece in _tiles(0, len(asked), _BATCH)]
        parts = [
            nearest(matrix, asked[p], k, exclude=None if exclude is None else exclude[p], **options) for p in pieces
        ]
        return np.concatenate([rows for rows, _ in parts]), np.concatenate([scores for _, scores in parts])
    units = unit_queries(asked, matrix.shape[1])
    if exclude is not None and len(exclude) != len(units):
        raise OptionError(f"exclude must have rows for each of {len(units)} queries; got {len(exclude)} lists")
    start, stop, _ = slice(start, stop).indices(len(matrix))
    if within is not None:
        allowed = filters.rows_within(within, len(matrix), start, stop)
        k = max(0, min(k, len(allowed)))
        if len(allowed) < filters.GATHER * (stop - start):
            few = filters.gathered(nearest, matrix, asked, k, allowed, norms=norms, exclude=exclude, workers=workers)
            return filters.at_least(few, min_score)
        norms = filters.only(norms, allowed)
    k = max(0, min(k, stop - start))
    rows = np.full((len(units), k), -1, np.int64)
    scores = np.full((len(units), k), -np.inf)
    if not k:
        return rows, scores
    excluded = [np.unique(np.asarray(e, np.int64)) for e in exclude] if exclude is not None else None
    wanted = matrix.places(k) if isinstance(matrix, Encoded) else k + _SPARE
    places = min(stop - start, wanted + max((len(e) for e in excluded or ()), default=0))
    bounds = _bounds(matrix, start, stop, workers)
    for query, found, approximate in _candidates(matrix, units, norms, places, bounds):
        banned = excluded[query] if excluded is not None else None
        best, exact = _settle(matrix, units[query], norms, k, found, approximate, places, banned, start, stop)
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
    for problem, bad in (("finite; it holds NaN or inf", ~np.isfinite(largest)), ("other than zero", largest == 0)):
        if bad.any():
            raise OptionError(f"a query must be {problem}, to have a direction (query {int(np.flatnonzero(bad)[0])})")
    wide = wide / largest  # so that no square overflows
    units: NDArray[np.float64] = wide / np.sqrt(np.square(wide).sum(axis=1, keepdims=True))
    return units


def cosines(
    matrix: Matrix, query: ArrayLike, *, norms: Floats, start: int = 0, stop: int | None = None,
    workers: int | None = None,
) -> NDArray[np.float32]:  # fmt: skip
    """The cosine of every row from `start` to `stop` with one query, as float32; 0 for rows without direction."""
    matrix = as_rows(matrix, "matrix")
    norms = as_norms(norms, len(matrix))
    unit = unit_queries(query, matrix.shape[1])[0].astype(np.float32)
    start, stop, _ = slice(start, stop).indices(len(matrix))
    result = np.zeros(max(0, stop - start), np.float32)
    source = matrix.full if isinstance(matrix, Encoded) else matrix

    def score(low: int, high: int) -> None:
        out = result[low - start : high - start]
        real = directed(norms[low:high])
        if isinstance(source, Encoded):
            out[:] = np.where(real, np.nan_to_num(source.estimates(unit, low, high)), 0)
            return
        kernel.products(source, unit, low, out)
        np.divide(out, norms[low:high], out=out, where=real)
        out[~real] = 0

    _in_threads(score, _bounds(matrix, start, stop, workers))
    return np.clip(result, -1, 1, out=result)


def rows_closer(matrix: Matrix, query: ArrayLike, score: float, *, norms: Floats) -> NDArray[np.int64]:
    """The rows whose cosine with one query is above `score`, in row order; rows without direction never are."""
    matrix = as_rows(matrix, "matrix")
    norms = as_norms(norms, len(matrix))
    unit = unit_queries(query, matrix.shape[1])[0]
    found = [rows[exact > score] for rows, exact in _above(matrix, unit, score, norms, 0, len(matrix))]
    return np.concatenate([np.empty(0, np.int64), *found])


def _candidates(
    matrix: Matrix, units: NDArray[np.float64], norms: Floats, places: int, bounds: list[int]
) -> Iterator[tuple[int, NDArray[np.int64], Floats]]:
    """(query, candidate rows, their float32 scores), at most `places` of each query, by a thread for each range."""
    narrow = units.astype(np.float32)
    for first in range(0, len(units), _QUERIES):
        batch = narrow[first : first + _QUERIES]
        shares = _in_threads(lambda low, high: _look(matrix, batch, norms, places, low, high), bounds)  # noqa: B023
        for query in range(len(batch)):
            rows = np.concatenate([share[query][0] for share in shares])
            scores = np.concatenate([share[query][1] for share in shares])
            yield first + query, *_most(places, rows, scores)


def _most(places: int, rows: NDArray[np.int64], scores: Floats) -> tuple[NDArray[np.int64], Floats]:
    """The best candidates, in no order; of equal scores the first rows."""
    if len(rows) <= places:
        return rows, scores
    last = -np.partition(-scores, places - 1)[places - 1]
    keep = np.flatnonzero(scores > last)
    ties = np.flatnonzero(scores == last)
    keep = np.concatenate([keep, ties[np.argsort(rows[ties])][: places - len(keep)]])
    return rows[keep], scores[keep]


def _look(
    matrix: Matrix, batch: Floats, norms: Floats, places: int, start: int, stop: int
) -> list[tuple[NDArray[np.int64], Floats]]:
    if isinstance(matrix, Encoded):
        return matrix.candidates(batch, norms, places, start, stop)
    return (_look_for_one if len(batch) == 1 else _look_for_many)(matrix, batch, norms, places, start, stop)


def _look_for_one(
    matrix: Floats, batch: Floats, norms: Floats, places: int, start: int, stop: int
) -> list[tuple[NDArray[np.int64], Floats]]:
    scores, rows = np.empty(places, np.float32), np.empty(places, np.int64)
    filled = kernel.scan(matrix, norms, batch[0], start, stop, scores, rows)
    return [(rows[:filled], scores[:filled])]


def _look_for_many(
    matrix: Floats, batch: Floats, norms: Floats, places: int, start: int, stop: int
) -> list[tuple[NDArray[np.int64], Floats]]:
    queries, lanes = len(batch), kernel.LANES
    panels = -(-queries // lanes)
    packed = np.zeros((panels * lanes, batch.shape[1]), np.float32)
    packed[:queries] = batch
    packed = np.ascontiguousarray(packed.reshape(panels, lanes, -1).transpose(0, 2, 1))
    scores, rows = np.empty((queries, places), np.float32), np.empty((queries, places), np.int64)
    filled, worst = np.zeros(queries, np.intp), np.empty((panels, lanes), np.float32)
    kernel.scan_many(matrix, norms, packed, start, stop, scores, rows, filled, worst)
    return [(rows[q, :n], scores[q, :n]) for q, n in enumerate(filled.tolist())]


def _bounds(matrix: Matrix, start: int, stop: int, workers: int | None) -> list[int]:
    """The rows from `start` to `stop` cut into a range for each thread."""
    parts = usable_cores() if workers is None else max(1, workers)
    row_bytes = (matrix.codes if isinstance(matrix, Encoded) else matrix)[:1].nbytes
    if workers is None and (stop - start) * row_bytes < _SHARED_BYTES:
        parts = 1
    return [start + (stop - start) * i // parts for i in range(parts + 1)]


def limited(matrix: Matrix, workers: int | None) -> int | None:
    """`workers` as a limit of threads for this matrix, 1 where it is too small to share; None stays, all usable cores.

    OptionError where it is no number of at least 1.
    """
    if workers is None:
        return None
    if isinstance(workers, bool) or whole("workers", workers) < 1:
        raise OptionError(f"workers must be at least 1, or None for all usable cores; got {workers!r}")
    row_bytes = (matrix.codes if isinstance(matrix, Encoded) else matrix)[:1].nbytes
    return 1 if len(matrix) * row_bytes < _SHARED_BYTES else min(int(workers), usable_cores())


def _in_threads(work: Callable[[int, int], T], bounds: list[int]) -> list[T]:
    """The results of `work(low, high)` for every range; the threads end with the call."""
    if len(bounds) == 2:
        return [work(*bounds)]
    with thread_pool(len(bounds) - 1) as pool:
        return list(in_order(pool, lambda part: work(*part), pairwise(bounds), len(bounds)))


def _settle(
    matrix: Matrix, unit: NDArray[np.float64], norms: Floats, k: int, rows: NDArray[np.int64], scores: Floats,
    places: int, banned: NDArray[np.int64] | None, start: int, stop: int,
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:  # fmt: skip
    """The k best rows and their float64 cosines, from candidates chosen by float32 scores."""
    worst = float(scores.min()) if len(scores) == places < stop - start else -np.inf
    if banned is not None:
        rows = rows[~np.isin(rows, banned)]
    best, exact = _best(k, rows, _exact(matrix, rows, unit))
    # No row outside the candidates has an approximate score above `worst`, nor a true one above it by more than the
    # error; a codec without a bound for its error stands by its candidates.
    error = _error(matrix)
    if worst == -np.inf or error == np.inf or (len(exact) == k and exact[-1] > worst + error):
        return best, exact
    lowest = exact[-1] if len(exact) == k else -np.inf
    best, exact = best[:0], exact[:0]
    for more, more_exact in _above(matrix, unit, lowest, norms, start, stop):
        keep = slice(None) if banned is None else ~np.isin(more, banned)
        best, exact = _best(k, np.concatenate([best, more[keep]]), np.concatenate([exact, more_exact[keep]]))
    return best, exact


def _above(
    matrix: Matrix, unit: NDArray[np.float64], score: float, norms: Floats, start: int, stop: int
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.float64]]]:
    """(rows, float64 cosines) of every row that may reach `score`, a tile at a time."""
    source: Matrix = matrix.full if isinstance(matrix, Encoded) else matrix
    narrow, margin = unit.astype(np.float32), _error(source)
    products = np.empty(min(_TILE_ROWS, max(0, stop - start)), np.float32)
    for first, last in _tiles(start, stop, _TILE_ROWS):
        norm, out = norms[first:last], products[: last - first]
        with np.errstate(all="ignore"):
            if isinstance(source, Encoded):
                reached = source.estimates(narrow, first, last) >= score - margin
            else:
                kernel.products(source, narrow, first, out)
                reached = out >= np.float32(score - margin) * norm
        rows = first + np.flatnonzero(reached & directed(norm))
        if len(rows):
            yield rows, _exact(source, rows, unit)


def _exact(matrix: Matrix, rows: NDArray[np.int64], unit: NDArray[np.float64]) -> NDArray[np.float64]:
    """The cosines of some rows in float64; the sums of a row do not depend on which rows come with it."""
    if isinstance(matrix, Encoded):
        return np.clip(matrix.cosines(rows, unit), -1, 1)
    result = np.empty(len(rows))
    step = max(1, _WIDE_BYTES // (8 * matrix.shape[1] or 1))
    for first, last in _tiles(0, len(rows), step):
        wide = matrix[rows[first:last]].astype(np.float64)
        result[first:last] = (wide * unit).sum(axis=1) / np.sqrt(np.square(wide).sum(axis=1))
    return np.clip(result, -1, 1, out=result)


def _best(
    k: int, rows: NDArray[np.int64], scores: NDArray[np.float64]
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    order = np.lexsort((rows, -scores))[:k]
    order = order[~np.isnan(scores[order])]  # encoded rows of which nothing was left
    return rows[order], scores[order]


def _error(matrix: Matrix) -> float:
    """How far a float32 cosine may be from the true one: each of its operations rounds by at most 2^-24."""
    return matrix.slack() if isinstance(matrix, Encoded) else (matrix.shape[1] + 8) * 2.0**-24


def directed(norms: Floats) -> NDArray[np.bool_]:
    """Which rows have a direction, by their norms: not those of zeros, nor those that are not finite."""
    return (norms > _LEAST) & (norms < _MOST)


def _tiles(start: int, stop: int, step: int) -> Iterator[tuple[int, int]]:
    for first in range(start, stop, max(1, step)):
        yield first, min(first + step, stop)
