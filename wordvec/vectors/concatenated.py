"""Concatenated: the vectors of several models side by side, as one set of vectors; nothing is copied."""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wordvec.base.arguments import check_cosine
from wordvec.base.errors import OptionError
from wordvec.rows import Dense, Rows, SideBySide
from wordvec.search.arrays import unit, unit_rows, whole
from wordvec.vectors.arguments import Floats
from wordvec.vectors.core import Core
from wordvec.vectors.keyed_vectors import KeyedVectors
from wordvec.vectors.merging import union
from wordvec.vectors.oov import Embedding, Policy, Raise
from wordvec.vectors.queries import Terms
from wordvec.vectors.query_terms import Neighbours, weighted
from wordvec.vocabulary import Vocabulary


class Concatenated(KeyedVectors):
    """Vectors of several models side by side, for the words of any of them.

    A word has the vector of each part, one after another; the dimensions add up. With `normalize`, the default, each
    part's vector is scaled to unit length first, so that all parts weigh the same; zeros stand for parts in which the
    word has no row. A word that no part has a row for is composed of what the OOV policies of the parts give
    (`with_oov`), with zeros where a policy gives nothing; UnknownWordError where no policy gives anything.

    The parts are read where they are: this adds one row number a word and part. It can be searched, filtered, saved
    and edited as other vectors can; a file holds the rows of all parts, but no OOV policies of parts.

    >>> a, b = KeyedVectors(["x", "y"], [[3, 4], [1, 0]]), KeyedVectors(["y", "z"], [[2], [5]])
    >>> both = Concatenated(a, b)
    >>> list(both), [round(float(x), 3) for x in both["x"]], both["y"].tolist()
    (['x', 'y', 'z'], [0.6, 0.8, 0.0], [1.0, 0.0, 1.0])
    >>> both.most_similar("y", topn=1)[0][0]
    'z'
    """

    def __init__(self, *vectors: KeyedVectors, normalize: bool = True) -> None:
        if not vectors or not all(isinstance(part, Core) and not isinstance(part, Concatenated) for part in vectors):
            raise OptionError(
                f"vectors must be one or more KeyedVectors; got {', '.join(map(repr, vectors)) or 'none'}"
            )
        for part in vectors:
            check_cosine(vectors=part)
        # Objects of its own, which share the rows: later changes of the parts do not reach them.
        self.parts, self.normalize = tuple(part.with_oov(part._policy) for part in vectors), normalize
        words, indices = union([part.vocabulary for part in self.parts], True)
        rows = []
        for part, own in zip(self.parts, indices):
            row_of = np.full(len(words), -1, np.int32)
            row_of[own] = part.word_rows()
            rows.append((part.rows, row_of))
        raises = all(part.oov == "raise" for part in self.parts)
        super().__init__(
            words,
            SideBySide(rows, normalize),
            metadata={"concatenated": [part.vector_size for part in self.parts], "normalize": normalize},
            oov="auto" if raises else FromParts(self.parts, normalize),
        )

    def __repr__(self) -> str:
        sizes = " + ".join(str(part.vector_size) for part in self.parts)
        return f"Concatenated of {len(self)} words x {sizes}"

    def _build(self, words: Vocabulary, vectors: Rows | Floats, **parts: Any) -> Any:
        """New vectors, of the class of the first part: they have other rows or words than the parts."""
        return self.parts[0]._build(words, vectors, **parts)

    @classmethod
    def load(cls, path: str | os.PathLike[str], mmap: bool | str | None = True) -> KeyedVectors:
        """`KeyedVectors.load`: the vectors of a file have rows side by side, but no parts."""
        return KeyedVectors.load(path, mmap)

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickled as the parts are."""
        state = {"metadata": self.metadata, "_policy": self._policy}
        return partial(Concatenated, normalize=self.normalize), self.parts, state

    def materialise(self) -> KeyedVectors:
        """The same as KeyedVectors in memory, of one matrix [V, D], with the OOV policy of these."""
        materialised: KeyedVectors = self._derived(Dense(np.asarray(self._rows)))
        return materialised

    def most_similar(  # type: ignore[override]  # topn=None has no meaning here
        self,
        positive: Terms | None = None,
        negative: Terms | None = None,
        topn: int = 10,
        *arguments: Any,
        **options: Any,
    ) -> Neighbours:
        """The words nearest to `positive` minus `negative`, as of KeyedVectors, by the cosine of the whole vectors.

        Exact: the parts are scanned one after another, and candidates are scored again in float64. Vectors in a query
        are scaled to unit length, as those of words are.
        """
        positive, negative = self._units(positive), self._units(negative)
        near: Neighbours = super().most_similar(positive, negative, whole("topn", topn), *arguments, **options)
        return near

    def _units(self, terms: Terms | None) -> list[tuple[Any, float]]:
        """The weighted terms of a query, vectors scaled to unit length."""
        return [
            (key if isinstance(key, str) else unit(self._as_vector(key)), weight)
            for key, weight in weighted(terms, 1.0)
        ]


class FromParts(Policy):
    """The OOV policy of vectors side by side: what the policies of the parts give, one after another."""

    name = "function"
    saved_name = None

    def __init__(self, parts: Sequence[KeyedVectors], normalize: bool) -> None:
        self.parts, self.normalize = parts, normalize

    @property
    def public(self) -> Any:
        """A function from word to vector."""
        return self

    def __call__(self, word: str) -> Floats | None:
        """The vector of a word, None where no policy gives one."""
        vectors, has = self._embedded([word])
        return vectors[0] if has[0] else None

    def embed(self, words: Sequence[str], vectors: Embedding) -> tuple[Floats, NDArray[np.bool_]]:
        """Vectors of the words that a part has a vector for, with zeros for the other parts."""
        return self._embedded(words)

    def _embedded(self, words: Sequence[str]) -> tuple[Floats, NDArray[np.bool_]]:
        pieces, has = [], np.zeros(len(words), np.bool_)
        for part in self.parts:
            piece = np.zeros((len(words), part.vector_size))
            for place, word in enumerate(words):
                if part.can_embed(word):
                    piece[place], has[place] = part[word], True
            pieces.append(unit_rows(piece) if self.normalize else piece)
        return np.concatenate(pieces, axis=1).astype(np.float32), has

    def refuse(self, word: str, vectors: Embedding) -> Any:
        """Raise the error of a look-up in the vocabulary, which names close spellings."""
        return Raise().refuse(word, vectors)

    def __repr__(self) -> str:
        return "of the parts"
