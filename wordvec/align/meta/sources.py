"""The union of several sources, read in blocks: which source has which word, and vectors for missing words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from wordvec.align.arrays import Doubles, Floats, Ints
from wordvec.align.common_vocabulary import rows_at
from wordvec.align.maps.normalizing import Normalizer
from wordvec.base.arguments import check_cosine
from wordvec.base.errors import OptionError
from wordvec.search.arrays import unit_rows
from wordvec.search.matching import roughly_best
from wordvec.transforms import Transforms
from wordvec.vectors import KeyedVectors
from wordvec.vectors.merging import union
from wordvec.vocabulary import Vocabulary

Missing = Literal["neighbours", "zero", "drop"]

BLOCK = 4096  # words of the union at a time
_QUERIES = 256  # missing words at a time, each with the vectors of its neighbours


@dataclass
class Source:
    """One of the sources: normalised rows for the words of the union, its own or filled in."""

    vectors: KeyedVectors
    steps: Transforms | None
    index: Ints  # [V] the index of each word of the union in this source, -1 where it lacks the word
    place: Ints  # [V] the row of `filled` for each word of the union, -1 where there is none
    filled: Floats = field(default_factory=lambda: np.zeros((0, 0), np.float32))  # vectors of words that it lacks

    @property
    def size(self) -> int:
        """The dimensions of its vectors."""
        return self.vectors.vector_size

    @property
    def has(self) -> NDArray[np.bool_]:
        """[V] which words of the union are in this source."""
        return self.index >= 0

    def real(self, words: Ints) -> Floats:
        """[n, D] the normalised rows of words that are in this source."""
        rows = rows_at(self.vectors, self.index[words])
        return rows if self.steps is None else self.steps.apply(rows)

    def rows(self, words: Ints) -> tuple[Floats, NDArray[np.bool_]]:
        """[n, D] the rows of any words, zeros where there is none, and [n] where there is one."""
        result = np.zeros((len(words), self.size), np.float32)
        known, filled = self.index[words] >= 0, self.place[words] >= 0
        result[known] = self.real(words[known])
        if filled.any():
            result[filled] = self.filled[self.place[words[filled]]]
        return result, known | filled


class Sources:
    """Several sources as one table, words by sources, which is read a block of words at a time.

    Words are in the order of their best rank in any source. With `oov="neighbours"`, a word that a source lacks gets a
    vector there from its neighbours in another source, as `_fill` describes; with "zero" it has none; with "drop", only
    words of all sources are in the table.
    """

    def __init__(
        self,
        sources: Sequence[KeyedVectors],
        *,
        normalize: str,
        limit: int,
        oov: Missing = "zero",
        neighbours: tuple[int, int] = (2, 50),
        workers: int | None = None,
    ) -> None:
        embeddings: list[KeyedVectors] = list(sources) if isinstance(sources, (list, tuple)) else []
        if not embeddings or not all(isinstance(vectors, KeyedVectors) and len(vectors) for vectors in embeddings):
            raise OptionError(f"sources must be a list of vectors with words; got {sources!r:.80}")
        for vectors in embeddings:
            check_cosine(sources=vectors)
        normalizer = Normalizer(normalize, limit)
        self.words, indices = _union([vectors.vocabulary for vectors in embeddings], drop=oov == "drop")
        self.parts = [
            Source(vectors, normalizer.fit(vectors.vectors), index, np.full(len(self.words), -1, np.int64))
            for vectors, index in zip(embeddings, indices)
        ]
        if oov == "neighbours":
            for part in self.parts:
                _fill(part, [other for other in self.parts if other is not part], neighbours, limit, workers)

    def __len__(self) -> int:
        return len(self.words)

    @property
    def sizes(self) -> list[int]:
        """The dimensions of each source."""
        return [part.size for part in self.parts]

    @property
    def coverage(self) -> NDArray[np.uint8]:
        """[V, bytes] uint8: a bit for each source, the first the lowest, set where the source has the word."""
        return np.packbits(np.stack([part.has for part in self.parts], axis=1), axis=1, bitorder="little")

    def blocks(self) -> Iterator[tuple[slice, list[tuple[Floats, NDArray[np.bool_]]]]]:
        """(range of words, [(rows, which rows exist) of each source]), some thousand words at a time."""
        for first in range(0, len(self), BLOCK):
            block = slice(first, min(first + BLOCK, len(self)))
            words = np.arange(block.start, block.stop)
            yield block, [part.rows(words) for part in self.parts]

    def concatenated(self, weights: Sequence[float] | None = None) -> Iterator[tuple[slice, Floats]]:
        """(range of words, [n, D1 + D2 + ...] unit rows of each source times its weight, side by side)."""
        factors = [1.0] * len(self.parts) if weights is None else weights
        for block, parts in self.blocks():
            units = [weight * unit_rows(rows) for (rows, _), weight in zip(parts, factors)]
            yield block, np.concatenate(units, axis=1).astype(np.float32)

    def facts(self) -> list[dict[str, Any]]:
        """For the metadata, about each source: its words, the words filled in, its dimensions and its trainer."""
        return [
            {
                "words": int(part.has.sum()),
                "filled": len(part.filled),
                "vector_size": part.size,
                "trainer": part.vectors.metadata.get("trainer"),
            }
            for part in self.parts
        ]


def coverage(vectors: KeyedVectors) -> NDArray[np.bool_]:
    """[V, S] bool: which of its S sources has each word of a meta-embedding; OptionError for other vectors."""
    facts = vectors.metadata.get("meta")
    if not isinstance(facts, dict):
        raise OptionError("vectors must be a meta-embedding to have sources; these are none")
    bits = np.asarray(vectors.get_vecattrs("sources"), np.uint8)
    return np.unpackbits(bits, axis=1, bitorder="little")[:, : len(facts["sources"])].astype(bool)


def _union(vocabularies: list[Vocabulary], *, drop: bool) -> tuple[Vocabulary, list[Ints]]:
    """The words of all vocabularies by their best rank, and the index of each in every vocabulary, -1 for none."""
    words, places = union(vocabularies, add=True)
    indices = [np.full(len(words), -1, np.int64) for _ in vocabularies]
    for index, place in zip(indices, places):
        index[place] = np.arange(len(place))
    table = np.stack(indices)
    best = np.where(table < 0, np.iinfo(np.int64).max, table).min(axis=0)
    order = np.argsort(best, kind="stable")
    if drop:
        order = order[(table[:, order] >= 0).all(axis=0)]
        if not len(order):
            raise OptionError('sources must share words with oov="drop"; they share none')
    return words.take(order), [index[order] for index in indices]


def _fill(part: Source, others: Sequence[Source], neighbours: tuple[int, int], limit: int, workers: int | None) -> None:
    """Give a source vectors for the words that it lacks and another source has.

    In the other source, the word's nearest shared words are averaged with weights 1 + cosine: the first two, the first
    three, and so on. The number whose average is most similar to the word is used, and the same average of these words
    in this source is the vector. Of several other sources, the one of the highest similarity is used (Garcia-Ferrero,
    Agerri, Rigau 2021).
    """
    missing = np.flatnonzero(~part.has)
    rows, scores = np.zeros((len(missing), part.size), np.float32), np.full(len(missing), -np.inf)
    for other in others:
        shared = np.flatnonzero(part.has & other.has)[:limit]
        queries = np.flatnonzero(other.has[missing])
        if not len(shared) or not len(queries):
            continue
        left, right = other.real(shared), part.real(shared)
        left = unit_rows(left).astype(np.float32)
        for first in range(0, len(queries), _QUERIES):
            block = queries[first : first + _QUERIES]
            units = unit_rows(other.real(missing[block])).astype(np.float32)
            averages, similarities = _averages(units, left, right, neighbours, workers)
            better = similarities > scores[block]
            rows[block[better]], scores[block[better]] = averages[better], similarities[better]
    filled = np.isfinite(scores)
    part.filled = rows[filled]
    part.place[missing[filled]] = np.arange(len(part.filled))


def _averages(
    queries: Floats, left: Floats, right: Floats, neighbours: tuple[int, int], workers: int | None
) -> tuple[Floats, Doubles]:
    """[n, D'] averages of rows of `right` for queries in the space of `left`, and their similarities; -inf: none."""
    least, most = (min(number, len(left)) for number in neighbours)
    nearest, cosines = roughly_best(left, queries, most, norms=np.ones(len(left), np.float32), workers=workers)
    valid = nearest >= 0
    weights = np.where(valid, 1 + cosines, 0).astype(np.float32)
    sums = np.cumsum(weights[:, :, None] * left[np.maximum(nearest, 0)], axis=1)
    norms = np.sqrt(np.square(sums).sum(axis=2))
    similarities = np.einsum("nkd,nd->nk", sums, queries) / np.where(norms > 0, norms, 1)
    similarities[:, : least - 1] = -np.inf
    similarities[~valid] = -np.inf
    number = similarities.argmax(axis=1)
    best = similarities[np.arange(len(similarities)), number].astype(np.float64)
    used = np.where(np.arange(most) <= number[:, None], weights, 0)
    used /= np.maximum(used.sum(axis=1, keepdims=True), 1e-9)
    best[~np.any(queries, axis=1)] = -np.inf
    return np.einsum("nk,nkd->nd", used, right[np.maximum(nearest, 0)]), best
