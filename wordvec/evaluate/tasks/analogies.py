"""Analogies a : b = c : ?, by six scores, with the score without exclusion and the word nearest to c beside them."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wordvec.evaluate.lookup import check_finite
from wordvec.evaluate.policy import Resolver
from wordvec.evaluate.results import Longs, Outcome, of_items
from wordvec.evaluate.tasks.analogy_files import Question, bats, google, is_bats, is_syntactic, msr
from wordvec.evaluate.tasks.base import Dataset, Place, Task, dataset, number
from wordvec.evaluate.tasks.lrcos import lrcos
from wordvec.search import nearest
from wordvec.search.analogy import Method, Ranking, ranked_answers

METHODS: tuple[Method, ...] = ("3cosadd", "3cosmul", "pairdirection")
_GROUP = 1024  # vectors that are searched at a time
_BATS = {"I": "inflection", "D": "derivation", "E": "encyclopedia", "L": "lexicon"}


class Analogies(Task):
    """Google's and MSR's questions, and BATS folders, whose questions have several right answers."""

    name = "analogies"
    suites = ("core",)
    does = "share of questions a : b = c : ? whose answer is right"
    fast = False

    def recognise(self, place: Place) -> bool:
        """Sections and four words a line, MSR's pair of files, or a folder with the files of BATS."""
        if place.is_folder:
            return is_bats(place.path)
        if place.path.suffix == ".questions":
            return place.path.with_suffix(".answers").exists()
        asked = [line for line in place.head if not line.startswith(":")]
        four = [line for line in asked if len(line.split()) == 4 and all(number(word) is None for word in line.split())]
        named = any(line.startswith(":") for line in place.head)
        tabs = any("\t" in line for line in asked)  # a table of another kind, unless there are sections
        return bool(four) and len(four) >= (0.5 if named else 1) * len(asked) and (named or not tabs)

    def read(self, path: str | os.PathLike[str]) -> Dataset:
        """The questions, each with its section and its right answers."""
        where = Path(path)
        if where.is_dir():
            questions, unreadable = bats(where)
        else:
            questions, unreadable = msr(where) if where.suffix == ".questions" else google(where)
        return dataset(self.name, path, questions, unreadable, "a question must hold four words")

    def run(self, words: Resolver, dataset: Dataset, seed: int, workers: int | None = None) -> list[Outcome]:
        """The accuracy by each score: of questions, and for 3CosAvg and LRCos of the pairs that they are made of."""
        items: Sequence[Question] = dataset.items
        if words.policy.reverse:
            items = [(section, b, a, d[0], (c,)) for section, a, b, c, d in items]
        items = words.policy.counted(items)
        check_finite(words.vectors, words.vectors.norms[: words.size])
        asked = _Asked.of(words, items)
        right, free = asked.right(workers)
        outcomes = [asked.outcome(method, right[method], headline=method == "3cosadd") for method in METHODS]
        sections = np.unique(np.array([item[0] for item in items], object), return_inverse=True)[1]
        macro = asked.outcome("3cosadd-macro", right["3cosadd"], of="macro", gold=sections.astype(float))
        unlimited = asked.outcome("3cosadd-no-exclusion", free)
        near = asked.outcome("nearest-to-c", asked.nearest_to_c(workers))
        pairs = _Pairs.of(words, items)
        average, regression = pairs.average(workers), pairs.regression(seed, workers)
        averages = [pairs.outcome("3cosavg", average), pairs.outcome("lrcos", regression)]
        return [*outcomes, macro, *averages, near, unlimited, *_parts(items, outcomes[0])]


