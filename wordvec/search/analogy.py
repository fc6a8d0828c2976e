"""Analogies a : b = c : ? on arrays, many at a time: 3CosAdd, 3CosMul and PairDirection."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wordvec.base.errors import OptionError
from wordvec.rows import Rows, as_rows, directed
from wordvec.search.arrays import Matrix, as_matrix, unit_rows, whole
from wordvec.search.exact import unit_queries
from wordvec.search.filters import as_bans, only, rows_within
from wordvec.search.tables import (
    RATIO,
    SPARE,
    SUM,
    Best,
    Questions,
    Transform,
    best_sums,
    cosine_tiles,
    each_cosine,
    in_order,
    reranked,
)

__all__ = ["Method", "analogy", "answers", "cosmul", "ranked_answers"]

Floats = NDArray[np.float32]
Wide = NDArray[np.float64]
RowsAndScores = tuple[NDArray[np.int64], Wide]
Units = Callable[[NDArray[np.int64]], Wide]  # the words of questions by their numbers, at length 1
Method = Literal["3cosadd", "3cosmul", "pairdirection"]

_GROUP = 16_384  # questions worked on at a time
_WIDE_BYTES = 16 << 20  # candidate rows held in float64 at a time
_TINY = 1e-30  # what a shifted cosine of 0 counts as, to have a logarithm


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
            asked = questions[some], banned[some]
            best = _reranked(searched, lengths, words, *asked, k, method, eps, start, stop, workers)
            parts.append(best)
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
    options: dict[str, Any] = {"norms": norms, "stop": stop, "method": method, "eps": eps, "workers": workers}
    rows: NDArray[np.int64] = ranked_answers(matrix, questions, banned, 1, **options)[:, 0]
    return rows


def ranked_answers(
    matrix: Matrix,
    questions: NDArray[np.int64],
    banned: NDArray[np.int64],
    k: int,
    *,
    norms: ArrayLike | None = None,
    units: Units | None = None,
    stop: int | None = None,
    method: Method = "3cosadd",
    eps: float = 1e-3,
    workers: int | None = None,
) -> NDArray[np.int64]:
    """[Q, k] int64: the k best rows for each question, as `answers` has the best one; row -1 where no row is left.

    With `units`, questions need not be of rows: units(numbers) gives the words of their numbers, [n, D] at length 1.
    """
    check_method(method, eps)
    searched = as_rows(matrix, norms)
    lengths = searched.divisors
    lengths = np.where(lengths > 0, lengths, np.float32(1))  # a product with a row of zeros is 0
    words, spare = units or _own_units(searched), 1 if k == 1 else SPARE
    best = [np.empty((0, k), np.int64)]
    for first in range(0, len(questions), _GROUP):
        some = slice(first, first + _GROUP)
        asked = questions[some], banned[some]
        best.append(_reranked(searched, lengths, words, *asked, k, method, eps, 0, stop, workers, spare)[0])
    return np.concatenate(best)


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
    banned: NDArray[np.int64],
    k: int,
    method: Method,
    eps: float,
    start: int,
    stop: int | None,
    workers: int | None,
    spare: int = SPARE,
) -> RowsAndScores:
    """The k best of each question, candidates by float32 and their order by float64."""
    start, stop, _ = slice(start, stop).indices(len(searched))

    def candidates(some: NDArray[np.intp], places: int) -> RowsAndScores:
        tables = _tables(searched, lengths, words, questions[some], banned[some], method, eps)
        return best_sums(searched, *tables, lengths, places, start=start, stop=stop, workers=workers)

    def exact(some: NDArray[np.intp], rows: NDArray[np.int64], rough: Wide) -> RowsAndScores:
        if searched.is_exact and k == spare == 1 and rows.shape[1] == 2:
            return rows[:, :1], rough[:, :1]  # the first is so far from the second that float32 will do
        return _rescored(searched, words, questions[some], rows, k, method, eps)

    margin = (6 if method == "3cosadd" else 12) * (searched.shape[1] + 8) * 2.0**-24
    return reranked(candidates, exact, len(questions), k, stop - start, margin, spare)


def _tables(
    searched: Rows,
    lengths: Floats,
    words: Units,
    questions: NDArray[np.int64],
    banned: NDArray[np.int64],
    method: Method,
    eps: float,
) -> tuple[Wide, Questions, Transform]:
    """The distinct words of questions as unit vectors, the questions to their table, and what it is made into."""
    distinct, place = np.unique(questions, return_inverse=True)
    units = words(distinct)
    a, b, c = np.ascontiguousarray(place.reshape(-1, 3).T.astype(np.int32))
    transform: Transform = _as_it_is
    shift, form = np.zeros(0, np.float32), SUM
    if method == "3cosmul":
        transform = _logs(eps)
    elif method == "pairdirection":
        form, transform = RATIO, _inverse_lengths(np.square(units).sum(axis=1), lengths, searched)
        shift = np.concatenate(
            [((units[b[p]] - units[a[p]]) * units[c[p]]).sum(axis=1) for p in _pieces(len(a), 1024)]
        ).astype(np.float32)
    return units, Questions(form, a, b, c, shift, np.ascontiguousarray(banned)), transform


def _as_it_is(table: Floats, first: int, last: int) -> tuple[Floats, Floats]:
    return table, table


def _logs(eps: float) -> Transform:
    def transform(table: Floats, first: int, last: int) -> tuple[Floats, Floats]:
        shifted = np.maximum((1 + table) / 2, np.float32(_TINY))  # NaN stays NaN
        return np.log(shifted), np.log(shifted + np.float32(eps))

    return transform


def _inverse_lengths(squares: Wide, lengths: Floats, searched: Rows) -> Transform:
    """1 / |y - c| for rows and words of length 1 (or 0); 0 where the two are the same but for rounding."""
    of_words = squares.astype(np.float32)[:, None]

    def transform(table: Floats, first: int, last: int) -> tuple[Floats, Floats]:
        of_rows = np.ones(table.shape[1], np.float32)
        tile = as_matrix(searched[first:last], "matrix")
        with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
            of_rows[: last - first] = np.einsum("ij,ij->i", tile, tile) / np.square(lengths[first:last])
            distances = np.sqrt(of_words + of_rows - 2 * table)
            return table, np.where(distances < 1e-3, np.float32(0), 1 / distances)

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
        ratio: Wide = np.exp(np.log(np.maximum(of_b, _TINY)) + np.log(np.maximum(of_c, _TINY)) - np.log(of_a + eps))
        return ratio
    step = y - c[:, None]
    length = np.sqrt(np.square(step).sum(axis=2))
    away = length >= 1e-3  # nearer ones have no direction that float32 rows can tell
    return np.where(away, np.clip(_cosines(step, b - a) / np.where(away, length, 1), -1, 1), 0)


def _cosines(y: Wide, d: Wide) -> Wide:
    """The products of y [Q, K, D] with d [Q, D] at length 1; 0 where d is zero."""
    length = np.sqrt(np.square(d).sum(axis=1))
    return np.asarray((y * (d / np.where(length > 0, length, 1)[:, None])[:, None]).sum(axis=2))


def _log_ratio(cosines: NDArray[Any], many: int, eps: float) -> Wide:
    """log(prod s(positive) / (prod s(negative) + eps)) of cosines [P + N, C], the first `many` positive."""
    logs = np.log(np.maximum((1 + cosines.astype(np.float64)) / 2, _TINY))
    with np.errstate(invalid="ignore"):  # NaN stays NaN
        return np.asarray(logs[:many].sum(axis=0) - np.logaddexp(logs[many:].sum(axis=0), np.log(eps)))


def _pieces(size: int, step: int) -> list[slice]:
    return [slice(first, first + step) for first in range(0, size, step)]
