"""How far sets of vectors agree, without gold values: neighbours and CKA by frequency, and where they differ most."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import reduce
from itertools import combinations, pairwise
from operator import add
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from wordvec import search
from wordvec.base.arguments import check_vectors, whole_number
from wordvec.base.errors import OptionError
from wordvec.base.shown import Shown
from wordvec.evaluate.cka import GROUPS, Moments
from wordvec.evaluate.frequency import bands_of, drawn
from wordvec.evaluate.statistics import Interval
from wordvec.search.arrays import unit_rows

if TYPE_CHECKING:
    from wordvec.vectors import KeyedVectors

Longs = NDArray[np.int64]
Doubles = NDArray[np.float64]

_SHOWN = 5  # neighbours of a word that are named
_NORMAL = 1.959964  # standard errors in half of a 95 % interval


@dataclass(frozen=True)
class Band:
    """The agreement on the words of a band of frequency, as the mean over all pairs of sets."""

    band: str  # "top 1k", "1k-10k", ..., and "all" at the end
    words: int  # that all sets have
    queries: int  # words whose neighbours were looked at
    overlap: Interval  # share of the nearest neighbours that both have
    jaccard: Interval  # neighbours that both have, among those that one of them has
    cka: Interval


@dataclass(frozen=True)
class Pair:
    """The agreement of two sets on all words, by their places among those that were given."""

    first: int
    second: int
    overlap: float
    jaccard: float
    cka: float | None  # None where it is undefined


@dataclass(frozen=True)
class Disagreement:
    """A word whose neighbours differ: the share that two sets have in common, and the first neighbours in each set."""

    word: str
    count: int | None
    overlap: float
    neighbours: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Comparison(Shown):
    """The agreement of two or more sets of vectors."""

    sizes: tuple[int, ...]  # words of each set
    words: int  # that all of them have, with a direction in each
    topn: int
    seed: int
    bands: tuple[Band, ...]
    pairs: tuple[Pair, ...]
    disagreements: tuple[Disagreement, ...]  # the least overlap first, and of equal ones the more frequent word

    def to_dict(self) -> dict[str, Any]:
        """All of it by name, ready for JSON."""
        named = [{name: _named(value) for name, value in vars(band).items()} for band in self.bands]
        return asdict(self) | {"bands": named}


def compare(
    vectors: Sequence[KeyedVectors],
    *,
    topn: int = 10,
    queries: int = 2_000,
    shown: int = 20,
    seed: int = 1,
    workers: int | None = None,
) -> Comparison:
    """How far two or more sets of vectors agree on the words that all of them have; no test set is needed.

    Of several trainings of a model, it is their stability (Antoniak and Mimno 2018; Wendlandt, Kummerfeld and Mihalcea
    2018); of two models, what they have in common. Neither changes when a set is rotated or scaled.

    Neighbours are the `topn` nearest words by exact search, among the words of all sets, for `queries` words: as many
    of each band of frequency, by the counts or rows of the first set. CKA is linear (Kornblith and others 2019), of
    unit vectors, without the bias of few words (Song and others 2012): 0 for unrelated vectors, 1 for equal spaces. It
    looks at all words. 95 % intervals are over words: of neighbours by their standard error, where the words of "all"
    weigh as much as their band has words; of CKA by a jackknife over 10 groups of words. They say nothing about
    other trainings: for that, see the spread of `pairs`. `shown` words with the least overlap are named.

    OptionError with fewer than two sets, or without a word that all have.

    >>> from wordvec import KeyedVectors
    >>> rng = np.random.default_rng(0)
    >>> rows, words = rng.normal(size=(500, 8)), [f"w{i}" for i in range(500)]
    >>> turned = rows @ np.linalg.qr(rng.normal(size=(8, 8)))[0]
    >>> found = compare([KeyedVectors(words, rows), KeyedVectors(words, turned)])
    >>> found.bands[-1].overlap.score, round(found.bands[-1].cka.score, 6)
    (1.0, 1.0)
    """
    sets = list(vectors)
    if len(sets) < 2:
        raise OptionError(f"give two sets of vectors or more to compare; got {len(sets)}")
    topn, queries = whole_number("topn", topn, 1), whole_number("queries", queries, 1)
    shown = whole_number("shown", shown, 0)
    words, rows = _shared(sets)
    bands = [(name, np.searchsorted(words, some)) for name, some in bands_of(sets[0], words)]
    asked = drawn(bands, queries, np.random.default_rng(seed))
    near = _Neighbours.of(sets, rows, np.concatenate([some for _, some in asked]), topn, workers)
    ends = np.cumsum([0, *(len(some) for _, some in asked)]).tolist()
    parts = [slice(first, last) for first, last in pairwise(ends)]
    moments = [_moments(sets, rows, some) for _, some in bands]
    whole = reduce(add, moments)
    made = [
        Band(name, len(some), part.stop - part.start, *near.shares([part], [1.0]), of_band.interval())
        for (name, some), part, of_band in zip(bands, parts, moments)
    ]
    weights = [len(some) / len(words) for _, some in bands]
    everything = Band("all", len(words), ends[-1], *near.shares(parts, weights), whole.interval())
    return Comparison(
        tuple(map(len, sets)),
        len(words),
        topn,
        seed,
        (*made, everything),
        tuple(_pairs(near, parts, weights, whole)),
        tuple(_disagreements(sets, words, rows, near, shown)),
    )


def _shared(sets: Sequence[KeyedVectors]) -> tuple[Longs, list[Longs]]:
    """The words that all sets have, as rising numbers of the first set, and their rows in each."""
    check_vectors(**{f"set {place + 1}": one for place, one in enumerate(sets)})
    first = sets[0].vocabulary
    indices = [one.vocabulary.rows_of(first.data, first.offsets) for one in sets]
    rows = [np.where(index >= 0, one.word_rows()[index], -1) for one, index in zip(sets, indices)]
    usable = np.all([(some >= 0) & search.directed(one.norms)[some] for one, some in zip(sets, rows)], axis=0)
    words: Longs = np.flatnonzero(usable)
    if len(words) < 2:
        raise OptionError(f"the sets must share 2 words or more that have a direction in each; they share {len(words)}")
    return words, [some[words] for some in rows]


@dataclass(frozen=True)
class _Neighbours:
    """The nearest words of some words in each set, and what each pair of sets has in common."""

    asked: Longs  # [Q] numbers of shared words, as are the neighbours
    near: Longs  # [S, Q, k]
    overlap: Doubles  # [P, Q] the share of the k neighbours that both have
    jaccard: Doubles  # [P, Q]

    @classmethod
    def of(
        cls, sets: Sequence[KeyedVectors], rows: Sequence[Longs], asked: Longs, topn: int, workers: int | None
    ) -> _Neighbours:
        near = np.stack([_nearest(one, some, asked, topn, workers) for one, some in zip(sets, rows)])
        k = near.shape[2]
        equal = [
            (near[a][:, :, None] == near[b][:, None, :]) & (near[a] >= 0)[:, :, None]
            for a, b in combinations(range(len(sets)), 2)
        ]
        both = np.array([some.sum(axis=(1, 2)) for some in equal], np.float64)
        return cls(asked, near, both / k, both / (2 * k - both))

    def shares(self, parts: Sequence[slice], weights: Sequence[float]) -> tuple[Interval, Interval]:
        """The mean overlap and Jaccard index over pairs and words, of parts of the words by their weights."""
        overlap, jaccard = (_stratified(some.mean(axis=0), parts, weights) for some in (self.overlap, self.jaccard))
        return overlap, jaccard


def _stratified(values: Doubles, parts: Sequence[slice], weights: Sequence[float]) -> Interval:
    """The weighted mean of the means of parts of the values; without bounds where a part has one value."""
    score = float(sum(weight * values[part].mean() for part, weight in zip(parts, weights)))
    if min(part.stop - part.start for part in parts) < 2:
        return Interval(score, None, None)
    variances = [weight**2 * values[part].var(ddof=1) / len(values[part]) for part, weight in zip(parts, weights)]
    half = _NORMAL * float(np.sqrt(sum(variances)))
    return Interval(score, max(0.0, score - half), min(1.0, score + half))


def _nearest(vectors: KeyedVectors, rows: Longs, asked: Longs, topn: int, workers: int | None) -> Longs:
    """[Q, k] the shared words nearest to some of them, as their numbers."""
    number = np.full(len(vectors.norms), -1, np.int64)
    number[rows] = np.arange(len(rows))
    distinct, place = np.unique(rows[asked], return_inverse=True)
    within = None if len(rows) == len(number) else np.unique(rows)
    topn = min(topn, len(rows) - 1)
    blocks = search.nearest_blocks(vectors.rows, topn, asked=distinct, within=within, workers=workers)
    near = np.concatenate([found for _, found, _ in blocks])[place.reshape(-1)]
    return np.where(near >= 0, number[near], -1)


def _moments(sets: Sequence[KeyedVectors], rows: Sequence[Longs], words: Longs) -> Moments:
    """The moments of the unit vectors of some shared words, in groups alike in frequency."""
    groups = [words[group::GROUPS] for group in range(GROUPS)]
    return Moments.of(
        [[unit_rows(one.vectors[some[group]]).astype(np.float32) for one, some in zip(sets, rows)] for group in groups]
    )


def _pairs(near: _Neighbours, parts: Sequence[slice], weights: Sequence[float], whole: Moments) -> Iterator[Pair]:
    for place, (first, second) in enumerate(combinations(range(len(near.near)), 2)):
        shares = [_stratified(values[place], parts, weights).score or 0.0 for values in (near.overlap, near.jaccard)]
        cka = whole.cka(first, second)
        yield Pair(first, second, shares[0], shares[1], cka if np.isfinite(cka) else None)


def _disagreements(
    sets: Sequence[KeyedVectors], words: Longs, rows: Sequence[Longs], near: _Neighbours, shown: int
) -> Iterator[Disagreement]:
    counts, vocabulary = sets[0].vocabulary.counts, sets[0].vocabulary
    overlap = near.overlap.mean(axis=0)
    rank = near.asked if counts is None else -counts[words[near.asked]]
    for place in np.lexsort((rank, overlap))[:shown].tolist():
        number = int(words[near.asked[place]])
        names = [tuple(vocabulary[int(words[one])] for one in some[place][:_SHOWN] if one >= 0) for some in near.near]
        count = None if counts is None else int(counts[number])
        yield Disagreement(vocabulary[number], count, float(overlap[place]), tuple(names))


def _named(value: Any) -> Any:
    return value._asdict() if isinstance(value, Interval) else value
