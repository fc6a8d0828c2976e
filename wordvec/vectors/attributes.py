"""Numbers and texts kept for each word: its count in the corpus, and what else is set under a name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wordvec.base.arguments import array_of, strings
from wordvec.base.errors import OptionError
from wordvec.vectors.append_buffer import Growing, GrowingVocabulary
from wordvec.vectors.base import Base
from wordvec.vectors.categories import TEXT, Categories, GrowingCategories, Values, chosen, column, empty
from wordvec.vocabulary import encoded

COUNT = "count"


class Attributes(Base):
    """gensim's attributes of keys, as one array for each name, or as the codes of texts."""

    _columns: dict[str, Growing | GrowingCategories] | None = None  # the attributes that were changed

    def get_vecattr(self, key: str, attr: str) -> Any:
        """The value of a word under a name, a number or text: "count" is how often it was in the corpus.

        OptionError where nothing has that name; UnknownWordError where the word has no row.
        """
        index = self._vocabulary.index(key)
        _check_name(attr)
        if attr == COUNT:
            if self._vocabulary.counts is None:
                raise OptionError("counts must have been given or read with the vectors; these have none")
            return int(self._vocabulary.counts[index])
        if attr not in self._attributes:
            names = ", ".join([COUNT, *self._attributes])
            raise OptionError(f"attr must be the name of an attribute that has been set ({names}); got {attr!r}")
        value = self._attributes[attr][index]
        return value.item() if getattr(value, "ndim", 1) == 0 else value

    def get_vecattrs(self, attr: str) -> NDArray[Any]:
        """[V, ...] what all words have under a name, in row order, text as objects; OptionError for an unknown name."""
        if len(self):
            self.get_vecattr(self._vocabulary[0], attr)  # names what there is
        return np.asarray(self._vocabulary.counts if attr == COUNT else self._attributes[attr])

    def _words_with(self, wanted: Mapping[str, Any], what: str) -> NDArray[np.bool_]:
        """[V] the words that have all of some values: {name: a value, a list of values, or a function to bool}."""
        mask = np.ones(len(self), bool)
        for attr, value in wanted.items():
            values = self._vocabulary.counts if attr == COUNT else self._attributes.get(attr)
            if values is None or values.ndim != 1:
                has = ", ".join(name for name, own in self._attributes.items() if own.ndim == 1)
                raise OptionError(f"{what} must name attributes with one value for each word ({has}); got {attr!r}")
            mask &= chosen(values, value, f"{what} for {attr!r}")
        return mask

    def set_vecattr(self, key: str, attr: str, val: Any) -> None:
        """Give a word a number, true or false, or a text under a name; words that were given none have 0, or "".

        The type is that of the first value: OptionError where a later one does not fit it. Of texts, such as parts of
        speech, each is kept once, and a code for each word.

        >>> from wordvec import KeyedVectors
        >>> kv = KeyedVectors(["a", "b"], [[1, 2], [3, 4]])
        >>> kv.set_vecattr("b", "year", 1987)
        >>> kv.get_vecattr("b", "year"), kv.get_vecattr("a", "year")
        (1987, 0)
        >>> kv.set_vecattr("a", "pos", "NOUN")
        >>> kv.get_vecattr("a", "pos"), kv.get_vecattr("b", "pos")
        ('NOUN', '')
        """
        index = self._vocabulary.index(key)
        _check_name(attr)
        if isinstance(val, str):
            encoded(val)  # OptionError for what is no text
            self.allocate_vecattrs([attr], [TEXT])
            self._set_attributes(attr, index, val)
            return
        value = array_of(val, "val", "one number, true or false, or one text")
        if value.ndim:
            raise OptionError(f"val must be one number, true or false, or one text; got shape {value.shape}")
        self._check_counts(attr, value)
        self.allocate_vecattrs([attr], [value.dtype])
        self._set_attributes(attr, index, value)

    def allocate_vecattrs(self, attrs: Iterable[str] | None = None, types: Iterable[Any] | None = None) -> None:
        """Make room for attributes of these names and types, 0 or "" for every word; what is there already is kept.

        OptionError for a type that is no number, boolean or `str`, or that does not fit the one an attribute has.
        """
        self._require_memory()
        names = strings(attrs or (), "attrs", mapping=True)
        wanted = [(attr, np.dtype(kind)) for attr, kind in zip(names, types or ())]
        for attr, dtype in wanted:  # all, before the first change
            if dtype.kind not in "biufU":
                raise OptionError(f"attribute {attr!r} must hold numbers, booleans or text; got {dtype}")
            if attr == COUNT:
                self._check_fits(attr, dtype, np.dtype(np.int64))
            elif attr in self._attributes:
                self._check_fits(attr, dtype, self._attributes[attr].dtype)
        for attr, dtype in wanted:
            if attr == COUNT:
                self._growing_vocabulary()
            elif attr not in self._attributes:
                self._attributes[attr] = empty(len(self), dtype)

    @staticmethod
    def _check_fits(attr: str, dtype: np.dtype[Any], own: np.dtype[Any]) -> None:
        if (dtype.kind == "U") != (own.kind == "U") or not np.can_cast(dtype, own, "same_kind"):
            kinds = ["text" if kind.kind == "U" else str(kind) for kind in (own, dtype)]
            raise OptionError(f"attribute {attr!r} must hold {kinds[0]}, as it does; got {kinds[1]}")

    @staticmethod
    def _check_counts(attr: str, values: NDArray[Any]) -> None:
        if (
            attr == COUNT
            and values.size
            and values.dtype.kind in "iuf"
            and not (values.min() >= 0 and values.max() < 2**63)
        ):
            raise OptionError(f"a count must be from 0 to 2^63 - 1; got {values.min()} to {values.max()}")

    def _set_attributes(self, attr: str, indices: Any, values: Any) -> None:
        """Give words, by index, values under a name for which there is room."""
        if attr == COUNT:
            self._growing_vocabulary().set_counts(indices, values)
            return
        changed = self._column(attr)
        changed[indices] = values
        self._attributes[attr] = changed.view

    def _grow_attributes(self) -> None:
        """Give all attributes zeros, or "", for words that were added."""
        for attr, values in self._attributes.items():
            grown: Any = self._column(attr)
            grown.extend(empty(len(self) - len(values), values.dtype, values.shape[1:]))
            self._attributes[attr] = grown.view

    def _column(self, attr: str) -> Growing | GrowingCategories:
        if self._columns is None:
            self._columns = {}
        if attr not in self._columns:
            values = self._attributes[attr]
            self._columns[attr] = GrowingCategories(values) if isinstance(values, Categories) else Growing(values)
        return self._columns[attr]

    def _growing_vocabulary(self) -> GrowingVocabulary:
        if not isinstance(self._vocabulary, GrowingVocabulary):
            self._vocabulary = GrowingVocabulary(self._vocabulary)
        return self._vocabulary

    def _require_memory(self) -> None:
        """OptionError where the vectors are mapped from a file, which others read."""
        if self._stored is not None and self._stored.map is not None:
            raise OptionError(
                f"vectors must be in memory to be changed; these are mapped from {self._stored.path}: "
                "change a copy, vectors.to_memory()"
            )
        self._stored = None  # they are no longer what the file holds

    def _extras(self, extras: Mapping[str, ArrayLike] | None, size: int) -> dict[str, Values]:
        """The attributes that come with new words, checked against their number, with room made for them."""
        arrays = {attr: column(values, f"attribute {attr!r}") for attr, values in (extras or {}).items()}
        for attr, values in arrays.items():
            if values.shape != (size,):
                raise OptionError(f"extras must have one value for each of {size} keys; {attr!r} has {values.shape}")
            if not isinstance(values, Categories):
                self._check_counts(attr, values)
        self.allocate_vecattrs(arrays, [values.dtype for values in arrays.values()])
        return arrays


def _check_name(attr: Any) -> None:
    """OptionError for what is no name of an attribute."""
    if not isinstance(attr, str):
        raise OptionError(f"attr must be the name of an attribute, a str; got {attr!r:.60}")
