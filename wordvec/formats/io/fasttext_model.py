"""The parts of a fastText file in order: options, dictionary, input and output matrix, dense or quantised."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wordvec._kernels import dictionary as kernel
from wordvec.base.errors import FormatError, OptionError
from wordvec.formats.io.binary_reader import BinaryReader
from wordvec.formats.io.row_reader import LONGEST_WORD, MAX_DIM
from wordvec.subwords.ngrams import MAX_N, MAX_ROWS
from wordvec.vocabulary import MAX_WORDS, Vocabulary

Floats = NDArray[np.float32]

MAGIC = 793712314
VERSION = 12
MODELS = {1: "cbow", 2: "skipgram", 3: "supervised"}
LOSSES = {1: "hs", 2: "ns", 3: "softmax", 4: "ova"}
FASTTEXT, FLORET = 1, 2  # floret's `mode`
ARGUMENTS = (
    "dim window epochs min_count negative word_ngrams loss model bucket min_n max_n lr_update_rate sample"
).split()
_FLORET = [*ARGUMENTS[:11], "mode", "hash_count", *ARGUMENTS[11:]]
COUNTS = "3iq"  # the head of the dictionary: entries, words, labels, tokens
_WINDOW = 4 << 20  # bytes of the dictionary parsed at a time
_ENTRY = 10  # bytes of the shortest entry
_WIDEST = 64  # dimensions of a centroid, at most; fastText's default is 2


@dataclass(frozen=True)
class Layout:
    """The kind of file, from its first bytes; version 0 is from before fastText marked its files."""

    version: int
    arguments: dict[str, Any]
    size: int  # bytes before the dictionary


def layout(head: bytes) -> Layout | None:
    """The layout whose options and dictionary agree; None where the file is not fastText's, or damaged."""
    version, start = 0, 0
    if head[:4] == struct.pack("<i", MAGIC):
        if len(head) < 8:
            return None
        version, start = struct.unpack("<i", head[4:8])[0], 8
    for names, format in ((ARGUMENTS, "<12id"), (_FLORET, "<14id")):
        size = start + struct.calcsize(format)
        counts = head[size : size + struct.calcsize("<" + COUNTS)]
        if len(counts) < struct.calcsize("<" + COUNTS):
            continue
        arguments = dict(zip(names, struct.unpack(format, head[start:size])))
        if _is_plausible(arguments, struct.unpack("<" + COUNTS, counts), strict=version == 0):
            return Layout(version, arguments, size)
    return None


def _is_plausible(arguments: dict[str, Any], counts: tuple[int, ...], strict: bool) -> bool:
    """Whether options and the head of a dictionary are plausible; `strict` for files without fastText's mark."""
    size, words, labels, tokens = counts
    possible = 0 < arguments["dim"] <= MAX_DIM and arguments["model"] in MODELS and arguments["loss"] in LOSSES
    counted = words >= 0 and labels >= 0 and size == words + labels and tokens >= 0
    hashed = arguments.get("mode", FASTTEXT) in (FASTTEXT, FLORET) and 1 <= arguments.get("hash_count", 1) <= 4
    if not (possible and counted and hashed):
        return False
    usual = all(0 <= arguments[name] <= 10**7 for name in ("window", "epochs", "min_count", "negative", "word_ngrams"))
    return not strict or (
        usual
        and size > 0
        and "mode" not in arguments
        and 0 <= arguments["min_n"] <= MAX_N
        and 0 <= arguments["max_n"] <= MAX_N
        and arguments["bucket"] >= 0
        and arguments["lr_update_rate"] > 0
        and 0 <= arguments["sample"] <= 1
    )


@dataclass(frozen=True)
class Dictionary:
    """The words in row order, the labels, both with counts, and the n-grams of a pruned table."""

    words: Vocabulary
    labels: list[str]
    label_counts: NDArray[np.int64]
    tokens: int
    pruned: NDArray[np.int32] | None  # [P, 2] hash value and row; None: the table has all rows


def read_dictionary(file: BinaryReader, marked: bool) -> Dictionary:
    """Read the dictionary; files that are not `marked` cannot be pruned."""
    size, words, labels, tokens = file.unpack(COUNTS, "the head of the dictionary")
    prunes = file.unpack("q", "the head of the dictionary")[0] if marked else -1
    if not (0 <= words <= MAX_WORDS and labels >= 0 and size == words + labels and prunes >= -1):
        raise FormatError(
            f"{file.path}: the dictionary must have as many entries as words and labels, and pruned n-grams of -1 or "
            f"more; got {size} entries, {words} words, {labels} labels, {prunes} pruned n-grams"
        )
    data, sizes, counts, types = _entries(file, size)
    if (types[:words] != 0).any() or (types[words:] != 1).any() or (counts < 0).any():
        raise FormatError(f"{file.path}: the dictionary must hold words, then labels, with counts of at least 0")
    offsets = np.zeros(size + 1, np.int64)
    np.cumsum(sizes, out=offsets[1:])
    vocabulary = Vocabulary(data[: offsets[words]], offsets[: words + 1], counts[:words])
    try:
        _ = vocabulary.index_of_words  # builds the index
    except OptionError as error:
        raise FormatError(f"{file.path}: {error}") from None
    names = Vocabulary(data[offsets[words] :], offsets[words:] - offsets[words])
    pruned = None
    if prunes >= 0:
        pruned = file.take(8 * prunes, "the pruned n-grams").view("<i4").reshape(-1, 2).astype(np.int32)
    return Dictionary(vocabulary, list(names), counts[words:], tokens, pruned)


