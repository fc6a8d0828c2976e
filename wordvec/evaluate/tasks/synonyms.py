"""Synonym choice: which of several words is nearest to the one asked about, as in TOEFL and ESL."""

from __future__ import annotations

import os

import numpy as np

from wordvec.evaluate.policy import Resolver
from wordvec.evaluate.results import Outcome, of_items
from wordvec.evaluate.tasks.base import Dataset, Place, Task, dataset, readable

Item = tuple[str, str, tuple[str, ...]]  # word, answer, other choices

_MARK = "|"


class Synonyms(Task):
    """Lines `word | synonym | other | other | other`: the first choice is the right one."""

    name = "synonyms"
    suites = ("relations",)
    does = "share of words whose synonym is nearer than the other choices"

    def recognise(self, place: Place) -> bool:
        """At least four parts with `|` between them on each line."""
        return bool(place.head) and all(_item(line) is not None for line in place.head)

    def read(self, path: str | os.PathLike[str]) -> Dataset:
        """The questions: word, answer, other choices."""
        items, unreadable = readable(path, _item)
        return dataset(
            self.name, path, items, unreadable, "a line must hold a word, its synonym and others, with | between"
        )

    def run(self, words: Resolver, dataset: Dataset, seed: int, workers: int | None = None) -> list[Outcome]:
        """The accuracy: the answer must be nearer than all others. An unknown other choice is passed over."""
        items: list[Item] = words.policy.counted(dataset.items)
        used, right, known = [], [], 0
        for place, (word, answer, others) in enumerate(items):
            numbers = words.numbers((word, answer, *others))
            known += bool(words.is_known(numbers).all())
            if (numbers[:2] < 0).any() or not (numbers[2:] >= 0).any():
                continue
            units = words.units(numbers[numbers >= 0])
            cosines = units[1:] @ units[0]
            used.append(place)
            right.append(bool(cosines[0] > cosines[1:].max()))
        places = np.array(used, np.int64)
        return [of_items("accuracy", "mean", len(items), places, np.array(right), known=known, headline=True)]


def _item(line: str) -> Item | None:
    parts = [part.strip() for part in line.split(_MARK)]
    if len(parts) < 4 or not all(parts):
        return None
    return parts[0], parts[1], tuple(sorted(parts[2:]))
