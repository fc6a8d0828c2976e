"""Distillation of a language model as in model2vec (Tulkens and van Dongen 2024): outputs of words, PCA, weights."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wordvec.base.arguments import strings, whole_number
from wordvec.base.errors import OptionError
from wordvec.base.logs import LOG, warn
from wordvec.corpus.pieces import Pieces
from wordvec.interop.contextual import from_contextual
from wordvec.optim.teacher import BATCH
from wordvec.transforms.fitting import axes, number
from wordvec.vectors import KeyedVectors

Wide = NDArray[np.float64]
_MAX_LENGTH = 512  # pieces of a text that count, as in model2vec


def distill(
    encode_fn: Callable[[list[Any]], Sequence[ArrayLike]],
    vocabulary: Iterable[str] | Pieces | str | os.PathLike[str] | Any,
    *,
    vector_size: int | None = 256,
    sif_a: float | None = 1e-4,
    pool: str = "mean",
    drop: str | None = r"\[unused\d+\]",
    batch_size: int = BATCH,
    progress: bool = False,
) -> KeyedVectors:
    """Static vectors of a language model's outputs for single words or pieces, as model2vec distils them.

    `vocabulary` is a list of words, the most frequent first; or a tokenizer: a tokenizer.json, a folder with one,
    `Pieces`, or a Tokenizer of the library `tokenizers`. `encode_fn` gets lists of words, or of pieces as the tokenizer
    names them ("##ing"), and returns an array [D] for each, or [pieces, D], combined by `pool`. The vectors are the
    first `vector_size` principal components (None: no PCA), times a / (a + p), where p is the share that Zipf's law
    gives a word by its place, 1 / (place + 2), and a is `sif_a` (None: no weights). Pieces whose beginning matches the
    pattern `drop` leave the tokenizer; the result has that as its `tokenizer`, and texts are encoded by it.

    `to_sentence_transformers` writes the folder that model2vec opens. OptionError as of `from_contextual`, and where
    there are not more words than `vector_size`.

    >>> words = ["a", "bb", "aa", "cca"]
    >>> kv = distill(lambda batch: [[len(word), word.count("a"), 1.0] for word in batch], words, vector_size=2)
    >>> kv.vectors.shape
    (4, 2)
    """
    if vector_size is not None:
        vector_size = whole_number("vector_size", vector_size)
    weights_a = None if sif_a is None else number(sif_a, "sif_a", 1e-12)
    words, tokenizer = _words_and_tokenizer(vocabulary, drop)
    given = from_contextual(encode_fn, words, pool=pool, batch_size=batch_size, progress=progress)
    if len(given) < len(words):
        raise OptionError("vocabulary must hold each word once")
    rows: Wide = np.asarray(given.vectors, np.float64)
    if vector_size is not None:
        rows = _components(rows, vector_size)
    if weights_a is not None:
        rows = rows * _zipf_weights(len(rows), weights_a)[:, None]
    made = {"format": "distilled", "pool": pool, "sif_a": sif_a, "vector_size": rows.shape[1]}
    return KeyedVectors(words, rows.astype(np.float32), metadata={"source": made}, tokenizer=tokenizer)


def _words_and_tokenizer(vocabulary: Any, drop: str | None) -> tuple[list[str], Pieces | None]:
    """The words or pieces to encode, and the tokenizer of pieces without those that are dropped."""
    if hasattr(vocabulary, "to_str") and hasattr(vocabulary, "encode"):  # a Tokenizer of the library
        vocabulary = Pieces(vocabulary.to_str().encode("utf-8"), _MAX_LENGTH, normalize=True)
    elif isinstance(vocabulary, (str, os.PathLike)):
        vocabulary = _read(Path(vocabulary))
    if not isinstance(vocabulary, Pieces):
        words = list(dict.fromkeys(strings(vocabulary, "vocabulary")))
        if not words:
            raise OptionError("vocabulary must hold at least one word; got none")
        return words, None
    try:
        pattern = None if drop is None else re.compile(drop)
    except (re.error, TypeError) as error:
        raise OptionError(f"drop must be a regular expression, or None; got {drop!r:.60}: {error}") from None
    pieces = list(vocabulary.pieces()[0])
    dropped = set() if pattern is None else {piece for piece in pieces if pattern.match(piece)}
    if dropped or list(vocabulary.pieces()[0].values()) != list(range(len(pieces))):
        vocabulary = vocabulary.without(dropped)
        LOG.info("%s of %s pieces match %r and are left out", f"{len(dropped):,}", f"{len(pieces):,}", drop)
    return [piece for piece in pieces if piece not in dropped], vocabulary


def _read(path: Path) -> Pieces:
    """The tokenizer of a file, or of the folder of a model."""
    file = path / "tokenizer.json" if path.is_dir() else path
    if not file.is_file():
        raise OptionError(f"vocabulary must be words, or a tokenizer.json or a folder with one; there is no {file}")
    return Pieces(file.read_bytes(), _MAX_LENGTH, normalize=True)


def _components(rows: Wide, size: int) -> Wide:
    """The coordinates of rows along their first principal components, each signed so that the largest is positive."""
    width = rows.shape[1]
    if size > width:
        warn(f"vector_size should be at most {width}, as the model gives; it is {size}: the vectors have {width}")
        size = width
    if size >= len(rows):
        raise OptionError(
            f"vocabulary must have more words than the {size} principal components; it has {len(rows)}: give a smaller "
            "vector_size, or vector_size=None for no PCA"
        )
    centred = rows - rows.mean(axis=0)
    scores: Wide = centred @ axes(centred.T @ centred / (len(rows) - 1))[1][:, :size]
    largest = scores[np.abs(scores).argmax(axis=0), np.arange(size)]
    return scores * np.where(largest < 0, -1.0, 1.0)


def _zipf_weights(words: int, a: float) -> Wide:
    """[words] a / (a + p), where p falls with the place of a word as 1 / (place + 2) and sums to 1."""
    shares = 1 / np.arange(2, words + 2)
    weights: Wide = a / (a + shares / shares.sum())
    return weights
