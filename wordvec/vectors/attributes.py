"""Attributes: columns with one value for each word, by name, such as a part of speech or a year."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wordvec.base.arguments import mapped
from wordvec.base.errors import FormatError, OptionError
from wordvec.vectors.append_buffer import AppendBuffer
from wordvec.vectors.categories import Categories, MutableCategories, Values, blanked, blanks, column, joined, matches
from wordvec.vocabulary import Vocabulary
from wordvec.vocabulary.views import kept

COUNT = "count"  # gensim's name of the counts, which belong to the vocabulary
Buffer = AppendBuffer | MutableCategories


class Attributes(Mapping[str, Values]):
    """Columns of `size` values by name: arrays of numbers or booleans, or `Categories`, which are texts.

    `take`, `blanked` and `merged` give new columns. `set` and `extend` change these, on a copy of the values that the
    constructor was given; `frozen` gives columns that later changes do not reach.

    >>> attributes = Attributes({"pos": ["NOUN", "VERB", "NOUN"], "year": [1987, 0, 1990]}, 3)
    >>> attributes.take(np.array([2, 1]))["year"].tolist()
    [1990, 0]
    >>> attributes.matching({"pos": "NOUN", "year": lambda year: year > 1988}, None, "within").tolist()
    [False, False, True]
    """

    def __init__(self, columns: Mapping[str, ArrayLike | Values] | None, size: int) -> None:
        names = mapped(columns, "attributes", "arrays by name, one value for each word")
        self.size = size
        self._columns = {name: _checked(name, values, size) for name, values in names.items()}
        self._buffers: dict[str, Buffer] = {}  # of the columns that were changed

    @classmethod
    def of(cls, attributes: Mapping[str, ArrayLike | Values] | None, size: int) -> Attributes:
        """Attributes of `size` words from a mapping of columns, or from attributes that another object shares."""
        if isinstance(attributes, Attributes) and attributes.size == size:
            return attributes.frozen()
        return cls(attributes, size)

    @classmethod
    def _unchecked(cls, columns: dict[str, Values], size: int) -> Attributes:
        attributes = cls(None, size)
        attributes._columns = columns
        return attributes

    def __getitem__(self, name: str) -> Values:
        """The column of a name; KeyError where there is none."""
        return self._columns[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._columns)

    def __len__(self) -> int:
        return len(self._columns)

    def __repr__(self) -> str:
        return f"Attributes of {self.size} words: {', '.join(self) or 'none'}"

    # New columns

    def frozen(self) -> Attributes:
        """The same columns as another object: a later change of either copies a column first."""
        self._buffers = {}
        return Attributes._unchecked(dict(self._columns), self.size)

    def take(self, indices: NDArray[np.int64]) -> Attributes:
        """The values of some words, in their order."""
        return Attributes._unchecked({name: values[indices] for name, values in self.items()}, len(indices))

    def blanked(self, words: NDArray[np.bool_]) -> Attributes:
        """A copy in which the words of a mask [V] have 0, or ""."""
        return Attributes._unchecked({name: blanked(values, words) for name, values in self.items()}, self.size)

    @staticmethod
    def merged(
        sources: Sequence[Attributes], indices: Sequence[NDArray[np.int64]], size: int, last: bool
    ) -> Attributes:
        """The columns of several sources as one of `size` words, `indices` having the new index of every word, or -1.

        Where several have a value, that of the first source counts, or of the `last`.
        """
        columns: dict[str, Values] = {}
        for name in dict.fromkeys(name for source in sources for name in source):
            having = [(source[name], own) for source, own in zip(sources, indices) if name in source]
            arrays, names = joined([values for values, _ in having], name)
            if len(shapes := {array.shape[1:] for array in arrays}) > 1:
                raise OptionError(f"attribute {name!r} must have one shape everywhere; got {sorted(shapes)}")
            values = np.zeros((size, *arrays[0].shape[1:]), np.result_type(*(array.dtype for array in arrays)))
            pairs = [(array, own) for array, (_, own) in zip(arrays, having)]
            for array, own in pairs if last else pairs[::-1]:  # the value that is written last stays
                values[own[own >= 0]] = array[own >= 0]
            columns[name] = values if names is None else Categories(values, names)
        return Attributes._unchecked(columns, size)

    # Questions

    def matching(self, wanted: Mapping[str, Any], counts: NDArray[Any] | None, what: str) -> NDArray[np.bool_]:
        """[V] the words that have all of some values: {name: a value, a list of values, or a function to bool}.

        "count" is the name of `counts`. OptionError, which starts with `what`, for a name without a column.
        """
        mask = np.ones(self.size, bool)
        for name, value in wanted.items():
            values = counts if name == COUNT else self.get(name)
            if values is None or values.ndim != 1:
                names = ", ".join(name for name, own in self.items() if own.ndim == 1) or "these vectors have none"
                raise OptionError(f"{what} must name attributes with one value for each word ({names}); got {name!r}")
            mask &= matches(values, value, f"{what} for {name!r}")
        return mask

    def check(self) -> None:
        """FormatError or OptionError where the texts of a file are damaged."""
        for values in self.values():
            if isinstance(values, Categories):
                values.check()

    # Changes in place

    def allocate(self, name: str, dtype: np.dtype[Any]) -> None:
        """Add a column of zeros, or of "", where there is none of this name."""
        if name not in self._columns:
            self._columns[name] = blanks(self.size, dtype)

    def set(self, name: str, indices: Any, values: Any) -> None:
        """Give words, by index, values of a column that is there."""
        buffer = self._buffer(name)
        buffer[indices] = values
        self._columns[name] = buffer.view

    def extend(self, size: int) -> None:
        """Give all columns `size` values: zeros, or "", for the words that were added."""
        for name, values in self._columns.items():
            buffer: Any = self._buffer(name)
            buffer.extend(blanks(size - len(values), values.dtype, values.shape[1:]))
            self._columns[name] = buffer.view
        self.size = size

    def _buffer(self, name: str) -> Buffer:
        if name not in self._buffers:
            values = self._columns[name]
            self._buffers[name] = MutableCategories(values) if isinstance(values, Categories) else AppendBuffer(values)
        return self._buffers[name]

    # Files

    def tensors(self) -> tuple[dict[str, NDArray[Any]], list[str]]:
        """The tensors of a native file, of texts codes and packed names, and the names of the columns of texts."""
        tensors: dict[str, NDArray[Any]] = {}
        texts = []
        for name, values in self.items():
            if isinstance(values, Categories):
                values = values.used()
                tensors[f"category.{name}.names"] = values.names.data
                tensors[f"category.{name}.offsets"] = values.names.offsets
                texts.append(name)
                values = values.codes
            tensors[f"attr.{name}"] = values
        return tensors, texts

    @staticmethod
    def columns_of(tensors: Mapping[str, NDArray[Any]], texts: Any) -> dict[str, Values]:
        """The columns of a native file. The names of texts are checked when they are used, so that opening is O(1)."""
        columns: dict[str, Values] = {
            name.removeprefix("attr."): array for name, array in tensors.items() if name.startswith("attr.")
        }
        if not isinstance(texts, list) or not all(isinstance(name, str) for name in texts):
            raise FormatError("categories must be a list of names of attributes; they are none")
        for name in texts:
            codes, parts = columns.get(name), [tensors.get(f"category.{name}.{part}") for part in ("names", "offsets")]
            kinds = [getattr(part, "dtype", None) for part in (codes, *parts)]
            if kinds != [np.uint32, np.uint8, np.int64] or getattr(codes, "ndim", 0) != 1:
                raise FormatError(f"attribute {name!r} must have codes U32 [V], names U8 and offsets I64; got {kinds}")
            columns[name] = Categories(codes, Vocabulary(*parts))  # type: ignore[arg-type]
        return columns


def _checked(name: str, value: ArrayLike | Values, words: int) -> Values:
    """A column as it is stored: read-only, copied where it can be written to."""
    values = column(value, f"attribute {name!r}")
    if values.ndim < 1 or len(values) != words:
        raise OptionError(
            f"attribute {name!r} must hold a number, boolean or text for each of {words} words; "
            f"got {values.dtype} of shape {values.shape}"
        )
    if isinstance(values, Categories):
        return Categories(kept(values.codes), values.names.frozen())
    return kept(values)


def check_fits(name: str, dtype: np.dtype[Any], own: np.dtype[Any]) -> None:
    """OptionError where values of one type cannot be stored in a column of another."""
    if (dtype.kind == "U") != (own.kind == "U") or not np.can_cast(dtype, own, "same_kind"):
        kinds = ["text" if kind.kind == "U" else str(kind) for kind in (own, dtype)]
        raise OptionError(f"attribute {name!r} must hold {kinds[0]}, as it does; got {kinds[1]}")


def check_counts(values: NDArray[Any]) -> None:
    """OptionError for what no count can be."""
    if values.size and values.dtype.kind in "iuf" and not (values.min() >= 0 and values.max() < 2**63):
        raise OptionError(f"a count must be from 0 to 2^63 - 1; got {values.min()} to {values.max()}")


def check_name(name: Any) -> None:
    """OptionError for what is no name of an attribute."""
    if not isinstance(name, str):
        raise OptionError(f"attr must be the name of an attribute, a str; got {name!r:.60}")


def known_names(attributes: Collection[str]) -> str:
    """The names that `get_vecattr` takes, for a message."""
    return ", ".join([COUNT, *attributes])
