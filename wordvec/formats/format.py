"""The description of a file format: its names, how it is recognised, read and written, and what it can hold."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from wordvec.formats.io.selection import Selection
from wordvec.formats.io.source import Source
from wordvec.vectors import KeyedVectors
from wordvec.vectors.parts import WORDS, lost_parts


class Loader(Protocol):
    """Reads the vectors of a source that the format has recognised."""

    def __call__(self, source: Source, select: Selection) -> KeyedVectors: ...  # noqa: D102


@dataclass(frozen=True)
class Format:
    """A file format. A module of `wordvec.formats` has one, and the table `FORMATS` lists them."""

    name: str
    help: str
    recognise: Callable[[Source], bool]
    load: Loader
    save: Callable[[KeyedVectors, str | os.PathLike[str]], None] | None = None  # None: wordvec only reads it
    suffixes: tuple[str, ...] = ()  # of the files that are written in it; "/" for a folder
    holds: frozenset[str] = frozenset({WORDS})  # the parts it can store: names of `wordvec.vectors.parts`
    kinds: tuple[str, ...] = ()  # the kinds of subwords it can store; empty: any
    unwritable: Callable[[KeyedVectors], NDArray[np.int64]] | None = None  # rows of words it cannot store; None: none
    misses: Callable[[KeyedVectors], Collection[str]] | None = None  # parts of given vectors it cannot store
    # Why vectors cannot be written, and what to do, where the file would be wrong and not only incomplete.
    refuses: Callable[[KeyedVectors], str | None] | None = None
    may_lack_words: bool = False  # a file may be a table of n-grams alone
    has_checksums: bool = False  # `KeyedVectors.verify` checks every byte of a file
    by_lines: bool = False  # recognised by how its first lines look, which `format=` overrules
    unread: Callable[[str, KeyedVectors], list[str]] | None = None  # the parts of a file that `load` leaves out

    @property
    def is_folder(self) -> bool:
        """Whether it is written as a folder."""
        return "/" in self.suffixes

    @property
    def holds_words(self) -> bool:
        """Whether it stores words; a table of n-grams alone does not."""
        return WORDS in self.holds

    def lost(self, vectors: KeyedVectors) -> dict[str, str]:
        """The parts of vectors that would not come back from a file: name to description."""
        return lost_parts(vectors, self.holds, self.misses)
