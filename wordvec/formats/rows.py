"""Reading files of rows in blocks into one growing matrix, and what the word2vec formats share."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wordvec.errors import FormatError, OptionError
from wordvec.formats.source import Source, read_exactly
from wordvec.keyed_vectors import KeyedVectors
from wordvec.vocabulary import Vocabulary

BLOCK = 4 << 20  # bytes parsed at a time
MAX_DIM = 1 << 20  # no vectors are wider; a header that says so is damaged
LONGEST_WORD = 1 << 16  # bytes
NEED_MORE, NO_ROOM, TOO_FEW, NOT_A_NUMBER, TOO_MANY, NO_WORD, NO_NEWLINE = range(7)
WHY = {
    TOO_FEW: "must have a word and {dim} numbers; it has fewer",
    NOT_A_NUMBER: "must have {dim} numbers after its word; one of the last {dim} fields is not a number",
    TOO_MANY: "must have a word and {dim} numbers; it has more",
    NO_WORD: "must start with a word and a space; there is none within {longest} bytes",
    NO_NEWLINE: "must take {width} bytes after its word and end with a newline, as the rows before it; it does not",
}
_HEADER = re.compile(rb"[ \t]*([0-9]{1,18})[ \t]+([0-9]{1,18})[ \t\r]*\n")

Parser = Callable[[NDArray[np.uint8], int, bool, NDArray[Any], NDArray[Any], NDArray[Any]], tuple[int, int, int, int]]


def header(head: bytes) -> tuple[int, int, int] | None:
    """(rows, dim, bytes of the header) where a file starts with the line `rows dim`."""
    match = _HEADER.match(head[:256])
    return (int(match[1]), int(match[2]), match.end()) if match else None


def checked_header(source: Source, found: tuple[int, int, int], least_row: int) -> tuple[int, int, int]:
    """The header, where its numbers can be true of this file; a row takes `least_row` bytes or more."""
    rows, dim, start = found
    if not 1 <= dim <= MAX_DIM:
        raise FormatError(f"{source.path}: the header must give 1 to {MAX_DIM} numbers a row; it says {dim}")
    if source.compression is None and rows * least_row > source.size - start:
        raise FormatError(
            f"{source.path}: {rows} rows of {dim} numbers, as the header says, must take {rows * least_row} bytes or "
            f"more; the file has {source.size - start} after the header: it is truncated or the header is wrong"
        )
    return rows, dim, start


class RowReader:
    """Collects rows and words, a block at a time, and makes KeyedVectors of them."""

    def __init__(self, source: Source, dim: int, least_row: int, expected: int | None, limit: int | None) -> None:
        """`expected` is what the header says, or None; a row takes `least_row` bytes of the file or more."""
        self.source, self.dim, self.expected = source, dim, expected
        self.wanted = expected if limit is None else limit if expected is None else min(limit, expected)
        # Memory is taken for what the file can hold; a compressed one may hold anything, so there it grows.
        rows = (16 << 20) // (4 * dim) + 1
        if source.compression is None and self.wanted is not None:
            rows = source.size // least_row + 1
        self.matrix = np.empty((rows if self.wanted is None else min(rows, self.wanted), dim), np.float32)
        self.words: list[bytes] = []
        self.sizes: list[NDArray[np.int64]] = []
        self.rows = self.lines = 0

    def read(self, start: int, parse: Parser, end_of: Callable[[bytes], int]) -> None:
        """Read the file from byte `start` on; `end_of` says how much of a block can be parsed without the next."""
        with self.source.open() as stream:
            if len(read_exactly(stream, start)) < start:
                raise FormatError(f"{self.source.path}: the file became shorter while it was read")
            rest = b""
            while True:
                more = read_exactly(stream, BLOCK)
                block = rest + more
                whole = end_of(block) if more else len(block)
                used = self._parse(block[:whole], parse, not more)
                rest = block[used:]
                if self.is_full():
                    self._check_end(rest, stream)
                    return
                if not more:
                    if rest.strip(b"\r\n \t"):
                        raise self.error("is cut off: the file ends in the middle of it")
                    return

    def _parse(self, block: bytes, parse: Parser, last: bool) -> int:
        """Parse what can be parsed of a block; how many bytes that was."""
        text, at = np.frombuffer(block, np.uint8), 0
        words = np.empty(len(block), np.uint8)
        while at < len(block) and not self.is_full():
            room = self.matrix[self.rows :]
            sizes = np.empty(len(room), np.int64)
            rows, written, at, why = parse(text, at, last, room, words, sizes)
            self.words.append(words[:written].tobytes())
            self.sizes.append(sizes[:rows].copy())
            self.rows += rows
            if why == NEED_MORE:
                break
            if why != NO_ROOM:
                width = 4 * self.dim
                raise self.error(WHY[why].format(dim=self.dim, width=width, longest=LONGEST_WORD))
            if not self.is_full():
                del room
                grown = len(self.matrix) + len(self.matrix) // 2 + 1
                self.matrix.resize(
                    (grown if self.wanted is None else min(grown, self.wanted), self.dim), refcheck=False
                )
        return at

    def is_full(self) -> bool:
        """Whether all the rows that are wanted have been read."""
        return self.wanted is not None and self.rows >= self.wanted

    def _check_end(self, rest: bytes, stream: Any) -> None:
        if self.wanted != self.expected:
            return  # a limit was given; what follows is not looked at
        if rest.strip(b"\r\n \t") or read_exactly(stream, 1 << 10).strip(b"\r\n \t"):
            raise FormatError(
                f"{self.source.path}: the file must end after the {self.expected} rows of its header; it goes on"
            )

    def error(self, problem: str) -> FormatError:
        """An error about the row that could not be read."""
        line = f" (line {self.lines})" if self.lines else ""
        return FormatError(f"{self.source.path}: row {self.rows + 1}{line} {problem}")

    def finish(self, name: str) -> KeyedVectors:
        """The vectors; of rows with the same word the first is kept, and the metadata says how many were not."""
        if self.wanted is not None and self.rows < self.wanted and self.expected is not None:
            raise FormatError(
                f"{self.source.path}: the header says {self.expected} rows; the file has {self.rows}: it is truncated"
            )
        self.matrix.resize((self.rows, self.dim), refcheck=False)
        offsets = np.zeros(self.rows + 1, np.int64)
        if self.sizes:
            np.cumsum(np.concatenate(self.sizes), out=offsets[1:])
        words = Vocabulary(np.frombuffer(b"".join(self.words), np.uint8), offsets)
        matrix = self.matrix
        try:
            words.hash  # noqa: B018  builds the index
        except OptionError:
            rows = _first_rows(words)
            words, matrix = words.take(rows), _compacted(self.matrix, rows)
        source = {"format": name, "rows": self.rows, "duplicates": self.rows - len(words)}
        return KeyedVectors(words, matrix, metadata={"source": source})


def _first_rows(words: Vocabulary) -> NDArray[np.int64]:
    """The rows of a list with repeated words that hold a word for the first time, rising."""
    blob, ends = words.data.tobytes(), words.offsets.tolist()
    first: dict[bytes, int] = {}
    for row, (start, stop) in enumerate(pairwise(ends)):
        first.setdefault(blob[start:stop], row)
    return np.fromiter(first.values(), np.int64, len(first))


def _compacted(matrix: NDArray[np.float32], rows: NDArray[np.int64]) -> NDArray[np.float32]:
    """The given rising rows of a matrix, moved to its start: no second matrix."""
    step = 1 << 12
    for first in range(0, len(rows), step):
        matrix[first : first + len(rows[first : first + step])] = matrix[rows[first : first + step]]
    return matrix[: len(rows)]


def checked_words(vectors: KeyedVectors, format: str = "word2vec") -> list[bytes]:
    """The words as bytes, where a file of `format` can hold them: OptionError names the first that it cannot."""
    data, offsets = vectors.vocabulary.data, vectors.vocabulary.offsets
    bad = np.flatnonzero(np.isin(data, np.frombuffer(b"\x00\t\n\x0b\x0c\r ", np.uint8)))
    empty = np.flatnonzero(np.diff(offsets) == 0)
    if len(bad) or len(empty):
        row = int(np.searchsorted(offsets, bad[0], "right")) - 1 if len(bad) else int(empty[0])
        raise OptionError(
            f"words must have no white space and not be empty to be written as {format}; word {row} is "
            f"{vectors.index_to_key[row]!r}: use a native file (.safetensors), which holds any word"
        )
    blob, ends = data.tobytes(), offsets.tolist()
    return [blob[a:b] for a, b in pairwise(ends)]
