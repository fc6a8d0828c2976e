"""The base class of meta-embedding methods: options, the opening of the sources, and the result with its metadata."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np

from wordvec.align.arrays import Floats
from wordvec.align.maps.normalizing import limit_option, normalize_option
from wordvec.align.meta.sources import Sources
from wordvec.base.errors import OptionError
from wordvec.base.options import Options, option
from wordvec.vectors import KeyedVectors


@dataclass(frozen=True, kw_only=True)
class MetaMethod(Options):
    """How several sources are combined into one embedding. The fields are the options of the method."""

    name: ClassVar[str]

    weights: tuple[float, ...] | None = option(None, "weight of each source; none given: 1", above=0)
    normalize: str = normalize_option("unit")
    limit: int = limit_option()

    def fit(self, sources: Sequence[KeyedVectors]) -> KeyedVectors:
        """The meta-embedding of a list of sources; its metadata has the options under "meta".

        The words are those of all sources, in the order of their best rank in any of them. OptionError where sources
        are no list of KeyedVectors with words, or do not match the options.
        """
        opened = self._opened(sources)
        if self.weights is not None and len(self.weights) != len(opened.parts):
            count = len(opened.parts)
            raise OptionError(f"weights must be a number > 0 for each of {count} sources; got {self.weights!r}")
        matrix, facts = self._fit(opened, [1.0] * len(opened.parts) if self.weights is None else list(self.weights))
        attributes = {"sources": opened.coverage} if len(opened) else None
        return KeyedVectors(opened.words, matrix, metadata=self._metadata(opened, facts), attributes=attributes)

    def _opened(self, sources: Sequence[KeyedVectors]) -> Sources:
        return Sources(sources, normalize=self.normalize, limit=self.limit)

    def _fit(self, sources: Sources, weights: list[float]) -> tuple[Floats, dict[str, Any]]:
        """The matrix [V, D] for the words of the sources, and facts for the metadata; a weight for each source."""
        raise NotImplementedError

    def _metadata(self, sources: Sources, facts: dict[str, Any]) -> dict[str, Any]:
        return {"meta": {"method": self.name, **self.recorded(), **facts, "sources": sources.facts()}}


@dataclass(frozen=True, kw_only=True)
class FilledMethod(MetaMethod):
    """A method that needs a vector of every word in every source."""

    oov: Literal["neighbours", "zero", "drop"] = option(
        "neighbours", "words that a source lacks: vectors from neighbours, zeros, or left out"
    )
    neighbours: tuple[int, int] = option((2, 50), "least and most neighbours that such a vector is made from", low=1)
    workers: int | None = option(None, "threads; none given: all usable cores", low=1, resource=True)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.neighbours[0] > self.neighbours[1]:
            raise OptionError(f"neighbours must be two numbers, 1 <= least <= most; got {self.neighbours!r}")

    def _opened(self, sources: Sequence[KeyedVectors]) -> Sources:
        return Sources(
            sources,
            normalize=self.normalize,
            limit=self.limit,
            oov=self.oov,
            neighbours=self.neighbours,
            workers=self.workers,
        )


def check_dim(dim: int, sources: Sources) -> None:
    """OptionError where `dim` exceeds the dimensions of all sources together."""
    width = sum(sources.sizes)
    if dim > width:
        raise OptionError(f"dim must be from 1 to {width}, the numbers of all sources together; got {dim}")


def singular_axes(sources: Sources, weights: Sequence[float], dim: int) -> tuple[Floats, float]:
    """[D1 + D2 + ..., dim] the first right singular vectors of the concatenation, and their share of the variance."""
    width = sum(sources.sizes)
    gram = np.zeros((width, width))
    for _, rows in sources.concatenated(weights):
        gram += (rows.T @ rows).astype(np.float64)
    values, axes = np.linalg.eigh(gram)
    first = axes[:, ::-1][:, :dim]
    first = first * np.where(first[np.abs(first).argmax(axis=0), np.arange(dim)] < 0, -1, 1)  # reproducible signs
    return first.astype(np.float32), float(values[::-1][:dim].sum() / max(values.sum(), 1e-30))
