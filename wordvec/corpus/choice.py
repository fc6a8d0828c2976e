"""The choice of a vocabulary from counted words: the frequent ones, given ones, or given ones and frequent ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from wordvec._kernels import text
from wordvec.base.errors import CorpusError
from wordvec.corpus.report import doubts
from wordvec.vocabulary import Vocabulary


@dataclass(frozen=True)
class Totals:
    """Numbers of the tokens of a corpus; those of parts of its distinct words add up."""

    read: int = 0
    types_read: int = 0
    invalid_utf8: int = 0
    nul: int = 0
    most: int = 0  # occurrences of the most frequent word

    @classmethod
    def of(cls, words: text.Shard) -> Totals:
        """The totals of all counted words."""
        counts, kinds = words.counts(), words.kinds()
        return cls(
            int(counts.sum()),
            len(counts),
            int(counts[(kinds & text.NOT_UTF8) != 0].sum()),
            int(counts[(kinds & text.HAS_NUL) != 0].sum()),
            int(counts.max(initial=0)),
        )

    def __add__(self, other: Totals) -> Totals:
        return Totals(
            self.read + other.read,
            self.types_read + other.types_read,
            self.invalid_utf8 + other.invalid_utf8,
            self.nul + other.nul,
            max(self.most, other.most),
        )


class Chosen(NamedTuple):
    """A vocabulary, and the numbers of tokens that it keeps and leaves out."""

    vocabulary: Vocabulary
    ids: NDArray[np.int32]  # [V] its words as numbers of the counted words
    tokens: dict[str, int]  # `kept`, and those left out by reason, as in CorpusStats


@dataclass(frozen=True)
class Choice:
    """Which words become the vocabulary.

    Without `vocabulary`: those that occur `min_count` times or more, at most the `max_vocab` most frequent ones. With
    it: its words in its order. With `grow`, too: its words and the frequent ones; `max_vocab` limits the new ones.
    Words that are `protected` stay however rare they are; `stop_words` are left out.
    """

    min_count: int = 5
    max_vocab: int | None = None
    vocabulary: Vocabulary | None = None
    grow: bool = False
    protected: Vocabulary | None = None
    stop_words: Vocabulary | None = None

    @property
    def fixed(self) -> bool:
        """Whether the words are known before the corpus is read."""
        return self.vocabulary is not None and not self.grow

    def options(self) -> dict[str, Any]:
        """What an EncodedCorpus records of the choice."""
        lists = {"protected": self.protected, "stop_words": self.stop_words}
        told = {name: len(words) for name, words in lists.items() if words is not None}
        if self.vocabulary is None:
            return {"min_count": self.min_count, "max_vocab": self.max_vocab, **told}
        if self.grow:
            return {"min_count": self.min_count, "max_vocab": self.max_vocab, "vocabulary": "grown", **told}
        return {"min_count": 0, "max_vocab": None, "vocabulary": "given"}

    def chosen(self, words: text.Shard, totals: Totals, *, is_text: bool = True) -> Chosen:
        """The vocabulary of counted words, to which given ones that did not occur are added.

        `totals` are those of all words, of which `words` may lack rare ones. CorpusError where no word is kept.
        """
        counts = words.counts()
        self._check(counts, totals, is_text)
        known = np.empty(0, np.int32) if self.vocabulary is None else self._added(words, self.vocabulary)
        if self.protected is not None:
            rows = _numbers(words, self.protected)
            known = rows[rows < len(counts)]  # those that occur
        left_out = np.empty(0, np.int32) if self.stop_words is None else _numbers(words, self.stop_words)
        counts = np.concatenate([counts, np.zeros(len(words) - len(counts), np.int64)])
        frequent = np.zeros(len(counts), np.bool_) if self.fixed else counts >= self.min_count
        frequent[known] = frequent[left_out] = False
        new = np.flatnonzero(frequent).astype(np.int32)
        summed = words.counts() if self.grow else counts  # with those of given words
        words.sort(new, summed)
        room = None if self.max_vocab is None else max(0, self.max_vocab - len(known))
        ids = np.concatenate([known, new[:room]])
        if self.grow or self.protected is not None:
            words.sort(ids, summed)
        kept, common = int(counts[ids].sum()), int(counts[known].sum() + counts[new].sum())
        self._check_kept(kept, totals)
        reasons = ("unlisted", "beyond_max_vocab") if self.fixed else ("too_rare", "beyond_max_vocab")
        tokens = dict.fromkeys(("too_rare", "beyond_max_vocab", "unlisted"), 0) | {"kept": kept}
        tokens |= dict(zip(reasons, (totals.read - common, common - kept), strict=True))
        if not self.fixed:
            unlisted = np.zeros(len(counts), np.bool_)  # np.setdiff1d would load numpy.ma
            unlisted[left_out], unlisted[known] = True, False
            tokens["unlisted"] = int(counts[unlisted].sum())
            tokens["too_rare"] -= tokens["unlisted"]
        return Chosen(self._vocabulary(words, ids, summed), ids, tokens)

    def _added(self, words: text.Shard, vocabulary: Vocabulary) -> NDArray[np.int32]:
        """The numbers of the given words, which are added where they did not occur; to grow, with their counts."""
        ids, weights = np.empty(len(vocabulary), np.int32), np.zeros(len(vocabulary), np.int64)
        if self.grow and vocabulary.counts is not None:
            weights = np.ascontiguousarray(vocabulary.counts)
        words.add(vocabulary.data, vocabulary.offsets, ids, weights)
        return ids

    def _vocabulary(self, words: text.Shard, ids: NDArray[np.int32], counts: NDArray[np.int64]) -> Vocabulary:
        if self.vocabulary is None or self.grow:
            return Vocabulary(*words.words(ids), counts[ids])
        own = self.vocabulary.counts
        return self.vocabulary if own is not None and own.any() else self.vocabulary.recounted(counts[ids])

    def _check(self, counts: NDArray[np.int64], totals: Totals, is_text: bool) -> None:
        if totals.types_read == 0:
            reason = "" if is_text else " (an iterator that was used up gives none)"
            raise CorpusError(f"the corpus has no tokens{reason}; give one with text")
        if self.vocabulary is None and self.protected is None and not (counts >= self.min_count).any():
            often = "once" if totals.most == 1 else f"{totals.most} times"
            text = (
                f"no word occurs {self.min_count} times or more: the most frequent of {totals.types_read} distinct "
                f"words occurs {often}; give more text or min_count={min(2, totals.most)}"
            )
            doubt = doubts(totals)  # few words occur twice in what is no text
            raise CorpusError(text if doubt is None else f"{text}; {doubt}")

    def _check_kept(self, kept: int, totals: Totals) -> None:
        if kept == 0 and self.vocabulary is None:
            raise CorpusError(
                f"a word must occur {self.min_count} times or more and be no stop word; none of the "
                f"{totals.types_read} distinct words does: give a lower min_count or fewer stop words"
            )
        if kept == 0 and self.vocabulary is not None:
            others = f", and no other word occurs {self.min_count} times or more" if self.grow else ""
            raise CorpusError(
                f"the corpus must have words of the vocabulary; none of its {totals.types_read} distinct words is one "
                f"of the {len(self.vocabulary)} given{others}: look whether both are lower-cased and cut alike"
            )


def _numbers(words: text.Shard, vocabulary: Vocabulary) -> NDArray[np.int32]:
    """The numbers of some words among the counted ones; those that did not occur are added, with count 0."""
    ids = np.empty(len(vocabulary), np.int32)
    words.add(vocabulary.data, vocabulary.offsets, ids, np.zeros(len(vocabulary), np.int64))
    return ids
