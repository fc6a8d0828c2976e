"""New vectors from old ones: parts of them, several together, other names, identical rows stored once."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Mapping
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wordvec.base.arguments import array_of, is_one_of, listed_words, mapped, strings
from wordvec.base.errors import OptionError
from wordvec.vectors.base import Base, Floats
from wordvec.vectors.categories import Categories, Values, emptied, joined
from wordvec.vectors.oov import Unknown
from wordvec.vectors.parts import (
    ATTRIBUTES,
    CONTEXT,
    COUNTS,
    EVERY,
    METADATA,
    OOV,
    SUBWORDS,
    TOKENIZER,
    TRANSFORMS,
    check_names,
    parts_of,
    tell,
)
from wordvec.vocabulary import Vocabulary, encoded

if TYPE_CHECKING:
    from typing_extensions import Self

Conflict = Literal["first", "last", "mean", "error"]
_BLOCK_BYTES = 4 << 20


class Editing(Unknown):
    """What gives new vectors in memory and leaves these as they are.

    Compressed rows are decoded. Subwords, transforms, tokenizer, the policy for unknown words and metadata go along;
    so do counts and attributes of the words, and their rows of the context matrix. Where words change and it has other
    rows than those of words, it is left out with a warning.
    """

    def subset(self, words: Iterable[str] | None = None, *, rows: ArrayLike | slice | None = None) -> Self:
        """New vectors of some words, in their order: given as words, or as places in `index_to_key` or a mask of them.

        Those of a set come in the order that they have here. Each word gets a row of its own. UnknownWordError for a
        word without a row; OptionError for one given twice.

        >>> from wordvec import KeyedVectors
        >>> kv = KeyedVectors(["a", "b", "c"], [[1, 2], [3, 4], [5, 6]])
        >>> list(kv.subset(["c", "a"])), list(kv.subset(rows=[True, False, True]))
        (['c', 'a'], ['a', 'c'])
        """
        if (words is None) == (rows is None):
            raise OptionError("subset must be given either words or rows")
        if words is not None:
            some = np.array([self._vocabulary.index(word) for word in listed_words(words, mapping=True)], np.int64)
            return self._taken(np.sort(some) if isinstance(words, (set, frozenset)) else some)
        return self._taken(_places(rows, len(self)))

    def drop(self, words: Iterable[str]) -> Self:
        """New vectors without some words, in the same order; UnknownWordError for a word without a row."""
        keep = np.ones(len(self), bool)
        keep[[self._vocabulary.index(word) for word in listed_words(words, mapping=True)]] = False
        return self._taken(np.flatnonzero(keep))

    def limit(self, size: int) -> Self:
        """New vectors of the first `size` words: the most frequent where they are sorted so."""
        if isinstance(size, bool) or not isinstance(size, (int, np.integer)) or size < 0:
            raise OptionError(f"size must be a number of words; got {size!r}")
        return self._taken(np.arange(min(size, len(self))))

    def to_memory(self) -> Self:
        """The same vectors in memory, decoded, independent of these and of any file: they can be changed.

        The table of subwords and the transforms are copied as they are kept.
        """
        matrix = np.empty((len(self._vectors), self.vector_size), np.float32)
        for first, last in _blocks(len(matrix), self.vector_size):
            matrix[first:last] = self._vectors[first:last]
        old = self.vocabulary
        counts = None if old.counts is None else np.array(old.counts)
        index = {name: np.array(array) for name, array in old.index_of_words.tensors().items()}
        words = Vocabulary(np.array(old.data), np.array(old.offsets), counts, max_probe=old.max_probe, **index)
        context = None if self.context is None else np.array(self.context)
        rows = None if self.rows is None else np.array(self.rows)
        made = self._made(words, matrix, np.arange(len(self)), context=context, rows=rows)
        made._subwords = None if self._subwords is None else self._subwords.copied()
        made._transforms = None if self._transforms is None else self._transforms.copied()
        return made

    copy = to_memory

    def without(self, *parts: str) -> Self:
        """The same vectors, not copied, without some parts: such as "context", "subwords", "attributes", "counts".

        The others are "transforms", "tokenizer", "oov" (the policy for unknown words) and "metadata". What is left out
        so is no longer missed where a format has no place for it. OptionError for another name.

        >>> from wordvec import KeyedVectors
        >>> KeyedVectors(["a"], [[1, 2]], counts=[5], metadata={"of": "me"}).without("counts", "metadata").metadata
        {}
        """
        check_names(parts)
        self._release()
        words = self.vocabulary
        if COUNTS in parts:
            words = words.recounted(None)
        names = {SUBWORDS, TRANSFORMS, ATTRIBUTES, TOKENIZER, METADATA} & set(parts)
        given = self._parts(context=self.context, **dict.fromkeys(names))
        if OOV in parts or (SUBWORDS in parts and self._oov == "subword"):
            given["oov"] = "auto"
        if CONTEXT in parts:
            del given["context"]
        made = type(self)(words, self._vectors, **given)
        made._norms = self._norms
        return made

    def rename(self, names: Mapping[str, str]) -> Self:
        """New vectors under other words, {old: new}: OptionError where two would be the same word.

        >>> from wordvec import KeyedVectors
        >>> list(KeyedVectors(["a", "b"], [[1, 2], [3, 4]]).rename({"a": "b", "b": "a"}))
        ['b', 'a']
        """
        words, data = self.vocabulary, self.vocabulary.data.tobytes()
        ends = words.offsets.tolist()
        keys = [data[start:stop] for start, stop in pairwise(ends)]
        for old, new in mapped(names, "names", "new words by their old ones").items():
            keys[words.index(old)] = encoded(new)
        renamed = Vocabulary.from_words(keys, words.counts)
        every = np.arange(len(self))
        rows = None if self.rows is None else np.array(self.rows)
        return self._made(renamed, np.array(self._vectors), every, context=self.context, rows=rows)

    def dedupe(self) -> Self:
        """New vectors in which identical rows are stored once: `rows` has the row of every word.

        Words that own a row come first, in their order, then those that share one; a row is owned by its first word.
        Rows are identical where all their bits are. Searches find the word that owns a row.

        >>> from wordvec import KeyedVectors
        >>> kv = KeyedVectors(["a", "A", "b"], [[1, 2], [1, 2], [3, 4]]).dedupe()
        >>> list(kv), kv.vectors.shape, kv["A"].tolist()
        (['a', 'b', 'A'], (2, 2), [1.0, 2.0])
        """
        owner = self._owners()
        places = np.arange(len(self))
        owns = owner == places
        order = np.concatenate([places[owns], places[~owns]])
        row_of = np.cumsum(owns) - 1  # of the words that own one
        rows = row_of[owner[order]].astype(np.uint32)
        matrix = self._all_rows(places[owns])
        words = self.vocabulary.take(order)
        return self._made(words, matrix, order, context=self._context_of(order), rows=None if owns.all() else rows)

    def merge(self, *others: Base, on_conflict: Conflict = "first", add: bool = True) -> Self:
        """New vectors of the words of these and of others, in this order; the numbers of a vector must agree.

        A word of several has the vector, and the attributes, of the "first", of the "last", or the "mean" of its
        vectors (and the first attributes); with "error", OptionError names it. With `add=False`, words that only
        others have are left out. Counts are summed where all have counts, else there are none. Context rows are joined
        as vectors are; words of vectors without a context have zeros there, as before a training. Subwords,
        transforms, tokenizer, policy and metadata are those of these vectors: a warning names what others have.

        >>> from wordvec import KeyedVectors
        >>> kv = KeyedVectors(["a", "b"], [[1, 2], [3, 4]]).merge(KeyedVectors(["b", "c"], [[5, 6], [7, 8]]))
        >>> list(kv), kv["b"].tolist()
        (['a', 'b', 'c'], [3.0, 4.0])
        """
        if not is_one_of(on_conflict, get_args(Conflict)):
            raise OptionError(f"on_conflict must be one of {', '.join(get_args(Conflict))}; got {on_conflict!r}")
        for other in others:
            if not isinstance(other, Base):
                raise OptionError(f"others must be KeyedVectors, each an argument; got {type(other).__name__}")
            if other.vector_size != self.vector_size:
                raise OptionError(
                    f"vectors must have {self.vector_size} numbers to be merged; got some of {other.vector_size}"
                )
        words, indices = union([self.vocabulary, *(other.vocabulary for other in others)], add)
        if on_conflict == "error":
            _refuse_conflict(words, indices)
        parts: list[Any] = [self, *others]
        shape = len(words), self.vector_size
        matrix = _combined([part._all_rows for part in parts], indices, shape, on_conflict)
        if all(part.vocabulary.counts is not None for part in parts):
            counts = np.zeros(len(words), np.int64)
            for part, own in zip(parts, indices):
                counts[own[own >= 0]] += part.vocabulary.counts[own >= 0]
            words = Vocabulary(words.data, words.offsets, counts)
        self._tell_unmerged(others)
        attributes = _combined_attributes(parts, indices, len(words), on_conflict)
        context = _combined_context(parts, indices, shape, on_conflict)
        return self._made(words, matrix, np.zeros(0, np.int64), attributes=attributes, context=context)

    def _tell_unmerged(self, others: tuple[Base, ...]) -> None:
        """Warn of what others have for unknown words and texts, of which there can be one only: that of these."""
        for place, other in enumerate(others, 1):
            own = {SUBWORDS: self._subwords, TRANSFORMS: self._transforms, TOKENIZER: self._tokenizer, OOV: self._oov}
            his = {SUBWORDS: other._subwords, TRANSFORMS: other._transforms, TOKENIZER: other._tokenizer}
            his[OOV] = None if other._oov == "auto" else other._oov
            lost = {part for part, value in his.items() if value is not None and value is not own[part]}
            if other._oov == self._oov:
                lost.discard(OOV)
            if lost:
                what = ", ".join(text for name, text in parts_of(other).items() if name in lost)
                warnings.warn(
                    f"{what} of argument {place} cannot be merged and are left out: those of the first vectors stay",
                    stacklevel=3,
                )

    def vectors_for_all(self, keys: Iterable[str], allow_inference: bool = True, copy_vecattrs: bool = False) -> Self:
        """New plain vectors of words, in their order, each once, without those that have no vector.

        Words without a row get a vector by the policy, unless `allow_inference=False`. Counts and attributes come
        along with `copy_vecattrs`, 0 or "" for words without a row.
        """
        wanted = list(dict.fromkeys(strings(keys, "keys", mapping=True)))
        indices = np.array([self._vocabulary.get(word, -1) for word in wanted], np.int64)
        matrix = np.empty((len(wanted), self.vector_size), np.float32)
        known = indices >= 0
        matrix[known] = self._all_rows(indices[known])
        made = known.copy()
        if allow_inference and self.oov != "raise":
            unknown = np.flatnonzero(~known)
            for first in range(0, len(unknown), 1024):
                some = unknown[first : first + 1024]
                matrix[some], made[some] = self._made_for([wanted[place] for place in some.tolist()])
        words = Vocabulary.from_words([word for word, got in zip(wanted, made.tolist()) if got])
        if not copy_vecattrs:
            return type(self)(words, matrix[made])
        found = np.where(known, indices, 0)[made]
        columns = {name: emptied(values[found], ~known[made]) for name, values in self._attributes.items()}
        counts = None if self._vocabulary.counts is None else self._vocabulary.counts[found]
        if counts is not None:
            counts[~known[made]] = 0
        return type(self)(words, matrix[made], counts, attributes=columns)

    def _with_rows(self, matrix: Floats, metadata: Mapping[str, Any], what: str) -> Self:
        """The same words with rows [V, D'] that no step leads to from theirs, as `what` has made them one by one.

        Counts and attributes go along. What is about the old space cannot: a warning names it.
        """
        old = self.without(CONTEXT, TRANSFORMS, OOV)
        tell(old, what, EVERY - {SUBWORDS, TOKENIZER}, stacklevel=4)
        return type(self)(self.vocabulary, matrix, metadata=metadata, attributes=self._attributes)

    def _taken(self, indices: NDArray[np.int64]) -> Self:
        """New vectors of the words with these indices."""
        words = self.vocabulary.take(indices)
        _ = words.index_of_words  # builds the index, and so refuses words that are given twice
        return self._made(words, self._all_rows(indices), indices, context=self._context_of(indices))

    def _made(self, words: Vocabulary, vectors: Floats, indices: NDArray[np.int64], **parts: Any) -> Self:
        """New vectors with what goes along; `indices` are those that the words have here."""
        given = {"rows": None, "attributes": {name: values[indices] for name, values in self._attributes.items()}}
        return type(self)(words, vectors, **self._parts(**given | parts))

    def _owners(self) -> NDArray[np.int64]:
        """[V] the first word with the same vector, by index."""
        places = np.arange(len(self))
        hashes = np.empty(len(self), np.uint64)
        for first, last in _blocks(len(self), self.vector_size):
            hashes[first:last] = _row_hashes(self._all_rows(places[first:last]).view(np.uint32))
        _, inverse, sizes = np.unique(hashes, return_inverse=True, return_counts=True)
        owner, owned = places.copy(), dict[bytes, int]()
        several = np.flatnonzero(sizes[inverse] > 1)  # equal hashes are no proof: the bytes are
        for first, last in _blocks(len(several), self.vector_size):
            rows = self._all_rows(several[first:last])
            for place, row in zip(several[first:last].tolist(), rows):
                owner[place] = owned.setdefault(row.tobytes(), place)
        return owner


def _row_hashes(bits: NDArray[np.uint32]) -> NDArray[np.uint64]:
    """[n] a number for each row of bits [n, D]: equal for equal rows, and hardly ever for others."""
    odd = np.random.PCG64(1).random_raw(bits.shape[1]) | np.uint64(1)
    hashes: NDArray[np.uint64] = (bits * odd).sum(axis=1, dtype=np.uint64)
    return hashes


def _places(rows: Any, size: int) -> NDArray[np.int64]:
    """Places from numbers, a slice or a mask of them; OptionError where there is no such place."""
    if isinstance(rows, slice):
        return np.arange(size)[rows]
    chosen = array_of(rows, "rows", f"row numbers or {size} booleans")
    if chosen.dtype == bool and chosen.shape == (size,):
        return np.flatnonzero(chosen)
    if chosen.ndim != 1 or (len(chosen) and chosen.dtype.kind not in "iu"):
        raise OptionError(f"rows must be row numbers or {size} booleans; got {chosen.dtype} of shape {chosen.shape}")
    if len(chosen) and not 0 <= int(chosen.min()) <= int(chosen.max()) < size:
        raise OptionError(f"rows must be from 0 to {size - 1}; got {chosen.min()} to {chosen.max()}")
    return chosen.astype(np.int64)


def _blocks(rows: int, dim: int) -> Iterable[tuple[int, int]]:
    step = max(1, _BLOCK_BYTES // (8 * dim))
    return ((first, min(first + step, rows)) for first in range(0, rows, step))


def union(vocabularies: list[Vocabulary], add: bool) -> tuple[Vocabulary, list[NDArray[np.int64]]]:
    """The words of several vocabularies, and the index there of the words of each; -1 for those left out."""
    words = Vocabulary(vocabularies[0].data, vocabularies[0].offsets)
    indices = [np.arange(len(words))]
    for other in vocabularies[1:]:
        own = words.rows_of(other.data, other.offsets)
        new = np.flatnonzero(own < 0)
        if add and len(new):
            own[new] = len(words) + np.arange(len(new))
            taken = other.take(new)
            offsets = np.concatenate([words.offsets, words.offsets[-1] + taken.offsets[1:]])
            words = Vocabulary(np.concatenate([words.data, taken.data]), offsets)
        indices.append(own)
    return words, indices


def _refuse_conflict(words: Vocabulary, indices: list[NDArray[np.int64]]) -> None:
    times = np.zeros(len(words), np.int64)
    for own in indices:
        times[own[own >= 0]] += 1
    if len(times) and times.max() > 1:
        raise OptionError(
            f"vectors must have no word in common with on_conflict='error'; {words[int(times.argmax())]!r} is"
        )


def _combined(
    sources: list[Callable[[NDArray[np.int64]], Floats]],
    indices: list[NDArray[np.int64]],
    shape: tuple[int, int],
    on_conflict: Conflict,
) -> Floats:
    """[size, D] the rows that several sources give for the places of words, at the indices of the words."""
    matrix, times = np.zeros(shape, np.float32), np.zeros(shape[0], np.int64)
    for rows_at, own in zip(sources, indices):
        for first, last in _blocks(len(own), shape[1]):
            places, rows = own[first:last], rows_at(np.arange(first, last))
            use = (places >= 0) & (times[places] == 0) if on_conflict in ("first", "error") else places >= 0
            places, rows = places[use], rows[use]
            if on_conflict == "mean":  # of those so far
                share = 1 / (1 + times[places, None])
                with np.errstate(invalid="ignore"):  # of rows that are infinite, which have no mean
                    rows = matrix[places] + (rows - matrix[places].astype(np.float64)) * share
            matrix[places] = rows
            times[places] += 1
    return matrix


def _combined_context(
    parts: list[Any], indices: list[NDArray[np.int64]], shape: tuple[int, int], on_conflict: Conflict
) -> Floats | None:
    """[size, D] the context rows of several vectors, zeros for words that have none; None where no vectors have any."""
    found = [(part._context_of(np.arange(len(part)), 5), own) for part, own in zip(parts, indices)]
    given = [(context, own) for context, own in found if context is not None]
    if not given:
        return None
    return _combined([context.__getitem__ for context, _ in given], [own for _, own in given], shape, on_conflict)


def _combined_attributes(
    parts: list[Any], indices: list[NDArray[np.int64]], size: int, on_conflict: Conflict
) -> dict[str, Values]:
    """The attributes of several vectors at their indices; the last that is written stays."""
    result: dict[str, Values] = {}
    for name in dict.fromkeys(name for part in parts for name in part._attributes):
        having = [(part._attributes[name], own) for part, own in zip(parts, indices) if name in part._attributes]
        arrays, names = joined([values for values, _ in having], name)
        if len(shapes := {array.shape[1:] for array in arrays}) > 1:
            raise OptionError(f"attribute {name!r} must have one shape everywhere; got {sorted(shapes)}")
        made = np.zeros((size, *arrays[0].shape[1:]), np.result_type(*(array.dtype for array in arrays)))
        pairs = [(array, own) for array, (_, own) in zip(arrays, having)]
        for array, own in pairs if on_conflict == "last" else pairs[::-1]:
            made[own[own >= 0]] = array[own >= 0]
        result[name] = made if names is None else Categories(made, names)
    return result
