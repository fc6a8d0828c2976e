"""Means of the vectors of context words, over all occurrences of a word; the same for any number of threads."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wordvec._kernels import contexts as kernel
from wordvec.base.arguments import listed_words
from wordvec.base.errors import OptionError
from wordvec.base.threads import in_order, thread_pool
from wordvec.contexts.options import Induction
from wordvec.corpus import EncodedCorpus
from wordvec.corpus.subsampling import keep_chances
from wordvec.vectors import KeyedVectors
from wordvec.vocabulary import offsets_of

Floats = NDArray[np.float32]
Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]

COLUMNS = 64  # that a thread adds up at a time: the sums of many words stay in the cache
TOKENS = 100_000  # in one call of the kernel, after which a thread looks whether it should stop
BLOCK = 4096


@dataclass(frozen=True)
class Sentences:
    """Sentences of token ids, and which vectors the ids have."""

    ids: Int32  # [N] below V
    offsets: Int64  # [S + 1]
    rows: Int32  # [V] the word of `vectors` that each id is; -1: none
    weights: Floats  # [V] the weight of each id as a context word
    counts: Int64  # [V] occurrences of each id


@dataclass(frozen=True)
class ContextMeans:
    """What the contexts of T words say."""

    means: Floats  # [T, D] the weighted mean of the vectors of all context words; zeros where there are none
    counts: Int64  # [T] occurrences
    known: NDArray[np.bool_]  # [T] whether any context word has a vector


def of_corpus(vectors: KeyedVectors, corpus: EncodedCorpus, options: Induction) -> Sentences:
    """A corpus as sentences, with the weights of frequent words."""
    words = corpus.vocabulary
    rows = vectors.vocabulary.rows_of(words.data, words.offsets).astype(np.int32)
    counts = occurrences(corpus.ids, len(words))  # those of a grown vocabulary are of more than this corpus
    return Sentences(corpus.ids, corpus.offsets, rows, chances(counts, options.sample), counts)


def occurrences(ids: Int32, words: int) -> Int64:
    """[words] how often each id occurs, counted in blocks."""
    counts = np.zeros(words, np.int64)
    for start in range(0, len(ids), 1 << 20):
        counts += np.bincount(ids[start : start + (1 << 20)], minlength=words)
    return counts


def chances(counts: Int64, sample: float) -> Floats:
    """[V] the weight of each context word: the chance that subsampling would keep it."""
    return keep_chances(np.maximum(counts, 1), sample).astype(np.float32)


def means_of(
    vectors: KeyedVectors, sentences: Sentences, target: Int32, words: int, options: Induction, whole: bool = False
) -> ContextMeans:
    """The context means of some words; `target` [V] is the number of each id among them, below `words`, or -1.

    With `whole`, all words of a sentence are context, however far away.
    """
    distances = options.distance_weights()
    if whole:
        distances = np.ones(max(1, int(np.diff(sentences.offsets).max(initial=1))), np.float32)
    used = np.flatnonzero(sentences.rows >= 0)
    place = np.full(len(sentences.rows), -1, np.int32)
    place[used] = np.arange(len(used), dtype=np.int32)
    words_used, weights, size = sentences.rows[used].astype(np.int64), sentences.weights[used], vectors.vector_size
    means, totals = np.zeros((words, size), np.float32), np.zeros((words, 1))
    stop = np.zeros(1, np.int32)
    firsts = [-1, *range(0, size, COLUMNS)]  # -1: the sums of the weights

    def work(first: int) -> None:
        if first < 0:
            _add(sentences, target, place, np.ascontiguousarray(weights[:, None]), distances, totals, stop)
            return
        columns = slice(first, min(first + COLUMNS, size))
        matrix = np.empty((len(used), columns.stop - first), np.float32)
        for start in range(0, len(used), BLOCK):
            part = slice(start, start + BLOCK)
            matrix[part] = weights[part, None] * vectors._take(words_used[part])[:, columns]
        sums = np.zeros((words, matrix.shape[1]))
        _add(sentences, target, place, matrix, distances, sums, stop)
        means[:, columns] = sums

    with thread_pool(min(options.threads, len(firsts)), stop) as pool:
        for _ in in_order(pool, work, firsts, len(firsts)):
            pass
    for start in range(0, words, BLOCK):
        part = slice(start, start + BLOCK)
        means[part] /= np.where(totals[part] > 0, totals[part], 1)
    chosen = target >= 0
    counts = np.bincount(target[chosen], sentences.counts[chosen], minlength=words).astype(np.int64)
    return ContextMeans(means, counts, totals[:, 0] > 0)


def _add(
    sentences: Sentences,
    target: Int32,
    place: Int32,
    matrix: Floats,
    distances: Floats,
    sums: NDArray[np.float64],
    stop: Int32,
) -> None:
    """Add up some columns over all sentences, in their order."""
    offsets = sentences.offsets
    marks = np.arange(0, offsets[-1] + TOKENS, TOKENS)
    cuts = np.unique(np.append(np.searchsorted(offsets, marks), len(offsets) - 1)).tolist()
    cuts = [cut for cut in cuts if cut < len(offsets)]
    for first, last in zip([0, *cuts], cuts):
        if stop[0]:
            return
        kernel.sums(sentences.ids, offsets, first, last, target, place, matrix, distances, sums)


@dataclass(frozen=True)
class Text:
    """Sentences with the words whose contexts are wanted."""

    sentences: Sentences
    target: Int32  # [V] the number of each id among these words, or -1
    whole: bool  # whether all words of a sentence are context, however far away


@dataclass(frozen=True)
class GivenContexts:
    """Words with contexts of their own."""

    words: list[str]  # [T]
    seen: ContextMeans
    texts: tuple[Text, Text]  # the contexts that hold their word, and those that do not
    without_word: int  # contexts that do not hold their word


def of_contexts(vectors: KeyedVectors, contexts: Any, options: Induction) -> GivenContexts:
    """The means of contexts that are given: a mapping from words to sentences, or pairs of a word and a sentence.

    A word that stands in its sentence has a window around each of its places; the whole sentence is the context of one
    that does not. Words count as new in their own sentences alone.
    """
    words, near, far = _listed(contexts)
    size, known = len(words), len(vectors)
    target = np.full(size + known + 1, -1, np.int32)  # ids: new words, known words, one for all unknown words
    target[:size] = np.arange(size, dtype=np.int32)
    rows = np.concatenate([np.full(size, -1), np.arange(known), [-1]]).astype(np.int32)
    counts = vectors.vocabulary.counts
    weights = np.ones(len(rows), np.float32)
    if counts is not None:
        weights[size : size + known] = chances(np.asarray(counts), options.sample)

    def text(listed: Listed, whole: bool) -> Text:
        ids, offsets = _ids(vectors, words, listed)
        return Text(Sentences(ids, offsets, rows, weights, occurrences(ids, len(rows))), target, whole)

    texts = text(near, False), text([(number, [words[number], *tokens]) for number, tokens in far], True)
    parts = [means_of(vectors, one.sentences, target, size, options, one.whole) for one in texts]
    shares = [part.counts * part.known for part in parts]
    total = np.maximum(sum(shares), 1)[:, None]
    means = np.zeros((size, vectors.vector_size), np.float32)
    for part, share in zip(parts, shares):
        means += part.means * (share[:, None] / total)
    seen = ContextMeans(means, parts[0].counts + parts[1].counts, parts[0].known | parts[1].known)
    return GivenContexts(words, seen, texts, len(far))


Listed = list[tuple[int, list[str]]]


def _listed(contexts: Any) -> tuple[list[str], Listed, Listed]:
    """The words; the sentences that hold their word, and those that do not, each with the number of the word."""
    near: Listed = []
    far: Listed = []
    numbers: dict[str, int] = {}
    for word, sentences in _by_word(contexts):
        number = numbers.setdefault(word, len(numbers))
        wanted = "a list of sentences, each a list of tokens"
        for sentence in listed_words(sentences, f"contexts[{word!r}]", wanted):
            tokens = listed_words(sentence, f"a sentence of contexts[{word!r}]", "a list of tokens")
            (near if word in tokens else far).append((number, tokens))
    return list(numbers), near, far


def _by_word(contexts: Any) -> Iterator[tuple[str, Any]]:
    """Each word with its sentences; a word of several pairs comes several times."""
    if isinstance(contexts, Mapping):
        yield from contexts.items()
        return
    if isinstance(contexts, (str, bytes)) or not isinstance(contexts, Iterable):
        raise _no_contexts(type(contexts).__name__)
    for pair in contexts:
        if not isinstance(pair, (tuple, list)) or len(pair) != 2 or not isinstance(pair[0], str):
            raise _no_contexts(f"an iterable with {pair!r:.60}")
        yield pair[0], [pair[1]]


def _no_contexts(given: str) -> OptionError:
    return OptionError(
        "contexts must be a dict from each word to its sentences, lists of tokens, or pairs of a word and a list of "
        f"tokens; got {given}"
    )


def _ids(vectors: KeyedVectors, words: list[str], listed: Listed) -> tuple[Int32, Int64]:
    """Sentences as ids, where the word of each has its number, and where they begin."""
    size = len(words)
    tokens = [token for _, sentence in listed for token in sentence]
    sizes = np.array([len(sentence) for _, sentence in listed], np.int64)
    rows = vectors.vocabulary.ids(tokens) if tokens else np.empty(0, np.int64)
    own = np.array([token == words[number] for number, sentence in listed for token in sentence], bool)
    numbers = np.repeat(np.array([number for number, _ in listed], np.int32), sizes)
    ids = np.where(own, numbers, np.where(rows >= 0, rows + size, size + len(vectors)))
    return ids.astype(np.int32), offsets_of(sizes)
