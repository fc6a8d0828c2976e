"""Word similarity: the correlation of cosines with human ratings of word pairs."""

from __future__ import annotations

import os
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from wordvec.evaluate.files import lines
from wordvec.evaluate.policy import Resolver
from wordvec.evaluate.results import Longs, Outcome, of_items
from wordvec.evaluate.tasks.base import MOST, Dataset, Place, Task, cells, dataset, is_text, languages, number

Pair = tuple[str, str, float]
_RATING = ("score", "mean", "rating", "similarity", "human", "simlex999", "relatedness", "gold")  # names of the column
_TAGS = ("-n", "-v", "-j", "-a")  # of MEN's lemma form
_OTHERS = ("relation", "fold", "type")  # columns that other kinds of sets have


class Similarity(Task):
    """WS-353, SimLex-999, MEN, SimVerb, RW, MTurk, RG, MC and others: lines `word word ... rating`."""

    name = "similarity"
    suites = ("core",)
    does = "rank correlation of cosines with human ratings of word pairs"

    def recognise(self, place: Place) -> bool:
        """Two words and a number on each line, with or without a header."""
        rows = [cells(line) for line in place.head]
        if not rows or any(name in _named(rows[0]) for name in _OTHERS) or languages(place.path):
            return False
        column, body = _rating_column(rows)
        pairs = [row for row in body if _pair(row, column) is not None]
        sentences = any(" " in cell for row in pairs for cell in row[2:])
        texts = sum(any(map(is_text, row[:2])) for row in pairs)
        return bool(pairs) and len(pairs) >= MOST * len(body) and not sentences and 2 * texts < len(pairs)

    def read(self, path: str | os.PathLike[str]) -> Dataset:
        """The pairs, each with its rating."""
        table = [(line, cells(line)) for line in lines(path)]
        column, body = _rating_column([row for _, row in table])
        pairs = [(line, _pair(row, column)) for line, row in table[len(table) - len(body) :]]
        items = [pair for _, pair in pairs if pair is not None]
        unreadable = [line for line, pair in pairs if pair is None]
        return dataset(self.name, path, _untagged(items), unreadable, "a line must hold two words and a rating")

    def run(self, words: Resolver, dataset: Dataset, seed: int, workers: int | None = None) -> list[Outcome]:
        """Spearman's and Pearson's correlation."""
        pairs = _counted(dataset.items, words.policy.repeats == "mean", words.policy.self_pairs)
        first = words.numbers(one for one, _, _ in pairs)
        second = words.numbers(other for _, other, _ in pairs)
        used: Longs = np.flatnonzero((first >= 0) & (second >= 0))
        known = int((words.is_known(first) & words.is_known(second)).sum())
        cosines = words.cosines(first[used], second[used])
        ratings = np.array([rating for _, _, rating in pairs])[used]
        groups = shared_words(pairs)[used]
        return [
            of_items(of, of, len(pairs), used, cosines, ratings, groups=groups, known=known, headline=of == "spearman")
            for of in ("spearman", "pearson")
        ]


def shared_words(pairs: Sequence[Sequence[Any]]) -> Longs:
    """[n] the number of the word of each pair that more of the pairs have."""
    counts = Counter(word for pair in pairs for word in pair[:2])
    chosen = [max(pair[:2], key=lambda word: (counts[word], word)) for pair in pairs]
    return np.unique(np.array(chosen, dtype=object), return_inverse=True)[1] if pairs else np.zeros(0, np.int64)


def _counted(items: Sequence[Pair], once: bool, self_pairs: bool) -> list[Pair]:
    """The pairs that count: a repeated one once, with the mean of its ratings; without pairs of a word with itself."""
    pairs = [pair for pair in items if self_pairs or pair[0] != pair[1]]
    either_way = ((min(one, other), max(one, other), rating) for one, other, rating in pairs)
    return with_mean_ratings(either_way) if once else pairs


def with_mean_ratings(pairs: Iterable[Pair]) -> list[Pair]:
    """Each pair once, with the mean of its ratings."""
    ratings: dict[tuple[str, str], list[float]] = defaultdict(list)
    for one, other, rating in pairs:
        ratings[one, other].append(rating)
    return [(one, other, float(np.mean(given))) for (one, other), given in ratings.items()]


def _named(row: Sequence[str]) -> list[str]:
    return ["".join(letter for letter in cell.lower() if letter.isalnum()) for cell in row]


def _rating_column(rows: Sequence[Sequence[str]]) -> tuple[int | None, Sequence[Sequence[str]]]:
    """(the column of the ratings, the rows below the header): named in a header, else the first with a number."""
    columns = Counter(place for row in rows for place, cell in enumerate(row) if number(cell) is not None)
    rated = [place for place in sorted(columns) if columns[place] >= MOST * (len(rows) - 1)]
    column = rated[0] if rated and rated[0] >= 2 else None
    if column is None or len(rows[0]) <= column or any(number(cell) is not None for cell in rows[0]):
        return column, rows
    named = [place for place in rated if place < len(rows[0]) and _named(rows[0])[place].startswith(_RATING)]
    return [*named, column][0], rows[1:]


def _pair(row: Sequence[str], column: int | None) -> Pair | None:
    if column is None or len(row) <= column or not row[0] or not row[1]:
        return None
    rating = number(row[column])
    return None if rating is None or number(row[0]) is not None else (row[0], row[1], rating)


def _untagged(items: list[Pair]) -> list[Pair]:
    """The pairs without the part of speech that all words of MEN's lemma form end in."""
    if items and all(one.endswith(_TAGS) and other.endswith(_TAGS) for one, other, _ in items):
        return [(one[:-2], other[:-2], rating) for one, other, rating in items]
    return items
