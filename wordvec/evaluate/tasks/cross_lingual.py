"""Tasks of vectors of two languages in one space: translations by a bilingual lexicon, and similarity of words."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from wordvec.align import Aligned
from wordvec.align.lexicon.lexicon import pair_of
from wordvec.align.lexicon.retrieval import Retrieval
from wordvec.evaluate.policy import Resolver
from wordvec.evaluate.results import Longs, Outcome, of_items
from wordvec.evaluate.tasks.base import MOST, Dataset, Place, Task, cells, dataset, languages, number, readable
from wordvec.evaluate.tasks.contexts import beside, lines_beside
from wordvec.evaluate.tasks.similarity import shared_words, with_mean_ratings

Pair = tuple[str, str, float]
Translated = tuple[str, tuple[str, ...]]  # a word, its translations

RESTRICT = 200_000  # first rows of both sides that are used where the policy does not say, as in MUSE
_METHODS: tuple[Retrieval, ...] = ("csls", "nn")
_DEPTH = 100  # ranks beyond it count as 0 in the mean reciprocal rank
_TRAINING = ("train", ".0-5000.")  # in the names of lexicons that maps are fitted to


class Lexicons(Task):
    """Lexicons of MUSE, VecMap and xling-eval: lines `word translation`, in a file such as `en-de.test.txt`."""

    name = "bilingual-lexicon"
    suites = ("languages",)
    does = "share of words whose nearest words of another language have a right translation"
    fast = False

    def recognise(self, place: Place) -> bool:
        """Two words a line, and two languages in the name of a file that is not for training."""
        name = place.path.name.lower()
        if not languages(place.path) or any(mark in name for mark in _TRAINING):
            return False
        pairs = [pair_of(line) for line in place.head]
        found = sum(pair is not None and number(pair[1]) is None for pair in pairs)
        return found > 0 and found >= MOST * len(pairs) and not _gold(place.path)

    def read(self, path: str | os.PathLike[str]) -> Dataset:
        """The words, each with its translations."""
        pairs, unreadable = readable(path, pair_of)
        translations: dict[str, set[str]] = defaultdict(set)
        for word, translation in pairs:
            translations[word].add(translation)
        items = [(word, tuple(sorted(some))) for word, some in translations.items()]
        return dataset(self.name, path, items, unreadable, "a line must hold a word and a translation")

    def run(self, words: Resolver, dataset: Dataset, seed: int, workers: int | None = None) -> list[Outcome]:
        """Precision at 1, 5 and 10 and MRR, by CSLS and by cosine, as `wordvec.align.Aligned.evaluate` has them.

        A word counts once, and any of its translations is right. Words that are unknown, or all of whose translations
        are, are left out if the policy skips them, and else count as wrong.
        """
        items: Sequence[Translated] = dataset.items
        why = _reason(words)
        if why:
            nothing = np.zeros(0, np.int64)
            return list(_figures(_METHODS, len(items), nothing, {name: np.zeros(0) for name in _METHODS}, 0, why))
        size = words.policy.restrict or RESTRICT
        aligned = words.once(
            "aligned",
            lambda: Aligned(words.vectors, words.others[0].vectors, restrict_vocab=size, workers=workers),
        )
        numbers = words.numbers(word for word, _ in items)
        right = [_rows(words.others[0], translations, size) for _, translations in items]
        units = words.units(np.maximum(numbers, 0))
        asked = (numbers >= 0) & units.any(axis=1) & np.array([bool(rows) for rows in right])
        known = int((asked & words.is_known(numbers)).sum())
        keeps = words.policy.oov in ("zero", "mean")
        used = np.arange(len(items)) if keeps else np.flatnonzero(asked)
        ranks = {}
        for method in _METHODS:
            ranks[method] = np.zeros(len(items))
            some = [right[place] for place in np.flatnonzero(asked)]
            ranks[method][asked] = aligned.forward.ranks(units, np.flatnonzero(asked), some, _DEPTH, method)
        return list(_figures(_METHODS, len(items), used, {name: one[used] for name, one in ranks.items()}, known))


class CrossLingualSimilarity(Task):
    """Word pairs of two languages with ratings: lines `word word rating`, or SemEval 2017's `.data.` and `.gold.`."""

    name = "cross-lingual-similarity"
    suites = ("languages",)
    does = "rank correlation of cosines with ratings of word pairs of two languages"

    def recognise(self, place: Place) -> bool:
        """Two words and a rating a line, in one file or in two, and two languages in the name."""
        if not languages(place.path):
            return False
        items = [_rated(line) if not _gold(place.path) else pair_of(line) for line in place.head]
        found = sum(item is not None for item in items)
        return found > 0 and found >= MOST * len(items)

    def read(self, path: str | os.PathLike[str]) -> Dataset:
        """The pairs, each with its rating."""
        where = Path(path)
        wanted = "a line must hold two words and a rating"
        if not _gold(where):
            items, unreadable = readable(path, _rated, header=lambda line: len(cells(line)) == 3)
            return dataset(self.name, path, items, unreadable, wanted)
        both = list(zip(*lines_beside(where, ".data.", (".gold.",))))
        read = [(line, pair_of(line), number(rating)) for line, rating in both if line.strip()]
        pairs = [(*pair, rating) for _, pair, rating in read if pair is not None and rating is not None]
        unreadable = [line for line, pair, rating in read if pair is None or rating is None]
        return dataset(self.name, path, pairs, unreadable, wanted)

    def run(self, words: Resolver, dataset: Dataset, seed: int, workers: int | None = None) -> list[Outcome]:
        """Spearman's and Pearson's correlation. Pairs of the same word in both languages count."""
        items: Sequence[Pair] = dataset.items
        items = with_mean_ratings(items) if words.policy.repeats == "mean" else items
        gold, groups = np.array([rating for _, _, rating in items]), shared_words(items)
        why, used, known, cosines = _reason(words), np.zeros(0, np.int64), 0, np.zeros(0)
        if not why:
            first = words.numbers(one for one, _, _ in items)
            second = words.others[0].numbers(other for _, other, _ in items)
            used = np.flatnonzero((first >= 0) & (second >= 0))
            known = int((words.is_known(first) & words.others[0].is_known(second)).sum())
            cosines = np.einsum("ij,ij->i", words.units(first[used]), words.others[0].units(second[used]))
        return [
            of_items(
                of,
                of,
                len(items),
                used,
                cosines,
                gold[used],
                groups=groups[used],
                known=known,
                headline=of == "spearman",
                why=why,
            )
            for of in ("spearman", "pearson")
        ]


