"""Single occurrences of words: for each the rows of its context words, in one array."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wordvec.contexts.means import Text
from wordvec.vocabulary import offsets_of

Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]

BLOCK = 1 << 20  # tokens looked through at a time
CELLS = 1 << 22  # context words listed at a time


@dataclass(frozen=True)
class Occurrences:
    """The contexts of N occurrences of words, those of a word one after another."""

    words: Int32  # [N] the number of the word, rising
    offsets: Int64  # [N + 1] the context words of occurrence i are rows[offsets[i]:offsets[i + 1]]
    rows: Int32  # [M] context words by their row in the vectors; only those that have one
    distances: Int32  # [M] positions away from the word; 1 where the whole sentence is the context

    def taken(self, order: Int64) -> Occurrences:
        """Some occurrences, in that order."""
        sizes = np.diff(self.offsets)[order]
        places = ranges(self.offsets[:-1][order], sizes)
        return Occurrences(self.words[order], offsets_of(sizes), self.rows[places], self.distances[places])

    def within(self, reach: int) -> Occurrences:
        """The same occurrences with the context words that are at most `reach` positions away."""
        return self.with_words(self.distances <= reach)

    def with_words(self, chosen: NDArray[np.bool_]) -> Occurrences:
        """The same occurrences with some of the context words, by a mask [M]."""
        before = np.concatenate([[0], np.cumsum(chosen)])
        return Occurrences(self.words, before[self.offsets], self.rows[chosen], self.distances[chosen])


def row_weights(texts: tuple[Text, ...], size: int) -> NDArray[np.float32]:
    """[size] the weight of each row of the vectors as a context word of texts; 0 where it is none."""
    weights = np.zeros(size, np.float32)
    for text in texts:
        known = text.sentences.rows >= 0
        weights[text.sentences.rows[known]] = text.sentences.weights[known]
    return weights


def ranges(starts: Int64, sizes: Int64) -> Int64:
    """The numbers of several ranges, one range after another."""
    ends = np.cumsum(sizes)
    total = int(ends[-1]) if len(ends) else 0
    return np.repeat(starts - (ends - sizes), sizes) + np.arange(total)


def occurrences_in(
    texts: tuple[Text, ...], window: int, chances: NDArray[np.float64] | None = None, seed: int = 1
) -> Occurrences:
    """The occurrences of the words of texts, in the order of the words, then of the text.

    With `chances` [words], an occurrence is taken with the probability of its word.
    """
    rng = None if chances is None else np.random.default_rng([seed, 11])
    parts = [part for text in texts for part in _parts(text, window, chances, rng)]
    if not parts:
        return Occurrences(np.empty(0, np.int32), np.zeros(1, np.int64), np.empty(0, np.int32), np.empty(0, np.int32))
    words, sizes, rows, distances = (np.concatenate(arrays) for arrays in zip(*parts, strict=True))
    every = Occurrences(words, offsets_of(sizes), rows, distances)
    return every.taken(np.argsort(words, kind="stable"))


def occurrences_at(text: Text, window: int, words: Int32, places: Int64) -> Occurrences:
    """The occurrences at some places of a text, in their order; `words` are the numbers of the words there."""
    words, sizes, rows, distances = _contexts(text, words, places, *reach_of(text, window, places))
    return Occurrences(words, offsets_of(sizes), rows, distances)


def reach_of(text: Text, window: int, places: Int64) -> tuple[Int64, Int64]:
    """The first place of the context of each place, and the one after its last; the place itself lies between."""
    offsets = text.sentences.offsets
    sentence = np.searchsorted(offsets, places, "right") - 1
    low, high = offsets[sentence], offsets[sentence + 1]
    if not text.whole:
        low, high = np.maximum(low, places - window), np.minimum(high, places + window + 1)
    return low, high


def _parts(
    text: Text, window: int, chances: NDArray[np.float64] | None, rng: np.random.Generator | None
) -> Iterator[tuple[Int32, Int64, Int32, Int32]]:
    """The words, the sizes of their contexts, the rows and distances of these, in parts."""
    ids = text.sentences.ids
    for first in range(0, len(ids), BLOCK):
        numbers = text.target[ids[first : first + BLOCK]]
        chosen = np.flatnonzero(numbers >= 0)
        if chances is not None and rng is not None:
            chosen = chosen[rng.random(len(chosen)) < chances[numbers[chosen]]]
        places = chosen + first
        low, high = reach_of(text, window, places)
        cuts = np.searchsorted(np.cumsum(high - low), np.arange(CELLS, int((high - low).sum()), CELLS))
        for part in np.split(np.arange(len(places)), np.unique(cuts)):
            if len(part):
                yield _contexts(text, numbers[chosen[part]], places[part], low[part], high[part])


def _contexts(text: Text, words: Int32, places: Int64, low: Int64, high: Int64) -> tuple[Int32, Int64, Int32, Int32]:
    """The contexts between low and high of the words at some places."""
    sizes = high - low
    around, owner = ranges(low, sizes), np.repeat(np.arange(len(places)), sizes)
    rows = text.sentences.rows[text.sentences.ids[around]]
    distances = np.abs(around - places[owner])
    used = (rows >= 0) & (distances > 0)
    if text.whole:
        distances = np.minimum(distances, 1)
    counts = np.bincount(owner[used], minlength=len(places))
    return words, counts, rows[used], distances[used].astype(np.int32)
