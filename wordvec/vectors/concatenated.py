"""Several vectors side by side, as one whose vectors are those of all parts one after another; nothing is copied."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wordvec import search
from wordvec.base.errors import OptionError, UnknownWordError, WordTypeError
from wordvec.search.arrays import unit, whole
from wordvec.vectors.arguments import Floats
from wordvec.vectors.core import Core
from wordvec.vectors.merging import union
from wordvec.vectors.query_terms import weighted
from wordvec.vectors.similarity import within_1
from wordvec.vocabulary import Vocabulary
from wordvec.vocabulary.views import KeyToIndex, Words

if TYPE_CHECKING:
    from wordvec.vectors import KeyedVectors

_BLOCK_BYTES = 4 << 20


class Concatenated:
    """Vectors of several models side by side, for the words of any of them.

    A word has the vector of each part, one after another; the numbers add up. With `normalize`, the default, each of
    them is brought to length 1 first, so that all parts weigh the same; zeros stand for parts in which it has no row.
    A word that no part has a row for is made of what their policies give (`with_oov`), zeros where they give nothing;
    UnknownWordError where none gives anything.

    The parts are read where they are; what this adds is a place and a row for each word. Nothing can be changed.

    >>> from wordvec import KeyedVectors
    >>> a, b = KeyedVectors(["x", "y"], [[3, 4], [1, 0]]), KeyedVectors(["y", "z"], [[2], [5]])
    >>> both = Concatenated(a, b)
    >>> list(both), [round(float(x), 3) for x in both["x"]], both["y"].tolist()
    (['x', 'y', 'z'], [0.6, 0.8, 0.0], [1.0, 0.0, 1.0])
    >>> both.most_similar("y", topn=1)[0][0]
    'z'
    """

    def __init__(self, *vectors: KeyedVectors, normalize: bool = True) -> None:
        if not vectors or not all(isinstance(part, Core) for part in vectors):
            raise OptionError(
                f"vectors must be one or more KeyedVectors; got {', '.join(map(repr, vectors)) or 'none'}"
            )
        # Objects of its own, which share the rows: later changes of the parts do not reach them.
        self.parts, self.normalize = tuple(part.with_oov(part._policy) for part in vectors), normalize
        self._words, places = union([part.vocabulary for part in vectors], True)
        self._rows = []  # of each part: the row of every word, -1 where it has none
        for part, own in zip(vectors, places):
            rows = np.full(len(self._words), -1, np.int32)
            rows[own] = np.arange(len(own)) if part.rows.row_of is None else part.rows.row_of
            self._rows.append(rows)

    @property
    def vocabulary(self) -> Vocabulary:
        """The words of the first part, then those that only the second has, and so on; without counts."""
        return self._words

    @property
    def index_to_key(self) -> Words:
        """The words in order."""
        return self._words.words

    @property
    def key_to_index(self) -> KeyToIndex:
        """The place of every word."""
        return self._words.key_to_index

    @property
    def vector_size(self) -> int:
        """The numbers in a vector, of all parts together."""
        return sum(part.vector_size for part in self.parts)

    def __len__(self) -> int:
        return len(self._words)

    def __contains__(self, word: object) -> bool:
        return word in self._words

    def __iter__(self) -> Iterator[str]:
        return iter(self._words)

    def __repr__(self) -> str:
        sizes = " + ".join(str(part.vector_size) for part in self.parts)
        return f"Concatenated of {len(self)} words x {sizes}"

    def __getitem__(self, key: str | Sequence[str]) -> Floats:
        """The vector of a word, [D] float32, or the vectors of a list of words, [n, D]."""
        if isinstance(key, str):
            return self.get_vector(key)
        if not isinstance(key, (list, tuple)):
            raise WordTypeError(f"a word must be a str; got {key!r} of type {type(key).__name__}")
        return np.array([self.get_vector(word) for word in key], np.float32).reshape(len(key), self.vector_size)

    def get_vector(self, key: str, norm: bool = False) -> Floats:
        """The vector of a word, [D] float32; with `norm`, of length 1."""
        place = self._words.get(key)
        wide = self._of_unknown(key) if place is None else self._of_places(np.array([place]))[0]
        return (unit(wide) if norm else wide).astype(np.float32)

    def can_embed(self, word: str) -> bool:
        """Whether a word has a vector: a row in a part, or one by the policy of a part."""
        return word in self._words or any(part.can_embed(word) for part in self.parts)

    def similarity(self, w1: str, w2: str) -> float:
        """The cosine of the vectors of two words; 0 where one of them is zero."""
        return within_1(unit(self[w1]) @ unit(self[w2]))

    def most_similar(
        self,
        positive: str | Floats | Sequence[Any] | None = None,
        negative: str | Floats | Sequence[Any] | None = None,
        topn: int = 10,
    ) -> list[tuple[str, float]]:
        """The words nearest to `positive` minus `negative` by the cosine of the whole vectors, as of KeyedVectors.

        Exact: the parts are scanned one after another, and what may be among the best is scored again in float64.
        """
        if whole("topn", topn) < 1:
            return []
        given = weighted(positive, 1.0) + weighted(negative, -1.0)
        if not given:
            raise OptionError("positive or negative must hold a word or a vector; got neither")
        vectors = [self[key] if isinstance(key, str) else self._as_vector(key) for key, _ in given]
        query = np.sum([weight * unit(vector) for vector, (_, weight) in zip(vectors, given)], axis=0)
        direction = search.unit_queries(query, self.vector_size)[0]
        own = [
            place for place in (self._words.get(key) for key, _ in given if isinstance(key, str)) if place is not None
        ]
        places, scores = self._best(direction, topn, own)
        return [(self._words[place], score) for place, score in zip(places.tolist(), scores.tolist())]

    def materialise(self) -> KeyedVectors:
        """The same as KeyedVectors in memory, of one matrix [V, D].

        Where a part has a vector for unknown words, these get theirs from the parts still: a policy that is a function.
        """
        matrix = np.empty((len(self), self.vector_size), np.float32)
        for first, last in self._blocks(len(self)):
            matrix[first:last] = self._of_places(np.arange(first, last))
        metadata = {"concatenated": [part.vector_size for part in self.parts], "normalize": self.normalize}
        policy = "auto" if all(part.oov == "raise" for part in self.parts) else self._made
        return type(self.parts[0])(self._words, matrix, metadata=metadata, oov=policy)

    def _made(self, word: str) -> Floats | None:
        """The vector of a word that no part has a row for, None where no policy gives one."""
        return self.get_vector(word) if self.can_embed(word) else None

    def _best(
        self, direction: NDArray[np.float64], topn: int, own: list[int]
    ) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        scores, squares = np.zeros(len(self)), np.zeros(len(self))
        for part, rows, piece in zip(self.parts, self._rows, self._split(direction)):
            has, length = np.flatnonzero(rows >= 0), float(np.sqrt(piece @ piece))
            norms = part._rows.divisors[rows[has]].astype(np.float64)
            weights = (norms > 0).astype(np.float64) if self.normalize else norms
            squares[has] += weights * weights
            if length > 0:
                with part._scanning():
                    cosines = search.cosines(part._rows, piece)
                scores[has] += length * weights * cosines[rows[has]]
        real = (squares > 0) & np.isfinite(squares)
        real[own] = False
        scores = np.where(real, scores / np.sqrt(np.where(real, squares, 1)), -np.inf)
        wanted = min(topn, int(real.sum()))
        if not wanted:
            return np.empty(0, np.int64), np.empty(0)
        # A float32 cosine of each part is this close to the true one, and so is the whole, by Cauchy and Schwarz.
        error = (max(part.vector_size for part in self.parts) + 16) * 2.0**-24
        least = np.partition(scores, -wanted)[-wanted] - 2 * error
        places = np.flatnonzero(scores >= least)
        exact = np.concatenate([self._cosines(places[a:b], direction) for a, b in self._blocks(len(places))])
        order = np.lexsort((places, -exact))[:wanted]
        return places[order], exact[order]

    def _cosines(self, places: NDArray[np.int64], direction: NDArray[np.float64]) -> NDArray[np.float64]:
        wide = self._of_places(places)
        cosines: NDArray[np.float64] = (wide * direction).sum(axis=1) / np.sqrt(np.square(wide).sum(axis=1))
        return np.clip(cosines, -1, 1)

    def _of_places(self, places: NDArray[np.int64]) -> NDArray[np.float64]:
        """[n, D] float64 the vectors of words with rows."""
        result, column = np.zeros((len(places), self.vector_size)), 0
        for part, rows in zip(self.parts, self._rows):
            own = rows[places]
            has = np.flatnonzero(own >= 0)
            wide = np.asarray(part._rows[own[has]], np.float64)
            result[has, column : column + part.vector_size] = self._scaled(wide)
            column += part.vector_size
        return result

    def _of_unknown(self, word: str) -> NDArray[np.float64]:
        pieces, found = [], False
        for part in self.parts:
            try:
                pieces.append(self._scaled(part[word][None].astype(np.float64))[0])
                found = True
            except UnknownWordError:
                pieces.append(np.zeros(part.vector_size))
        if not found:
            self._words.index(word)  # raises, and names close spellings
        return np.concatenate(pieces)

    def _scaled(self, wide: NDArray[np.float64]) -> NDArray[np.float64]:
        if not self.normalize:
            return wide
        lengths = np.sqrt(np.square(wide).sum(axis=1, keepdims=True))
        with np.errstate(invalid="ignore"):  # of a row that is infinite: it becomes NaN
            scaled: NDArray[np.float64] = np.divide(wide, lengths, out=np.zeros_like(wide), where=lengths > 0)
        return scaled

    def _split(self, vector: NDArray[np.float64]) -> list[NDArray[np.float64]]:
        return np.split(vector, np.cumsum([part.vector_size for part in self.parts])[:-1])

    def _as_vector(self, value: ArrayLike) -> NDArray[np.float64]:
        vector = np.asarray(value)
        if vector.shape != (self.vector_size,) or vector.dtype.kind not in "fiu":
            raise OptionError(f"a key must be a word or a vector of {self.vector_size} numbers; got {value!r}")
        return vector.astype(np.float64)

    def _blocks(self, size: int) -> Iterator[tuple[int, int]]:
        step = max(1, _BLOCK_BYTES // (8 * self.vector_size))
        return ((first, min(first + step, size)) for first in range(0, size, step))