@dataclass(frozen=True)
class _Asked:
    """Questions as numbers: those that are used, and of these the ones that are asked; others count as wrong."""

    words: Resolver
    total: int
    used: Longs  # [n] places of the questions that count
    is_asked: NDArray[np.bool_]  # [n]
    numbers: Longs  # [n, 3] of a, b and c
    banned: Longs  # [n, B] rows
    answers: Longs  # [n, A] rows, -1 where there are fewer
    known: int

    @classmethod
    def of(cls, words: Resolver, items: Sequence[Question]) -> _Asked:
        distinct = sorted({word for _, a, b, c, _ in items for word in (a, b, c)})
        place_of = {word: place for place, word in enumerate(distinct)}
        places = np.array([[place_of[word] for word in item[1:4]] for item in items], np.int64).reshape(-1, 3)
        numbers = words.numbers(distinct)[places]
        answers = _answer_rows(words, [item[4] for item in items])
        complete: NDArray[np.bool_] = np.all(words.is_known(numbers), axis=1) & np.any(answers >= 0, axis=1)
        counts_all = words.policy.oov in ("zero", "mean")
        used = np.arange(len(items)) if counts_all else np.flatnonzero(complete)
        asked: NDArray[np.bool_] = np.all(numbers >= 0, axis=1) if words.policy.oov == "mean" else complete
        banned = _bans(words, distinct, numbers, places)
        return cls(
            words, len(items), used, asked[used], numbers[used], banned[used], answers[used], int(complete.sum())
        )

    def outcome(self, measure: str, right: NDArray[Any], of: str = "mean", gold: Any = None, **more: Any) -> Outcome:
        """The outcome of answers [n] that are right or wrong; `gold` is of all items."""
        chosen = None if gold is None else gold[self.used]
        return of_items(measure, of, self.total, self.used, right, chosen, known=self.known, **more)

    def right(self, workers: int | None) -> tuple[dict[Method, NDArray[np.bool_]], NDArray[np.bool_]]:
        """[n] whether the best row for each question is a right one, by each method; and by 3CosAdd among all rows."""
        some = np.flatnonzero(self.is_asked)
        banned, depth = self.banned[some], self.words.policy.candidates or 1
        rankings = [Ranking(method, banned, depth) for method in METHODS]
        *limited, free = ranked_answers(
            self.words.vectors.rows,
            self.numbers[some],
            [*rankings, Ranking("3cosadd", banned[:, :0])],
            units=self.words.units,
            stop=self.words.size,
            workers=workers,
        )
        right = {method: self._among(some, self._chosen(best, some)) for method, best in zip(METHODS, limited)}
        return right, self._among(some, free[:, 0])

    def _chosen(self, best: Longs, some: Longs) -> Longs:
        """[n] the answer among the best rows: the first, or the first that is no case variant of a word asked about."""
        return self._first_other(best, some) if best.shape[1] > 1 else best[:, 0]

    def nearest_to_c(self, workers: int | None) -> NDArray[np.bool_]:
        """[n] whether the row nearest to c alone is a right one (Linzen 2016, "Only-b")."""
        some = np.flatnonzero(self.is_asked)
        distinct, place = np.unique(self.numbers[some, 2], return_inverse=True)
        best = nearest_rows(self.words, self.words.units(distinct), 1 + self.banned.shape[1], workers)[place]
        allowed = (best >= 0) & ~(best[:, :, None] == self.banned[some][:, None, :]).any(axis=2)
        first = np.take_along_axis(best, allowed.argmax(axis=1)[:, None], axis=1)[:, 0] if best.size else best[:, 0]
        return self._among(some, np.where(allowed.any(axis=1), first, -1))

    def _among(self, some: Longs, chosen: Longs) -> NDArray[np.bool_]:
        right = np.zeros(len(self.used), np.bool_)
        right[some] = ((self.answers[some] == chosen[:, None]) & (chosen >= 0)[:, None]).any(axis=1)
        return right

    def _first_other(self, best: Longs, some: Longs) -> Longs:
        """[n] the first of some rows that is no case variant of a, b or c; the last where all are."""
        rows = np.unique(np.concatenate([best.ravel(), self.numbers[some].ravel()]))
        vocabulary = self.words.vectors.vocabulary
        forms = [self.words.folded(vocabulary[row]) if 0 <= row < self.words.size else "" for row in rows.tolist()]
        form = np.unique(np.array(forms, object), return_inverse=True)[1].reshape(-1)
        candidates, inputs = (form[np.searchsorted(rows, numbers)] for numbers in (best, self.numbers[some]))
        others = ~(candidates[:, :, None] == inputs[:, None, :]).any(axis=2) & (best >= 0)
        last = np.maximum((best >= 0).sum(axis=1) - 1, 0)
        first = np.where(others.any(axis=1), others.argmax(axis=1), last)
        return np.asarray(np.take_along_axis(best, first[:, None], axis=1)[:, 0])


