"""Supervised models of fastText: .bin and quantised .ftz read, dense .bin written."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wordvec.classify.features import Features
from wordvec.classify.model import TextClassifier
from wordvec.classify.options import ClassifierOptions
from wordvec.classify.quantised import QuantisedRows
from wordvec.errors import FormatError, OptionError
from wordvec.formats.bytes import Bytes, reading
from wordvec.formats.fasttext import recognise
from wordvec.formats.fasttext_model import (
    LOSSES,
    MODELS,
    VERSION,
    Dictionary,
    Layout,
    Quantised,
    layout,
    read_dictionary,
    read_flag,
    read_quantised,
    read_shape,
    write_model,
)
from wordvec.formats.source import Source
from wordvec.formats.written import UNWRITABLE
from wordvec.store import row_blocks
from wordvec.vocabulary import Vocabulary

__all__ = ["load", "recognise", "save"]

PREFIX = "__label__"  # a file does not say which it was; fastText, too, takes it for this one
_STEP = 1 << 14  # rows or entries written at a time
Floats = NDArray[np.float32]


def load(source: Source, mmap: bool = True) -> TextClassifier:
    """The classifier of a supervised model; a plain dense file is mapped. FormatError where it is none, or damaged."""
    found = layout(source.head)
    if found is None or found.version not in (0, 11, VERSION) or MODELS[found.arguments["model"]] != "supervised":
        kind = "damaged" if found is None else f"a {MODELS[found.arguments['model']]} model of version {found.version}"
        raise FormatError(
            f"{source.path}: a classifier must be a supervised model of fastText, of version 11 or {VERSION}; this one "
            f"is {kind}: wordvec.load opens vectors"
        )
    with reading(source) as file:
        file.skip(found.size, "the options")
        dictionary = read_dictionary(file, found.version > 0)
        try:
            options, features = _features(found, dictionary)
            input, features = _input(file, found, dictionary, features, mmap)
            labels = [label.removeprefix(PREFIX) for label in dictionary.labels]
            names = Vocabulary.from_words(labels, dictionary.label_counts)
        except OptionError as error:
            raise FormatError(f"{source.path}: {error}") from None
        output = _output(file, found, len(dictionary.labels), options.loss)
        if not file.is_at_end():
            raise FormatError(f"{source.path}: the file must end after its output matrix; it goes on")
    told = {"format": "fasttext", "version": found.version, **found.arguments, "tokens": dictionary.tokens}
    told = {key: value for key, value in told.items() if value == value}
    return TextClassifier.of(options, features, names, input, output, {"source": told})


def _features(found: Layout, dictionary: Dictionary) -> tuple[ClassifierOptions, Features]:
    given = found.arguments
    max_n = 0 if found.version == 11 else given["max_n"]  # fastText does the same
    loss = LOSSES[given["loss"]]
    hashed = max_n > 0 or given["word_ngrams"] > 1
    options = ClassifierOptions(
        vector_size=given["dim"],
        epochs=max(1, given["epochs"]),
        loss="ova" if loss == "ns" else loss,  # type: ignore[arg-type]
        min_count=max(1, given["min_count"]),
        min_n=min(given["min_n"], max_n),
        max_n=max_n,
        word_ngrams=max(1, given["word_ngrams"]),
        bucket=given["bucket"] if hashed else 0,
        label_prefix=PREFIX,
    )
    return options, Features(
        dictionary.words, options.bucket, options.min_n, options.max_n, options.word_ngrams, (), PREFIX
    )


def _input(
    file: Bytes, found: Layout, dictionary: Dictionary, features: Features, mapped: bool
) -> tuple[Any, Features]:
    """The rows of words, then of buckets in rising order, and the features with the buckets that are there."""
    dim, words = found.arguments["dim"], len(dictionary.words)
    if not (found.version > 0 and read_flag(file, "the mark of a quantised input matrix")):
        if dictionary.pruned is not None:
            raise FormatError(f"{file.path}: a dictionary with pruned n-grams must go with a quantised input matrix")
        rows = read_shape(file, "the input matrix", dim)
        _check_rows(file, rows, features.rows)
        dense = file.take(4 * rows * dim, "the input matrix").view("<f4").reshape(rows, dim)[: features.rows]
        return (dense if mapped else np.array(dense)), features
    matrix = read_quantised(file, "the input matrix", dim)
    order = np.arange(words + features.bucket)
    if dictionary.pruned is not None:
        pairs = dictionary.pruned[np.argsort(dictionary.pruned[:, 0], kind="stable")]
        buckets = pairs[:, 0]
        if len(pairs) and (buckets[0] < 0 or buckets[-1] >= features.bucket or (np.diff(buckets) == 0).any()):
            raise FormatError(f"{file.path}: pruned n-grams must be distinct and below {features.bucket}")
        if len(pairs) and pairs[:, 1].min() < 0:
            raise FormatError(f"{file.path}: rows of pruned n-grams must be at least 0")
        order = np.concatenate([np.arange(words), words + pairs[:, 1].astype(np.int64)])
        features = replace(features, kept=buckets, pruned=True)
    _check_rows(file, len(matrix), int(order.max(initial=-1)) + 1)
    return _as_rows(matrix, order), features


def _check_rows(file: Bytes, rows: int, needed: int) -> None:
    if rows < needed:
        raise FormatError(
            f"{file.path}: the input matrix must have {needed} rows for its words and n-grams; it has {rows}"
        )


def _as_rows(matrix: Quantised, order: NDArray[np.int64]) -> QuantisedRows:
    """The quantised rows in another order."""
    width = max(book.shape[1] for book in matrix.centroids)
    books = np.zeros((len(matrix.centroids), 256, width), np.float32)
    for book, part in zip(books, matrix.centroids):
        book[:, : part.shape[1]] = part
    lengths = np.ones(len(matrix), np.float32) if matrix.norms is None else matrix.norms
    norm_book, norm_codes = np.unique(lengths, return_inverse=True)
    return QuantisedRows(matrix.codes[order], books, norm_codes[order].astype(np.uint8), norm_book, matrix.shape[1])


def _output(file: Bytes, found: Layout, labels: int, loss: str) -> Floats:
    """The rows of the labels, in memory."""
    dim = found.arguments["dim"]
    if found.version > 0 and read_flag(file, "the mark of a quantised output matrix"):
        output = np.asarray(read_quantised(file, "the output matrix", dim), np.float32)
    else:
        rows = read_shape(file, "the output matrix", dim)
        output = file.take(4 * rows * dim, "the output matrix").view("<f4").reshape(rows, dim).astype(np.float32)
    needed = labels - (loss == "hs")
    if needed < 1 or len(output) < needed:
        raise FormatError(
            f"{file.path}: the output matrix must have a row for each of {labels} labels, of which a tree needs two; "
            f"it has {len(output)}"
        )
    return output[:needed]


def save(classifier: TextClassifier, path: str | os.PathLike[str]) -> None:
    """Write a dense model that the fastText program loads and that gives the same labels and probabilities.

    OptionError for a model of bytes or a pruned one, and where words or labels hold white space or NUL.
    """
    features, labels, input, output = classifier._parts
    options, dim = classifier.options, output.shape[1]
    if features.byte_lengths or features.pruned:
        kind = "n-grams of bytes" if features.byte_lengths else "pruned rows"
        raise OptionError(f"a classifier with {kind} has no place in a .bin of fastText; save it as .safetensors")
    names = [options.label_prefix + label for label in labels]
    written = [[name.encode("utf-8", "surrogateescape") for name in kind] for kind in (features.words, names)]
    for what, texts in zip(("words", "labels"), written):
        if UNWRITABLE[np.frombuffer(b"".join(texts), np.uint8)].any():
            raise OptionError(f"{what} must have no white space or NUL to be written as a fastText model; some have")
    counts = np.ones(len(features.words), np.int64) if features.words.counts is None else features.words.counts
    loss = next(number for number, name in LOSSES.items() if name == options.loss)
    words, buckets = len(features.words), features.bucket
    arguments = {
        "dim": dim, "window": 5, "epochs": options.epochs, "min_count": options.min_count, "negative": 5,
        "word_ngrams": features.word_ngrams, "loss": loss, "model": 3, "bucket": buckets, "min_n": features.min_n,
        "max_n": features.max_n, "lr_update_rate": 100, "sample": 1e-4,
    }  # fmt: skip

    def input_rows() -> Iterator[Floats]:
        yield from (input[first : min(first + _STEP, words)] for first in range(0, words, _STEP))
        for first in range(0, buckets, _STEP):
            yield _bucket_rows(features, input, first, min(first + _STEP, buckets), dim)

    def output_rows() -> Iterator[Floats]:
        yield from (block for _, block in row_blocks(output))
        yield np.zeros((len(names) - len(output), dim), np.float32)

    assert labels.counts is not None
    matrices = [(words + buckets, input_rows()), (len(names), output_rows())]
    of_words, of_labels = (list(zip(*kind)) for kind in zip(written, (counts.tolist(), labels.counts.tolist())))
    write_model(path, arguments, of_words, of_labels, matrices)


def _bucket_rows(features: Features, input: Any, first: int, last: int, dim: int) -> Floats:
    """The rows of consecutive buckets; zeros for those that have none."""
    words = len(features.words)
    if features.kept is None:
        return np.ascontiguousarray(input[words + first : words + last], "<f4")
    start, stop = np.searchsorted(features.kept, [first, last]).tolist()
    block = np.zeros((last - first, dim), "<f4")
    block[features.kept[start:stop] - first] = input[words + start : words + stop]
    return block
