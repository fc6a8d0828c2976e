"""Labelled texts, from files of lines or from lists, encoded once as arrays of ids."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from wordvec._kernels import classify as kernel
from wordvec.base.errors import CorpusError, OptionError
from wordvec.classify.checks import encode_text, labels_given, texts_given
from wordvec.classify.features import EOS
from wordvec.classify.lines import labels_of, unlabelled
from wordvec.classify.options import ClassifierOptions
from wordvec.classify.weights import class_weights, weighed
from wordvec.corpus.encoder import Passes
from wordvec.corpus.scratch import scratch_folder
from wordvec.corpus.sentences import TOKENS, lines
from wordvec.corpus.sources import Files, Lists, resolve
from wordvec.vocabulary import Vocabulary, offsets_of

Bytes = NDArray[np.uint8]
Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]
Floats = NDArray[np.float32]


class Example(NamedTuple):
    """A text and its labels, without their prefix."""

    text: str
    labels: list[str]


@dataclass(frozen=True, eq=False)
class Documents:
    """Encoded labelled texts, the input of training."""

    offsets: Int64  # [L + 1] where the units of each line begin: tokens, or bytes
    ids: Int32  # [N] tokens as numbers of `types`; none of bytes
    types: Vocabulary  # all words with their counts: EOS, then by falling count
    text: Bytes  # [N] of bytes
    label_offsets: Int64  # [L + 1]
    label_ids: Int32  # [M] the labels of each line, as numbers of `labels`
    labels: Vocabulary  # with the lines that have each, by falling count
    unlabelled: int  # lines that have no label, which are left out
    weights: Floats | None = None  # [L] how far a step goes for each line; None: 1 for all

    def chunks(self) -> Int64:
        """The line numbers where chunks begin and end: about 10,000 tokens each, fewer where there are few texts."""
        size = int(np.clip(self.offsets[-1] // 64, 500, 10_000))
        marks = np.arange(0, self.offsets[-1] + size, size, dtype=np.int64)
        marks[-1] = self.offsets[-1]
        return np.unique(np.searchsorted(self.offsets, marks)).astype(np.int64)


def read(
    corpus: Any,
    labels: Any,
    options: ClassifierOptions,
    progress: bool = False,
    label_names: Sequence[str] | None = None,
    sample_weight: Any = None,
    class_weight: Any = None,
) -> Documents:
    """The documents of `corpus`: files of lines that contain labels, or texts with `labels`.

    CorpusError where there is nothing to learn from, or texts and labels are no such.
    """
    if labels is None and (label_names is not None or sample_weight is not None):
        raise OptionError("label_names and sample_weight go with texts and their labels; files have neither")
    pairs = None if labels is None else _pairs(corpus, labels, options.label_prefix, label_names)
    weights: list[float] = []
    if pairs is not None and sample_weight is not None:
        pairs = weighed(pairs, sample_weight, weights)
    documents = _bytes(corpus, pairs, options) if options.byte_lengths else _words(corpus, pairs, options, progress)
    if weights:
        documents = replace(documents, weights=np.array(weights, np.float32))
    documents = _without_rare(documents, options.min_count_label)
    found = len(documents.labels)
    if found < 2:
        none = f"none has a label, a token that starts with {options.label_prefix!r}"
        if options.min_count_label > 1:
            none = f"none has a label that {options.min_count_label} lines have"
        names = f"all have {documents.labels[0]!r}" if found else none
        raise CorpusError(
            f"texts must have two labels at least to tell them apart; of {len(documents.offsets) - 1} labelled and "
            f"{documents.unlabelled} other lines {names}"
        )
    if class_weight is None:
        return documents
    own = class_weights(class_weight, documents.labels, options.label_prefix)
    means = np.add.reduceat(own[documents.label_ids], documents.label_offsets[:-1]) / np.diff(documents.label_offsets)
    given = 1.0 if documents.weights is None else documents.weights
    return replace(documents, weights=np.asarray(given * means, np.float32))


def examples(corpus: Any, labels: Any, prefix: str, label_names: Sequence[str] | None = None) -> Iterator[Example]:
    """Iterate over the labelled texts; lines of files without tokens are skipped."""
    if labels is not None:
        yield from _pairs(corpus, labels, prefix, label_names)
        return
    for line in lines(_files(corpus).inputs):
        if TOKENS.search(line):
            yield Example(unlabelled(line, prefix), labels_of(line, prefix))


def texts_of(corpus: Any, prefix: str) -> Iterator[str]:
    """All lines of files, without their labels."""
    return (unlabelled(line, prefix) for line in lines(_files(corpus).inputs))


def _files(corpus: Any) -> Files:
    advice = "texts must come with labels=, one label or a list of them for each; or give paths of files"
    try:
        found = resolve(corpus, False)
    except CorpusError as error:
        if isinstance(corpus, (str, os.PathLike)):
            raise
        raise CorpusError(advice) from error
    if not isinstance(found, Files):
        raise CorpusError(advice)
    return found


def _pairs(texts: Any, labels: Any, prefix: str, label_names: Sequence[str] | None = None) -> Iterator[Example]:
    """Checked texts and labels, labels without their prefix."""
    items = texts_given(texts)
    nothing, others = object(), iter(labels_given(labels, label_names, prefix))
    number = -1
    for number, text in enumerate(items):
        own = next(others, nothing)
        if own is nothing:
            raise CorpusError(f"labels must be as many as texts; there are {number}, and more texts")
        encode_text(text, number)
        yield Example(text, own)  # type: ignore[arg-type]
    if next(others, nothing) is not nothing:
        raise CorpusError(f"labels must be as many as texts; there are {number + 1} texts, and more labels")


def _without_rare(documents: Documents, least: int) -> Documents:
    """Documents without rare labels, and without lines that have only rare labels."""
    counts = documents.labels.counts
    assert counts is not None
    kept = int((counts >= least).sum())  # they stand by falling count
    if kept == len(counts):
        return documents
    here = documents.label_ids < kept
    sizes = np.add.reduceat(np.append(here, False), documents.label_offsets[:-1]).astype(np.int64)
    sizes[np.diff(documents.label_offsets) == 0] = 0
    stay = sizes > 0
    units = np.repeat(stay, np.diff(documents.offsets))
    return replace(
        documents,
        offsets=offsets_of(np.diff(documents.offsets)[stay]),
        ids=documents.ids[units] if len(documents.ids) else documents.ids,
        text=documents.text[units] if len(documents.text) else documents.text,
        label_offsets=offsets_of(sizes[stay]),
        label_ids=documents.label_ids[here],
        weights=None if documents.weights is None else documents.weights[stay],
        labels=documents.labels.take(slice(0, kept)),
        unlabelled=documents.unlabelled + int((~stay).sum()),
    )


def _words(corpus: Any, pairs: Iterator[Example] | None, options: ClassifierOptions, progress: bool) -> Documents:
    """The tokens of lines, from the reader of all corpora."""
    prefix = options.label_prefix
    source: Files | Lists
    if pairs is None:
        source = _files(corpus)
    else:
        source = Lists(
            [prefix + label for label in example.labels]
            + [token for token in TOKENS.findall(example.text) if not token.startswith(prefix)]
            for example in pairs
        )
    passes = Passes(source, min_count=1, workers=options.threads, progress=progress, longest=None)
    with scratch_folder(None) as work:
        encoded = passes.run(work)
    return _split(encoded.ids, encoded.offsets, encoded.vocabulary, prefix)


def _split(ids: Int32, offsets: Int64, vocabulary: Vocabulary, prefix: str) -> Documents:
    """Separate labels from words."""
    names = list(vocabulary)
    is_label = np.fromiter((name.startswith(prefix) for name in names), bool, len(names))
    kinds, eos = np.full(len(names), -1, np.int32), vocabulary.get(EOS, -1)
    is_word = ~is_label
    is_word[eos : eos + (eos >= 0)] = False
    kinds[is_word] = np.arange(1, is_word.sum() + 1)
    kinds[is_label] = -1 - np.arange(is_label.sum())
    kinds[eos : eos + (eos >= 0)] = 0
    size, count = len(offsets) - 1, len(ids)
    words, word_offsets = np.empty(count + size, np.int32), np.empty(size + 1, np.int64)
    labels, label_offsets = np.empty(count, np.int32), np.empty(size + 1, np.int64)
    done = kernel.split(ids, offsets, kinds, 0, words, word_offsets, labels, label_offsets)
    word_offsets, label_offsets = word_offsets[: done + 1], label_offsets[: done + 1]
    assert vocabulary.counts is not None
    chosen = np.flatnonzero(is_word)
    types = Vocabulary.from_words([EOS, *vocabulary.take(chosen)], [done, *vocabulary.counts[chosen].tolist()])
    own = [name[len(prefix) :] for name, yes in zip(names, is_label.tolist()) if yes]
    return _documents(
        word_offsets,
        words[: word_offsets[-1]].copy(),
        types,
        np.empty(0, np.uint8),
        label_offsets,
        labels[: label_offsets[-1]],
        own,
        size - done,
    )


def _bytes(corpus: Any, pairs: Iterator[Example] | None, options: ClassifierOptions) -> Documents:
    """The bytes of texts, one after another."""
    text, sizes, label_sizes = bytearray(), [], []
    label_ids: list[int] = []
    numbers: dict[str, int] = {}
    passed = 0
    prefix = options.label_prefix
    for number, example in enumerate(examples(corpus, None, prefix) if pairs is None else pairs):
        if not example.labels:
            passed += 1
            continue
        data = encode_text(unlabelled(example.text, prefix), number)
        text += data
        sizes.append(len(data))
        label_sizes.append(len(example.labels))
        label_ids += [numbers.setdefault(label, len(numbers)) for label in example.labels]
    if not sizes and not passed:
        raise CorpusError("the corpus has no texts; give one with lines of text and labels")
    return _documents(
        offsets_of(np.array(sizes, np.int64)),
        np.empty(0, np.int32),
        Vocabulary.from_words([], []),
        np.frombuffer(bytes(text), np.uint8),
        offsets_of(np.array(label_sizes, np.int64)),
        np.array(label_ids, np.int32),
        list(numbers),
        passed,
    )


def _documents(
    offsets: Int64,
    ids: Int32,
    types: Vocabulary,
    text: Bytes,
    label_offsets: Int64,
    label_ids: Int32,
    names: list[str],
    unlabelled: int,
) -> Documents:
    """Documents whose labels are ordered by falling number of lines."""
    counts = np.bincount(label_ids, minlength=len(names)).astype(np.int64)
    order = sorted(range(len(names)), key=lambda i: (-counts[i], names[i]))
    new = np.empty(len(names), np.int32)
    new[order] = np.arange(len(names), dtype=np.int32)
    labels = Vocabulary.from_words([names[i] for i in order], counts[order])
    return Documents(offsets, ids, types, text, label_offsets, new[label_ids], labels, unlabelled)
