"""Vocabulary: the words in row order, their counts, and a hash index that is the same in memory and on disk."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain, islice
from operator import index
from typing import Any, NoReturn

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wordvec._kernels import lookups
from wordvec.base.arguments import array_of, listed_words
from wordvec.base.errors import FormatError, OptionError, UnknownWordError, WordTypeError
from wordvec.vocabulary.spellings import edits, forms, looks_alike
from wordvec.vocabulary.views import KeyToIndex, Words, kept, shown
from wordvec.vocabulary.word_index import MOST_PROBES, WordIndex, check_rising, in_order, rows_with_prefix

__all__ = ["MAX_WORDS", "Vocabulary", "WordVectors", "case_forms", "encoded", "offsets_of", "packed"]

WordVectors = lookups.WordVectors  # what vectors inherit
MAX_WORDS = 2**31 - 1  # the index is uint32 with at most half of its slots in use
_BLOCK = 8192  # words decoded at a time by iteration
_SAMPLE = 500  # words that show which marks stand around words
_SHOWN = 3  # words named in a message


class Vocabulary(lookups.WordRows):
    """An immutable list of distinct words with an index from word to row.

    A word is a string of bytes, usually UTF-8; other bytes appear in `str` as surrogate escapes and come back
    unchanged. Opening one on a mapped file reads none of the words.

    >>> vocabulary = Vocabulary.from_words(["the", "king", "queen"], counts=[9, 4, 3])
    >>> vocabulary.index("queen"), "prince" in vocabulary, len(vocabulary), vocabulary[0]
    (2, False, 3, 'the')
    """

    __slots__ = ("_bytes", "_index", "_starts", "counts", "data", "offsets")

    data: NDArray[np.uint8]  # [B] the bytes of all words, one after another
    offsets: NDArray[np.int64]  # [V+1] word i is data[offsets[i]:offsets[i+1]]
    counts: NDArray[np.int64] | None  # [V] how often each word occurred, or None if unknown

    def __init__(
        self,
        data: ArrayLike,
        offsets: ArrayLike,
        counts: ArrayLike | None = None,
        hash: ArrayLike | None = None,
        max_probe: int | None = None,
        order: ArrayLike | None = None,
    ) -> None:
        self.data = _frozen(data, np.uint8, "data")
        self.offsets = _frozen(offsets, np.int64, "offsets")
        size = len(self.offsets) - 1
        if size < 0 or size > MAX_WORDS:
            raise OptionError(f"offsets must hold 1 to {MAX_WORDS + 1} numbers; got {size + 1}")
        if self.offsets[0] != 0 or self.offsets[-1] != len(self.data):
            raise OptionError(
                f"offsets must run from 0 to the {len(self.data)} bytes of data; "
                f"got {self.offsets[0]} to {self.offsets[-1]}"
            )
        self.counts = None if counts is None else kept(_frozen(counts, np.int64, "counts"))
        if self.counts is not None and len(self.counts) != size:
            raise OptionError(f"counts must hold one number for each of {size} words; got {len(self.counts)}")
        self._bytes = self.data.data
        self._starts = self.offsets.data
        self._index: WordIndex | None = None
        self._find = self._first_find
        if hash is not None:
            table = _frozen(hash, np.uint32, "hash")
            if len(table) < max(2 * size, 2) or len(table) & (len(table) - 1):
                raise OptionError(f"hash must hold a power of two of at least {2 * size} slots; got {len(table)}")
            most = min(len(table), MOST_PROBES if max_probe is None else max_probe)
            if most <= MOST_PROBES:  # else it would be slow, and is built again when it is needed
                self._adopt(WordIndex(self.data, self.offsets, table, most))
        elif order is not None:
            rows = _frozen(order, np.uint32, "order")
            if len(rows) != size:
                raise OptionError(f"order must hold a row for each of {size} words; got {len(rows)}")
            self._adopt(WordIndex(self.data, self.offsets, None, 0, rows))

    @classmethod
    def from_words(cls, words: Iterable[str | bytes], counts: ArrayLike | None = None) -> Vocabulary:
        r"""The vocabulary of `words` in their order; OptionError names the first word that is repeated.

        >>> list(Vocabulary.from_words(["a", b"caf\xc3\xa9"]))
        ['a', 'café']
        """
        vocabulary = cls(*packed(words), counts)
        _ = vocabulary.index_of_words
        return vocabulary

    @property
    def index_of_words(self) -> WordIndex:
        """The index from words to rows, built when it is first needed; OptionError where a word is repeated."""
        if self._index is None:
            self._adopt(WordIndex.build(self.data, self.offsets))
        assert self._index is not None
        return self._index

    @property
    def hash(self) -> NDArray[np.uint32] | None:
        """[2^k] row + 1 of a word from slot crc32(word) & (2^k - 1) on, 0 if empty; None where `order` is used."""
        return self.index_of_words.table

    @property
    def order(self) -> NDArray[np.uint32] | None:
        """[V] the rows sorted by the bytes of their words, where too many words share a hash; else None."""
        return self.index_of_words.order

    @property
    def max_probe(self) -> int:
        """The largest number of slots of `hash` that a look-up reads."""
        return self.index_of_words.max_probe

    def recounted(self, counts: ArrayLike | None) -> Vocabulary:
        """The same words with other counts, and the same index."""
        index = self.index_of_words
        return Vocabulary(self.data, self.offsets, counts, index.table, index.max_probe, index.order)

    def _adopt(self, index: WordIndex) -> None:
        self._index, self._find = index, index.finder.find

    def _first_find(self, word: object) -> int:
        return self.index_of_words.finder.find(word)

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def __iter__(self) -> Iterator[str]:
        return chain.from_iterable(self._block(i) for i in range(0, len(self), _BLOCK))

    def _block(self, first: int) -> list[str]:
        """The words of the block that starts at row `first`, decoded together where they are ASCII."""
        bounds = self.offsets[first : first + _BLOCK + 1]
        blob, ends = self._bytes[bounds[0] : bounds[-1]].tobytes(), (bounds - bounds[0]).tolist()
        if blob.isascii():
            text = blob.decode("ascii")
            return [text[a:b] for a, b in zip(ends, islice(ends, 1, None))]
        return [blob[a:b].decode("utf-8", "surrogateescape") for a, b in zip(ends, islice(ends, 1, None))]

    def __getitem__(self, row: int) -> str:
        """The word of a row; negative rows count from the end."""
        size = len(self._starts) - 1
        if row.__class__ is not int:
            row = _whole_row(row)
        if row < 0:
            row += size
        if not 0 <= row < size:
            raise IndexError(f"a row must be below the {size} words of the vocabulary; got {row}")
        return self._bytes[self._starts[row] : self._starts[row + 1]].tobytes().decode("utf-8", "surrogateescape")

    def _unknown(self, word: str) -> NoReturn:
        raise UnknownWordError(_Unknown(self, word))

    def hint(self, word: str) -> str:
        """The end of a message about an unknown word: known words with the same or a close spelling.

        >>> Vocabulary.from_words(["walk_VERB", "dog"]).hint("Dog")
        "; close: 'dog'"
        """
        try:
            close = _close_spellings(self, word)
        except FormatError:  # the index is damaged, which look-ups report
            close = []
        return f"; close: {', '.join(close)}" if close else ""

    def _missing(self, word: object, row: int, default: Any) -> Any:
        """The default for an unknown word; errors for an argument that is not a word, and for a damaged index."""
        if row == -2:
            raise FormatError("the word index must hold rows and offsets of the vocabulary; it is damaged: run verify")
        if row == -3:
            advice = ": rows are reached by `vectors[row]`, `index_to_key[row]`" if hasattr(word, "__index__") else ""
            raise WordTypeError(f"a word must be a str; got {word!r} of type {type(word).__name__}{advice}")
        return default

    def ids(self, words: Iterable[str]) -> NDArray[np.int32]:
        """The row of every word as int32, -1 for unknown words.

        >>> Vocabulary.from_words(["a", "b"]).ids(["b", "x", "a"])
        array([ 1, -1,  0], dtype=int32)
        """
        get = self.get
        return np.array([get(word, -1) for word in listed_words(words, mapping=True)], np.int32)

    def starting_with(self, prefix: str, topn: int | None = None) -> NDArray[np.int64]:
        """[n] the rows of the words that begin with a prefix, rising, by one pass over the words.

        The pass ends when `topn` rows are found. It holds a block of offsets at a time, not all of them.

        >>> vocabulary = Vocabulary.from_words(["dog", "cat", "dove", "do"])
        >>> vocabulary.starting_with("do").tolist(), vocabulary.starting_with("do", topn=2).tolist()
        ([0, 2, 3], [0, 2])
        """
        return rows_with_prefix(self.data, self.offsets, encoded(prefix), len(self) if topn is None else topn)

    def rows_of(self, data: NDArray[np.uint8], offsets: NDArray[np.int64]) -> NDArray[np.int64]:
        """[N] the rows of packed words, data[offsets[i]:offsets[i+1]]; -1 for unknown words."""
        finder = self.index_of_words.finder
        if len(offsets) < 1 or offsets[0] < 0 or offsets[-1] > len(data):
            raise FormatError(f"offsets must lie within the {len(data)} bytes of the words; they do not")
        check_rising(offsets)
        rows = np.empty(len(offsets) - 1, np.int64)
        finder.find_all(data, offsets, rows)
        if len(rows) and int(rows.min()) < -1:
            self._missing("", -2, None)
        return rows

    def cut(
        self,
        texts: list[str],
        first: int,
        last: int,
        rows: NDArray[np.int32],
        ends: NDArray[np.int64],
        unknown: list[bytes] | None = None,
    ) -> tuple[int, int]:
        """Split texts at ASCII white space into tokens: their `rows`, -1 for unknown ones, and the `ends` of texts.

        Returns the number of texts done, all of whose tokens fit into `rows`, and why the next one was not: 0, no room;
        -3, it is not a str; -4, it holds half of a surrogate pair; else the room that it needs. `unknown` gets the
        bytes of every unknown token. Threads may split different texts at the same time.
        """
        finder = self.index_of_words.finder
        done, problem = finder.cut(texts, first, last, rows, ends, unknown)
        if done and (written := rows[: ends[done - 1]]).size and int(written.min()) < -1:
            self._missing("", -2, None)
        return done, problem

    def take(self, rows: ArrayLike | slice) -> Vocabulary:
        """The vocabulary of the words of `rows`, in that order, with their counts."""
        if not isinstance(rows, slice):
            numbers = array_of(rows, "rows", "row numbers")
            if numbers.ndim != 1 or (numbers.dtype.kind not in "iu" and numbers.size):
                raise OptionError(f"rows must be row numbers; got {numbers.dtype} of shape {numbers.shape}")
            rows = numbers.astype(np.int64)
            if len(rows) and not -len(self) <= int(rows.min()) <= int(rows.max()) < len(self):
                raise OptionError(f"rows must be below {len(self)}; got {rows.min()} to {rows.max()}")
        chosen = np.arange(len(self))[rows]
        starts, sizes = self.offsets[chosen], self.offsets[chosen + 1] - self.offsets[chosen]
        size = len(self.data)
        if len(chosen) and (min(starts.min(), sizes.min()) < 0 or sizes.max() > size or (starts + sizes).max() > size):
            raise FormatError(f"offsets must rise within the {size} bytes of the words; they do not: run verify")
        offsets = offsets_of(sizes)
        if offsets[-1] > size:  # rows are repeated, or words of a damaged file overlap
            self.check_offsets()
        # byte j of the result is byte j - offsets[i] of word i
        places = np.arange(offsets[-1]) + np.repeat(starts - offsets[:-1], sizes)
        return Vocabulary(self.data[places], offsets, None if self.counts is None else self.counts[chosen])

    def frozen(self) -> Vocabulary:
        """A vocabulary of the same words that never changes: itself."""
        return self

    @property
    def words(self) -> Words:
        """The words as a sequence that decodes items when they are read."""
        return Words(self)

    @property
    def key_to_index(self) -> KeyToIndex:
        """The mapping from word to row."""
        return KeyToIndex(self)

    def check_offsets(self) -> None:
        """FormatError where the offsets, which are not checked when a file is opened, do not rise."""
        check_rising(self.offsets)

    def check(self) -> None:
        """Check offsets, counts and index in one pass over the words; FormatError says what is damaged."""
        self.check_offsets()
        if self.counts is not None and len(self) and int(self.counts.min()) < 0:
            raise FormatError(f"counts must not be negative; got {int(self.counts.min())}")
        index = self.index_of_words
        if index.table is None or index.order is not None:
            if index.order is None or not np.array_equal(in_order(self.data, self.offsets), index.order):
                raise FormatError("the order of the words does not agree with the words")
            return
        built = WordIndex.build(self.data, self.offsets, len(index.table))
        if built.table is None or index.max_probe < built.max_probe:
            least = "small, where hashes collide" if built.table is None else f"at least {built.max_probe}"
            raise FormatError(f"max_probe must be {least}; got {index.max_probe}")
        if not np.array_equal(built.table, index.table):
            raise FormatError("the word index does not agree with the words")

    def __eq__(self, other: object) -> bool:
        """Whether the words are the same in the same order; counts do not matter."""
        if not isinstance(other, Vocabulary):
            return NotImplemented
        return np.array_equal(self.offsets, other.offsets) and np.array_equal(self.data, other.data)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"Vocabulary of {shown(self)}"

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle by value; the index is built again when it is needed."""
        counts = None if self.counts is None else np.array(self.counts)
        return Vocabulary, (np.array(self.data), np.array(self.offsets), counts)


