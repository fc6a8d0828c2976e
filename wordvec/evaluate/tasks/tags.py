"""Tags of words: can a linear classifier learn parts of speech and names from the vectors of words and neighbours?"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import product
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from wordvec.base.threads import in_order, thread_pool, usable_cores
from wordvec.evaluate import linear
from wordvec.evaluate.policy import Resolver
from wordvec.evaluate.probing import OUTSIDE, Features, predicted_tags, sampled
from wordvec.evaluate.results import Outcome, of_items
from wordvec.evaluate.tagged import Sentence, looks_tagged, read_tagged
from wordvec.evaluate.tasks.base import Dataset, Place, Task, dataset

WINDOWS = (0, 1, 2)
TRAIN = 60_000  # tokens that are learned from, at most
_CHOICE = 15_000  # tokens that are learned from, and those that are tested, to choose window and C
_TEST, _TRAIN, _DEV = "test", "train", ("dev", "valid")  # in the names of files

Longs = NDArray[np.int64]
Strings = NDArray[np.str_]
Tell = Callable[[float], object]


class Tags(Task):
    """Parts of speech (CoNLL-U) and names (lines `word TAB tag`): a file with `test` in its name, and its siblings."""

    name = "tags"
    suites = ("probes",)
    does = "accuracy of a linear classifier of the vectors of words and neighbours on the tags of words"
    fast = False

    def recognise(self, place: Place) -> bool:
        """Tagged text, in a file with `test` in its name beside one with `train` in its place."""
        named = _sibling(place.path, (_TRAIN,)) is not None
        return bool(place.head) and named and looks_tagged(place.head)

    def read(self, path: str | os.PathLike[str]) -> Dataset:
        """The sentences to test on, those to learn from, and those for development where there are any."""
        test, train, dev = Path(path), _sibling(path, (_TRAIN,)), _sibling(path, _DEV)
        read = [None if file is None else read_tagged(file) for file in (test, train, dev)]
        texts = [[] if one is None else sorted(map(_tuple, one.sentences)) for one in read]
        unreadable = [line for one in read if one is not None for line in one.unreadable]
        wanted = "tagged text must be CoNLL-U, or lines of a word, a tab and a tag"
        return dataset(self.name, path, texts[0], unreadable, wanted, train=texts[1], dev=texts[2])

    def run(self, words: Resolver, dataset: Dataset, seed: int, workers: int | None = None) -> list[Outcome]:
        """The accuracy over tokens, that of the most frequent tag, and for names the F1 of whole names.

        Window and C are those with the most right tokens on the development part, or on a fifth of the training part.
        Unknown words are zeros, or what the vectors compose of them where the policy says `subword`.
        """
        test: list[Sentence] = words.policy.counted(dataset.items)
        train, dev = (
            sampled(dataset.more[part], TRAIN, seed) if dataset.more[part] else [] for part in ("train", "dev")
        )
        lookup = _Words(words)
        rows = lookup.numbers(test)
        known = sum(int((line >= 0).sum()) for line in rows)
        gold = np.array([tag for sentence in test for _, tag in sentence])
        names = any(tag == OUTSIDE for sentence in [*test, *train] for _, tag in sentence)
        measures = ["f1", "accuracy", "majority"] if names else ["accuracy", "majority"]
        share = known / len(gold)
        reason = linear.why_not() or (None if train else "there is no text to learn from")
        if reason is None and not known:
            reason = "no word has a vector"
        if reason:
            return [
                Outcome(one, len(test), reason=reason, headline=one == measures[0], share=share) for one in measures
            ]
        with linear.one_thread():
            window, C = _chosen(lookup, train, dev, seed, workers, words.tell)
            predicted = lookup.predicted(train, test, window, C)
        usual = Counter(tag for sentence in train for _, tag in sentence).most_common(1)[0][0]
        ends = np.cumsum([len(sentence) for sentence in test])
        tokens, places = np.diff(ends, prepend=0), np.arange(len(test))
        outcomes = [
            of_items(name, "ratio", len(test), places, np.add.reduceat(right.astype(np.int64), ends - tokens), tokens)
            for name, right in (("accuracy", predicted == gold), ("majority", gold == usual))
        ]
        if names:
            outcomes.insert(0, _f1(np.split(predicted, ends[:-1]), np.split(gold, ends[:-1])))
        return [replace(outcome, headline=outcome.measure == measures[0], share=share) for outcome in outcomes]


class _Words:
    """The rows of the words of tagged text; under the policy `subword` also what the vectors compose."""

    def __init__(self, words: Resolver) -> None:
        self._words, self._numbers = words, dict[str, int]()
        self._composed: list[NDArray[np.float32]] = []

    def numbers(self, sentences: Sequence[Sentence]) -> list[Longs]:
        """The row of each word of each sentence, the number of what is composed, or -1."""
        return [np.array([self._number(word) for word, _ in sentence], np.int64) for sentence in sentences]

    def _number(self, word: str) -> int:
        if word not in self._numbers:
            words = self._words
            number = next(iter(words.rows(word)), -1)
            if number < 0 and words.policy.oov == "subword" and words.vectors.can_embed(word):
                number = len(words.vectors.vectors) + len(self._composed)
                self._composed.append(np.asarray(words.vectors.get_vector(word), np.float32))
            self._numbers[word] = number
        return self._numbers[word]

    def predicted(self, train: Sequence[Sentence], test: Sequence[Sentence], window: int, C: float) -> NDArray[np.str_]:
        """The tags that a classifier predicts for the tokens of `test`; in a block with `one_thread`."""
        rows, tested = self.numbers(train), self.numbers(test)
        tags = np.array([tag for sentence in train for _, tag in sentence])
        composed = np.array(self._composed, np.float32) if self._composed else None
        features = Features(self._words.vectors, rows, window, composed)
        return predicted_tags(features, rows, tags, tested, C, linear.MAX_ITER)[0]


def _chosen(
    lookup: _Words, train: list[Sentence], dev: list[Sentence], seed: int, workers: int | None, tell: Tell
) -> tuple[int, float]:
    """The window and C with the most right tokens on the development text; the smallest of ties."""
    if not dev:
        order = np.random.default_rng(seed).permutation(len(train)).tolist()
        held = len(train) // 5
        dev, train = [train[i] for i in sorted(order[:held])], [train[i] for i in sorted(order[held:])]
    train, dev = sampled(train, _CHOICE, seed), sampled(dev, _CHOICE, seed) if dev else []
    choices = list(product(WINDOWS, linear.GRID))
    if not dev:
        return choices[len(choices) // 2]
    lookup.numbers([*train, *dev])  # before threads ask
    gold = np.array([tag for sentence in dev for _, tag in sentence])

    def right(choice: tuple[int, float]) -> int:
        return int((lookup.predicted(train, dev, *choice) == gold).sum())

    cores, counts = workers or usable_cores(), []
    with thread_pool(cores) as pool:
        for count in in_order(pool, right, choices, 2 * cores):
            counts.append(count)
            tell(0.5 / len(choices))
    return choices[int(np.argmax(counts))]


def _f1(predicted: Sequence[Strings], gold: Sequence[Strings]) -> Outcome:
    """F1 of names that are right as a whole, over sentences."""
    named = [(set(_names(one)), set(_names(other))) for one, other in zip(predicted, gold)]
    values = np.array([[len(one & other), len(one)] for one, other in named], float)
    return of_items("f1", "f1", len(gold), np.arange(len(gold)), values, np.array([len(other) for _, other in named]))


def _names(tags: Strings) -> Iterator[tuple[int, int, str]]:
    """(start, end, kind) of the names that tags such as B-LOC, I-LOC, O mark; a name may begin with I, too.

    >>> list(_names(np.array(["B-LOC", "I-LOC", "B-LOC", "O", "I-PER", "I-ORG"])))
    [(0, 2, 'LOC'), (2, 3, 'LOC'), (4, 5, 'PER'), (5, 6, 'ORG')]
    """
    start, kind = 0, ""
    for place, tag in enumerate([*tags.tolist(), OUTSIDE]):
        mark, _, own = ("", "", "") if tag == OUTSIDE else tag.rpartition("-") if "-" in tag else ("I", "", tag)
        if kind and (own != kind or mark in ("B", "S")):
            yield start, place, kind
            kind = ""
        if own and not kind:
            start, kind = place, own


def _sibling(path: str | os.PathLike[str], parts: Sequence[str]) -> Path | None:
    """The file whose name has another part in the place of `test`; None where there is none."""
    name = Path(path).name
    if _TEST not in name:
        return None
    found = [Path(path).with_name(part.join(name.rsplit(_TEST, 1))) for part in parts]
    return next((one for one in found if one.is_file()), None)


def _tuple(sentence: Sentence) -> tuple[tuple[str, str], ...]:
    return tuple(sentence)
