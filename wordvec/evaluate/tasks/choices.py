"""Analogies by choice, as in the SAT: which of five pairs is related as the two words of the stem are."""

from __future__ import annotations

import os

import numpy as np

from wordvec.evaluate.policy import Resolver
from wordvec.evaluate.results import Outcome, of_items
from wordvec.evaluate.tasks.analogy_files import choices, is_choice
from wordvec.evaluate.tasks.base import Dataset, Place, Task, dataset
from wordvec.search import arrays


class AnalogyChoice(Task):
    """The form of SAT: a stem and choices `word word n:n` on lines of their own, then the letter of the answer."""

    name = "analogy-choice"
    suites = ("core",)
    does = "share of questions whose right pair has the offset nearest to that of the stem"

    def recognise(self, place: Place) -> bool:
        """Pairs of words with their parts of speech, and single letters."""
        return is_choice(place.head)

    def read(self, path: str | os.PathLike[str]) -> Dataset:
        """The questions: stem, choices, the place of the right one."""
        items, unreadable = choices(path)
        return dataset(self.name, path, items, unreadable, "a question must hold a stem, choices and a letter")

    def run(self, words: Resolver, dataset: Dataset, seed: int, workers: int | None = None) -> list[Outcome]:
        """The accuracy; a question with an unknown word in any pair is treated as the policy says."""
        items = words.policy.counted(dataset.items)
        used, right, known = [], [], 0
        for place, (stem, others, answer) in enumerate(items):
            numbers = words.numbers(word for pair in (stem, *others) for word in pair)
            known += bool(words.is_known(numbers).all())
            if (numbers < 0).any():
                continue
            units = words.units(numbers).reshape(-1, 2, words.vectors.vector_size)
            offsets = arrays.unit_rows(units[:, 1] - units[:, 0])
            used.append(place)
            cosines = offsets[1:] @ offsets[0]
            right.append(bool(cosines[answer] > np.delete(cosines, answer).max()))  # ties are no answer
        places = np.array(used, np.int64)
        return [of_items("accuracy", "mean", len(items), places, np.array(right), known=known, headline=True)]
