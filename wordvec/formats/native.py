"""The native file: safetensors with the words, their index, counts and norms; opened by one map."""

from __future__ import annotations

import os

from wordvec.formats.format import Format
from wordvec.formats.io.selection import Selection
from wordvec.formats.io.source import Source
from wordvec.vectors import KeyedVectors
from wordvec.vectors.files import is_native, open_native, write_native
from wordvec.vectors.parts import EVERY, OOV

NAME = "native"


def recognise(source: Source) -> bool:
    """Whether the file starts with the size of a JSON object and that object."""
    return is_native(source.head)


def load(source: Source, select: Selection) -> KeyedVectors:
    """Open the file, which is read into memory where it is compressed; of a part of it, the rows are copied."""
    vectors = open_native(KeyedVectors, source.path, mmap=select.mmap)
    if select.is_everything:
        return vectors
    vectors.vocabulary.check_offsets()
    return vectors.subset(rows=select.rows(vectors.vocabulary, source.path))


def save(vectors: KeyedVectors, path: str | os.PathLike[str]) -> None:
    """Write everything that the vectors hold."""
    write_native(vectors, path)


def misses(vectors: KeyedVectors) -> set[str]:
    """An OOV policy that is a function, as a file holds no code."""
    return {OOV} if callable(vectors.oov) else set()


FORMAT = Format(
    NAME,
    "safetensors with words, counts and index, opened by one map",
    recognise,
    load,
    save,
    (".safetensors",),
    holds=EVERY,
    misses=misses,
    may_lack_words=True,
    has_checksums=True,
)
