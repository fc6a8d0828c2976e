"""The effects of compression: size, cosines, neighbours, scores, hubness and times, compared with the original."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from wordvec import search
from wordvec.base.arguments import check_vectors, whole_number
from wordvec.base.errors import OptionError
from wordvec.base.shown import Shown
from wordvec.evaluate.deltas import TaskDelta, task_deltas
from wordvec.evaluate.frequency import bands_of, drawn
from wordvec.search.arrays import row_cosines

if TYPE_CHECKING:
    from wordvec.vectors import KeyedVectors

RANDOM_PAIRS, NEIGHBOUR_PAIRS = 100_000, 20_000
DEPTH, PERSISTENCE = 100, 0.9  # of the lists of neighbours, and of rank-biased overlap
_PAIRS = 4_096  # pairs of rows held in float64 at a time
_QUERIES = 256  # queries decoded at a time
_TIMED = 20

Rows = NDArray[np.int64]


@dataclass(frozen=True)
class Size:
    """The size of vectors: in a file, without its header of some kilobytes, and in memory when all of it is read."""

    codec: str
    rows: int
    words: int
    vector_size: int
    row_bytes: float  # matrix_bytes / rows
    matrix_bytes: int  # with norms, scales and codebooks
    total_bytes: int  # with words, word index, counts, subwords and transforms


@dataclass(frozen=True)
class CosineError:
    """The differences of cosines from those of the original, over pairs of words."""

    pairs: int
    rms: float | None  # None where there are no pairs
    percentile_99: float | None


@dataclass(frozen=True)
class Overlap:
    """The share of equal neighbours, from 0 to 1, as a mean over the queries of a frequency stratum."""

    stratum: str
    queries: int
    at_10: float | None  # None where there are no queries
    at_100: float | None
    rank_biased: float | None  # Webber, Moffat and Zobel 2010, p = 0.9, extrapolated from 100


@dataclass(frozen=True)
class CompressionReport(Shown):
    """The effects of compression; in pairs, the original comes first."""

    original: Size
    compressed: Size
    random_pairs: CosineError
    neighbour_pairs: CosineError
    overlaps: tuple[Overlap, ...]  # of each stratum, and of "all" at the end
    tasks: tuple[TaskDelta, ...]
    hubness: tuple[float | None, float | None]  # skewness of how often rows are among the 10 nearest
    query_ms: tuple[float | None, float | None]  # median time of a top-10 search
    decode_us: tuple[float, float]  # mean time of reading a row, over 1,000 random rows
    seed: int

    @property
    def ratio(self) -> float:
        """The bytes of the compressed vectors divided by those of the original, words included."""
        return self.compressed.total_bytes / max(1, self.original.total_bytes)

    def to_dict(self) -> dict[str, Any]:
        """All of it by name, ready for JSON."""
        pairs = {name: dict(zip(("original", "compressed"), getattr(self, name))) for name in _BOTH}
        listed = {"overlaps": [asdict(o) for o in self.overlaps], "tasks": [asdict(t) for t in self.tasks]}
        return asdict(self) | pairs | listed | {"ratio": self.ratio}


_BOTH = ("hubness", "query_ms", "decode_us")


def compression_report(
    original: KeyedVectors,
    compressed: KeyedVectors,
    pairs: Iterable[str | os.PathLike[str]] = (),
    analogies: Iterable[str | os.PathLike[str]] = (),
    queries: int = 2_000,
    seed: int = 1,
) -> CompressionReport:
    """Compare compressed vectors with their original, word by word; the seed determines all results but the times.

    Cosines are compared on 100,000 random pairs of words and on 20,000 pairs of a word and one of its 10 nearest.
    Neighbours are compared for `queries` words, the same number from each frequency stratum (by counts, or else by
    rows); the row of the word itself is excluded. Scores are compared on files of word pairs and analogies. Words that
    the compressed vectors lack are not used as queries, but count as missing neighbours. OptionError where no word is
    left to compare.

    >>> from wordvec import KeyedVectors
    >>> rows = np.random.default_rng(0).normal(size=(200, 16))
    >>> vectors = KeyedVectors([f"w{i}" for i in range(200)], rows)
    >>> report = compression_report(vectors, vectors.compress("int8"))
    >>> report.overlaps[-1].at_10 > 0.9, report.random_pairs.rms < 0.01, report.ratio < 0.7
    (True, True, True)
    """
    whole_number("queries", queries, 1)
    rng = np.random.default_rng(seed)
    sides = _Sides(original, compressed)
    strata = drawn(bands_of(original, sides.usable), queries, rng)
    sampled = np.concatenate([words for _, words in strata])
    before, after = _neighbours(original, sides.rows[0][sampled]), _neighbours(compressed, sides.rows[1][sampled])
    after_words = np.where(after >= 0, sides.word_of[after], -1)
    near = _near_pairs(sides, sampled, before)
    overlaps, first = [], 0
    for name, words in strata:
        part = slice(first, first + len(words))
        overlaps.append(_overlap(name, before[part], after_words[part]))
        first += len(words)
    random = rng.choice(sides.usable, (RANDOM_PAIRS, 2)) if len(sides.usable) > 1 else np.empty((0, 2), np.int64)
    return CompressionReport(
        original=size_of(original),
        compressed=size_of(compressed),
        random_pairs=_cosine_error(sides, random[random[:, 0] != random[:, 1]]),
        neighbour_pairs=_cosine_error(sides, near),
        overlaps=(*overlaps, _overlap("all", before, after_words)),
        tasks=tuple(task_deltas(original, compressed, pairs, analogies, seed=seed)),
        hubness=(_skewness(before, len(original.vectors)), _skewness(after, len(compressed.vectors))),
        query_ms=_query_times(sides, sampled[:: max(1, len(sampled) // _TIMED)][:_TIMED]),
        decode_us=_decode_times(sides, rng),
        seed=seed,
    )


class _Sides:
    """The words that both have, as indices of the original vocabulary, and their rows in each."""

    def __init__(self, original: KeyedVectors, compressed: KeyedVectors) -> None:
        check_vectors(original=original, compressed=compressed)
        self.both = original, compressed
        words = original.vocabulary
        index = compressed.vocabulary.rows_of(words.data, words.offsets)
        usable = index >= 0
        self.rows = original.word_rows(), np.where(usable, compressed.word_rows()[index], -1)
        self.word_of = np.full(len(compressed.vocabulary), -1, np.int64)  # the original word of each compressed row
        self.word_of[index[usable]] = np.flatnonzero(usable)
        for vectors, rows in zip(self.both, self.rows):
            usable = usable & search.directed(vectors.norms)[np.maximum(rows, 0)]
        self.usable = np.flatnonzero(usable)
        if not len(self.usable):
            raise OptionError("the vectors must have a word in common that has a direction in both; they have none")


def _neighbours(vectors: KeyedVectors, rows: Rows) -> Rows:
    """[n, k] the rows nearest to each of some rows, k = 100 or all other rows; -1 where there are fewer.

    Where results depend on the number of candidates, the first 10 are those of a search for 10: one for 100 has more
    candidates, so that bits would look better.
    """
    k = min(DEPTH, len(vectors.vectors) - 1)
    nearest = np.full((len(rows), k), -1, np.int64)
    for first in range(0, len(rows), _QUERIES):
        batch = rows[first : first + _QUERIES]
        queries = np.asarray(vectors.vectors[batch], np.float32)
        nonzero = np.flatnonzero(queries.any(axis=1))  # a row may be zero once it is encoded
        if k and len(nonzero):
            own = [[int(row)] for row in batch[nonzero]]
            found, _ = search.nearest(vectors.rows, queries[nonzero], k, exclude=own)
            if k > 10 and np.isinf(vectors.rows.slack()):
                few, _ = search.nearest(vectors.rows, queries[nonzero], 10, exclude=own)
                found = np.stack([_beginning_with(*lists) for lists in zip(few, found)])
            nearest[first + nonzero] = found
    return nearest


def _beginning_with(few: Rows, many: Rows) -> Rows:
    """[k] the rows of `few`, then those of `many` that are not among them, k rows in all; -1 where there are fewer."""
    rows = np.concatenate([few[few >= 0], many[~np.isin(many, few)]])[: len(many)]
    return np.pad(rows, (0, len(many) - len(rows)), constant_values=-1)


def _near_pairs(sides: _Sides, words: Rows, neighbours: Rows) -> Rows:
    """[n, 2] words and their 10 nearest, those that both sides have."""
    near = neighbours[:, :10]
    pairs = np.stack([np.repeat(words, near.shape[1]), near.reshape(-1)], axis=1)
    return pairs[np.isin(pairs[:, 1], sides.usable)][:NEIGHBOUR_PAIRS]


def _cosine_error(sides: _Sides, pairs: Rows) -> CosineError:
    """The root mean square, and the 99th percentile of the absolute value, of the differences of cosines."""
    if not len(pairs):
        return CosineError(0, None, None)
    errors = np.empty(len(pairs))
    for first in range(0, len(pairs), _PAIRS):
        part = pairs[first : first + _PAIRS]
        cosines = []
        for vectors, rows in zip(sides.both, sides.rows):
            left, right = (np.asarray(vectors.vectors[column], np.float64) for column in rows[part].T)
            cosines.append(row_cosines(left, right))
        errors[first : first + len(part)] = cosines[1] - cosines[0]
    rms = float(np.sqrt(np.square(errors).mean()))
    return CosineError(len(pairs), rms, float(np.percentile(np.abs(errors), 99)))


def _overlap(name: str, before: Rows, after: Rows) -> Overlap:
    """The means over queries of the shares of equal neighbours, and of the rank-biased overlap."""
    scores = [_agreement(a[a >= 0], b) for a, b in zip(before, after) if (a >= 0).any()]
    if not scores:
        return Overlap(name, 0, None, None, None)
    at_10, at_100, rank_biased = np.mean(scores, axis=0).tolist()
    return Overlap(name, len(scores), at_10, at_100, rank_biased)


def _agreement(before: Rows, after: Rows) -> tuple[float, float, float]:
    """Overlap at 10 and at 100, and extrapolated rank-biased overlap, of two lists of distinct words."""
    depth = len(before)
    after = after[:depth]
    common = np.intersect1d(before, after[after >= 0], return_indices=True)
    places = np.flatnonzero(after >= 0)[common[2]]
    # A word counts from the depth at which both lists have it.
    agreed = np.cumsum(np.bincount(np.maximum(common[1], places), minlength=depth))
    depths = np.arange(1, depth + 1)
    shares, p = agreed / depths, PERSISTENCE
    biased = shares[-1] * p**depth + (1 - p) / p * float((shares * p**depths).sum())
    return float(shares[min(10, depth) - 1]), float(shares[-1]), float(biased)


def _skewness(neighbours: Rows, rows: int) -> float | None:
    """The skewness of how often each row is among the 10 nearest; None where all rows are equally often."""
    near = neighbours[:, :10]
    times = np.bincount(near[near >= 0], minlength=rows).astype(np.float64)
    spread = times.std()
    return float((((times - times.mean()) / spread) ** 3).mean()) if spread > 0 else None


def size_of(vectors: KeyedVectors) -> Size:
    """The size of vectors, computed from their arrays."""
    matrix, words = vectors.vectors, vectors.vocabulary
    encoded = not isinstance(matrix, np.ndarray)
    matrix_bytes = int(matrix.nbytes) + (0 if encoded else 4 * len(matrix))  # with the norms
    other: list[Any] = [words.data, words.offsets, words.counts, *words.index_of_words.tensors().values()]
    other += [np.empty(len(words), np.uint32)] if len(matrix) < len(words) else []
    if vectors.transforms is not None:
        other += vectors.transforms.tensors().values()
    if vectors.subwords is not None:
        other += vectors.subwords.tensors().values()
    total = matrix_bytes + sum(array.nbytes for array in other if array is not None)
    codec = getattr(matrix, "name", "float32")
    return Size(
        codec, len(matrix), len(words), vectors.vector_size, matrix_bytes / max(1, len(matrix)), matrix_bytes, total
    )


def _query_times(sides: _Sides, words: Rows) -> tuple[float | None, float | None]:
    """The median time of a top-10 search in milliseconds, of both sides in turn."""
    times: tuple[list[float], list[float]] = ([], [])
    for word in words.tolist():
        for vectors, rows, seconds in zip(sides.both, sides.rows, times):
            query = np.asarray(vectors.vectors[int(rows[word])])
            if query.any():
                started = time.perf_counter()
                search.nearest(vectors.rows, query[None], 10)
                seconds.append(time.perf_counter() - started)
    before, after = (float(np.median(seconds)) * 1e3 if seconds else None for seconds in times)
    return before, after


def _decode_times(sides: _Sides, rng: np.random.Generator) -> tuple[float, float]:
    """The mean time of reading a row in microseconds, of both sides."""
    words = rng.choice(sides.usable, 1_000)
    times = []
    for vectors, rows in zip(sides.both, sides.rows):
        started = time.perf_counter()
        _ = vectors.vectors[rows[words]]
        times.append((time.perf_counter() - started) * 1e3)  # seconds for 1,000 rows
    return times[0], times[1]
