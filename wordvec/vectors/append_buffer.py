"""AppendBuffer, an array that rows are added to, and MutableVocabulary, a vocabulary that words are added to."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wordvec.base.errors import OptionError
from wordvec.vocabulary import MAX_WORDS, Vocabulary, encoded
from wordvec.vocabulary.word_index import WordIndex


class AppendBuffer:
    """An array [N, ...] that rows are appended to. It has spare room, so that appending N rows copies O(N) rows."""

    __slots__ = ("_buffer", "_frozen", "size")

    def __init__(self, values: NDArray[Any], copy: bool = True) -> None:
        """`copy=False` takes the array itself: for new arrays that nobody else holds."""
        self._take(np.array(values) if copy else values)
        self.size = len(values)

    @property
    def view(self) -> NDArray[Any]:
        """[N, ...] read-only: it shows later changes of its rows, but not rows that are added."""
        return self._frozen[: self.size]

    def append(self, value: Any) -> None:
        """Add one row."""
        if self.size == len(self._buffer):
            self._grow(1)
        self._buffer[self.size] = value
        self.size += 1

    def extend(self, values: NDArray[Any]) -> None:
        """Add rows."""
        if self.size + len(values) > len(self._buffer):
            self._grow(len(values))
        self._buffer[self.size : self.size + len(values)] = values
        self.size += len(values)

    def __setitem__(self, rows: Any, values: Any) -> None:
        self._buffer[: self.size][rows] = values

    def _grow(self, more: int) -> None:
        # A new array and not a resized one: views of the old one are still in use.
        room = max(self.size + more, self.size + self.size // 2, 16)
        larger = np.empty((room, *self._buffer.shape[1:]), self._buffer.dtype)
        larger[: self.size] = self._buffer[: self.size]
        self._take(larger)

    def _take(self, buffer: NDArray[Any]) -> None:
        self._buffer = buffer
        self._frozen = buffer.view()
        self._frozen.flags.writeable = False


class MutableVocabulary(Vocabulary):
    """A vocabulary that words can be added to: an immutable vocabulary and a dict of the added words.

    It belongs to the vectors that are changed; `frozen` gives an immutable vocabulary of the same words.
    """

    __slots__ = ("_added", "_counts", "_frozen", "_old", "_size", "_words")

    def __init__(self, old: Vocabulary) -> None:
        self._old = self._frozen = old
        self._size = len(old)
        self._words: list[bytes] = []
        self._added: dict[bytes, int] = {}  # word -> row
        self._counts = None if old.counts is None else AppendBuffer(old.counts)
        self._find = self._look_up

    def _look_up(self, word: object) -> int:
        if isinstance(word, str):
            try:
                row = self._added.get(word.encode("utf-8", "surrogateescape"), -1)
            except UnicodeEncodeError:  # half of a surrogate pair
                return -1
            if row >= 0:
                return row
        return self._old._find(word)

    def add(self, word: str) -> int:
        """Add a word and return its row; -1 where the vocabulary has it already."""
        try:
            key = word.encode("utf-8", "surrogateescape")
        except (UnicodeEncodeError, AttributeError):
            self._missing(word, -1 if isinstance(word, str) else -3, None)  # what is no word
            key = encoded(word)  # half of a surrogate pair
        row = self._size + len(self._words)
        if key in self._added or (self._size and self._old._find(word) != -1):
            return -1
        if row >= MAX_WORDS:
            raise OptionError(f"a vocabulary must have at most {MAX_WORDS} words; it is full")
        self._added[key] = row
        self._words.append(key)
        if self._counts is not None:
            self._counts.append(0)
        return row

    def set_counts(self, rows: Any, counts: Any) -> None:
        """Set the counts of words; the first call gives all other words the count 0."""
        if self._counts is None:
            self._counts = AppendBuffer(np.zeros(len(self), np.int64))
        self._counts[rows] = counts

    def frozen(self) -> Vocabulary:
        """An immutable vocabulary of the same words; it is built again only after words were added."""
        if len(self._frozen) != len(self):
            sizes = np.fromiter(map(len, self._words), np.int64, len(self._words))
            offsets = np.concatenate([self._old.offsets, self._old.offsets[-1] + np.cumsum(sizes)])
            data = np.concatenate([self._old.data, np.frombuffer(b"".join(self._words), np.uint8)])
            self._frozen = Vocabulary(data, offsets)
        plain = self._frozen
        counts = None if self._counts is None else self._counts.view.copy()  # the buffer goes on changing
        return plain.recounted(counts)

    @property
    def data(self) -> NDArray[np.uint8]:  # type: ignore[override]
        """[B] as of any vocabulary."""
        return self.frozen().data

    @property
    def offsets(self) -> NDArray[np.int64]:  # type: ignore[override]
        """[V+1] as of any vocabulary."""
        return self.frozen().offsets

    @property
    def counts(self) -> NDArray[np.int64] | None:  # type: ignore[override]
        """[V] as of any vocabulary."""
        return None if self._counts is None else self._counts.view

    @property
    def index_of_words(self) -> WordIndex:
        """As of any vocabulary."""
        return self.frozen().index_of_words

    def __len__(self) -> int:
        return self._size + len(self._words)

    def __iter__(self) -> Iterator[str]:
        return iter(self.frozen())

    def __getitem__(self, row: int) -> str:
        """The word of a row; negative rows count from the end."""
        place = (row + len(self) if row < 0 else row) - self._size
        if 0 <= place < len(self._words):
            return self._words[place].decode("utf-8", "surrogateescape")
        return self.frozen()[row] if place >= 0 or row < -len(self) else self._old[place + self._size]

    def rows_of(self, data: NDArray[np.uint8], offsets: NDArray[np.int64]) -> NDArray[np.int64]:
        """As of any vocabulary."""
        return self.frozen().rows_of(data, offsets)
