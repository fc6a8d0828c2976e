"""The options of gensim's methods for word2vec files: sorting, prefixes, files of counts, encodings."""

from __future__ import annotations

import codecs
import os
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from wordvec.base.errors import FormatError, OptionError
from wordvec.inputs import read_lines
from wordvec.outputs import open_output
from wordvec.vectors.attributes import COUNT
from wordvec.vectors.categories import Categories
from wordvec.vocabulary import Vocabulary

_DIGITS = 18  # of a count


def check(total_vec: int | None, words: int, append: bool, unreadable: bool) -> None:
    """OptionError for options that no file can have."""
    if append:
        raise OptionError("append must be left out: a file appears when it is complete; merge the vectors, then save")
    if total_vec not in (None, words):
        raise OptionError(f"total_vec must be the number of words, {words}, or be left out; got {total_vec!r}")
    if unreadable:
        raise OptionError("write_header must be true where binary is: nothing could read the file")


def check_datatype(datatype: DTypeLike) -> None:
    """OptionError for another dtype than float32."""
    if np.dtype(datatype) != np.float32:
        raise OptionError(f"datatype must be float32, which vectors have in memory; got {np.dtype(datatype)}")


def ordered(vectors: Any, sort_attr: str, prefix: str) -> Any:
    """The vectors as they are written: sorted by a falling attribute, if they have it, words with a prefix."""
    values = vectors._vocabulary.counts if sort_attr == COUNT else vectors._attributes.get(sort_attr)
    if isinstance(values, Categories):
        raise OptionError(f"sort_attr must be count or an attribute of numbers; {sort_attr!r} is text")
    if values is not None and bool((values[1:] > values[:-1]).any()):
        order = np.lexsort((np.arange(len(values)), -values.astype(np.float64)))
        vectors = vectors.subset(rows=order)
    if prefix:
        words = vectors.vocabulary
        renamed = Vocabulary.from_words([prefix + word for word in words], words.counts)
        vectors = vectors._derived(words=renamed, context=vectors.context, contexts=vectors.contexts)
    return vectors


def save_counts(vectors: Any, path: str | os.PathLike[str], sort_attr: str) -> None:
    """Write a line `word count` for each word; OptionError where the attribute is not known."""
    if sort_attr == COUNT and vectors.vocabulary.counts is None:
        raise OptionError("counts must be known to write fvocab; these vectors have none")
    with open_output(path) as file:
        for word in vectors:
            line = f"{word} {vectors.get_vecattr(word, sort_attr)}\n"
            file.write(line.encode("utf-8", "surrogateescape"))


def with_counts(vectors: Any, path: str | os.PathLike[str], encoding: str, errors: str) -> Any:
    """The vectors with the counts of a file of lines `word count`; FormatError where it lacks a word.

    The words are in the same encoding as those of the vectors.
    """
    plain = is_plain(encoding, errors)
    words = vectors.vocabulary
    counts = np.full(len(words), -1, np.int64)
    for number, line in enumerate(read_lines(path), 1):
        word, _, count = line.rstrip().rpartition(" ")
        if not word or not (count.isascii() and count.isdigit()) or len(count) > _DIGITS:
            raise FormatError(f"{path}: a line must be a word and its count; line {number} is {line[:60]!r}")
        text = word if plain else _in(word.encode("utf-8", "surrogateescape"), encoding, errors)
        row = words.get(text)
        if row is not None:
            counts[row] = int(count)
    if len(counts) and counts.min() < 0:
        raise FormatError(
            f"{path}: the file must have the count of every word; {words[int(counts.argmin())]!r} has none"
        )
    return vectors._derived(words=words.recounted(counts), context=vectors.context)


def is_plain(encoding: str, errors: str) -> bool:
    """Whether words need no decoding; OptionError for an unknown encoding, or an unknown way to treat invalid bytes."""
    try:
        plain = codecs.lookup(encoding).name == "utf-8" and errors in ("strict", "surrogateescape")
    except LookupError:
        raise OptionError(f"encoding must be one that Python knows; got {encoding!r}") from None
    if not plain and errors not in ("strict", "ignore", "replace"):
        raise OptionError(f"unicode_errors must be strict, ignore or replace; got {errors!r}")
    return plain


def _in(word: bytes, encoding: str, errors: str) -> str:
    try:
        return word.decode(encoding, errors)
    except UnicodeDecodeError:
        raise FormatError(f"words must be {encoding}; {word[:40]!r} is not") from None


def decoded(vectors: Any, encoding: str, errors: str) -> Any:
    """The vectors with words decoded by another encoding; of words that become the same the first stays."""
    if is_plain(encoding, errors):
        return vectors
    words = [_in(word.encode("utf-8", "surrogateescape"), encoding, errors) for word in vectors]
    first: dict[str, int] = {}
    for row, word in enumerate(words):
        first.setdefault(word, row)
    rows = list(first.values())
    distinct = vectors if len(rows) == len(words) else vectors.subset(rows=rows)
    names = Vocabulary.from_words(list(first), distinct.vocabulary.counts)
    return distinct._derived(words=names, context=distinct.context)