def _figures(
    methods: Sequence[str],
    total: int,
    used: Longs,
    ranks: dict[str, NDArray[np.float64]],
    known: int,
    why: str | None = None,
) -> Iterator[Outcome]:
    """The outcomes of ranks, 0 where no right translation was found."""
    for method in methods:
        found = ranks[method]
        for depth in (1, 5, 10):
            hits, name = (found > 0) & (found <= depth), f"p@{depth}-{method}"
            yield of_items(name, "mean", total, used, hits, known=known, headline=name == "p@1-csls", why=why)
        reciprocal = np.divide(1, found, out=np.zeros(len(found)), where=found > 0)
        yield of_items(f"mrr-{method}", "mean", total, used, reciprocal, known=known, why=why)


def _reason(words: Resolver) -> str | None:
    """Why vectors have no score in tasks of two languages; None where they have."""
    if not words.others:
        return "it needs vectors of two languages in one space: give the model as SOURCE,TARGET"
    sizes = words.vectors.vector_size, words.others[0].vectors.vector_size
    if sizes[0] != sizes[1]:
        return f"both languages must be in one space; their vectors have {sizes[0]} and {sizes[1]} dimensions"
    return None


def _rows(words: Resolver, translations: Sequence[str], size: int) -> set[int]:
    """The rows of translations among the first `size`."""
    return {row for word in translations for row in words.rows(word)[:1] if row < size}


def _gold(path: Path) -> bool:
    """Whether a file has ratings beside it, as those of SemEval 2017 have."""
    return ".data." in path.name and beside(path, ".data.", ".gold.").is_file()


def _rated(line: str) -> Pair | None:
    row = cells(line)
    rating = number(row[2]) if len(row) == 3 and row[0] and row[1] else None
    return None if rating is None else (row[0], row[1], rating)
