"""Contextual rare words (CRW): the similarity of rare words, from 1, 8 and 64 of their contexts, with other words."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from itertools import product
from pathlib import Path
from zlib import crc32

import numpy as np

from wordvec.evaluate.files import lines
from wordvec.evaluate.policy import Resolver
from wordvec.evaluate.results import Outcome, of_items
from wordvec.evaluate.tasks.base import Dataset, Place, dataset, number, readable
from wordvec.evaluate.tasks.induced import HEADLINE, FewContexts, induced
from wordvec.search.arrays import row_cosines

Sentences = Mapping[str, Sequence[Sequence[str]]]
Item = tuple[str, str, float]  # a rare word, another word, their rating

_PAIRS, _CONTEXTS = "CRW*.txt", "context"
_COUNTS = (1, 8, 64)  # contexts of a word


class RareWords(FewContexts):
    """A folder with `CRW-562.txt`, lines `word word rating`, and a folder `context` with a file for each rare word."""

    name = "rare-words"
    does = "rank correlation of cosines with ratings, where rare words have vectors from a few contexts"

    def recognise(self, place: Place) -> bool:
        """A folder with such a file and such a folder."""
        return place.is_folder and any(place.path.glob(_PAIRS)) and (place.path / _CONTEXTS).is_dir()

    def read(self, path: str | os.PathLike[str]) -> Dataset:
        """The pairs, the rare word first, and the contexts of the rare words."""
        folder = Path(path)
        contexts: dict[str, list[list[str]]] = {}
        for file in sorted((folder / _CONTEXTS).glob("*.txt")):
            contexts[file.name.removesuffix(".txt")] = sorted(line.split() for line in lines(file))
        items: list[Item] = []
        unreadable: list[str] = []
        for file in sorted(folder.glob(_PAIRS)):
            found, others = readable(file, lambda line: _pair(line, contexts))
            items, unreadable = items + found, unreadable + others
        wanted = f"a line must hold two words, one of them with a file in {_CONTEXTS}, and a rating"
        used = {item[0] for item in items}
        return dataset(
            self.name, path, items, unreadable, wanted, contexts={word: contexts[word] for word in sorted(used)}
        )

    def run(self, words: Resolver, dataset: Dataset, seed: int, workers: int | None = None) -> list[Outcome]:
        """Spearman's correlation, of each method and number of contexts.

        The contexts of a word are drawn by the seed; where it has fewer, all of them are used. The vector that a model
        has for a rare word itself is not used.
        """
        items: list[Item] = words.policy.counted(dataset.items)
        contexts: Sentences = dataset.more["contexts"]
        rare = {word: place for place, word in enumerate(contexts)}
        of, ratings = np.array([rare[item[0]] for item in items]), np.array([item[2] for item in items])
        others = words.numbers(item[1] for item in items)
        units = words.units(np.maximum(others, 0))
        passages = [(word, _drawn(word, some, n, seed)) for n in _COUNTS for word, some in contexts.items()]
        made = induced(words, passages, workers)
        outcomes = []
        for (part, count), one in product(enumerate(_COUNTS), made):
            place = of + part * len(contexts)  # of the rare word of each pair among the passages
            used = np.flatnonzero(one.known[place] & (others >= 0))
            outcome = of_items(
                f"spearman-{one.method}-{count}",
                "spearman",
                len(items),
                used,
                row_cosines(one.vectors[place[used]], units[used]),
                ratings[used],
                groups=of[used],
                known=int((one.known[place] & words.is_known(others)).sum()),
                headline=one.method == HEADLINE and count == _COUNTS[-1],
                why=one.reason,
            )
            outcomes.append(outcome)
        return outcomes


def _drawn(word: str, some: Sequence[Sequence[str]], count: int, seed: int) -> list[Sequence[str]]:
    """Some contexts of a word; those of a smaller number are among those of a larger one."""
    order = np.random.default_rng([seed, crc32(word.encode("utf-8", "surrogatepass"))]).permutation(len(some))
    return [some[place] for place in order[:count]]


def _pair(line: str, contexts: Sentences) -> Item | None:
    cells = line.replace(",", " ").split()
    rating = number(cells[2]) if len(cells) >= 3 else None
    if rating is None:
        return None
    rare = next((word for word in cells[1::-1] if word in contexts), None)
    if rare is None:
        return None
    other = cells[0] if rare == cells[1] else cells[1]
    return rare, other, rating
