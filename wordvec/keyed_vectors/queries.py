"""gensim's query names on KeyedVectors, as thin calls into search and evaluate."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from wordvec import search
from wordvec.errors import OptionError
from wordvec.keyed_vectors.base import Base, Floats
from wordvec.search.arrays import unit


class Queries(Base):
    """The questions that can be asked of vectors."""

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

        >>> from wordvec import KeyedVectors
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


def _weighted(keys: Any, sign: float) -> list[tuple[Any, float]]:
    """(word or vector, weight) pairs from what `most_similar` accepts."""
    if keys is None:
        return []
    if isinstance(keys, str) or (isinstance(keys, np.ndarray) and keys.ndim == 1):
        keys = [keys]
    # What is negative is subtracted, whichever sign its weight has: gensim wants -2.0 there, a newcomer writes 2.0.
    weighted = [key if isinstance(key, tuple) and len(key) == 2 else (key, 1.0) for key in keys]
    return [(key, weight if sign > 0 else -abs(weight)) for key, weight in weighted]
