"""floret's table as text: a header of 8 fields, then the rows of a table that composes a vector for any word."""

from __future__ import annotations

import os
import re
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wordvec._kernels import rowfiles as kernel
from wordvec.errors import FormatError, OptionError
from wordvec.formats.rows import RowReader, checked_header
from wordvec.formats.selection import Selection
from wordvec.formats.source import Source
from wordvec.keyed_vectors import KeyedVectors
from wordvec.store import atomic_file
from wordvec.subwords import Subwords
from wordvec.vocabulary import Vocabulary

NAME = "floret"
_HEADER = re.compile(
    rb"([0-9]{1,10}) ([0-9]{1,10}) ([0-9]{1,5}) ([0-9]{1,5}) ([0-9]) ([0-9]{1,10}) (\S+) (\S+)[ \r]*\n"
)


def recognise(source: Source) -> bool:
    """Whether there is the header."""
    return _HEADER.match(source.head[:512]) is not None


def load(source: Source, select: Selection) -> KeyedVectors:
    """The table, as vectors without words: a vector is composed for any word.

    With `words`, those words with their vectors, and the table. FormatError names the line that is wrong.
    """
    match = _HEADER.match(source.head[:512])
    if match is None:
        raise FormatError(f"{source.path}: a floret table must start with 8 fields; it is {source.describe()}")
    if select.limit is not None or select.min_count is not None:
        raise OptionError(f"limit and min_count must be left out where a file has no words; {source.path} has none")
    bucket, dim, min_n, max_n, hash_count, hash_seed = map(int, match.groups()[:6])
    if match.groups()[6:] != (b"<", b">"):
        raise FormatError(f"{source.path}: words must be read between < and >; the header says {match.groups()[6:]}")
    checked_header(source, (bucket, dim, match.end()), 2 + 2 * dim)
    reader = RowReader(source, dim, 2 + 2 * dim, bucket, None)
    reader.lines = 2

    def parse(
        text: NDArray[np.uint8], at: int, last: bool, rows: NDArray[Any], words: NDArray[Any], sizes: NDArray[Any]
    ) -> tuple[int, int, int, int]:
        count, written, lines, position, why = kernel.parse_text(text, at, rows, words, sizes)
        reader.lines += lines
        return count, written, position, why

    reader.read(match.end(), parse, lambda block: block.rfind(b"\n") + 1)
    numbers = b"".join(reader.words)
    if reader.rows != bucket or numbers != b"".join(b"%d" % row for row in range(bucket)):
        raise FormatError(
            f"{source.path}: the rows must be numbered 0 to {bucket - 1}, as the header says; there are {reader.rows} "
            "rows, or others"
        )
    try:
        subwords = Subwords(
            NAME, reader.matrix, min_n=max(1, min_n), max_n=max_n, hash_count=hash_count, hash_seed=hash_seed
        )
    except OptionError as error:
        raise FormatError(f"{source.path}: {error}") from None
    words = select.words or Vocabulary.from_words([])
    vectors = np.empty((len(words), dim), np.float32)
    subwords.compose_into(vectors, words.data, words.offsets)
    return KeyedVectors(words, vectors, metadata={"source": {"format": NAME, "rows": bucket}}, subwords=subwords)


def save(vectors: KeyedVectors, path: str | os.PathLike[str]) -> None:
    """Write the table, every number as short as it can be to come back the same; the format has no place for words.

    OptionError where the vectors have no table of floret's kind.
    """
    subwords = vectors.subwords
    if subwords is None or subwords.kind != "floret":
        raise OptionError(
            f"subwords must be of the kind 'floret' to be written as a floret table; they are {subwords!r}: use a "
            "native file (.safetensors)"
        )
    lengths = (subwords.min_n, subwords.max_n, subwords.hash_count, subwords.hash_seed)
    with atomic_file(path) as file:
        file.write(b"%d %d %d %d %d %d < >\n" % (subwords.bucket, subwords.vector_size, *lengths))
        step = max(1, (1 << 20) // (4 * subwords.vector_size))
        for first in range(0, subwords.bucket, step):
            texts = np.asarray(subwords.table[first : first + step]).astype("U32").tolist()
            file.write(b"".join(b"%d %b\n" % (first + i, " ".join(row).encode()) for i, row in enumerate(texts)))
