"""Hubs: rows that are near to too many others. How to measure them, and scores that correct for them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wordvec.base.errors import OptionError
from wordvec.base.threads import in_order as in_turn
from wordvec.base.threads import thread_pool, usable_cores
from wordvec.rows import Dense, Rows, as_rows, directed
from wordvec.search.arrays import Matrix, whole
from wordvec.search.exact import nearest, unit_queries
from wordvec.search.filters import as_bans
from wordvec.search.pairs import nearest_blocks
from wordvec.search.tables import SHIFT, Questions, Sums, best_sums, each_tile, exact_cosines, in_order, reranked

__all__ = [
    "Hubness",
    "QueryBank",
    "csls_penalty",
    "hubness",
    "mean_cosine",
    "measures",
    "nearest_csls",
    "nearest_dynamic",
    "nearest_inverted_softmax",
    "nearest_penalised",
    "query_bank",
    "softmax_sums",
]

Floats = NDArray[np.float32]
Wide = NDArray[np.float64]
RowsAndScores = tuple[NDArray[np.int64], Wide]

_GROUP = 1024  # queries worked on at a time


@dataclass(frozen=True)
class Hubness:
    """How unevenly rows are neighbours of each other; `counts` says how often each of `rows` is.

    With N the counts, n of them, k neighbours each: `skewness` E[(N - mean)^3] / sd^3 (Radovanovic, Nanopoulos,
    Ivanovic 2010, "Hubs in Space", equation 1); `robin_hood` sum |N - mean| / (2 sum N), the share of neighbour places
    to be moved to make all counts equal; `antihubs` the share of rows with N = 0; `hub_occurrence` the share of places
    held by rows with N >= 2 k; `gini` the Gini coefficient of N (the last four: Feldbauer, Leodolter, Plant, Flexer
    2018, "Fast Approximate Hubness Reduction for Large High-Dimensional Data").
    """

    k: int
    size: int  # rows that the figures rest on: the sample
    total: int  # rows with a direction
    skewness: float
    robin_hood: float
    antihubs: float
    hub_occurrence: float
    gini: float
    rows: NDArray[np.int64]  # [size]
    counts: NDArray[np.int64]  # [size]


def hubness(
    matrix: Matrix,
    *,
    norms: ArrayLike | None = None,
    k: int = 10,
    sample: int | None = 10_000,
    seed: int = 0,
    workers: int | None = None,
) -> Hubness:
    """Measures of hubness by the k nearest rows by cosine of every row, itself left out, within a random sample.

    Only rows of the sample are neighbours, so that counts have the mean k whatever its size; None takes all rows.
    OptionError unless there are more than k rows with a direction.

    >>> matrix = np.array([[1, 0], [3, 1], [0, 1], [1, 3]], np.float32)
    >>> result = hubness(matrix, k=1)
    >>> result.counts.tolist(), result.robin_hood
    ([1, 1, 1, 1], 0.0)
    """
    searched = as_rows(matrix, norms)
    usable = np.flatnonzero(directed(searched.norms)).astype(np.int64)
    rows = usable
    if sample is not None and sample < len(rows):
        rows = np.sort(np.random.Generator(np.random.PCG64(seed)).choice(rows, max(0, sample), replace=False))
    if not 1 <= k < len(rows):
        raise OptionError(f"k must be from 1 to less than the rows that count, {len(rows)}; got {k}")
    every = len(rows) == len(usable)  # then rows stay where they are; those without direction are no neighbours
    sampled, asked = (searched, rows) if every else (Dense(*searched.gather(rows)), None)
    counts = np.zeros(len(sampled), np.int64)
    for _, neighbours, _ in nearest_blocks(sampled, k, asked=asked, workers=workers):
        counts += np.bincount(neighbours.ravel(), minlength=len(counts))
    counts = counts[rows] if every else counts
    return Hubness(k=k, size=len(rows), total=len(usable), rows=rows, counts=counts, **measures(counts, k))


def measures(counts: ArrayLike, k: int) -> dict[str, float]:
    """The figures of `Hubness` from the numbers of times that each row is a neighbour, [n]; 0 where all are equal.

    >>> {name: round(value, 3) for name, value in measures([4, 0, 0, 0], 1).items()}["robin_hood"]
    0.75
    """
    n = np.asarray(counts, np.float64)
    total, away = float(n.sum()), n - n.mean() if len(n) else n
    if not total > 0 or n.min() < 0:
        raise OptionError("counts must not be negative, nor all zero; there is nothing to measure")
    deviation = float(np.sqrt(np.square(away).mean()))
    rising = np.sort(n)
    return {
        "skewness": float((away**3).mean() / deviation**3) if deviation > 0 else 0.0,
        "robin_hood": float(np.abs(away).sum() / (2 * total)),
        "antihubs": float((n == 0).mean()),
        "hub_occurrence": float(n[n >= 2 * k].sum() / total),
        "gini": float(((2 * np.arange(1, len(n) + 1) - len(n) - 1) * rising).sum() / (len(n) * total)),
    }


def csls_penalty(
    source: Any,
    target: Matrix,
    k: int = 10,
    *,
    norms: ArrayLike | None = None,
    same: bool = False,
    block: int = 1024,
    workers: int | None = None,
) -> Wide:
    """The mean cosine of each row of `source` [S, D] with its k nearest rows of `target` [T, D], [S] float64.

    `norms` [T] are the lengths of the target rows. With `same`, row i of the source is row i of the target and not its
    own neighbour. Where there are fewer than k rows, the mean is that of those there are. Rows of the source without
    direction get 0. OptionError where the target has none with a direction. For all rows of two sides, and in float32,
    `BothWays` is several times as fast.

    This is r of CSLS: Conneau, Lample, Ranzato, Denoyer, Jegou 2018, "Word Translation Without Parallel Data",
    section 2.3.
    """
    if k < 1:
        raise OptionError(f"k must be >= 1; got {k}")
    searched = as_rows(target, norms)
    if not directed(searched.norms).any():
        raise OptionError("target must have a row with a direction; all are zero or not finite")
    result = np.zeros(len(source))
    for first in range(0, len(source), block):
        part = np.asarray(source[first : first + block], np.float64)
        real = np.flatnonzero(np.isfinite(part).all(axis=1) & (np.abs(part).max(axis=1, initial=0) > 0))
        own = (first + real)[:, None].tolist() if same else None
        if len(real):
            units = unit_queries(part[real], part.shape[1])
            result[first + real] = mean_cosine(nearest(searched, units, k, exclude=own, workers=workers))
    return result


def mean_cosine(near: RowsAndScores) -> Wide:
    """The mean score of each row with its nearest rows, [n]; 0 for rows that have none."""
    rows, scores = near
    mean: Wide = np.where(rows >= 0, scores, 0).sum(axis=1) / np.maximum((rows >= 0).sum(axis=1), 1)
    return mean


def nearest_csls(
    matrix: Matrix,
    queries: ArrayLike,
    k: int,
    *,
    penalty: ArrayLike,
    norms: ArrayLike | None = None,
    own: ArrayLike | None = None,
    neighbours: int = 0,
    exclude: Sequence[Sequence[int]] | None = None,
    workers: int | None = None,
) -> RowsAndScores:
    """The k rows of the highest CSLS for [Q, D] queries: rows [Q, k], scores 2 cos(x, y) - own(x) - penalty(y).

    `penalty` [V] is `csls_penalty(queries' space, matrix)` the other way round: of each row of the matrix among the
    rows that queries come from. `own` [Q], `csls_penalty(queries, matrix)`, does not change the order, and is needed
    only where scores of different queries are compared; with `neighbours` it is computed from that many nearest rows,
    `exclude` apart, in float32, and of the products that are made anyway. Exact over all rows.

    >>> matrix = np.array([[1, 0], [1, 1], [0, 1]], np.float32)
    >>> nearest_csls(matrix, [[1, 0.9]], 1, penalty=[0, 1, 0])[0].tolist()
    [[0]]
    """
    half = np.asarray(penalty, np.float64) / 2
    rows, scores, means = _in_groups(as_rows(matrix, norms), queries, k, half, exclude, workers, max(0, neighbours))
    if neighbours > 0:
        own = means
    return rows, 2 * scores - (0 if own is None else np.asarray(own, np.float64).reshape(-1, 1))


def nearest_penalised(
    matrix: Matrix,
    queries: ArrayLike,
    k: int,
    *,
    penalty: ArrayLike,
    norms: ArrayLike | None = None,
    exclude: Sequence[Sequence[int]] | None = None,
    workers: int | None = None,
) -> RowsAndScores:
    """The k rows with the highest cosine less a penalty of the row, [V]: rows [Q, k] int64, scores [Q, k] float64.

    Every row competes, not the nearest alone. Places for which no row is left have row -1 and score -inf.
    """
    return _in_groups(as_rows(matrix, norms), queries, k, penalty, exclude, workers, 0)[:2]


def _in_groups(
    searched: Rows,
    queries: ArrayLike,
    k: int,
    penalty: ArrayLike,
    exclude: Sequence[Sequence[int]] | None,
    workers: int | None,
    near: int,
) -> tuple[NDArray[np.int64], Wide, Wide]:
    """What `nearest_penalised` gives, and the mean cosine of each query with its `near` nearest rows, [Q]."""
    penalties, lengths = np.asarray(penalty, np.float64), searched.divisors
    if penalties.shape != (len(lengths),) or not np.isfinite(penalties).all():
        raise OptionError(
            f"penalty must be a finite number for each of {len(lengths)} rows; got shape {penalties.shape}"
        )
    units = unit_queries(queries, searched.shape[1])
    if exclude is not None and len(exclude) != len(units):
        raise OptionError(f"exclude must have rows for each of {len(units)} queries; got {len(exclude)} lists")
    k, near = max(0, min(whole("k", k), len(lengths))), min(whole("neighbours", near), len(lengths))
    rows, scores, means = np.empty((len(units), k), np.int64), np.empty((len(units), k)), np.zeros(len(units))
    parts = usable_cores() if workers is None else max(1, workers)
    alone = len(units) >= parts * _GROUP  # a group for each thread, rather than a share of the rows

    def work(first: int) -> tuple[NDArray[np.int64], Wide, Wide]:
        some = slice(first, first + _GROUP)
        left_out = None if exclude is None else exclude[some]
        return _nearest_penalised(searched, lengths, units[some], k, penalties, left_out, 1 if alone else workers, near)

    with thread_pool(parts if alone else 1) as pool:
        groups = range(0, len(units), _GROUP)
        for first, results in zip(groups, in_turn(pool, work, groups, 2 * parts)):
            for whole_result, part in zip((rows, scores, means), results):
                whole_result[first : first + _GROUP] = part
    return rows, scores, means


def _nearest_penalised(
    searched: Rows,
    lengths: Floats,
    units: Wide,
    k: int,
    penalties: Wide,
    exclude: Sequence[Sequence[int]] | None,
    workers: int | None,
    near: int,
) -> tuple[NDArray[np.int64], Wide, Wide]:
    banned = np.full((len(units), 0), -1, np.int64) if exclude is None else as_bans(exclude)
    middle = float(penalties.mean()) if len(penalties) else 0.0
    narrow = (penalties - middle).astype(np.float32)  # what is subtracted from all rows does not change the order
    means = np.full(len(units), np.nan if near else 0.0)

    def transform(table: Floats, first: int, last: int) -> tuple[Floats, Floats]:
        lines = np.zeros((2, table.shape[1]), np.float32)  # the penalties, and none for cosines alone
        lines[0, : last - first] = narrow[first:last]
        return table, lines

    def candidates(some: NDArray[np.intp], places: int) -> RowsAndScores:
        twice = 2 if np.isnan(means[some]).any() else 1  # the cosines alone are asked for once
        lines = np.tile(np.arange(len(some), dtype=np.int32), twice)
        line_of = np.repeat(np.arange(twice, dtype=np.int32), len(some))
        questions = Questions(SHIFT, line_of, lines, lines, np.zeros(0, np.float32), np.tile(banned[some], (twice, 1)))
        most = max(places, near) if twice == 2 else places
        asked = [Sums(questions, transform, most)]
        ((rows, rough),) = best_sums(searched, units[some], asked, lengths, workers=workers)
        if twice == 2:
            means[some] = mean_cosine((rows[len(some) :, :near], rough[len(some) :, :near]))
        return rows[: len(some), :places], rough[: len(some), :places]

    def exact(some: NDArray[np.intp], rows: NDArray[np.int64], rough: Wide) -> RowsAndScores:
        return in_order(rows, exact_cosines(searched, units[some], rows) - penalties[np.maximum(rows, 0)], k)

    widest = float(np.abs(narrow).max(initial=0))
    margin = 2 * (searched.shape[1] + 8 + 4 * widest) * 2.0**-24
    return *reranked(candidates, exact, len(units), k, len(lengths), margin), means


def softmax_sums(
    matrix: Matrix, sample: ArrayLike, *, norms: ArrayLike | None = None, beta: float = 30.0, workers: int | None = None
) -> Wide:
    """Log sum over x in the sample [B, D] of exp(beta cos(x, y)), for each row y of the matrix: [V] float64.

    The normaliser of the inverted softmax, kept as a logarithm so that no beta overflows; 0 for rows without direction.
    """
    searched = as_rows(matrix, norms)
    units, lengths = unit_queries(sample, searched.shape[1]), searched.divisors
    _check_beta(beta)
    if not len(units):
        raise OptionError("sample must hold at least one vector; it is empty")
    result = np.zeros(len(lengths))

    def work(first: int, last: int, table: Floats) -> None:
        scaled = np.clip(table, -1, 1)
        highest = scaled.max(axis=0)
        scaled -= highest
        scaled *= np.float32(min(beta, 1e37))  # where float32 overflows, all but the highest vanish anyway
        sums = np.exp(scaled, out=scaled).sum(axis=0, dtype=np.float64)
        result[first:last] = np.where(np.isnan(sums), 0, beta * highest.astype(np.float64) + np.log(sums))

    each_tile(work, searched, units, lengths, workers)
    return result


def nearest_inverted_softmax(
    matrix: Matrix,
    queries: ArrayLike,
    k: int,
    *,
    sums: ArrayLike,
    norms: ArrayLike | None = None,
    beta: float = 30.0,
    exclude: Sequence[Sequence[int]] | None = None,
    workers: int | None = None,
) -> RowsAndScores:
    """The k rows of the highest inverted softmax: rows [Q, k], log scores beta cos(x, y) - sums(y).

    `sums` [V] is `softmax_sums` of a sample of the queries' space, with the same beta. Smith, Turban, Hamblin, Hammerla
    2017, "Offline Bilingual Word Vectors, Orthogonal Transformations and the Inverted Softmax", section 2.3; exact over
    all rows.
    """
    _check_beta(beta)
    penalties = np.asarray(sums, np.float64) / beta
    searched = as_rows(matrix, norms)
    rows, scores = nearest_penalised(searched, queries, k, penalty=penalties, exclude=exclude, workers=workers)
    return rows, beta * scores


@dataclass(frozen=True)
class QueryBank:
    """What a bank of queries says of the rows: how popular each is, and which are the favourites of some query."""

    sums: Wide  # [V] softmax_sums of the bank
    active: NDArray[np.bool_]  # [V] rows that are among the k nearest of a query of the bank
    beta: float


def query_bank(
    matrix: Matrix,
    bank: ArrayLike,
    *,
    norms: ArrayLike | None = None,
    beta: float = 20.0,
    k: int = 1,
    workers: int | None = None,
) -> QueryBank:
    """The bank for `nearest_dynamic` from [B, D] probe queries; OptionError for an empty one."""
    searched = as_rows(matrix, norms)
    sums = softmax_sums(searched, bank, beta=beta, workers=workers)
    rows, _ = nearest(searched, bank, max(1, k), workers=workers)
    active = np.zeros(len(searched), bool)
    active[rows[rows >= 0]] = True
    return QueryBank(sums, active, beta)


def nearest_dynamic(
    matrix: Matrix,
    queries: ArrayLike,
    k: int,
    *,
    bank: QueryBank,
    norms: ArrayLike | None = None,
    exclude: Sequence[Sequence[int]] | None = None,
    workers: int | None = None,
) -> RowsAndScores:
    """The k best rows by the dynamic inverted softmax: rows [Q, k], log scores, to be compared within a query only.

    A query whose nearest row is a favourite of the bank is scored by beta cos - sums; any other by beta cos alone.
    Bogolin, Croitoru, Jin, Liu, Albanie 2022, "Cross Modal Retrieval with Querybank Normalisation", section 3.
    """
    searched = as_rows(matrix, norms)
    if bank.sums.shape != (len(searched),):
        raise OptionError(f"bank must have been made of these {len(searched)} rows; got one of {len(bank.sums)}")
    units = unit_queries(queries, searched.shape[1])
    rows, scores = nearest(searched, units, k, exclude=exclude, workers=workers)
    scores *= bank.beta
    if not rows.shape[1]:
        return rows, scores
    hubs = np.flatnonzero((rows[:, 0] >= 0) & bank.active[np.maximum(rows[:, 0], 0)])
    if len(hubs):
        left_out = None if exclude is None else [exclude[i] for i in hubs.tolist()]
        rows[hubs], scores[hubs] = nearest_inverted_softmax(
            searched, units[hubs], k, sums=bank.sums, beta=bank.beta, exclude=left_out, workers=workers
        )
    return rows, scores


def _check_beta(beta: float) -> None:
    if not 0 < beta < np.inf:
        raise OptionError(f"beta must be > 0 and finite; got {beta!r}")
