"""Similarity of words, of lists of words and of texts: cosines, means, the odd word out, Word Mover's Distance."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wordvec import search
from wordvec.base.arguments import array_of, listed_words, numbers, strings
from wordvec.base.errors import OptionError, UnknownWordError
from wordvec.search.arrays import unit
from wordvec.vectors.arguments import Floats, scaled_to_1, unit_vector
from wordvec.vectors.core import Core
from wordvec.vectors.transport import transport_cost

_BLOCK_BYTES = 4 << 20
_BEYOND = 1e150  # the squares of smaller numbers have a sum in float64
_MOST = float(np.finfo(np.float32).max)


class Similarity(Core):
    """Means, similarities and distances. Words without a row get a vector by the OOV policy."""

    def get_mean_vector(
        self,
        keys: Iterable[str | Floats],
        weights: ArrayLike | None = None,
        pre_normalize: bool = True,
        post_normalize: bool = False,
        ignore_missing: bool = True,
    ) -> Floats:
        """The weighted mean [D] float32 of the vectors of words. `keys` may hold vectors, too: they are not normalised.

        Weights may be negative; the sum is divided by the sum of their absolute values. Words without a vector are
        left out, or with `ignore_missing=False` raise UnknownWordError. OptionError names a word whose vector is not
        finite.
        """
        return mean_vector(self, keys, weights, pre_normalize, post_normalize, ignore_missing)

    def similarity(self, w1: str, w2: str) -> float:
        """The cosine of the vectors of two words, -1 to 1; 0 where one of them is zero.

        OptionError names a word whose vector holds NaN or inf.
        """
        return cosine_of(self, w1, w2)

    def _direction(self, word: str) -> NDArray[np.float64]:
        """The vector of a word at unit length, or zeros; OptionError where it is not finite."""
        return unit_vector(self.get_vector(word), word)

    def distance(self, w1: str, w2: str) -> float:
        """1 - similarity."""
        return 1 - self.similarity(w1, w2)

    def distances(self, word_or_vector: str | Floats, other_words: Iterable[str] = ()) -> Floats:
        """1 - cosine to each of `other_words`, or to every row where there are none; float32."""
        if isinstance(word_or_vector, str):
            query = unit_vector(self[word_or_vector], word_or_vector)
        else:
            query = unit_vector(self._as_vector(word_or_vector), None)
        others = listed_words(other_words, "other_words")
        if others:
            return np.array([1 - within_1(self._direction(word) @ query) for word in others], np.float32)
        return 1 - search.cosines(self._rows, query)

    def get_normed_vectors(self) -> Floats:
        """A new array [R, D] of the rows at unit length, decoded where they are encoded; zero rows stay zero.

        A row that is not finite holds NaN.
        """
        norms, normed = self._rows.lengths, np.empty(self._rows.shape, np.float32)
        step = max(1, _BLOCK_BYTES // (4 * self.vector_size))
        for first in range(0, len(normed), step):
            rows = slice(first, first + step)
            np.copyto(normed[rows], scaled_to_1(self._rows[rows], norms[rows]))
        return normed

    @staticmethod
    def cosine_similarities(vector_1: ArrayLike, vectors_all: ArrayLike) -> Floats:
        """The cosine of a vector [D] with each of [n, D], as [n] float32; 0 where one of the two is zero.

        It is 0 for rows that are not finite, as in searches; OptionError where the vector is not finite.
        """
        vector, rows = numbers(vector_1, "vector_1"), array_of(vectors_all, "vectors_all", "rows of numbers")
        if vector.ndim != 1 or rows.ndim != 2 or rows.shape[1:] != vector.shape:
            raise OptionError(
                f"vectors_all must be rows as long as vector_1; got shapes {rows.shape} and {vector.shape}"
            )
        if rows.dtype.kind not in "biuf":
            raise OptionError(f"vectors_all must be rows of numbers; got an array of {rows.dtype}")
        if not (np.abs(vector) < _BEYOND).all():
            raise OptionError(f"vector_1 must hold finite numbers below {_BEYOND:g}; it does not")
        direction, result = unit(vector), np.zeros(len(rows), np.float32)
        step = max(1, _BLOCK_BYTES // (8 * max(1, len(vector))))
        for first in range(0, len(rows), step):
            wide = rows[first : first + step].astype(np.float64)
            with np.errstate(invalid="ignore", over="ignore"):
                lengths = np.sqrt(np.square(wide).sum(axis=1))
                has_direction = (lengths > 0) & (lengths < np.inf)
                products = wide @ direction
            np.divide(products, lengths, out=result[first : first + step], where=has_direction, casting="unsafe")
        return result

    def n_similarity(self, ws1: Sequence[str], ws2: Sequence[str]) -> float:
        """The cosine of the means of two lists of words; words without a vector raise UnknownWordError."""
        lists = [listed_words(ws, name) for ws, name in ((ws1, "ws1"), (ws2, "ws2"))]
        means = [self.get_mean_vector(ws, pre_normalize=False, ignore_missing=False) for ws in lists]
        return within_1(unit(means[0]) @ unit(means[1]))

    def most_similar_to_given(self, key1: str, keys_list: Sequence[str]) -> str:
        """The word of a list that is most similar to another word; the first of equals."""
        others = strings(keys_list, "keys_list")
        if not others:
            raise OptionError(f"keys_list must be a list of one word or more; got {keys_list!r}")
        return max(others, key=lambda key: self.similarity(key1, key))

    def rank_by_centrality(self, words: Sequence[str], use_norm: bool = True) -> list[tuple[float, str]]:
        """(similarity, word), highest first: the dot product of each word's vector with the unit vector of their mean.

        Vectors are scaled to unit length, unless `use_norm=False`. Words without a vector are left out with a warning.

        >>> from wordvec import KeyedVectors
        >>> kv = KeyedVectors(["cat", "dog", "car"], [[1, 0], [4, 3], [0, 1]])
        >>> [word for _, word in kv.rank_by_centrality(["car", "dog", "cat"])]
        ['dog', 'cat', 'car']
        """
        words = strings(words)
        known = [word for word in words if self.can_embed(word)]
        if len(known) < len(words):
            missing = [word for word in words if not self.can_embed(word)]
            warnings.warn(f"left out {len(missing)} words without a vector: {missing[:5]}", stacklevel=2)
        if not known:
            raise OptionError("words must hold at least one word of the vocabulary; got none")
        length = 1.0 if use_norm else None
        vectors = np.array([unit_vector(self[word], word, length) for word in known])
        return sorted(zip((vectors @ unit(vectors.mean(axis=0))).tolist(), known), reverse=True)

    def doesnt_match(self, words: Sequence[str]) -> str:
        """The word that is farthest from the mean of all of them; unknown words are left out with a warning."""
        return self.rank_by_centrality(words)[-1][1]

    def wmdistance(self, document1: Sequence[str], document2: Sequence[str], norm: bool = True) -> float:
        """Word Mover's Distance of two texts: the least cost of moving the words of one to those of the other.

        The cost is the sum of mass times Euclidean distance, where each text has a mass of 1 spread over its words by
        their frequency (Kusner, Sun, Kolkin, Weinberger, "From Word Embeddings To Document Distances", ICML 2015). It
        is solved exactly, as a linear program. With `norm`, vectors are scaled to unit length first. Words without a
        vector are left out; inf where a text has no word with one.

        >>> from wordvec import KeyedVectors
        >>> kv = KeyedVectors(["a", "b", "c"], [[1, 0], [0, 1], [0, 1]])
        >>> kv.wmdistance(["a", "b"], ["c", "b"], norm=False) == kv.wmdistance(["a"], ["c"]) / 2 == 2**0.5 / 2
        True
        """
        texts = strings(document1, "document1"), strings(document2, "document2")
        masses = [_masses([word for word in text if self.can_embed(word)]) for text in texts]
        if not masses[0] or not masses[1]:
            return float("inf")
        # The distance is a metric, so mass that both texts have of a word stays where it is.
        left, right = (
            {word: mass - other.get(word, 0) for word, mass in own.items() if mass > other.get(word, 0)}
            for own, other in (masses, masses[::-1])
        )
        if not left or not right:
            return 0.0
        length = 1.0 if norm else None
        rows = [np.array([unit_vector(self[word], word, length) for word in part]) for part in (left, right)]
        costs = np.array([np.sqrt(np.square(rows[1] - row).sum(axis=1)) for row in rows[0]])
        return transport_cost(np.array(list(left.values())), np.array(list(right.values())), costs)


def mean_vector(
    vectors: Core,
    keys: Iterable[str | Floats],
    weights: ArrayLike | None = None,
    pre_normalize: bool = True,
    post_normalize: bool = False,
    ignore_missing: bool = True,
) -> Floats:
    """See `KeyedVectors.get_mean_vector`."""
    keys = [keys] if isinstance(keys, str) else listed_words(keys, "keys", "words and vectors")
    if not keys:
        raise OptionError("keys must hold at least one word or vector; got none")
    what = f"one finite number for each of {len(keys)} keys"
    factors = np.ones(len(keys)) if weights is None else numbers(weights, "weights", what)
    if factors.shape != (len(keys),):
        raise OptionError(f"weights must be {what}; got shape {factors.shape}")
    if not np.isfinite(factors).all():
        raise OptionError(f"weights must be {what}; got {weights!r:.80}")
    mean, total = np.zeros(vectors.vector_size), 0.0
    for key, factor in zip(keys, factors.tolist()):
        if isinstance(key, str):
            try:
                own = vectors[key]
            except UnknownWordError:
                if ignore_missing:
                    continue
                raise
            vector = unit_vector(own, key, 1.0 if pre_normalize else None)
        else:
            vector = unit_vector(vectors._as_vector(key), None, None)
        mean += factor * vector
        total += abs(factor)
    mean = mean / total if total > 0 else mean
    if not np.abs(mean).max() <= _MOST:
        raise OptionError("keys must have a mean that float32 can hold; it is greater: make them of length 1 first")
    return (unit(mean) if post_normalize else mean).astype(np.float32)


def cosine_of(vectors: Core, w1: str, w2: str) -> float:
    """See `KeyedVectors.similarity`."""
    return within_1(unit_vector(vectors.get_vector(w1), w1) @ unit_vector(vectors.get_vector(w2), w2))


def within_1(cosine: Any) -> float:
    """A cosine, clipped to -1 and 1: rounding may have moved it beyond."""
    value = float(cosine)
    return 1.0 if value > 1 else -1.0 if value < -1 else value  # NaN stays NaN


def _masses(words: Sequence[Any]) -> dict[str, float]:
    """The share of each word of a text."""
    return {word: count / len(words) for word, count in Counter(words).items()}
