"""Categorical attributes, such as parts of speech: a code for each word, and the distinct texts by code."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wordvec.base.errors import FormatError, OptionError
from wordvec.vectors.append_buffer import AppendBuffer, MutableVocabulary
from wordvec.vocabulary import Vocabulary, encoded

TEXT = np.dtype(str)
_SHOWN = 10  # texts named in a message
Column = NDArray[Any]


class Categories:
    """[V] texts, stored as codes: code 0 is "", the text of words without one, and code k is `names[k - 1]`; immutable.

    It is indexed as an array is: one index gives a str, several give a column with the same names.

    >>> pos = Categories.of(["NOUN", "VERB", "NOUN", ""])
    >>> pos[1], pos[[2, 3]].tolist(), pos.codes.tolist(), list(pos.names)
    ('VERB', ['NOUN', ''], [1, 2, 1, 0], ['NOUN', 'VERB'])
    """

    __slots__ = ("codes", "names")
    dtype, ndim = TEXT, 1

    def __init__(self, codes: NDArray[np.uint32], names: Vocabulary) -> None:
        self.codes, self.names = codes, names

    @classmethod
    def of(cls, values: Iterable[Any]) -> Categories:
        """The column of some texts; OptionError for one that is no text."""
        places: dict[bytes, int] = {b"": 0}
        codes = [places.setdefault(encoded(value), len(places)) for value in values]
        return cls(np.array(codes, np.uint32), Vocabulary.from_words(list(places)[1:]))

    @property
    def shape(self) -> tuple[int, ...]:
        """(V,)."""
        return self.codes.shape

    def __len__(self) -> int:
        return len(self.codes)

    def __getitem__(self, index: Any) -> Any:
        codes = self.codes[index]
        return self._name(int(codes)) if codes.ndim == 0 else Categories(codes, self.names)

    def _name(self, code: int) -> str:
        if code > len(self.names):
            raise FormatError(f"the code of a text must be at most {len(self.names)}; got {code}: the file is damaged")
        return self.names[code - 1] if code else ""

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        """[V] objects, each a str."""
        if len(self.codes):
            self._name(int(self.codes.max()))
        texts = np.array(["", *self.names], object)[self.codes]
        return texts if dtype is None else texts.astype(dtype)

    def tolist(self) -> list[str]:
        """The texts."""
        texts: list[str] = np.asarray(self).tolist()
        return texts

    def used(self) -> Categories:
        """The same column with only the names that words have, in the order of their codes."""
        used = np.unique(self.codes)
        if len(used):
            self._name(int(used[-1]))
        used = used[used > 0]
        if len(used) == len(self.names):
            return Categories(self.codes, self.names.frozen())
        codes = np.searchsorted(used, self.codes).astype(np.uint32) + 1
        codes[self.codes == 0] = 0
        return Categories(codes, self.names.frozen().take(used.astype(np.int64) - 1))

    def check(self) -> None:
        """FormatError or OptionError where the codes and names of a file do not fit, or a name is there twice."""
        if len(self.codes):
            self._name(int(self.codes.max()))
        self.names.check()

    def code(self, text: Any) -> int:
        """The code of a text, -1 where there is none."""
        return (int(self.names.get(text, -2)) + 1 if text else 0) if isinstance(text, str) else -1

    def __reduce__(self) -> tuple[Any, ...]:
        part = self.used()
        return Categories, (np.array(part.codes), part.names)


class MutableCategories:
    """A column of texts that can be changed and extended, as `AppendBuffer` is for arrays."""

    __slots__ = ("_codes", "_names")

    def __init__(self, values: Categories) -> None:
        self._codes, self._names = AppendBuffer(values.codes), MutableVocabulary(values.names.frozen())

    @property
    def view(self) -> Categories:
        """The column, read-only: it shows later changes of its values, but not values that are added."""
        return Categories(self._codes.view, self._names)

    def extend(self, values: Categories) -> None:
        """Add words."""
        self._codes.extend(self._coded(values))

    def __setitem__(self, rows: Any, values: Any) -> None:
        self._codes[rows] = self._coded(values)

    def _coded(self, values: Any) -> Any:
        """The codes of a column, or of one text, new names being added."""
        if not isinstance(values, Categories):
            return self._code(str(values))
        own = np.array([0, *(self._code(name) for name in values.names)], np.uint32)
        return own[values.codes]

    def _code(self, text: str) -> int:
        if not text:
            return 0
        row = self._names.add(text)
        return 1 + int(self._names.index(text) if row < 0 else row)


Values = Column | Categories


def column(values: Any, what: str) -> Values:
    """Values as an array of numbers or booleans, or as a column of texts; OptionError, which starts with `what`."""
    if isinstance(values, Categories):
        return values
    try:
        array = np.asarray(values)
    except ValueError:  # lists of several lengths
        raise OptionError(f"{what} must be one list; got lists of several lengths in it") from None
    if array.dtype.kind in "biuf":
        return array
    # numpy makes texts of a list of texts and numbers: look at the list itself.
    items = values if isinstance(values, (list, tuple)) else array.tolist()
    if array.ndim == 1 and all(isinstance(item, str) for item in items):
        return Categories.of(items)
    odd = next((item for item in items if not isinstance(item, str)), None) if array.ndim == 1 else None
    such = f", such as {odd!r:.40}" if array.ndim == 1 else ""
    raise OptionError(
        f"{what} must be numbers, booleans, or text throughout; got {array.dtype} of shape {array.shape}{such}"
    )


def matches(values: Values, wanted: Any, what: str) -> NDArray[np.bool_]:
    """[V] bool: where a column has a value, one of a list of values, or a value for which a function returns true.

    OptionError, which starts with `what`, for a text that no word has, and for what cannot be in the column.
    """
    keys = values.codes if isinstance(values, Categories) else values
    if callable(wanted):
        distinct, places = np.unique(keys, return_inverse=True)
        options = distinct.tolist()
        if isinstance(values, Categories):
            options = [values._name(code) for code in options]
        return np.array([bool(wanted(value)) for value in options], bool)[places.reshape(-1)]
    several = isinstance(wanted, Iterable) and not isinstance(wanted, (str, bytes))
    items = list(wanted) if several else [wanted]
    if isinstance(values, Categories):
        codes = [values.code(item) for item in items]
        if items and min(codes) < 0:
            known = ", ".join(map(repr, values.names.words[:_SHOWN])) + (" ..." if len(values.names) > _SHOWN else "")
            odd = items[codes.index(-1)]
            raise OptionError(f"{what} must be texts that words have, such as {known}; got {odd!r:.80}")
        return np.isin(keys, np.array(codes, np.uint32))
    if not all(isinstance(item, (bool, int, float, np.number, np.bool_)) for item in items):
        raise OptionError(f"{what} must be numbers, true or false, or a function of them; got {wanted!r:.80}")
    return np.isin(keys, items)


def blanks(size: int, dtype: np.dtype[Any], shape: tuple[int, ...] = ()) -> Values:
    """[size, ...] zeros, or texts of "": the values of words without a value."""
    if dtype.kind == "U":
        return Categories(np.zeros(size, np.uint32), Vocabulary.from_words([]))
    return np.zeros((size, *shape), dtype)


def blanked(values: Values, words: NDArray[np.bool_]) -> Values:
    """A copy in which the words of a mask have 0, or ""."""
    codes = np.array(values.codes if isinstance(values, Categories) else values)
    codes[words] = 0
    return Categories(codes, values.names) if isinstance(values, Categories) else codes


def joined(columns: list[Values], name: str) -> tuple[list[NDArray[Any]], Vocabulary | None]:
    """Columns of one attribute as arrays of one type, and for texts all names; OptionError where types differ."""
    texts = [part for part in columns if isinstance(part, Categories)]
    arrays = [part for part in columns if not isinstance(part, Categories)]
    if arrays and texts:
        raise OptionError(f"attribute {name!r} must be text in all vectors or in none; it is in {len(texts)}")
    if not texts:
        return arrays, None
    places: dict[str, int] = {}
    coded: list[NDArray[Any]] = []
    for part in texts:
        part = part.used()
        own = np.array([0, *(1 + places.setdefault(text, len(places)) for text in part.names)], np.uint32)
        coded.append(own[part.codes])
    return coded, Vocabulary.from_words(places)
