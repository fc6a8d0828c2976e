"""floret's n-gram table as text: a header of 8 fields, then the rows; it composes a vector for any word."""

from __future__ import annotations

import os
import re
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wordvec.base.errors import FormatError, OptionError
from wordvec.formats.format import Format
from wordvec.formats.io.buffers import Buffers
from wordvec.formats.io.row_writer import as_little, not_linear, plain_ngrams, write_blocks
from wordvec.formats.io.selection import Selection
from wordvec.formats.io.source import Source
from wordvec.formats.io.text_rows import NUMBER, read_rows, text_lines
from wordvec.subwords import HashedNGrams
from wordvec.vectors import KeyedVectors
from wordvec.vectors.parts import SUBWORDS
from wordvec.vocabulary import Vocabulary, offsets_of

NAME = "floret"
_HEADER = re.compile(
    rb"([0-9]{1,10}) ([0-9]{1,10}) ([0-9]{1,5}) ([0-9]{1,5}) ([0-9]) ([0-9]{1,10}) (\S+) (\S+)[ \r]*\n"
)


def recognise(source: Source) -> bool:
    """Whether the file starts with the header, which does not end in numbers, unlike a row of a word."""
    match = _HEADER.match(source.head[:512])
    return match is not None and not any(NUMBER.fullmatch(field) for field in match.groups()[6:])


def load(source: Source, select: Selection) -> KeyedVectors:
    """The table as vectors without words: it composes a vector for any word.

    With `words`, the result has those words and their vectors. FormatError names the bad line.
    """
    match = _HEADER.match(source.head[:512])
    if match is None:
        raise FormatError(f"{source.path}: a floret table must start with 8 fields; it is {source.describe()}")
    if select.limit is not None or select.min_count is not None:
        raise OptionError(f"limit and min_count must be left out where a file has no words; {source.path} has none")
    bucket, dim, min_n, max_n, hash_count, hash_seed = map(int, match.groups()[:6])
    if match.groups()[6:] != (b"<", b">"):
        raise FormatError(f"{source.path}: words must be read between < and >; the header says {match.groups()[6:]}")
    reader = read_rows(source, Selection(), dim, bucket, match.end(), True)
    data, offsets, table = reader.packed()
    numbers = _numbers(0, bucket) if len(table) == bucket else (data, offsets)
    if len(table) != bucket or not np.array_equal(data, numbers[0]) or not np.array_equal(offsets, numbers[1]):
        raise FormatError(
            f"{source.path}: the rows must be numbered 0 to {bucket - 1}, as the header says; there are {len(table)} "
            "rows, or others"
        )
    try:
        hashing: dict[str, Any] = {"hash_count": hash_count, "hash_seed": hash_seed}
        subwords = HashedNGrams(NAME, table, min_n=max(1, min_n), max_n=max_n, **hashing)
    except OptionError as error:
        raise FormatError(f"{source.path}: {error}") from None
    words = select.words or Vocabulary.from_words([])
    vectors = np.empty((len(words), dim), np.float32)
    subwords.compose_into(vectors, words.data, words.offsets)
    return KeyedVectors(words, vectors, metadata={"source": {"format": NAME, "rows": bucket}}, subwords=subwords)


def save(vectors: KeyedVectors, path: str | os.PathLike[str]) -> None:
    """Write the table; the format stores no words. Numbers have the fewest digits that read back the same.

    OptionError where the vectors have no n-gram table of floret's kind.
    """
    if (why := refuses(vectors)) is not None:
        raise OptionError(why)
    subwords = plain_ngrams(vectors)
    assert isinstance(subwords, HashedNGrams)
    lengths = (subwords.min_n, subwords.max_n, subwords.hash_count, subwords.hash_seed)
    head = b"%d %d %d %d %d %d < >\n" % (subwords.bucket, subwords.vector_size, *lengths)

    def block(first: int, stop: int, buffers: Buffers) -> NDArray[np.uint8]:
        return text_lines(as_little(subwords.table[first:stop]), *_numbers(first, stop), buffers)

    write_blocks(path, head, subwords.bucket, subwords.vector_size, block)


def refuses(vectors: KeyedVectors) -> str | None:
    """Why vectors cannot be written as a floret table; None where they can."""
    if vectors.subwords is None or vectors.subwords.kind != "floret":
        return (
            f"subwords must be of the kind 'floret' to be written as a floret table; they are {vectors.subwords!r}: "
            "use a native file (.safetensors)"
        )
    return not_linear(vectors)


def _numbers(first: int, stop: int) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """The row numbers first to stop - 1 as packed words."""
    texts = [b"%d" % row for row in range(first, stop)]
    return np.frombuffer(b"".join(texts), np.uint8), offsets_of(np.fromiter(map(len, texts), np.int64, len(texts)))


FORMAT = Format(
    NAME,
    "floret's table of n-grams as text, without words",
    recognise,
    load,
    save,
    (".floret",),
    holds=frozenset({SUBWORDS}),
    kinds=(NAME,),
    may_lack_words=True,
    refuses=refuses,
)
