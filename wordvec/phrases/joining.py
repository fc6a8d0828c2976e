"""Phrases joined in an encoded corpus, which gets a vocabulary with them; and in lists of tokens."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wordvec._kernels import phrases as kernel
from wordvec.base.threads import in_order, thread_pool
from wordvec.corpus import EncodedCorpus
from wordvec.corpus.combine import mapped_pieces, numbered_words
from wordvec.corpus.scratch import scratch_folder
from wordvec.phrases.lists import PhraseList, Table
from wordvec.phrases.pairs import kinds_of, token_counts
from wordvec.vocabulary import Vocabulary, packed

BLOCK = 1 << 18  # tokens joined in one task

Token = tuple[str, float | None]  # a word, and its score where it is a phrase


def joined_tokens(tokens: Iterable[Token], table: Table, connector_words: frozenset[str]) -> Iterator[Token]:
    """Tokens with phrases joined from left to right, as gensim joins them: what is joined begins no other phrase."""
    waiting: list[Token] = []  # a word that may begin a phrase, and the connectors after it
    words: tuple[str, ...] = ()
    for token in tokens:
        word = token[0]
        if word in connector_words:
            if waiting:
                waiting.append(token)
                words = (*words, word)
            else:
                yield token
            continue
        if waiting:
            phrase = table.get((*words, word))
            if phrase is not None:
                yield phrase
                waiting, words = [], ()
                continue
            yield from waiting
        waiting, words = [token], (word,)
    yield from waiting


class Joiner:
    """The phrases of one pass by the ids of a vocabulary, and the vocabulary with the phrases as words."""

    def __init__(
        self, phrases: PhraseList, vocabulary: Vocabulary, delimiter: str, connector_words: frozenset[str]
    ) -> None:
        rows = vocabulary.rows_of(phrases.words.data, phrases.words.offsets)
        ids = rows[phrases.parts]
        unknown = np.add.reduceat(ids < 0, phrases.offsets[:-1]) if len(phrases) else np.zeros(0, np.int64)
        known = np.flatnonzero(unknown == 0)
        spelled = phrases.spelled(delimiter)
        self.words, (self.word_ids, self.phrase_ids) = numbered_words(
            (vocabulary.data, vocabulary.offsets), packed([spelled[i] for i in known.tolist()])
        )
        first, last = rows[phrases.firsts[known]], rows[phrases.lasts[known]]
        self.kinds = kinds_of(vocabulary, connector_words)
        self.kinds[first] |= kernel.BEGINS
        self.kinds[last] |= kernel.ENDS
        self.links = kernel.Triples(secrets.randbits(64))
        self.phrases = kernel.Triples(secrets.randbits(64))
        starts, sizes = phrases.offsets[known] + 1, np.diff(phrases.offsets)[known] - 2
        links = np.zeros(len(known), np.uint32)
        for place in range(int(sizes.max(initial=0))):
            own = np.flatnonzero(sizes > place)
            numbers = np.empty(len(own), np.int64)
            between = ids[starts[own] + place]
            self.links.number(_keys(links[own], between, np.zeros(len(own))), numbers)
            links[own] = numbers + 1
        self.phrases.add(_keys(first, last, links))

    def join(self, corpus: EncodedCorpus, threads: int) -> EncodedCorpus:
        """The corpus with phrases joined: words are in no order, and some may not occur any more."""
        chunks = corpus.chunks(BLOCK)

        def work(task: tuple[int, int]) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
            first, last = task
            joined = np.empty(corpus.offsets[last] - corpus.offsets[first], np.int32)
            ends = np.empty(last - first, np.int64)
            size = kernel.join(
                corpus.ids,
                corpus.offsets,
                first,
                last,
                self.kinds,
                self.links,
                self.phrases,
                self.word_ids,
                self.phrase_ids,
                joined,
                ends,
            )
            return joined[:size], ends

        with scratch_folder(None) as folder, thread_pool(threads) as pool:
            tasks = zip(chunks[:-1].tolist(), chunks[1:].tolist())
            ids, offsets = mapped_pieces(folder, in_order(pool, work, tasks, 2 * threads + 1))
        counts = token_counts(ids, len(self.words))
        stats, fewer = corpus.stats, len(corpus.ids) - len(ids)
        stats = replace(stats, read=stats.read - fewer, kept=stats.kept - fewer, joined=stats.joined + fewer)
        return EncodedCorpus(self.words.recounted(counts), ids, offsets, stats, "", corpus.options)


def _keys(first: Any, second: Any, third: Any) -> NDArray[np.uint32]:
    return np.ascontiguousarray(np.stack([first, second, third], 1).astype(np.uint32))
