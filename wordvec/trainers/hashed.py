"""Embeddings in small tables: words share rows by hashing, by quotient and remainder, by features or by bytes."""

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
from wordvec.trainers.base import FitOptions
from wordvec.trainers.fasttext import ComposedTrainer, hashed_inputs, table_inputs
from wordvec.trainers.word2vec import Inputs
from wordvec.trainers.word_rows import WordRows
from wordvec.vectors import KeyedVectors
from wordvec.vocabulary import Vocabulary

Floats = NDArray[np.float32]
Int32 = NDArray[np.int32]
SHARE = 10  # words for each row of a table, by default


@dataclass(frozen=True, kw_only=True)
class HashEmbedding(ComposedTrainer):
    """Word vectors composed of a few rows of a table with fewer rows than there are words.

    The schemes: "hash", the mean of `hash_count` hashed rows (one: the hashing trick); "importance", their sum with
    factors learned for each word (Svenstrup et al. 2017); "qr", a row for each digit of the word's rank (quotient and
    remainder: Shi et al. 2020), and "residues", one for each of its residues (a complementary partition as well), both
    joined by `operation`; "unified", parts of a vector from one table, each by its own hash (Coleman et al. 2023);
    "multi", the mean of the rows of four features (Miranda et al. 2022); "bytes", the mean of the rows of byte n-grams
    (Zhang et al. 2021). The last two compose vectors for unknown words as well.
    """

    scheme: Literal["hash", "importance", "qr", "residues", "unified", "multi", "bytes"] = option(
        "hash", "how words share rows"
    )
    bucket: int | None = option(
        None, "rows of the table; default: a tenth of the words, at least 1000", low=1, high=MAX_ROWS
    )
    hash_count: int = option(2, "rows of a word in hash, importance, qr, residues; parts in unified", low=1, high=64)
    operation: Literal["add", "multiply", "concat"] = option("multiply", "how the rows of qr and residues are combined")
    min_n: int = option(3, "bytes in the shortest byte n-gram", low=1, high=MAX_N)
    max_n: int = option(6, "bytes in the longest byte n-gram", low=1, high=MAX_N)

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
        """The kind of subwords of the vectors, in the schemes that compose unknown words."""
        return {"bytes": "bytes", "multi": "features"}.get(self.scheme)

    @property
    def _digital(self) -> bool:
        """Whether the rows of a word follow from its rank, and no two words have the same rows."""
        return self.scheme in ("qr", "residues")

    @property
    def _parts(self) -> int:
        """The number of rows whose concatenation is a vector; 1 in the other schemes."""
        concatenated = self.scheme == "unified" or (self._digital and self.operation == "concat")
        return self.hash_count if concatenated else 1

    def _inputs(self, words: Vocabulary, options: FitOptions) -> Inputs:
        same = None if self._digital else _rows_of(options.init)  # which the rows of words depend on
        bucket = self.bucket or same or max(1000, len(words) // SHARE)
        if self.scheme == "bytes":
            hashing = NGramHash("bytes", self.min_n, self.max_n, bucket)
            return hashed_inputs(self, words, hashing, options)
        if self.scheme == "multi":
            composition = WordRows.of_rows(feature_rows(list(words), bucket), bucket)
            return table_inputs(self, words, composition, options, "features", min_n=1, max_n=1)
        compose = {"importance": "weighted", "unified": "concat", "hash": "mean"}.get(self.scheme, self.operation)
        if self._digital:
            rows = (digits if self.scheme == "qr" else residues)(len(words), bucket, self.hash_count)
        else:
            rows = hashed_words(words, bucket, self.hash_count)
        size = int(rows.max()) + 1 if self._digital else bucket
        composition = WordRows.of_rows(
            rows, size, "mean" if compose == "add" else compose, self.vector_size // self._parts
        )
        input, importance = self._table(rows, composition), None
        if compose == "weighted":
            importance = np.full(rows.size, self.hash_count**-0.5, np.float32)
        if options.init is not None:
            _start_from(options.init, composition, words, input, importance)
        codes = rows.astype(np.uint32)

        def vectors(metadata: dict[str, Any], context: Floats | None) -> KeyedVectors:
            factors = None if importance is None else importance.reshape(rows.shape)
            composed = Composed(codes, input, composition.compose, factors)
            return KeyedVectors(words, composed, metadata=metadata, context=context)

        return Inputs(composition.arguments(input, importance, options.frozen_words(words)), vectors)

    def _table(self, rows: Int32, composition: WordRows) -> Floats:
        """Random rows. A product starts near its first factor: rows of the other factors are 1 plus small noise."""
        input = self._random(composition.size, self.vector_size // self._parts)
        if composition.compose == "multiply":
            input[int(rows[:, 0].max()) + 1 :] += 1
        return input


def digits(words: int, bucket: int, count: int) -> Int32:
    """[V, count] the rows of the digits of each rank; no two words have the same rows.

    The base of all digits but the first is as small as possible, and the first digit has the remaining rows, which
    words of neighbouring ranks share. Two digits are quotient and remainder.
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
    """[V, count] the rows of the residues of each rank by coprime moduli, each near bucket / count.

    By the Chinese remainder theorem no two words have the same rows; the most frequent words share none.
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
    """The largest pairwise coprime numbers up to bucket / count; [0] where there are too few."""
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


def _rows_of(init: KeyedVectors | None) -> int | None:
    """The rows of the table that `init` has, whose words have their rows by its size; None where it has none."""
    if init is None:
        return None
    if isinstance(init.vectors, Composed):
        return len(init.vectors.table)
    return getattr(init.subwords and init.subwords.plain(), "bucket", None)


def _start_from(
    init: KeyedVectors, composition: WordRows, words: Vocabulary, input: Floats, importance: Floats | None
) -> None:
    """Copy the table of `init` to `input`, and the factors of its words to `importance`."""
    old, known = init.vectors, init.vocabulary.rows_of(words.data, words.offsets)
    own, shared = known[known >= 0], np.flatnonzero(known >= 0)
    rows = composition.rows.reshape(len(words), -1)
    same = (
        isinstance(old, Composed)
        and old.compose == composition.compose
        and old.table.shape == input.shape
        and old.codes.shape[1] == rows.shape[1]
        and np.array_equal(old.codes[own], rows[shared])
    )
    if not isinstance(old, Composed) or not same:
        raise OptionError(
            "init must have rows of the same numbers for its words, since words have none of their own here: train it "
            "with the same options and, where rows follow from ranks (qr, residues), on the same words"
        )
    input[:] = old.table
    if importance is not None and old.importance is not None:
        importance.reshape(rows.shape)[shared] = old.importance[own]
