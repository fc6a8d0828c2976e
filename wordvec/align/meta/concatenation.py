"""Concatenations of sources, whole or reduced by a singular value decomposition."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from wordvec.align.arrays import Floats
from wordvec.align.meta.method import FilledMethod, check_dim, singular_axes
from wordvec.align.meta.sources import Sources
from wordvec.base.options import option


@dataclass(frozen=True, kw_only=True)
class Concat(FilledMethod):
    """The unit vectors of all sources side by side, times their weights (Yin and Schuetze 2016, CONC).

    The cosine of two words that all sources have is the mean of their cosines in the sources, weighted by the squares
    of `weights`. `oov` is as in `Average`; with "zero", a source that lacks a word has zeros there. A view of a few
    sources that stores no matrix is `wordvec.vectors.Concatenated`.
    """

    name: ClassVar[str] = "concat"

    def _fit(self, sources: Sources, weights: list[float]) -> tuple[Floats, dict[str, Any]]:
        matrix = np.empty((len(sources), sum(sources.sizes)), np.float32)
        for block, rows in sources.concatenated(weights):
            matrix[block] = rows
        return matrix, {"weights": weights}


@dataclass(frozen=True, kw_only=True)
class SVD(FilledMethod):
    """The concatenation, reduced to its `dim` directions of largest singular values (Yin and Schuetze 2016, SVD).

    With C = U S V' of the concatenated rows, which are not centred again, the result is C V = U S. C'C is summed in
    blocks; C is never in memory. `metadata["meta"]["variance"]` is the share of the squares that is kept.
    """

    dim: int = option(300, "dimensions", low=1)
    name: ClassVar[str] = "svd"

    def _fit(self, sources: Sources, weights: list[float]) -> tuple[Floats, dict[str, Any]]:
        check_dim(self.dim, sources)
        axes, share = singular_axes(sources, weights, self.dim)
        matrix = np.empty((len(sources), self.dim), np.float32)
        for block, rows in sources.concatenated(weights):
            matrix[block] = rows @ axes
        return matrix, {"weights": weights, "variance": share}
