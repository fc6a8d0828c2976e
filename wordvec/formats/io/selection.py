"""Which part of a file of vectors to read: its first rows, given words, or frequent words."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wordvec.base.arguments import is_one_of, strings
from wordvec.base.errors import OptionError
from wordvec.formats.io.duplicates import DUPLICATES
from wordvec.inputs import read_lines
from wordvec.vectors.files import checked_mmap
from wordvec.vocabulary import Vocabulary


@dataclass(frozen=True)
class Selection:
    """Which rows of a file to load: a row must meet every condition that is given."""

    limit: int | None = None  # the first rows of the file
    words: Vocabulary | None = None  # these words, where the file has them
    min_count: int | None = None  # words with at least this count, in a format with counts
    mmap: bool = True  # map the file where its format can be mapped
    strict: bool = True  # a damaged file is an error; else a warning, and the readable rows are kept
    duplicates: str = "first"  # which of several rows with the same word is kept: see duplicates.py
    duplicates_given: bool = False  # else a format that knows the row of a word takes that row
    format_given: bool = False  # the user has named the format: lines that look suspect are accepted

    @property
    def is_everything(self) -> bool:
        """Whether no row is left out."""
        return self.limit is None and self.words is None and self.min_count is None

    def rows(self, words: Vocabulary, path: str) -> NDArray[np.int64]:
        """The rows to keep, rising, of a file with these words and, where the format has them, counts."""
        size = len(words) if self.limit is None else min(self.limit, len(words))
        keep = np.arange(size, dtype=np.int64)
        if self.min_count is not None:
            if words.counts is None:
                raise OptionError(f"min_count must be left out where a file has no counts; {path} has none")
            keep = keep[words.counts[:size] >= self.min_count]
        if self.words is not None:
            wanted = self.words.rows_of(words.data, words.offsets[: size + 1]) >= 0
            keep = keep[wanted[keep]]
        return keep


def selection(
    limit: int | None = None,
    words: Iterable[str] | os.PathLike[str] | None = None,
    min_count: int | None = None,
    mmap: bool | str | None = True,
    strict: bool = True,
    duplicates: str | None = None,
) -> Selection:
    """The selection from checked arguments of a user; `words` may be a text file with one word a line."""
    for name, value in (("limit", limit), ("min_count", min_count)):
        if value is not None and (isinstance(value, bool) or not isinstance(value, int) or value < 1):
            raise OptionError(f"{name} must be a number of at least 1; got {value!r}")
    duplicates_given, duplicates = duplicates is not None, "first" if duplicates is None else duplicates
    if not is_one_of(duplicates, DUPLICATES):
        raise OptionError(f"duplicates must be one of {', '.join(DUPLICATES)}; got {duplicates!r}")
    wanted = None if words is None else _vocabulary(words)
    return Selection(limit, wanted, min_count, checked_mmap(mmap), bool(strict), duplicates, duplicates_given)


def _vocabulary(words: Iterable[str] | os.PathLike[str]) -> Vocabulary:
    """The distinct words to load."""
    if isinstance(words, (str, bytes)):
        raise OptionError(f"words must be a list of words, or a pathlib.Path of a file with one a line; got {words!r}")
    if isinstance(words, os.PathLike):
        return Vocabulary.from_words(dict.fromkeys(line for line in read_lines(words) if line.strip()))
    vocabulary = getattr(words, "vocabulary", words)
    return vocabulary if isinstance(vocabulary, Vocabulary) else Vocabulary.from_words(dict.fromkeys(strings(words)))
