"""Subwords: a table of n-gram vectors that composes vectors for words, also those that were never seen."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from copy import copy
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wordvec.base.errors import FormatError, OptionError
from wordvec.search.arrays import as_matrix
from wordvec.subwords.features import FEATURES, HASHES, feature_rows
from wordvec.subwords.ngrams import (
    SEED,
    NGramHash,
    check_lengths,
    kept_rows,
    listed_rows,
    mean_rows,
    ngram_strings,
    word_rows,
)
from wordvec.subwords.tables import EncodedTable, checked_pruned, codec_of, is_number, multiplied, opened
from wordvec.transforms import Transforms, joined, shift
from wordvec.vocabulary import Vocabulary, packed

Floats = NDArray[np.float32]
Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]

PRUNED = ("fasttext", "gensim")  # kinds whose tables may lack rows
_BLOCK = 1 << 17  # words whose rows are listed at a time
_ROWS = 1 << 24  # rows listed at a time, but for one word that has more
_DECODED = 16 << 20  # bytes of rows decoded at a time, about
_NGRAMS = 32  # of a word, to guess those bytes


class Subwords:
    """A table [R, D] of n-gram vectors, and how the n-grams of a word are found in it.

    `kind` is "fasttext", "floret", "finalfusion", "bytes" or "gensim", whose n-grams have hashed rows (`NGramHash`);
    "features", where four hashes of each feature of a word are its rows (`wordvec.subwords.features`); or "explicit":
    n-gram i of `names` has the row rows[i], or i. `bucket` is the rows that hashes fall on, by default R.

    Of a pruned fastText table, `pruned` [P, 2] says which rows are left, and where; n-grams of the others are left out
    of the mean or, with `zeros`, count in it as the last row of the table, which is zeros: as if the table had all
    rows, and zeros where nothing was learned. `table` is a float32 array, also of a mapped file, or an encoded matrix.
    `after` is what is done to the means, as a table can be multiplied but not brought to length 1: `transformed`.
    OptionError where these do not fit together.

    >>> table = np.eye(3, 2, dtype=np.float32)
    >>> subwords = Subwords("fasttext", table, min_n=3, max_n=3)
    >>> subwords.ngrams("no")
    [('<no', (1,)), ('no>', (2,))]
    >>> vectors, found = subwords.compose(["no", ""])
    >>> vectors.tolist(), found.tolist()
    ([[0.0, 0.5], [0.0, 0.0]], [True, False])
    """

    __slots__ = (
        *("_hashing", "_names", "_pruned", "_rows", "after", "bucket", "kind", "max_n", "min_n", "table", "zeros"),
    )

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
        after: Transforms | None = None,
    ) -> None:
        encoded = hasattr(table, "shape") and not isinstance(table, np.ndarray)
        self.table = table if encoded else as_matrix(table, "table", aligned=False)  # type: ignore[assignment]
        self.kind, self.min_n, self.max_n, self.zeros = kind, min_n, max_n, bool(zeros)
        self.bucket = self.table.shape[0] if bucket is None else bucket
        self.after = after
        if after is not None and after.dims[0] != self.table.shape[1]:
            raise OptionError(f"after must take the {self.table.shape[1]} numbers of the table; it is {after!r}")
        self._names, self._hashing, self._pruned, self._rows = names, None, None, None
        if zeros and (pruned is None or not self.table.shape[0]):
            raise OptionError("zeros must go with pruned, and a table whose last row is zeros")
        if (names is not None) != (kind == "explicit") or (pruned is not None and kind not in PRUNED):
            raise OptionError(f"names must be given for kind 'explicit', pruned for {PRUNED} only; kind is {kind!r}")
        if kind == "features":
            check_lengths(min_n, max_n)
            if self.bucket != self.table.shape[0]:
                raise OptionError(f"table must have the {self.bucket} rows of bucket; got {self.table.shape[0]}")
            return
        if names is None:
            self._hashing = NGramHash(kind, min_n, max_n, self.bucket, hash_count, hash_seed)
            if pruned is not None:
                self._pruned = checked_pruned(pruned, self.bucket, self.table.shape[0])
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
        return int(self.table.shape[1]) if self.after is None else self.after.dims[1]

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
        """Vectors [n, D] float32 of words by their n-grams, and [n] whether anything was learned of those of a word.

        A vector is the mean of the rows of the n-grams, and what `after` makes of it: of a word without a row of its
        own, fastText's very vector. It is zeros where the word has no n-gram, or only such whose rows are zeros.
        """
        data, offsets = packed(words)
        out = np.empty((len(offsets) - 1, self.table.shape[1]), np.float32)
        found = self.compose_into(out, data, offsets)
        found &= out.any(axis=1)
        return out if self.after is None else self.after.apply(out), found

    def compose_into(
        self,
        out: Floats,
        data: NDArray[np.uint8],
        offsets: Int64,
        *,
        own: bool = False,
        workers: int | None = None,
    ) -> NDArray[np.bool_]:
        """Write the means of the rows of packed words into `out` [n, D]; [n] whether a word has a row in the table.

        They are the vectors where there is no `after`. With `own`, `out` holds the own row of every word, which counts
        as one more: fastText's vector of a word.
        """
        found = np.empty(len(out), np.bool_)
        dense = isinstance(self.table, np.ndarray)
        step = _BLOCK if dense else max(1, _DECODED // (4 * _NGRAMS * self.table.shape[1]))
        for part in self._parts(offsets, len(out), step):
            starts, rows = self.rows(data, offsets[part.start : part.stop + 1], workers=workers)
            found[part] = self._any_learned(starts, rows)
            table = self.table
            if not isinstance(table, np.ndarray):
                wanted, places = np.unique(rows, return_inverse=True)
                table, rows = np.ascontiguousarray(table[wanted], np.float32), places.astype(np.int32)
            mean_rows(table, starts, rows, out[part], own=own, workers=workers)
        return found

    def _any_learned(self, starts: Int64, rows: Int32) -> NDArray[np.bool_]:
        """Which words have a row, but for the last one of a table with `zeros`, which stands for what is not there."""
        if self.zeros:
            before = np.zeros(len(rows) + 1, np.int64)
            np.cumsum(rows != self.table.shape[0] - 1, out=before[1:])
            starts = before[starts]
        return np.diff(starts) > 0

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
        """[n, D] the rows on which hashes fall; of those that a pruned table lacks the last one, or zeros."""
        if self._pruned is None:
            return np.asarray(self.table[buckets], np.float32)
        places, kept = self._places(buckets)
        out = np.zeros((len(buckets), self.table.shape[1]), np.float32)
        if self.zeros:
            out[:] = self.table[-1:]
        out[kept] = self.table[self._pruned[places[kept], 1]]
        return out

    def pruned(self, rows: int) -> Subwords:
        """The same with the `rows` longest rows of a fastText table; n-grams of the others have none.

        Short rows say little, and a vector is the mean of those that are left. OptionError for other kinds of tables,
        whose rows many n-grams share.
        """
        table, buckets = self._learned()
        if not is_number(rows) or not 1 <= rows <= len(buckets):
            raise OptionError(f"rows must be a number of rows from 1 to {len(buckets)}; got {rows!r}")
        kept = np.sort(np.argsort(-np.square(table, dtype=np.float64).sum(1), kind="stable")[:rows])
        pairs = np.stack([buckets[kept], np.arange(rows)], axis=1)
        options: dict[str, Any] = {"min_n": self.min_n, "max_n": self.max_n, "bucket": self.bucket}
        return type(self)(self.kind, table[kept], **options, pruned=pairs, after=self.after)

    def rebucketed(self, bucket: int) -> Subwords:
        """The same with a fastText table of `bucket` rows, a divisor of those that it has; rows that meet are averaged.

        A hash modulo a divisor is the hash modulo the old number, modulo the divisor; so any file of the format can
        say so. OptionError for other kinds of tables, and where `bucket` is no divisor.
        """
        table, buckets = self._learned()
        if not is_number(bucket) or not 1 <= bucket < self.bucket or self.bucket % bucket:
            raise OptionError(f"bucket must be a divisor of {self.bucket}, and smaller; got {bucket!r}")
        sums, counts = np.zeros((bucket, table.shape[1]), np.float64), np.bincount(buckets % bucket, minlength=bucket)
        np.add.at(sums, buckets % bucket, table)
        new = (sums / np.maximum(counts, 1)[:, None]).astype(np.float32)
        return type(self)(self.kind, new, min_n=self.min_n, max_n=self.max_n, after=self.after)

    def transformed(self, steps: Transforms) -> Subwords:
        """The same whose vectors are what `steps` make of those that these compose.

        What is linear is done to the table, which is exact, as vectors are means of its rows; what it adds to them, and
        what comes from the first step on that is not linear, such as Unit, is kept as `after`.
        """
        work = joined(self.after, steps)
        assert work is not None
        matrix, offset, rest = work.affine()
        left = ([shift(offset)] if offset.any() else []) + list(rest)
        changed = copy(self)
        changed.table, changed.after = multiplied(self.table, matrix), Transforms(left) if left else None
        return changed

    @property
    def is_linear(self) -> bool:
        """Whether a table alone can say all that is done: `plain` gives one."""
        return self.after is None or not self.after.affine()[2]

    def plain(self) -> Subwords | None:
        """The same without `after`, for formats that have no place for it; None where a table alone cannot say it.

        What is added to vectors is added to all rows, also to those of which nothing was learned.
        """
        if self.after is None:
            return self
        matrix, offset, rest = self.after.affine()
        if rest:
            return None
        changed = copy(self)
        changed.table, changed.after = multiplied(self.table, matrix, offset), None
        return changed

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
        if codec_of(self.table):
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
        if self.after is not None:
            parts |= {f"after.{name}": array for name, array in self.after.tensors().items()}
        return parts

    def config(self) -> dict[str, Any]:
        """What a file says of it, for JSON."""
        config: dict[str, Any] = {"kind": self.kind, "min_n": self.min_n, "max_n": self.max_n, "bucket": self.bucket}
        config["codec"] = codec_of(self.table) or "float32"
        if codec_of(self.table):
            config["codec_options"] = self.table.config()  # type: ignore[union-attr]
        if self.zeros:
            config["zeros"] = True
        if self.kind == "floret":
            config |= {"hash_count": self.hash_count, "hash_seed": self.hash_seed}
        if self._names is not None:
            config["max_probe"] = self._names.max_probe
        if self.after is not None:
            config["after"] = self.after.config()
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
            how: dict[str, Any] = {"names": names, "rows": rows, "pruned": pruned, "zeros": bool(config.get("zeros"))}
            if config.get("after"):
                own = {name[6:]: array for name, array in tensors.items() if name.startswith("after.")}
                how["after"] = Transforms.from_tensors(own, config["after"])
            return cls(config.get("kind", ""), opened(tensors, config), **options, **how)
        except (OptionError, KeyError, TypeError, ValueError) as error:
            raise FormatError(f"subword: {error}") from None
