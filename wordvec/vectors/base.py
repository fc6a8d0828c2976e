"""The words and the matrix of KeyedVectors: what they hold, and look-up."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wordvec import store
from wordvec.base.arguments import array_of, is_one_of, mapped
from wordvec.base.errors import FormatError, OptionError
from wordvec.rows import Rows
from wordvec.search.arrays import as_matrix
from wordvec.transforms import Transforms
from wordvec.vectors.categories import Categories, Values, column
from wordvec.vocabulary import Vocabulary
from wordvec.vocabulary.views import KeyToIndex, Words, kept

if TYPE_CHECKING:
    from wordvec.subwords import Subwords
    from wordvec.vectors.pieces import Pieces

Floats = NDArray[np.float32]
Matrix = Floats | Rows

_BEYOND = 1e150  # numbers whose squares have a sum in float64
_RENAMED = {
    **dict.fromkeys(("index2word", "index2entity"), "index_to_key"),
    **dict.fromkeys(("syn0norm", "vectors_norm", "init_sims"), "get_normed_vectors()"),
    **dict.fromkeys(("syn1", "syn1neg"), "context"),
    **dict.fromkeys(("accuracy", "log_accuracy"), "evaluate_word_analogies"),
    "vocab": "key_to_index, and get_vecattr(word, 'count') for counts",
    "syn0": "vectors",
    "add": "add_vectors",
    "word_vec": "get_vector",
    "words_closer_than": "closer_than",
    "wv": "the object itself: it is the vectors",
    "size": "vector_size",
}
_ELSEWHERE = {
    "expandos": "get_vecattr and set_vecattr",
    "next_index": "len(vectors)",
    "vectors_vocab": "vectors",
    "vectors_ngrams": "subwords.table",
    "vectors_lockf": "wordvec.gensim's models, whose wv has it; fit_inputs trains input rows alone, context as it is",
    "intersect_word2vec_format": "merge(wordvec.load(path), on_conflict='last', add=False)",
}


POLICIES = ("raise", "zero", "subword", "similar")  # what a word without a row gets


class Base:
    """What the other parts of KeyedVectors stand on."""

    def __init__(
        self,
        words: Vocabulary | Iterable[str | bytes],
        vectors: ArrayLike | None = None,
        counts: ArrayLike | None = None,
        metadata: Mapping[str, Any] | None = None,
        *,
        context: ArrayLike | None = None,
        rows: ArrayLike | Believed | None = None,
        subwords: Subwords | None = None,
        transforms: Transforms | None = None,
        attributes: Mapping[str, ArrayLike | Categories] | None = None,
        oov: Any = "auto",
        tokenizer: Pieces | None = None,
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
        self._vectors: Matrix = vectors if isinstance(vectors, Rows) else matrix_of(vectors, "vectors")
        self._rows = None if rows is None else _shared_rows(rows, len(words), len(self._vectors))
        self._believed = isinstance(rows, Believed)
        if self._rows is None and len(self._vectors) != len(words):
            raise OptionError(
                f"vectors must have one row for each of {len(words)} words; got {len(self._vectors)} rows"
            )
        self._context = None if context is None else matrix_of(context, "context")
        if self._context is not None and self._context.shape[1] != self.vector_size:
            raise OptionError(
                f"context must have rows of {self.vector_size} numbers, as the vectors; got {self._context.shape[1]}"
            )
        if (size := getattr(subwords, "vector_size", self.vector_size)) != self.vector_size:
            raise OptionError(f"subwords must compose vectors of {self.vector_size} numbers, as the rows; got {size}")
        self._subwords, self._transforms = subwords, transforms
        columns = mapped(attributes, "attributes", "arrays by name, one value for each word")
        self._attributes = {name: _attribute(name, values, len(words)) for name, values in columns.items()}
        self._norms: Floats | None = vectors.norms if isinstance(vectors, Rows) else None
        self._stored: store.StoredFile | None = None
        check_policy(oov, subwords is not None)
        self._oov, self._tokenizer = oov, tokenizer
        self.metadata: dict[str, Any] = mapped(metadata, "metadata", "what JSON can hold")

    @property
    def vocabulary(self) -> Vocabulary:
        """The words, their counts and the index."""
        return self._vocabulary

    @property
    def vectors(self) -> Matrix:
        """[R, D] float32, read-only, R = V: row i is the vector of word i.

        Of compressed vectors, what decodes rows when they are asked for, `vectors[rows]`. Of vectors that words share
        (`rows` is given), R < V and `key_to_index` has the row of every word.
        """
        return self._vectors

    @property
    def rows(self) -> NDArray[np.uint32] | None:
        """[V] the row of every word where words share rows, the first R of which own them; else None.

        FormatError where a file says otherwise: whatever uses more than a single row takes them from here.
        """
        if self._believed and self._rows is not None:
            try:
                _check_rows(self._rows, len(self._vectors))
            except OptionError as error:
                raise FormatError(f"{error}: the file is damaged") from None
            self._believed = False
        return self._rows

    @property
    def subwords(self) -> Subwords | None:
        """The table that composes vectors for words without a row, where there is one: in the space of the rows."""
        return self._subwords

    @property
    def transforms(self) -> Transforms | None:
        """What was done to the vectors after training, in order; a vector from elsewhere is brought in by `apply`."""
        return self._transforms

    @property
    def context(self) -> Floats | None:
        """[R, D] float32: the output matrix of the trainer, where it was kept."""
        return self._context

    @property
    def tokenizer(self) -> Pieces | None:
        """What cuts a text into the words of the vectors, where these are pieces of a language model's; else None."""
        return self._tokenizer

    def _parts(self, **new: Any) -> dict[str, Any]:
        """What goes along to vectors of the same words, as the constructor takes it, but for what is `new`.

        The context matrix is for training: what makes vectors to train on takes it along.
        """
        parts = {"rows": self.rows, "attributes": self._attributes, "metadata": self.metadata, "oov": self._oov}
        parts |= {"subwords": self._subwords, "transforms": self._transforms, "tokenizer": self._tokenizer}
        return parts | new

    @property
    def norms(self) -> Floats:
        """[V] float32: the Euclidean length of every row; from the file, or computed on first use."""
        if self._norms is None:
            norms = store.row_norms(np.asarray(self._vectors))
            norms.flags.writeable = False
            self._norms = norms
        return self._norms

    def blocks(self, block_bytes: int = 4 << 20) -> Iterator[tuple[int, Floats]]:
        """(first word, float32 [n, D]) over the vectors of all words in order, a few megabytes at a time.

        Decoded where they are compressed, repeated where words share rows: what a writer of files wants.
        """
        step = max(1, block_bytes // (4 * self.vector_size))
        for first in range(0, len(self), step):
            part = slice(first, first + step)
            rows = part if self.rows is None else self.rows[part].astype(np.int64)
            yield first, self._vectors[rows]

    @property
    def vector_size(self) -> int:
        """D, the numbers in a vector."""
        return int(self._vectors.shape[1])

    @property
    def index_to_key(self) -> Words:
        """The words in row order: a list that reads its items when asked."""
        return self._vocabulary.words

    @property
    def key_to_index(self) -> KeyToIndex:
        """The row of every word: a dict that looks words up when asked."""
        return KeyToIndex(self._vocabulary, self.rows)

    def __len__(self) -> int:
        return len(self._vocabulary)

    def __contains__(self, word: object) -> bool:
        return word in self._vocabulary

    def __iter__(self) -> Iterator[str]:
        return iter(self._vocabulary)

    def __repr__(self) -> str:
        where = f" in {self._stored.path}" if self._stored else ""
        return f"KeyedVectors of {len(self)} words x {self.vector_size}{where}"

    def __getitem__(self, key: str | Sequence[str] | NDArray[Any]) -> Floats:
        """The vector of a word, [D], or the vectors of a list of words, [n, D]; UnknownWordError for one without."""
        if key.__class__ is str:  # first, and without a check of its own: this is the call that must be fast
            row = self._vocabulary.get(key)
            if row is None:
                return self._embed_unknown(key)
            vector: Floats = self._vectors[row if self._rows is None else self._shared(row)]
            return vector
        if isinstance(key, np.ndarray) and key.ndim == 1:
            key = key.tolist()
        if isinstance(key, (list, tuple)):
            found = [self._vocabulary.get(word) for word in key]
            if None not in found:
                return self._vectors[np.array([self._shared(row) for row in found], np.int64)]
            return self._embed(key)
        return self.get_vector(key)  # type: ignore[arg-type]

    def get_vector(self, key: str, norm: bool = False) -> Floats:
        """The vector of a word, [D] float32; with `norm`, of length 1. A zero vector stays zero."""
        row = self._vocabulary.get(key)
        vector: Floats = self._embed_unknown(key) if row is None else self._vectors[self._shared(row)]
        if norm:
            wide = vector.astype(np.float64)
            length = float(wide @ wide) ** 0.5
            if not length < np.inf:
                raise OptionError(f"a vector must be finite to have length 1; that of {key!r} holds NaN or inf")
            vector = (wide / length if length > 0 else wide).astype(np.float32)
        return vector

    def _embed_unknown(self, word: str) -> Floats:
        """The vector of a word without a row, by the policy for such words; UnknownWordError where it has none."""
        raise NotImplementedError

    def _embed(self, words: Sequence[str]) -> Floats:
        """[n, D] the vectors of words, some without a row."""
        raise NotImplementedError

    def _row_of(self, word: str) -> int:
        """The row of a word; UnknownWordError where it has none."""
        return self._shared(self._vocabulary.index(word))

    def _shared(self, index: int) -> int:
        """The row of the word with this index, which a damaged file cannot lead out of the matrix."""
        if self._rows is None:
            return index
        row = int(self._rows[index])
        if row >= len(self._vectors):
            raise FormatError(
                f"the row of word {index} must be below {len(self._vectors)}; got {row}: the file is damaged"
            )
        return row

    def get_index(self, key: str, default: int | None = None) -> int:
        """The row of a word; without a default, UnknownWordError where it has none."""
        if default is not None and self._vocabulary.get(key) is None:
            return default
        return self._row_of(key)

    def has_index_for(self, key: str) -> bool:
        """Whether a word has a row."""
        return key in self._vocabulary

    def get_normed_vectors(self) -> Floats:
        """A new array [R, D] of the rows, each of length 1, decoded where they are compressed; zero rows stay zero.

        A row that is not finite holds NaN.
        """
        norms = self._vectors.lengths if isinstance(self._vectors, Rows) else self.norms
        normed = np.empty(self._vectors.shape, np.float32)
        step = max(1, (4 << 20) // (4 * self.vector_size))
        for first in range(0, len(normed), step):
            rows = slice(first, first + step)
            np.copyto(normed[rows], scaled_to_1(self._vectors[rows], norms[rows]))
        return normed

    def __getattr__(self, name: str) -> Any:
        if name in _RENAMED:
            raise AttributeError(f"{name!r} was a name of old gensim; use {_RENAMED[name]}")
        if name in _ELSEWHERE:
            raise AttributeError(f"{name!r} is gensim's; what it was for is done by {_ELSEWHERE[name]}")
        raise AttributeError(f"{type(self).__name__} has no attribute {name!r}")

    def _scanning(self) -> AbstractContextManager[None]:
        return nullcontext() if self._stored is None else self._stored.sequential()

    def _as_vector(self, value: ArrayLike) -> NDArray[np.float64]:
        try:
            vector = np.asarray(value)
        except ValueError:  # lists of different lengths
            vector = np.empty(0)
        if vector.shape != (self.vector_size,) or vector.dtype.kind not in "fiu":
            raise OptionError(f"a key must be a word or a vector of {self.vector_size} numbers; got {value!r:.200}")
        wide: NDArray[np.float64] = vector.astype(np.float64)
        if _BEYOND < np.abs(wide).max() < np.inf:
            raise OptionError(f"a vector must hold numbers below {_BEYOND:g}; got {np.abs(wide).max():g}: scale it")
        return wide


def matrix_of(values: ArrayLike, name: str) -> Floats:
    """`as_matrix` of what may be no array yet; OptionError for rows of several lengths, words, complex numbers."""
    return as_matrix(values if isinstance(values, np.ndarray) else array_of(values, name, "a matrix of numbers"), name)


def scaled_to_1(rows: Floats, norms: Floats) -> Floats:
    """[n, D] rows at length 1, where `norms` has their lengths; rows of zeros stay. Lengths may be beyond float32."""
    length: NDArray[Any] = norms[:, None]
    if np.isinf(norms).any():
        length = np.sqrt(np.square(rows, dtype=np.float64).sum(axis=1, keepdims=True))
    with np.errstate(invalid="ignore"):  # of a row that is infinite: it becomes NaN
        scaled: Floats = np.divide(rows, np.where(length > 0, length, length.dtype.type(1)))
    return scaled.astype(np.float32, copy=False)


class Believed:
    """The row of every word as a file has it: looked at when it is used, so that a mapped file opens in no time."""

    def __init__(self, rows: NDArray[Any]) -> None:
        self.rows = rows


def _shared_rows(given: ArrayLike | Believed, words: int, size: int) -> NDArray[np.uint32]:
    """The row of every word, where several words share one, and of those the first `size` own theirs."""
    array = given.rows if isinstance(given, Believed) else array_of(given, "rows", "row numbers")
    if array.shape != (words,) or array.dtype.kind not in "iu" or size > words:
        raise OptionError(
            f"rows must be one integer for each of {words} words, and no row without a word; "
            f"got shape {array.shape} of {array.dtype} for {size} rows"
        )
    if isinstance(given, Believed):
        return kept(np.asarray(array, np.uint32))
    _check_rows(array, size)
    return kept(np.asarray(array, np.uint32))


def _check_rows(array: NDArray[Any], size: int) -> None:
    """OptionError where these are not rows of words, of which the first `size` own theirs."""
    wrong = np.flatnonzero((array < 0) | (array >= size))
    if len(wrong):
        raise OptionError(f"rows must be from 0 to {size - 1}; word {wrong[0]} has {array[wrong[0]]}")
    wrong = np.flatnonzero(array[:size] != np.arange(size))
    if len(wrong):
        raise OptionError(
            f"rows must begin with 0 to {size - 1}, owned in order; word {wrong[0]} has {array[wrong[0]]}"
        )


def _attribute(name: str, given: ArrayLike | Categories, words: int) -> Values:
    values = column(given, f"attribute {name!r}")
    if values.ndim < 1 or len(values) != words:
        raise OptionError(
            f"attribute {name!r} must hold a number, boolean or text for each of {words} words; "
            f"got {values.dtype} of shape {values.shape}"
        )
    if isinstance(values, Categories):
        return Categories(kept(values.codes), values.names.frozen())
    return kept(values)


def check_policy(policy: Any, has_subwords: bool) -> None:
    """OptionError for what is no policy for words without a row, or not one that these vectors can have."""
    if not callable(policy) and not is_one_of(policy, ("auto", *POLICIES)):
        raise OptionError(
            f"oov must be one of {', '.join(POLICIES)}, or a function from word to vector; got {policy!r}"
        )
    if policy == "subword" and not has_subwords:
        raise OptionError('oov must be another policy than "subword" where vectors have no subwords; these have none')
