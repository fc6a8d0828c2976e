"""Shared by formats of a matrix and a list of words: reading the rows to keep, and the words to write."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wordvec.base.errors import FormatError, OptionError
from wordvec.formats.io.binary_reader import BinaryReader
from wordvec.formats.io.row_writer import SKIP
from wordvec.formats.io.selection import Selection
from wordvec.vectors import KeyedVectors
from wordvec.vocabulary import Vocabulary

_BLOCK = 4 << 20  # bytes read at a time


def read_rows(
    file: BinaryReader, count: int, dim: int, dtype: np.dtype[Any], keep: NDArray[np.int64] | None, what: str
) -> NDArray[Any]:
    """[len(keep), dim] in memory: the rows `keep` (rising; None for all) of the next `count` rows."""
    width = dim * dtype.itemsize
    if file.mapped is not None:
        rows = file.take(count * width, what).view(dtype).reshape(count, dim)
        return (rows if keep is None else rows[keep]).astype(dtype.newbyteorder("="), copy=keep is None)
    step = max(1, _BLOCK // max(width, 1))
    size = count if keep is None else len(keep)
    kept = np.empty((min(size, step), dim), dtype.newbyteorder("="))
    done = first = 0
    while first < count:
        last = min(first + step, count)
        stop = last if keep is None else int(np.searchsorted(keep, last))
        block = file.take((last - first) * width, what).view(dtype).reshape(last - first, dim)
        if stop > len(kept):  # it grows with the rows that are really there
            kept.resize((min(size, max(stop, 2 * len(kept))), dim), refcheck=False)
        kept[done:stop] = block if keep is None else block[keep[done:stop] - first]
        first, done = last, stop
    return kept


def choose(words: Vocabulary, select: Selection, path: str) -> tuple[Vocabulary, NDArray[np.int64], int]:
    """(words to keep, their rising rows in the file, number of duplicates left out)."""
    rows = select.rows(words, path)
    kept = words if len(rows) == len(words) else words.take(rows)
    try:
        _ = kept.index_of_words  # builds the index
        return kept, rows, 0
    except OptionError as error:
        if select.duplicates == "error":
            raise FormatError(f"{path}: {error}, or keep one by duplicates='first'") from None
        if select.duplicates == "mean":
            raise OptionError(
                f"duplicates must be 'first', 'last' or 'error' for this kind of file; got 'mean', "
                f"and in {path} {error}"
            ) from None
        blob, ends = kept.data.tobytes(), kept.offsets.tolist()
        rising = range(len(kept)) if select.duplicates == "last" else range(len(kept) - 1, -1, -1)
        one = {blob[ends[place] : ends[place + 1]]: place for place in rising}  # the last assignment wins
        places = np.sort(np.fromiter(one.values(), np.int64, len(one)))
        return kept.take(places), rows[places], len(rows) - len(places)


def not_text(vectors: KeyedVectors) -> NDArray[np.int64]:
    """The rows of words that are not UTF-8."""
    vectors.vocabulary.check_offsets()
    data, offsets = vectors.vocabulary.data, vectors.vocabulary.offsets
    blob, ends = data.tobytes(), offsets.tolist()
    starts = offsets[:-1][np.diff(offsets) > 0]
    if not (data[starts] & 0xC0 == 0x80).any() and _is_text(blob):  # no word starts inside a character
        return np.empty(0, np.int64)
    return np.array([row for row, (a, b) in enumerate(pairwise(ends)) if not _is_text(blob[a:b])], np.int64)


def text_words(vectors: KeyedVectors, name: str) -> list[bytes]:
    """The words as bytes; OptionError names the first that is not UTF-8, which other readers need."""
    rows = not_text(vectors)
    if len(rows):
        word = vectors.index_to_key[int(rows[0])]
        raise OptionError(f"words must be UTF-8 to be written as {name}; word {rows[0]} is {word!r}: {SKIP}")
    blob, ends = vectors.vocabulary.data.tobytes(), vectors.vocabulary.offsets.tolist()
    return [blob[a:b] for a, b in pairwise(ends)]


def _is_text(data: bytes) -> bool:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
