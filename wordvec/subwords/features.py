"""Features of words as spaCy has them (Miranda et al. 2022, arXiv 2212.09255), and the rows on which they hash."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from wordvec._kernels import rows as kernel
from wordvec.subwords.ngrams import checked_offsets
from wordvec.vocabulary import Vocabulary, packed

Uint64 = NDArray[np.uint64]

HASHES = 4  # rows of a feature
_LONGEST_SHAPE = 100  # characters
_RUN = 4  # characters of a kind that a shape shows
_DEGENERATE = 8  # the seed with which the first of the hashes of a key of 8 bytes is always even
_FIRST_SEED = 9  # of the first feature; those that follow have the next ones. spaCy begins with 8


def shape(word: str) -> str:
    """The form of a word: X for upper, x for lower case, d for digits; of a run of one kind the first four.

    >>> shape("C3PO"), shape("Apple"), shape("12345"), shape("it's")
    ('XdXX', 'Xxxxx', 'dddd', "xx'x")
    """
    if len(word) >= _LONGEST_SHAPE:
        return "LONG"
    made, last, run = [], "", 0
    for character in word:
        if character.isalpha():
            kind = "X" if character.isupper() else "x"
        else:
            kind = "d" if character.isdigit() else character
        run = run + 1 if kind == last else 1
        last = kind
        if run <= _RUN:
            made.append(kind)
    return "".join(made)


FEATURES: dict[str, Callable[[str], str]] = {
    "norm": str.lower,
    "prefix": lambda word: word[:1],
    "suffix": lambda word: word[-3:],
    "shape": shape,
}


def string_numbers(data: NDArray[np.uint8], offsets: NDArray[np.int64]) -> Uint64:
    """[n] the numbers of packed strings: MurmurHash64A with seed 1, as in spaCy's string store; 0 for an empty one."""
    checked_offsets(data, offsets)
    numbers = np.empty(len(offsets) - 1, np.uint64)
    kernel.string_numbers(data, offsets, numbers)
    return numbers


def hashed_numbers(numbers: Uint64, seed: int) -> NDArray[np.uint32]:
    """[n, 4] keys of numbers: MurmurHash3 x64 128 of their 8 bytes, as thinc's HashEmbed takes them."""
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
    """[V, count] rows of words in a table of `bucket` rows, by as many independent hashes of their bytes."""
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
    """[n, 4 features] the rows of words in a table of `bucket` rows: four hashes of each feature, with its own seed."""
    rows = np.empty((len(words), HASHES * len(features)), np.int32)
    for place, name in enumerate(features):
        values = [FEATURES[name](word) for word in words]
        distinct = list(dict.fromkeys(values))
        keys = hashed_numbers(string_numbers(*packed(distinct)), _FIRST_SEED + place) % np.uint32(bucket)
        index = dict(zip(distinct, range(len(distinct))))
        found = np.fromiter((index[value] for value in values), np.int64, len(values))
        rows[:, HASHES * place : HASHES * (place + 1)] = keys[found]
    return rows
