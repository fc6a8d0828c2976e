"""Tags of words: can a linear classifier learn parts of speech and names from the vectors of words and neighbours?"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from wordvec.base.threads import in_order, thread_pool, usable_cores
from wordvec.evaluate import linear
from wordvec.evaluate.policy import Resolver
from wordvec.evaluate.probing import OUTSIDE, Features, predicted_tags, sampled
from wordvec.evaluate.regimes import Regime, Words, outcomes_of, regimes
from wordvec.evaluate.results import Outcome, of_items
from wordvec.evaluate.tagged import Sentence, looks_tagged, read_tagged
from wordvec.evaluate.tasks.base import DEVELOPMENT, TRAINING, Dataset, Place, Task, dataset, sibling

WINDOWS = (0, 1, 2)
TRAIN = 60_000  # tokens that are learned from, at most
_CHOICE = 15_000  # tokens that are learned from, and those that are tested, to choose window and C

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
        named = sibling(place.path, TRAINING) is not None
        return bool(place.head) and named and looks_tagged(place.head)

    def read(self, path: str | os.PathLike[str]) -> Dataset:
        """The sentences to test on, those to learn from, and those for development where there are any."""
        test, train, dev = Path(path), sibling(path, TRAINING), sibling(path, DEVELOPMENT)
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
        scored = _Scored(test, gold, share, measures[0])
        outcomes = [
            scored.outcome(predicted if one != "majority" else np.full(len(gold), usual), one) for one in measures
        ]
        if words.policy.regimes:
            found, tags = _regimes(lookup, train, test, window, C, seed, workers, words.tell)
            outcomes += outcomes_of(outcomes[0], found, lambda codes: scored.outcome(tags[codes], measures[0]))
        return outcomes


@dataclass(frozen=True)
class _Scored:
    """What is predicted for tokens, as outcomes of the sentences that they are of."""

    sentences: Sequence[Sentence]
    gold: Strings
    share: float
    headline: str

    def outcome(self, predicted: Strings, measure: str) -> Outcome:
        """The F1 of whole names, or the share of the tokens with the right tag."""
        ends = np.cumsum([len(sentence) for sentence in self.sentences])
        sizes, total = np.diff(ends, prepend=0), len(ends)
        if measure == "f1":
            pairs = zip(np.split(predicted, ends[:-1]), np.split(self.gold, ends[:-1]))
            named = [(set(_names(one)), set(_names(other))) for one, other in pairs]
            values = np.array([[len(one & other), len(one)] for one, other in named], float)
            of, gold = "f1", np.array([len(other) for _, other in named])
        else:
            values = np.add.reduceat((predicted == self.gold).astype(np.int64), ends - sizes)
            of, gold = "ratio", sizes
        facts: dict[str, Any] = {"share": self.share, "headline": measure == self.headline}
        return of_items(measure, of, total, np.arange(total), values, gold, **facts)


class _Words:
    """The rows of the words of tagged text; under the policy `subword` also what the vectors compose."""

    def __init__(self, words: Resolver) -> None:
        self._words = words

    def numbers(self, sentences: Sequence[Sentence]) -> list[Longs]:
        """The row of each word of each sentence, the number of what is composed, or -1."""
        numbers = self._words.numbers(word for sentence in sentences for word, _ in sentence)
        numbers[~self._words.is_known(numbers)] = -1
        return np.split(numbers, np.cumsum([len(sentence) for sentence in sentences])[:-1])

    def predicted(self, train: Sequence[Sentence], test: Sequence[Sentence], window: int, C: float) -> NDArray[np.str_]:
        """The tags that a classifier predicts for the tokens of `test`; in a block with `one_thread`."""
        rows, tested = self.numbers(train), self.numbers(test)
        tags = np.array([tag for sentence in train for _, tag in sentence])
        return predicted_tags(self.features(train, window), rows, tags, tested, C, linear.MAX_ITER)[0]

    def features(self, train: Sequence[Sentence], window: int) -> Features:
        """The features of tokens at the scale of those that are learned from."""
        numbers = self.numbers(train)  # before what they compose is asked for
        return Features(self._words.vectors, numbers, window, self._words.composed_rows)


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


class _Tokens(NamedTuple):
    """The features of tokens, by their numbers."""

    features: Features
    windows: Longs

    def __getitem__(self, places: Longs) -> NDArray[np.float32]:  # type: ignore[override]
        return self.features(self.windows[places])


def _regimes(
    lookup: _Words,
    train: list[Sentence],
    test: list[Sentence],
    window: int,
    C: float,
    seed: int,
    workers: int | None,
    tell: Tell,
) -> tuple[dict[str, Regime], Strings]:
    """The regimes but the frozen one, with its window and C, and the tags that the predicted numbers stand for."""
    from scipy.sparse import csr_matrix

    features = lookup.features(train, window)
    windows = features.windows(lookup.numbers([*train, *test]))
    tags, codes = np.unique([tag for sentence in [*train, *test] for _, tag in sentence], return_inverse=True)
    learned = sum(map(len, train))
    split = linear.Split(np.arange(learned), np.zeros(0, np.int64), np.arange(learned, len(codes)))
    rows, numbers = np.unique(windows[windows >= 0], return_inverse=True)
    numbered = np.full(windows.shape, -1)
    numbered[windows >= 0] = numbers.reshape(-1)
    places = []
    for column in numbered.T:
        known = np.flatnonzero(column >= 0)
        shape = len(codes), len(rows)
        places.append(csr_matrix((np.ones(len(known)), (known, column[known])), shape))
    means = Words(places, features.matrix(rows).astype(np.float64))
    vectors = _Tokens(features, windows)
    return dict(
        regimes(vectors, means, codes.reshape(-1), [split], seed, workers, lambda share: tell(share / 2), C)
    ), tags


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


def _tuple(sentence: Sentence) -> tuple[tuple[str, str], ...]:
    return tuple(sentence)
