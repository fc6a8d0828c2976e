"""The union of several vectors, read in blocks: which source has which word, and vectors made for those it lacks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from wordvec.align.common_vocabulary import Floats, Ints, Wide, rows_at
from wordvec.align.maps.normalizing import Normalizer
from wordvec.base.errors import OptionError
from wordvec.search.arrays import unit_rows
from wordvec.search.matching import roughly_best
from wordvec.transforms import Transforms
from wordvec.vectors import KeyedVectors
from wordvec.vectors.merging import union
from wordvec.vocabulary import Vocabulary

Missing = Literal["neighbours", "zero", "drop"]

BLOCK = 4096  # words of the union at a time
_ASKED = 256  # missing words at a time, each with the vectors of its neighbours
_NEW = -1


@dataclass
class Source:
    """One of the vectors: normalised rows of the words of the union, real or made."""

    vectors: KeyedVectors
    steps: Transforms | None
    index: Ints  # [V] the index of each word of the union here, -1 where it lacks one
    place: Ints = field(default_factory=lambda: np.zeros(0, np.int64))  # [V] the row of `made`, -1 where there is none
    made: Floats = field(default_factory=lambda: np.zeros((0, 0), np.float32))

    @property
    def size(self) -> int:
        """The numbers of a vector."""
        return self.vectors.vector_size

    @property
    def has(self) -> NDArray[np.bool_]:
        """[V] which words it truly has."""
        return self.index >= 0

    def real(self, words: Ints) -> Floats:
        """[n, D] the normalised rows of words that it has."""
        rows = rows_at(self.vectors, self.index[words])
        return rows if self.steps is None else self.steps.apply(rows)

    def rows(self, words: Ints) -> tuple[Floats, NDArray[np.bool_]]:
        """[n, D] the rows of any words, zeros where there is none, and [n] where there is one."""
        result = np.zeros((len(words), self.size), np.float32)
        known, made = self.index[words] >= 0, self.place[words] >= 0
        result[known] = self.real(words[known])
        if made.any():
            result[made] = self.made[self.place[words[made]]]
        return result, known | made


class Sources:
    """Vectors of several kinds as one table of words by sources, of which a block at a time is read.

    Words are in the order of their best rank in any source. With `oov="neighbours"` a word that a source lacks gets a
    vector there, as `filled` says; with "drop" words that one source lacks are left out.
    """

    def __init__(
        self, sources: Sequence[KeyedVectors], *, normalize: str, oov: Missing, neighbours: tuple[int, int],
        limit: int, workers: int | None,
    ) -> None:  # fmt: skip
        given: list[KeyedVectors] = list(sources) if isinstance(sources, (list, tuple)) else []
        if not given or not all(isinstance(vectors, KeyedVectors) and len(vectors) for vectors in given):
            raise OptionError(f"sources must be a list of vectors with words; got {sources!r:.80}")
        if oov not in ("neighbours", "zero", "drop"):
            raise OptionError(f"oov must be neighbours, zero or drop; got {oov!r}")
        least, most = neighbours
        if not 1 <= least <= most:
            raise OptionError(f"neighbours must be two numbers, 1 <= least <= most; got {neighbours!r}")
        normalizer = Normalizer(normalize, limit)
        self.words, indices = _union([vectors.vocabulary for vectors in given], drop=oov == "drop")
        self.parts = [
            Source(vectors, normalizer.fit(vectors.vectors), own, np.full(len(self.words), _NEW, np.int64))
            for vectors, own in zip(given, indices)
        ]
        if oov == "neighbours":
            for part in self.parts:
                _fill(part, [other for other in self.parts if other is not part], neighbours, limit, workers)

    def __len__(self) -> int:
        return len(self.words)

    @property
    def sizes(self) -> list[int]:
        """The numbers of a vector in each source."""
        return [part.size for part in self.parts]

    @property
    def coverage(self) -> NDArray[np.uint8]:
        """[V, bytes] a bit for each source, the first the lowest, which says whether it truly has the word."""
        return np.packbits(np.stack([part.has for part in self.parts], axis=1), axis=1, bitorder="little")

    def blocks(self) -> Iterator[tuple[slice, list[tuple[Floats, NDArray[np.bool_]]]]]:
        """(words, the rows of each source and where there are any), some thousand words at a time."""
        for first in range(0, len(self), BLOCK):
            some = slice(first, min(first + BLOCK, len(self)))
            words = np.arange(some.start, some.stop)
            yield some, [part.rows(words) for part in self.parts]

    def concatenated(self, weights: Sequence[float] | None = None) -> Iterator[tuple[slice, Floats]]:
        """(words, [n, D1 + D2 + ...] rows at length 1 times the weight of their source, side by side)."""
        for some, blocks in self.blocks():
            factors = [1.0] * len(blocks) if weights is None else weights
            yield (
                some,
                np.concatenate([w * unit_rows(rows) for (rows, _), w in zip(blocks, factors)], axis=1).astype(
                    np.float32
                ),
            )

    def facts(self, **told: Any) -> dict[str, Any]:
        """What the metadata shall say."""
        of = [
            {
                "words": int(part.has.sum()),
                "filled": len(part.made),
                "vector_size": part.size,
                "trainer": part.vectors.metadata.get("trainer"),
            }
            for part in self.parts
        ]
        return {"meta": {**told, "sources": of}}


def coverage(vectors: KeyedVectors) -> NDArray[np.bool_]:
    """[V, S] which of its S sources truly had each word of a meta-embedding; OptionError for other vectors."""
    told = vectors.metadata.get("meta")
    if not isinstance(told, dict):
        raise OptionError("vectors must be a meta-embedding to have sources; these are none")
    bits = np.asarray(vectors.get_vecattrs("sources"), np.uint8)
    return np.unpackbits(bits, axis=1, bitorder="little")[:, : len(told["sources"])].astype(bool)


def _union(vocabularies: list[Vocabulary], *, drop: bool) -> tuple[Vocabulary, list[Ints]]:
    """The words of all, by their best rank, and the index of each in every vocabulary; -1 where it lacks one."""
    words, places = union(vocabularies, add=True)
    indices = [np.full(len(words), -1, np.int64) for _ in vocabularies]
    for own, place in zip(indices, places):
        own[place] = np.arange(len(place))
    table = np.stack(indices)
    best = np.where(table < 0, np.iinfo(np.int64).max, table).min(axis=0)
    order = np.argsort(best, kind="stable")
    if drop:
        order = order[(table[:, order] >= 0).all(axis=0)]
        if not len(order):
            raise OptionError('sources must share words with oov="drop"; they share none')
    return words.take(order), [own[order] for own in indices]


def _fill(part: Source, others: Sequence[Source], neighbours: tuple[int, int], limit: int, workers: int | None) -> None:
    """Give a source vectors for the words that it lacks and another has.

    In the other source, the nearest words that both have are averaged, each weighing 1 + cosine, first two of them,
    then three, ...: the number that comes nearest to the word is taken, and the same words with the same weights give
    the vector here. Of several other sources the one that comes nearest decides (Garcia-Ferrero, Agerri, Rigau 2021).
    """
    missing = np.flatnonzero(~part.has)
    rows, scores = np.zeros((len(missing), part.size), np.float32), np.full(len(missing), -np.inf)
    for other in others:
        both = np.flatnonzero(part.has & other.has)[:limit]
        asked = np.flatnonzero(other.has[missing])
        if not len(both) or not len(asked):
            continue
        left, right = other.real(both), part.real(both)
        left = unit_rows(left).astype(np.float32)
        for first in range(0, len(asked), _ASKED):
            some = asked[first : first + _ASKED]
            queries = unit_rows(other.real(missing[some])).astype(np.float32)
            vectors, near = _composed(queries, left, right, neighbours, workers)
            better = near > scores[some]
            rows[some[better]], scores[some[better]] = vectors[better], near[better]
    there = np.isfinite(scores)
    part.made = rows[there]
    part.place[missing[there]] = np.arange(len(part.made))


def _composed(
    queries: Floats, left: Floats, right: Floats, neighbours: tuple[int, int], workers: int | None
) -> tuple[Floats, Wide]:
    """[n, D'] vectors like `right` for queries like `left`, and how near the words come there; -inf: none."""
    least, most = (min(number, len(left)) for number in neighbours)
    found, cosines = roughly_best(left, queries, most, norms=np.ones(len(left), np.float32), workers=workers)
    there = found >= 0
    weights = np.where(there, 1 + cosines, 0).astype(np.float32)
    sums = np.cumsum(weights[:, :, None] * left[np.maximum(found, 0)], axis=1)
    lengths = np.sqrt(np.square(sums).sum(axis=2))
    near = np.einsum("nkd,nd->nk", sums, queries) / np.where(lengths > 0, lengths, 1)
    near[:, : least - 1] = -np.inf
    near[~there] = -np.inf
    number = near.argmax(axis=1)
    score = near[np.arange(len(near)), number].astype(np.float64)
    used = np.where(np.arange(most) <= number[:, None], weights, 0)
    used /= np.maximum(used.sum(axis=1, keepdims=True), 1e-9)
    score[~np.any(queries, axis=1)] = -np.inf
    return np.einsum("nk,nkd->nd", used, right[np.maximum(found, 0)]), score
