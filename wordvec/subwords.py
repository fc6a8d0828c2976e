"""Subwords: a table of n-gram vectors that composes vectors for words, also those that were never seen."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wordvec.errors import FormatError, OptionError
from wordvec.rows import SEED, NGramHash, check_lengths, kept_rows, listed_rows, mean_rows, ngram_strings, word_rows
from wordvec.rows.features import FEATURES, HASHES, feature_rows
from wordvec.search.arrays import as_matrix
from wordvec.vocabulary import Vocabulary, packed

Floats = NDArray[np.float32]
Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]

_BLOCK = 1 << 17  # words whose rows are listed at a time
_ROWS = 1 << 24  # rows listed at a time, but for one word that has more
_DECODED = 16 << 20  # bytes of rows decoded at a time, about
_NGRAMS = 32  # of a word, to guess those bytes


class EncodedTable(Protocol):
    """Rows that are decoded when they are asked for."""

    @property
    def shape(self) -> tuple[int, int]: ...  # noqa: D102
    def __getitem__(self, rows: Any) -> Floats: ...
    def __array__(self, dtype: Any = None, copy: Any = None) -> NDArray[Any]: ...


class Subwords:
    """A table [R, D] of n-gram vectors, and how the n-grams of a word are found in it.

    `kind` is "fasttext", "floret", "finalfusion" or "bytes", whose n-grams have hashed rows (`wordvec.rows.NGramHash`);
    "features", where four hashes of each feature of a word are its rows (`wordvec.rows.features`); or "explicit":
    n-gram i of `names` has the row rows[i], or i. `bucket` is the rows that hashes fall on, by default R.

    Of a pruned fastText table, `pruned` [P, 2] says which rows are left, and where; n-grams of the others are left out
    of the mean or, with `zeros`, count in it as the last row of the table, which is zeros: as if the table had all
    rows, and zeros where nothing was learned. `table` is a float32 array, also of a mapped file, or an encoded matrix.
    OptionError where these do not fit together.

    >>> table = np.eye(3, 2, dtype=np.float32)
    >>> subwords = Subwords("fasttext", table, min_n=3, max_n=3)
    >>> subwords.ngrams("no")
    [('<no', (1,)), ('no>', (2,))]
    >>> vectors, found = subwords.compose(["no", ""])
    >>> vectors.tolist(), found.tolist()
    ([[0.0, 0.5], [0.0, 0.0]], [True, False])
    """

    __slots__ = ("_hashing", "_names", "_pruned", "_rows", "bucket", "kind", "max_n", "min_n", "table", "zeros")

    table: Floats | EncodedTable  # [R, D]

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
        pruned: ArrayLike | None = None,
        zeros: bool = False,
        names: Vocabulary | None = None,
        rows: ArrayLike | None = None,
    ) -> None:
        encoded = hasattr(table, "shape") and not isinstance(table, np.ndarray)
        self.table = table if encoded else as_matrix(table, "table", aligned=False)  # type: ignore[assignment]
        self.kind, self.min_n, self.max_n, self.zeros = kind, min_n, max_n, bool(zeros)
        self.bucket = self.table.shape[0] if bucket is None else bucket
        self._names, self._hashing, self._pruned, self._rows = names, None, None, None
        if zeros and (pruned is None or not self.table.shape[0]):
            raise OptionError("zeros must go with pruned, and a table whose last row is zeros")
        if (names is not None) != (kind == "explicit") or (pruned is not None and kind != "fasttext"):
            raise OptionError(f"names must be given for kind 'explicit', pruned for 'fasttext' only; kind is {kind!r}")
        if kind == "features":
            check_lengths(min_n, max_n)
            if self.bucket != self.table.shape[0]:
                raise OptionError(f"table must have the {self.bucket} rows of bucket; got {self.table.shape[0]}")
            return
        if names is None:
            self._hashing = NGramHash(kind, min_n, max_n, self.bucket, hash_count, hash_seed)
            if pruned is not None:
                self._pruned = _checked_pruned(pruned, self.bucket, self.table.shape[0])
            elif self.bucket != self.table.shape[0]:
                raise OptionError(f"table must have the {self.bucket} rows of bucket; got {self.table.shape[0]}")
            return
        check_lengths(min_n, max_n)
        listed = len(names) if rows is None else len(np.asarray(rows))
        self._rows = None if rows is None else np.asarray(rows, np.uint32)
        most = len(names) if self._rows is None else int(self._rows.max(initial=0)) + 1
        if listed != len(names) or (len(names) and most > self.table.shape[0]):
            raise OptionError(
                f"every one of {len(names)} n-grams must have a row below {self.table.shape[0]}; "
                f"got {listed} rows below {most}"
            )

    @property
    def vector_size(self) -> int:
        """D, the numbers in a vector."""
        return int(self.table.shape[1])

    @property
    def hash_count(self) -> int:
        """How many rows an n-gram has."""
        return 1 if self._hashing is None else self._hashing.hash_count

    @property
    def hash_seed(self) -> int:
        """The seed of floret's hash."""
        return SEED if self._hashing is None else self._hashing.hash_seed

    @property
    def lacks_rows(self) -> bool:
        """Whether n-grams of a pruned table are left out of the mean, for which most formats have no place."""
        return self._pruned is not None and not self.zeros

    def __repr__(self) -> str:
        rows, size = self.table.shape
        return f"Subwords of kind {self.kind}: {rows} rows x {size}, n-grams of {self.min_n} to {self.max_n} characters"

    def rows(self, data: NDArray[np.uint8], offsets: Int64, *, workers: int | None = None) -> tuple[Int64, Int32]:
        """The rows of packed words in CSR form, starts [N+1] and rows; n-grams that the table lacks have none."""
        if self.kind == "features":
            words = [data[a:b].tobytes().decode("utf-8", "surrogateescape") for a, b in pairwise(offsets.tolist())]
            found = feature_rows(words, self.bucket)
            return found.shape[1] * np.arange(len(found) + 1, dtype=np.int64), found.ravel()
        if self._hashing is None:
            assert self._names is not None
            return listed_rows(data, offsets, self.min_n, self.max_n, self._names, self._rows)
        starts, rows = word_rows(data, offsets, self._hashing, workers=workers)
        if self._pruned is None:
            return starts, rows
        places, kept = self._places(rows)
        if self.zeros:
            last = np.int32(self.table.shape[0] - 1)
            return starts, np.where(kept, self._pruned[places, 1], last) if len(self._pruned) else 0 * rows + last
        starts, places = kept_rows(starts, places, kept)
        return starts, self._pruned[places, 1]

    def _places(self, rows: Int32) -> tuple[Int64, NDArray[np.bool_]]:
        """Where rows of before pruning stand in `pruned`, and which of them do."""
        assert self._pruned is not None
        if not len(self._pruned):
            return np.zeros(len(rows), np.int64), np.zeros(len(rows), np.bool_)
        places = np.minimum(np.searchsorted(self._pruned[:, 0], rows), len(self._pruned) - 1)
        return places, self._pruned[places, 0] == rows

    def compose(self, words: Sequence[str]) -> tuple[Floats, NDArray[np.bool_]]:
        """Vectors [n, D] float32 from the n-grams of words, and [n] whether a word has any; zeros where it has none.

        A vector is the mean of the rows of the n-grams: of a word without a row of its own, fastText's very vector.
        """
        data, offsets = packed(words)
        out = np.empty((len(offsets) - 1, self.vector_size), np.float32)
        return out, self.compose_into(out, data, offsets)

    def compose_into(
        self,
        out: Floats,
        data: NDArray[np.uint8],
        offsets: Int64,
        *,
        own: bool = False,
        workers: int | None = None,
    ) -> NDArray[np.bool_]:
        """Write the vectors of packed words into `out` [n, D]; [n] whether a word has any n-gram in the table.

        With `own`, `out` holds the own row of every word, which counts as one more: fastText's vector of a word.
        """
        found = np.empty(len(out), np.bool_)
        dense = isinstance(self.table, np.ndarray)
        step = _BLOCK if dense else max(1, _DECODED // (4 * _NGRAMS * self.vector_size))
        for part in self._parts(offsets, len(out), step):
            starts, rows = self.rows(data, offsets[part.start : part.stop + 1], workers=workers)
            np.greater(np.diff(starts), 0, out=found[part])
            table = self.table
            if not isinstance(table, np.ndarray):
                wanted, places = np.unique(rows, return_inverse=True)
                table, rows = np.ascontiguousarray(table[wanted], np.float32), places.astype(np.int32)
            mean_rows(table, starts, rows, out[part], own=own, workers=workers)
        return found

    def _parts(self, offsets: Int64, size: int, step: int) -> Iterator[slice]:
        """Runs of at most `step` words that have few enough rows, however long the words are."""
        most = _ROWS // ((self.max_n - self.min_n + 1) * self.hash_count)  # n-grams start at a byte, `<` or `>`
        first = 0
        while first < size:
            last = min(first + step, size)
            places = offsets[first : last + 1] - offsets[first] + 2 * np.arange(last - first + 1)
            last = first + max(1, int(np.searchsorted(places, most, "right")) - 1)
            yield slice(first, last)
            first = last

    def ngrams(self, word: str) -> list[tuple[str, tuple[int, ...]]]:
        """The n-grams of a word in order, each with its rows in the table; none for an n-gram that the table lacks."""
        data, offsets = packed([word])
        if self.kind == "features":
            fours = self.rows(data, offsets)[1].reshape(-1, HASHES).tolist()
            return [(name, tuple(four)) for name, four in zip(FEATURES, fours)]
        edges = self._hashing is None or self._hashing.edges
        _, grams, ends = ngram_strings(data, offsets, self.min_n, self.max_n, edges)
        strings = [grams[a:b].tobytes().decode("utf-8", "surrogateescape") for a, b in pairwise(ends.tolist())]
        if self._hashing is None:
            assert self._names is not None
            found = [-1 if place is None else place for place in map(self._names.get, strings)]
            rows = [place if self._rows is None or place < 0 else int(self._rows[place]) for place in found]
            return [(string, (row,) if row >= 0 else ()) for string, row in zip(strings, rows)]
        hashed = word_rows(data, offsets, self._hashing)[1].reshape(-1, self.hash_count)
        if not len(hashed):
            return []
        if self._hashing.whole:
            strings.insert(0, f"<{word}>")
        if self._pruned is not None:
            left = dict(self._pruned.tolist())
            return [(s, (left[row],) if row in left else ()) for s, row in zip(strings, hashed[:, 0].tolist())]
        return [(string, tuple(row)) for string, row in zip(strings, hashed.tolist())]

    def rows_of(self, buckets: Int32) -> Floats:
        """[n, D] the rows on which hashes fall, zeros for those that a pruned table lacks."""
        if self._pruned is None:
            return np.asarray(self.table[buckets], np.float32)
        places, kept = self._places(buckets)
        out = np.zeros((len(buckets), self.vector_size), np.float32)
        out[kept] = self.table[self._pruned[places[kept], 1]]
        return out

    def pruned(self, rows: int) -> Subwords:
        """The same with the `rows` longest rows of a fastText table; n-grams of the others have none.

        Short rows say little, and a vector is the mean of those that are left. OptionError for other kinds of tables,
        whose rows many n-grams share.
        """
        table, buckets = self._learned()
        if not _is_number(rows) or not 1 <= rows <= len(buckets):
            raise OptionError(f"rows must be a number of rows from 1 to {len(buckets)}; got {rows!r}")
        kept = np.sort(np.argsort(-np.square(table, dtype=np.float64).sum(1), kind="stable")[:rows])
        pairs = np.stack([buckets[kept], np.arange(rows)], axis=1)
        return type(self)(self.kind, table[kept], min_n=self.min_n, max_n=self.max_n, bucket=self.bucket, pruned=pairs)

    def rebucketed(self, bucket: int) -> Subwords:
        """The same with a fastText table of `bucket` rows, a divisor of those that it has; rows that meet are averaged.

        A hash modulo a divisor is the hash modulo the old number, modulo the divisor; so any file of the format can
        say so. OptionError for other kinds of tables, and where `bucket` is no divisor.
        """
        table, buckets = self._learned()
        if not _is_number(bucket) or not 1 <= bucket < self.bucket or self.bucket % bucket:
            raise OptionError(f"bucket must be a divisor of {self.bucket}, and smaller; got {bucket!r}")
        sums, counts = np.zeros((bucket, self.vector_size), np.float64), np.bincount(buckets % bucket, minlength=bucket)
        np.add.at(sums, buckets % bucket, table)
        new = (sums / np.maximum(counts, 1)[:, None]).astype(np.float32)
        return type(self)(self.kind, new, min_n=self.min_n, max_n=self.max_n)

    def _learned(self) -> tuple[Floats, Int32]:
        """The rows of a fastText table that n-grams of its training have, and the bucket of each."""
        if self.kind != "fasttext":
            raise OptionError(f"subwords must be of the kind 'fasttext' to be made fewer; they are {self!r}")
        if self._pruned is None:
            return np.asarray(self.table, np.float32), np.arange(self.bucket, dtype=np.int32)
        return np.asarray(self.table[self._pruned[:, 1]], np.float32), self._pruned[:, 0]

    def tensors(self) -> dict[str, NDArray[Any]]:
        """What a file holds of it, by name: `table` and, of other kinds of tables, what belongs to them."""
        parts: dict[str, NDArray[Any]]
        if _codec(self.table):
            parts = {f"table{suffix}": array for suffix, array in self.table.tensors().items()}  # type: ignore[union-attr]
        else:
            parts = {"table": np.asarray(self.table)}
        if self._pruned is not None:
            parts["pruned"] = self._pruned
        if self._names is not None:
            names = self._names
            parts |= {"data": names.data, "offsets": names.offsets, **names.index_of_words.tensors()}
            if self._rows is not None:
                parts["row"] = self._rows
        return parts

    def config(self) -> dict[str, Any]:
        """What a file says of it, for JSON."""
        config: dict[str, Any] = {"kind": self.kind, "min_n": self.min_n, "max_n": self.max_n, "bucket": self.bucket}
        config["codec"] = _codec(self.table) or "float32"
        if _codec(self.table):
            config["codec_options"] = self.table.config()  # type: ignore[union-attr]
        if self.zeros:
            config["zeros"] = True
        if self.kind == "floret":
            config |= {"hash_count": self.hash_count, "hash_seed": self.hash_seed}
        if self._names is not None:
            config["max_probe"] = self._names.max_probe
        return config

    def copied(self) -> Subwords:
        """The same with arrays of its own, none of them mapped from a file; an encoded table stays so."""
        tensors = {name: np.array(array) for name, array in self.tensors().items()}
        return type(self).from_tensors(tensors, self.config())

    @classmethod
    def from_tensors(cls, tensors: Mapping[str, NDArray[Any]], config: Mapping[str, Any]) -> Subwords:
        """What `tensors` and `config` came from; FormatError where they do not fit. A mapped table is not read."""
        if not isinstance(config, Mapping):
            raise FormatError(f"subword must be an object in the header; got {config!r:.80}")
        for name, kind in (("kind", str), ("codec", str), ("codec_options", dict), ("zeros", bool)):
            if not isinstance(config.get(name), (kind, type(None))):
                raise FormatError(f"subword.{name} must be a {kind.__name__}; got {config[name]!r:.80}")
        try:
            numbers = {"hash_count": 1, "hash_seed": SEED, "max_probe": 0, **config}
            for name in ("min_n", "max_n", "bucket", "hash_count", "hash_seed", "max_probe"):
                if type(numbers.get(name)) is not int or numbers[name] < 0:
                    raise FormatError(f"subword.{name} must be a number of at least 0; got {numbers.get(name)!r}")
            names = None
            if "data" in tensors:
                index = {"order": tensors["order"]} if "order" in tensors else {"hash": tensors["hash"]}
                names = Vocabulary(tensors["data"], tensors["offsets"], max_probe=numbers["max_probe"], **index)
            rows, pruned = tensors.get("row"), tensors.get("pruned")
            if any(array is not None and array.dtype.kind not in "iu" for array in (rows, pruned)):
                raise FormatError("subword.row and subword.pruned must hold integers; they do not")
            if rows is not None and rows.ndim != 1:
                raise FormatError(f"subword.row must be one row of integers; its shape is {rows.shape}")
            options = {name: numbers[name] for name in ("min_n", "max_n", "bucket", "hash_count", "hash_seed")}
            table = _opened(tensors, config)
            zeros = bool(config.get("zeros"))
            return cls(config.get("kind", ""), table, **options, names=names, rows=rows, pruned=pruned, zeros=zeros)
        except (OptionError, KeyError, TypeError, ValueError) as error:
            raise FormatError(f"subword: {error}") from None


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, np.integer)) and not isinstance(value, bool)


