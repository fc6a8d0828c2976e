"""Whether a word changed between two slices: its sentences are dealt to the slices at random, again and again.

The statistic is 1 - cosine between the mean context vectors of the word in the two slices. Liu, Medlar and Glowacka
(2021, "Statistically significant detection of semantic shifts using contextual word embeddings") test so with the
vectors of a language model; here a context is the mean of static vectors of one space, and nothing is trained again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, islice
from math import ceil, comb
from typing import Any, NamedTuple

import numpy as np

from wordvec.align.arrays import Doubles
from wordvec.align.temporal.sentence_sums import SentenceSums, Sums, groups_of, weighed
from wordvec.base.logs import warn
from wordvec.base.options import Options, option, workers_option
from wordvec.base.progress import progress_bar
from wordvec.base.threads import Threaded, in_order, thread_pool
from wordvec.contexts.means import Sentences
from wordvec.corpus import EncodedCorpus, encode_corpus
from wordvec.vectors import KeyedVectors

LEVEL = 0.05  # of the false discovery rate, below which words are usually reported
_TIE = 1e-12  # cosines that differ by less are equal but for the order of additions
_ENOUGH = 50  # random assignments that reach the statistic, after which no more are drawn
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


class Tested(NamedTuple):
    """What the test finds of a word: see `ContextDrift`."""

    sentences: tuple[int, int]
    context_drift: float | None
    p: float | None
    q: float | None


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
    vectors: KeyedVectors, corpora: Sequence[Any], words: Sequence[str], options: DriftTest, progress: bool
) -> list[Tested]:
    """What is found of each word in two corpora, in the order of the words.

    The vectors of context words are those of `vectors`, at length 1.
    """
    if not words:
        return []
    texts = weighed(vectors, [_encoded(corpus, vectors, options.workers) for corpus in corpora], options.sample)
    found = []
    with progress_bar(len(words), progress, "drift test") as bar:
        for one in _tests(vectors, texts, words, options):
            found.append(one)
            if bar is not None:
                bar.update(1)
    p_values = [p for *_, p in found]
    rates = false_discovery_rates(p_values)
    _warn_of_few(rates, p_values, options.permutations)
    return [Tested(*one, rate) for one, rate in zip(found, rates, strict=True)]


def _tests(
    vectors: KeyedVectors, texts: Sequence[Sentences], words: Sequence[str], options: DriftTest
) -> Iterator[tuple[tuple[int, int], float | None, float | None]]:
    """(sentences, context drift, p) of each word, in their order."""
    sides = [
        SentenceSums(
            vectors,
            text,
            window=options.window,
            block=options.block,
            most=options.max_sentences,
            lot=(options.seed, side),
        )
        for side, text in enumerate(texts)
    ]
    rows = vectors.vocabulary.ids(list(words)).astype(np.int64)

    def tested(item: tuple[int, Sums, Sums]) -> tuple[tuple[int, int], float | None, float | None]:
        number, first, second = item
        rng = np.random.default_rng([options.seed, *words[number].encode("utf-8", "surrogateescape")])
        return (first.sentences, second.sentences), *permuted(first.sums, second.sums, options.permutations, rng)

    with thread_pool(options.threads) as pool:
        for group in groups_of(sides, rows):
            found = [side.of(rows[group]) for side in sides]
            items = list(zip(group.tolist(), *found, strict=True))
            yield from in_order(pool, tested, items, len(items))
            del found, items  # before the next are made


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
    keys, labels = np.empty((_STEP, vectors), np.float32), np.empty((_STEP, vectors))  # once: new memory is slow
    for start in range(0, permutations, _STEP):
        some, ones = keys[: permutations - start], labels[: permutations - start]
        np.less(rng.random(out=some, dtype=np.float32), np.float32(size / vectors), out=ones)
        for row, surplus in zip(ones, (ones.sum(axis=1) - size).astype(np.int64).tolist()):
            if surplus:  # any set of so many is as likely as any other, and stays so if some are drawn out or in
                others = np.flatnonzero(row == (surplus > 0))
                row[rng.choice(others, abs(surplus), replace=False, shuffle=False)] = surplus < 0
        yield ones


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


def _warn_of_few(rates: Sequence[float | None], p_values: Sequence[float | None], permutations: int) -> None:
    """Say so where the smallest p value that is possible was found, and is too large for the number of words."""
    known = [rate for rate in rates if rate is not None]
    if known and min(known) >= LEVEL and 1 / (permutations + 1) in p_values:
        warn(
            f"permutations={permutations} are too few for {len(known)} words: the smallest p value is that of "
            f"several; with {ceil(len(known) / LEVEL)}, one changed word can have q < {LEVEL}"
        )


def _encoded(corpus: Any, vectors: KeyedVectors, workers: int | None) -> EncodedCorpus:
    """A text with the words of vectors."""
    if isinstance(corpus, EncodedCorpus):
        return corpus
    options = vectors.metadata.get("options")
    lowercase = isinstance(options, dict) and options.get("lowercase") is True
    return encode_corpus(corpus, vocabulary=vectors.vocabulary, lowercase=lowercase, workers=workers)
