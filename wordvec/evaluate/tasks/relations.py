"""Relations of word pairs: are hypernyms told from other pairs, by the cosine and by scores that have a direction."""

from __future__ import annotations

import os
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from wordvec.evaluate.files import lines
from wordvec.evaluate.policy import Resolver
from wordvec.evaluate.results import Longs, Outcome, of_items
from wordvec.evaluate.tasks.base import Dataset, Place, Task, cells, dataset, number, numbered

Doubles = NDArray[np.float64]
Item = tuple[str, str, float]  # words, and 1 or 0, or a degree

_BLESS = {"attri", "coord", "event", "hyper", "mero", "random-n", "random-v", "random-j"}
_WANTED = ("hyper", "coord")  # the relations that are looked for: the first of them that a set has
_BLOCK = 2048  # pairs at a time


class Relations(Task):
    """BLESS, WBLESS, BiBLESS, LEDS: pairs that are hypernyms or not; HyperLex: pairs with a degree."""

    name = "relations"
    suites = ("relations",)
    does = "hypernyms among other pairs: average precision, or correlation with degrees"

    def recognise(self, place: Place) -> bool:
        """A header with `word1`, `word2` and a relation, label or degree; or BLESS's own columns."""
        rows = [cells(line) for line in place.head]
        if not rows:
            return False
        names = [cell.lower() for cell in rows[0]]
        if {"word1", "word2"} <= set(names):
            return any(kind in names for kind in ("relation", "label", "type", "fold"))
        return all(len(row) == 4 and row[2] in _BLESS for row in rows)

    def read(self, path: str | os.PathLike[str]) -> Dataset:
        """The pairs, with 1 for the relation that is looked for and 0 for others, or with their degrees."""
        table = [(line, cells(line)) for line in lines(path)]
        names = [cell.lower() for cell in table[0][1]] if table else []
        if {"word1", "word2"} <= set(names):
            degree = next((names.index(kind) for kind in ("score", "avg_score") if kind in names), None)
            column = names.index(next((kind for kind in ("label", "relation") if kind in names), "word2"))
            columns, body = (
                (names.index("word1"), names.index("word2"), column if degree is None else degree),
                table[1:],
            )
        else:
            columns, degree, body = (0, 3, 2), None, table
        pairs = [(line, _pair(row, columns, degree is not None)) for line, row in body]
        unreadable = [line for line, pair in pairs if pair is None]
        found = [pair for _, pair in pairs if pair is not None]
        items = _degrees(found) if degree is not None else _wanted(found)
        wanted = "there must be a header with word1, word2 and relation, label or score"
        return dataset(self.name, path, items, unreadable, wanted, graded=degree is not None)

    def run(self, words: Resolver, dataset: Dataset, seed: int, workers: int | None = None) -> list[Outcome]:
        """Average precision, or Spearman's correlation with degrees, of the cosine, of WeedsPrec and of invCL.

        WeedsPrec (Weeds and Weir 2003) and invCL (Lenci and Benotto 2012) are of the positive parts of unit vectors.
        """
        items: list[Item] = words.policy.counted(dataset.items)
        first = words.numbers(one for one, _, _ in items)
        second = words.numbers(other for _, other, _ in items)
        used: Longs = np.flatnonzero((first >= 0) & (second >= 0))
        known = int((words.is_known(first) & words.is_known(second)).sum())
        gold = np.array([degree for _, _, degree in items])[used]
        scores = {"cosine": words.cosines(first[used], second[used]), **_directed(words, first[used], second[used])}
        of = "spearman" if dataset.more["graded"] else "average-precision"
        groups = numbered(one for one, _, _ in items)[used]
        return [
            of_items(
                f"{of}-{name}",
                of,
                len(items),
                used,
                values,
                gold,
                groups=groups,
                known=known,
                headline=name == "cosine",
            )
            for name, values in scores.items()
        ]


def _directed(words: Resolver, first: Longs, second: Longs) -> dict[str, Doubles]:
    """[n] how far the first word is contained in the second, by two scores."""
    weeds, inverse = np.zeros(len(first)), np.zeros(len(first))
    for start in range(0, len(first), _BLOCK):
        some = slice(start, start + _BLOCK)
        a, b = (np.maximum(words.units(numbers[some]), 0) for numbers in (first, second))
        of_a, of_b = a.sum(axis=1), b.sum(axis=1)
        both = np.minimum(a, b).sum(axis=1)
        weeds[some] = _share((a * (b > 0)).sum(axis=1), of_a)
        inverse[some] = np.sqrt(_share(both, of_a) * (1 - _share(both, of_b)))
    return {"weeds": weeds, "invcl": inverse}


def _share(part: Doubles, whole: Doubles) -> Doubles:
    return np.clip(np.divide(part, whole, out=np.zeros_like(part), where=whole > 0), 0, 1)


def _pair(row: Sequence[str], columns: tuple[int, ...], graded: bool) -> tuple[str, str, str] | None:
    if len(row) <= max(columns) or not all(row[column] for column in columns):
        return None
    one, other, label = (row[column] for column in columns)
    if graded and number(label) is None:
        return None
    return _bare(one), _bare(other), label.lower()


def _bare(word: str) -> str:
    """A word without the part of speech that BLESS adds to it."""
    return word[:-2] if word[-2:] in ("-n", "-v", "-j") else word


def _degrees(pairs: Sequence[tuple[str, str, str]]) -> list[Item]:
    return [(one, other, degree) for one, other, text in pairs if (degree := number(text)) is not None]


def _wanted(pairs: Sequence[tuple[str, str, str]]) -> list[Item]:
    """The pairs with 1 for hypernyms, or where there are none, for what is true, or for co-hyponyms; else 0."""
    labels = {label for _, _, label in pairs}
    found = next((name for name in _WANTED if name in labels), None)
    right = {found} if found else {"true", "1", "yes"}
    return [(one, other, float(label in right)) for one, other, label in pairs]
