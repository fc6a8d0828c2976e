"""Subwords: a table of n-gram vectors that composes vectors for words, including words that were never seen."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from copy import copy
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wordvec.base.errors import FormatError, OptionError
from wordvec.search.arrays import as_matrix
from wordvec.subwords.ngrams import SEED, mean_rows
from wordvec.subwords.tables import EncodedTable, codec_of, multiplied, opened
from wordvec.transforms import Transforms, joined, shift
from wordvec.vocabulary import packed

Bytes = NDArray[np.uint8]
Floats = NDArray[np.float32]
Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]

_BLOCK = 1 << 17  # words whose rows are listed at a time
_ROWS = 1 << 24  # rows listed at a time; a single word may have more
_DECODED = 16 << 20  # bytes of rows decoded at a time, roughly
_NGRAMS = 32  # n-grams of a word, to estimate those bytes
_TYPES = {"kind": str, "codec": str, "codec_options": dict, "zeros": bool}  # of what a file says
_DEFAULTS = {"hash_count": 1, "hash_seed": SEED, "max_probe": 0}


class Subwords(ABC):
    """A table [R, D] of n-gram vectors, and how the rows of a word's n-grams are found in it.

    Each kind is a class: `HashedNGrams` (fastText, floret, finalfusion, bytes, gensim), `PrunedNGrams` (a table that
    lacks rows), `ExplicitNGrams` (n-grams by name) and `WordFeatures`. `make_subwords` makes them by the name of their
    kind. The vector of a word is the mean of its rows, and what `after` makes of that mean: steps such as `Unit`, which
    cannot be applied to the table. `table` is a float32 array, also of a mapped file, or an encoded matrix. OptionError
    where table, lengths and `after` do not fit together.
    """

    __slots__ = ("after", "bucket", "kind", "max_n", "min_n", "table")

    table: Floats | EncodedTable  # [R, D]

    def __init__(
        self,
        kind: str,
        table: ArrayLike | EncodedTable,
        min_n: int,
        max_n: int,
        bucket: int | None,
        after: Transforms | None,
    ) -> None:
        encoded = hasattr(table, "shape") and not isinstance(table, np.ndarray)
        self.table = table if encoded else as_matrix(table, "table", aligned=False)  # type: ignore[assignment]
        self.kind, self.min_n, self.max_n, self.after = kind, min_n, max_n, after
        self.bucket = self.table.shape[0] if bucket is None else bucket
        if after is not None and after.dims[0] != self.table.shape[1]:
            raise OptionError(f"after must take the {self.table.shape[1]} numbers of the table; it is {after!r}")

    @property
    def vector_size(self) -> int:
        """D, the dimensions of a composed vector."""
        return int(self.table.shape[1]) if self.after is None else self.after.dims[1]

    @property
    def hash_count(self) -> int:
        """The number of rows of an n-gram."""
        return 1

    @property
    def lacks_rows(self) -> bool:
        """Whether n-grams without a row are left out of the mean; most formats cannot store such a table."""
        return False

    @classmethod
    @abstractmethod
    def make(cls, kind: str, table: ArrayLike | EncodedTable, **options: Any) -> Subwords:
        """Subwords of a kind by its name, with the options of its constructor: `make_subwords`."""

    def __repr__(self) -> str:
        rows, size = self.table.shape
        return f"Subwords of kind {self.kind}: {rows} rows x {size}, n-grams of {self.min_n} to {self.max_n} characters"

    @abstractmethod
    def rows(self, data: Bytes, offsets: Int64, *, workers: int | None = None) -> tuple[Int64, Int32]:
        """The rows of packed words in CSR form: indptr [N+1] and rows; n-grams that the table lacks have none."""

    @abstractmethod
    def ngrams(self, word: str) -> list[tuple[str, tuple[int, ...]]]:
        """The n-grams of a word in order, each with its rows in the table; none for an n-gram that the table lacks."""

    def compose(self, words: Sequence[str]) -> tuple[Floats, NDArray[np.bool_]]:
        """Vectors [n, D] float32 of words from their n-grams, and [n] whether a word has a trained n-gram.

        A vector is the mean of the rows of the n-grams, transformed by `after`: for a word without a row of its own,
        the same floats as in fastText. A word without n-grams, or whose rows are all zeros, gets zeros.
        """
        data, offsets = packed(words)
        out = np.empty((len(offsets) - 1, self.table.shape[1]), np.float32)
        known = self.compose_into(out, data, offsets)
        known &= out.any(axis=1)
        return out if self.after is None else self.after.apply(out), known

    def compose_into(
        self,
        out: Floats,
        data: Bytes,
        offsets: Int64,
        *,
        own: bool = False,
        workers: int | None = None,
    ) -> NDArray[np.bool_]:
        """Write the means of the rows of packed words into `out` [n, D]; [n] whether a word has a row in the table.

        `after` is not applied. With `own`, `out` holds each word's own row, which counts as one more row of the mean,
        as in fastText.
        """
        known = np.empty(len(out), np.bool_)
        dense = isinstance(self.table, np.ndarray)
        step = _BLOCK if dense else max(1, _DECODED // (4 * _NGRAMS * self.table.shape[1]))
        for part in self._parts(offsets, len(out), step):
            indptr, rows = self.rows(data, offsets[part.start : part.stop + 1], workers=workers)
            known[part] = self._any_learned(indptr, rows)
            table = self.table
            if not isinstance(table, np.ndarray):
                distinct, places = np.unique(rows, return_inverse=True)
                table, rows = np.ascontiguousarray(table[distinct], np.float32), places.astype(np.int32)
            mean_rows(table, indptr, rows, out[part], own=own, workers=workers)
        return known

    def _any_learned(self, indptr: Int64, rows: Int32) -> NDArray[np.bool_]:
        """[n] whether a word has a row."""
        return np.diff(indptr) > 0

    def _parts(self, offsets: Int64, size: int, step: int) -> Iterator[slice]:
        """Ranges of at most `step` words with at most `_ROWS` rows, however long the words are."""
        most = _ROWS // ((self.max_n - self.min_n + 1) * self.hash_count)  # n-grams start at a byte, `<` or `>`
        first = 0
        while first < size:
            last = min(first + step, size)
            places = offsets[first : last + 1] - offsets[first] + 2 * np.arange(last - first + 1)
            last = first + max(1, int(np.searchsorted(places, most, "right")) - 1)
            yield slice(first, last)
            first = last

    def rows_of(self, buckets: Int32) -> Floats:
        """[n, D] the rows of hash values; where a pruned table lacks them the last row, or zeros."""
        return np.asarray(self.table[buckets], np.float32)

    def pruned(self, rows: int) -> Subwords:
        """The same with only the `rows` longest rows of a fastText table; n-grams of the others have none.

        Short rows change a mean little, and a vector is the mean of the rows that are left. OptionError for other
        kinds of tables, where many n-grams share a row.
        """
        raise self._fixed_size()

    def rebucketed(self, bucket: int) -> Subwords:
        """The same with a fastText table of `bucket` rows, a divisor of the present number of rows.

        Rows that fall together are averaged. The new hash is the old one modulo `bucket`, so any file of the format
        can hold the result. OptionError for other kinds of tables, and where `bucket` is not a divisor.
        """
        raise self._fixed_size()

    def _fixed_size(self) -> OptionError:
        return OptionError(f"subwords must be of the kind 'fasttext' to be made fewer; they are {self!r}")

    def transformed(self, steps: Transforms) -> Self:
        """The same, with `steps` applied to the vectors that it composes.

        Linear steps multiply the table, which is exact, as vectors are means of its rows. Offsets, and everything from
        the first step on that is not linear, such as Unit, are kept in `after`.
        """
        work = joined(self.after, steps)
        assert work is not None
        matrix, offset, rest = work.affine()
        after = ([shift(offset)] if offset.any() else []) + list(rest)
        return self._with_table(multiplied(self.table, matrix), Transforms(after) if after else None)

    @property
    def is_linear(self) -> bool:
        """Whether a table alone can hold all steps: `plain` gives one."""
        return self.after is None or not self.after.affine()[2]

    def plain(self) -> Self | None:
        """The same without `after`, for formats that cannot store it; None where a table alone cannot hold the steps.

        Offsets are added to every row, also to rows that were never trained.
        """
        if self.after is None:
            return self
        matrix, offset, rest = self.after.affine()
        return None if rest else self._with_table(multiplied(self.table, matrix, offset), None)

    def _with_table(self, table: Floats | EncodedTable, after: Transforms | None) -> Self:
        changed = copy(self)
        changed.table, changed.after = table, after
        return changed

    def tensors(self) -> dict[str, NDArray[Any]]:
        """The arrays that a file holds, by name: `table`, those of its kind, and those of `after`."""
        tensors: dict[str, NDArray[Any]]
        if codec_of(self.table):
            tensors = {f"table{suffix}": array for suffix, array in self.table.tensors().items()}  # type: ignore[union-attr]
        else:
            tensors = {"table": np.asarray(self.table)}
        tensors |= self._kind_tensors()
        if self.after is not None:
            tensors |= {f"after.{name}": array for name, array in self.after.tensors().items()}
        return tensors

    def config(self) -> dict[str, Any]:
        """What a file says beside the tensors, for JSON."""
        config: dict[str, Any] = {"kind": self.kind, "min_n": self.min_n, "max_n": self.max_n, "bucket": self.bucket}
        config["codec"] = codec_of(self.table) or "float32"
        if codec_of(self.table):
            config["codec_options"] = self.table.config()  # type: ignore[union-attr]
        config |= self._kind_config()
        if self.after is not None:
            config["after"] = self.after.config()
        return config

    def _kind_tensors(self) -> dict[str, NDArray[Any]]:
        """The tensors of this kind alone."""
        return {}

    def _kind_config(self) -> dict[str, Any]:
        """The settings of this kind alone."""
        return {}

    def copied(self) -> Subwords:
        """The same with arrays of its own, none of them mapped from a file; an encoded table stays encoded."""
        tensors = {name: np.array(array) for name, array in self.tensors().items()}
        return self.from_tensors(tensors, self.config())

    @classmethod
    def from_tensors(cls, tensors: Mapping[str, NDArray[Any]], config: Mapping[str, Any]) -> Subwords:
        """The inverse of `tensors` and `config`; FormatError where they do not fit. A mapped table is not read."""
        for name, kind in _TYPES.items():
            if not isinstance(config.get(name), (kind, type(None))):
                raise FormatError(f"subword.{name} must be a {kind.__name__}; got {config[name]!r:.80}")
        values = {**_DEFAULTS, **config}
        for name in ("min_n", "max_n", "bucket", "hash_count", "hash_seed", "max_probe"):
            if type(values.get(name)) is not int or values[name] < 0:
                raise FormatError(f"subword.{name} must be a number of at least 0; got {values.get(name)!r}")
        try:
            after = None
            if values.get("after"):
                own = {name[6:]: array for name, array in tensors.items() if name.startswith("after.")}
                after = Transforms.from_tensors(own, values["after"])
            options = {"min_n": values["min_n"], "max_n": values["max_n"], "bucket": values["bucket"], "after": after}
            return cls._from_parts(opened(tensors, values), tensors, values, options)
        except (OptionError, KeyError, TypeError, ValueError) as error:
            raise FormatError(f"subword: {error}") from None

    @classmethod
    @abstractmethod
    def _from_parts(
        cls, table: Any, tensors: Mapping[str, NDArray[Any]], config: Mapping[str, Any], options: dict[str, Any]
    ) -> Subwords:
        """What the tensors and the checked `config` of a file describe; `options` are those of every kind."""


def whole_numbers(tensors: Mapping[str, NDArray[Any]], name: str) -> NDArray[Any] | None:
    """The tensor of that name, None where there is none; FormatError where it does not hold integers."""
    array = tensors.get(name)
    if array is not None and array.dtype.kind not in "iu":
        raise FormatError("subword.row and subword.pruned must hold integers; they do not")
    return array


def check_rows(table: Floats | EncodedTable, bucket: int) -> None:
    """OptionError unless the table has one row for each hash value."""
    if bucket != table.shape[0]:
        raise OptionError(f"table must have the {bucket} rows of bucket; got {table.shape[0]}")


def misplaced(kind: str, prunable: Sequence[str]) -> OptionError:
    """The error where names or pruned rows are given for a kind that has none."""
    return OptionError(f"names must be given for kind 'explicit', pruned for {prunable} only; kind is {kind!r}")
