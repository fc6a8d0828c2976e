"""Tasks of slices of time in one space: how far words moved, against gold lists, and analogies between slices."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wordvec.align.arrays import ranks_of_answers
from wordvec.evaluate.policy import Resolver
from wordvec.evaluate.results import Longs, Outcome, of_items
from wordvec.evaluate.tasks.base import MOST, Dataset, Place, Task, dataset, is_text, number, numbered, readable
from wordvec.search import directed
from wordvec.search.arrays import row_cosines

Change = tuple[str, float]  # a word, and whether or how far it changed
Entry = tuple[str, str]  # a word, its slice
Question = tuple[Entry, Entry]

DEPTH = 10  # ranks beyond it count as 0 in the mean reciprocal rank, as in `Slices.evaluate`
_ENTRY = re.compile(r"(.+)[:-]([^\s:,-]*\d[^\s:,-]*)")
_TAG = re.compile(r"_(nn|vb|adj|adv)$")  # of the English words of SemEval 2020


class Drift(Task):
    """SemEval 2020 task 1: lines `word TAB 0 or 1` of words that changed or not, or `word TAB degree` from 0 to 1."""

    name = "drift"
    suites = ()
    does = "whether words that changed are those that moved most from the first slice of time to the last"

    def recognise(self, place: Place) -> bool:
        """A word, a tab, and a number from 0 to 1 on each line."""
        items = [_change(line) for line in place.head]
        found = sum(item is not None and not is_text(item[0]) for item in items)
        return found > 0 and found >= MOST * len(items)

    def read(self, path: str | os.PathLike[str]) -> Dataset:
        """The words, each with 0 or 1, or with its degree."""
        items, unreadable = readable(path, _change)
        graded = any(value not in (0, 1) for _, value in items)
        wanted = "a line must hold a word, a tab, and a number from 0 to 1"
        return dataset(self.name, path, items, unreadable, wanted, graded=graded)

    def run(self, words: Resolver, dataset: Dataset, seed: int, workers: int | None = None) -> list[Outcome]:
        """Spearman's correlation of drift, 1 - cosine, with degrees; or its AUC and accuracy for words that changed.

        For the accuracy, words are said to have changed if they moved more than the mean of the list. A word with a
        tag, as in `attack_nn`, is looked up without it where the vectors have no tags.
        """
        items: list[Change] = words.policy.counted(dataset.items)
        gold, why = np.array([value for _, value in items]), _reason(words)
        used, known, drift = np.zeros(0, np.int64), 0, np.zeros(0)
        if not why:
            first, last = (_numbers(slice_, items) for slice_ in (words, words.others[-1]))
            used = np.flatnonzero((first >= 0) & (last >= 0))
            known = int((words.is_known(first) & words.others[-1].is_known(last)).sum())
            drift = 1 - row_cosines(words.units(first[used]), words.others[-1].units(last[used]))
        facts: dict[str, Any] = {"known": known, "why": why}
        if dataset.more["graded"]:
            return [of_items("spearman", "spearman", len(items), used, drift, gold[used], headline=True, **facts)]
        right = (drift > drift.mean()) == (gold[used] > 0) if len(drift) else np.zeros(0)
        return [
            of_items("auc", "auc", len(items), used, drift, gold[used], headline=True, **facts),
            of_items("accuracy", "mean", len(items), used, right, **facts),
        ]


class TemporalAnalogies(Task):
    """Pairs of words that play the same part at two times, such as `reagan-1987 clinton-1997` (Yao and others 2018)."""

    name = "temporal-analogies"
    suites = ()
    does = "share of words whose vector of one slice of time has the right word of another near it"
    fast = False

    def recognise(self, place: Place) -> bool:
        """Two words on each line, each with `-` or `:` and the name of a slice that has a digit."""
        items = [_question(line) for line in place.head]
        return bool(items) and sum(item is not None for item in items) >= MOST * len(items)

    def read(self, path: str | os.PathLike[str]) -> Dataset:
        """The questions: a word and its slice, the right word and its slice."""
        items, unreadable = readable(path, _question)
        wanted = "a line must hold two words, each with the name of its slice, such as word-1990"
        return dataset(self.name, path, items, unreadable, wanted)

    def run(self, words: Resolver, dataset: Dataset, seed: int, workers: int | None = None) -> list[Outcome]:
        """MRR, with ranks beyond 10 as 0, and precision at 1, 3, 5 and 10, as `Slices.evaluate` has them.

        MRR is given apart for static questions, whose two words are the same, and for dynamic ones. Slices have the
        names of their files, or else of their training, or else their number.
        """
        items: list[Question] = words.policy.counted(dataset.items)
        why, slices = _reason(words), _slices(words)
        ranks, is_asked = np.zeros(len(items), np.int64), np.zeros(len(items), np.bool_)
        pairs = [(source, target) for (_, source), (_, target) in items]
        for pair in dict.fromkeys(pairs) if not why else ():
            if pair[0] in slices and pair[1] in slices:
                places = np.flatnonzero([one == pair for one in pairs])
                asked = [items[place] for place in places]
                is_asked[places], ranks[places] = _ranks(slices[pair[0]], slices[pair[1]], asked)
        keeps = words.policy.oov in ("zero", "mean") and not why
        used = np.arange(len(items)) if keeps else np.flatnonzero(is_asked)
        groups = numbered(word for (word, _), _ in items)
        known, found = int(is_asked.sum()), ranks[used]
        facts: dict[str, Any] = {"known": known, "why": why, "groups": groups[used]}
        reciprocal = np.divide(1, found, out=np.zeros(len(found)), where=found > 0)
        outcome = of_items("mrr", "mean", len(items), used, reciprocal, headline=True, **facts)
        hits = [
            of_items(f"p@{k}", "mean", len(items), used, (found > 0) & (found <= k), **facts) for k in (1, 3, 5, 10)
        ]
        static = np.array([one == other for (one, _), (other, _) in items])
        parts = [_part(outcome, name, kind, is_asked) for name, kind in (("static", static), ("dynamic", ~static))]
        return [outcome, *hits, *(part for part in parts if part is not None)]


def _part(outcome: Outcome, name: str, kind: Any, known: Any) -> Outcome | None:
    """The outcome on some of the items; None where none or all are of this kind, or there is no score."""
    if outcome.items is None or outcome.values is None or outcome.reason or kind.all() or not kind.any():
        return None
    own = kind[outcome.items]
    facts: dict[str, Any] = {"part": name, "known": int((kind & known).sum())}
    return of_items(outcome.measure, outcome.of, int(kind.sum()), outcome.items[own], outcome.values[own], **facts)


def _ranks(source: Resolver, target: Resolver, items: Sequence[Question]) -> tuple[NDArray[np.bool_], Longs]:
    """([n] whether both words of each question have rows, [n] the rank of the right word, 0 beyond 10)."""
    rows = np.stack(
        [source.numbers(word for (word, _), _ in items), target.numbers(word for _, (word, _) in items)], axis=1
    )
    sizes = [len(side.vectors.norms) for side in (source, target)]
    asked: NDArray[np.bool_] = np.all((rows >= 0) & (rows < sizes), axis=1)
    asked[asked] &= directed(source.vectors.norms)[rows[asked, 0]]
    ranks = np.zeros(len(items), np.int64)
    ranks[asked] = ranks_of_answers(source.vectors, target.vectors, rows[asked], DEPTH)
    return asked, ranks


def _slices(words: Resolver) -> dict[str, Resolver]:
    """The slices by name, in their order."""
    named = {}
    for place, one in enumerate((words, *words.others)):
        trained = one.vectors.metadata.get("compass")
        named[one.name or (trained or {}).get("slice") or str(place + 1)] = one
    return named


def _numbers(words: Resolver, items: Sequence[Change]) -> Longs:
    """[n] the number of each word, or of the word without its tag."""
    numbers = words.numbers(word for word, _ in items)
    bare = words.numbers(_TAG.sub("", word) for word, _ in items)
    return np.where(words.is_known(numbers), numbers, bare)


def _reason(words: Resolver) -> str | None:
    """Why vectors have no score in tasks of several slices; None where they have."""
    if not words.others:
        return "it needs slices of time in one space: give the model as FIRST,LATER or as a folder of slices"
    sizes = sorted({one.vectors.vector_size for one in (words, *words.others)})
    return None if len(sizes) == 1 else f"slices must be in one space; their vectors have {sizes} dimensions"


def _change(line: str) -> Change | None:
    word, _, rest = line.strip().partition("\t")
    value = number(rest)
    return (word, value) if word and value is not None and number(word) is None and 0 <= value <= 1 else None


def _question(line: str) -> Question | None:
    """The two entries of a line, with a tab, a comma or white space between them."""
    parts = next((line.split(mark) for mark in ("\t", ",") if mark in line), line.split())
    found = [_ENTRY.fullmatch(part.strip()) for part in parts]
    if len(found) != 2 or found[0] is None or found[1] is None:
        return None
    return (found[0][1], found[0][2]), (found[1][1], found[1][2])
