"""Chimeras: are words that stand in two to six sentences near to the words that people find them like."""

from __future__ import annotations

import os

import numpy as np

from wordvec.evaluate.policy import Resolver
from wordvec.evaluate.results import Outcome, of_items
from wordvec.evaluate.statistics import spearman
from wordvec.evaluate.tasks.base import MOST, Dataset, Place, dataset, number, readable
from wordvec.evaluate.tasks.induced import HEADLINE, Doubles, FewContexts, induced
from wordvec.search import arrays

Tokens = tuple[str, ...]
Item = tuple[str, tuple[Tokens, ...], tuple[str, ...], tuple[float, ...]]  # id, sentences, probes, their ratings

_BETWEEN = "@@"  # sentences


class Chimeras(FewContexts):
    """Lines `id TAB sentences TAB probes TAB ratings`: the slot is ___, and @@ may stand between sentences."""

    name = "chimeras"
    does = "rank correlation of cosines with the ratings of six words for each word that stands in a few sentences"

    def recognise(self, place: Place) -> bool:
        """Four columns, the last two with as many words as ratings, between commas."""
        found = sum(_item(line) is not None for line in place.head)
        return found > 0 and found >= MOST * len(place.head)

    def read(self, path: str | os.PathLike[str]) -> Dataset:
        """The passages, each with its probes and their ratings."""
        items, unreadable = readable(path, _item)
        wanted = "a line must hold an id, sentences, and as many probes as ratings, with tabs between"
        return dataset(self.name, path, items, unreadable, wanted)

    def run(self, words: Resolver, dataset: Dataset, seed: int, workers: int | None = None) -> list[Outcome]:
        """The mean over passages of Spearman's correlation, of each method (Lazaridou, Marelli and Baroni 2017).

        A passage needs a context word with a vector, and two probes with different ratings. It counts as 0 where all
        its probes have the same cosine.
        """
        items: list[Item] = words.policy.counted(dataset.items)
        numbers = [words.numbers(item[2]) for item in items]
        ratings = [np.array(item[3]) for item in items]
        complete = np.array([bool(words.is_known(some).all()) for some in numbers])
        able = np.array([len(np.unique(some[of >= 0])) > 1 for some, of in zip(ratings, numbers)])
        outcomes = []
        for made in induced(words, [("", item[1]) for item in items], workers):
            used = np.flatnonzero(made.known & able)
            values = np.zeros(len(used))
            for i, place in enumerate(used.tolist()):
                probes = numbers[place] >= 0
                cosines = words.units(numbers[place][probes]) @ arrays.unit(made.vectors[place])
                values[i] = _correlation(ratings[place][probes], cosines)
            outcome = of_items(
                f"spearman-{made.method}",
                "mean",
                len(items),
                used,
                values,
                known=int((made.known & able & complete).sum()),
                headline=made.method == HEADLINE,
                why=made.reason,
            )
            outcomes.append(outcome)
        return outcomes


def _correlation(gold: Doubles, values: Doubles) -> float:
    found = float(spearman(gold, values, np.ones((1, len(gold))))[0])
    return found if np.isfinite(found) else 0.0


def _item(line: str) -> Item | None:
    cells = [cell.strip() for cell in line.split("\t")]
    if len(cells) != 4:
        return None
    probes = tuple(probe.strip() for probe in cells[2].split(","))
    ratings = [number(rating) for rating in cells[3].split(",")]
    given = tuple(rating for rating in ratings if rating is not None)
    if not cells[1] or not all(probes) or len(given) != len(ratings) or len(given) != len(probes) or len(given) < 2:
        return None
    sentences = tuple(tuple(sentence.split()) for sentence in cells[1].split(_BETWEEN))
    return cells[0], sentences, probes, given