def _codec(table: Any) -> str:
    """The name of the codec of a table, or "": a table that has none, or cannot be stored but decoded."""
    return "" if isinstance(table, np.ndarray) or not hasattr(table, "tensors") else str(table.name)


def _opened(tensors: Mapping[str, NDArray[Any]], config: Mapping[str, Any]) -> Any:
    codec = config.get("codec", "float32")
    if codec == "float32":
        if tensors["table"].dtype != np.float32 or tensors["table"].ndim != 2:
            raise FormatError(f"subword.table must be a matrix of float32; got {tensors['table'].dtype}")
        return tensors["table"]
    from wordvec.codecs import open_codec  # type: ignore[import-not-found, unused-ignore]

    parts = {name[len("table") :]: array for name, array in tensors.items() if name.startswith("table")}
    return open_codec(codec, parts, config.get("codec_options", {}))


def _checked_pruned(pruned: ArrayLike, bucket: int, rows: int) -> Int32:
    """[P, 2] int32, rising: rows before pruning, which must be distinct and below `bucket`, and after, below `rows`."""
    pairs = np.asarray(pruned)
    if pairs.ndim != 2 or pairs.shape[1] != 2 or pairs.dtype.kind not in "iu":
        raise OptionError(f"pruned must be pairs of rows; got {pairs.dtype} of shape {pairs.shape}")
    pairs = pairs[np.argsort(pairs[:, 0], kind="stable")]
    low, high = (pairs.min(0), pairs.max(0)) if len(pairs) else (np.zeros(2), -np.ones(2))
    if min(low) < 0 or high[0] >= bucket or high[1] >= rows or (np.diff(pairs[:, 0]) == 0).any():
        raise OptionError(f"pruned must have distinct rows below {bucket}, and rows below {rows}; it has others")
    return np.ascontiguousarray(pairs, np.int32)
