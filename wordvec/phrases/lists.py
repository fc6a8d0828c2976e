"""The phrases of one pass: chosen from counted pairs by their scores, as sequences of words."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wordvec.phrases.options import PhraseOptions
from wordvec.phrases.pairs import Numbers, PhraseCounts
from wordvec.phrases.scoring import SCORERS, scores_by
from wordvec.vocabulary import Vocabulary, offsets_of

STEP = 1 << 20  # pairs scored at a time

Table = Mapping[tuple[str, ...], tuple[str, float]]  # from the words of a phrase to the phrase and its score


@dataclass(frozen=True, eq=False)
class PhraseList:
    """Phrases as words: two words and the connectors between them; words may be phrases of an earlier pass."""

    words: Vocabulary  # the words that phrases consist of
    parts: NDArray[np.int32]  # [M] words of all phrases, one after another
    offsets: Numbers  # [P + 1] phrase i is parts[offsets[i]:offsets[i + 1]]
    scores: NDArray[np.float64]  # [P] falling
    counts: Numbers  # [P] how often the pair occurs

    def __len__(self) -> int:
        return len(self.scores)

    def __iter__(self) -> Iterator[tuple[str, ...]]:
        words, parts, ends = list(self.words), self.parts.tolist(), self.offsets.tolist()
        for start, end in pairwise(ends):
            yield tuple([words[part] for part in parts[start:end]])

    def spelled(self, delimiter: str) -> list[str]:
        """Each phrase as one word."""
        return [delimiter.join(words) for words in self]

    def table(self, delimiter: str) -> dict[tuple[str, ...], tuple[str, float]]:
        """From the words of each phrase to the phrase as one word, and its score."""
        scores = self.scores.tolist()
        return {words: (delimiter.join(words), score) for words, score in zip(self, scores, strict=True)}

    @cached_property
    def firsts(self) -> NDArray[np.int32]:
        """[P] the first word of each phrase."""
        return self.parts[self.offsets[:-1]]

    @cached_property
    def lasts(self) -> NDArray[np.int32]:
        """[P] the last word of each phrase."""
        return self.parts[self.offsets[1:] - 1]


def chosen_phrases(
    pairs: PhraseCounts,
    options: PhraseOptions,
    scorer: Callable[..., float] | None = None,
    sizes: NDArray[np.int32] | None = None,
) -> PhraseList:
    """The pairs whose scores, by `options.scoring` or a user's function, are above the threshold, best first.

    `sizes` [V] are the numbers of words in each word of an earlier pass, for `max_words`.
    """
    found, scores = [np.empty(0, np.int64)], [np.empty(0)]
    for start in range(0, len(pairs.counts), STEP):
        numbers, values = _scored(pairs, slice(start, start + STEP), options, scorer)
        good = values > options.threshold  # of NaN, too, false
        found.append(numbers[good] + start)
        scores.append(values[good])
    chosen, values = np.concatenate(found), np.concatenate(scores)
    order = np.argsort(-values, kind="stable")
    chosen, values = chosen[order], values[order]
    between: dict[int, list[int]] = {}
    phrases, kept = [], []
    for place, (first, last, link) in enumerate(pairs.keys[chosen].tolist()):
        if link not in between:
            between[link] = pairs.between(link)
        phrase = [first, *between[link], last]
        long = len(between[link]) + (2 if sizes is None else int(sizes[first]) + int(sizes[last]))
        if options.max_words is None or long <= options.max_words:
            phrases.append(phrase)
            kept.append(place)
    flat = np.array([word for phrase in phrases for word in phrase], np.int64)
    used, parts = np.unique(flat, return_inverse=True)
    return PhraseList(
        pairs.vocabulary.take(used),
        parts.astype(np.int32),
        offsets_of(np.array([len(phrase) for phrase in phrases], np.int64)),
        values[kept],
        np.array(pairs.counts[chosen[kept]]),
    )


def _scored(
    pairs: PhraseCounts, part: slice, options: PhraseOptions, scorer: Callable[..., float] | None
) -> tuple[Numbers, NDArray[np.float64]]:
    """The numbers of pairs in a part, and their scores: all of them for a function, else those not too rare."""
    counts = pairs.counts[part]
    numbers = np.arange(len(counts)) if scorer is not None else np.flatnonzero(counts >= options.min_count)
    keys = pairs.keys[part][numbers]
    a, b = pairs.word_counts[keys[:, 0]], pairs.word_counts[keys[:, 1]]
    arguments: Any = (a, b, counts[numbers], pairs.distinct, options.min_count, pairs.tokens)
    score = SCORERS[options.scoring]
    return numbers, score(*arguments) if scorer is None else scores_by(scorer, *arguments)
