"""Views of a vocabulary: its words as a list, and as a dict from word to row; read-only arrays."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, Protocol, overload

import numpy as np
from numpy.typing import NDArray


class IndexedWords(Protocol):
    """What a view reads: the words by row, and the row of a word. A `Vocabulary` is one."""

    def __len__(self) -> int: ...
    def __iter__(self) -> Iterator[str]: ...
    def __contains__(self, word: object) -> bool: ...
    def __getitem__(self, row: int) -> str: ...
    def index(self, word: str) -> int: ...  # noqa: D102


class _View(Collection[str]):
    """What both views share: their words are those of a vocabulary."""

    __slots__ = ("_vocabulary",)

    def __init__(self, vocabulary: IndexedWords) -> None:
        self._vocabulary = vocabulary

    def __len__(self) -> int:
        return len(self._vocabulary)

    def __iter__(self) -> Iterator[str]:
        return iter(self._vocabulary)

    def __contains__(self, word: object) -> bool:
        return word in self._vocabulary


class Words(_View, Sequence[str]):
    """The words of a vocabulary in row order: a list that decodes an item when it is read.

    Added to a list it gives a list. JSON writes only lists: use `list(words)`.

    >>> from wordvec import Vocabulary
    >>> words = Vocabulary.from_words(["a", "b", "c"]).words
    >>> words[-1], words[:2], words == ["a", "b", "c"]
    ('c', ['a', 'b'], True)
    """

    __slots__ = ()

    @overload
    def __getitem__(self, row: int) -> str: ...
    @overload
    def __getitem__(self, row: slice) -> list[str]: ...
    def __getitem__(self, row: int | slice) -> str | list[str]:
        if isinstance(row, slice):
            return [self._vocabulary[i] for i in range(*row.indices(len(self)))]
        return self._vocabulary[row]

    def index(self, word: str, start: int = 0, stop: int | None = None) -> int:
        """The row of a word; ValueError where it has none from `start` to `stop`, as with a list."""
        row = self._vocabulary.index(word) if word in self else -1
        if row not in range(*slice(start, stop).indices(len(self))):
            raise ValueError(f"{word!r} is not in the vocabulary")
        return row

    def copy(self) -> list[str]:
        """The words as a list, which JSON takes and which can be changed."""
        return list(self)

    def __add__(self, other: Any) -> list[str]:
        return [*self, *other] if isinstance(other, (list, Words)) else NotImplemented

    def __radd__(self, other: Any) -> list[str]:
        return [*other, *self] if isinstance(other, list) else NotImplemented

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Words):
            return self._vocabulary == other._vocabulary
        if not isinstance(other, (list, tuple)):
            return NotImplemented
        return len(self) == len(other) and all(a == b for a, b in zip(self, other))

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"<{shown(self)}>"


class KeyToIndex(_View, Mapping[str, int]):
    """The mapping from word to row of a vocabulary, which looks words up in its index.

    `rows` [V] has the row of every word where words share rows; else word i has row i.

    >>> from wordvec import Vocabulary
    >>> rows = Vocabulary.from_words(["a", "b"]).key_to_index
    >>> rows["b"], rows.get("x"), dict(rows)
    (1, None, {'a': 0, 'b': 1})
    """

    __slots__ = ("_rows",)

    def __init__(self, vocabulary: IndexedWords, rows: NDArray[np.uint32] | None = None) -> None:
        super().__init__(vocabulary)
        self._rows = rows

    def __getitem__(self, word: str) -> int:
        index = self._vocabulary.index(word)
        return index if self._rows is None else int(self._rows[index])

    def copy(self) -> dict[str, int]:
        """The mapping as a dict, which JSON takes and which can be changed."""
        return dict(self)

    def __repr__(self) -> str:
        return f"<rows of {shown(self)}>"


def shown(words: Any) -> str:
    """The number of words and the first three, for a message."""
    head = ", ".join(map(repr, islice(words, 3)))
    return f"{len(words)} words: {head}{', ...' if len(words) > 3 else ''}" if len(words) else "no words"


def kept(array: NDArray[Any]) -> NDArray[Any]:
    """A read-only view of an array that nobody can write to; of a copy where somebody could. For small arrays."""
    owner: Any = array
    while isinstance(owner, np.ndarray):
        if owner.flags.writeable:
            array = array.copy()
            array.flags.writeable = False
            return array
        owner = owner.base
    view = array.view()
    view.flags.writeable = False
    return view
