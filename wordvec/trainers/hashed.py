"""Embeddings in small tables: words share rows by hashes, quotient and remainder, features or bytes."""

from __future__ import annotations

from dataclasses import dataclass
from math import gcd, prod
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from wordvec._kernels.word2vec import MOST_FACTORS
from wordvec.base.errors import OptionError
from wordvec.base.options import option
from wordvec.rows import Composed
from wordvec.subwords.features import feature_rows, hashed_words
from wordvec.subwords.ngrams import MAX_N, MAX_ROWS, NGramHash, check_lengths
from wordvec.trainers.fasttext import Bagged, hashed_inputs, table_inputs
from wordvec.trainers.word2vec import Inputs
from wordvec.trainers.word_rows import Bags
from wordvec.vectors import KeyedVectors
from wordvec.vocabulary import Vocabulary

Floats = NDArray[np.float32]
Int32 = NDArray[np.int32]
SHARE = 10  # words for each row of a table of no given size


@dataclass(frozen=True, kw_only=True)
class HashEmbedding(Bagged):
    """Words whose vectors are composed of a few rows of a table that is smaller than their number.

    The schemes: "hash", the mean of `hash_count` hashed rows (one: the hashing trick); "importance", their sum with
    factors that each word learns (Svenstrup et al. 2017); "qr", a row for each digit of the word's rank (quotient and
    remainder: Shi et al. 2020), and "residues", one for each of its residues (a complementary partition as well), both
    joined by `operation`; "unified", parts of a vector from one table, each by its own hash (Coleman et al. 2023);
    "multi", the mean of the rows of four features (Miranda et al. 2022); "bytes", the mean of the rows of byte n-grams
    (Zhang et al. 2021). The last two compose vectors for unknown words as well.
    """

    scheme: Literal["hash", "importance", "qr", "residues", "unified", "multi", "bytes"] = option(
        "hash", "how words share rows"
    )
    bucket: int | None = option(
        None, "rows of the table; none given: a tenth of the words, at least 1000", low=1, high=MAX_ROWS
    )
    hash_count: int = option(2, "rows of a word in hash, importance, qr, residues; parts in unified", low=1, high=64)
    operation: Literal["add", "multiply", "concat"] = option("multiply", "how the rows of qr and residues are joined")
    min_n: int = option(3, "bytes of the shortest n-gram of bytes", low=1, high=MAX_N)
    max_n: int = option(6, "bytes of the longest n-gram of bytes", low=1, high=MAX_N)

    name: ClassVar[str] = "hash"
    inverts: ClassVar[bool] = False

    def __post_init__(self) -> None:
        super().__post_init__()
        check_lengths(self.min_n, self.max_n)
        if self._parts > 1 and self.vector_size % self._parts:
            raise OptionError(
                f"vector_size must be a multiple of hash_count where rows are parts of a vector; got "
                f"{self.vector_size} and {self.hash_count}"
            )
        bounded = self._digital or self.scheme == "importance"
        least, most = 1 + self._digital, MOST_FACTORS if bounded else self.hash_count
        if not least <= self.hash_count <= most:
            raise OptionError(f"hash_count must be {least} to {most} for {self.scheme}; got {self.hash_count}")

    @property
    def composes(self) -> str | None:
        """The kind of subwords that the vectors have, in those schemes that compose others."""
        return {"bytes": "bytes", "multi": "features"}.get(self.scheme)

    @property
    def _digital(self) -> bool:
        """Whether the rank of a word says which rows it has, and no two words have the same."""
        return self.scheme in ("qr", "residues")

    @property
    def _parts(self) -> int:
        """Rows of which a vector is the concatenation; 1 where it is none."""
        concatenated = self.scheme == "unified" or (self._digital and self.operation == "concat")
        return self.hash_count if concatenated else 1

    def _inputs(self, words: Vocabulary, init: KeyedVectors | None) -> Inputs:
        bucket = self.bucket or max(1000, len(words) // SHARE)
        if self.scheme == "bytes":
            hashing = NGramHash("bytes", self.min_n, self.max_n, bucket)
            return hashed_inputs(self, words, hashing, init)
        if self.scheme == "multi":
            bags = Bags.of_rows(feature_rows(list(words), bucket), bucket)
            return table_inputs(self, words, bags, init, "features", min_n=1, max_n=1)
        compose = {"importance": "weighted", "unified": "concat", "hash": "mean"}.get(self.scheme, self.operation)
        if self._digital:
            rows = (digits if self.scheme == "qr" else residues)(len(words), bucket, self.hash_count)
        else:
            rows = hashed_words(words, bucket, self.hash_count)
        size = int(rows.max()) + 1 if self._digital else bucket
        bags = Bags.of_rows(rows, size, "mean" if compose == "add" else compose, self.vector_size // self._parts)
        input, importance = self._table(rows, bags), None
        if compose == "weighted":
            importance = np.full(rows.size, self.hash_count**-0.5, np.float32)
        if init is not None:
            importance = _given(init, bags, rows, input, importance)
        codes = rows.astype(np.uint32)

        def vectors(metadata: dict[str, Any], context: Floats | None) -> KeyedVectors:
            factors = None if importance is None else importance.reshape(rows.shape)
            made = Composed(codes, input, bags.compose, factors)
            return KeyedVectors(words, made, metadata=metadata, context=context)

        return Inputs(bags.arguments(input, importance), vectors)

    def _table(self, rows: Int32, bags: Bags) -> Floats:
        """Random rows. A product starts as its first factor: the rows of the others are 1 and a little noise."""
        input = self._random(bags.size, self.vector_size // self._parts)
        if bags.compose == "multiply":
            input[int(rows[:, 0].max()) + 1 :] += 1
        return input


def digits(words: int, bucket: int, count: int) -> Int32:
    """[V, count] the rows of the digits of each rank, all of which no two words share.

    The last digits have a base as small as fits, and the first one the rows that are left: words of neighbouring ranks
    share them. With two digits they are quotient and remainder.
    """
    for base in range(2, words + 2):
        first = -(-words // base ** (count - 1))
        if first + (count - 1) * base <= bucket:
            break
    else:
        least = min(-(-words // base ** (count - 1)) + (count - 1) * base for base in range(2, words + 2))
        raise _too_few(words, bucket, count, least)
    ranks, rows = np.arange(words), np.empty((words, count), np.int32)
    for place in range(count - 1, 0, -1):
        rows[:, place] = first + (place - 1) * base + ranks % base
        ranks = ranks // base
    rows[:, 0] = ranks
    return rows


def residues(words: int, bucket: int, count: int) -> Int32:
    """[V, count] the rows of the residues of each rank by moduli without common divisors, each near bucket / count.

    No two words share all of them, by the Chinese remainder theorem, and the most frequent words share none.
    """
    moduli = _moduli(bucket, count)
    if prod(moduli) < words:
        least = next(b for b in range(bucket + 1, MAX_ROWS) if prod(_moduli(b, count)) >= words)
        raise _too_few(words, bucket, count, least)
    firsts = np.cumsum([0, *moduli[:-1]])
    return np.stack([first + np.arange(words) % number for first, number in zip(firsts, moduli)], axis=1).astype(
        np.int32
    )


def _moduli(bucket: int, count: int) -> list[int]:
    """The greatest numbers up to bucket / count of which no two have a common divisor; [0] where they are too few."""
    moduli: list[int] = []
    for number in range(bucket // count, 1, -1):
        if all(gcd(number, other) == 1 for other in moduli):
            moduli.append(number)
        if len(moduli) == count:
            return moduli
    return [0]


def _too_few(words: int, bucket: int, count: int, least: int) -> OptionError:
    return OptionError(
        f"bucket must be at least {least} for {words} words of {count} rows each, all of which no two words share; got "
        f"{bucket}: give more, or a higher hash_count"
    )


def _given(init: KeyedVectors, bags: Bags, rows: Int32, input: Floats, importance: Floats | None) -> Floats | None:
    """Write the table of `init` into `input`; its factors."""
    given = init.vectors
    same = (
        isinstance(given, Composed)
        and given.compose == bags.compose
        and given.table.shape == input.shape
        and np.array_equal(given.codes, rows)
    )
    if not isinstance(given, Composed) or not same:
        raise OptionError(
            "init must be vectors of the same words, trained by the same options: words have no rows of their own here"
        )
    input[:] = given.table
    return None if given.importance is None else np.array(given.importance).ravel()
