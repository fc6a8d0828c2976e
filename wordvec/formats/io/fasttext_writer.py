"""Writing a fastText file: the training options, the dictionary, dense or quantised matrices."""

from __future__ import annotations

import os
import struct
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from wordvec.base.errors import OptionError
from wordvec.formats.io.fasttext_model import ARGUMENTS, LOSSES, MAGIC, MODELS, VERSION
from wordvec.outputs import open_output

Entry = tuple[bytes, int]  # a word or label and its count
_ENTRIES = 1 << 16  # written at a time
_ROWS = 1 << 16
_MOST = 2**31 - 1

# Written for a model whose training options are unknown: fastText's defaults.
DEFAULTS: dict[str, float] = {
    "window": 5,
    "epochs": 5,
    "min_count": 1,
    "negative": 5,
    "word_ngrams": 1,
    "loss": 2,
    "model": 2,
    "lr_update_rate": 100,
    "sample": 1e-4,
}


@dataclass(frozen=True)
class Coded:
    """A product-quantised matrix: row i of the file is row order[i] of the codes."""

    codes: NDArray[np.uint8]  # [R, parts]
    books: NDArray[np.float32]  # [parts, 256, part]; the last part may have fewer dimensions, the rest are not read
    norm_codes: NDArray[np.uint8]  # [R]
    norm_book: NDArray[np.float32]  # [256]
    dim: int
    order: NDArray[np.int64]


@dataclass(frozen=True)
class Dense:
    """A matrix of float32, in blocks of rows."""

    rows: int
    blocks: Iterable[NDArray[Any]]


def training_options(metadata: Mapping[str, Any]) -> dict[str, float]:
    """The training options of a fastText file, from the metadata of vectors or of a classifier; else the defaults.

    The metadata of files that were read, of wordvec's trainers and of gensim have the same names.
    """
    source, options = metadata.get("source"), metadata.get("options")
    arguments: dict[str, float] = dict(DEFAULTS)
    if isinstance(options, Mapping):
        model = {"skipgram": 2, "cbow": 1}.get(str(metadata.get("trainer")))
        if model is None and isinstance(options.get("sg"), (bool, int)):
            model = 2 if options["sg"] else 1
        if model is not None:
            arguments |= {"model": model, "loss": 1 if options.get("hs") else 2}
        known = options if "window" in options or "epochs" in options else {}
    elif isinstance(source, Mapping) and source.get("format") == "fasttext":
        known = source
        for name, names in (("model", MODELS), ("loss", LOSSES)):
            number = {text: number for number, text in names.items()}.get(source.get(name, ""), source.get(name))
            arguments[name] = number if number in names else DEFAULTS[name]
    else:
        known = {}
    for name in ("window", "epochs", "min_count", "negative", "word_ngrams", "lr_update_rate"):
        value = known.get(name)
        if type(value) is int and 0 <= value <= _MOST:
            arguments[name] = value
    sample = known.get("sample")
    if isinstance(sample, (int, float)) and not isinstance(sample, bool) and 0 <= sample <= 1:
        arguments["sample"] = float(sample)
    return arguments


def training_tokens(metadata: Mapping[str, Any], words: int) -> int | None:
    """The number of training tokens, where the model was read from a fastText file and has all its words."""
    source = metadata.get("source")
    if not isinstance(source, Mapping) or source.get("format") != "fasttext" or source.get("rows") != words:
        return None
    tokens = source.get("tokens")
    return tokens if type(tokens) is int and 0 <= tokens < 2**63 else None


def write_model(
    path: str | os.PathLike[str],
    arguments: Mapping[str, float],
    words: Iterable[Entry],
    labels: Sequence[Entry],
    matrices: Sequence[Dense | Coded],
    *,
    pruned: NDArray[np.int32] | None = None,
    tokens: int | None = None,
) -> None:
    """Write a model: all of `arguments`, words and labels with their counts, then the input and the output matrix.

    `pruned` [P, 2] are the hash values that the input matrix has and their rows after those of words. The file appears
    when it is complete. OptionError where there are more codes than a file can count.
    """
    for matrix in matrices:
        if isinstance(matrix, Coded) and len(matrix.order) * matrix.codes.shape[1] > _MOST:
            raise OptionError(
                f"the codes must be fewer than 2^31 bytes in a file of fastText; {len(matrix.order)} rows of "
                f"{matrix.codes.shape[1]} are more: compress with a cutoff, or a larger dsub"
            )
    entries = [(word, count, 0) for word, count in words] + [(label, count, 1) for label, count in labels]
    if tokens is None:
        tokens = min(sum(count for _, count, of in entries if of == 0), 2**63 - 1)
    counts = (len(entries), len(entries) - len(labels), len(labels), tokens, -1 if pruned is None else len(pruned))
    with open_output(path) as file:
        file.write(struct.pack("<2i", MAGIC, VERSION))
        file.write(struct.pack("<12id", *(arguments[name] for name in ARGUMENTS)))
        file.write(struct.pack("<3i2q", *counts))
        for first in range(0, len(entries), _ENTRIES):
            part = entries[first : first + _ENTRIES]
            file.write(b"".join(b"%b\0%b" % (word, struct.pack("<qb", count, of)) for word, count, of in part))
        if pruned is not None:
            file.write(np.ascontiguousarray(pruned, "<i4").data)
        for matrix in matrices:
            if isinstance(matrix, Coded):
                _write_codes(file, matrix)
                continue
            file.write(struct.pack("<?2q", False, matrix.rows, arguments["dim"]))
            for block in matrix.blocks:
                file.write(np.ascontiguousarray(block, "<f4").data)


def _write_codes(file: BinaryIO, matrix: Coded) -> None:
    """Write its mark, shape, codes and centroids, then the codes and centroids of the row norms."""
    rows, parts = len(matrix.order), matrix.codes.shape[1]
    width = matrix.books.shape[2]
    last = matrix.dim - (parts - 1) * width
    file.write(struct.pack("<2?2qi", True, True, rows, matrix.dim, rows * parts))
    for first in range(0, rows, _ROWS):
        file.write(np.ascontiguousarray(matrix.codes[matrix.order[first : first + _ROWS]]).data)
    file.write(struct.pack("<4i", matrix.dim, parts, width, last))
    for number, book in enumerate(matrix.books):
        file.write(np.ascontiguousarray(book[:, : last if number == parts - 1 else width], "<f4").data)
    for first in range(0, rows, _ROWS):
        file.write(matrix.norm_codes[matrix.order[first : first + _ROWS]].data)
    file.write(struct.pack("<4i", 1, 1, 1, 1) + np.ascontiguousarray(matrix.norm_book, "<f4").tobytes())
