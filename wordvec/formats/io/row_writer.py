"""Writing files of rows: each core makes a block; checks of words and n-grams that writers share."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wordvec.base.errors import OptionError
from wordvec.base.threads import in_order, thread_pool, usable_cores
from wordvec.formats.io.buffers import Buffers
from wordvec.formats.io.row_reader import LONGEST_WORD
from wordvec.outputs import open_output
from wordvec.subwords import Subwords
from wordvec.vectors import KeyedVectors

BLOCK = 1 << 18  # numbers written at a time
# Bytes, in a buffer, of rows [n, D] of contiguous items and their words, words[offsets[i]:offsets[i+1]]
Writer = Callable[[NDArray[np.float32], NDArray[np.uint8], NDArray[np.int64], Buffers], NDArray[np.uint8]]


def write_rows(vectors: KeyedVectors, path: str | os.PathLike[str], head: bytes, write: Writer, format: str) -> None:
    """Write `head`, then the rows of all words in blocks made by `write`; OptionError for an unwritable word."""
    check_words(vectors, format)
    words = vectors.vocabulary

    def block(first: int, stop: int, buffers: Buffers) -> NDArray[np.uint8]:
        return write(rows_of_words(vectors, first, stop), words.data, words.offsets[first : stop + 1], buffers)

    write_blocks(path, head, len(words), vectors.vector_size, block)


def write_blocks(
    path: str | os.PathLike[str],
    head: bytes,
    rows: int,
    dim: int,
    block: Callable[[int, int, Buffers], NDArray[np.uint8]],
) -> None:
    """Write `head`, then the bytes block(first, stop, buffers) of all rows in order; all cores make blocks."""
    workers, step, buffers = usable_cores(), max(1, BLOCK // dim), Buffers()
    with open_output(path) as file, thread_pool(workers) as pool:
        file.write(head)
        work = partial(_block, block, step, rows, buffers)
        for data in in_order(pool, work, range(0, rows, step), 2 * workers):
            file.write(data.data)
            buffers.give(data)


def _block(
    block: Callable[[int, int, Buffers], NDArray[np.uint8]], step: int, rows: int, buffers: Buffers, first: int
) -> NDArray[np.uint8]:
    return block(first, min(first + step, rows), buffers)


def rows_of_words(vectors: KeyedVectors, first: int, stop: int) -> NDArray[np.float32]:
    """[stop - first, D] the vectors of consecutive words, whatever rows they share and however these are stored."""
    row_of = vectors.rows.row_of
    rows = slice(first, stop) if row_of is None else row_of[first:stop].astype(np.int64)
    return as_little(vectors.vectors[rows])


def as_little(rows: Any) -> NDArray[np.float32]:
    """Rows as contiguous little-endian float32; a copy on a big-endian machine."""
    little = np.asarray(rows, "<f4")
    return little.view(np.float32) if little.strides[1] == 4 else np.ascontiguousarray(little).view(np.float32)


def plain_ngrams(vectors: KeyedVectors) -> Subwords | None:
    """The subwords as a table alone, without `after`; OptionError where a table cannot hold the steps."""
    subwords = vectors.subwords
    if subwords is None or subwords.after is None:
        return subwords
    plain = subwords.plain()
    if plain is None:
        raise OptionError(str(not_linear(vectors)))
    return plain


def not_linear(vectors: KeyedVectors) -> str | None:
    """Why the subwords cannot be stored as a table alone, as other formats do; None where they can."""
    if vectors.subwords is None or vectors.subwords.is_linear:
        return None
    after = vectors.subwords.after
    return (
        f"composed vectors must be means of n-grams to be written so; here they go through {after!r} after that, which "
        "no table of n-grams can say: use a native file (.safetensors), or leave them out by "
        "vectors.without('subwords')"
    )


def blank(vectors: KeyedVectors) -> NDArray[np.int64]:
    """The rows of words with white space or NUL, and of words that are empty or too long for readers."""
    vectors.vocabulary.check_offsets()
    data, offsets = vectors.vocabulary.data, vectors.vocabulary.offsets
    sizes = np.diff(offsets)
    return np.union1d(
        words_at(offsets, np.flatnonzero(UNWRITABLE[data])), np.flatnonzero((sizes == 0) | (sizes > LONGEST_WORD))
    )


def words_at(offsets: NDArray[np.int64], places: NDArray[np.int64]) -> NDArray[np.int64]:
    """The distinct rows of the words that these bytes belong to."""
    return np.unique(np.searchsorted(offsets, places, "right") - 1)


def check_words(vectors: KeyedVectors, format: str) -> None:
    """OptionError names the first word that `format` cannot store: with white space, empty or too long."""
    rows = blank(vectors)
    if len(rows):
        row = int(rows[0])
        size = int(vectors.vocabulary.offsets[row + 1] - vectors.vocabulary.offsets[row])
        must = f"have at most {LONGEST_WORD} bytes" if size > LONGEST_WORD else "have no white space and not be empty"
        raise OptionError(
            f"words must {must} to be written as {format}; word {row} is {vectors.index_to_key[row][:80]!r}: {SKIP}"
        )


def checked_words(vectors: KeyedVectors, format: str) -> list[bytes]:
    """The words as bytes; OptionError where `format` cannot store one."""
    check_words(vectors, format)
    blob, ends = vectors.vocabulary.data.tobytes(), vectors.vocabulary.offsets.tolist()
    return [blob[a:b] for a, b in pairwise(ends)]


SKIP = "use a native file (.safetensors), which holds any word, or leave such words out by unwritable='skip'"
UNWRITABLE = np.isin(np.arange(256), [0, 9, 10, 11, 12, 13, 32])  # NUL and ASCII white space
