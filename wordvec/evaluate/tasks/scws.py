"""Word similarity in context (SCWS): the correlation of cosines with ratings of two words, each in its context."""

from __future__ import annotations

import os
import re

import numpy as np

from wordvec.evaluate.policy import Resolver
from wordvec.evaluate.results import Outcome, of_items
from wordvec.evaluate.tasks.base import MOST, Dataset, Place, Task, dataset, number, readable
from wordvec.evaluate.tasks.contexts import context_means
from wordvec.evaluate.tasks.similarity import shared_words
from wordvec.search.arrays import row_cosines
from wordvec.vectors import SenseVectors

Tokens = tuple[str, ...]
Item = tuple[str, str, Tokens, Tokens, float]  # words, their contexts, rating

_WORD = re.compile(r"<b>.*?</b>")  # the word in its context


class Scws(Task):
    """SCWS: lines with the columns id, word, part of speech, word, part of speech, context, context, mean rating."""

    name = "scws"
    suites = ("senses",)
    does = "rank correlation of cosines with ratings of words in context"

    def recognise(self, place: Place) -> bool:
        """Eight columns or more, of which two have a word between <b> and </b>."""
        found = sum(_item(line) is not None for line in place.head)
        return found > 0 and found >= MOST * len(place.head)

    def read(self, path: str | os.PathLike[str]) -> Dataset:
        """The pairs with their contexts, without the words, and the mean of the ratings."""
        items, unreadable = readable(path, _item)
        return dataset(self.name, path, items, unreadable, "a line must hold two words, their contexts and a rating")

    def run(self, words: Resolver, dataset: Dataset, seed: int, workers: int | None = None) -> list[Outcome]:
        """Spearman's correlation, of the cosines of the words, and of the cosines of the means of their contexts.

        With one vector a word, the cosine of the words is what AvgSim of models of several senses is. Pairs of a word
        with itself count: they are a part of the set. `SenseVectors` get AvgSimC, the mean of the cosines of all pairs
        of senses weighted by their probabilities in the contexts, AvgSim, without weights, and MaxSimC, of the most
        probable senses (Reisinger and Mooney 2010); a context is all words of its text but the word itself.
        """
        items = words.policy.counted(dataset.items)
        if isinstance(words.vectors, SenseVectors):
            return _of_senses(words.vectors, items)
        first, second = (words.numbers(item[side] for item in items) for side in (0, 1))
        ratings, groups = np.array([item[4] for item in items]), shared_words(items)
        used = (first >= 0) & (second >= 0)
        known = words.is_known(first) & words.is_known(second)
        cosines = words.cosines(first[used], second[used])
        (one, in_one, of_one), (other, in_other, of_other) = (
            context_means(words, [item[side] for item in items]) for side in (2, 3)
        )
        measured = [
            ("spearman", used, known, cosines),
            ("spearman-context", in_one & in_other, of_one & of_other, row_cosines(one, other)[in_one & in_other]),
        ]
        return [
            of_items(
                name,
                "spearman",
                len(items),
                np.flatnonzero(some),
                values,
                ratings[some],
                groups=groups[some],
                known=int(of_known.sum()),
                headline=name == "spearman",
            )
            for name, some, of_known, values in measured
        ]


def _of_senses(vectors: SenseVectors, items: list[Item]) -> list[Outcome]:
    """The outcomes of AvgSimC, AvgSim and MaxSimC."""
    used, values = [], []
    for place, (*both, one, other, _) in enumerate(items):
        names = [next((form for form in (word, word.lower()) if f"{form}|1" in vectors), None) for word in both]
        if None in names:
            continue
        units, chances = [], []
        for name, context in zip(names, (one, other)):
            senses = np.asarray(vectors[vectors.senses(str(name))], np.float64)
            units.append(senses / np.maximum(np.linalg.norm(senses, axis=1, keepdims=True), 1e-30))
            chances.append(vectors.disambiguate(str(name), context))
        cosines = units[0] @ units[1].T
        most = cosines[chances[0].argmax(), chances[1].argmax()]
        used.append(place)
        values.append((chances[0] @ cosines @ chances[1], cosines.mean(), most))
    some, scores = np.array(used, np.int64), np.array(values, np.float64).reshape(-1, 3)
    ratings, groups = np.array([item[4] for item in items]), shared_words(items)
    measures = ("avgsim-c", "avgsim", "maxsim-c")
    return [
        of_items(name, "spearman", len(items), some, scores[:, i], ratings[some], groups=groups[some], headline=i == 0)
        for i, name in enumerate(measures)
    ]


def _item(line: str) -> Item | None:
    cells = [cell.strip() for cell in line.split("\t")]
    if len(cells) < 8 or not cells[1] or not cells[3] or not all(_WORD.search(cell) for cell in cells[5:7]):
        return None
    rating = number(cells[7])
    one, other = (tuple(_WORD.sub(" ", cell).split()) for cell in cells[5:7])
    return None if rating is None else (cells[1], cells[3], one, other, rating)
