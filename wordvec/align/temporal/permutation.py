"""Whether a word changed between two slices: its sentences are dealt to the slices at random, again and again.

The statistic is 1 - cosine between the mean context vectors of the word in the two slices. Liu, Medlar and Glowacka
(2021, "Statistically significant detection of semantic shifts using contextual word embeddings") test so with the
vectors of a language model; here a context is the mean of static vectors of one space, and nothing is trained again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, islice, pairwise
from math import comb

import numpy as np

from wordvec.align.arrays import Doubles, Floats, Ints
from wordvec.base.options import Options, option, workers_option
from wordvec.base.threads import Threaded, in_order, thread_pool
from wordvec.contexts.means import Sentences, Text, chances, occurrences
from wordvec.contexts.occurrences import Int32, Occurrences, occurrences_in
from wordvec.corpus import EncodedCorpus
from wordvec.search.arrays import unit_rows
from wordvec.vectors import KeyedVectors

_TIE = 1e-12  # cosines that differ by less are equal but for the order of additions
_ENOUGH = 50  # random assignments that reach the statistic, after which no more are drawn
_OCCURRENCES = 100_000  # of the words that are tested at a time
_STEP = 32  # assignments drawn at a time
_PRODUCT = 1 << 18  # multiplications in a product of matrices for which BLAS starts no threads, as words have threads


@dataclass(frozen=True, kw_only=True)
class DriftTest(Options, Threaded):
    """The options of `Slices.drift_test`."""

    permutations: int = option(1000, "random assignments of sentences to the two slices", low=1, high=10_000_000)
    window: int = option(5, "words of context on either side", low=1, high=1000)
    sample: float = option(1e-3, "context words more frequent than this share weigh less; 0: none does", low=0, high=1)
    block: int = option(1, "sentences that stay together; about as many as a document has", low=1)
    max_sentences: int = option(10_000, "sentences with a word, or blocks of them, used of each slice", low=2)
    seed: int = option(1, "seed of the assignments", low=0)
    workers: int | None = workers_option("the result does not depend on them")


@dataclass(frozen=True)
class ContextDrift:
    """A word in two slices: its drift, and whether its contexts changed by more than chance."""

    word: str
    drift: float  # 1 - cosine of its vectors in the two slices
    counts: tuple[int, int] | None
    sentences: tuple[int, int]  # with a context of the word, in each slice; blocks of them with `block`
    context_drift: float | None  # 1 - cosine of its mean context vectors; None where a slice has no context of it
    p: float | None  # the share of assignments with a context drift as large or larger
    q: float | None  # the false discovery rate among the words with p values as small or smaller


def context_drifts(
    vectors: KeyedVectors, corpora: Sequence[EncodedCorpus], words: Sequence[str], options: DriftTest
) -> Iterator[tuple[tuple[int, int], float | None, float | None]]:
    """(sentences, context drift, p) of each word in two corpora, in their order.

    The vectors of context words are those of `vectors`, at length 1.
    """
    texts = _weighed(vectors, corpora, options.sample)
    rows = vectors.vocabulary.ids(list(words)).astype(np.int64)
    counts = np.sum([_counts_of(text, rows) for text in texts], axis=0)
    batches = np.split(np.arange(len(rows)), np.flatnonzero(np.diff(np.cumsum(counts) // _OCCURRENCES)) + 1)

    def tested(item: tuple[int, Doubles, Doubles]) -> tuple[tuple[int, int], float | None, float | None]:
        number, first, second = item
        rng = np.random.default_rng([options.seed, *words[number].encode("utf-8", "surrogateescape")])
        drawn = [_drawn(side, options.max_sentences, rng) for side in (first, second)]
        drift, p = permuted(drawn[0], drawn[1], options.permutations, rng)
        return (len(first), len(second)), drift, p

    with thread_pool(options.threads) as pool:
        for batch in batches:
            sides = [_sentence_vectors(vectors, text, rows[batch], options) for text in texts]
            items = [(int(number), sides[0][at], sides[1][at]) for at, number in enumerate(batch)]
            yield from in_order(pool, tested, items, len(items))


def permuted(
    first: Doubles, second: Doubles, permutations: int, rng: np.random.Generator
) -> tuple[float | None, float | None]:
    """(1 - cosine between the sums of two sets of vectors [m, D] and [n, D], p) by permutation of the vectors.

    p is (b + 1) / (permutations + 1), where b of the random assignments have a statistic as large or larger. Once 50
    of them have, no more are drawn, and p is 50 / (their number): p values that are not small are rough, and cheap
    (Besag and Clifford 1991). Where there are no more assignments than `permutations`, all of them are used once, and p
    is exact. None where a set is empty.

    >>> first, second = np.array([[1.0, 0], [1, 0], [1, 0]]), np.array([[0.0, 1], [0, 1], [0, 1]])
    >>> permuted(first, second, 1000, np.random.default_rng(1))  # 2 of 20 assignments part them so
    (1.0, 0.1)
    """
    if not len(first) or not len(second):
        return None, None
    every = np.concatenate([first, second])
    size, total = len(first), every.sum(axis=0)
    observed = float(_statistic(first.sum(axis=0)[None], total)[0])
    is_exact = comb(len(every), size) <= permutations
    drawn = _all_labels(len(every), size) if is_exact else _labels(len(every), size, permutations, rng)
    reached = done = 0
    for labels in drawn:
        hits = np.flatnonzero(_statistic(_sums(labels, every), total) >= observed - _TIE)
        if not is_exact and reached + len(hits) >= _ENOUGH:
            return observed, _ENOUGH / (done + int(hits[_ENOUGH - reached - 1]) + 1)
        reached, done = reached + len(hits), done + len(labels)
    return observed, reached / done if is_exact else (reached + 1) / (done + 1)


def _labels(vectors: int, size: int, permutations: int, rng: np.random.Generator) -> Iterator[Doubles]:
    """Random assignments of vectors to the first set, which gets `size` of them: blocks [P, vectors] of 1 and 0.

    A block is valid until the next one.
    """
    keys, labels = (
        np.empty((_STEP, vectors)),
        np.empty((_STEP, vectors)),
    )  # once, as new memory costs more than the work
    for start in range(0, permutations, _STEP):
        some, ones = keys[: permutations - start], labels[: permutations - start]
        rng.random(out=some)
        np.copyto(ones, some)
        ones.partition(size - 1, axis=1)
        yield np.less_equal(some, ones[:, size - 1 : size].copy(), out=ones)


def _all_labels(vectors: int, size: int) -> Iterator[Doubles]:
    """All assignments, as `_labels` has them."""
    every = combinations(range(vectors), size)
    while taken := list(islice(every, _STEP)):
        labels = np.zeros((len(taken), vectors))
        np.put_along_axis(labels, np.array(taken), 1, axis=1)
        yield labels


def false_discovery_rates(p_values: Sequence[float | None]) -> list[float | None]:
    """The q values of Benjamini and Hochberg (1995), in the order of the p values; None stays, and does not count.

    >>> false_discovery_rates([0.01, None, 0.04, 0.03])
    [0.03, None, 0.04, 0.04]
    """
    from scipy.stats import false_discovery_control

    known = [place for place, p in enumerate(p_values) if p is not None]
    found: list[float | None] = [None] * len(p_values)
    rates = false_discovery_control([p_values[place] for place in known]) if known else []
    for place, rate in zip(known, rates):
        found[place] = float(rate)
    return found


def _sums(labels: Doubles, every: Doubles) -> Doubles:
    """[P, D] the product of [P, M] and [M, D]."""
    sums = np.zeros((len(labels), every.shape[1]))
    step = max(1, _PRODUCT // sums.size)
    for start in range(0, len(every), step):
        sums += labels[:, start : start + step] @ every[start : start + step]
    return sums


def _statistic(sums: Doubles, total: Doubles) -> Doubles:
    """[P] 1 - cosine between each sum [P, D] and what it leaves of the total [D]."""
    others = total - sums
    lengths = np.sqrt(np.einsum("ij,ij->i", sums, sums) * np.einsum("ij,ij->i", others, others))
    drifts: Doubles = 1 - np.einsum("ij,ij->i", sums, others) / np.where(lengths > 0, lengths, 1)
    return drifts


def _drawn(vectors: Doubles, most: int, rng: np.random.Generator) -> Doubles:
    """At most so many rows, drawn by lot."""
    return vectors if len(vectors) <= most else vectors[rng.choice(len(vectors), most, replace=False)]


def _weighed(vectors: KeyedVectors, corpora: Sequence[EncodedCorpus], sample: float) -> list[Sentences]:
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


def _counts_of(text: Sentences, rows: Ints) -> Ints:
    """[n] occurrences of the words in these rows of the vectors."""
    known = text.rows >= 0
    counts = np.zeros(int(max(rows.max(initial=0), text.rows.max(initial=0))) + 1, np.int64)
    counts[text.rows[known]] = text.counts[known]
    return np.where(rows >= 0, counts[rows], 0)


def _sentence_vectors(vectors: KeyedVectors, text: Sentences, rows: Ints, options: DriftTest) -> list[Doubles]:
    """For each word a matrix [S, D]: the sums of its context vectors in each sentence with it, or block of them."""
    from scipy.sparse import csr_matrix

    number = np.full(len(vectors) + 1, -1, np.int32)  # the last is of ids without a row, which are -1
    number[rows[rows >= 0]] = np.flatnonzero(rows >= 0)
    target: Int32 = number[text.rows]
    found = occurrences_in((Text(text, target, False),), options.window)
    starts, owners = _blocks(text, target, found, options.block)
    used, columns = np.unique(found.rows, return_inverse=True)
    weights: Floats = np.zeros(len(vectors), np.float32)
    weights[text.rows[text.rows >= 0]] = text.weights[text.rows >= 0]
    matrix = unit_rows(vectors.rows.take(used.astype(np.int64))) * weights[used, None]
    ones = np.ones(len(columns))
    every = csr_matrix((ones, columns, starts), shape=(len(starts) - 1, len(used))) @ matrix
    filled = np.diff(starts) > 0
    sums = every[filled]
    edges = np.searchsorted(owners[filled], np.arange(len(rows) + 1))
    return [sums[low:high] for low, high in pairwise(edges)]


def _blocks(text: Sentences, target: Int32, found: Occurrences, block: int) -> tuple[Ints, Int32]:
    """([B + 1] where the context words of each block of sentences with one word begin, [B] the number of the word)."""
    numbers = target[text.ids]
    places = np.flatnonzero(numbers >= 0)
    places = places[np.argsort(numbers[places], kind="stable")]  # the order of `found`
    blocks = (np.searchsorted(text.offsets, places, "right") - 1) // block
    is_first = np.ones(len(places), bool)
    is_first[1:] = (blocks[1:] != blocks[:-1]) | (found.words[1:] != found.words[:-1])
    starts = np.append(found.offsets[:-1][is_first], found.offsets[-1])
    return starts, found.words[is_first]
