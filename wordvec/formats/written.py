"""Writing files of rows: what they have in common, a block of rows to each core."""

from __future__ import annotations

import os
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from wordvec.errors import OptionError
from wordvec.keyed_vectors import KeyedVectors
from wordvec.store import atomic_file
from wordvec.threads import crew, in_order, usable_cores

BLOCK = 1 << 18  # numbers written at a time
# Bytes of rows [n, D] of contiguous items and their words, words[offsets[i]:offsets[i+1]]
Writer = Callable[[NDArray[np.float32], NDArray[np.uint8], NDArray[np.int64]], NDArray[np.uint8]]


def write_rows(vectors: KeyedVectors, path: str | os.PathLike[str], head: bytes, write: Writer) -> None:
    """Write `head`, then the rows of all words, which `write` makes of blocks; OptionError where a word cannot be."""
    check_words(vectors)
    words, step = vectors.vocabulary, max(1, BLOCK // vectors.vector_size)

    def block(first: int) -> NDArray[np.uint8]:
        stop = min(first + step, len(words))
        return write(rows_of_words(vectors, first, stop), words.data, words.offsets[first : stop + 1])

    workers = usable_cores()
    with atomic_file(path) as file, crew(workers) as pool:
        file.write(head)
        for data in in_order(pool, block, range(0, len(words), step), 2 * workers):
            file.write(data.data)


def rows_of_words(vectors: KeyedVectors, first: int, stop: int) -> NDArray[np.float32]:
    """[stop - first, D] the vectors of consecutive words, whatever rows they share and however these are stored."""
    rows = vectors.vectors[slice(first, stop) if vectors.rows is None else vectors.rows[first:stop].astype(np.int64)]
    little = np.asarray(rows, "<f4")  # which is float32 itself, but on the rare machine that is big-endian
    return little.view(np.float32) if little.strides[1] == 4 else np.ascontiguousarray(little).view(np.float32)


def check_words(vectors: KeyedVectors, format: str = "word2vec") -> None:
    """OptionError names the first word that rows of words and numbers cannot hold."""
    data, offsets = vectors.vocabulary.data, vectors.vocabulary.offsets
    bad = np.flatnonzero(_BAD[data]) if len(data) else np.empty(0, np.int64)
    empty = np.flatnonzero(np.diff(offsets) == 0)
    if len(bad) or len(empty):
        row = int(np.searchsorted(offsets, bad[0], "right")) - 1 if len(bad) else int(empty[0])
        raise OptionError(
            f"words must have no white space and not be empty to be written as {format}; word {row} is "
            f"{vectors.index_to_key[row]!r}: use a native file (.safetensors), which holds any word"
        )


_BAD = np.isin(np.arange(256), [0, 9, 10, 11, 12, 13, 32])  # NUL and ASCII white space
