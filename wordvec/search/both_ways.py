"""The best rows of two sides for each other, those of both from one product of bytes, in float32 at the end."""

from __future__ import annotations

from collections.abc import Iterator
from copy import copy
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wordvec._kernels import matches as kernel
from wordvec.base.simd import simd_level
from wordvec.base.threads import thread_pool, usable_cores
from wordvec.rows import Dense, Rows, as_rows, directed
from wordvec.search.arrays import Matrix, as_matrix
from wordvec.search.filters import best_of

__all__ = ["BothWays"]

Floats = NDArray[np.float32]
Wide = NDArray[np.float64]
Ints = NDArray[np.int64]
Best = tuple[Ints, Wide]

_LEFT = 1024  # rows of the left that meet all of the right, a multiple of kernel.PADDED
_LONG = 2.0**60  # two rows of which have a product that float32 can hold
_RIGHT = 8064  # rows of the right that they meet at a time, a multiple of the rows that the kernel takes


@dataclass(frozen=True)
class _Side:
    """A side in 8 bits. A row at length 1 is centre + step * code, but for what rounding took."""

    rows: Rows
    scale: Floats  # [padded] 1 / the lengths of the rows; 0 for those without direction
    codes: NDArray[np.uint8]
    starts: NDArray[np.int32]
    facts: Floats  # [padded, 4] see the kernel
    chosen: Ints | None = None  # which of `rows` they are; None: all

    def __len__(self) -> int:
        return len(self.rows) if self.chosen is None else len(self.chosen)

    def pieces(self, size: int, which: slice = slice(None)) -> Iterator[tuple[int, Floats]]:
        """(first, rows) of some pieces of the rows, in their order; no copy of rows that are numbers already."""
        for first in range(0, len(self), size)[which]:
            some = slice(first, first + size)
            yield first, as_matrix(self.rows[some if self.chosen is None else self.chosen[some]], "matrix")

    def only(self, chosen: Ints, left: bool, level: int) -> _Side:
        """Some of the rows."""
        places = np.full(_padded(len(chosen)), len(self.scale) - 1, np.int64)  # the last row is none
        places[: len(chosen)] = chosen
        codes = self.codes
        if left:
            panel, words = kernel.panel_words(self.rows.shape[1], level)
            some = codes.reshape(-1, words, panel, 4)[places // panel, :, places % panel].reshape(-1, panel, words, 4)
            codes = np.ascontiguousarray(some.transpose(0, 2, 1, 3)).reshape(len(places), -1)
        else:
            codes = codes[places]
        return _Side(self.rows, self.scale[places], codes, self.starts[places], self.facts[places], chosen)


class BothWays:
    """A left side [L, D] and a right side [R, D], ready to be compared; `norms` are lengths to divide the rows by.

    Products of bytes find the pairs that may be among the best, by a bound of what rounding may have taken from them:
    x.y - x'.y' <= |x - x'| |y| + |x'| |y - y'|. These are multiplied in float32. So the answer is that of all products
    in float32, and depends on nothing else. Rows without direction have no part in it. Memory beside the rows: one byte
    for each of their numbers.

    >>> left, right = np.eye(3, dtype=np.float32), np.array([[0, 2, 1], [3, 0, 1]], np.float32)
    >>> (rows, _), (back, _) = BothWays(left, right).best(1)
    >>> rows.ravel().tolist(), back.ravel().tolist()
    ([1, 0, 0], [1, 0])
    """

    def __init__(
        self,
        left: Matrix,
        right: Matrix,
        *,
        norms: tuple[ArrayLike | None, ArrayLike | None] = (None, None),
        workers: int | None = None,
    ) -> None:
        self._level = simd_level()  # the codes of one level are not those of another
        self._workers = usable_cores() if workers is None else max(1, workers)
        rows = [_multiplied_safely(as_rows(side, norm)) for side, norm in zip((left, right), norms)]
        scales = [_scale(side) for side in rows]
        centres = [_centre(side, scale) for side, scale in zip(rows, scales)]
        self._sides = [
            _coded(rows[which], scales[which], centres[which], centres[1 - which], which == 0, self._level)
            for which in (0, 1)
        ]
        self._rounding = 2 * (rows[0].shape[1] + 16) * 2.0**-24  # of products of rows of length 1 in float32
        self._more = _bounds(self._sides, float(centres[0].astype(np.float64) @ centres[1]), self._rounding)

    def best(
        self,
        k: int,
        *,
        costs: tuple[Wide, Wide] | None = None,
        least: tuple[Wide, Wide] | None = None,
        keep: float = 1.0,
        seed: int = 0,
    ) -> tuple[Best, Best]:
        """The k best rows of the right for each of the left, and of the left for each of the right: rows int64, scores
        float64, best first; -1 and -inf where there are fewer.

        A score is the product of two rows at length 1, less the `costs` of both rows. Only scores of at least `least`
        are found; inf asks for none. With `keep` below 1, a pair takes part with this probability, in each direction
        for itself, drawn from the seed. Of equal scores the first row is better.
        """
        sizes = [len(side) for side in self._sides]
        places = [max(0, min(k, size)) for size in reversed(sizes)]
        width = max(places)
        numbers = np.zeros((2, 3, max(len(side.scale) for side in self._sides)), np.float32)
        for which, side in enumerate(self._sides):
            cost = np.zeros(sizes[which]) if costs is None else np.asarray(costs[which], np.float64)
            numbers[which, 0, : len(side.facts)] = side.facts[:, 0]
            numbers[which, 1] = -np.inf
            numbers[which, 1, : sizes[which]] = self._more[which] - cost
            numbers[which, 2, : sizes[which]] = cost
        bars = [_bars(side, None if least is None else least[which]) for which, side in enumerate(self._sides)]
        scales = np.zeros((2, numbers.shape[2]), np.float32)
        for line, side in zip(scales, self._sides):
            line[: len(side.scale)] = side.scale
        left, right = self._sides
        rows, scores = np.full((sizes[0], width), -1, np.int64), np.full((sizes[0], width), -np.inf, np.float32)

        def work(which: slice) -> Best:
            theirs, own, their = _heaps(sizes[1], width), bars[0].copy(), bars[1].copy()
            for first, some in left.pieces(_LEFT, which):
                ours = scores[first : first + len(some)], rows[first : first + len(some)], np.zeros(len(some), np.intp)
                for start, others in right.pieces(_RIGHT):
                    kernel.meet(
                        some, others, scales, left.codes, right.codes, numbers, right.starts, first, start, own, their,
                        *ours, *theirs, keep, seed, self._level,
                    )  # fmt: skip
            return theirs[1], theirs[0].astype(np.float64)

        parts = min(self._workers, -(-sizes[0] // _LEFT)) or 1
        with thread_pool(parts) as pool:
            backward = list(pool.map(work, [slice(part, None, parts) for part in range(parts)]))
        return best_of([(rows, scores.astype(np.float64))], places[0]), best_of(backward, places[1])

    def best_of_near(
        self,
        near: tuple[Best, Best],
        k: int,
        costs: tuple[Wide, Wide],
        *,
        wanted: tuple[NDArray[np.bool_] | None, NDArray[np.bool_] | None] = (None, None),
        sure: int | None = None,
    ) -> tuple[Best, Best]:
        """`best` with costs, where the nearest rows of both sides, `best` without, are known.

        Of a pair that is in neither list the product is at most the last of both. Where the best of the lists are above
        all that such a pair could have, there is no more to do; the others are compared with all rows once more, and
        the scores that they have already are bars that few pass. Rows that are not `wanted` may get less than the best.
        With `sure` below k, only the best `sure` need be those of all rows, by more than what float32 rounds; what
        comes after them are candidates.
        """
        sizes = [len(side) for side in self._sides]
        places = [max(0, min(k, size)) for size in reversed(sizes)]
        heaps = [_heaps(size, place) for size, place in zip(sizes, places)]
        for which, (rows, scores) in enumerate(near):
            kernel.offer(rows, scores, costs[which], costs[1 - which], *heaps[which], *heaps[1 - which])
        found = [best_of([(rows, scores.astype(np.float64))], k) for scores, rows, _ in heaps]
        last = [_last(scores, sizes[1 - which]) for which, (_, scores) in enumerate(near)]
        open_rows = []
        for which, (_, scores) in enumerate(found):
            lowest = scores[:, min(k if sure is None else sure, scores.shape[1]) - 1]
            unseen = _unseen(last[which], last[1 - which], costs[1 - which]) - costs[which]
            left_over = (lowest <= unseen + 2 * self._rounding) & (self._sides[which].scale[: len(lowest)] > 0)
            mask = wanted[which]
            open_rows.append(np.flatnonzero(left_over if mask is None else left_over & mask))
        for which, rows in enumerate(open_rows):
            if not len(rows):
                continue
            some = self._only(which, rows)
            worst = found[which][1][rows, -1] - self._rounding
            paid = [costs[0], costs[1]]
            paid[which] = costs[which][rows]
            least = [np.full(size, np.inf) for size in sizes]
            least[which] = worst
            more = some.best(k, costs=(paid[0], paid[1]), least=(least[0], least[1]))[which]
            found[which][0][rows], found[which][1][rows] = more
        return found[0], found[1]

    def best_of_some(self, rows: Ints, k: int, costs: tuple[Wide, Wide]) -> Best:
        """`best` of some rows of the left alone."""
        none = np.full(len(rows), -np.inf), np.full(len(self._sides[1]), np.inf)
        return self._only(0, rows).best(k, costs=(costs[0][rows], costs[1]), least=none)[0]

    def _only(self, which: int, rows: Ints) -> BothWays:
        """The comparison of some rows of one side with all of the other."""
        some = copy(self)
        some._sides, some._more = list(self._sides), list(self._more)
        some._sides[which] = self._sides[which].only(rows, which == 0, self._level)
        some._more[which] = self._more[which][rows]
        return some


def _heaps(rows: int, places: int) -> tuple[Floats, Ints, NDArray[np.intp]]:
    """The scores and rows [rows, places] of the best so far, and how many places are filled [rows]: none."""
    scores = np.full((rows, places), -np.inf, np.float32)
    return scores, np.full((rows, places), -1, np.int64), np.zeros(rows, np.intp)


def _last(scores: Wide, others: int) -> Wide:
    """The last of the highest products of each row, which others do not exceed; -inf where there are no others."""
    return scores[:, -1] if 0 < scores.shape[1] < others else np.full(len(scores), -np.inf)


def _unseen(last: Wide, others: Wide, costs: Wide) -> Wide:
    """For each row the most that a product with another row can be less its cost, where both are at most their last."""
    order = np.argsort(others)
    below = np.maximum.accumulate(np.append(-np.inf, (others - costs)[order]))  # of the rows with the lowest `others`
    above = np.minimum.accumulate(np.append(np.inf, costs[order][::-1]))[::-1]  # the lowest cost of the rest
    place = np.searchsorted(others[order], last)
    most: Wide = np.maximum(below[place], last - above[place])
    return most


def _padded(rows: int) -> int:
    """Room for the rows, and for a tile that begins with the last of them."""
    return -(-rows // kernel.PADDED) * kernel.PADDED + kernel.PADDED


def _multiplied_safely(rows: Rows) -> Rows:
    """The rows; a copy at length 1 where they are so long or short that products of two would leave float32."""
    lengths = rows.divisors
    usable = directed(lengths)
    if not (usable & ((lengths > _LONG) | (lengths < 1 / _LONG))).any():
        return rows
    scale = _scale(rows)[: len(rows), None]
    with np.errstate(invalid="ignore"):  # rows that are not finite
        return Dense(np.where(scale > 0, np.asarray(rows[:]) * scale, 0), usable.astype(np.float32))


def _scale(rows: Rows) -> Floats:
    """[padded] 1 / the length of each row; 0 for those without direction, and beyond the rows."""
    lengths = rows.divisors
    scale = np.zeros(_padded(len(rows)), np.float32)
    usable = directed(lengths)
    np.divide(1, lengths, out=scale[: len(rows)], where=usable)
    return scale


def _centre(rows: Rows, scale: Floats) -> Floats:
    """[D] the mean of the rows at length 1."""
    total = np.zeros(rows.shape[1])
    for first in range(0, len(rows), _RIGHT):
        part = as_matrix(rows[first : first + _RIGHT], "matrix")
        some = scale[first : first + len(part)]
        if not some.all():  # rows that are not finite may be there
            part, some = part[some > 0], some[some > 0]
        total += some @ part
    centre: Floats = (total / max(1, int(np.count_nonzero(scale)))).astype(np.float32)
    return centre


def _coded(rows: Rows, scale: Floats, centre: Floats, other: Floats, left: bool, level: int) -> _Side:
    size = rows.shape[1]
    codes = np.zeros((len(scale), kernel.row_bytes(size, left, level)), np.uint8)
    side = _Side(rows, scale, codes, np.zeros(len(scale), np.int32), np.zeros((len(scale), 4), np.float32))
    scratch = np.empty(2 * size, np.float32)
    for first, part in side.pieces(_RIGHT):
        kernel.code(part, scale[first:], centre, other, left, first, codes, side.facts, side.starts, scratch, level)
    return side


def _bounds(sides: list[_Side], centres: float, rounding: float) -> list[Wide]:
    """What is added for each row of both sides to the product of their codes, to have a bound of that of the rows.

    With the centres c of the left and d of the right, x.y = (x - c).(y - d) + x.d + c.y - c.d. What rounding takes from
    the first term is at most e |y - d| + (|x - c| + e) f, with the lengths e and f of what it took from x and y.
    """
    (left, of_left), (right, of_right) = [(side.facts[: len(side)].astype(np.float64).T, side) for side in sides]
    long_left = float((left[1] + left[2]).max(initial=0)) * 1.001
    long_right = float(right[2].max(initial=0)) * 1.001
    bounds = [left[1] * 1.001 * long_right + left[3] - centres + rounding, right[1] * 1.001 * long_left + right[3]]
    for bound, side in zip(bounds, (of_left, of_right)):
        bound[side.scale[: len(bound)] == 0] = -np.inf
    return bounds


def _bars(side: _Side, least: Any) -> Floats:
    """[padded] what scores must pass: just below the least that is asked for."""
    bars = np.full(len(side.scale), -np.inf, np.float32)
    if least is not None:
        wanted = np.asarray(least, np.float32)
        bars[: len(wanted)] = np.where(wanted == np.inf, wanted, np.nextafter(wanted, np.float32(-np.inf)))
    return bars
