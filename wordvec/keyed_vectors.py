"""KeyedVectors: words and their vectors; look-up, and gensim's query names as thin calls into search."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wordvec import search, store
from wordvec.errors import FormatError, OptionError
from wordvec.search.arrays import as_matrix, unit
from wordvec.vocabulary import KeyToIndex, Vocabulary, Words

Floats = NDArray[np.float32]

_RENAMED = {
    **dict.fromkeys(("index2word", "index2entity"), "index_to_key"),
    **dict.fromkeys(("syn0norm", "vectors_norm", "init_sims"), "get_normed_vectors()"),
    **dict.fromkeys(("syn1", "syn1neg"), "context"),
    "vocab": "key_to_index, and get_vecattr(word, 'count') for counts",
    "syn0": "vectors",
    "word_vec": "get_vector",
    "wv": "the object itself: it is the vectors",
    "size": "vector_size",
}


class KeyedVectors:
    """Words and their vectors: in memory, or in a file that is mapped and shared between processes.

    `vectors` is a float32 array [V, D], or what can become one; a view with padded rows is kept as it is, not copied.
    Arrays are read-only: what is cached about them stays true. Copy to change.

    >>> kv = KeyedVectors(["king", "queen", "apple"], [[1, 2], [1, 3], [-2, 1]], counts=[9, 4, 2])
    >>> kv["queen"].tolist(), "prince" in kv, len(kv), kv.vector_size
    ([1.0, 3.0], False, 3, 2)
    >>> [(word, round(score, 3)) for word, score in kv.most_similar("king", topn=1)]
    [('queen', 0.99)]
    """

    def __init__(
        self,
        words: Vocabulary | Iterable[str | bytes],
        vectors: ArrayLike,
        counts: ArrayLike | None = None,
        metadata: Mapping[str, Any] | None = None,
        *,
        context: ArrayLike | None = None,
    ) -> None:
        if isinstance(words, int):
            raise OptionError(f"words must be the words of the vectors; got the number {words}: give KeyedVectors both")
        if not isinstance(words, Vocabulary):
            words = Vocabulary.from_words(words, counts)
        elif counts is not None:
            words = Vocabulary(words.data, words.offsets, counts, words.hash, words.max_probe)
        self._vocabulary = words
        self._vectors = as_matrix(vectors, "vectors")
        if len(self._vectors) != len(words):
            raise OptionError(
                f"vectors must have one row for each of {len(words)} words; got {len(self._vectors)} rows"
            )
        self._context = None if context is None else as_matrix(context, "context")
        self._norms: Floats | None = None
        self._stored: store.StoredFile | None = None
        self.metadata: dict[str, Any] = dict(metadata or {})

    @property
    def vocabulary(self) -> Vocabulary:
        """The words, their counts and the index."""
        return self._vocabulary

    @property
    def vectors(self) -> Floats:
        """[V, D] float32, read-only; row i is the vector of word i."""
        return self._vectors

    @property
    def context(self) -> Floats | None:
        """[R, D] float32: the output matrix of the trainer, where it was kept."""
        return self._context

    @property
    def norms(self) -> Floats:
        """[V] float32: the Euclidean length of every row; from the file, or computed on first use."""
        if self._norms is None:
            norms = store.row_norms(self._vectors)
            norms.flags.writeable = False
            self._norms = norms
        return self._norms

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
        return self._vocabulary.key_to_index

    def __len__(self) -> int:
        return len(self._vocabulary)

    def __contains__(self, word: object) -> bool:
        return word in self._vocabulary

    def __iter__(self) -> Iterator[str]:
        return iter(self._vocabulary)

    def __repr__(self) -> str:
        where = f" in {self._stored.path}" if self._stored else ""
        return f"KeyedVectors of {len(self)} words x {self.vector_size}{where}"

    def __getitem__(self, key: str | Sequence[str]) -> Floats:
        """The vector of a word, [D], or the vectors of a list of words, [n, D]; UnknownWordError for one without."""
        if key.__class__ is str:  # first, and without a check of its own: this is the call that must be fast
            vector: Floats = self._vectors[self._vocabulary.index(key)]
            return vector
        if isinstance(key, (list, tuple)):
            return self._vectors[[self._vocabulary.index(word) for word in key]].reshape(len(key), self.vector_size)
        return self.get_vector(key)  # type: ignore[arg-type]

    def get_vector(self, key: str, norm: bool = False) -> Floats:
        """The vector of a word, [D] float32; with `norm`, of length 1. A zero vector stays zero."""
        row = self._vocabulary.index(key)
        vector: Floats = self._vectors[row]
        if norm:
            vector = unit(vector).astype(np.float32)
        return vector

    def get_index(self, key: str, default: int | None = None) -> int:
        """The row of a word; without a default, UnknownWordError where it has none."""
        row: int = self._vocabulary.index(key) if default is None else self._vocabulary.get(key, default)
        return row

    def has_index_for(self, key: str) -> bool:
        """Whether a word has a row."""
        return key in self._vocabulary

    def get_vecattr(self, key: str, attr: str) -> int:
        """The count of a word in the corpus, `get_vecattr(word, "count")`; OptionError where counts are not known."""
        if attr != "count":
            raise OptionError(f"attr must be 'count', the one number kept for each word; got {attr!r}")
        row = self._vocabulary.index(key)
        if self._vocabulary.counts is None:
            raise OptionError("counts must have been given or read with the vectors; these have none")
        return int(self._vocabulary.counts[row])

    def get_normed_vectors(self) -> Floats:
        """A new array [V, D] of the vectors, each of length 1; zero vectors stay zero."""
        norms = self.norms.reshape(-1, 1)
        normed = np.zeros(self._vectors.shape, np.float32)
        return np.divide(self._vectors, norms, out=normed, where=norms > 0)

    def get_mean_vector(
        self,
        keys: Sequence[str | Floats],
        weights: ArrayLike | None = None,
        pre_normalize: bool = True,
        post_normalize: bool = False,
        ignore_missing: bool = True,
    ) -> Floats:
        """The weighted mean of the vectors of words, [D] float32; `keys` may also hold vectors, used as they are.

        Weights may be negative; the sum is divided by the sum of their sizes. Unknown words are left out, or with
        `ignore_missing=False` raise UnknownWordError.
        """
        if isinstance(keys, str):
            keys = [keys]
        if not len(keys):
            raise OptionError("keys must hold at least one word or vector; got none")
        factors = np.ones(len(keys)) if weights is None else np.asarray(weights, np.float64)
        if factors.shape != (len(keys),):
            raise OptionError(f"weights must be one number for each of {len(keys)} keys; got shape {factors.shape}")
        mean, total = np.zeros(self.vector_size), 0.0
        for key, factor in zip(keys, factors.tolist()):
            if isinstance(key, str):
                row = self._vocabulary.get(key) if ignore_missing else self._vocabulary.index(key)
                if row is None:
                    continue
                vector = unit(self._vectors[row]) if pre_normalize else self._vectors[row].astype(np.float64)
            else:
                vector = self._as_vector(key)
            mean += factor * vector
            total += abs(factor)
        mean = mean / total if total > 0 else mean
        return (unit(mean) if post_normalize else mean).astype(np.float32)

    def similarity(self, w1: str, w2: str) -> float:
        """The cosine of the vectors of two words, -1 to 1; 0 where one of them is zero."""
        return float(unit(self[w1]) @ unit(self[w2]))

    def distance(self, w1: str, w2: str) -> float:
        """1 - similarity."""
        return 1 - self.similarity(w1, w2)

    def distances(self, word_or_vector: str | Floats, other_words: Sequence[str] = ()) -> Floats:
        """1 - cosine to each of `other_words`, or to every word where none is given; float32."""
        query = self[word_or_vector] if isinstance(word_or_vector, str) else self._as_vector(word_or_vector)
        if other_words:
            rows = [self._vocabulary.index(word) for word in other_words]
            return (1 - np.array([unit(self._vectors[row]) @ unit(query) for row in rows])).astype(np.float32)
        return 1 - search.cosines(self._vectors, query, norms=self.norms)

    def n_similarity(self, ws1: Sequence[str], ws2: Sequence[str]) -> float:
        """The cosine of the means of two lists of words; unknown words raise UnknownWordError."""
        means = [self.get_mean_vector(ws, pre_normalize=False, ignore_missing=False) for ws in (ws1, ws2)]
        return float(unit(means[0]) @ unit(means[1]))

    def most_similar(
        self,
        positive: str | Floats | Sequence[Any] | None = None,
        negative: str | Floats | Sequence[Any] | None = None,
        topn: int | None = 10,
        clip_start: int = 0,
        clip_end: int | None = None,
        restrict_vocab: int | None = None,
    ) -> Any:
        """The words nearest to `positive` minus `negative` by cosine: [(word, cosine)], best first.

        Each may be a word, a vector, or a list of words, vectors and (word, weight) pairs. The words asked for are
        never in the result, nor are zero vectors. Rows `clip_start` to `clip_end` compete, or the first
        `restrict_vocab`. With `topn=None`, the cosines of all of those rows as float32.

        >>> kv = KeyedVectors(["man", "king", "woman", "queen"], [[1, 0], [1, 1], [2, -1], [2, 0.5]])
        >>> kv.most_similar(["king", "woman"], ["man"], topn=1)[0][0]
        'queen'
        """
        if topn is not None and topn < 1:
            return []
        keys, weights = _weighted(positive, 1.0), _weighted(negative, -1.0)
        if not keys and not weights:
            raise OptionError("positive or negative must hold a word or a vector; got neither")
        given = keys + weights
        query = self.get_mean_vector([k for k, _ in given], [w for _, w in given], ignore_missing=False)
        stop = min(restrict_vocab or clip_end or len(self), len(self))
        start = 0 if restrict_vocab else clip_start or 0
        with self._scanning():
            if topn is None:
                return search.cosines(self._vectors, query, norms=self.norms, start=start, stop=stop)
            own = [self._vocabulary.index(key) for key, _ in given if isinstance(key, str)]
            rows, scores = search.nearest(
                self._vectors, query[None], topn, norms=self.norms, exclude=[own], start=start, stop=stop
            )
        pairs = zip(rows[0].tolist(), scores[0].tolist())
        return [(self._vocabulary[row], score) for row, score in pairs if row >= 0]

    def similar_by_word(self, word: str, topn: int | None = 10, restrict_vocab: int | None = None) -> Any:
        """`most_similar` of one word."""
        return self.most_similar([word], topn=topn, restrict_vocab=restrict_vocab)

    similar_by_key = similar_by_word

    def similar_by_vector(self, vector: ArrayLike, topn: int | None = 10, restrict_vocab: int | None = None) -> Any:
        """`most_similar` of one vector; no word is left out."""
        return self.most_similar([np.asarray(vector)], topn=topn, restrict_vocab=restrict_vocab)

    def doesnt_match(self, words: Sequence[str]) -> str:
        """The word farthest from the mean of the others and itself; unknown words are left out with a warning."""
        known = [word for word in words if word in self]
        if len(known) < len(words):
            missing = [word for word in words if word not in self]
            warnings.warn(f"left out {len(missing)} words without a vector: {missing[:5]}", stacklevel=2)
        if not known:
            raise OptionError("words must hold at least one word of the vocabulary; got none")
        units = np.array([unit(self[word]) for word in known])
        return min(zip((units @ unit(units.mean(axis=0))).tolist(), known))[1]

    def closer_than(self, key1: str, key2: str) -> list[str]:
        """The words that are closer to `key1` than `key2` is, in row order."""
        row, score = self._vocabulary.index(key1), self.similarity(key1, key2)
        rows = search.rows_closer(self._vectors, self._vectors[row], score + 1e-12, norms=self.norms)
        return [self._vocabulary[i] for i in rows.tolist() if i not in (row, self._vocabulary.index(key2))]

    def rank(self, key1: str, key2: str) -> int:
        """The place of `key2` among the words nearest to `key1`; 1 is the nearest."""
        return len(self.closer_than(key1, key2)) + 1

    def evaluate_word_pairs(self, pairs: str | os.PathLike[str], **options: Any) -> Any:
        """How well similarities follow the scores of people in a file of word pairs: see `wordvec.evaluate`."""
        from wordvec.evaluate import word_pairs

        return word_pairs(self, pairs, **options)

    def evaluate_word_analogies(self, analogies: str | os.PathLike[str], **options: Any) -> Any:
        """How many analogies of a file are solved: see `wordvec.evaluate`."""
        from wordvec.evaluate import analogies as evaluate

        return evaluate(self, analogies, **options)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write everything to one native file, which appears when it is complete; OutputError where it cannot."""
        words, counts = self._vocabulary, self._vocabulary.counts
        given: dict[str, NDArray[Any] | None] = {"embeddings": self._vectors, "context": self._context}
        given |= {"vocab.data": words.data, "vocab.offsets": words.offsets, "vocab.hash": words.hash, "counts": counts}
        tensors = {name: array for name, array in given.items() if array is not None}
        sorted_by_count = counts is not None and bool((counts[1:] <= counts[:-1]).all())
        config = {"codec": "float32", "dim": self.vector_size, "metric": "cosine", "sorted_by_count": sorted_by_count}
        store.write_file(path, tensors, {**config, "vocab": {"max_probe": words.max_probe}, "metadata": self.metadata})

    @classmethod
    def load(cls, path: str | os.PathLike[str], mmap: bool | str = True) -> KeyedVectors:
        """The vectors of a native file, by one map in no time, or read into memory with `mmap=False`.

        `wordvec.load` opens files of any format. FormatError where the file is damaged.
        """
        return cls._from_file(store.open_file(path, mmap=bool(mmap)))

    @classmethod
    def _from_file(cls, stored: store.StoredFile) -> KeyedVectors:
        tensors = stored.tensors
        try:
            data, offsets, index = (tensors[f"vocab.{name}"] for name in ("data", "offsets", "hash"))
            words = Vocabulary(data, offsets, tensors.get("counts"), index, stored.config["vocab"]["max_probe"])
            metadata = stored.config["metadata"]
            vectors = cls(words, tensors["embeddings"], None, metadata, context=tensors.get("context"))
        except OptionError as error:
            raise FormatError(f"{stored.path}: {error}") from None
        vectors._norms, vectors._stored = tensors["embeddings.norm"], stored
        return vectors

    def verify(self) -> None:
        """Check every byte of the file behind these vectors, and its index; FormatError says what is damaged."""
        if self._stored is None:
            raise OptionError("vectors must come from a native file to be verified; these do not")
        self._stored.verify()
        try:
            self._vocabulary.check()
        except (OptionError, FormatError) as error:
            raise FormatError(f"{self._stored.path}: {error}") from None

    def save_word2vec_format(self, fname: str | os.PathLike[str], binary: bool = False) -> None:
        """Write a word2vec file, text or binary, without counts; words with white space are refused."""
        from wordvec.formats import save

        save(self, fname, "word2vec-binary" if binary else "word2vec-text")

    @classmethod
    def load_word2vec_format(
        cls, fname: str | os.PathLike[str], binary: bool | None = None, limit: int | None = None
    ) -> KeyedVectors:
        """Read a word2vec file, compressed or not; text, binary and a missing header are recognised by content."""
        from wordvec.formats import load

        return load(fname, limit=limit)

    def __reduce__(self) -> tuple[Any, ...]:
        """By reference where the vectors are mapped from a file: the process that unpickles opens it. Else by value."""
        if self._stored is not None and self._stored.map is not None:
            return _reopen, (self._stored.path, self._stored.size, self._stored.mtime_ns)
        context = None if self._context is None else np.array(self._context)
        rebuild = partial(KeyedVectors, counts=None, metadata=self.metadata, context=context)
        return rebuild, (self._vocabulary, np.array(self._vectors))

    def __getattr__(self, name: str) -> Any:
        if name in _RENAMED:
            raise AttributeError(f"{name!r} was a name of old gensim; use {_RENAMED[name]}")
        raise AttributeError(f"KeyedVectors has no attribute {name!r}")

    def _scanning(self) -> AbstractContextManager[None]:
        return nullcontext() if self._stored is None else self._stored.sequential()

    def _as_vector(self, value: ArrayLike) -> NDArray[np.float64]:
        vector = np.asarray(value)
        if vector.shape != (self.vector_size,) or vector.dtype.kind not in "fiu":
            raise OptionError(f"a key must be a word or a vector of {self.vector_size} numbers; got {value!r}")
        return vector.astype(np.float64)


def _weighted(keys: Any, sign: float) -> list[tuple[Any, float]]:
    """(word or vector, weight) pairs from what `most_similar` accepts."""
    if keys is None:
        return []
    if isinstance(keys, str) or (isinstance(keys, np.ndarray) and keys.ndim == 1):
        keys = [keys]
    # What is negative is subtracted, whichever sign its weight has: gensim wants -2.0 there, a newcomer writes 2.0.
    weighted = [key if isinstance(key, tuple) and len(key) == 2 else (key, 1.0) for key in keys]
    return [(key, weight if sign > 0 else -abs(weight)) for key, weight in weighted]


def _reopen(path: str, size: int, mtime_ns: int) -> KeyedVectors:
    """The vectors that another process pickled by reference; FormatError where the file is no longer the same."""
    vectors = KeyedVectors.load(path)
    stored = vectors._stored
    if stored is None or (stored.size, stored.mtime_ns) != (size, mtime_ns):
        raise FormatError(f"{path} must be the file that was pickled; it has been replaced since: load it again")
    return vectors
