"""Tables of cosines, vectors by rows, in tiles that stay in the cache; and the best rows by sums of their lines."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from wordvec._kernels import tables as kernel
from wordvec.base.threads import usable_cores
from wordvec.rows.scanning import in_threads
from wordvec.search import filters
from wordvec.search.arrays import as_matrix, as_norms

__all__ = [
    "Best",
    "Questions",
    "Sums",
    "best_sums",
    "cosine_tiles",
    "each_cosine",
    "each_tile",
    "exact_cosines",
    "in_order",
    "reranked",
]

T = TypeVar("T")
Floats = NDArray[np.float32]
RowsAndScores = tuple[NDArray[np.int64], NDArray[np.float64]]
# The tables that scores are made of, (x, y), from the cosines [W, C] with rows `first` to `last`; C >= last - first
Transform = Callable[[Floats, int, int], tuple[Floats, Floats]]

SUM, SHIFT, RATIO = kernel.SUM, kernel.SHIFT, kernel.RATIO
COLUMNS = 512  # rows in a tile, where the lines are few
_TABLE_BYTES = 4 << 20  # more lines have fewer columns
CANDIDATES = 1 << 20  # candidates held at a time
_WIDE_BYTES = 16 << 20  # candidate rows held in float64 at a time
_SIFTED = 1 << 16  # candidates that are not worth sifting
_LITTLE = 1 << 22  # sums of a table below which one thread does the work
SPARE = 16  # candidates beyond k, so that float64 may order what float32 has chosen
MOST_PLACES = 4096  # candidates where scores are so close that float32 cannot tell them apart


class Best:
    """The rows with the highest scores of those that come in tiles, in row order; of equal scores the first rows.

    Time and memory follow the rows that come and those that stay: candidates are sifted when they have doubled.
    """

    def __init__(self, places: int) -> None:
        self._places, self._held = places, 0
        self._parts: list[RowsAndScores] = []

    def add(self, first: int, scores: NDArray[Any]) -> None:
        """The scores of the rows from `first` on; rows with NaN are left out."""
        some = np.flatnonzero(~np.isnan(scores))
        self._parts.append((first + some, scores[some].astype(np.float64)))
        self._held += len(some)
        if self._held > 2 * self._places + _SIFTED:
            self._sift()

    def rows(self) -> NDArray[np.int64]:
        """The rows that stay, at most `places`, rising."""
        self._sift()
        return self._parts[0][0]

    def _sift(self) -> None:
        rows = np.concatenate([np.empty(0, np.int64), *(rows for rows, _ in self._parts)])
        scores = np.concatenate([np.empty(0), *(scores for _, scores in self._parts)])
        if len(rows) > self._places:
            last = -np.partition(-scores, self._places - 1)[self._places - 1]
            above = scores > last
            ties = np.flatnonzero(scores == last)[: self._places - int(above.sum())]
            keep = np.sort(np.concatenate([np.flatnonzero(above), ties]))
            rows, scores = rows[keep], scores[keep]
        self._parts, self._held = [(rows, scores)], len(rows)


@dataclass(frozen=True)
class Questions:
    """Q questions to tables: SUM is x[b] - y[a] + x[c], SHIFT x[b] - y[a], RATIO (x[b] - x[a] - shift) * y[c]."""

    form: int
    a: NDArray[np.int32]  # [Q] lines of a table
    b: NDArray[np.int32]  # [Q]
    c: NDArray[np.int32]  # [Q]
    shift: Floats  # [Q], or [0] where it is not read
    banned: NDArray[np.int64]  # [Q, B] rows that are no answers; -1 for none

    def __len__(self) -> int:
        return len(self.b)


@dataclass(frozen=True)
class Sums:
    """What is asked of the rows: the best `places` of them for each question, by tables made of the cosines."""

    questions: Questions
    transform: Transform
    places: int


def columns_for(lines: int) -> int:
    """How many columns a table of so many lines has: a multiple of what the kernel takes at a time."""
    most = max(1, min(COLUMNS, _TABLE_BYTES // (4 * max(1, lines))) // kernel.CHUNK)
    return int(most * kernel.CHUNK)


def cosine_tiles(
    matrix: Any, units: NDArray[Any], lengths: Floats, start: int = 0, stop: int | None = None
) -> Iterator[tuple[int, int, Floats]]:
    """(first, last, table) for all rows in order: table [W, C] float32 has the products of [W, D] vectors with the
    rows from `first` to `last`, each row divided by its length; NaN for rows without direction and in columns beyond.

    The table is the same array each time, of some 4 MB whatever the number of rows.
    """
    narrow, lengths = np.ascontiguousarray(units, np.float32), as_norms(lengths, len(matrix))
    start, stop, _ = slice(start, stop).indices(len(matrix))
    columns = columns_for(len(narrow))
    table, panel = np.empty((len(narrow), columns), np.float32), np.empty(16 * matrix.shape[1], np.float32)
    for first in range(start, stop, columns):
        last = min(first + columns, stop)
        tile = as_matrix(matrix[first:last], "matrix")
        kernel.table(tile, lengths[first:last], narrow, table, panel)
        yield first, last, table


def best_sums(
    matrix: Any,
    units: NDArray[Any],
    asked: Sequence[Sums],
    lengths: Floats,
    *,
    start: int = 0,
    stop: int | None = None,
    workers: int | None = None,
) -> list[RowsAndScores]:
    """For each of `asked` the rows with the highest scores for each question: rows [Q, places], float32 scores as
    float64, best first. All of them are made of the same cosines, which are computed once.

    Row -1 and score -inf fill places that no row takes. Equal scores come by row, whatever the tiles and threads.
    """

    def share(low: int, high: int) -> list[RowsAndScores]:
        heaps = [_heaps(len(one.questions), one.places) for one in asked]
        for first, last, table in cosine_tiles(matrix, units, lengths, low, high):
            for one, heap in zip(asked, heaps):
                x, y = one.transform(table, first, last)
                of = one.questions
                kernel.best(of.form, x, y, of.a, of.b, of.c, of.shift, of.banned, first, *heap)
        return [(rows, scores.astype(np.float64)) for scores, rows, _ in heaps]

    effort = sum(len(one.questions) for one in asked) + len(units) * matrix.shape[1] // 8
    shares = _shared(share, len(matrix), start, stop, effort, workers)
    return [filters.best_of(parts, one.places) for one, parts in zip(asked, zip(*shares))]


def _heaps(questions: int, places: int) -> tuple[Floats, NDArray[np.int64], NDArray[np.intp]]:
    """The scores and rows [Q, places] of the best so far, and how many places are filled [Q]: none."""
    scores = np.full((questions, places), -np.inf, np.float32)
    return scores, np.full((questions, places), -1, np.int64), np.zeros(questions, np.intp)


def each_tile(
    work: Callable[[int, int, Floats], T],
    matrix: Any,
    units: NDArray[Any],
    lengths: Floats,
    workers: int | None,
    stop: int | None = None,
) -> list[T]:
    """What work(first, last, table [W, last - first]) gives for tiles of all rows to `stop`, in several threads.

    The results come in the order of the rows; where a tile ends depends on the number of threads.
    """

    def share(low: int, high: int) -> list[T]:
        tiles = cosine_tiles(matrix, units, lengths, low, high)
        return [work(first, last, table[:, : last - first]) for first, last, table in tiles]

    parts = _shared(share, len(matrix), 0, stop, len(units) * matrix.shape[1] // 8, workers)
    return [result for part in parts for result in part]


def reranked(
    candidates: Callable[[NDArray[np.intp], int], RowsAndScores],
    exact: Callable[[NDArray[np.intp], NDArray[np.int64], NDArray[np.float64]], RowsAndScores],
    count: int,
    k: int,
    most: int,
    margin: float,
    spare: int = SPARE,
    known: RowsAndScores | None = None,
) -> RowsAndScores:
    """The k best rows of `count` questions: candidates(questions, places) by float32, put in order by `exact`.

    exact(questions, rows, float32 scores) gives the best of the candidates. Where the worst candidate is within the
    margin of the k-th, so that a row outside may be better, those questions have another round with more candidates.
    `known` has the k + spare candidates of all questions where they are there already.
    """
    rows, scores = np.full((count, k), -1, np.int64), np.full((count, k), -np.inf)
    left, places = np.arange(count), min(k + spare, most)
    while len(left) and places > 0:
        again, step = [left[:0]], max(1, CANDIDATES // places)
        for first in range(0, len(left), step):
            some = left[first : first + step]
            chosen, rough = candidates(some, places) if known is None else (known[0][some], known[1][some])
            near = (chosen[:, -1] >= 0) & (rough[:, -1] >= rough[:, min(k, places) - 1] - margin)
            near &= places < min(most, MOST_PLACES)
            best, values = exact(some[~near], chosen[~near], rough[~near])
            rows[some[~near], : best.shape[1]], scores[some[~near], : best.shape[1]] = best, values
            again.append(some[near])
        left, places, known = np.concatenate(again), min(8 * places, most), None
    return rows, scores


def exact_cosines(matrix: Any, units: NDArray[np.float64], rows: NDArray[np.int64]) -> NDArray[np.float64]:
    """The float64 cosines of [Q, D] vectors of length 1 with rows [Q, K] for each; row -1 counts as row 0."""
    result = np.empty(rows.shape)
    step = max(1, _WIDE_BYTES // (8 * matrix.shape[1] * max(1, rows.shape[1])))
    for first in range(0, len(rows), step):
        piece = slice(first, first + step)
        wide = np.asarray(matrix[np.maximum(rows[piece], 0).ravel()], np.float64).reshape(*rows[piece].shape, -1)
        with np.errstate(invalid="ignore", divide="ignore"):
            lengths = np.sqrt(np.square(wide).sum(axis=2))
            result[piece] = np.clip((wide * units[piece][:, None]).sum(axis=2) / lengths, -1, 1)
    return result


def each_cosine(matrix: Any, units: NDArray[np.float64], rows: NDArray[np.int64]) -> NDArray[np.float64]:
    """[W, K] the float64 cosines of each of [W, D] vectors of length 1 with each of some rows [K]."""
    result = np.empty((len(units), len(rows)))
    step = max(1, _WIDE_BYTES // (32 * matrix.shape[1]))
    for first in range(0, len(rows), step):
        wide = np.asarray(matrix[rows[first : first + step]], np.float64)
        lengths = np.sqrt(np.square(wide).sum(axis=1))
        for line, unit in zip(result, units):
            line[first : first + step] = (wide * unit).sum(axis=1) / lengths
    return np.clip(result, -1, 1, out=result)


def in_order(rows: NDArray[np.int64], scores: NDArray[np.float64], k: int) -> RowsAndScores:
    """The k best of candidate rows [Q, K] with their scores; row -1, which fills places, comes last with -inf."""
    return filters.best_of([(rows, np.where(rows < 0, -np.inf, scores))], k)


def _shared(
    share: Callable[[int, int], T], size: int, start: int, stop: int | None, effort: int, workers: int | None
) -> list[T]:
    """The results of share(low, high) for a range of the rows for each thread; one where there is little to do."""
    start, stop, _ = slice(start, stop).indices(size)
    parts = usable_cores() if workers is None else max(1, workers)
    if workers is None and (stop - start) * effort < _LITTLE:
        parts = 1
    return in_threads(share, [start + (stop - start) * i // parts for i in range(parts + 1)])
