"""Slices by time, source or place in one space: drift of words, analogies between slices, neighbours over time."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from itertools import combinations, pairwise
from typing import Any

import numpy as np

from wordvec import search
from wordvec.align.arrays import Ints, mean_reciprocal_rank, precision_at, ranks_of_answers
from wordvec.align.common_vocabulary import cosines_between, rows_at, shared_words
from wordvec.align.lexicon.lexicon import RowFinder, as_lexicon
from wordvec.align.maps.orthogonal import Orthogonal
from wordvec.base.arguments import check_vectors
from wordvec.base.errors import OptionError
from wordvec.base.shown import Ranked, RankedBy, Records, Shown
from wordvec.search.arrays import unit_rows, whole
from wordvec.vectors import KeyedVectors

Answers = Ranked

LEAST_OVERLAP = 0.5
DEPTH = 10  # ranks beyond it count as 0 in the mean reciprocal rank


@dataclass(frozen=True)
class Overlap:
    """The number of words that two slices share, and its share of the words that are in either."""

    first: str
    second: str
    shared: int
    share: float


@dataclass(frozen=True)
class Drift:
    """The drift of a word between two slices, 1 - cosine, and its counts in them where they are known."""

    word: str
    drift: float
    counts: tuple[int, int] | None


@dataclass(frozen=True)
class TemporalScores(Shown):
    """The mean reciprocal rank, with ranks beyond 10 as 0, and the precision at 1, 3, 5 and 10."""

    used: int  # questions that the figures are means of: those with both words in the vocabulary
    total: int
    mrr: float | None  # None where no question is used
    p1: float | None
    p3: float | None
    p5: float | None
    p10: float | None

    def to_dict(self) -> dict[str, Any]:
        """All of it by name, ready for JSON."""
        return asdict(self)


class Slices:
    """Vectors of several slices of a corpus in one space, by name, in their order.

    They come from `train_compass`, from `align_slices`, or from any vectors that are in one space. `overlaps` has the
    number of shared words of each pair of slices; a UserWarning names pairs that share less than half of their words.

    >>> past = KeyedVectors(["cell", "wall", "phone"], [[0, 1], [1, 1], [1, 0]])
    >>> now = KeyedVectors(["cell", "wall", "phone"], [[1, 0.2], [1, 1], [1, 0]])
    >>> slices = Slices({"1970": past, "2020": now})
    >>> [(drift.word, round(drift.drift, 2)) for drift in slices.drift("1970", "2020", topn=1)]
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
            raise OptionError(f"slices must be in one space; got vectors of {sorted(sizes)} dimensions")
        self.overlaps = tuple(self._overlap(*pair) for pair in combinations(self.slices, 2))
        small = [overlap for overlap in self.overlaps if overlap.share < LEAST_OVERLAP]
        if small:
            warnings.warn(
                f"{len(small)} of {len(self.overlaps)} pairs of slices share less than {LEAST_OVERLAP:.0%} of their "
                "words, and their drift is unreliable: "
                + ", ".join(f"{overlap.first} and {overlap.second} {overlap.share:.0%}" for overlap in small[:3])
                + ("" if len(small) <= 3 else ", ..."),
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

    def drift(self, first: str, second: str, *, topn: int | None = 20, min_count: int = 1) -> Records[Drift]:
        """The words that both slices have, by falling drift (1 - cosine); all of them with `topn=None`.

        Words with a count below `min_count` in either slice are left out: the vectors of rare words are mostly noise.
        Equal drifts are in the order of the rows of `first`.
        """
        left, right = self[first], self[second]
        rows, others = shared_words(left, right)
        counts = None
        if left.vocabulary.counts is not None and right.vocabulary.counts is not None:
            counts = np.stack([left.vocabulary.counts[rows], right.vocabulary.counts[others]], axis=1)
            frequent = (counts >= min_count).all(axis=1)
            rows, others, counts = rows[frequent], others[frequent], counts[frequent]
        drifts = 1 - cosines_between(left, right, rows, others)
        order = np.argsort(-drifts, kind="stable")[: None if topn is None else whole("topn", topn)]
        words = [left.index_to_key[row] for row in rows[order].tolist()]
        pairs = [None] * len(order) if counts is None else [(a, b) for a, b in counts[order].tolist()]
        return Records((Drift(*drift) for drift in zip(words, drifts[order].tolist(), pairs)), bar="drift")

    def drift_of(self, word: str) -> list[tuple[str, str, float]]:
        """[(slice, next slice, 1 - cosine), ...] over the slices that have the word, in their order."""
        with_word = [name for name, vectors in self.slices.items() if word in vectors]
        if not with_word:
            raise OptionError(f"a word must be in one of the slices; {word!r} is in none of {', '.join(self.slices)}")
        return [
            (first, second, 1 - float(unit_rows(self[first][word]) @ unit_rows(self[second][word])))
            for first, second in pairwise(with_word)
        ]

    def temporal_analogy(self, word: str, source: str, target: str, topn: int = 10) -> Answers:
        """The words of slice `target` nearest to the vector of `word` in slice `source`: [(word, cosine), ...].

        UnknownWordError where `source` lacks the word.
        """
        return self[target].most_similar(positive=[self[source][word]], topn=topn)

    def neighbours(self, word: str, topn: int = 10) -> RankedBy:
        """The nearest words of a word in each slice that has it, by name of the slice."""
        return RankedBy(
            (name, vectors.most_similar(word, topn=topn))
            for name, vectors in self.slices.items()
            if word in vectors and np.any(vectors[word])
        )

    def evaluate(
        self, pairs: Any, source: str, target: str, *, case_insensitive: bool = True
    ) -> dict[str, TemporalScores]:
        """Scores of temporal analogies: does the vector of a word in `source` have the right word of `target` near it?

        `pairs` are (word in `source`, word in `target`), as `fit_map` takes them. The scores are of "all" pairs, of the
        "static" ones, whose two words are the same, and of the "dynamic" ones (Yao et al. 2018; Di Carlo, Bianchi,
        Palmonari 2019). All words of `target` are candidates, the word itself included. Pairs with an unknown word are
        left out; `total` counts them.
        """
        lexicon = as_lexicon(pairs)
        finders = [RowFinder(self[name], case_insensitive) for name in (source, target)]
        rows = np.array([[finder.row(word) for finder, word in zip(finders, pair)] for pair in lexicon.pairs])
        static = np.array([first == second for first, second in lexicon.pairs])
        used = np.asarray((rows >= 0).all(axis=1))
        used[used] &= search.directed(self[source].norms[rows[used, 0]])
        ranks = np.zeros(len(rows), np.int64)
        ranks[used] = ranks_of_answers(self[source], self[target], rows[used], DEPTH)
        kinds = {"all": np.ones(len(rows), bool), "static": static, "dynamic": ~static}
        return {name: _scores(ranks[used & kind], int(kind.sum())) for name, kind in kinds.items()}


def align_slices(slices: Mapping[str, KeyedVectors]) -> Slices:
    """Slices trained separately, each mapped into the space of the one before (Hamilton, Leskovec, Jurafsky 2016).

    The map of a slice is the orthogonal W that minimises |X W - Y|, where X are the vectors of the words that it shares
    with the slice before, and Y those of the mapped slice before; neither is normalised. The first slice is not mapped.
    This is the baseline of `train_compass`. OptionError where two successive slices share no word.
    """
    if not isinstance(slices, Mapping) or not slices:
        raise OptionError(f"slices must be KeyedVectors by name, a dict of one or more; got {slices!r:.60}")
    for name, vectors in slices.items():
        check_vectors(**{f"slice {name!r}": vectors})
    mapped: dict[str, KeyedVectors] = {}
    before: KeyedVectors | None = None
    for name, vectors in slices.items():
        if before is not None:
            rows, others = shared_words(vectors, before)
            if not len(rows):
                raise OptionError(f"slices must share words with the slice before them; {name!r} shares none")
            vectors = Orthogonal().fit(rows_at(vectors, rows), rows_at(before, others)).apply(vectors)
        mapped[name] = before = vectors
    return Slices(mapped)


def _scores(ranks: Ints, total: int) -> TemporalScores:
    """The figures from the rank of each right answer, 0 where there is none."""
    used = len(ranks)
    if not used:
        return TemporalScores(0, total, None, None, None, None, None)
    return TemporalScores(used, total, mean_reciprocal_rank(ranks, used), *precision_at(ranks, used, (1, 3, 5, 10)))
