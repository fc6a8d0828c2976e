"""The core of KeyedVectors: the parts that vectors consist of, and look-up. Groups of methods stand on it alone."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from copy import deepcopy
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar, cast

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wordvec import store
from wordvec.base.arguments import mapped
from wordvec.base.errors import OptionError
from wordvec.rows import Dense, Rows
from wordvec.rows.dense import as_matrix
from wordvec.vectors.arguments import Floats, vector_of
from wordvec.vectors.attributes import Attributes
from wordvec.vectors.categories import Categories
from wordvec.vectors.oov import Coverage, Named, Policy, coverage_of, policy_of
from wordvec.vocabulary import Vocabulary, WordVectors
from wordvec.vocabulary.views import KeyToIndex, Words

if TYPE_CHECKING:
    from typing_extensions import Self

    from wordvec.corpus.pieces import Pieces
    from wordvec.subwords import Subwords
    from wordvec.transforms import Transforms

Matrix = Floats | Rows
Vectors = TypeVar("Vectors", bound="Core")


class Core(WordVectors):
    """Vocabulary, rows, OOV policy, attributes and metadata; perhaps subwords, transforms, contexts and tokenizer."""

    _vocabulary: Vocabulary

    def __init__(
        self,
        words: Vocabulary | Iterable[str | bytes],
        vectors: Rows | ArrayLike | None = None,
        counts: ArrayLike | None = None,
        metadata: Mapping[str, Any] | None = None,
        *,
        context: ArrayLike | None = None,
        subwords: Subwords | None = None,
        transforms: Transforms | None = None,
        attributes: Mapping[str, ArrayLike | Categories] | None = None,
        oov: Named | Policy = "auto",
        tokenizer: Pieces | None = None,
        contexts: Core | None = None,
    ) -> None:
        if isinstance(words, int):
            raise OptionError(
                f"words must be the words of the vectors; got the number {words}: use KeyedVectors(words, vectors), or "
                "load, or a trainer's fit"
            )
        if vectors is None:
            raise OptionError("vectors must be given with the words, one row for each: KeyedVectors(words, vectors)")
        if not isinstance(words, Vocabulary):
            words = Vocabulary.from_words(words, counts)
        elif counts is not None:
            words = words.recounted(counts)
        self._vocabulary = words.frozen()
        self._set_rows(vectors if isinstance(vectors, Rows) else Dense(as_matrix(vectors, "vectors")))
        if self._rows.words != len(words):
            raise OptionError(f"vectors must have one row for each of {len(words)} words; got {self._rows.words} rows")
        self._context = None if context is None else as_matrix(context, "context")
        if self._context is not None and self._context.shape[1] != self.vector_size:
            raise OptionError(
                f"context must have rows of {self.vector_size} numbers, as the vectors; got {self._context.shape[1]}"
            )
        if contexts is not None and contexts.vector_size != self.vector_size:
            raise OptionError(f"contexts must have vectors of {self.vector_size} numbers; got {contexts.vector_size}")
        self._contexts = contexts
        if (size := getattr(subwords, "vector_size", self.vector_size)) != self.vector_size:
            raise OptionError(f"subwords must compose vectors of {self.vector_size} numbers, as the rows; got {size}")
        self._subwords, self._transforms, self._tokenizer = subwords, transforms, tokenizer
        self._attributes = Attributes.of(attributes, len(words))
        self._stored: store.StoredFile | None = None
        self._policy = policy_of(oov, subwords is not None)
        self.metadata: dict[str, Any] = mapped(metadata, "metadata", "what JSON can hold")

    _contexts_class: ClassVar[Any] = None  # of `contexts` that are read from a file; None: that of the vectors
    _context_grows = False  # whether the context has a row for each word, and gets one for each word that is added

    def _set_rows(self, rows: Rows) -> None:
        self._rows, self._by_index = rows, rows.by_index
        self._row_of_index = None if type(rows).row is Rows.row else rows.row

    def _twin(self, cls: type[Vectors]) -> Vectors:
        """An object of a class with the same parts."""
        twin = cls.__new__(cls)
        twin.__dict__.update(self.__dict__)
        twin._vocabulary, twin._by_index, twin._row_of_index = self._vocabulary, self._by_index, self._row_of_index
        return twin

    # The parts

    @property
    def vocabulary(self) -> Vocabulary:
        """The words, their counts and the index, as they are now."""
        return self._vocabulary.frozen()

    @property
    def vectors(self) -> Matrix:
        """[R, D] float32, read-only, R = V: row i is the vector of word i. Later changes do not show in it.

        Of encoded vectors, an object that decodes rows: `vectors[rows]`. Where words share rows, R < V and
        `key_to_index` has the row of every word.
        """
        matrix: Matrix = self._rows.matrix
        return matrix

    @property
    def rows(self) -> Rows:
        """The object that holds the vectors: `Dense`, `Shared`, encoded or others. Later changes do not show in it."""
        return self._rows.frozen()

    @property
    def norms(self) -> Floats:
        """[R] float32: the norm of every row; from the file, or computed on first use."""
        return self._rows.norms

    @property
    def attributes(self) -> Attributes:
        """The values that are stored for every word, as columns by name: a mapping to read; `set_vecattr` sets them."""
        return self._attributes

    @property
    def subwords(self) -> Subwords | None:
        """The n-gram table that composes vectors for words without a row, in the space of the rows; or None."""
        return self._subwords

    @property
    def transforms(self) -> Transforms | None:
        """The transforms that were applied after training, in order; `apply_transforms` maps other vectors."""
        return self._transforms

    @property
    def context(self) -> Floats | None:
        """[C, D] float32: the output matrix of the trainer, where it was kept; zeros for words that were added."""
        if self._context is not None and self._context_grows and len(self._context) < len(self):
            added = np.zeros((len(self) - len(self._context), self.vector_size), np.float32)
            self._context = np.concatenate([self._context, added])
            self._context.flags.writeable = False
        return self._context

    @property
    def contexts(self) -> Self | None:
        """The vectors of the contexts, where these have a vocabulary of their own and were kept; else None."""
        return cast("Self | None", self._contexts)

    @property
    def tokenizer(self) -> Pieces | None:
        """The tokenizer of a language model, where the words are its pieces; else None."""
        return self._tokenizer

    @property
    def oov(self) -> Named:
        """The OOV policy: "raise", "zero", "subword", "similar", or a function from word to vector."""
        return self._policy.resolved(self).public

    @property
    def metric(self) -> str:
        """By what vectors are near each other: "cosine", or "poincare" of points of the Poincare ball."""
        return self._rows.metric

    @property
    def vector_size(self) -> int:
        """D, the dimensions of a vector."""
        return self._rows.shape[1]

    @property
    def index_to_key(self) -> Words:
        """The words in row order: a list that reads its items when asked."""
        return self._vocabulary.words

    @property
    def key_to_index(self) -> KeyToIndex:
        """The row of every word: a dict that looks words up when asked."""
        return KeyToIndex(self._vocabulary, self._rows.row_of)

    def _parts(self, **new: Any) -> dict[str, Any]:
        """The parts of other vectors of the same words, as the constructor takes them, but for those that are `new`.

        The context matrix is not among them: it is for training, and few derived vectors can be trained on.
        """
        parts: dict[str, Any] = {"attributes": self._attributes, "metadata": self.metadata, "oov": self._policy}
        parts |= {"subwords": self._subwords, "transforms": self._transforms, "tokenizer": self._tokenizer}
        return parts | new

    def _config(self) -> dict[str, Any]:
        """What a native file says of vectors of this class beyond what it says of all."""
        return {}

    def _build(self, words: Vocabulary, vectors: Rows | Floats, **parts: Any) -> Self:
        """New vectors of the same class."""
        return type(self)(words, vectors, **parts)

    def _derived(self, rows: Rows | None = None, **new: Any) -> Self:
        """Vectors with other rows, and with all other parts of these but for those that are `new`."""
        self._share()
        parts = self._parts(**new)
        return self._build(parts.pop("words", self._vocabulary), self._rows if rows is None else rows, **parts)

    def _share(self) -> None:
        """Let another object hold the same arrays from now on: the next change of either makes a copy first."""
        self._vocabulary, self._attributes = self.vocabulary, self._attributes.frozen()
        self._set_rows(self._rows.frozen())

    def __copy__(self) -> Self:
        """Other vectors that share the rows, until one of the two is changed."""
        return self.with_oov(self._policy)

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        """As a copy, with metadata of its own: arrays are read-only, and a change of either copies them first."""
        clone = memo[id(self)] = self.with_oov(self._policy)
        clone.metadata = deepcopy(self.metadata, memo)
        return clone

    # Look-up

    def __len__(self) -> int:
        return len(self._vocabulary)

    def __iter__(self) -> Iterator[str]:
        return iter(self._vocabulary)

    def __repr__(self) -> str:
        where = f" in {self._stored.path}" if self._stored else ""
        return f"KeyedVectors of {len(self)} words x {self.vector_size}{where}"

    def _repr_html_(self) -> str:
        from wordvec.vectors.summary import summary  # makes HTML, which only notebooks ask for

        return summary(self)

    def _item(self, key: str | Sequence[str] | NDArray[Any]) -> Floats:
        """What `vectors[key]` is of a key other than a word with a row."""
        if isinstance(key, np.ndarray) and key.ndim == 1:
            key = key.tolist()
        if isinstance(key, (list, tuple)):
            indices = [self._vocabulary.get(word) for word in key]
            if None not in indices:
                return self._rows.take(indices)
            return self._embed(key)
        return self.get_vector(key)  # type: ignore[arg-type]

    def get_vector(self, key: str, norm: bool = False) -> Floats:
        """The vector of a word, [D] float32; with `norm`, at unit length. A zero vector stays zero."""
        index = self._vocabulary.get(key)
        vector: Floats = self._embed_unknown(key) if index is None else self._by_index[index]
        if norm:
            wide = vector.astype(np.float64)
            length = float(wide @ wide) ** 0.5
            if not length < np.inf:
                raise OptionError(f"a vector must be finite to have length 1; that of {key!r} holds NaN or inf")
            vector = (wide / length if length > 0 else wide).astype(np.float32)
        return vector

    def blocks(self, block_bytes: int = 4 << 20) -> Iterator[tuple[int, Floats]]:
        """(first word, float32 [n, D]) over the vectors of all words in order, a few megabytes at a time.

        Encoded rows are decoded, and rows that words share are repeated: what a writer of files needs.
        """
        return self._rows.blocks(block_bytes)

    def _take(self, indices: NDArray[np.int64]) -> Floats:
        """[n, D] float32 new: the vectors of words by index, decoded, one for each word."""
        return self._rows.take(indices)

    def _context_of(self, indices: NDArray[np.int64], stacklevel: int = 4) -> Floats | None:
        """The context rows of some words; None where there are none, or, with a warning, where they are not of words.

        Words that share a row share its context.
        """
        context = self.context
        if context is None or len(context) == len(self):
            return None if context is None else context[indices]
        row_of = self._rows.row_of
        if row_of is not None and len(context) == len(self._rows):
            return np.asarray(context[row_of[indices].astype(np.int64)])
        warnings.warn(
            f"context is left out: its {len(context)} rows are not those of the {len(self)} words, as where it was "
            "trained by hierarchical softmax, and they cannot follow the words",
            stacklevel=stacklevel,
        )
        return None

    def _row_of(self, word: str) -> int:
        """The row of a word; UnknownWordError where it has none."""
        return self._rows.row(self._vocabulary.index(word))

    def _as_vector(self, value: ArrayLike) -> NDArray[np.float64]:
        """The vector of a query in float64."""
        return vector_of(value, self.vector_size)

    def _scanning(self) -> AbstractContextManager[None]:
        """A context in which the rows are read from end to end."""
        return nullcontext() if self._stored is None else self._stored.sequential()

    # Words without a row

    def with_oov(self, policy: Named | Policy) -> Self:
        """The same vectors, not copied, with another OOV policy: what words without a row get.

        - "raise" (the default): UnknownWordError.
        - "zero": a vector of zeros.
        - "subword" (the default where there are subwords): what `subwords.compose` gives; UnknownWordError for a word
          without a single n-gram.
        - "phrase" (the default where the metadata tell of phrases, see `wordvec.Phrases`): for a word with white space,
          the vector of its parts joined by the delimiter of the metadata, or `_`: `new_york` for "new york"; for other
          words, and where there is no such phrase, as "subword".
        - "similar": for any word, `unit(.3 r + .7 m)` times the mean norm of the up to three words that are spelled
          most like it, where m is the direction of the mean of their unit vectors and r a random direction that is a
          function of the word's n-grams (`wordvec.vectors.ngram_similarity`); r alone, at unit length, where no word
          has a similar spelling. The same in every process and on every machine. After Patel, Sands, Callison-Burch,
          Apidianaki, "Magnitude: A Fast, Efficient Universal Vector Embedding Utility Package", EMNLP 2018.
        - a function from a word to a vector [D], or to None for a word that has none.

        `word in vectors` still means that the word has a row of its own.

        >>> from wordvec import KeyedVectors
        >>> kv = KeyedVectors(["walking", "talking"], [[1, 2], [1, 1]]).with_oov("zero")
        >>> kv["wlaking"].tolist(), "wlaking" in kv, kv.can_embed("wlaking")
        ([0.0, 0.0], False, True)
        """
        checked = policy_of(policy, self._subwords is not None)
        self._share()
        clone = self._twin(type(self))
        clone._policy, clone._attributes, clone.metadata = checked, self._attributes.frozen(), dict(self.metadata)
        return clone

    def can_embed(self, word: str) -> bool:
        """Whether a word has a vector: a row of its own, or one by the OOV policy."""
        return self._vocabulary.get(word) is not None or bool(self._embed_by_policy([word])[1][0])

    def coverage(self, words: Iterable[str] | Mapping[str, int]) -> Coverage:
        """How much of a text has vectors. The text is given as its tokens, or as words with their counts.

        >>> from wordvec import KeyedVectors
        >>> KeyedVectors(["a", "b"], [[1, 2], [3, 4]]).coverage("a b x a y x".split())
        Coverage(tokens=6, with_row=3, by_policy=0, words=4, words_with_row=2, words_by_policy=0, missing=('x', 'y'))
        """
        return coverage_of(self, words)

    def _embed_by_policy(self, words: Sequence[str]) -> tuple[Floats, NDArray[np.bool_]]:
        """Vectors [n, D] of words without a row, and a mask [n] of the words that the OOV policy has one for."""
        return self._policy.resolved(self).embed(words, self)

    def _embed_unknown(self, word: str) -> Floats:
        """The vector [D] of a word without a row; UnknownWordError where the OOV policy has none."""
        policy = self._policy.resolved(self)
        vectors, has = policy.embed([word], self)
        if not has[0]:
            policy.refuse(word, self)
        return np.asarray(vectors[0])

    def _embed(self, words: Sequence[str]) -> Floats:
        """[n, D] the vectors of words, some of which have no row."""
        indices = [self._vocabulary.get(word) for word in words]
        unknown = [place for place, index in enumerate(indices) if index is None]
        known = [place for place, index in enumerate(indices) if index is not None]
        result = np.empty((len(words), self.vector_size), np.float32)
        result[known] = self._take(np.array([indices[place] for place in known], np.int64))
        result[unknown], has = self._embed_by_policy([words[place] for place in unknown])
        if not has.all():
            self._embed_unknown(words[unknown[int(has.argmin())]])  # raises
        return result
