"""Averages of sources, mapped into the space of one of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np

from wordvec.align.arrays import Doubles, Floats
from wordvec.align.maps.orthogonal import procrustes
from wordvec.align.meta.method import FilledMethod
from wordvec.align.meta.sources import BLOCK, Sources
from wordvec.base.errors import OptionError
from wordvec.base.options import option
from wordvec.search.arrays import unit_rows


@dataclass(frozen=True, kw_only=True)
class Average(FilledMethod):
    """The mean of all sources in the space of one of them (Garcia-Ferrero, Agerri, Rigau 2021, MetaVec).

    Each source is normalised, and mapped to the `pivot` by the orthogonal map of the words that both have. A word that
    a source lacks gets a vector there from its neighbours in another source (`oov="neighbours"`, as many as
    `neighbours` allows), or is averaged over the sources that have it ("zero"), or is left out ("drop"). The unit
    vectors of a word are summed with `weights`, and the sum is scaled to unit norm. The default pivot is the first
    source of the most dimensions. `map=None` sums without maps, vectors of fewer dimensions padded with zeros (Coates
    and Bollegala 2018). `normalize` is that of `Normalizer`; "unit,center,unit" is the published one.

    `coverage` says which sources have a word. OptionError where a source shares no word with the pivot.
    """

    map: Literal["orthogonal"] | None = option("orthogonal", "map of the sources to the pivot; none: no map")
    pivot: int | None = option(None, "number of the source, from 0, whose space the average is in", low=0)
    name: ClassVar[str] = "average"

    def _fit(self, sources: Sources, weights: list[float]) -> tuple[Floats, dict[str, Any]]:
        size = max(sources.sizes)
        maps: list[Doubles] = [np.eye(part.size, size) for part in sources.parts]
        if self.map == "orthogonal":
            pivot = sources.sizes.index(size) if self.pivot is None else self.pivot
            if pivot >= len(sources.parts):
                most = len(sources.parts) - 1
                raise OptionError(f"pivot must be the place of a source, from 0 to {most}; got {self.pivot!r}")
            size = sources.sizes[pivot]
            maps = [_map_to_pivot(sources, number, pivot, self.limit) for number in range(len(sources.parts))]
        matrix = np.zeros((len(sources), size), np.float32)
        for block, parts in sources.blocks():
            total = np.zeros((block.stop - block.start, size))
            for (rows, _), to_pivot, weight in zip(parts, maps, weights):
                total += weight * unit_rows(rows @ to_pivot)
            matrix[block] = unit_rows(total)
        return matrix, {"weights": weights}


def _map_to_pivot(sources: Sources, number: int, pivot: int, limit: int) -> Doubles:
    """[D, D'] the orthogonal map of a source to the pivot, fitted to the first `limit` shared words in blocks."""
    own, other = sources.parts[number], sources.parts[pivot]
    if number == pivot:
        return np.eye(own.size)
    shared = np.flatnonzero(own.has & other.has)[:limit]
    if not len(shared):
        raise OptionError(
            f"every source must share words with the pivot, source {pivot}; source {number} shares none: choose "
            "another pivot, or concatenate"
        )
    product = np.zeros((own.size, other.size))
    for first in range(0, len(shared), BLOCK):
        block = shared[first : first + BLOCK]
        product += unit_rows(own.real(block)).T @ unit_rows(other.real(block))
    return procrustes(np.eye(own.size), product)[0]
