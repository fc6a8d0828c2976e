"""Analogies a : b = c : ? on arrays, many at a time: 3CosAdd, 3CosMul and PairDirection."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wordvec.base.errors import OptionError
from wordvec.rows import Rows, as_rows, directed
from wordvec.search.arrays import Matrix, as_matrix, unit_rows, whole
from wordvec.search.filters import as_bans, rows_within
from wordvec.search.tables import (
    CANDIDATES,
    RATIO,
    SPARE,
    SUM,
    Questions,
    Sums,
    Transform,
    best_sums,
    in_order,
    reranked,
)

__all__ = ["Method", "Ranking", "analogy", "answers", "ranked_answers"]

Floats = NDArray[np.float32]
Wide = NDArray[np.float64]
RowsAndScores = tuple[NDArray[np.int64], Wide]
Units = Callable[[NDArray[np.int64]], Wide]  # the words of questions by their numbers, at length 1
Method = Literal["3cosadd", "3cosmul", "pairdirection"]

_GROUP = 16_384  # questions worked on at a time
_WIDE_BYTES = 16 << 20  # candidate rows held in float64 at a time
TINY = 1e-30  # what a shifted cosine of 0 counts as, to have a logarithm
_FEW = 3  # candidates beyond the best one, where it alone is asked for: float64 is then needed of few questions


@dataclass(frozen=True)
class Ranking:
    """What is wanted of questions: the k best rows by a method, without those of `banned` [Q, B], -1 for none."""

    method: Method
    banned: NDArray[np.int64]
    k: int = 1
    has_scores: bool = False  # whether scores are wanted, not only rows

    @property
    def spare(self) -> int:
        """The candidates beyond k."""
        return _FEW if self.k == 1 and not self.has_scores else SPARE


def analogy(
    matrix: Matrix,
    a: ArrayLike,
    b: ArrayLike,
    c: ArrayLike,
    k: int,
    *,
    norms: ArrayLike | None = None,
    method: Method = "3cosadd",
    eps: float = 1e-3,
    exclude: Sequence[Sequence[int]] | None = None,
    start: int = 0,
    stop: int | None = None,
    workers: int | None = None,
) -> RowsAndScores:
    """The k rows that best complete a : b = c : ? for [Q] row numbers each: rows [Q, k] int64, scores [Q, k] float64.

    With unit rows, s = (1 + cosine) / 2:

    - `3cosadd`: cos(y, b - a + c) (Mikolov, Yih, Zweig 2013, "Linguistic Regularities", equation 1);
    - `3cosmul`: s(y, b) s(y, c) / (s(y, a) + eps) (Levy, Goldberg 2014, "Linguistic Regularities in Sparse and
      Explicit Word Representations", equation 5), summed as logarithms;
    - `pairdirection`: cos(y - c, b - a) (the same paper, equation 3, section 2.2); 0 where y equals c.

    `exclude` has rows that are no answers for each question; None: its own a, b and c; empty lists: no row is left
    out. Rows `start` to `stop` compete. Row -1 and score -inf fill places for which no row is left. Scores are those
    of float64 and do not depend on tiles, threads or other questions; float32 scores choose the candidates, which for
    the last two methods is exact but for rows that float32 cannot tell apart. The distinct words of all questions meet
    all rows once, so that many questions cost little more than few. OptionError for rows that do not exist or are
    zero, and where b equals a, or b - a + c is zero, and so no direction is left.

    >>> matrix = np.array([[1, 0, 0], [1, 1, 0], [0, 0, 1], [0, 1, 1], [0, 0, -1]], np.float32)
    >>> rows, scores = analogy(matrix, [0], [1], [2], 1)
    >>> rows.tolist(), scores.round(3).tolist()
    ([[3]], [[0.959]])
    """
    check_method(method, eps)
    searched = as_rows(matrix, norms)
    lengths = searched.divisors
    questions = _questions(a, b, c, lengths)
    if exclude is not None and len(exclude) != len(questions):
        raise OptionError(f"exclude must have rows for each of {len(questions)} questions; got {len(exclude)} lists")
    banned = questions if exclude is None else as_bans(exclude)
    start, stop, _ = slice(start, stop).indices(len(searched))
    k = max(0, min(whole("k", k), stop - start))
    parts = [(np.empty((0, k), np.int64), np.empty((0, k)))]
    words = _own_units(searched)
    if k:
        for first in range(0, len(questions), _GROUP):
            some = slice(first, first + _GROUP)
            _check_directions(searched, questions[some], method, first)
            ranking = Ranking(method, banned[some], k, has_scores=True)
            parts += _reranked(searched, lengths, words, questions[some], [ranking], eps, start, stop, workers)
    elif len(questions):
        parts = [(np.empty((len(questions), 0), np.int64), np.empty((len(questions), 0)))]
    return np.concatenate([rows for rows, _ in parts]), np.concatenate([scores for _, scores in parts])


def answers(
    matrix: Matrix,
    questions: NDArray[np.int64],
    banned: NDArray[np.int64],
    *,
    norms: ArrayLike | None = None,
    stop: int | None = None,
    method: Method = "3cosadd",
    eps: float = 1e-3,
    workers: int | None = None,
) -> NDArray[np.int64]:
    """The best row for each of [Q, 3] questions (rows a, b, c), [Q] int64, as tests of vectors count it; -1 for none.

    `banned` [Q, B] has rows that are no answers, -1 where a question has fewer. The score is that of `analogy`, but a
    row of zeros has cosine 0 with all, may answer, and may be asked; of equal scores the first row answers.
    """
    (best,) = ranked_answers(
        matrix, questions, [Ranking(method, banned)], norms=norms, stop=stop, eps=eps, workers=workers
    )
    rows: NDArray[np.int64] = best[:, 0]
    return rows


def ranked_answers(
    matrix: Matrix,
    questions: NDArray[np.int64],
    rankings: Sequence[Ranking],
    *,
    norms: ArrayLike | None = None,
    units: Units | None = None,
    stop: int | None = None,
    eps: float = 1e-3,
    workers: int | None = None,
) -> list[NDArray[np.int64]]:
    """[Q, k] int64 for each ranking: the k best rows for each question, as `answers` has them; row -1 where none is.

    All rankings are made in one pass over the rows. With `units`, questions need not be of rows: units(numbers) gives
    the words of their numbers, [n, D] at length 1.
    """
    for ranking in rankings:
        check_method(ranking.method, eps)
    searched = as_rows(matrix, norms)
    lengths = searched.divisors
    lengths = np.where(lengths > 0, lengths, np.float32(1))  # a product with a row of zeros is 0
    words = units or _own_units(searched)
    best = [[np.empty((0, ranking.k), np.int64)] for ranking in rankings]
    for first in range(0, len(questions), _GROUP):
        some = slice(first, first + _GROUP)
        asked = [replace(ranking, banned=ranking.banned[some]) for ranking in rankings]
        found = _reranked(searched, lengths, words, questions[some], asked, eps, 0, stop, workers)
        for parts, (rows, _) in zip(best, found):
            parts.append(rows)
    return [np.concatenate(parts) for parts in best]


def _own_units(searched: Rows) -> Units:
    return lambda rows: unit_rows(searched[rows])


def check_method(method: str, eps: float) -> None:
    """OptionError for a method that is not known, and for an eps that is not above 0."""
    if method not in get_args(Method):
        raise OptionError(f"method must be one of {', '.join(get_args(Method))}; got {method!r}")
    if not eps > 0:
        raise OptionError(f"eps must be > 0; got {eps!r}")


def _questions(a: ArrayLike, b: ArrayLike, c: ArrayLike, lengths: Floats) -> NDArray[np.int64]:
    parts = [np.atleast_1d(np.asarray(part)) for part in (a, b, c)]
    if len({part.shape for part in parts}) > 1 or parts[0].ndim != 1:
        raise OptionError(f"a, b and c must be row numbers, as many of each; got shapes {[p.shape for p in parts]}")
    for name, part in zip("abc", parts):
        rows_within(part, len(lengths))  # they are row numbers, and exist
        bad = np.flatnonzero(~directed(lengths[part.astype(np.int64)]))
        if len(bad):
            raise OptionError(
                f"rows must have a direction; {name} has row {int(part[bad[0]])}, which is zero or not finite"
            )
    return np.stack(parts, axis=1).astype(np.int64)


def _check_directions(searched: Rows, questions: NDArray[np.int64], method: Method, first: int) -> None:
    """OptionError where a question leaves no direction."""
    if method == "3cosmul":
        return
    for at in range(0, len(questions), 1024):
        units = unit_rows(searched[questions[at : at + 1024].ravel()]).reshape(-1, 3, searched.shape[1])
        d = units[:, 1] - units[:, 0] + (units[:, 2] if method == "3cosadd" else 0)
        none = np.flatnonzero(np.abs(d).max(axis=1) < 1e-6)
        if len(none):
            wanted = "b - a + c" if method == "3cosadd" else "b - a"
            raise OptionError(f"{wanted} must not be zero, to have a direction (question {first + at + int(none[0])})")


def _reranked(
    searched: Rows,
    lengths: Floats,
    words: Units,
    questions: NDArray[np.int64],
    rankings: Sequence[Ranking],
    eps: float,
    start: int,
    stop: int | None,
    workers: int | None,
) -> list[RowsAndScores]:
    """The k best of each question for each ranking, candidates by float32 and their order by float64."""
    start, stop, _ = slice(start, stop).indices(len(searched))
    size, count = stop - start, len(questions)

    def candidates(some: NDArray[np.intp], asked: Sequence[tuple[Ranking, int]]) -> list[RowsAndScores]:
        distinct, place = np.unique(questions[some], return_inverse=True)
        units, lines = words(distinct), np.ascontiguousarray(place.reshape(-1, 3).T.astype(np.int32))
        sums = [_sums(searched, lengths, units, lines, one, one.banned[some], eps, places) for one, places in asked]
        return best_sums(searched, units, sums, lengths, start=start, stop=stop, workers=workers)

    # The first candidates of all rankings come from the same cosines, unless they are too many to be held.
    asked = [(ranking, min(ranking.k + ranking.spare, size)) for ranking in rankings]
    few = len(rankings) > 1 and count * sum(places for _, places in asked) <= CANDIDATES and size > 0
    known = candidates(np.arange(count), asked) if few else [None] * len(rankings)

    def best(ranking: Ranking, first: RowsAndScores | None) -> RowsAndScores:
        margin = (6 if ranking.method == "3cosadd" else 12) * (searched.shape[1] + 8) * 2.0**-24

        def exact(some: NDArray[np.intp], rows: NDArray[np.int64], rough: Wide) -> RowsAndScores:
            found, scores = rows[:, : ranking.k].copy(), rough[:, : ranking.k].copy()
            # The first is the best where it is so far from the second that float32 will do.
            can_skip = searched.is_exact and ranking.k == 1 and not ranking.has_scores and rows.shape[1] > 1
            doubtful = ~(rough[:, 1] < rough[:, 0] - margin) if can_skip else np.ones(len(some), np.bool_)
            again = questions[some[doubtful]], rows[doubtful], ranking.k, ranking.method, eps
            found[doubtful], scores[doubtful] = _rescored(searched, words, *again)
            return found, scores

        def more(some: NDArray[np.intp], places: int) -> RowsAndScores:
            return candidates(some, [(ranking, places)])[0]

        return reranked(more, exact, count, ranking.k, size, margin, ranking.spare, first)

    return [best(ranking, first) for ranking, first in zip(rankings, known)]


def _sums(
    searched: Rows,
    lengths: Floats,
    units: Wide,
    lines: NDArray[np.int32],
    ranking: Ranking,
    banned: NDArray[np.int64],
    eps: float,
    places: int,
) -> Sums:
    """What is asked of the cosines with units [W, D], for questions of their lines [3, Q]."""
    a, b, c = lines
    transform: Transform = _as_it_is
    shift, form = np.zeros(0, np.float32), SUM
    if ranking.method == "3cosmul":
        transform = _logs(eps)
    elif ranking.method == "pairdirection":
        form, transform = RATIO, _inverse_lengths(np.square(units).sum(axis=1), lengths, searched)
        shift = np.concatenate(
            [((units[b[p]] - units[a[p]]) * units[c[p]]).sum(axis=1) for p in _pieces(len(a), 1024)]
        ).astype(np.float32)
    return Sums(Questions(form, a, b, c, shift, np.ascontiguousarray(banned)), transform, places)


def _as_it_is(table: Floats, first: int, last: int) -> tuple[Floats, Floats]:
    return table, table


def _logs(eps: float) -> Transform:
    def transform(table: Floats, first: int, last: int) -> tuple[Floats, Floats]:
        shifted = 1 + table
        shifted /= 2
        np.maximum(shifted, np.float32(TINY), out=shifted)  # NaN stays NaN
        of_a = shifted + np.float32(eps)
        return np.log(shifted, out=shifted), np.log(of_a, out=of_a)

    return transform


def _inverse_lengths(squares: Wide, lengths: Floats, searched: Rows) -> Transform:
    """1 / |y - c| for rows and words of length 1 (or 0); 0 where the two are the same but for rounding."""
    of_words = squares.astype(np.float32)[:, None]

    def transform(table: Floats, first: int, last: int) -> tuple[Floats, Floats]:
        of_rows = np.ones(table.shape[1], np.float32)
        tile = as_matrix(searched[first:last], "matrix")
        with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
            of_rows[: last - first] = np.einsum("ij,ij->i", tile, tile) / np.square(lengths[first:last])
            distances = of_words + of_rows
            distances -= 2 * table
            np.sqrt(distances, out=distances)
            near = distances < 1e-3
            np.divide(1, distances, out=distances)
        distances[near] = 0
        return table, distances

    return transform


def _rescored(
    searched: Rows,
    words: Units,
    questions: NDArray[np.int64],
    rows: NDArray[np.int64],
    k: int,
    method: Method,
    eps: float,
) -> RowsAndScores:
    """The k best of the candidate rows [Q, K] of each question by their scores in float64."""
    exact, dim = np.empty(rows.shape), searched.shape[1]
    step = max(1, _WIDE_BYTES // (8 * dim * max(1, rows.shape[1])))
    for piece in _pieces(len(questions), step):
        asked = words(questions[piece].ravel())
        a, b, c = np.moveaxis(asked.reshape(-1, 3, dim), 1, 0)
        candidates = unit_rows(searched[np.maximum(rows[piece], 0).ravel()])
        exact[piece] = _scores(candidates.reshape(*rows[piece].shape, -1), a, b, c, method, eps)
    return in_order(rows, exact, k)


def _scores(y: Wide, a: Wide, b: Wide, c: Wide, method: Method, eps: float) -> Wide:
    """The scores of unit rows y [Q, K, D] for questions of unit rows [Q, D]."""
    if method == "3cosadd":
        return np.clip(_cosines(y, b - a + c), -1, 1)
    if method == "3cosmul":
        of_a, of_b, of_c = ((1 + np.clip((y * v[:, None]).sum(axis=2), -1, 1)) / 2 for v in (a, b, c))
        ratio: Wide = np.exp(np.log(np.maximum(of_b, TINY)) + np.log(np.maximum(of_c, TINY)) - np.log(of_a + eps))
        return ratio
    step = y - c[:, None]
    length = np.sqrt(np.square(step).sum(axis=2))
    away = length >= 1e-3  # nearer ones have no direction that float32 rows can tell
    return np.where(away, np.clip(_cosines(step, b - a) / np.where(away, length, 1), -1, 1), 0)


def _cosines(y: Wide, d: Wide) -> Wide:
    """The products of y [Q, K, D] with d [Q, D] at length 1; 0 where d is zero."""
    length = np.sqrt(np.square(d).sum(axis=1))
    return np.asarray((y * (d / np.where(length > 0, length, 1)[:, None])[:, None]).sum(axis=2))


def _pieces(size: int, step: int) -> list[slice]:
    return [slice(first, first + step) for first in range(0, size, step)]