@dataclass(frozen=True)
class _Pairs:
    """The pairs that questions are made of: for each word that is asked about in a section, its answers."""

    words: Resolver
    total: int
    used: Longs
    section: Longs  # [n]
    source: Longs  # [n] numbers
    target: Longs  # [n] the row of the first answer that has one
    answers: Longs  # [n, A]
    banned: Longs  # [n, B]

    @classmethod
    def of(cls, words: Resolver, items: Sequence[Question]) -> _Pairs:
        answers_of: dict[tuple[str, str], dict[str, None]] = defaultdict(dict)
        for name, a, b, c, right in items:
            answers_of[name, a].setdefault(b)
            answers_of[name, c].update(dict.fromkeys(right))
        keys = sorted(answers_of)
        source = words.numbers(word for _, word in keys)
        answers = _answer_rows(words, [tuple(sorted(answers_of[key])) for key in keys])
        first = (answers >= 0).argmax(axis=1) if answers.shape[1] else np.zeros(len(keys), np.int64)
        target = answers[np.arange(len(keys)), first] if answers.shape[1] else np.full(len(keys), -1)
        used = np.flatnonzero(words.is_known(source) & (target >= 0))
        section = np.unique(np.array([name for name, _ in keys], object), return_inverse=True)[1].reshape(-1)
        banned = _bans(words, [word for _, word in keys], source[:, None], np.arange(len(keys))[:, None])
        return cls(words, len(keys), used, section[used], source[used], target[used], answers[used], banned[used])

    def outcome(self, measure: str, right: NDArray[np.bool_]) -> Outcome:
        """The outcome of the pairs whose section has another known pair."""
        counts = np.bincount(self.section, minlength=1)[self.section] > 1
        return of_items(measure, "mean", self.total, self.used[counts], right[counts], known=len(self.used))

    def average(self, workers: int | None) -> NDArray[np.bool_]:
        """[n] 3CosAvg (Drozd, Gladkova and Matsuoka 2016): the row nearest to c plus the mean offset of other pairs."""
        source, target = self.words.units(self.source), self.words.units(self.target)
        queries = np.zeros_like(source)
        for section in np.unique(self.section):
            some = np.flatnonzero(self.section == section)
            offsets = target[some] - source[some]
            queries[some] = source[some] + (offsets.sum(axis=0) - offsets) / max(1, len(some) - 1)
        return self._right(nearest_rows(self.words, queries, 1, workers, self.banned)[:, 0])

    def regression(self, seed: int, workers: int | None) -> NDArray[np.bool_]:
        """[n] LRCos (the same paper): the row that is like c and, by logistic regression, like the answers."""
        return self._right(lrcos(self.words, self.section, self.source, self.target, self.banned, seed, workers))

    def _right(self, best: Longs) -> NDArray[np.bool_]:
        right: NDArray[np.bool_] = np.any((self.answers == best[:, None]) & (best >= 0)[:, None], axis=1)
        return right


def nearest_rows(
    words: Resolver, queries: NDArray[np.float64], k: int, workers: int | None, banned: Longs | None = None
) -> Longs:
    """[Q, k] the rows nearest to each query, without the banned ones; -1 for a query of zeros and for none."""
    best = np.full((len(queries), k), -1, np.int64)
    some = np.flatnonzero(np.abs(queries).max(axis=1, initial=0) > 0)
    for first in range(0, len(some), _GROUP):
        part = some[first : first + _GROUP]
        exclude = None if banned is None else [[row for row in rows if row >= 0] for rows in banned[part].tolist()]
        found, _ = nearest(words.vectors.rows, queries[part], k, exclude=exclude, stop=words.size, workers=workers)
        best[part, : found.shape[1]] = found
    return best


def _answer_rows(words: Resolver, answers: Sequence[tuple[str, ...]]) -> Longs:
    """[n, A] the rows of the answers of each item, of any case if the policy folds it; -1 where there are fewer."""
    rows_of = {some: [row for word in some for row in words.rows(word)] for some in dict.fromkeys(answers)}
    return _padded([rows_of[some] for some in answers])


def _bans(words: Resolver, distinct: Sequence[str], numbers: Longs, places: Longs) -> Longs:
    """[n, B] the rows that are no answers to items of some distinct words, -1 where there are fewer."""
    exclude = words.policy.exclude
    if exclude is None:
        return np.zeros((len(places), 0), np.int64)
    if exclude == "inputs":
        return np.where(numbers < words.size, numbers, -1)
    variants = _padded([words.rows(word) for word in distinct])
    return variants[places].reshape(len(places), -1)


def _padded(lists: Sequence[Sequence[int]]) -> Longs:
    padded = np.full((len(lists), max(map(len, lists), default=0)), -1, np.int64)
    for line, some in zip(padded, lists):
        line[: len(some)] = some
    return padded


def _parts(items: Sequence[Question], outcome: Outcome) -> list[Outcome]:
    """The outcome apart for meaning and grammar, or for the four parts of BATS."""
    if outcome.items is None or outcome.values is None:
        return []
    sections = [item[0] for item in items]
    if all(len(section) > 3 and section[0] in _BATS and section[1:3].isdigit() for section in sections):
        names = [_BATS[section[0]] for section in sections]
    else:
        names = ["syntactic" if is_syntactic(section) else "semantic" for section in sections]
    if len(set(names)) < 2:
        return []
    of, own = np.array(names), np.array(names)[outcome.items]
    return [
        of_items(
            outcome.measure,
            "mean",
            int((of == name).sum()),
            outcome.items[own == name],
            outcome.values[own == name],
            part=str(name),
        )
        for name in np.unique(of)
    ]
