"""Sets of vectors as queries and as what is sought: means and extremes of cosines, and fixed dimensional encodings."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wordvec.base.errors import OptionError
from wordvec.rows import Rows, as_rows
from wordvec.search.arrays import Matrix, whole
from wordvec.search.exact import nearest, unit_queries
from wordvec.search.filters import only, rows_within
from wordvec.search.tables import SPARE, Best, cosine_tiles, each_cosine

__all__ = ["Aggregate", "SetEncoder", "chamfer", "nearest_to_set"]

Floats = NDArray[np.float32]
Wide = NDArray[np.float64]
Aggregate = Literal["mean", "max", "min"]

_SETS = 256  # sets encoded at a time
_MOST = 1 << 26  # numbers in one encoding


def nearest_to_set(
    matrix: Matrix,
    include: ArrayLike | Sequence[ArrayLike],
    exclude: ArrayLike | Sequence[ArrayLike] = (),
    k: int = 10,
    *,
    norms: ArrayLike | None = None,
    agg: Aggregate = "mean",
    without: Sequence[int] = (),
    start: int = 0,
    stop: int | None = None,
    within: ArrayLike | None = None,
) -> tuple[NDArray[np.int64], Wide]:
    """The k rows nearest to sets of vectors and farthest from others: rows [k] int64, scores [k] float64, best first.

    `include` and `exclude` are each one set [n, D] or several. The similarity of a row and a set is the mean, highest
    or lowest of its cosines with the members; the score is the sum over `include` less that over `exclude`: Liu 2024,
    "SetCSE: Set Operations using Contrastive Learning of Sentence Embeddings", section 4 (with the mean). Rows
    `without` are left out; `within` is that of `nearest`. Fewer than k rows come back where fewer compete. OptionError
    for empty sets, for vectors without direction, and where the means cancel out.

    >>> matrix = np.array([[1, 0], [3, 1], [1, 1], [0, 1]], np.float32)
    >>> nearest_to_set(matrix, matrix[[0, 3]], k=1)[0].tolist()
    [2]
    >>> nearest_to_set(matrix, matrix[[0]], matrix[[3]], k=2, without=[0])[0].tolist()
    [1, 2]
    """
    if agg not in get_args(Aggregate):
        raise OptionError(f"agg must be one of {', '.join(get_args(Aggregate))}; got {agg!r}")
    searched = as_rows(matrix, norms)
    dim = searched.shape[1]
    signed = [(1, units) for units in _sets(include, dim)] + [(-1, units) for units in _sets(exclude, dim)]
    if not signed:
        raise OptionError("include or exclude must hold a set of vectors; got neither")
    start, stop, _ = slice(start, stop).indices(len(searched))
    if agg == "mean":
        sums = [sign * units.mean(axis=0) for sign, units in signed]
        direction = np.sum(sums, axis=0)
        length = float(np.sqrt(direction @ direction))
        if length < 1e-12:
            raise OptionError("the means of the sets must not cancel out; they leave no direction")
        rows, scores = nearest(searched, direction, k, exclude=[list(without)], start=start, stop=stop, within=within)
        there = rows[0] >= 0
        return rows[0][there], scores[0][there] * length
    lengths = searched.divisors
    if within is not None:
        lengths = only(lengths, rows_within(within, len(searched), start, stop))
    return _extremes(searched, lengths, signed, max(0, whole("k", k)), agg, without, start, stop)


def _extremes(
    searched: Rows,
    lengths: Floats,
    signed: list[tuple[int, Wide]],
    k: int,
    agg: Aggregate,
    without: Sequence[int],
    start: int,
    stop: int,
) -> tuple[NDArray[np.int64], Wide]:
    units = np.concatenate([units for _, units in signed])
    ends = np.cumsum([len(units) for _, units in signed])
    reduce = np.max if agg == "max" else np.min

    def score(cosines: NDArray[Any]) -> NDArray[Any]:
        parts = [sign * reduce(part, axis=0) for (sign, _), part in zip(signed, np.split(cosines, ends[:-1]))]
        return np.asarray(np.sum(parts, axis=0))

    best = Best(k + SPARE)
    for first, last, table in cosine_tiles(searched, units, lengths, start, stop):
        values = score(table[:, : last - first]).astype(np.float64)
        values[[row - first for row in without if first <= row < last]] = np.nan
        best.add(first, values)
    rows = best.rows()
    exact = score(each_cosine(searched, units, rows))
    order = np.lexsort((rows, -exact))[:k]
    return rows[order], exact[order]


def _sets(sets: ArrayLike | Sequence[ArrayLike], dim: int) -> list[Wide]:
    """One set [n, D] or several, as unit vectors."""
    if isinstance(sets, np.ndarray) and sets.ndim == 2:
        sets = [sets]
    elif len(sets) and np.ndim(sets[0]) == 1:  # type: ignore[arg-type, index]
        sets = [np.asarray(sets)]
    units = []
    for vectors in sets:  # type: ignore[union-attr]
        if not np.size(vectors):
            raise OptionError("a set must hold at least one vector; got an empty one")
        units.append(unit_queries(np.asarray(vectors), dim))
    return units


def chamfer(query: ArrayLike, document: ArrayLike) -> float:
    """The sum over the vectors of a query [n, D] of the highest product with one of a document [m, D].

    >>> chamfer([[1, 0], [0, 1]], [[2, 0], [0.5, 1]])
    3.0
    """
    left, right = (np.atleast_2d(np.asarray(part, np.float64)) for part in (query, document))
    if not left.size or not right.size:
        raise OptionError("query and document must hold at least one vector each; one is empty")
    return float((left @ right.T).max(axis=1).sum())


@dataclass(frozen=True, kw_only=True)
class SetEncoder:
    """Sets of vectors as single vectors, so that the product of two estimates their `chamfer` similarity.

    Fixed dimensional encodings: Dhulipala, Hadian, Jayaram, Lee, Mirrokni 2024, "MUVERA: Multi-Vector Retrieval via
    Fixed Dimensional Encodings", section 2. In each repetition, the signs of random projections cut the space into
    2^bits regions; a query has the sum of its vectors in each region, a document the mean, or, where it has none there,
    the vector whose region differs in the fewest bits (of equals the first, in the order of their numbers, so that the
    order within a set does not matter). Vectors are shortened to `projection` numbers, each coordinate being added with
    a random sign to one of them; None keeps them as they are. The whole is shortened to `final` numbers in the same
    way, if given. Both are scaled by 1/sqrt(repetitions), so that the product needs no factor. Each repetition has a
    PCG64 stream of its own: the same seed gives the same encodings everywhere.

    >>> encoder = SetEncoder(dim=2, repetitions=50, bits=2, projection=None)
    >>> encoder.size, encoder.query([[[1, 0], [0, 1]]]).shape
    (400, (1, 400))
    """

    dim: int
    repetitions: int = 20
    bits: int = 5
    projection: int | None = 16
    final: int | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        bounds = {"dim": (1, 1 << 20), "repetitions": (1, 1 << 16), "bits": (0, 20)}
        bounds |= {"projection": (1, 1 << 20), "final": (1, _MOST), "seed": (0, 2**63)}
        for name, (low, high) in bounds.items():
            value = getattr(self, name)
            if value is None and name in ("projection", "final"):
                continue
            if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or not low <= value <= high:
                raise OptionError(f"{name} must be a whole number from {low} to {high}; got {value!r}")
        if self._long > _MOST:
            raise OptionError(f"repetitions x 2^bits x projection must be at most {_MOST}; got {self._long}")

    @property
    def _width(self) -> int:
        return self.projection or self.dim

    @property
    def _long(self) -> int:
        return self.repetitions * self._width << self.bits

    @property
    def size(self) -> int:
        """The numbers in an encoding."""
        return self.final or self._long

    def query(self, sets: Sequence[ArrayLike]) -> Floats:
        """The encodings of sets of vectors [n_i, D] as queries: [S, size] float32. OptionError for an empty set."""
        return self._encode(sets, False)

    def document(self, sets: Sequence[ArrayLike]) -> Floats:
        """The encodings of sets of vectors [n_i, D] as documents: [S, size] float32. OptionError for an empty set."""
        return self._encode(sets, True)

    def _encode(self, sets: Sequence[ArrayLike], document: bool) -> Floats:
        result = np.empty((len(sets), self.size), np.float32)
        for first in range(0, len(sets), _SETS):
            points, offsets = self._points(sets[first : first + _SETS], first)
            cells = np.empty((len(offsets) - 1, self.repetitions, self._width << self.bits), np.float32)
            for r, (planes, places, signs) in enumerate(self._streams()):
                regions = (points @ planes > 0) @ (1 << np.arange(self.bits))
                short = _shortened(points, places, signs, self._width)
                cells[:, r] = self._cells(short, regions, offsets, document).reshape(len(offsets) - 1, -1)
            flat = cells.reshape(len(cells), -1)
            flat /= np.float32(np.sqrt(self.repetitions))
            if self.final:
                rng = self._stream(self.repetitions)
                places, signs = rng.integers(0, self.final, self._long), rng.integers(0, 2, self._long) * 2 - 1
                flat = _shortened(flat, places, signs, self.final)
            result[first : first + len(cells)] = flat
        return result

    def _cells(self, short: Wide, regions: NDArray[np.int64], offsets: NDArray[np.int64], document: bool) -> Wide:
        """The sum or mean of the vectors of each set in each region, [sets, regions, width]."""
        count, sets = 1 << self.bits, len(offsets) - 1
        owner = np.repeat(np.arange(sets), np.diff(offsets))
        cell = owner * count + regions
        sums = np.zeros((sets * count, short.shape[1]))
        np.add.at(sums, cell, short)
        cells = sums.reshape(sets, count, -1)
        if not document:
            return cells
        held = np.bincount(cell, minlength=sets * count)
        sums /= np.maximum(held, 1)[:, None]
        for at in range(sets):
            empty = np.flatnonzero(held[at * count : (at + 1) * count] == 0)
            if len(empty):
                low, high = offsets[at], offsets[at + 1]
                apart = _ones(regions[low:high, None] ^ empty)
                cells[at, empty] = short[low + apart.argmin(axis=0)]
        return cells

    def _points(self, sets: Sequence[ArrayLike], first: int) -> tuple[Wide, NDArray[np.int64]]:
        arrays = [np.asarray(some, np.float64) for some in sets]
        for i, array in enumerate(arrays):
            if not array.size:
                raise OptionError(f"a set must hold at least one vector; set {first + i} is empty")
            if array.ndim != 2 or array.shape[1] != self.dim:
                raise OptionError(f"a set must be of shape [n, {self.dim}]; set {first + i} is {array.shape}")
            if not np.isfinite(array).all():
                raise OptionError(f"vectors must be finite; set {first + i} holds NaN or inf")
        points, sizes = np.concatenate(arrays), [len(array) for array in arrays]
        order = np.lexsort((*points.T[::-1], np.repeat(np.arange(len(arrays)), sizes)))
        return points[order], np.cumsum([0, *sizes])

    def _streams(self) -> Iterator[tuple[Wide, NDArray[np.int64] | None, NDArray[np.int64] | None]]:
        """For each repetition: planes [D, bits], and where and with which sign each coordinate goes, [D] each."""
        for r in range(self.repetitions):
            rng = self._stream(r)
            planes = rng.standard_normal((self.dim, self.bits))
            if self.projection is None:
                yield planes, None, None
            else:
                places = rng.integers(0, self.projection, self.dim)
                yield planes, places, rng.integers(0, 2, self.dim) * 2 - 1

    def _stream(self, number: int) -> np.random.Generator:
        return np.random.Generator(np.random.PCG64(np.random.SeedSequence(self.seed, spawn_key=(number,))))


def _shortened(
    points: NDArray[Any], places: NDArray[np.int64] | None, signs: NDArray[np.int64] | None, width: int
) -> NDArray[Any]:
    """A count sketch: each coordinate is added, with its sign, to one of `width` numbers."""
    if places is None or signs is None:
        return points
    order = np.argsort(places, kind="stable")
    columns, starts = np.unique(places[order], return_index=True)
    short = np.zeros((len(points), width), points.dtype)
    short[:, columns] = np.add.reduceat(points[:, order] * signs[order].astype(points.dtype), starts, axis=1)
    return short


def _ones(numbers: NDArray[np.int64]) -> NDArray[np.uint8]:
    return np.bitwise_count(numbers)