def _entries(
    file: BinaryReader, size: int
) -> tuple[NDArray[np.uint8], NDArray[np.int64], NDArray[np.int64], NDArray[np.uint8]]:
    """(bytes of all words, sizes, counts, types) of `size` entries; memory is allocated only for those in the file."""
    parts: list[tuple[NDArray[Any], ...]] = []
    window, missing = _WINDOW, size
    while missing:
        data = file.ahead(window)
        most = min(missing, len(data) // _ENTRY + 1)
        words, sizes = np.empty(len(data), np.uint8), np.empty(most, np.int64)
        counts, types = np.empty(most, np.int64), np.empty(most, np.uint8)
        entries, written, used = kernel.parse_entries(data, words, sizes, counts, types)
        if not entries:
            if len(data) < window:
                raise FormatError(
                    f"{file.path}: the dictionary must have {size} entries; the file ends after {size - missing}"
                )
            if window > LONGEST_WORD + _ENTRY:
                raise _too_long(file, size - missing)
            window *= 2
            continue
        if int(sizes[:entries].max()) > LONGEST_WORD:
            raise _too_long(file, size - missing + int(sizes[:entries].argmax()))
        parts.append((words[:written].copy(), sizes[:entries], counts[:entries], types[:entries]))
        file.skip(used, "the dictionary")
        missing -= entries
    if not parts:
        empty = np.empty(0, np.int64)
        return np.empty(0, np.uint8), empty, empty, np.empty(0, np.uint8)
    words, sizes, counts, types = (np.concatenate(arrays) for arrays in zip(*parts))
    return words, sizes, counts, types


def _too_long(file: BinaryReader, entry: int) -> FormatError:
    return FormatError(
        f"{file.path}: words must have at most {LONGEST_WORD} bytes; entry {entry} of the dictionary is longer"
    )


class Quantised:
    """Product-quantised rows [R, D], decoded when they are read (Joulin et al. 2016,
    https://arxiv.org/abs/1612.03651): for every few dimensions, a byte chooses one of 256 centroids.
    """

    def __init__(self, codes: NDArray[np.uint8], centroids: list[Floats], norms: Floats | None) -> None:
        self.codes, self.centroids, self.norms = codes, centroids, norms
        self.shape = len(codes), sum(part.shape[1] for part in centroids)

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, rows: Any) -> Floats:
        """Decoded rows, float32: [D] for an integer, else [n, D]."""
        codes = self.codes[rows]
        out = np.empty((*codes.shape[:-1], self.shape[1]), np.float32)
        start = 0
        for place, part in enumerate(self.centroids):
            out[..., start : start + part.shape[1]] = part[codes[..., place]]
            start += part.shape[1]
        if self.norms is not None:
            out *= self.norms[rows, None] if codes.ndim > 1 else self.norms[rows]
        return out

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        """All rows decoded."""
        return self[:].astype(dtype or np.float32, copy=False)

    def part(self, first: int, last: int) -> Quantised:
        """The rows first to last - 1, without a copy."""
        norms = None if self.norms is None else self.norms[first:last]
        return Quantised(self.codes[first:last], self.centroids, norms)


def read_flag(file: BinaryReader, what: str) -> bool:
    """Read a byte that must be 0 or 1."""
    (value,) = file.unpack("B", what)
    if value > 1:
        raise FormatError(f"{file.path}: {what} must be 0 or 1; got {value}")
    return bool(value)


def read_shape(file: BinaryReader, what: str, dim: int) -> int:
    """Read the shape of a matrix: its rows; the columns must be `dim`."""
    rows, columns = file.unpack("2q", what)
    if not 0 <= rows <= MAX_ROWS or columns != dim:
        raise FormatError(
            f"{file.path}: {what} must have up to {MAX_ROWS} rows of {dim} numbers; got {rows} x {columns}"
        )
    return int(rows)


def read_quantised(file: BinaryReader, what: str, dim: int) -> Quantised:
    """Read a quantised matrix into memory."""
    has_norms = read_flag(file, f"the mark of norms of {what}")
    rows = read_shape(file, what, dim)
    (size,) = file.unpack("i", f"the size of the codes of {what}")
    if size < 0 or (rows and size % rows) or (not rows and size):
        raise FormatError(f"{file.path}: the codes of {what} must be as many for each of {rows} rows; got {size}")
    codes = file.take(size, f"the codes of {what}").reshape(rows, size // rows if rows else 0)
    centroids = _centroids(file, what, dim)
    if rows and codes.shape[1] != len(centroids):
        raise FormatError(
            f"{file.path}: {what} must have {len(centroids)} codes a row, as its centroids have; got {codes.shape[1]}"
        )
    norms = None
    if has_norms:
        norm_codes = file.take(rows, f"the codes of the norms of {what}")
        norms = _centroids(file, f"the norms of {what}", 1)[0][:, 0][norm_codes]
    return Quantised(np.array(codes).reshape(rows, len(centroids)), centroids, norms)


def _centroids(file: BinaryReader, what: str, dim: int) -> list[Floats]:
    """Read the centroids [256, d] of each part of a row."""
    columns, parts, width, last = file.unpack("4i", f"the quantiser of {what}")
    whole = 0 < width <= _WIDEST and parts > 0 and 0 < last <= width and (parts - 1) * width + last == dim
    if columns != dim or not whole:
        raise FormatError(
            f"{file.path}: the quantiser of {what} must cut {dim} numbers into parts of up to {_WIDEST}; got "
            f"{columns} numbers, {parts} parts of {width}, the last of {last}"
        )
    floats = file.take(4 * 256 * dim, f"the centroids of {what}").view("<f4").astype(np.float32)
    ends = [*range(0, parts * width, width), dim]
    return [floats[256 * a : 256 * b].reshape(256, b - a) for a, b in pairwise(ends)]
