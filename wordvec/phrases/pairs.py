"""Counts of pairs of neighbouring words of an encoded corpus: exact, in any memory, on threads.

Pairs are written to bins by their first word, so that the table of a bin stays in the cache; threads count bins. Where
the pairs take more than `memory`, the words are divided into rounds, each of which reads the ids again.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wordvec._kernels import phrases as kernel
from wordvec.base.progress import progress_bar
from wordvec.base.threads import in_order, thread_pool
from wordvec.cooccurrence.blocks import ranges
from wordvec.corpus import EncodedCorpus
from wordvec.corpus.scratch import map_file, scratch_folder, write_all
from wordvec.phrases.options import PhraseOptions
from wordvec.vocabulary import Vocabulary, offsets_of

BIN = 1 << 15  # pairs in a bin: its table stays in the second-level cache
MOST_BINS = 1024  # of a round: places that are written to at the same time
BLOCK = 1 << 20  # tokens listed between two looks at Ctrl-C
PAIR = 12  # bytes
FULL = (
    "the counts of pairs",
    "they take 20 bytes a distinct pair: free some space, or set TMPDIR to a folder that has it",
)

Keys = NDArray[np.uint32]
Numbers = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class PhraseCounts:
    """How often words and pairs of neighbouring words occur.

    A pair is two words with nothing or with connector words between them. Connectors neither begin nor end one.
    """

    vocabulary: Vocabulary  # all words, connectors too; counts of this text
    keys: Keys  # [D, 3] each distinct pair: first word, last word, and the link between them; may be mapped
    counts: Numbers  # [D]; may be mapped
    links: Keys  # [K, 2] link i + 1 is a connector, links[i, 1], after link links[i, 0]; link 0 is nothing
    kinds: NDArray[np.uint8]  # [V] 1 for connectors
    tokens: int

    @cached_property
    def word_counts(self) -> Numbers:
        """[V] how often each word occurs."""
        return np.asarray(self.vocabulary.counts)

    @property
    def distinct(self) -> int:
        """The number of distinct words, connectors left out, and pairs: `len(vocab)` of gensim."""
        return int(((self.word_counts > 0) & (self.kinds == 0)).sum()) + len(self.counts)

    def between(self, link: int) -> list[int]:
        """The connectors of a link."""
        words: list[int] = []
        while link:
            link, word = self.links[link - 1].tolist()
            words.append(word)
        return words[::-1]


def token_counts(ids: NDArray[np.int32], words: int) -> Numbers:
    """[words] how often each id occurs."""
    counts = np.zeros(words, np.int64)
    for start in range(0, len(ids), BLOCK):
        counts += np.bincount(ids[start : start + BLOCK], minlength=words)
    return counts


def kinds_of(vocabulary: Vocabulary, connector_words: frozenset[str]) -> NDArray[np.uint8]:
    """[V] the kind CONNECTOR of connector words, 0 for others."""
    kinds = np.zeros(len(vocabulary), np.uint8)
    rows = vocabulary.ids(sorted(connector_words))
    kinds[rows[rows >= 0]] = kernel.CONNECTOR
    return kinds


def count_pairs(
    corpus: EncodedCorpus, connector_words: frozenset[str], options: PhraseOptions, progress: bool = False
) -> PhraseCounts:
    """Count the pairs of neighbouring words of a corpus."""
    words = len(corpus.vocabulary)
    counts, kinds = token_counts(corpus.ids, words), kinds_of(corpus.vocabulary, connector_words)
    starting = np.where(kinds == kernel.CONNECTOR, 0, counts)  # at most so many pairs begin with each word
    links, seed, local = kernel.Triples(secrets.randbits(64)), secrets.randbits(64), threading.local()

    def distinct(pairs: Keys) -> tuple[Keys, Numbers]:
        if not hasattr(local, "table"):
            local.table = kernel.Triples(seed)
        local.table.clear()
        local.table.add(pairs)
        return local.table.arrays()  # type: ignore[no-any-return]

    room = max(int(options.memory * 1e9) // PAIR, 1)
    with (
        scratch_folder(None, "set TMPDIR to a folder that can be written") as work,
        thread_pool(options.threads) as pool,
    ):
        with open(work / "keys", "wb", buffering=0) as keys, open(work / "counts", "wb", buffering=0) as numbers:
            with progress_bar(int(starting.sum()), progress, "counting pairs") as bar:
                for first, last in ranges(starting, room):
                    bins = _listed(corpus, kinds, starting, (first, last), links)
                    for found, times in in_order(pool, distinct, bins, 2 * options.threads + 1):
                        write_all(keys, found, FULL)
                        write_all(numbers, times, FULL)
                        if bar is not None:
                            bar.update(int(times.sum()))
        return PhraseCounts(
            corpus.vocabulary.recounted(counts),
            map_file(work / "keys", np.uint32).reshape(-1, 3),
            map_file(work / "counts", np.int64),
            np.ascontiguousarray(links.arrays()[0][:, :2]),
            kinds,
            len(corpus.ids),
        )


def _listed(
    corpus: EncodedCorpus, kinds: NDArray[np.uint8], starting: Numbers, words: tuple[int, int], links: Any
) -> Iterator[Keys]:
    """The pairs that begin with a range of words, in bins."""
    first, last = words
    own = starting[first:last]
    total = int(own.sum())
    if not total:
        return
    bins, sizes = np.full(len(starting), -1, np.int32), []
    for number, (low, high) in enumerate(ranges(own, max(BIN, total // MOST_BINS))):
        bins[first + low : first + high] = number
        sizes.append(int(own[low:high].sum()))
    starts = offsets_of(np.array(sizes))
    pairs, ends = np.empty((total, 3), np.uint32), starts[:-1].copy()
    chunks = corpus.chunks(BLOCK)
    for low, high in zip(chunks[:-1].tolist(), chunks[1:].tolist()):
        kernel.list_pairs(corpus.ids, corpus.offsets, low, high, kinds, bins, links, ends, pairs)
    for start, end in zip(starts[:-1].tolist(), ends.tolist()):
        if end > start:
            yield pairs[start:end]


def added(one: PhraseCounts, other: PhraseCounts) -> PhraseCounts:
    """The counts of two texts together, as `Phrases.add_vocab` needs them; connectors must be the same."""
    words = Vocabulary.from_words(dict.fromkeys([*one.vocabulary, *other.vocabulary]))
    counts, kinds = np.zeros(len(words), np.int64), np.zeros(len(words), np.uint8)
    links, pairs = kernel.Triples(secrets.randbits(64)), kernel.Triples(secrets.randbits(64))
    for each in (one, other):
        rows = words.rows_of(each.vocabulary.data, each.vocabulary.offsets)
        counts[rows] += each.word_counts
        kinds[rows] |= each.kinds
        numbers = np.zeros(len(each.links) + 1, np.uint32)  # of the links of `each` among all
        for link, (before, word) in enumerate(each.links.tolist()):
            number = np.empty(1, np.int64)
            links.number(np.array([[numbers[before], rows[word], 0]], np.uint32), number)
            numbers[link + 1] = number[0] + 1
        keys = np.array(each.keys)
        keys[:, 0], keys[:, 1], keys[:, 2] = rows[keys[:, 0]], rows[keys[:, 1]], numbers[keys[:, 2]]
        pairs.add(keys, np.ascontiguousarray(each.counts))
    return PhraseCounts(
        words.recounted(counts),
        *pairs.arrays(),
        np.ascontiguousarray(links.arrays()[0][:, :2]),
        kinds,
        one.tokens + other.tokens,
    )
