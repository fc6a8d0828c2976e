"""Nearest words under gensim's query names; the search itself is in wordvec.search."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TypedDict, overload

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wordvec import search
from wordvec.base.arguments import listed_words
from wordvec.base.errors import OptionError
from wordvec.search.arrays import unit, whole
from wordvec.search.cosmul import cosmul
from wordvec.vectors.arguments import Floats
from wordvec.vectors.core import Core
from wordvec.vectors.query_terms import (
    Filter,
    Neighbours,
    check_indexer,
    check_only_with_topn,
    direction_of,
    factors,
    named,
    row_mask,
    row_range,
)
from wordvec.vectors.similarity import cosine_of

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from wordvec.search.indexes import SearchIndex

Terms = str | NDArray[Any] | Sequence[Any]  # a word, a vector, or a list of words, vectors and (word, weight) pairs
_QUERIES = 4096  # answered at a time
_EPS = 1e-6  # of the denominator of 3CosMul, as in gensim


class Clip(TypedDict, total=False):
    """The rows that compete, as a range."""

    clip_start: int
    clip_end: int | None
    restrict_vocab: int | None


class Restricted(TypedDict, total=False):
    """The rows that may be in a result, the least score, and the threads of a search."""

    within: Filter | None
    exclude: Filter | None
    min_score: float | None
    workers: int | None


class Queries(Core):
    """The nearest neighbours of words and vectors. Words without a row get a vector by the OOV policy."""

    @overload
    def most_similar(
        self,
        positive: Terms | None = ...,
        negative: Terms | None = ...,
        topn: int = ...,
        clip_start: int = ...,
        clip_end: int | None = ...,
        restrict_vocab: int | None = ...,
        indexer: SearchIndex | None = ...,
        **options: Unpack[Restricted],
    ) -> Neighbours: ...
    @overload
    def most_similar(
        self,
        positive: Terms | None,
        negative: Terms | None,
        topn: None,
        clip_start: int = ...,
        clip_end: int | None = ...,
        restrict_vocab: int | None = ...,
        indexer: None = ...,
        *,
        workers: int | None = ...,
    ) -> Floats: ...
    @overload
    def most_similar(
        self,
        positive: Terms | None = ...,
        negative: Terms | None = ...,
        *,
        topn: None,
        workers: int | None = ...,
        **options: Unpack[Clip],
    ) -> Floats: ...
    @overload
    def most_similar(
        self,
        positive: Terms | None = ...,
        negative: Terms | None = ...,
        *,
        topn: int | None,
        workers: int | None = ...,
        **options: Unpack[Clip],
    ) -> Neighbours | Floats: ...

    def most_similar(
        self,
        positive: Terms | None = None,
        negative: Terms | None = None,
        topn: int | None = 10,
        clip_start: int = 0,
        clip_end: int | None = None,
        restrict_vocab: int | None = None,
        indexer: SearchIndex | None = None,
        *,
        within: Filter | None = None,
        exclude: Filter | None = None,
        min_score: float | None = None,
        workers: int | None = None,
    ) -> Neighbours | Floats:
        """The words nearest to `positive` minus `negative` by cosine: [(word, cosine)], best first.

        Each may be a word, a vector, or a list of words, vectors and (word, weight) pairs. The words of the query are
        never in the result, nor are zero vectors. The search is restricted to rows `clip_start` to `clip_end`, or to
        the first `restrict_vocab`, and to the rows `within`, without those to `exclude`. Both are words, row numbers, a
        mask of booleans [V], a function from word to bool, or values of attributes that words must have,
        {"pos": "NOUN", "count": lambda n: n > 9}, each one, several or a function. No result scores below `min_score`.

        With `topn=None`, the cosines of all rows from `clip_start` to `clip_end`, as float32. An `indexer`, of
        `wordvec.search.indexes`, answers in place of the rows: it is quicker, and may miss a word. `workers` is the
        largest number of threads that read the rows (None: all usable cores); one thread reads a small matrix.

        >>> from wordvec import KeyedVectors
        >>> kv = KeyedVectors(["man", "king", "woman", "queen"], [[1, 0], [1, 1], [2, -1], [2, 0.5]])
        >>> kv.most_similar(["king", "woman"], ["man"], topn=1)[0][0]
        'queen'
        >>> kv.most_similar("king", within=["man", "woman"], topn=1)[0][0]
        'man'
        """
        if indexer is not None:
            check_indexer(self, indexer)
        topn = None if topn is None else whole("topn", topn)
        if topn is not None and topn < 1:
            return Neighbours()
        query, own = direction_of(self, positive, negative)
        threads = search.limited(self._rows, workers)
        start, stop = row_range(self, clip_start, clip_end, restrict_vocab)
        if topn is None:
            check_only_with_topn(within=within, exclude=exclude, min_score=min_score)
            with self._scanning():
                return search.cosines(self._rows, query, start=start, stop=stop, workers=threads)
        mask = row_mask(self, within, exclude)
        nearest = self._nearest(query[None], topn, [own], start, stop, mask, min_score, threads, indexer)
        return named(self, *nearest)[0]

    def most_similar_batch(
        self,
        queries: Sequence[Any] | NDArray[Any],
        topn: int = 10,
        clip_start: int = 0,
        clip_end: int | None = None,
        restrict_vocab: int | None = None,
        indexer: SearchIndex | None = None,
        *,
        within: Filter | None = None,
        exclude: Filter | None = None,
        min_score: float | None = None,
        workers: int | None = None,
    ) -> list[Neighbours]:
        """`most_similar` of many queries in one pass over the rows: a list of results, the same as one by one.

        Each query is what `most_similar` takes as `positive`: a word, a vector, or a list of words, vectors and
        (word, weight) pairs, where a weight below 0 subtracts. Beside the result, the search takes memory for a few
        thousand queries at a time. The other options are those of `most_similar`.

        >>> from wordvec import KeyedVectors
        >>> kv = KeyedVectors(["man", "king", "woman", "queen"], [[1, 0], [1, 1], [2, -1], [2, 0.5]])
        >>> [[word for word, _ in near] for near in kv.most_similar_batch(["man", "woman"], topn=1)]
        [['queen'], ['man']]
        """
        if isinstance(queries, str):
            raise OptionError(f"queries must be a list of them; got the one word {queries!r}: use most_similar")
        if not isinstance(queries, np.ndarray) or not queries.ndim:
            queries = listed_words(queries, "queries", "a list of words, vectors, and lists of both")
        if indexer is not None:
            check_indexer(self, indexer)
        topn = whole("topn", topn)
        if topn < 1:
            return [Neighbours() for _ in queries]
        start, stop = row_range(self, clip_start, clip_end, restrict_vocab)
        mask, threads = row_mask(self, within, exclude), search.limited(self._rows, workers)
        results: list[Neighbours] = []
        for first in range(0, len(queries), _QUERIES):
            directions = [direction_of(self, query, None) for query in queries[first : first + _QUERIES]]
            vectors, own = np.stack([vector for vector, _ in directions]), [rows for _, rows in directions]
            nearest = self._nearest(vectors, topn, own, start, stop, mask, min_score, threads, indexer)
            results += named(self, *nearest)
        return results

    @overload
    def most_similar_cosmul(
        self,
        positive: Terms | None = ...,
        negative: Terms | None = ...,
        topn: int = ...,
        restrict_vocab: int | None = ...,
        *,
        clip_start: int = ...,
        clip_end: int | None = ...,
        within: Filter | None = ...,
        exclude: Filter | None = ...,
    ) -> Neighbours: ...
    @overload
    def most_similar_cosmul(
        self,
        positive: Terms | None,
        negative: Terms | None,
        topn: None,
        restrict_vocab: int | None = ...,
        *,
        clip_start: int = ...,
        clip_end: int | None = ...,
    ) -> Floats: ...
    @overload
    def most_similar_cosmul(
        self, positive: Terms | None = ..., negative: Terms | None = ..., *, topn: None, **options: Unpack[Clip]
    ) -> Floats: ...

    def most_similar_cosmul(
        self,
        positive: Terms | None = None,
        negative: Terms | None = None,
        topn: int | None = 10,
        restrict_vocab: int | None = None,
        *,
        clip_start: int = 0,
        clip_end: int | None = None,
        within: Filter | None = None,
        exclude: Filter | None = None,
    ) -> Neighbours | Floats:
        """As `most_similar`, with the score 3CosMul: similarities to `positive` multiplied, over those to `negative`.

        The score of a row y is prod s(y, positive) / (prod s(y, negative) + 1e-6), s = (1 + cosine) / 2 (Levy,
        Goldberg, "Linguistic Regularities in Sparse and Explicit Word Representations", CoNLL 2014, equation 5).
        """
        topn = None if topn is None else whole("topn", topn)
        if topn is not None and topn < 1:
            return Neighbours()
        sides = [factors(self, positive, "positive"), factors(self, negative, "negative")]
        if not sides[0]:
            raise OptionError("positive must hold a word or a vector; got neither")
        start, stop = row_range(self, clip_start, clip_end, restrict_vocab)
        positives, negatives = ([vector for vector, _ in side] for side in sides)
        with self._scanning():
            if topn is None:
                check_only_with_topn(within=within, exclude=exclude)
                return self._products(positives, negatives, start, stop)
            options: dict[str, Any] = {"start": start, "stop": stop, "within": row_mask(self, within, exclude)}
            options |= {"exclude": [row for side in sides for _, row in side if row is not None], "eps": _EPS}
            rows, scores = cosmul(self._rows, positives, negatives, topn, **options)
        return named(self, rows[None], scores[None])[0]

    @overload
    def similar_by_word(self, word: str, topn: int = ..., restrict_vocab: int | None = ...) -> Neighbours: ...
    @overload
    def similar_by_word(self, word: str, topn: None, restrict_vocab: int | None = ...) -> Floats: ...

    def similar_by_word(
        self, word: str, topn: int | None = 10, restrict_vocab: int | None = None
    ) -> Neighbours | Floats:
        """`most_similar` of one word."""
        return self.most_similar([word], topn=topn, restrict_vocab=restrict_vocab)

    @overload
    def similar_by_key(self, key: str, topn: int = ..., restrict_vocab: int | None = ...) -> Neighbours: ...
    @overload
    def similar_by_key(self, key: str, topn: None, restrict_vocab: int | None = ...) -> Floats: ...

    def similar_by_key(self, key: str, topn: int | None = 10, restrict_vocab: int | None = None) -> Neighbours | Floats:
        """`most_similar` of one word."""
        return self.most_similar([key], topn=topn, restrict_vocab=restrict_vocab)

    @overload
    def similar_by_vector(self, vector: ArrayLike, topn: int = ..., restrict_vocab: int | None = ...) -> Neighbours: ...
    @overload
    def similar_by_vector(self, vector: ArrayLike, topn: None, restrict_vocab: int | None = ...) -> Floats: ...

    def similar_by_vector(
        self, vector: ArrayLike, topn: int | None = 10, restrict_vocab: int | None = None
    ) -> Neighbours | Floats:
        """`most_similar` of one vector; no word is left out."""
        return self.most_similar([self._as_vector(vector)], topn=topn, restrict_vocab=restrict_vocab)

    def closer_than(self, key1: str, key2: str) -> list[str]:
        """The words that are closer to `key1` than `key2` is, in row order."""
        vector, score = self.get_vector(key1), cosine_of(self, key1, key2)
        if key2 in self._vocabulary and vector.any() and not self._rows.is_exact:
            # The score that a search gives the row, which for some codecs is not that of the decoded row.
            score = float(self._rows.cosines(np.array([self._row_of(key2)]), unit(vector))[0])
        rows = search.rows_closer(self._rows, vector, score + 1e-12)
        own = {self._row_of(key) for key in (key1, key2) if key in self._vocabulary}
        return [self._vocabulary[row] for row in rows.tolist() if row not in own]

    def rank(self, key1: str, key2: str) -> int:
        """The rank of `key2` among the words nearest to `key1`; 1 is the nearest."""
        return len(self.closer_than(key1, key2)) + 1

    def relative_cosine_similarity(self, wa: str, wb: str, topn: int = 10) -> float:
        """The cosine of two words over the sum of the cosines of the `topn` words nearest to the first.

        Above 1 / topn, the second word is nearer than the mean of those (Leeuwenberg, Vela, Dehdari, van Genabith, "A
        Minimally Supervised Approach for Synonym Extraction with Word Embeddings", PBML 105, 2016). 0 where the sum is.
        """
        near = self.most_similar([wa], topn=whole("topn", topn))
        if not near:
            raise OptionError(f"topn must be a number of words of at least 1, and there must be others; got {topn!r}")
        total = sum(score for _, score in near)
        return cosine_of(self, wa, wb) / total if total else 0.0

    def _nearest(
        self,
        queries: Floats,
        k: int,
        own: list[list[int]],
        start: int,
        stop: int,
        mask: NDArray[np.bool_] | None,
        min_score: float | None,
        workers: int | None,
        indexer: SearchIndex | None = None,
    ) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Rows [Q, k] and cosines [Q, k] of the rows nearest to directions [Q, D], by an index where there is one."""
        options: dict[str, Any] = {"exclude": own, "min_score": min_score}
        if indexer is None:
            options |= {"start": start, "stop": stop, "within": mask, "workers": workers}
            with self._scanning():
                return search.nearest(self._rows, queries, k, **options)
        start, stop, _ = slice(start, stop).indices(len(self._rows))
        if stop - start < len(self._rows):
            clipped = np.zeros(len(self._rows), bool)
            clipped[start:stop] = True
            mask = clipped if mask is None else mask & clipped
        nearest: tuple[NDArray[np.int64], NDArray[np.float64]] = indexer.search(queries, k, within=mask, **options)
        return nearest

    def _products(self, positive: list[Floats], negative: list[Floats], start: int, stop: int) -> Floats:
        """[stop - start] the scores of 3CosMul, computed as a difference of logarithms."""
        total = np.zeros(max(0, stop - start))
        for vectors, sign in ((positive, 1), (negative, -1)):
            product = np.zeros(len(total))
            for vector in vectors:
                cosines = search.cosines(self._rows, vector, start=start, stop=stop)
                with np.errstate(divide="ignore"):
                    product += np.log((1 + cosines.astype(np.float64)) / 2)
            total += product if sign > 0 else -np.log(np.exp(product) + _EPS)
        return np.exp(total).astype(np.float32)
