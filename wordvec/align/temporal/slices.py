"""Slices by time, source or place in one space: drift of words, analogies between slices, neighbours over time."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import combinations, pairwise
from typing import Any, NamedTuple

import numpy as np

from wordvec import search
from wordvec.align.arrays import Ints, mean_reciprocal_rank, precision_at, ranks_of_answers
from wordvec.align.common_vocabulary import rows_at, shared_words
from wordvec.align.lexicon.lexicon import RowFinder, as_lexicon
from wordvec.align.maps.orthogonal import Orthogonal
from wordvec.align.temporal.drift import NEIGHBOURS, Drift, Measure, drifts_between, interval_of, words_of_both
from wordvec.align.temporal.folder import Parts, read_folder, write_folder
from wordvec.align.temporal.permutation import ContextDrift, DriftTest, context_drifts
from wordvec.base.arguments import check_vectors, mapped, strings
from wordvec.base.errors import OptionError
from wordvec.base.logs import warn
from wordvec.base.shown import Ranked, RankedBy, Records, Shown
from wordvec.search.arrays import whole
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


class Neighbour(NamedTuple):
    """A neighbour of a word in a slice."""

    word: str
    slice: str
    rank: int  # from 1
    neighbour: str
    cosine: float


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

    They come from `train_compass`, from `align_slices`, from a folder (`load`), or from any vectors that are in one
    space. `overlaps` has the number of shared words of each pair of slices; a UserWarning names pairs that share less
    than half of their words. `compass` is the model that all were trained with, where there is one, `metadata` tells
    how they were made, and `repeats` are the same slices trained again with other seeds.

    >>> past = KeyedVectors(["cell", "wall", "phone"], [[0, 1], [1, 1], [1, 0]])
    >>> now = KeyedVectors(["cell", "wall", "phone"], [[1, 0.2], [1, 1], [1, 0]])
    >>> slices = Slices({"1970": past, "2020": now})
    >>> [(drift.word, round(drift.drift, 2)) for drift in slices.drift("1970", "2020", topn=1)]
    [('cell', 0.8)]
    >>> slices.temporal_analogy("phone", "1970", "2020", topn=1)
    [('phone', 1.0)]
    """

    def __init__(
        self,
        slices: Mapping[str, KeyedVectors],
        compass: KeyedVectors | None = None,
        *,
        metadata: Mapping[str, Any] | None = None,
        repeats: Sequence[Slices] = (),
    ) -> None:
        if not isinstance(slices, Mapping) or not slices or not all(isinstance(name, str) for name in slices):
            raise OptionError(f"slices must be vectors by name, one or more; got {slices!r:.60}")
        for name, vectors in slices.items():
            check_vectors(**{f"slice {name!r}": vectors})
        self.slices, self.compass, self.repeats = dict(slices), compass, tuple(repeats)
        self.metadata = mapped(metadata, "metadata", "facts by name")
        sizes = {vectors.vector_size for vectors in self.slices.values()}
        if len(sizes) > 1:
            raise OptionError(f"slices must be in one space; got vectors of {sorted(sizes)} dimensions")
        if any(list(repeat.slices) != list(self.slices) for repeat in self.repeats):
            raise OptionError(f"repeats must have the same slices, {', '.join(self.slices)}; one has others")
        self.overlaps = tuple(self._overlap(*pair) for pair in combinations(self.slices, 2))
        small = [overlap for overlap in self.overlaps if overlap.share < LEAST_OVERLAP]
        if small:
            warn(
                f"{len(small)} of {len(self.overlaps)} pairs of slices share less than {LEAST_OVERLAP:.0%} of their "
                "words, and their drift is unreliable: "
                + ", ".join(f"{overlap.first} and {overlap.second} {overlap.share:.0%}" for overlap in small[:3])
                + ("" if len(small) <= 3 else ", ...")
            )

    def save(self, folder: str | os.PathLike[str], *, force: bool = False) -> None:
        """Write a native file for each slice, one for the compass with its context, and `slices.json`, to a folder.

        The folder appears, or replaces an older one, when it is complete. Repeated trainings are in folders of their
        own in it. Any name of a slice is kept; in file names, other characters than letters, digits and `_.-` become
        %XX. OutputError where the folder cannot be written, where there is one and `force` is false, and where it
        holds other things than slices.

        >>> from tempfile import TemporaryDirectory
        >>> with TemporaryDirectory() as folder:
        ...     Slices({"20th century": KeyedVectors(["cell"], [[0, 1]])}).save(f"{folder}/all")
        ...     print(sorted(os.listdir(f"{folder}/all")), Slices.load(f"{folder}/all"))
        ['20th%20century.safetensors', 'slices.json'] Slices(20th century: 1 words)
        """
        write_folder(folder, self._parts(), force)

    @classmethod
    def load(cls, folder: str | os.PathLike[str], *, mmap: bool = True) -> Slices:
        """The slices of a folder, memory-mapped, or with `mmap=False` in memory.

        A folder without `slices.json` is read, too: each file of vectors, of any format, is a slice by the name of the
        file, in the order of the names, in which 9 comes before 10; a file named compass is the compass. A UserWarning
        says so. FileNotFoundError where there is no folder; FormatError where a file is missing or damaged, or is not
        the one that was saved with the others.
        """
        return cls._of(read_folder(folder, mmap))

    def verify(self) -> None:
        """Check every byte of the files that `load` mapped, of the compass and repeats too.

        FormatError says what is damaged; OptionError where slices do not come from native files.
        """
        for run in (self, *self.repeats):
            for vectors in (*run.slices.values(), *([] if run.compass is None else [run.compass])):
                vectors.verify()

    @classmethod
    def _of(cls, parts: Parts) -> Slices:
        repeats = [cls._of(repeat) for repeat in parts.repeats]
        return cls(parts.slices, parts.compass, metadata=parts.metadata, repeats=repeats)

    def _parts(self) -> Parts:
        repeats = tuple(repeat._parts() for repeat in self.repeats)
        return Parts(self.slices, self.compass, self.metadata, repeats)

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

    def drift(
        self,
        first: str,
        second: str,
        *,
        topn: int | None = 20,
        min_count: int = 1,
        words: Iterable[str] | None = None,
        stop_words: Iterable[str] = (),
        where: Mapping[str, Any] | None = None,
        measure: Measure = "cosine",
        neighbours: int = NEIGHBOURS,
        intervals: bool = False,
    ) -> Records[Drift]:
        """The words that both slices have, by falling drift; all of them with `topn=None`.

        Drift is 1 - cosine between the two vectors of a word. With `measure="neighbours"` it is that between its
        cosines with its nearest `neighbours` in either slice, in the one slice and in the other: only vectors of one
        slice are compared, so that slices need not be in one space (Hamilton, Leskovec, Jurafsky 2016, "Cultural shift
        or linguistic drift?"). The cosine shows change of any kind, neighbours rather change of meaning.

        Words with a count below `min_count` in either slice are left out: the vectors of rare words are mostly noise.
        So are `stop_words`, and words without the attributes `where` has in both slices: {name: a value, a list of
        values, or a function}, as in `most_similar(within=)`. With `words`, only these are taken. With `intervals`,
        drift is the mean over the trainings in `repeats` and this one, with the 95 % interval of Student's t;
        OptionError where there are no repeats. Equal drifts are in the order of the rows of `first`.
        """
        left, right = self[first], self[second]
        found = words_of_both(left, right, min_count=min_count, words=words, stop_words=stop_words, where=where)
        bounds: list[tuple[float | None, float | None]] = [(None, None)] * len(found.rows)
        if intervals:
            runs = [run.slices for run in self._trainings()]
            values = [drifts_between(run[first], run[second], found, measure, neighbours) for run in runs]
            drifts, low, high = interval_of(np.stack(values))
            bounds = list(zip(low.tolist(), high.tolist()))
        else:
            drifts = drifts_between(left, right, found, measure, neighbours)
        order = np.argsort(-drifts, kind="stable")[: None if topn is None else whole("topn", topn)]
        listed = zip(found.words(left, order), drifts[order].tolist(), found.count_pairs(order), order.tolist())
        return Records(
            (Drift(word, drift, counts, *bounds[place]) for word, drift, counts, place in listed), bar="drift"
        )

    def _trainings(self) -> list[Slices]:
        """The first training and the repeats; OptionError where there is one only, or another has other words."""
        if not self.repeats:
            raise OptionError("intervals must come from several trainings: train_compass(..., seeds=5), or repeats=")
        for repeat in self.repeats:
            for name, vectors in self.slices.items():
                if repeat[name].vocabulary != vectors.vocabulary:
                    raise OptionError(f"repeats must have the words of the first training; slice {name!r} has others")
        return [self, *self.repeats]

    def drift_of(
        self, word: str, *, measure: Measure = "cosine", neighbours: int = NEIGHBOURS
    ) -> list[tuple[str, str, float]]:
        """[(slice, next slice, drift), ...] over the slices that have the word, in their order.

        `measure` and `neighbours` are those of `drift`; OptionError where no slice has the word.
        """
        options: dict[str, Any] = {"words": [word], "min_count": 0, "measure": measure, "neighbours": neighbours}
        return [(one, other, self.drift(one, other, **options)[0].drift) for one, other in pairwise(self.having(word))]

    def having(self, word: str) -> list[str]:
        """The slices that have a word; OptionError where none has."""
        with_word = [name for name, vectors in self.slices.items() if word in vectors]
        if not with_word:
            raise OptionError(f"a word must be in one of the slices; {word!r} is in none of {', '.join(self.slices)}")
        return with_word

    def drift_test(
        self,
        first: str,
        second: str,
        corpora: Mapping[str, Any],
        *,
        min_count: int = 1,
        words: Iterable[str] | None = None,
        stop_words: Iterable[str] = (),
        where: Mapping[str, Any] | None = None,
        options: DriftTest | None = None,
        progress: bool = False,
        **values: Any,
    ) -> list[ContextDrift]:
        """Which words have other contexts in one slice than in another, by a permutation test; the surest first.

        `corpora` are the texts of both slices by name, as for `train_compass`. For each word the context vectors of its
        occurrences, sums of the vectors of context words, are added up in each slice; the statistic is 1 - cosine of
        these. The sentences with the word are then dealt to the two slices at random, `permutations` times, and p is
        the share of statistics as large or larger, (b + 1) / (permutations + 1); drawing ends early where many are.
        Where there are no more ways to deal them than that, p is exact. q is the false discovery rate of Benjamini and
        Hochberg (1995) over the words tested: of the words with q < 0.05, 5 % are expected to be false. It cannot be
        below words / (permutations + 1) where one word of many has changed: a UserWarning says where more permutations
        are needed. Choose words before, as by `min_count`, and not by drift.

        Vectors of context words are those of the compass, or of slice `first` where there is none. Sentences must be
        exchangeable if nothing changed: where documents repeat themselves, give `block`, the sentences that stay
        together. The other options are those of `DriftTest`; filters are those of `drift`. p does not depend on
        `workers` or on which other words are tested. Of the sentences with a word `max_sentences` of each slice are
        drawn by lot, which bounds time and memory. Text is lower-cased where that of the vectors was; give an
        `EncodedCorpus` where it was cut by a tokenizer. `progress` shows a bar on a terminal.
        """
        chosen = DriftTest.of(options, values)
        left, right = self[first], self[second]
        missing = [name for name in (first, second) if name not in corpora]
        if first == second or missing:
            raise OptionError(f"corpora must have the texts of two slices, {first} and {second}; it lacks {missing}")
        found = words_of_both(left, right, min_count=min_count, words=words, stop_words=stop_words, where=where)
        every = np.arange(len(found.rows))
        vectors, names = left if self.compass is None else self.compass, found.words(left, every)
        texts = [corpora[name] for name in (first, second)]
        tested = context_drifts(vectors, texts, names, chosen, progress)
        drifts = drifts_between(left, right, found, "cosine", NEIGHBOURS).tolist()
        rows = zip(names, drifts, found.count_pairs(every), tested)
        results = [ContextDrift(word, drift, counts, *test) for word, drift, counts, test in rows]
        return sorted(results, key=lambda one: (one.p is None, one.p, -(one.context_drift or 0)))

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

    def neighbour_table(self, words: str | Iterable[str], topn: int = 10) -> list[Neighbour]:
        """The nearest words of one or more words in each slice as rows (word, slice, rank, neighbour, cosine).

        A table of pandas takes them as they are. OptionError for a word that no slice has.

        >>> vectors = KeyedVectors(["cell", "wall", "phone"], [[0, 1], [1, 1], [1, 0]])
        >>> Slices({"1970": vectors}).neighbour_table("wall", topn=1)
        [Neighbour(word='wall', slice='1970', rank=1, neighbour='cell', cosine=0.7071067811865475)]
        """
        rows = []
        for word in [words] if isinstance(words, str) else strings(words):
            self.having(word)
            for name, near in self.neighbours(word, topn).items():
                rows += [Neighbour(word, name, rank, *other) for rank, other in enumerate(near, 1)]
        return rows

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
    turned: dict[str, KeyedVectors] = {}
    before: KeyedVectors | None = None
    for name, vectors in slices.items():
        if before is not None:
            rows, others = shared_words(vectors, before)
            if not len(rows):
                raise OptionError(f"slices must share words with the slice before them; {name!r} shares none")
            vectors = Orthogonal().fit(rows_at(vectors, rows), rows_at(before, others)).apply(vectors)
        turned[name] = before = vectors
    return Slices(turned, metadata={"method": "procrustes"})


def _scores(ranks: Ints, total: int) -> TemporalScores:
    """The figures from the rank of each right answer, 0 where there is none."""
    used = len(ranks)
    if not used:
        return TemporalScores(0, total, None, None, None, None, None)
    return TemporalScores(used, total, mean_reciprocal_rank(ranks, used), *precision_at(ranks, used, (1, 3, 5, 10)))
