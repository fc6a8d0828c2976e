"""New vectors from old ones: parts of them, several together, other names, identical rows stored once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wordvec.base.arguments import array_of, is_one_of, listed_words, mapped, strings
from wordvec.base.errors import OptionError
from wordvec.rows import Dense, Rows, Shared, rows_like
from wordvec.vectors.arguments import Floats
from wordvec.vectors.attributes import Attributes
from wordvec.vectors.core import Core
from wordvec.vectors.merging import (
    Conflict,
    check_conflict,
    mean_weights,
    merged_context,
    merged_counts,
    merged_rows,
    union,
    word_blocks,
)
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
    tell,
    tell_unmerged,
)
from wordvec.vocabulary import Vocabulary, encoded

if TYPE_CHECKING:
    from typing_extensions import Self

_WORDS = 1024  # that the OOV policy embeds at a time


class Editing(Core):
    """Methods that give new vectors in memory and leave these as they are.

    Encoded rows are decoded. The new vectors have the subwords, transforms, tokenizer, OOV policy and metadata of
    these, and the counts, attributes and context rows of their words. Where the words change and the context matrix
    has other rows than those of the words, it is left out with a warning.
    """

    def subset(self, words: Iterable[str] | None = None, *, rows: ArrayLike | slice | None = None) -> Self:
        """New vectors of some words, in their order: words, or indices in `index_to_key`, a slice or a mask of them.

        The words of a set come in the order that they have here. Each word gets a row of its own. UnknownWordError for
        a word without a row; OptionError for a word that is given twice.

        >>> from wordvec import KeyedVectors
        >>> kv = KeyedVectors(["a", "b", "c"], [[1, 2], [3, 4], [5, 6]])
        >>> list(kv.subset(["c", "a"])), list(kv.subset(rows=[True, False, True]))
        (['c', 'a'], ['a', 'c'])
        """
        if (words is None) == (rows is None):
            raise OptionError("subset must be given either words or rows")
        if words is not None:
            listed = listed_words(words, mapping=True)
            indices = np.array([self._vocabulary.index(word) for word in listed], np.int64)
            return self._of_words(np.sort(indices) if isinstance(words, (set, frozenset)) else indices)
        return self._of_words(_indices(rows, len(self)))

    def drop(self, words: Iterable[str]) -> Self:
        """New vectors without some words, in the same order; UnknownWordError for a word without a row."""
        keep = np.ones(len(self), bool)
        keep[[self._vocabulary.index(word) for word in listed_words(words, mapping=True)]] = False
        return self._of_words(np.flatnonzero(keep))

    def limit(self, size: int) -> Self:
        """New vectors of the first `size` words: the most frequent where they are sorted so."""
        if isinstance(size, bool) or not isinstance(size, (int, np.integer)) or size < 0:
            raise OptionError(f"size must be a number of words; got {size!r}")
        return self._of_words(np.arange(min(size, len(self))))

    def to_memory(self) -> Self:
        """The same vectors in memory, decoded, independent of these and of any file: they can be changed.

        The n-gram table and the transforms are copied, encoded or not.
        """
        matrix = np.empty(self._rows.shape, self._rows.dtype)
        for first, last in word_blocks(len(matrix), self.vector_size):
            matrix[first:last] = self._rows[first:last]
        old = self.vocabulary
        counts = None if old.counts is None else np.array(old.counts)
        index = {name: np.array(array) for name, array in old.index_of_words.tensors().items()}
        words = Vocabulary(np.array(old.data), np.array(old.offsets), counts, max_probe=old.max_probe, **index)
        context = None if self.context is None else np.array(self.context)
        row_of = self._rows.row_of
        rows = rows_like(self._rows, matrix) if row_of is None else Shared(matrix, np.array(row_of))
        subwords = None if self._subwords is None else self._subwords.copied()
        transforms = None if self._transforms is None else self._transforms.copied()
        contexts = None if self.contexts is None else self.contexts.to_memory()
        parts = {"context": context, "contexts": contexts, "subwords": subwords, "transforms": transforms}
        return self._with_words(words, rows, np.arange(len(self)), **parts)

    copy = to_memory

    def without(self, *parts: str) -> Self:
        """The same vectors, not copied, without some parts: such as "context", "subwords", "attributes", "counts".

        The other names are "transforms", "tokenizer", "oov" (the OOV policy) and "metadata". A format that has no place
        for a part does not warn of a part that was left out so. OptionError for another name.

        >>> from wordvec import KeyedVectors
        >>> KeyedVectors(["a"], [[1, 2]], counts=[5], metadata={"of": "me"}).without("counts", "metadata").metadata
        {}
        """
        check_names(parts)
        new: dict[str, Any] = dict.fromkeys({SUBWORDS, TRANSFORMS, ATTRIBUTES, TOKENIZER, METADATA} & set(parts))
        if CONTEXT not in parts:
            new |= {"context": self.context, "contexts": self._contexts}
        if OOV in parts or (SUBWORDS in parts and self._policy.public == "subword"):
            new["oov"] = "auto"
        words = self.vocabulary
        new["words"] = words.recounted(None) if COUNTS in parts else words
        return self._derived(**new)

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
        rows = self._rows.replaced(rows_like(self._rows, np.array(self._rows)))
        return self._with_words(renamed, rows, np.arange(len(self)), context=self.context)

    def dedupe(self) -> Self:
        """New vectors in which identical rows are stored once and shared by their words.

        Words that own a row come first, in their order, then those that share one; a row is owned by its first word.
        Rows are identical where all their bits are. Searches find the word that owns a row.

        >>> from wordvec import KeyedVectors
        >>> kv = KeyedVectors(["a", "A", "b"], [[1, 2], [1, 2], [3, 4]]).dedupe()
        >>> list(kv), kv.vectors.shape, kv["A"].tolist()
        (['a', 'b', 'A'], (2, 2), [1.0, 2.0])
        """
        owner, indices = self._owners(), np.arange(len(self))
        owns = owner == indices
        order = np.concatenate([indices[owns], indices[~owns]])
        new_row = np.cumsum(owns) - 1  # of the words that own one
        rows: Rows = Dense(self._take(indices[owns]))
        if not owns.all():
            rows = Shared(rows, new_row[owner[order]])
        words = self.vocabulary.take(order)
        context = self._context_of(order, stacklevel=3)
        return self._with_words(words, rows, order, context=context)

    def merge(
        self,
        *others: Core,
        on_conflict: Conflict = "first",
        add: bool = True,
        weights: Sequence[float] | None = None,
    ) -> Self:
        """New vectors of the words of these and of others, in this order; all must have the same dimensions.

        A word of several has the vector, and the attributes, of the "first", of the "last", or the "mean" of its
        vectors (and the first attributes); with "error", OptionError names it. The mean may have `weights` above 0, one
        for each of the vectors. With `add=False`, words that only
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
            if not isinstance(other, Core):
                raise OptionError(f"others must be KeyedVectors, each an argument; got {type(other).__name__}")
            if other.vector_size != self.vector_size:
                raise OptionError(
                    f"vectors must have {self.vector_size} numbers to be merged; got some of {other.vector_size}"
                )
        sources: list[Core] = [self, *others]
        shares = mean_weights(weights, len(sources), on_conflict)
        words, indices = union([source.vocabulary for source in sources], add)
        if on_conflict == "error":
            check_conflict(words, indices)
        matrix = merged_rows(sources, indices, len(words), on_conflict, shares)
        tell_unmerged(self, others, stacklevel=2)
        columns = [source._attributes for source in sources]
        parts = self._parts(
            attributes=Attributes.merged(columns, indices, len(words), last=on_conflict == "last"),
            context=merged_context(sources, indices, len(words), on_conflict, shares),
            contexts=self._contexts,
        )
        return self._build(words.recounted(merged_counts(sources, indices, len(words))), matrix, **parts)

    def vectors_for_all(self, keys: Iterable[str], allow_inference: bool = True, copy_vecattrs: bool = False) -> Self:
        """New plain vectors of words, in their order, each once, without the words that have no vector.

        Words without a row get a vector by the OOV policy, unless `allow_inference=False`. With `copy_vecattrs` the
        new vectors have counts and attributes, 0 or "" for words without a row.
        """
        wanted = list(dict.fromkeys(strings(keys, "keys", mapping=True)))
        indices = np.array([self._vocabulary.get(word, -1) for word in wanted], np.int64)
        matrix = np.empty((len(wanted), self.vector_size), np.float32)
        known = indices >= 0
        matrix[known] = self._take(indices[known])
        has = known.copy()
        if allow_inference:
            unknown = np.flatnonzero(~known)
            for first in range(0, len(unknown), _WORDS):
                part = unknown[first : first + _WORDS]
                matrix[part], has[part] = self._embed_by_policy([wanted[place] for place in part.tolist()])
        words = Vocabulary.from_words([word for word, kept in zip(wanted, has.tolist()) if kept])
        if not copy_vecattrs:
            return self._build(words, matrix[has])
        sources, blank = np.where(known, indices, 0)[has], ~known[has]
        counts = None if self._vocabulary.counts is None else self._vocabulary.counts[sources]
        if counts is not None:
            counts[blank] = 0
        attributes = self._attributes.take(sources).blanked(blank)
        return self._build(words, matrix[has], counts=counts, attributes=attributes)

    def _with_rows(self, matrix: Floats, metadata: Mapping[str, Any], what: str) -> Self:
        """The same words with other vectors [V, D'], which no transform of these gives: `what` computed them.

        They have the counts and attributes of these. A warning names the parts that belong to the old space.
        """
        old = self.without(CONTEXT, TRANSFORMS, OOV)
        tell(old, what, EVERY - {SUBWORDS, TOKENIZER}, stacklevel=4)
        return self._build(self.vocabulary, matrix, metadata=metadata, attributes=self._attributes)

    def _of_words(self, indices: NDArray[np.int64]) -> Self:
        """New vectors of the words with these indices."""
        words = self.vocabulary.take(indices)
        _ = words.index_of_words  # builds the index, and so refuses words that are given twice
        return self._with_words(words, self._take(indices), indices, context=self._context_of(indices))

    def _with_words(self, words: Vocabulary, rows: Rows | Floats, indices: NDArray[np.int64], **parts: Any) -> Self:
        """New vectors with the other parts of these; `indices` are those that the words have here."""
        parts = {"contexts": self._contexts} | parts
        return self._build(words, rows, **self._parts(attributes=self._attributes.take(indices), **parts))

    def _owners(self) -> NDArray[np.int64]:
        """[V] the first word with the same vector, by index."""
        indices = np.arange(len(self))
        hashes = np.empty(len(self), np.uint64)
        for first, last in word_blocks(len(self), self.vector_size):
            hashes[first:last] = _row_hashes(self._take(indices[first:last]).view(np.uint32))
        _, inverse, sizes = np.unique(hashes, return_inverse=True, return_counts=True)
        owner, owned = indices.copy(), dict[bytes, int]()
        several = np.flatnonzero(sizes[inverse] > 1)  # equal hashes are no proof: compare the bytes
        for first, last in word_blocks(len(several), self.vector_size):
            rows = self._take(several[first:last])
            for index, row in zip(several[first:last].tolist(), rows):
                owner[index] = owned.setdefault(row.tobytes(), index)
        return owner


def _row_hashes(bits: NDArray[np.uint32]) -> NDArray[np.uint64]:
    """[n] a hash of each row of bits [n, D]."""
    odd = np.random.PCG64(1).random_raw(bits.shape[1]) | np.uint64(1)
    hashes: NDArray[np.uint64] = (bits * odd).sum(axis=1, dtype=np.uint64)
    return hashes


def _indices(rows: Any, size: int) -> NDArray[np.int64]:
    """Indices of words from numbers, a slice or a mask; OptionError for numbers beyond the words."""
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
