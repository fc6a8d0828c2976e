"""Senses of words that have one vector each, found afterwards: clusters of their contexts in a text."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from wordvec.base.arguments import check_vectors, strings
from wordvec.base.errors import OptionError, UnknownWordError
from wordvec.base.logs import LOG, warn
from wordvec.base.options import Options, option, workers_option
from wordvec.base.threads import Threaded, in_order
from wordvec.contexts.means import Sentences, Text, of_corpus
from wordvec.contexts.occurrences import occurrences_in
from wordvec.contexts.options import Induction
from wordvec.contexts.regression import fitted
from wordvec.induction.new_words import SHOWN, encoded_corpus
from wordvec.optim.clusters import spherical_kmeans
from wordvec.optim.sparse import Sparse, Threads, threads_of
from wordvec.vectors import KeyedVectors, SenseVectors

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]
Longs = NDArray[np.int64]

BLOCK = 4096
CONTEXTS = 1 << 16  # in memory at a time
STARTS = 2  # of k-means, of which the better one counts
SPARE = 1.1  # contexts drawn for each that is looked at, so that few words get fewer than they may have


@dataclass(frozen=True, kw_only=True)
class SenseOptions(Options, Threaded):
    """How senses are found among the contexts of words."""

    prototypes: int = option(5, "senses of a word, at most", low=1, high=64)
    fixed: bool = option(False, "every word gets `prototypes` senses, but for those below min_share")
    min_gain: float = option(
        0.08,
        "what one more sense must bring: by how much the logarithm of the distance of contexts and centres falls "
        "beyond what it falls by in noise",
        low=0,
    )
    window: int = option(10, "words of context on either side", low=1, high=1000)
    sample: float = option(
        1e-4, "context words more frequent than this share weigh less, as in subsampling; 0: none", low=0, high=1
    )
    min_count: int = option(50, "words with fewer occurrences keep one sense", low=1)
    min_share: float = option(
        0.05, "senses with a smaller share of the occurrences of their word join the others", low=0, below=1
    )
    shift: float = option(
        0.5, "how far the vectors of senses move from that of the word; 1: as the matrix of A La Carte says", low=0
    )
    most_contexts: int = option(
        500, "occurrences of a word that are looked at, at most, drawn evenly", low=10, high=10_000
    )
    most_frequent: int | None = option(
        None, "look at so many words, the most frequent of the corpus; default: all with min_count", low=1
    )
    lowercase: bool = option(False, "lower-case the text")
    seed: int = option(1, "of the drawn occurrences and of k-means", low=0)
    workers: int | None = workers_option("the result does not depend on them")

    @property
    def contexts(self) -> Induction:
        """What counts as the context of a word, and how the matrix is fitted."""
        return Induction(
            window=self.window, sample=self.sample, lowercase=self.lowercase, workers=self.workers, method="alacarte"
        )


def senses_of(
    vectors: KeyedVectors,
    corpus: Any,
    words: Iterable[str] | None = None,
    *,
    tokenizer: Callable[[str], list[str]] | None = None,
    cache: str | os.PathLike[str] | None = None,
    **options: Any,
) -> SenseVectors:
    """The senses of words by clusters of their contexts in a corpus: `SenseVectors`, float32 [senses, D].

    `words` are those that may have several senses; without them, all of `vectors` that occur `min_count` times. All
    other words keep one sense, with their own vector. `corpus`, `tokenizer` and `cache` are as in
    `wordvec.encode_corpus`, the options those of `SenseOptions`. Counts are those of `vectors`, or else of the corpus.

    A context is the weighted sum of the vectors of the words around an occurrence, less the mean of the text; its
    direction counts (Schuetze 1998, "Automatic Word Sense Discrimination"). Spherical k-means finds clusters; their
    number grows as long as one more brings the contexts nearer to their centres than it does in Gaussian noise of the
    same covariance, by `min_gain` (the gap statistic of Tibshirani, Walther and Hastie 2001). The vector of sense k is
    v + `shift` A (u_k - u): v is the word's vector, u_k and u the means of the contexts of the sense and of the word,
    and A the matrix of A La Carte. So the mean of the senses, by their shares, is v.

    UnknownWordError for `words` without a vector, CorpusError where no known word has a context, OptionError for
    vectors that have senses already, or another metric than the cosine. A warning names words that are asked for and
    occur too rarely.

    >>> import numpy as np
    >>> kv = KeyedVectors(["bank", "water", "shore", "cash", "loan"], np.eye(5)[[0, 1, 1, 2, 2]])
    >>> text = [["bank", "water", "shore"], ["cash", "bank", "loan"]] * 30
    >>> found = senses_of(kv, text, ["bank"], sample=0, workers=1)
    >>> found.senses("bank"), found.shares("bank").tolist(), found.senses("cash")
    (['bank|1', 'bank|2'], [0.5, 0.5], ['cash|1'])
    >>> found.disambiguate("bank", ["shore"]).max().round(2).item()
    1.0
    """
    chosen = SenseOptions(**options)
    _check(vectors)
    text = encoded_corpus(corpus, chosen.contexts, tokenizer, cache)
    sentences = of_corpus(vectors, text, chosen.contexts)
    ids = _chosen(vectors, sentences, words, chosen)
    matrix = fitted(vectors, sentences, chosen.contexts).matrix
    space = _space(vectors, sentences)
    with threads_of(chosen.threads) as threads:
        tasks = _contexts(space, ids, chosen, threads) if len(ids) else ()
        most = int(sentences.counts[ids].max(initial=1))
        noise = _noise(min(most, chosen.most_contexts), chosen.seed)
        found = list(in_order(threads.pool, lambda one: _senses(one, noise, chosen), tasks, 4 * threads.count))
    LOG.info("senses: %s of %s words have several", f"{sum(len(one.shares) > 1 for one in found):,}", f"{len(ids):,}")
    return _result(vectors, space, matrix, sentences.rows[ids].astype(np.int64), found, chosen)


def _check(vectors: Any) -> None:
    """OptionError for vectors whose words cannot get senses."""
    if isinstance(vectors, SenseVectors):
        raise OptionError(f"vectors must have one vector a word; got {vectors!r}: give of_words() of them")
    check_vectors(vectors=vectors)


def _chosen(vectors: KeyedVectors, sentences: Sentences, words: Iterable[str] | None, options: SenseOptions) -> Longs:
    """The ids of the words that are looked at, by falling count, then by their rows."""
    enough = (sentences.rows >= 0) & (sentences.counts >= options.min_count)
    if words is None:
        ids = np.flatnonzero(enough)
        ids = ids[np.lexsort((sentences.rows[ids], -sentences.counts[ids]))]
        return ids[: options.most_frequent]
    if options.most_frequent is not None:
        raise OptionError("most_frequent goes without words, which say themselves what is looked at")
    names = list(dict.fromkeys(strings(words)))
    rows = vectors.vocabulary.ids(names) if names else np.empty(0, np.int64)
    if (rows < 0).any():
        raise UnknownWordError(
            f"words must have a vector; {int((rows < 0).sum()):,} of {len(names):,} have none, such as "
            f"{names[int((rows < 0).argmax())]!r}: leave them out, or make vectors of them by wordvec.induce"
        )
    id_of = np.full(len(vectors), -1, np.int64)
    known = np.flatnonzero(sentences.rows >= 0)
    id_of[sentences.rows[known]] = known
    ids = id_of[rows]
    often = (ids >= 0) & enough[ids]
    if not often.all():
        few = [names[place] for place in np.flatnonzero(~often)[:SHOWN].tolist()]
        warn(
            f"{int((~often).sum()):,} of {len(names):,} words occur fewer than min_count={options.min_count} times, "
            f"such as {', '.join(map(repr, few))}: they keep one sense"
        )
    ids = ids[often]
    return np.asarray(ids[np.lexsort((sentences.rows[ids], -sentences.counts[ids]))], np.int64)


class Space(NamedTuple):
    """Where contexts are compared."""

    rows: Floats  # [V, D] the vector of each word less the mean of the text, times the word's weight
    weights: Floats  # [V] of each word as a context word
    text: Sentences


def _space(vectors: KeyedVectors, sentences: Sentences) -> Space:
    """The weighted vectors of words as context: a sum of them has the direction of the mean, less that of the text."""
    known = np.flatnonzero(sentences.rows >= 0)
    weights, counts = np.ones(len(vectors), np.float32), np.zeros(len(vectors))
    weights[sentences.rows[known]] = sentences.weights[known]
    counts[sentences.rows[known]] = sentences.counts[known]
    rows = np.empty((len(vectors), vectors.vector_size), np.float32)
    total = np.zeros(vectors.vector_size)
    for first in range(0, len(rows), BLOCK):
        part = np.arange(first, min(first + BLOCK, len(rows)))
        rows[part] = vectors._take(part)
        total += (weights[part] * counts[part]) @ rows[part].astype(np.float64)
    mean = (total / max(float(weights @ counts), 1e-30)).astype(np.float32)
    if not np.isfinite(mean).all():
        raise OptionError("vectors must be finite; some of these hold NaN or inf: drop or repair them")
    for first in range(0, len(rows), BLOCK):
        one = slice(first, first + BLOCK)
        rows[one] = weights[one, None] * (rows[one] - mean)
    return Space(rows, weights, sentences)


def _noise(size: int, seed: int) -> Floats:
    """[size, size] random normal numbers: rows that are mixed by them are Gaussian, with the same covariance."""
    return np.random.default_rng([seed, 21]).standard_normal((size, size), np.float32)


class Contexts(NamedTuple):
    """The contexts of a word."""

    row: int  # of the word
    sums: Floats  # [n, D] of the rows of the context words of each occurrence
    weights: Doubles  # [n] of all of these words together


def _contexts(space: Space, ids: Longs, options: SenseOptions, threads: Threads) -> Iterator[Contexts]:
    """The contexts of the words with some ids, in their order; those of a block of words at a time."""
    text = space.text
    block = np.cumsum(np.minimum(text.counts[ids], options.most_contexts)) // CONTEXTS
    for some in np.split(ids, np.flatnonzero(np.diff(block)) + 1):
        target = np.full(len(text.rows), -1, np.int32)
        target[some] = np.arange(len(some), dtype=np.int32)
        chances = np.minimum(SPARE * options.most_contexts / text.counts[some], 1.0)
        seen = occurrences_in((Text(text, target, False),), options.window, chances, options.seed)
        shape = (len(seen.words), len(space.rows))
        sums = Sparse(shape, seen.offsets, seen.rows, np.ones(len(seen.rows), np.float32)).times(space.rows, threads)
        totals = np.append(0, np.cumsum(space.weights[seen.rows], dtype=np.float64))
        weights = np.diff(totals[seen.offsets])
        starts = np.searchsorted(seen.words, np.arange(len(some) + 1)).tolist()
        for number, first, last in zip(some.tolist(), starts, starts[1:]):
            yield Contexts(int(text.rows[number]), sums[first:last], weights[first:last])


class Senses(NamedTuple):
    """The senses of a word."""

    shares: Doubles  # [K]
    centres: Floats  # [K, D] the mean direction of the contexts of each
    moves: Floats  # [K, D] the mean of the context vectors of each, less that of the word


def _senses(contexts: Contexts, noise: Floats, options: SenseOptions) -> Senses:
    """The senses of a word by its contexts, with noise [N, N] for N contexts or more."""
    lengths = np.linalg.norm(contexts.sums, axis=1)
    told = np.flatnonzero(lengths > 0)
    most = min(len(told), len(noise))
    told = told[np.linspace(0, len(told), most, endpoint=False).astype(np.int64)]
    size = contexts.sums.shape[1]
    if not len(told):  # no context
        return Senses(np.ones(1), np.zeros((1, size), np.float32), np.zeros((1, size), np.float32))
    sums, weights = contexts.sums[told], contexts.weights[told]
    units = sums / lengths[told, None]
    cluster = _without_small(units, _clusters(units, noise, [options.seed, contexts.row], options), options.min_share)
    member = (cluster == np.arange(cluster.max() + 1)[:, None]).astype(np.float64)
    shares = member.mean(axis=1)
    means = (member @ sums) / (member @ weights)[:, None]
    centres = _directions((member @ units).astype(np.float32))
    return Senses(shares, centres, (means - shares @ means).astype(np.float32))


def _clusters(units: Floats, noise: Floats, seed: list[int], options: SenseOptions) -> Longs:
    """[n] the cluster of each unit vector; as many clusters as bring more than they do in Gaussian noise."""
    if options.fixed:
        return _best(units, options.prototypes, seed)[0]
    count = len(units)
    mean = units.mean(axis=0)
    other = _directions(mean + noise[:count, :count] @ (units - mean) / np.float32(count**0.5))
    cluster, scatter = _best(units, 1, seed)
    gap = np.log(_best(other, 1, seed)[1] / scatter)
    for k in range(2, min(options.prototypes, count) + 1):
        finer, scatter = _best(units, k, seed)
        wider = float(np.log(_best(other, k, seed)[1] / scatter))
        if wider - gap <= options.min_gain:
            break
        cluster, gap = finer, wider
    return cluster


def _best(units: Floats, k: int, seed: list[int]) -> tuple[Longs, float]:
    """[n] the better clusters of some starts, and the mean of 1 - cosine to their centres."""
    results = []
    for start in range(STARTS if k > 1 else 1):
        cluster = spherical_kmeans(units, k, [*seed, start]) if k > 1 else np.zeros(len(units), np.int64)
        sums = (cluster == np.arange(k)[:, None]).astype(np.float32) @ units
        results.append((cluster, max(1 - float(np.linalg.norm(sums, axis=1).sum()) / len(units), 1e-6)))
    return min(results, key=lambda result: result[1])


def _without_small(units: Floats, cluster: Longs, min_share: float) -> Longs:
    """[n] the clusters, numbered from 0, without small ones: their vectors go to the nearest of the others."""
    member = cluster == np.arange(cluster.max() + 1)[:, None]
    sizes = member.sum(axis=1)
    large = (sizes > 0) & ((sizes >= min_share * len(units)) | (sizes == sizes.max()))
    number = np.cumsum(large) - 1
    nearest = (units @ _directions(member[large].astype(np.float32) @ units).T).argmax(axis=1)
    return np.asarray(np.where(large[cluster], number[cluster], nearest), np.int64)


def _directions(rows: Floats) -> Floats:
    """Rows at length 1, in their own precision; rows of zeros stay."""
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(rows / np.where(lengths > 0, lengths, 1), rows.dtype)


def _result(
    vectors: KeyedVectors,
    space: Space,
    matrix: Doubles,
    rows: Longs,
    found: list[Senses],
    options: SenseOptions,
) -> SenseVectors:
    """The senses of the words at some rows, and all other words with one sense."""
    size = np.ones(len(vectors), np.int64)
    size[rows] = [len(one.shares) for one in found]
    word = np.repeat(np.arange(len(vectors)), size)
    first = np.cumsum(size) - size
    shares = np.ones(len(word))
    made, centres = (
        np.empty((len(word), vectors.vector_size), np.float32),
        np.zeros((len(word), vectors.vector_size), np.float32),
    )
    for start in range(0, len(word), BLOCK):
        part = slice(start, start + BLOCK)
        made[part] = vectors._take(word[part])
    for row, one in zip(rows.tolist(), found):
        part = slice(first[row], first[row] + size[row])
        shares[part], centres[part] = one.shares, one.centres
        if size[row] > 1:
            made[part] += options.shift * one.moves @ matrix.T.astype(np.float32)
    words = vectors.vocabulary
    if words.counts is None:
        counts = np.zeros(len(words), np.int64)
        known = np.flatnonzero(space.text.rows >= 0)
        counts[space.text.rows[known]] = space.text.counts[known]
        words = words.recounted(counts)
    metadata = {**vectors.metadata, "senses": {"options": options.recorded(), "words": len(rows)}}
    return SenseVectors.listed(
        words, word, made, shares, rule="nearest", contexts=space.rows, centres=centres, metadata=metadata
    )
