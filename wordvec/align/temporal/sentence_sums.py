"""The context vectors of words in a text, added up in each sentence: of so many sentences at most, in bounded memory.

Sentences are drawn before their contexts are looked up, so a word takes no more memory however often it occurs.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from wordvec.align.arrays import Doubles, Ints
from wordvec.contexts.means import Sentences, Text, chances, occurrences
from wordvec.contexts.occurrences import Int32, occurrences_at, reach_of, row_weights
from wordvec.corpus import EncodedCorpus
from wordvec.search.arrays import unit_rows
from wordvec.vectors import KeyedVectors

_BYTES = 1 << 26  # of the vectors of the words that are looked up at a time; one word may have more
_TOKENS = 1 << 20  # looked through at a time
_PLACES = 1 << 20  # of words, after which those of sentences that were not drawn are dropped
_CELLS = 1 << 20  # context words listed at a time


class Sums(NamedTuple):
    """What the sentences with a word say."""

    sentences: int  # that have the word and a context word; blocks of them with `block`
    sums: Doubles  # [S, D] the sums of the context vectors in each of those that were drawn


class Places(NamedTuple):
    """Where words are, sentence by sentence."""

    words: Int32  # [N] their numbers
    blocks: Ints  # [N] the sentences, or blocks of them
    places: Ints  # [N] the tokens

    def taken(self, order: Ints) -> Places:
        """Some of them, in that order."""
        return Places(self.words[order], self.blocks[order], self.places[order])

    def firsts(self) -> Ints:
        """[B] the first of each word in each block, where those of a word in a block stand together."""
        is_first = np.ones(len(self.words), bool)
        is_first[1:] = (self.words[1:] != self.words[:-1]) | (self.blocks[1:] != self.blocks[:-1])
        return np.flatnonzero(is_first)


class SentenceSums:
    """The sums of context vectors of any words in one text, at most `most` sentences of each, drawn by lot.

    `lot` is a seed: the same sentences are drawn for a word whatever other words are asked for.
    """

    def __init__(
        self, vectors: KeyedVectors, text: Sentences, *, window: int, block: int, most: int, lot: Sequence[int]
    ) -> None:
        self.vectors, self.text, self.window, self.block, self.most = vectors, text, window, block, most
        self._weights = row_weights((Text(text, text.rows, False),), len(vectors))
        self._lots = np.random.default_rng(list(lot)).random(-(-len(text.offsets) // block))

    def most_bytes(self, rows: Ints) -> Ints:
        """[n] the bytes that the sums of the words in some rows of the vectors take at most."""
        known = self.text.rows >= 0
        counts = np.zeros(len(self.vectors) + 1, np.int64)  # the last is of words without a row, -1
        counts[self.text.rows[known]] = self.text.counts[known]
        return np.minimum(counts[rows], self.most) * (8 * self.vectors.vector_size)

    def of(self, rows: Ints) -> list[Sums]:
        """The sums of the words in some rows of the vectors, in their order."""
        number = np.full(len(self.vectors) + 1, -1, np.int32)  # the last is of ids without a row, -1
        number[rows[rows >= 0]] = np.flatnonzero(rows >= 0)
        drawn, sentences = self._drawn(number[self.text.rows], len(rows))
        firsts = drawn.firsts()
        sums = self._added(drawn, firsts)
        edges = np.searchsorted(drawn.words[firsts], np.arange(len(rows) + 1)).tolist()
        return [Sums(count, sums[low:high]) for count, (low, high) in zip(sentences.tolist(), pairwise(edges))]

    def _drawn(self, target: Int32, words: int) -> tuple[Places, Ints]:
        """The places of words in the sentences drawn, and [words] the number of all sentences with a context."""
        sentences = np.zeros(words, np.int64)
        kept = Places(np.empty(0, np.int32), np.empty(0, np.int64), np.empty(0, np.int64))
        parts = [kept]
        for found in self._found(target):
            sentences += np.bincount(found.words[found.firsts()], minlength=words)
            parts.append(found)
            if sum(len(part.words) for part in parts) > len(kept.words) + _PLACES:
                kept = self._first_by_lot(parts)
                parts = [kept]
        return self._first_by_lot(parts), sentences

    def _found(self, target: Int32) -> Iterator[Places]:
        """The places with a context of the words that have a number in `target` [V], in parts of whole blocks."""
        ids, offsets = self.text.ids, self.text.offsets
        near = np.searchsorted(offsets, np.arange(0, offsets[-1] + _TOKENS, _TOKENS))
        cuts = np.unique(offsets[np.minimum(-(-near // self.block) * self.block, len(offsets) - 1)])
        for start, end in pairwise(cuts.tolist()):
            words = target[ids[start:end]]
            before = np.append(0, np.cumsum(self.text.rows[ids[start:end]] >= 0))
            places = start + np.flatnonzero(words >= 0)
            low, high = reach_of(Text(self.text, target, False), self.window, places)
            places = places[before[high - start] - before[low - start] > 1]  # more than the word itself
            blocks = (np.searchsorted(offsets, places, "right") - 1) // self.block
            found = Places(words[places - start], blocks, places)
            yield found.taken(np.argsort(found.words, kind="stable"))

    def _first_by_lot(self, parts: Sequence[Places]) -> Places:
        """The places in the first sentences of each word in the order of their lots, in this order."""
        every = Places(*(np.concatenate(column) for column in zip(*parts, strict=True)))
        every = every.taken(np.lexsort((every.places, self._lots[every.blocks], every.words)))
        firsts = every.firsts()
        words = every.words[firsts]
        ranks = np.arange(len(firsts)) - np.searchsorted(words, words)
        sizes = np.diff(firsts, append=len(every.words))
        return every.taken(np.flatnonzero(np.repeat(ranks < self.most, sizes)))

    def _added(self, drawn: Places, firsts: Ints) -> Doubles:
        """[B, D] the sums of context vectors from each of `firsts` to the next."""
        from scipy.sparse import csr_matrix

        sums = np.zeros((len(firsts), self.vectors.vector_size))
        owners = np.repeat(np.arange(len(firsts)), np.diff(firsts, append=len(drawn.words)))
        column_of = np.empty(len(self.vectors), np.int32)
        step = max(1, _CELLS // (2 * self.window))
        for start in range(0, len(owners), step):
            part = slice(start, start + step)
            text = Text(self.text, self.text.rows, False)
            found = occurrences_at(text, self.window, drawn.words[part], drawn.places[part])
            is_used = np.zeros(len(self.vectors), bool)
            is_used[found.rows] = True
            used = np.flatnonzero(is_used)
            column_of[used] = np.arange(len(used))
            matrix = unit_rows(self.vectors.rows.take(used)) * self._weights[used, None]
            low, high = int(owners[part][0]), int(owners[part][-1]) + 1
            edges = found.offsets[np.searchsorted(owners[part], np.arange(low, high + 1))]
            weights = csr_matrix((np.ones(len(found.rows)), column_of[found.rows], edges), (high - low, len(used)))
            sums[low:high] += weights @ matrix
        return sums


def groups_of(sides: Sequence[SentenceSums], rows: Ints) -> list[Ints]:
    """Places of `rows` in groups, whose sums in all texts take so many bytes, or which are single words."""
    sizes = np.sum([side.most_bytes(rows) for side in sides], axis=0)
    return np.split(np.arange(len(rows)), np.flatnonzero(np.diff(np.cumsum(sizes) // _BYTES)) + 1)


def weighed(vectors: KeyedVectors, corpora: Sequence[EncodedCorpus], sample: float) -> list[Sentences]:
    """Both corpora as sentences, in which a context word has one weight, by its count in both."""
    every = np.zeros(len(vectors), np.int64)
    read = []
    for corpus in corpora:
        words = corpus.vocabulary
        rows = vectors.vocabulary.rows_of(words.data, words.offsets).astype(np.int32)
        counts = occurrences(corpus.ids, len(words))
        every += np.bincount(rows[rows >= 0], counts[rows >= 0], minlength=len(vectors)).astype(np.int64)
        read.append((corpus, rows, counts))
    weights = chances(every, sample)
    return [
        Sentences(corpus.ids, corpus.offsets, rows, np.where(rows >= 0, weights[rows], 0).astype(np.float32), counts)
        for corpus, rows, counts in read
    ]
