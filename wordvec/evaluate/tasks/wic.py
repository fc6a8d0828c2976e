"""Words in context: whether a word has one meaning in two contexts (WiC), or the given one (WiC-TSV), by means."""

from __future__ import annotations

import os
import re
from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

import numpy as np

from wordvec.evaluate.policy import Resolver
from wordvec.evaluate.results import Outcome, of_items
from wordvec.evaluate.tasks.base import MOST, Dataset, Place, Task, dataset
from wordvec.evaluate.tasks.contexts import context_means, lines_beside, same_meaning
from wordvec.search.arrays import row_cosines

Tokens = tuple[str, ...]
Item = tuple[str, Tokens, tuple[Tokens, ...], float]  # word, its context, what that is compared with, 1 or 0

_SPLITS = ("train", "dev", "test")
_LABELS = {"T": 1.0, "F": 0.0}
_WORDS = re.compile(r"\w+(?:['-]\w+)*")  # definitions are not cut into tokens
_PLACES = re.compile(r"(\d+)-(\d+)")


class OneMeaning(Task):
    """Files of contexts, `train`, `dev` and `test`, with labels T and F beside them, line by line."""

    suites = ("senses",)
    part: ClassVar[str]  # of the name of the file of contexts
    beside: ClassVar[tuple[str, ...]]  # the same part of the names of the files beside it, the labels last
    measures: ClassVar[tuple[str, ...]]  # one for each text that a context is compared with, the headline first

    @abstractmethod
    def item(self, texts: Sequence[str], label: float) -> Item | None:
        """The item of a line and of those beside it; None where they are none."""

    def recognise(self, place: Place) -> bool:
        """Lines of this form in a file of this name."""
        items = [self.item([line, *("a" for _ in self.beside[1:])], 0.0) for line in place.head]
        found = sum(item is not None for item in items)
        return self.part in place.path.name and found > 0 and found >= MOST * len(items)

    def read(self, path: str | os.PathLike[str]) -> Dataset:
        """The items of a file, and of the files before it in the order of train, dev and test."""
        where = Path(path)
        items, unreadable = self._items(where)
        earlier = sorted(item for file in _earlier(where) for item in self._items(file)[0])
        wanted = f"a line must hold a word, its place and its context, and the one in {self.beside[-1]} T or F"
        found = dataset(self.name, path, items, unreadable, wanted, earlier=earlier)
        return replace(found, name=f"{self.name}-{where.name.partition(self.part)[0]}")

    def _items(self, path: Path) -> tuple[list[Item], list[str]]:
        items, unreadable = [], []
        *texts, labels = lines_beside(path, self.part, self.beside)
        for *some, label in zip(*texts, labels):
            item = self.item(some, _LABELS[label]) if label in _LABELS else None
            if item is not None:
                items.append(item)
            elif some[0].strip():
                unreadable.append(some[0])
        return items, unreadable

    def run(self, words: Resolver, dataset: Dataset, seed: int, workers: int | None = None) -> list[Outcome]:
        """The accuracy: one meaning is where the cosine of the means of vectors is above a threshold.

        The threshold is the best one for the files before this one, or for the other half of the items if there are
        none. The word itself is no part of its context.
        """
        items, earlier = (words.policy.counted(some) for some in (dataset.items, dataset.more["earlier"]))
        both = [*earlier, *items]
        gold = np.array([item[3] for item in both])
        own, usable, known = context_means(words, [item[1] for item in both])
        later = np.arange(len(both)) >= len(earlier)
        outcomes = []
        for number, measure in enumerate(self.measures):
            means, some, others = context_means(words, [item[2][number] for item in both])
            cosines, used, of_known = row_cosines(own, means), usable & some, known & others
            training = cosines[used & ~later], gold[used & ~later]
            used &= later
            right = same_meaning(cosines[used], gold[used], training)
            places = np.flatnonzero(used) - len(earlier)
            count = int((of_known & later).sum())
            outcomes.append(of_items(measure, "mean", len(items), places, right, known=count, headline=number == 0))
        return outcomes


class Wic(OneMeaning):
    """WiC: `dev.data.txt` with lines `word TAB N or V TAB place-place TAB context TAB context`, and `dev.gold.txt`."""

    name = "wic"
    does = "share of pairs of contexts for which it is told whether a word has one meaning in both"
    part = ".data."
    beside = (".gold.",)
    measures = ("accuracy",)

    def item(self, texts: Sequence[str], label: float) -> Item | None:
        """Both contexts without the word, whose places in them are given."""
        cells = texts[0].split("\t")
        places = _PLACES.fullmatch(cells[2]) if len(cells) == 5 else None
        one, other = (_without(cells[3 + side], places[1 + side]) if places else None for side in (0, 1))
        return None if one is None or other is None else (cells[0], one, (other,), label)


class WicTsv(OneMeaning):
    """WiC-TSV: `dev_examples.txt` with lines `word TAB place TAB context`, and the definition and hypernyms of each."""

    name = "wic-tsv"
    does = "share of contexts for which it is told whether a word has the meaning of a definition and hypernyms"
    part = "_examples."
    beside = ("_definitions.", "_hypernyms.", "_labels.")
    measures = ("accuracy", "accuracy-definition", "accuracy-hypernyms")

    def item(self, texts: Sequence[str], label: float) -> Item | None:
        """The context without the word; definition and hypernyms together, the definition, the hypernyms."""
        cells = texts[0].split("\t")
        context = _without(cells[2], cells[1]) if len(cells) == 3 and cells[1].isdecimal() else None
        if context is None:
            return None
        definition = tuple(_WORDS.findall(texts[1]))
        hypernyms = tuple(texts[2].replace("_", " ").split())
        return cells[0], context, (definition + hypernyms, definition, hypernyms), label


def _without(context: str, place: str) -> Tokens | None:
    """The tokens of a context but for that at a place; None where it has no such place."""
    tokens, number = context.split(), int(place)
    return (*tokens[:number], *tokens[number + 1 :]) if number < len(tokens) else None


def _earlier(path: Path) -> list[Path]:
    """The files that come before one in the order of train, dev and test: beside it, or in folders of these names."""
    own = next((split for split in _SPLITS if path.name.startswith(split)), _SPLITS[0])
    found = []
    for split in _SPLITS[: _SPLITS.index(own)]:
        name = split + path.name.removeprefix(own)
        found += [path.with_name(name)] + [path.parent.parent / split / name] * (path.parent.name == own)
    return [file for file in found if file.is_file()]
