"""Tables whose rows are found by hashing: n-grams as fastText, floret, finalfusion, byteSteady and gensim hash them."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wordvec.base.errors import OptionError
from wordvec.subwords.base import Bytes, Floats, Int32, Int64, Subwords, check_rows, misplaced, whole_numbers
from wordvec.subwords.ngrams import HASH_FUNCTIONS, SEED, NGramHash, kept_rows, ngram_strings, word_rows
from wordvec.subwords.tables import EncodedTable, checked_pruned, is_number
from wordvec.transforms import Transforms
from wordvec.vocabulary import packed

PRUNABLE = tuple(name for name, function in HASH_FUNCTIONS.items() if function.prunable)


class HashedNGrams(Subwords):
    """N-grams whose rows are hash values: `kind` names the hash function, as in `NGramHash`.

    `bucket` is the number of hash values, by default the R rows of the table.

    >>> table = np.eye(3, 2, dtype=np.float32)
    >>> subwords = HashedNGrams("fasttext", table, min_n=3, max_n=3)
    >>> subwords.ngrams("no")
    [('<no', (1,)), ('no>', (2,))]
    >>> vectors, known = subwords.compose(["no", ""])
    >>> vectors.tolist(), known.tolist()
    ([[0.0, 0.5], [0.0, 0.0]], [True, False])
    """

    __slots__ = ("_hashing",)

    def __init__(
        self,
        kind: str,
        table: ArrayLike | EncodedTable,
        *,
        min_n: int,
        max_n: int,
        bucket: int | None = None,
        hash_count: int = 1,
        hash_seed: int = SEED,
        after: Transforms | None = None,
    ) -> None:
        super().__init__(kind, table, min_n, max_n, bucket, after)
        self._hashing = NGramHash(kind, min_n, max_n, self.bucket, hash_count, hash_seed)
        self._check_table()

    def _check_table(self) -> None:
        check_rows(self.table, self.bucket)

    @classmethod
    def make(
        cls,
        kind: str,
        table: ArrayLike | EncodedTable,
        *,
        pruned: ArrayLike | None = None,
        zeros: bool = False,
        **options: Any,
    ) -> HashedNGrams:
        """`PrunedNGrams` where `pruned` says which rows are there, else a table of all rows."""
        if pruned is not None:
            return PrunedNGrams(kind, table, pruned, zeros=zeros, **options)
        if zeros:
            raise OptionError("zeros must go with pruned, and a table whose last row is zeros")
        return HashedNGrams(kind, table, **options)

    @property
    def hash_count(self) -> int:
        """The number of rows of an n-gram."""
        return self._hashing.hash_count

    @property
    def hash_seed(self) -> int:
        """The seed of floret's hash."""
        return self._hashing.hash_seed

    def rows(self, data: Bytes, offsets: Int64, *, workers: int | None = None) -> tuple[Int64, Int32]:
        """The rows of packed words in CSR form: indptr [N+1] and rows; n-grams that the table lacks have none."""
        return word_rows(data, offsets, self._hashing, workers=workers)

    def ngrams(self, word: str) -> list[tuple[str, tuple[int, ...]]]:
        """The n-grams of a word in order, each with its rows in the table; none for an n-gram that the table lacks."""
        data, offsets = packed([word])
        hashed = word_rows(data, offsets, self._hashing)[1].reshape(-1, self.hash_count)
        if not len(hashed):
            return []
        _, grams, ends = ngram_strings(data, offsets, self.min_n, self.max_n, self._hashing.edges)
        strings = [grams[a:b].tobytes().decode("utf-8", "surrogateescape") for a, b in pairwise(ends.tolist())]
        if self._hashing.whole:
            strings.insert(0, f"<{word}>")
        return [(string, self._listed(row)) for string, row in zip(strings, hashed.tolist())]

    def _listed(self, hashes: list[int]) -> tuple[int, ...]:
        """The rows of the hash values of an n-gram."""
        return tuple(hashes)

    def pruned(self, rows: int) -> Subwords:
        """The same with only the `rows` longest rows: see `Subwords.pruned`."""
        table, buckets = self._learned()
        if not is_number(rows) or not 1 <= rows <= len(buckets):
            raise OptionError(f"rows must be a number of rows from 1 to {len(buckets)}; got {rows!r}")
        kept = np.sort(np.argsort(-np.square(table, dtype=np.float64).sum(1), kind="stable")[:rows])
        pairs = np.stack([buckets[kept], np.arange(rows)], axis=1)
        options: dict[str, Any] = {"min_n": self.min_n, "max_n": self.max_n, "bucket": self.bucket}
        return PrunedNGrams(self.kind, table[kept], pairs, **options, after=self.after)

    def rebucketed(self, bucket: int) -> Subwords:
        """The same with a table of `bucket` rows, a divisor of the present number: see `Subwords.rebucketed`."""
        table, buckets = self._learned()
        if not is_number(bucket) or not 1 <= bucket < self.bucket or self.bucket % bucket:
            raise OptionError(f"bucket must be a divisor of {self.bucket}, and smaller; got {bucket!r}")
        sums, counts = np.zeros((bucket, table.shape[1]), np.float64), np.bincount(buckets % bucket, minlength=bucket)
        np.add.at(sums, buckets % bucket, table)
        means = (sums / np.maximum(counts, 1)[:, None]).astype(np.float32)
        return HashedNGrams(self.kind, means, min_n=self.min_n, max_n=self.max_n, after=self.after)

    def _learned(self) -> tuple[Floats, Int32]:
        """The trained rows of a fastText table, and the hash value of each."""
        if not HASH_FUNCTIONS[self.kind].reducible:
            raise self._fixed_size()
        return self._trained()

    def _trained(self) -> tuple[Floats, Int32]:
        return np.asarray(self.table, np.float32), np.arange(self.bucket, dtype=np.int32)

    def _kind_config(self) -> dict[str, Any]:
        several = HASH_FUNCTIONS[self.kind].most_hashes > 1
        return {"hash_count": self.hash_count, "hash_seed": self.hash_seed} if several else {}

    @classmethod
    def _from_parts(
        cls, table: Any, tensors: Mapping[str, NDArray[Any]], config: Mapping[str, Any], options: dict[str, Any]
    ) -> Subwords:
        kind, pruned = config["kind"], whole_numbers(tensors, "pruned")
        if "data" in tensors:
            raise misplaced(kind, PRUNABLE)
        hashing = {name: config[name] for name in ("hash_count", "hash_seed")}
        zeros = bool(config.get("zeros"))
        return HashedNGrams.make(kind, table, **options, **hashing, pruned=pruned, zeros=zeros)


