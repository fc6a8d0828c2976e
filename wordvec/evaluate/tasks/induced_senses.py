"""Word sense induction: do the senses that vectors find in contexts agree with those that people marked?"""

from __future__ import annotations

import os
import re
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from wordvec.base.errors import FormatError
from wordvec.evaluate.files import lines, shown_lines
from wordvec.evaluate.policy import Resolver
from wordvec.evaluate.results import Outcome, of_items
from wordvec.evaluate.tasks.base import Dataset, Place, Task, dataset, numbered
from wordvec.evaluate.tasks.contexts import beside
from wordvec.vectors import SenseVectors

Tokens = tuple[str, ...]
Item = tuple[str, tuple[tuple[Tokens, str], ...]]  # a word; its contexts, each with the sense that it has there
Longs = NDArray[np.int64]

_HEAD = re.compile(r"(\S+)\.([a-z]) ([0-9]+)")


class InducedSenses(Task):
    """SemEval-2010 task 14: a line `word.pos COUNT`, then COUNT lines `left TAB right`; the senses in a file `key`."""

    name = "induced-senses"
    suites = ("senses",)
    does = "agreement of the senses that vectors find in contexts with marked ones"

    def recognise(self, place: Place) -> bool:
        """Such a line, and as many lines of contexts as it says, or as are there."""
        found = _HEAD.fullmatch(place.head[0]) if place.head else None
        if found is None or len(place.head) < 2:
            return False
        return all("\t" in line for line in place.head[1 : 1 + int(found[3])])

    def read(self, path: str | os.PathLike[str]) -> Dataset:
        """The words with their contexts, without the word itself, and senses; contexts without a sense are left out."""
        where = Path(path)
        key = beside(where, "dataset", "key")
        if key == where or not key.is_file():
            raise FormatError(f"{where}: the senses must lie beside it, in a file with `key` for `dataset`")
        gold = {cells[1]: cells[2].partition("/")[0] for line in lines(key) if len(cells := line.split()) >= 3}
        items: list[Item] = []
        unreadable: list[str] = []
        found: list[tuple[Tokens, str]] = []
        name, number = "", 0
        for line in [*lines(where), ". 0"]:  # the last line ends the last word
            head = _HEAD.fullmatch(line)
            if head or line == ". 0":
                if found:
                    items.append((name.rpartition(".")[0], tuple(found)))
                name, number, found = f"{head[1]}.{head[2]}" if head else "", 0, []
                continue
            number += 1
            if "\t" not in line or not name:
                unreadable.append(line)
            elif (sense := gold.get(f"{name}.{number}")) is not None:
                found.append((tuple(line.split()), sense))
        if not items:
            raise FormatError(f"{where}: no context has a sense in {key.name}; got {shown_lines(unreadable)}")
        return dataset(self.name, path, items, unreadable, "a line must hold a context: left, tab, right")

    def run(self, words: Resolver, dataset: Dataset, seed: int, workers: int | None = None) -> list[Outcome]:
        """V-measure, paired F-score and adjusted Rand index of each word; the scores are their means over words.

        The sense of an occurrence is the most probable one by `SenseVectors.disambiguate`, of all words of its context.
        Vectors with one vector a word find one sense, of which the V-measure and the Rand index are 0.
        """
        items: list[Item] = words.policy.counted(dataset.items)
        used, scores, known = [], [], 0
        for place, (word, occurrences) in enumerate(items):
            chosen = _chosen(words, word, [context for context, _ in occurrences])
            if chosen is not None:
                used.append(place)
                known += isinstance(words.vectors, SenseVectors) or bool(words.is_known(words.numbers([word]))[0])
                scores.append(agreement(numbered(sense for _, sense in occurrences), chosen))
            words.tell(1 / len(items))
        values = np.array(scores, np.float64).reshape(-1, 3)
        names = ("v-measure", "paired-f", "ari")
        return [
            of_items(
                name, "mean", len(items), np.array(used, np.int64), values[:, i], known=known, headline=name == "ari"
            )
            for i, name in enumerate(names)
        ]


def _chosen(words: Resolver, word: str, contexts: list[Tokens]) -> Longs | None:
    """[n] the sense of a word in each context; None where the word is unknown."""
    vectors = words.vectors
    if not isinstance(vectors, SenseVectors):
        return np.zeros(len(contexts), np.int64) if words.number(word) >= 0 else None
    if f"{word}|1" not in vectors:
        return None
    return np.array([vectors.disambiguate(word, context).argmax() for context in contexts], np.int64)


def agreement(gold: Longs, found: Longs) -> tuple[float, float, float]:
    """(V-measure, paired F-score, adjusted Rand index) of two clusterings [n] of the same items.

    >>> agreement(np.array([0, 0, 1, 1]), np.array([1, 1, 0, 0]))
    (1.0, 1.0, 1.0)
    """
    gold, found = (np.unique(one, return_inverse=True)[1].reshape(-1) for one in (gold, found))
    table = np.zeros((gold.max() + 1, found.max() + 1))
    np.add.at(table, (gold, found), 1)
    rows, columns, n = table.sum(axis=1), table.sum(axis=0), table.sum()
    both, of_gold, of_found = (float((part * (part - 1) / 2).sum()) for part in (table, rows, columns))
    every = n * (n - 1) / 2
    chance = of_gold * of_found / every if every else 0.0
    most = (of_gold + of_found) / 2
    ari = (both - chance) / (most - chance) if most != chance else 1.0
    paired = 2 * both / (of_gold + of_found) if of_gold + of_found else 0.0
    homogeneity, completeness = _explained(table, rows, columns), _explained(table.T, columns, rows)
    total = homogeneity + completeness
    return 2 * homogeneity * completeness / total if total else 0.0, paired, float(ari)


def _explained(table: NDArray[np.float64], rows: NDArray[np.float64], columns: NDArray[np.float64]) -> float:
    """1 - H(rows | columns) / H(rows)."""
    n = table.sum()
    own = -float((rows / n * np.log(rows / n)).sum())
    at = table > 0
    rest = -float((table[at] / n * np.log((table / columns)[at])).sum())
    return 1.0 if own == 0 else max(0.0, 1 - rest / own)