class _Unknown:
    """The message about an unknown word, made when it is read, so that `except KeyError` stays cheap."""

    __slots__ = ("vocabulary", "word")

    def __init__(self, vocabulary: Vocabulary, word: str) -> None:
        self.vocabulary, self.word = vocabulary, word

    def __str__(self) -> str:
        hint = self.vocabulary.hint(self.word)
        return f"a word must be one of the {len(self.vocabulary)} words of the vocabulary; got {self.word!r}{hint}"

    __repr__ = __str__

    def __reduce__(self) -> tuple[Any, ...]:
        return str, (str(self),)


def _close_spellings(vocabulary: Vocabulary, word: str) -> list[str]:
    """Up to three known words for a message: other forms of the word, else words one edit away, most frequent first.

    Candidates are generated and looked up, so the cost does not grow with the vocabulary.
    """
    sample = [vocabulary[row] for row in range(min(_SAMPLE, len(vocabulary)))]
    close = list(islice((form for form in forms(word, sample) if vocabulary.get(form) is not None), _SHOWN))
    if not close:
        rows = sorted(row for row in map(vocabulary.get, edits(word)) if row is not None)
        close = [vocabulary[row] for row in rows[:_SHOWN]]
    alike = (looks_alike(word, form) for form in close)
    return [repr(form) + (f" in Unicode form {name}" if name else "") for form, name in zip(close, alike)]