class PrunedNGrams(HashedNGrams):
    """A hashed table that lacks rows: `pruned` [P, 2] says which hash values have a row, and where.

    N-grams without a row are left out of the mean. With `zeros` they count in it as the last row of the table, which
    is zeros: as if the table had all rows, and zeros where nothing was trained. The other options are those of
    `HashedNGrams`, with the `bucket` of the table before pruning.

    >>> table = np.eye(2, 2, dtype=np.float32)
    >>> subwords = PrunedNGrams("fasttext", table, [[0, 1], [7, 0]], min_n=3, max_n=3, bucket=8)
    >>> subwords.ngrams("no"), subwords.lacks_rows
    ([('<no', (1,)), ('no>', ())], True)
    """

    __slots__ = ("_pruned", "zeros")

    def __init__(
        self,
        kind: str,
        table: ArrayLike | EncodedTable,
        pruned: ArrayLike,
        *,
        zeros: bool = False,
        **options: Any,
    ) -> None:
        super().__init__(kind, table, **options)
        self.zeros = bool(zeros)
        if zeros and not self.table.shape[0]:
            raise OptionError("zeros must go with pruned, and a table whose last row is zeros")
        self._pruned = checked_pruned(pruned, self.bucket, self.table.shape[0])

    def _check_table(self) -> None:
        if self.kind not in PRUNABLE:
            raise misplaced(self.kind, PRUNABLE)

    @property
    def lacks_rows(self) -> bool:
        """Whether n-grams without a row are left out of the mean; most formats cannot store such a table."""
        return not self.zeros

    def rows(self, data: Bytes, offsets: Int64, *, workers: int | None = None) -> tuple[Int64, Int32]:
        """The rows of packed words in CSR form: indptr [N+1] and rows; n-grams that the table lacks have none."""
        indptr, hashes = super().rows(data, offsets, workers=workers)
        places, present = self._places(hashes)
        if self.zeros:
            last = np.int32(self.table.shape[0] - 1)
            return indptr, np.where(present, self._pruned[places, 1], last) if len(self._pruned) else 0 * hashes + last
        indptr, places = kept_rows(indptr, places, present)
        return indptr, self._pruned[places, 1]

    def _places(self, hashes: Int32) -> tuple[Int64, NDArray[np.bool_]]:
        """(index of each hash value in `pruned`, whether it is there)."""
        if not len(self._pruned):
            return np.zeros(len(hashes), np.int64), np.zeros(len(hashes), np.bool_)
        places = np.minimum(np.searchsorted(self._pruned[:, 0], hashes), len(self._pruned) - 1)
        return places, self._pruned[places, 0] == hashes

    def _any_learned(self, indptr: Int64, rows: Int32) -> NDArray[np.bool_]:
        """[n] whether a word has a row, other than the last one of a table with `zeros`."""
        if self.zeros:
            before = np.zeros(len(rows) + 1, np.int64)
            np.cumsum(rows != self.table.shape[0] - 1, out=before[1:])
            indptr = before[indptr]
        return np.diff(indptr) > 0

    def _listed(self, hashes: list[int]) -> tuple[int, ...]:
        places, present = self._places(np.array(hashes[:1], np.int32))
        return (int(self._pruned[places[0], 1]),) if present[0] else ()

    def rows_of(self, buckets: Int32) -> Floats:
        """[n, D] the rows of hash values; where the table lacks them the last row, or zeros."""
        places, present = self._places(buckets)
        out = np.zeros((len(buckets), self.table.shape[1]), np.float32)
        if self.zeros:
            out[:] = self.table[-1:]
        out[present] = self.table[self._pruned[places[present], 1]]
        return out

    def _trained(self) -> tuple[Floats, Int32]:
        return np.asarray(self.table[self._pruned[:, 1]], np.float32), self._pruned[:, 0]

    def _kind_tensors(self) -> dict[str, NDArray[Any]]:
        return {"pruned": self._pruned}

    def _kind_config(self) -> dict[str, Any]:
        return ({"zeros": True} if self.zeros else {}) | super()._kind_config()
