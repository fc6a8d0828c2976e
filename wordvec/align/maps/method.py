"""The base class of alignment methods: options, and the fit of a map to pairs of vectors."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wordvec.align.maps.map import Map, multiplied
from wordvec.base.arguments import numbers
from wordvec.base.errors import OptionError
from wordvec.base.options import Options

Wide = NDArray[np.float64]
Spaces = tuple[NDArray[np.float32], NDArray[np.float32]]
Fit = tuple[Wide, Wide | None, dict[str, Any]]  # the matrices for source and target, and facts about the fit


@dataclass(frozen=True, kw_only=True)
class Method(Options):
    """How a map is fitted to pairs of vectors. The fields are the options of the method.

    Vectors are rows, and a map is x -> x W. Tools that multiply from the left keep W transposed.
    """

    name: ClassVar[str]
    moves_target: ClassVar[bool] = False  # whether the target is mapped, too

    def fit(
        self, source: ArrayLike, target: ArrayLike, weights: ArrayLike | None = None, *, spaces: Spaces | None = None
    ) -> Map:
        """The map fitted to pairs of rows, source [n, D] and target [n, D'], computed in float64.

        `weights` [n] are the weights of the pairs. Pairs with a row that is zero or not finite are left out; their
        number is in `facts["dropped"]`. OptionError where no pair is left, or the shapes do not match. A warning where
        there are fewer pairs than dimensions. `spaces` are all rows of both sides, for methods that need neighbours.
        """
        x, y, w, dropped = checked_pairs(source, target, weights)
        if len(x) < (least := min(x.shape[1], y.shape[1])):
            warnings.warn(
                f"{len(x)} pairs are fewer than the {least} dimensions and do not determine a map: give more pairs, or "
                "let self_learn find more",
                stacklevel=2,
            )
        matrix, target_matrix, facts = self._fit(x, y, w, spaces)
        facts = {"method": self.name, "options": self.recorded(), "pairs": len(x), "dropped": dropped, **facts}
        return Map(multiplied(matrix), None if target_matrix is None else multiplied(target_matrix), facts)

    def _fit(self, x: Wide, y: Wide, w: Wide, spaces: Spaces | None) -> Fit:
        """The matrix for the source, that for the target or None, and facts, from pairs x [n, D], y [n, D'], w [n]."""
        raise NotImplementedError


def checked_pairs(source: ArrayLike, target: ArrayLike, weights: ArrayLike | None) -> tuple[Wide, Wide, Wide, int]:
    """Pairs of rows, and weights of mean 1, in float64; and the number of pairs left out as zero or not finite."""
    for name, side in (("source", source), ("target", target)):
        if hasattr(side, "key_to_index"):
            raise OptionError(
                f"{name} must be an array with a row for each pair; got {type(side).__name__}: fit_map(source, target, "
                "pairs) looks the words up"
            )
    x, y = numbers(source, "source", "rows of numbers"), numbers(target, "target", "rows of numbers")
    if x.ndim != 2 or y.ndim != 2 or len(x) != len(y) or not x.shape[1] or not y.shape[1]:
        raise OptionError(f"source and target must be matrices with a row for each pair; got {x.shape} and {y.shape}")
    w = np.ones(len(x)) if weights is None else numbers(weights, "weights")
    if w.shape != (len(x),) or not np.isfinite(w).all() or (w < 0).any():
        raise OptionError(f"weights must be one number >= 0 for each of {len(x)} pairs; got shape {w.shape}")
    usable = np.isfinite(x).all(axis=1) & np.isfinite(y).all(axis=1)
    usable &= (x != 0).any(axis=1) & (y != 0).any(axis=1)
    used = usable & (w > 0)
    if not used.any():
        raise OptionError(f"there must be a pair of rows that are finite and not zero; none of {len(x)} pairs is")
    x, y, w = x[used], y[used], w[used]
    return x, y, w / w.mean(), int((~usable).sum())
