"""Definitional nonces: is the vector that a definition gives a word near to the word's own vector."""

from __future__ import annotations

import os

import numpy as np

from wordvec.evaluate.policy import Resolver
from wordvec.evaluate.ranks import nearer
from wordvec.evaluate.results import Outcome, of_items
from wordvec.evaluate.tasks.base import MOST, Dataset, Place, dataset, readable
from wordvec.evaluate.tasks.induced import HEADLINE, SLOT, FewContexts, induced
from wordvec.search import arrays

Item = tuple[str, tuple[str, ...]]  # a word, its definition


class Nonces(FewContexts):
    """Lines `word TAB definition` with ___ in the place of the word (Herbelot and Baroni 2017)."""

    name = "definitional-nonces"
    does = "rank of a word's own vector among those nearest to the vector of its definition"

    def recognise(self, place: Place) -> bool:
        """A word, and a text with the slot or the word itself."""
        items = [_item(line) for line in place.head]
        found = sum(item is not None and bool({SLOT, item[0]} & set(item[1])) for item in items)
        return found > 0 and found >= MOST * len(items)

    def read(self, path: str | os.PathLike[str]) -> Dataset:
        """The words with their definitions."""
        items, unreadable = readable(path, _item)
        return dataset(self.name, path, items, unreadable, "a line must hold a word, a tab and a definition")

    def run(self, words: Resolver, dataset: Dataset, seed: int, workers: int | None = None) -> list[Outcome]:
        """MRR and the median rank of the word's own vector among all rows, by cosine, of each method.

        A word without a row, or whose definition has no known word, is left out under every policy.
        """
        items: list[Item] = words.policy.counted(dataset.items)
        rows = np.array([next(iter(words.rows(word)), -1) for word, _ in items], np.int64)
        outcomes = []
        for made in induced(words, [(word, [definition]) for word, definition in items], workers):
            used = np.flatnonzero(made.known & (rows >= 0))
            units, everything = arrays.unit_rows(made.vectors[used]), np.arange(words.size)
            ranks = 1 + nearer(words, units, np.arange(len(used)), rows[used], everything, workers=workers)
            for measure, of, values in (("mrr", "mean", 1 / ranks), ("median-rank", "median", ranks)):
                outcome = of_items(
                    f"{measure}-{made.method}",
                    of,
                    len(items),
                    used,
                    values,
                    headline=measure == "mrr" and made.method == HEADLINE,
                    why=made.reason,
                )
                outcomes.append(outcome)
        return outcomes


def _item(line: str) -> Item | None:
    word, mark, text = line.partition("\t")
    tokens = tuple(text.split())
    return (word.strip(), tokens) if mark and word.strip() and len(tokens) > 1 and "\t" not in text.strip() else None
