"""word2vec text, also fastText .vec and GloVe: `word number ... number` a line, with or without the line `rows dim`."""

from __future__ import annotations

import os
import re
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wordvec._kernels import rowfiles as kernel
from wordvec.errors import FormatError
from wordvec.formats.rows import RowReader, checked_header, checked_words, header
from wordvec.formats.selection import Selection
from wordvec.formats.source import HEAD, Source
from wordvec.keyed_vectors import KeyedVectors
from wordvec.store import atomic_file

NAME = "word2vec-text"
_NUMBER = re.compile(rb"[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?|[-+]?(?:nan|inf|infinity)", re.IGNORECASE)
_BYTES_OF_NUMBERS = re.compile(rb"[0-9+\-.eE \tnaifNAIF\r]*")


def recognise(source: Source) -> bool:
    """Whether the first lines are rows of text."""
    return _start(source) is not None


def load(source: Source, select: Selection) -> KeyedVectors:
    """Read the rows; FormatError names the line that is wrong."""
    found = _start(source)
    if found is None:
        raise FormatError(f"{source.path}: a line must be a word and numbers; the file is {source.describe()}")
    expected, dim, start = found
    if expected is not None:
        checked_header(source, (expected, dim, start), 1 + 2 * dim)
    reader = RowReader(source, dim, 1 + 2 * dim, expected, select.limit)
    reader.lines = 1 if start == 0 else 2

    def parse(
        text: NDArray[np.uint8], at: int, last: bool, rows: NDArray[Any], words: NDArray[Any], sizes: NDArray[Any]
    ) -> tuple[int, int, int, int]:
        count, written, lines, position, why = kernel.parse_text(text, at, rows, words, sizes)
        reader.lines += lines
        return count, written, position, why

    reader.read(start, parse, lambda block: block.rfind(b"\n") + 1)
    return reader.finish(NAME)


def save(vectors: KeyedVectors, path: str | os.PathLike[str]) -> None:
    """Write the header and a line for each word, every number as short as it can be to come back the same."""
    words = checked_words(vectors)
    with atomic_file(path) as file:
        file.write(b"%d %d\n" % (len(vectors), vectors.vector_size))
        for first, block in vectors.blocks(1 << 20):
            texts = block.astype("U32").tolist()
            lines = [b"%b %b\n" % (words[first + i], " ".join(row).encode()) for i, row in enumerate(texts)]
            file.write(b"".join(lines))


def _start(source: Source) -> tuple[int | None, int, int] | None:
    """(rows that the header says or None, dim, bytes of the header), or None where the file is not text."""
    head, found = source.head, header(source.head)
    if found is not None:
        rows, dim, start = found
        line = head[start:].split(b"\n", 1)
        if not line[0].strip() and rows == 0:
            return found
        if len(line) == 1 and len(head) == HEAD:  # not even one line fits: so its last part tells
            return found if _is_part_of_row(line[0]) else None
        fields = line[0].split()
        if len(fields) >= dim and all(map(_NUMBER.fullmatch, fields[len(fields) - min(dim, len(fields) - 1) :])):
            return found
        return None
    if header(head + b"\n") is not None:
        return None  # a header that was cut off, rather than the word "11" with the number 7
    lines = head.split(b"\n")
    whole = lines[:-1] if len(head) == HEAD and len(lines) > 1 else lines
    counts = [_numbers_at_end(line) for line in whole[:16] if line.strip()]
    return (None, min(counts), 0) if counts and min(counts) >= 1 else None


def _numbers_at_end(line: bytes) -> int:
    """How many of the last fields of a line are numbers; the first field is a word, whatever it looks like."""
    fields = re.split(rb"[ \t]+", line.rstrip(b" \t\r"))
    count = 0
    for field in reversed(fields[1:]):
        if not _NUMBER.fullmatch(field):
            break
        count += 1
    return count


def _is_part_of_row(line: bytes) -> bool:
    cut = line.find(b" ") + 1
    return cut > 0 and _BYTES_OF_NUMBERS.fullmatch(line[max(cut, len(line) // 2) :]) is not None
