"""Writes classifiers, and rows with features, as files of fastText: dense .bin and quantised .ftz."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wordvec.base.errors import OptionError
from wordvec.classify.features import Features
from wordvec.classify.parts import ClassifierParts
from wordvec.classify.quantised import QuantisedRows
from wordvec.formats.io.fasttext_model import LOSSES
from wordvec.formats.io.fasttext_writer import Coded, Dense, training_options, training_tokens, write_model
from wordvec.formats.io.row_writer import UNWRITABLE
from wordvec.outputs.names import check_name
from wordvec.rows.norms import row_blocks

_STEP = 1 << 14  # rows or entries written in one block
Floats = NDArray[np.float32]


# suffixes of formats for vectors only
_OTHERS = frozenset({".txt", ".vec", ".glove", ".npy", ".fifu", ".floret"})


def check_suffix(path: str | os.PathLike[str]) -> None:
    """OptionError for the suffix of a format that has no classifiers."""
    if not os.fspath(path).endswith((".bin", ".ftz")):
        what = "a classifier (name.safetensors, or fastText's name.bin and, once it is compressed, name.ftz)"
        check_name(path, what, mapped=True, others=_OTHERS)


def save(parts: ClassifierParts, path: str | os.PathLike[str]) -> None:
    """Write a model that the fastText program loads, with the same labels and probabilities.

    name.ftz holds a compressed classifier, name.bin a dense one. OptionError where a classifier does not fit the format
    (not compressed for .ftz, pruned for .bin, byte n-grams), and where words or labels contain white space or NUL.
    """
    check(parts, path)
    features, labels = parts.features, parts.labels
    options, source = parts.options, parts.metadata.get("source")
    numbers = {name: number for number, name in LOSSES.items()}
    loss = numbers[options.loss]
    if options.loss == "ova" and isinstance(source, Mapping) and source.get("loss") in (2, "ns"):
        loss = numbers["ns"]  # it was opened as "ova"
    arguments = training_options({"source": source} if source else {"options": options.recorded()})
    arguments |= {"loss": loss, "model": 3, "epochs": options.epochs, "min_count": options.min_count}
    names = [options.label_prefix + label for label in labels]
    assert labels.counts is not None
    counted = list(zip(names, labels.counts.tolist()))
    coded, tokens = os.fspath(path).endswith(".ftz"), training_tokens(parts.metadata, len(features.words))
    write_parts(path, arguments, features, counted, parts.input, parts.output, tokens, coded)


def check(parts: ClassifierParts, path: str | os.PathLike[str]) -> None:
    """OptionError where a classifier cannot be written to a file of fastText with this suffix."""
    features = parts.features
    if features.byte_lengths:
        raise OptionError(
            "a classifier with n-grams of bytes has no place in a .bin or .ftz of fastText; save it as .safetensors"
        )
    wanted = os.fspath(path).endswith(".ftz")
    if features.pruned and not wanted:
        raise OptionError(
            "a classifier with pruned rows has no place in a .bin of fastText; save it as name.ftz, fastText's file of "
            f"such, or as .safetensors; got {os.fspath(path)}"
        )
    if wanted and not isinstance(parts.input, QuantisedRows):
        raise OptionError(
            f"a classifier must be compressed to be saved as name.ftz, else named name.bin; got {os.fspath(path)}"
        )


def write_parts(
    path: str | os.PathLike[str],
    arguments: Mapping[str, float],
    features: Features,
    labels: Sequence[tuple[str, int]],
    input: Any,
    output: Any,
    tokens: int | None = None,
    coded: bool = False,
) -> None:
    """Write matrices and features; labels include their prefix. With `coded`, quantised rows are written as codes."""
    words = list(features.words)
    written = [[name.encode("utf-8", "surrogateescape") for name in kind] for kind in (words, [n for n, _ in labels])]
    for what, texts in zip(("words", "labels"), written):
        if UNWRITABLE[np.frombuffer(b"".join(texts), np.uint8)].any():
            raise OptionError(f"{what} must have no white space or NUL to be written as a fastText model; some have")
    counts = np.ones(len(words), np.int64) if features.words.counts is None else features.words.counts
    dim, rows = output.shape[1], max(len(labels), len(output))
    coded_output = None
    if coded and isinstance(output, QuantisedRows):
        order = np.minimum(np.arange(rows), len(output) - 1)  # of a tree the last row is not read
        coded_output = Coded(output.codes, output.books, output.norm_codes, output.norm_book, dim, order)
    shape = {"dim": dim, "bucket": features.bucket, "min_n": features.min_n, "max_n": features.max_n}
    pruned = None
    if features.pruned:
        kept = np.zeros(0, np.int32) if features.kept is None else features.kept
        pruned = np.stack([kept, np.arange(len(kept), dtype=np.int32)], axis=1)

    def output_rows() -> Iterator[Floats]:
        yield from (block for _, block in row_blocks(output))
        yield np.zeros((rows - len(output), dim), np.float32)

    write_model(
        path,
        {**arguments, **shape, "word_ngrams": features.word_ngrams},
        list(zip(written[0], counts.tolist())),
        [(name, count) for name, (_, count) in zip(written[1], labels)],
        [_input(features, input, dim, coded), coded_output or Dense(rows, output_rows())],
        pruned=pruned,
        tokens=tokens,
    )


def _input(features: Features, input: Any, dim: int, coded: bool) -> Dense | Coded:
    """The rows of words, then of buckets: of all buckets, or those of a pruned model."""
    words, buckets = len(features.words), features.bucket
    if coded:
        order = np.arange(len(input))
        if features.missing >= 0:
            assert features.kept is not None
            order = np.full(words + buckets, features.missing)
            order[:words] = np.arange(words)
            order[words + features.kept] = words + np.arange(len(features.kept))
        return Coded(input.codes, input.books, input.norm_codes, input.norm_book, dim, order)

    def rows() -> Iterator[Floats]:
        yield from (input[first : min(first + _STEP, words)] for first in range(0, words, _STEP))
        for first in range(0, buckets, _STEP):
            yield bucket_rows(features, input, np.arange(first, min(first + _STEP, buckets)))

    return Dense(words + buckets, rows())


def bucket_rows(features: Features, input: Any, buckets: NDArray[np.int64]) -> Floats:
    """[n, D] the rows of buckets; zeros for buckets without a row."""
    words = len(features.words)
    if features.kept is None:
        return np.ascontiguousarray(input[words + buckets], "<f4")
    places = np.minimum(np.searchsorted(features.kept, buckets), max(len(features.kept) - 1, 0))
    block = np.zeros((len(buckets), input.shape[1]), "<f4")
    there = features.kept[places] == buckets if len(features.kept) else np.zeros(len(buckets), bool)
    block[there] = input[words + places[there]]
    return block
