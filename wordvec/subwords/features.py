"""Features of words as in spaCy (Miranda et al. 2022, arXiv 2212.09255), and a table of rows that they hash to."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wordvec._kernels import rows as kernel
from wordvec.subwords.base import Bytes, Int32, Int64, Subwords, check_rows, misplaced
from wordvec.subwords.hashed import PRUNABLE
from wordvec.subwords.ngrams import check_lengths, checked_offsets
from wordvec.subwords.tables import EncodedTable
from wordvec.transforms import Transforms
from wordvec.vocabulary import Vocabulary, packed

Uint64 = NDArray[np.uint64]

KIND = "features"
HASHES = 4  # rows of a feature
_LONGEST_SHAPE = 100  # characters
_RUN = 4  # characters of one class that a shape repeats
_DEGENERATE = 8  # with this seed the first hash of an 8-byte key is always even
_FIRST_SEED = 9  # of the first feature; the others have the next seeds. spaCy begins with 8


def shape(word: str) -> str:
    """The form of a word: X for upper, x for lower case, d for digits; at most four of a run of one class.

    >>> shape("C3PO"), shape("Apple"), shape("12345"), shape("it's")
    ('XdXX', 'Xxxxx', 'dddd', "xx'x")
    """
    if len(word) >= _LONGEST_SHAPE:
        return "LONG"
    classes, last, run = [], "", 0
    for character in word:
        if character.isalpha():
            symbol = "X" if character.isupper() else "x"
        else:
            symbol = "d" if character.isdigit() else character
        run = run + 1 if symbol == last else 1
        last = symbol
        if run <= _RUN:
            classes.append(symbol)
    return "".join(classes)


FEATURES: dict[str, Callable[[str], str]] = {
    "norm": str.lower,
    "prefix": lambda word: word[:1],
    "suffix": lambda word: word[-3:],
    "shape": shape,
}


def string_numbers(data: NDArray[np.uint8], offsets: NDArray[np.int64]) -> Uint64:
    """[n] hashes of packed strings: MurmurHash64A with seed 1, as in spaCy's string store; 0 for an empty string."""
    checked_offsets(data, offsets)
    numbers = np.empty(len(offsets) - 1, np.uint64)
    kernel.string_numbers(data, offsets, numbers)
    return numbers


def hashed_numbers(numbers: Uint64, seed: int) -> NDArray[np.uint32]:
    """[n, 4] keys of 64-bit numbers: MurmurHash3 x64 128 of their 8 bytes, as in thinc's HashEmbed."""
    with np.errstate(over="ignore"):
        low = numbers * np.uint64(0x87C37B91114253D5)
        low = ((low << np.uint64(31)) | (low >> np.uint64(33))) * np.uint64(0x4CF5AD432745937F)
        high = np.full(len(numbers), seed ^ 8, np.uint64)
        low ^= high
        low += high
        high += low
        low, high = _mixed(low), _mixed(high)
        low += high
        high += low
    return np.stack([low, high], axis=1).astype("<u8").view("<u4").astype(np.uint32)


def hashed_words(words: Vocabulary, bucket: int, count: int) -> NDArray[np.int32]:
    """[V, count] rows of words in a table of `bucket` rows: `count` independent hashes of each word's bytes."""
    numbers = string_numbers(words.data, words.offsets)
    seeds = [seed for seed in range(-(-count // HASHES) + 1) if seed != _DEGENERATE][: -(-count // HASHES)]
    keys = np.concatenate([hashed_numbers(numbers, seed) for seed in seeds], axis=1)[:, :count]
    return (keys % np.uint32(bucket)).astype(np.int32)


def _mixed(x: Uint64) -> Uint64:
    for factor in (0xFF51AFD7ED558CCD, 0xC4CEB9FE1A85EC53):
        x ^= x >> np.uint64(33)
        x *= np.uint64(factor)
    return x ^ (x >> np.uint64(33))


def feature_rows(words: Sequence[str], bucket: int, features: Sequence[str] = tuple(FEATURES)) -> NDArray[np.int32]:
    """[n, 4 features] rows of words in a table of `bucket` rows: four hashes of each feature, by its own seed."""
    rows = np.empty((len(words), HASHES * len(features)), np.int32)
    for place, name in enumerate(features):
        values = [FEATURES[name](word) for word in words]
        distinct = list(dict.fromkeys(values))
        keys = hashed_numbers(string_numbers(*packed(distinct)), _FIRST_SEED + place) % np.uint32(bucket)
        index = dict(zip(distinct, range(len(distinct))))
        places = np.fromiter((index[value] for value in values), np.int64, len(values))
        rows[:, HASHES * place : HASHES * (place + 1)] = keys[places]
    return rows


class WordFeatures(Subwords):
    """Four hashes of each feature of a word are its rows: lower-cased form, prefix, suffix and shape (`FEATURES`).

    >>> subwords = WordFeatures(np.ones((50, 4)))
    >>> [name for name, rows in subwords.ngrams("Apple")]
    ['norm', 'prefix', 'suffix', 'shape']
    """

    __slots__ = ()

    def __init__(
        self,
        table: ArrayLike | EncodedTable,
        *,
        min_n: int = 1,
        max_n: int = 1,
        bucket: int | None = None,
        after: Transforms | None = None,
    ) -> None:
        super().__init__(KIND, table, min_n, max_n, bucket, after)
        check_lengths(min_n, max_n)
        check_rows(self.table, self.bucket)

    @classmethod
    def make(cls, kind: str, table: ArrayLike | EncodedTable, **options: Any) -> WordFeatures:
        """As the constructor; `kind` is "features"."""
        return cls(table, **options)

    def rows(self, data: Bytes, offsets: Int64, *, workers: int | None = None) -> tuple[Int64, Int32]:
        """The rows of packed words in CSR form: indptr [N+1] and rows; all words have as many."""
        words = [data[a:b].tobytes().decode("utf-8", "surrogateescape") for a, b in pairwise(offsets.tolist())]
        rows = feature_rows(words, self.bucket)
        return rows.shape[1] * np.arange(len(rows) + 1, dtype=np.int64), rows.ravel()

    def ngrams(self, word: str) -> list[tuple[str, tuple[int, ...]]]:
        """The names of the features in order, each with its four rows in the table."""
        rows = feature_rows([word], self.bucket).reshape(-1, HASHES).tolist()
        return [(name, tuple(four)) for name, four in zip(FEATURES, rows)]

    @classmethod
    def _from_parts(
        cls, table: Any, tensors: Mapping[str, NDArray[Any]], config: Mapping[str, Any], options: dict[str, Any]
    ) -> Subwords:
        if "data" in tensors or "pruned" in tensors:
            raise misplaced(KIND, PRUNABLE)
        return cls(table, **options)
