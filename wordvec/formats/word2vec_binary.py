"""word2vec binary: the line `rows dim`, then for each word its bytes, a space, dim float32, and perhaps a newline."""

from __future__ import annotations

import os
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wordvec._kernels import rowfiles as kernel
from wordvec.errors import FormatError
from wordvec.formats import word2vec_text
from wordvec.formats.rows import LONGEST_WORD, RowReader, checked_header, checked_words, header
from wordvec.formats.selection import Selection
from wordvec.formats.source import Source
from wordvec.keyed_vectors import KeyedVectors
from wordvec.store import atomic_file

NAME = "word2vec-binary"


def recognise(source: Source) -> bool:
    """Whether there is the header, and what follows it is not text."""
    return header(source.head) is not None and not word2vec_text.recognise(source)


def load(source: Source, select: Selection) -> KeyedVectors:
    """Read the rows; FormatError names the row that is wrong."""
    found = header(source.head)
    if found is None:
        raise FormatError(f"{source.path}: a word2vec file must start with `rows dim`; it is {source.describe()}")
    expected, dim, start = checked_header(source, found, 1 + 4 * found[1])
    newlines = _has_newlines(source.head[start:], 4 * dim)
    reader = RowReader(source, dim, 1 + 4 * dim, expected, select.limit)

    def parse(
        data: NDArray[np.uint8], at: int, last: bool, rows: NDArray[Any], words: NDArray[Any], sizes: NDArray[Any]
    ) -> tuple[int, int, int, int]:
        return kernel.parse_binary(data, at, last, newlines, LONGEST_WORD, rows, words, sizes)

    reader.read(start, parse, len)
    return reader.finish(NAME)


def save(vectors: KeyedVectors, path: str | os.PathLike[str]) -> None:
    """Write the header and the rows, each with a newline at its end, as word2vec itself does."""
    words = checked_words(vectors)
    rows, dim = len(vectors), vectors.vector_size
    with atomic_file(path) as file:
        file.write(b"%d %d\n" % (rows, dim))
        for first, block in vectors.blocks():
            data, width = np.ascontiguousarray(block, "<f4").tobytes(), 4 * dim
            rows_of_bytes = (data[i * width : (i + 1) * width] for i in range(len(block)))
            file.write(b"".join(b"%b %b\n" % pair for pair in zip(words[first : first + len(block)], rows_of_bytes)))


def _has_newlines(first: bytes, width: int) -> bool:
    """Whether the first row ends with a newline; some tools leave them out."""
    first = first.lstrip(b"\n")
    space = first.find(b" ")
    return space >= 0 and first[space + 1 + width : space + 2 + width] == b"\n"
