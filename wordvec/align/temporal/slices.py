"""Slices of time, source or place in one space: drift of words, analogies between slices, neighbours over time."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from itertools import combinations, pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wordvec import search
from wordvec.align.common_vocabulary import Ints, cosines_between, rows_at, shared_words
from wordvec.align.lexicon.lexicon import Finder, as_lexicon
from wordvec.align.maps.methods import Orthogonal
from wordvec.base.arguments import check_vectors
from wordvec.base.errors import OptionError
from wordvec.search.arrays import unit_rows, whole
from wordvec.vectors import KeyedVectors

Answers = list[tuple[str, float]]

LEAST_OVERLAP = 0.5
DEPTH = 10  # ranks beyond it count as 0 in the mean reciprocal rank


@dataclass(frozen=True)
class Overlap:
    """How many words two slices share, as a share of the words that one or the other has."""

    first: str
    second: str
    shared: int
    share: float


@dataclass(frozen=True)
class Drift:
    """How far a word has gone from one slice to another: 1 - cosine, and its counts there where they are known."""

    word: str
    drift: float
    counts: tuple[int, int] | None


@dataclass(frozen=True)
class TemporalScores:
    """The mean reciprocal rank, ranks beyond 10 being 0, and the share of right answers among the first 1, 3, 5, 10."""

    used: int  # questions behind the figures: of which both words are known
    total: int
    mrr: float | None  # None where there is none
    p1: float | None
    p3: float | None
    p5: float | None
    p10: float | None

    def to_dict(self) -> dict[str, Any]:
        """All of it by name, ready for JSON."""
        return asdict(self)


class Slices:
    """Vectors of several slices of a corpus in one space, by name, in their order.

    `train_compass` and `align_slices` make them; any vectors that are in one space will do. `overlaps` says of each
    pair of slices how many words they share: a UserWarning names those that share less than half.

    >>> past = KeyedVectors(["cell", "wall", "phone"], [[0, 1], [1, 1], [1, 0]])
    >>> now = KeyedVectors(["cell", "wall", "phone"], [[1, 0.2], [1, 1], [1, 0]])
    >>> slices = Slices({"1970": past, "2020": now})
    >>> [(found.word, round(found.drift, 2)) for found in slices.drift("1970", "2020", topn=1)]
    [('cell', 0.8)]
    >>> slices.temporal_analogy("phone", "1970", "2020", topn=1)
    [('phone', 1.0)]
    """

    def __init__(self, slices: Mapping[str, KeyedVectors], compass: KeyedVectors | None = None) -> None:
        if not isinstance(slices, Mapping) or not slices:
            raise OptionError(f"slices must be vectors by name, one or more; got {type(slices).__name__}")
        self.slices, self.compass = dict(slices), compass
        sizes = {vectors.vector_size for vectors in self.slices.values()}
        if len(sizes) > 1:
            raise OptionError(f"slices must be in one space; got vectors of {sorted(sizes)} numbers")
        self.overlaps = tuple(self._overlap(*pair) for pair in combinations(self.slices, 2))
        poor = [found for found in self.overlaps if found.share < LEAST_OVERLAP]
        if poor:
            warnings.warn(
                f"{len(poor)} of {len(self.overlaps)} pairs of slices share less than {LEAST_OVERLAP:.0%} of their "
                "words; what they say of each other is weak: "
                + ", ".join(f"{found.first} and {found.second} {found.share:.0%}" for found in poor[:3])
                + ("" if len(poor) <= 3 else ", ..."),
                stacklevel=3,
            )

    def __getitem__(self, name: str) -> KeyedVectors:
        if name not in self.slices:
            raise OptionError(f"a slice must be one of {', '.join(self.slices)}; got {name!r}")
        return self.slices[name]

    def __len__(self) -> int:
        return len(self.slices)

    def __repr__(self) -> str:
        return f"Slices({', '.join(f'{name}: {len(vectors)} words' for name, vectors in self.slices.items())})"

    def _overlap(self, first: str, second: str) -> Overlap:
        shared = len(shared_words(self.slices[first], self.slices[second])[0])
        either = len(self.slices[first]) + len(self.slices[second]) - shared
        return Overlap(first, second, shared, shared / max(1, either))

    def drift(self, first: str, second: str, *, topn: int | None = 20, min_count: int = 1) -> list[Drift]:
        """The words that both slices have by falling drift, 1 - cosine; all of them with `topn=None`.

        Words that one of them has less than `min_count` times are left out: a rare word has a vector that says more of
        chance than of meaning. Of equal drifts the first row of `first` comes first.
        """
        left, right = self[first], self[second]
        rows, others = shared_words(left, right)
        counts = None
        if left.vocabulary.counts is not None and right.vocabulary.counts is not None:
            counts = np.stack([left.vocabulary.counts[rows], right.vocabulary.counts[others]], axis=1)
            often = (counts >= min_count).all(axis=1)
            rows, others, counts = rows[often], others[often], counts[often]
        far = 1 - cosines_between(left, right, rows, others)
        order = np.argsort(-far, kind="stable")[: None if topn is None else whole("topn", topn)]
        names = left.index_to_key
        return [
            Drift(names[rows[i]], float(far[i]), None if counts is None else (int(counts[i, 0]), int(counts[i, 1])))
            for i in order.tolist()
        ]

    def drift_of(self, word: str) -> list[tuple[str, str, float]]:
        """(slice, next slice, 1 - cosine) for slices that follow each other among those that have the word."""
        having = [name for name, vectors in self.slices.items() if word in vectors]
        if not having:
            raise OptionError(f"a word must be in one of the slices; {word!r} is in none of {', '.join(self.slices)}")
        return [
            (first, second, 1 - float(unit_rows(self[first][word]) @ unit_rows(self[second][word])))
            for first, second in pairwise(having)
        ]

    def temporal_analogy(self, word: str, source: str, target: str, topn: int = 10) -> Answers:
        """The words of slice `target` that are nearest to what `word` was in slice `source`: [(word, cosine), ...].

        UnknownWordError where `source` lacks the word.
        """
        return list(self[target].most_similar(positive=[self[source][word]], topn=topn))

    def neighbours(self, word: str, topn: int = 10) -> dict[str, Answers]:
        """The nearest words of a word in each slice that has it, by the name of the slice."""
        return {
            name: list(vectors.most_similar(word, topn=topn))
            for name, vectors in self.slices.items()
            if word in vectors and np.any(vectors[word])
        }

    def evaluate(
        self, pairs: Any, source: str, target: str, *, case_insensitive: bool = True
    ) -> dict[str, TemporalScores]:
        """How often what a word of `source` is in `target` is found, as a lexicon of (word, word) says.

        Figures are "all" questions, the "static" ones, whose two words are the same, and the "dynamic" ones (Yao et
        al. 2018; Di Carlo, Bianchi, Palmonari 2019). Each pair is a question; its answers are all words of `target`,
        the word itself not excluded. Questions with an unknown word are left out and counted.
        """
        lexicon = as_lexicon(pairs)
        finders = [Finder(self[name], case_insensitive) for name in (source, target)]
        rows = np.array([[finder.row(word) for finder, word in zip(finders, pair)] for pair in lexicon.pairs])
        static = np.array([first == second for first, second in lexicon.pairs])
        used: NDArray[np.bool_] = np.all(rows >= 0, axis=1)
        used[used] &= search.directed(self[source].norms[rows[used, 0]])
        ranks = np.zeros(len(rows), np.int64)
        ranks[used] = self._ranks(source, target, rows[used])
        kinds = {"all": np.ones(len(rows), bool), "static": static, "dynamic": ~static}
        return {name: _scores(ranks[used & kind], int(kind.sum())) for name, kind in kinds.items()}

    def _ranks(self, source: str, target: str, rows: Ints) -> Ints:
        """The rank of each right answer, 0 where it is not among the first ten."""
        other = self[target]
        found = [
            search.nearest(other.vectors, self[source].vectors[rows[i : i + 1024, 0]], DEPTH, norms=other.norms)[0]
            for i in range(0, len(rows), 1024)
        ]
        if not found:
            return np.zeros(0, np.int64)
        right = np.concatenate(found) == rows[:, 1:]
        return np.where(right.any(axis=1), right.argmax(axis=1) + 1, 0)


def align_slices(slices: Mapping[str, KeyedVectors]) -> Slices:
    """Vectors of slices that were trained apart, each turned to the one before it (Hamilton, Leskovec, Jurafsky 2016).

    For slices in their order, W is the orthogonal map of the words that a slice shares with the one before, which was
    turned before: min |X W - Y|, of vectors as they are. The first slice stays. This is the baseline to
    `train_compass`; OptionError where slices that follow each other share no word.
    """
    if not isinstance(slices, Mapping) or not slices:
        raise OptionError(f"slices must be KeyedVectors by name, a dict of one or more; got {slices!r:.60}")
    for name, vectors in slices.items():
        check_vectors(**{f"slice {name!r}": vectors})
    turned: dict[str, KeyedVectors] = {}
    before: KeyedVectors | None = None
    for name, vectors in slices.items():
        if before is not None:
            rows, others = shared_words(vectors, before)
            if not len(rows):
                raise OptionError(f"slices must share words with the slice before them; {name!r} shares none")
            vectors = Orthogonal().fit(rows_at(vectors, rows), rows_at(before, others)).apply(vectors)
        turned[name] = before = vectors
    return Slices(turned)


def _scores(ranks: Ints, total: int) -> TemporalScores:
    """The figures of questions whose right answer has these ranks, 0 for none."""
    used = len(ranks)
    if not used:
        return TemporalScores(0, total, None, None, None, None, None)
    found = ranks[ranks > 0]
    shares = [float((found <= most).sum() / used) for most in (1, 3, 5, 10)]
    return TemporalScores(used, total, float((1 / found).sum() / used), *shares)