def _frozen(values: ArrayLike, dtype: Any, name: str) -> NDArray[Any]:
    """A read-only, contiguous view of `values` as `dtype`; a copy only where needed."""
    array = array_of(values, name, "one row of integers")
    if array.ndim != 1 or (array.dtype.kind not in "iu" and array.size):
        raise OptionError(f"{name} must be one row of integers; got {array.dtype} of shape {array.shape}")
    view = np.ascontiguousarray(array, dtype).view()
    view.flags.writeable = False
    return view


def _whole_row(row: Any) -> int:
    """A row number of another type than int, such as numpy's, as int; WordTypeError for anything else."""
    try:
        return index(row)
    except TypeError:
        advice = f": the row of a word is key_to_index[{row!r:.40}]" if isinstance(row, str) else ""
        what = f"{row!r:.80} of type {type(row).__name__}{advice}"
        raise WordTypeError(f"a row must be a whole number; got {what}") from None


def packed(words: Iterable[str | bytes]) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """The bytes of words one after another, and their offsets [N+1]; words may repeat."""
    if isinstance(words, (set, frozenset)):
        raise OptionError("words must be in the order of their rows; got a set, which has none: give a list of them")
    keys = [encoded(word) for word in listed_words(words, mapping=True)]
    return np.frombuffer(b"".join(keys), np.uint8), offsets_of(np.fromiter(map(len, keys), np.int64, len(keys)))


def case_forms(word: str, case_insensitive: bool = True) -> list[str]:
    """The forms in which a test word is looked up: as written and, if case is ignored, lower, Title, UPPER."""
    return list(dict.fromkeys([word, word.lower(), word.title(), word.upper()])) if case_insensitive else [word]


def offsets_of(sizes: NDArray[np.int64]) -> NDArray[np.int64]:
    """[n+1] the offsets of consecutive items of these sizes."""
    offsets = np.zeros(len(sizes) + 1, np.int64)
    np.cumsum(sizes, out=offsets[1:])
    return offsets


def encoded(word: str | bytes) -> bytes:
    """The bytes of a word; OptionError for half of a surrogate pair, WordTypeError for other types."""
    if isinstance(word, bytes):
        return word
    if not isinstance(word, str):
        raise WordTypeError(f"a word must be a str or bytes; got {word!r} of type {type(word).__name__}")
    try:
        return word.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        raise OptionError(f"a word must be valid text; {word!r} holds half of a surrogate pair") from None
