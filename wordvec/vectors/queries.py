"""gensim's query names on KeyedVectors, as thin calls into search."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wordvec import search
from wordvec.base.arguments import listed_words
from wordvec.base.errors import OptionError
from wordvec.rows import Rows
from wordvec.search.analogy import cosmul
from wordvec.search.arrays import unit, whole
from wordvec.vectors.base import Floats
from wordvec.vectors.similarity import Comparing

# words, rows, a mask, a predicate on words, or values of their attributes
Some = Iterable[str] | ArrayLike | Callable[[str], bool] | Mapping[str, Any]
_GREATEST = 1e30  # a weight
_QUERIES = 4096  # answered at a time
_EPS = 1e-6  # of the denominator of 3CosMul, as in gensim


class Queries(Comparing):
    """The words nearest to others. Words without a row are taken by the policy for them, `oov`."""

    def most_similar(
        self,
        positive: str | Floats | Sequence[Any] | None = None,
        negative: str | Floats | Sequence[Any] | None = None,
        topn: int | None = 10,
        clip_start: int = 0,
        clip_end: int | None = None,
        restrict_vocab: int | None = None,
        indexer: Any = None,
        *,
        within: Some | None = None,
        exclude: Some | None = None,
        min_score: float | None = None,
        workers: int | None = None,
    ) -> Any:
        """The words nearest to `positive` minus `negative` by cosine: [(word, cosine)], best first.

        Each may be a word, a vector, or a list of words, vectors and (word, weight) pairs. The words asked for are
        never in the result, nor are zero vectors. Rows `clip_start` to `clip_end` compete, or the first
        `restrict_vocab`, and of these only the ones `within`, without those to `exclude`: both are words, row
        numbers, a mask of booleans [V], a function from word to bool, or values of attributes that words must have,
        {"pos": "NOUN", "count": lambda n: n > 9}, each one, several or a function. None scores below `min_score`. With
        `topn=None`, the cosines of all rows from `clip_start` to `clip_end` as float32. An `indexer`, of
        `wordvec.search.indexes`, is asked instead of the rows: it is quicker, and may miss a word. `workers` is how
        many threads read the rows at most (None: as many as usable cores); a small matrix is read by one.

        >>> from wordvec import KeyedVectors
        >>> kv = KeyedVectors(["man", "king", "woman", "queen"], [[1, 0], [1, 1], [2, -1], [2, 0.5]])
        >>> kv.most_similar(["king", "woman"], ["man"], topn=1)[0][0]
        'queen'
        >>> kv.most_similar("king", within=["man", "woman"], topn=1)[0][0]
        'man'
        """
        if indexer is not None:
            self._check_indexer(indexer)
        topn = None if topn is None else whole("topn", topn)
        if topn is not None and topn < 1:
            return []
        query, own, threads = *self._query(positive, negative), self._threads(workers)
        start, stop = self._range(clip_start, clip_end, restrict_vocab)
        if topn is None:
            _only_with_topn(within=within, exclude=exclude, min_score=min_score)
            with self._scanning():
                return search.cosines(self._vectors, query, norms=self.norms, start=start, stop=stop, workers=threads)
        mask = self._mask(within, exclude)
        with self._scanning():
            found = self._nearest(query[None], topn, [own], start, stop, mask, min_score, threads, indexer)
        return self._named(*found)[0]

    def most_similar_batch(
        self,
        queries: Sequence[Any] | NDArray[Any],
        topn: int = 10,
        clip_start: int = 0,
        clip_end: int | None = None,
        restrict_vocab: int | None = None,
        *,
        within: Some | None = None,
        exclude: Some | None = None,
        min_score: float | None = None,
        workers: int | None = None,
    ) -> list[list[tuple[str, float]]]:
        """`most_similar` of many queries in one pass over the rows: a list of results, the same as one by one.

        Each query is what `most_similar` takes as `positive`: a word, a vector, or a list of words, vectors and
        (word, weight) pairs, where what is subtracted has a weight below 0. Beside the result, memory is taken for a
        few thousand queries at a time. `workers` is as there.

        >>> from wordvec import KeyedVectors
        >>> kv = KeyedVectors(["man", "king", "woman", "queen"], [[1, 0], [1, 1], [2, -1], [2, 0.5]])
        >>> [[word for word, _ in found] for found in kv.most_similar_batch(["man", "woman"], topn=1)]
        [['queen'], ['man']]
        """
        if isinstance(queries, str):
            raise OptionError(f"queries must be a list of them; got the one word {queries!r}: use most_similar")
        if not isinstance(queries, np.ndarray) or not queries.ndim:
            queries = listed_words(queries, "queries", "a list of words, vectors, and lists of both")
        topn = whole("topn", topn)
        if topn < 1:
            return [[] for _ in queries]
        start, stop = self._range(clip_start, clip_end, restrict_vocab)
        mask, result, threads = self._mask(within, exclude), list[list[tuple[str, float]]](), self._threads(workers)
        for first in range(0, len(queries), _QUERIES):
            made = [self._query(query, None) for query in queries[first : first + _QUERIES]]
            vectors, own = np.stack([vector for vector, _ in made]), [rows for _, rows in made]
            with self._scanning():
                result += self._named(*self._nearest(vectors, topn, own, start, stop, mask, min_score, threads))
        return result

    def most_similar_cosmul(
        self,
        positive: str | Floats | Sequence[Any] | None = None,
        negative: str | Floats | Sequence[Any] | None = None,
        topn: int | None = 10,
        restrict_vocab: int | None = None,
        *,
        clip_start: int = 0,
        clip_end: int | None = None,
        within: Some | None = None,
        exclude: Some | None = None,
    ) -> Any:
        """As `most_similar`, by the product of similarities to `positive` over that to `negative`: 3CosMul.

        The score of a row y is prod s(y, positive) / (prod s(y, negative) + 1e-6), s = (1 + cosine) / 2 (Levy,
        Goldberg, "Linguistic Regularities in Sparse and Explicit Word Representations", CoNLL 2014, equation 5).
        """
        topn = None if topn is None else whole("topn", topn)
        if topn is not None and topn < 1:
            return []
        lists = [self._terms(positive, "positive"), self._terms(negative, "negative")]
        if not lists[0]:
            raise OptionError("positive must hold a word or a vector; got neither")
        start, stop = self._range(clip_start, clip_end, restrict_vocab)
        with self._scanning():
            positives, negatives = ([vector for vector, _ in terms] for terms in lists)
            if topn is None:
                _only_with_topn(within=within, exclude=exclude)
                return self._products(positives, negatives, start, stop)
            options: dict[str, Any] = {"start": start, "stop": stop, "within": self._mask(within, exclude)}
            own = [row for terms in lists for _, row in terms if row is not None]
            rows, scores = cosmul(
                self._vectors, positives, negatives, topn, norms=self.norms, eps=_EPS, exclude=own, **options
            )
        return self._named(rows[None], scores[None])[0]

    def similar_by_word(self, word: str, topn: int | None = 10, restrict_vocab: int | None = None) -> Any:
        """`most_similar` of one word."""
        return self.most_similar([word], topn=topn, restrict_vocab=restrict_vocab)

    def similar_by_key(self, key: str, topn: int | None = 10, restrict_vocab: int | None = None) -> Any:
        """`most_similar` of one word."""
        return self.most_similar([key], topn=topn, restrict_vocab=restrict_vocab)

    def similar_by_vector(self, vector: ArrayLike, topn: int | None = 10, restrict_vocab: int | None = None) -> Any:
        """`most_similar` of one vector; no word is left out."""
        return self.most_similar([self._as_vector(vector)], topn=topn, restrict_vocab=restrict_vocab)

    def closer_than(self, key1: str, key2: str) -> list[str]:
        """The words that are closer to `key1` than `key2` is, in row order."""
        vector, score = self.get_vector(key1), self.similarity(key1, key2)
        if isinstance(self._vectors, Rows) and key2 in self._vocabulary and vector.any():
            # As the rows are scored, which for some codecs is not by what they decode to.
            score = float(self._vectors.cosines(np.array([self._row_of(key2)]), unit(vector))[0])
        rows = search.rows_closer(self._vectors, vector, score + 1e-12, norms=self.norms)
        own = {self._row_of(key) for key in (key1, key2) if key in self._vocabulary}
        return [self._vocabulary[row] for row in rows.tolist() if row not in own]

    def rank(self, key1: str, key2: str) -> int:
        """The place of `key2` among the words nearest to `key1`; 1 is the nearest."""
        return len(self.closer_than(key1, key2)) + 1

    def relative_cosine_similarity(self, wa: str, wb: str, topn: int = 10) -> float:
        """The cosine of two words over the sum of the cosines of the `topn` words nearest to the first.

        Above 1 / topn, the second is nearer than the mean of those (Leeuwenberg, Vela, Dehdari, van Genabith, "A
        Minimally Supervised Approach for Synonym Extraction with Word Embeddings", PBML 105, 2016). 0 where the sum is.
        """
        near = self.similar_by_word(wa, whole("topn", topn))
        if not near:
            raise OptionError(f"topn must be a number of words of at least 1, and there must be others; got {topn!r}")
        total = float(sum(score for _, score in near))
        return self.similarity(wa, wb) / total if total else 0.0

    def _query(self, positive: Any, negative: Any) -> tuple[Floats, list[int]]:
        """The direction [D] that is asked for, and the rows of the words in it."""
        given = weighted(positive, 1.0) + weighted(negative, -1.0)
        if not given:
            raise OptionError("positive or negative must hold a word or a vector; got neither")
        keys = [key for key, _ in given]
        with np.errstate(invalid="ignore"):  # of a row that is infinite
            query = self.get_mean_vector(keys, [weight for _, weight in given], ignore_missing=False)
        if not np.isfinite(query).all() or not query.any():
            self._check_directions(keys)
        return query, [self._row_of(key) for key in keys if isinstance(key, str) and key in self._vocabulary]

    def _check_directions(self, keys: list[Any]) -> None:
        """OptionError names the first word of a query whose vector has no direction."""
        for word in keys:
            if isinstance(word, str):
                vector = self[word]
                if not np.isfinite(vector).all() or not vector.any():
                    problem = "zero" if np.isfinite(vector).all() else "not finite: it holds NaN or inf"
                    raise OptionError(
                        f"a word that is asked for must have a vector with a direction; that of {word!r} is {problem}"
                    )

    def _check_indexer(self, indexer: Any) -> None:
        """OptionError for what is no index, or one of other vectors."""
        from wordvec.search.indexes import SearchIndex

        if not isinstance(indexer, SearchIndex):
            raise OptionError(
                "indexer must be an index of wordvec.search.indexes, as build_index(kv.vectors, norms=kv.norms) makes "
                f"and open_index opens; got {type(indexer).__name__}"
            )
        if indexer.shape != self._vectors.shape:
            raise OptionError(
                f"indexer must be of these vectors, {self._vectors.shape[0]} x {self._vectors.shape[1]}; it is of "
                f"{indexer.shape[0]} x {indexer.shape[1]}: build it again"
            )

    def _terms(self, keys: Any, name: str) -> list[tuple[Floats, int | None]]:
        """(vector, its row) of the words and vectors of one side of a product."""
        terms: list[tuple[Floats, int | None]] = []
        for key, weight in weighted(keys, 1.0):
            if weight != 1:
                raise OptionError(f"{name} must be words or vectors, without weights; got {weight!r} for {key!r}")
            if isinstance(key, str):
                terms.append((self[key], self._row_of(key) if key in self._vocabulary else None))
            else:
                vector = self._as_vector(key)
                narrow = np.abs(vector).max() <= np.finfo(np.float32).max  # also NaN, which search refuses, is none
                terms.append(((vector if narrow else unit(vector)).astype(np.float32), None))
        return terms

    def _threads(self, workers: int | None) -> int | None:
        """The threads that there may be for these rows; OptionError where `workers` is no number of them."""
        return search.limited(self._vectors, workers)

    def _range(self, clip_start: int, clip_end: int | None, restrict_vocab: int | None) -> tuple[int, int]:
        """The rows that compete."""
        rows = len(self._vectors)
        given = {"clip_start": clip_start, "clip_end": clip_end, "restrict_vocab": restrict_vocab}
        clip_start, clip_end, restrict_vocab = (
            whole(name, 0 if value is None else value) for name, value in given.items()
        )
        return (0, min(restrict_vocab, rows)) if restrict_vocab else (clip_start or 0, min(clip_end or rows, rows))

    def _mask(self, within: Some | None, exclude: Some | None) -> NDArray[np.bool_] | None:
        """[R] the rows that may be in a result, or None where all may."""
        mask = None if within is None else self._rows_of(within, "within")
        if exclude is not None:
            without = ~self._rows_of(exclude, "exclude")
            mask = without if mask is None else mask & without
        return mask

    def _rows_of(self, some: Any, name: str) -> NDArray[np.bool_]:
        """[R] the rows of words, row numbers, a mask of words, or a predicate on words."""
        mask = np.zeros(len(self._vectors), bool)
        if isinstance(some, (str, bytes)):
            raise OptionError(f"{name} must be words, rows, a mask or a function; got the one word {some!r}: list it")
        if isinstance(some, Mapping):
            some = self._words_with(some, name)
        elif callable(some):
            some = np.fromiter((bool(some(word)) for word in self._vocabulary), bool, len(self))
        else:
            try:
                some = some if isinstance(some, np.ndarray) and some.dtype.kind not in "USO" else list(some)
            except TypeError:
                raise OptionError(f"{name} must be words, rows, a mask or a function; got {some!r:.80}") from None
            if not len(some) or (isinstance(some, list) and all(isinstance(word, str) for word in some)):
                mask[[self._row_of(word) for word in some]] = True
                return mask
        try:
            rows = np.asarray(some)
        except ValueError:  # lists of several lengths
            raise OptionError(f"{name} must be one list of words or of rows; got lists in it") from None
        if rows.dtype.kind in "US" or rows.ndim != 1 or rows.dtype.kind not in "biu":
            raise OptionError(
                f"{name} must be words, row numbers, a mask of {len(self)} booleans, a function from word to bool, or "
                f"values of attributes; got {rows.dtype} of shape {rows.shape}"
            )
        if rows.dtype.kind == "b":
            if len(rows) != len(self):
                raise OptionError(f"{name} must have one boolean for each of {len(self)} words; got {len(rows)}")
            rows = np.flatnonzero(rows) if self.rows is None else self.rows[rows].astype(np.int64)
        elif len(rows) and not 0 <= int(rows.min()) <= int(rows.max()) < len(mask):
            raise OptionError(f"{name} must be rows from 0 to {len(mask) - 1}; got {rows.min()} to {rows.max()}")
        mask[rows] = True
        return mask

    def _nearest(
        self, queries: Floats, k: int, own: list[list[int]], start: int, stop: int,
        mask: NDArray[np.bool_] | None, min_score: float | None, workers: int | None, indexer: Any = None,
    ) -> tuple[NDArray[np.int64], NDArray[np.float64]]:  # fmt: skip
        if indexer is not None:
            start, stop, _ = slice(start, stop).indices(len(self._vectors))
            if stop - start < len(self._vectors):
                clipped = np.zeros(len(self._vectors), bool)
                clipped[start:stop] = True
                mask = clipped if mask is None else mask & clipped
            found: tuple[NDArray[np.int64], NDArray[np.float64]] = indexer.search(
                queries, k, exclude=own, within=mask, min_score=min_score
            )
            return found
        options: dict[str, Any] = {"start": start, "stop": stop, "within": mask, "min_score": min_score}
        options["workers"] = workers
        return search.nearest(self._vectors, queries, k, norms=self.norms, exclude=own, **options)

    def _products(self, positive: list[Floats], negative: list[Floats], start: int, stop: int) -> Floats:
        """[stop - start] the scores of 3CosMul, computed as a difference of logarithms."""
        total = np.zeros(max(0, stop - start))
        for vectors, sign in ((positive, 1), (negative, -1)):
            product = np.zeros(len(total))
            for vector in vectors:
                cosines = search.cosines(self._vectors, vector, norms=self.norms, start=start, stop=stop)
                with np.errstate(divide="ignore"):
                    product += np.log((1 + cosines.astype(np.float64)) / 2)
            total += product if sign > 0 else -np.log(np.exp(product) + _EPS)
        return np.exp(total).astype(np.float32)

    def _named(self, rows: NDArray[np.int64], scores: NDArray[np.float64]) -> list[list[tuple[str, float]]]:
        words = self._vocabulary
        return [
            [(words[row], score) for row, score in zip(*pair) if row >= 0]
            for pair in zip(rows.tolist(), scores.tolist())
        ]


def _is_pair(key: Any) -> bool:
    """Whether a key is (word or vector, weight); a list, as JSON has it, where it starts with a word."""
    return len(key) == 2 if isinstance(key, tuple) else isinstance(key, list) and len(key) == 2 and type(key[0]) is str


def _only_with_topn(**options: Any) -> None:
    for name, value in options.items():
        if value is not None:
            raise OptionError(f"{name} must be left out with topn=None, which scores every row; got {value!r}")


def weighted(keys: Any, sign: float) -> list[tuple[Any, float]]:
    """(word or vector, weight) pairs from what `most_similar` accepts."""
    if keys is None:
        return []
    if isinstance(keys, str) or (isinstance(keys, np.ndarray) and keys.ndim == 1):
        keys = [keys]
    if isinstance(keys, np.ndarray) and not keys.ndim and keys.dtype.kind == "U":
        keys = [keys.item()]
    if not isinstance(keys, Iterable) or isinstance(keys, (bytes, Mapping)) or getattr(keys, "ndim", 1) == 0:
        raise OptionError(f"a query must be a word, a vector, or a list of words, vectors and pairs; got {keys!r:.80}")
    # What is negative is subtracted, whichever sign its weight has: gensim wants -2.0 there, a newcomer writes 2.0.
    weighted = [key if _is_pair(key) else (key, 1.0) for key in keys]
    for key, weight in weighted:
        number = isinstance(weight, (int, float, np.number)) and not isinstance(weight, (bool, np.complexfloating))
        if not number or not abs(weight) < _GREATEST:
            raise OptionError(
                f"a pair must be (word or vector, weight), the weight a number; got ({key!r:.80}, {weight!r:.80})"
            )
    return [(key, weight if sign > 0 else -abs(weight)) for key, weight in weighted]
