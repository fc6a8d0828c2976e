"""Reads models of fastText, .bin and quantised .ftz; supervised ones are classifiers."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wordvec.base.errors import FormatError, OptionError
from wordvec.classify.features import Features
from wordvec.classify.options import ClassifierOptions
from wordvec.classify.parts import ClassifierParts
from wordvec.classify.quantised import QuantisedRows
from wordvec.formats.fasttext import recognise
from wordvec.formats.io.binary_reader import BinaryReader, open_binary
from wordvec.formats.io.fasttext_model import (
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
)
from wordvec.formats.io.source import Source
from wordvec.subwords.ngrams import MAX_N, MAX_ROWS
from wordvec.vocabulary import Vocabulary

__all__ = ["Parts", "load", "open_parts", "recognise"]

PREFIX = "__label__"  # a file does not say which it was
Floats = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Parts:
    """The content of a file of fastText."""

    layout: Layout
    dictionary: Dictionary
    features: Features
    input: Any  # [R, D] the rows of words, then of buckets in rising order: float32, or quantised
    output: Floats  # [K, D] in memory; those of a plain file that is no supervised model: a view of the map

    @property
    def model(self) -> str:
        """The kind of model: cbow, skipgram or supervised."""
        return MODELS[self.layout.arguments["model"]]

    def source(self) -> dict[str, Any]:
        """The metadata about the file."""
        facts = {"format": "fasttext", "version": self.layout.version, **self.layout.arguments}
        facts |= {"tokens": self.dictionary.tokens, "rows": len(self.dictionary.words)}
        return {key: value for key, value in facts.items() if value == value}


def is_supervised(head: bytes) -> bool:
    """Whether a file with this beginning is a supervised model of fastText."""
    found = layout(head)
    return found is not None and MODELS[found.arguments["model"]] == "supervised"


def load(source: Source, mmap: bool = True) -> ClassifierParts:
    """The classifier of a supervised model; a dense file is memory-mapped. FormatError for any other file."""
    return classifier_parts(open_parts(source, mmap, supervised=True), source.path)


def classifier_parts(parts: Parts, path: str) -> ClassifierParts:
    """The parts of the classifier that a supervised model is."""
    given, features = parts.layout.arguments, parts.features
    loss = LOSSES[given["loss"]]
    try:
        options = ClassifierOptions(
            vector_size=given["dim"],
            epochs=max(1, given["epochs"]),
            loss="ova" if loss == "ns" else loss,  # type: ignore[arg-type]
            min_count=max(1, given["min_count"]),
            min_n=features.min_n,
            max_n=features.max_n,
            word_ngrams=features.word_ngrams,
            bucket=features.bucket,
            label_prefix=features.label_prefix,
        )
        labels = [label.removeprefix(features.label_prefix) for label in parts.dictionary.labels]
        names = Vocabulary.from_words(labels, parts.dictionary.label_counts)
    except OptionError as error:
        raise FormatError(f"{path}: {error}") from None
    needed = len(names) - (loss == "hs")
    if needed < 1 or len(parts.output) < needed:
        raise FormatError(
            f"{path}: the output matrix must have a row for each of {len(names)} labels, of which a tree needs two; "
            f"it has {len(parts.output)}"
        )
    return ClassifierParts(options, features, names, parts.input, parts.output[:needed], {"source": parts.source()})


def open_parts(source: Source, mmap: bool = True, supervised: bool = False) -> Parts:
    """The content of a file, memory-mapped where it is dense; FormatError for a damaged file or another model."""
    found = layout(source.head)
    other = supervised and found is not None and MODELS[found.arguments["model"]] != "supervised"
    if found is None or found.version not in (0, 11, VERSION) or other or "mode" in found.arguments:
        kind = "damaged" if found is None else f"a {MODELS[found.arguments['model']]} model of version {found.version}"
        kind = "floret's" if found is not None and "mode" in found.arguments else kind
        what = "a classifier must be a supervised model" if supervised else "the file must be a model"
        raise FormatError(
            f"{source.path}: {what} of fastText, of version 11 or {VERSION}; this one is {kind}: wordvec.load opens "
            "vectors"
        )
    with open_binary(source) as file:
        file.skip(found.size, "the options")
        dictionary = read_dictionary(file, found.version > 0)
        try:
            features = _features(found, dictionary)
            input, features = _input(file, found, dictionary, features, mmap)
        except OptionError as error:
            raise FormatError(f"{source.path}: {error}") from None
        output = _output(file, found)
        if not file.is_at_end():
            raise FormatError(f"{source.path}: the file must end after its output matrix; it goes on")
    if MODELS[found.arguments["model"]] == "supervised" or not mmap:
        output = np.array(output)
    return Parts(found, dictionary, features, input, output)


def _features(found: Layout, dictionary: Dictionary) -> Features:
    given, supervised = found.arguments, MODELS[found.arguments["model"]] == "supervised"
    max_n = 0 if found.version == 11 and supervised else given["max_n"]  # fastText does the same
    word_ngrams = max(1, given["word_ngrams"]) if supervised else 1
    hashed = max_n > 0 or word_ngrams > 1
    low, bucket = min(given["min_n"], max_n), given["bucket"] if hashed else 0
    if not 0 <= low <= max_n <= MAX_N or (hashed and not 1 <= bucket <= MAX_ROWS // 2) or word_ngrams > 255:
        raise OptionError(
            f"n-grams must have up to {MAX_N} characters or 255 words, and a bucket of at least 1; got min_n "
            f"{given['min_n']}, max_n {max_n}, word_ngrams {word_ngrams}, bucket {bucket}"
        )
    return Features(dictionary.words, bucket, low, max_n, word_ngrams, (), prefix_of(dictionary.labels))


def prefix_of(labels: list[str]) -> str:
    """The common prefix of labels: `__label__`, else up to the last punctuation mark, such as `#` of `#a`.

    >>> prefix_of(["__label__x", "__label__y"]), prefix_of(["__topic__ab", "__topic__ac"]), prefix_of(["ab", "ac"])
    ('__label__', '__topic__', '__label__')
    """
    if all(label.startswith(PREFIX) for label in labels):
        return PREFIX
    first, last = min(labels), max(labels)
    size = next((place for place, (a, b) in enumerate(zip(first, last)) if a != b), min(len(first), len(last)))
    while size and (first[size - 1].isalnum() or first[:size] in labels):
        size -= 1
    return first[:size] or PREFIX


def _input(
    file: BinaryReader, found: Layout, dictionary: Dictionary, features: Features, mapped: bool
) -> tuple[Any, Features]:
    """The rows of words, then of buckets in rising order, and the features with the buckets of the file."""
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


def _check_rows(file: BinaryReader, rows: int, needed: int) -> None:
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


def _output(file: BinaryReader, found: Layout) -> Floats:
    """The rows of the labels, or of words."""
    dim = found.arguments["dim"]
    if found.version > 0 and read_flag(file, "the mark of a quantised output matrix"):
        return np.asarray(read_quantised(file, "the output matrix", dim), np.float32)
    rows = read_shape(file, "the output matrix", dim)
    return file.take(4 * rows * dim, "the output matrix").view("<f4").reshape(rows, dim)
