"""Orthogonal maps: the Procrustes solution."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from wordvec.align.maps.method import Fit, Method, Spaces, Wide
from wordvec.base.errors import OptionError
from wordvec.base.options import option


@dataclass(frozen=True, kw_only=True)
class Orthogonal(Method):
    """The orthogonal map that minimises |X W - Y| with W'W = I: a rotation, or a rotation and a reflection.

    With the singular value decomposition X'Y = U S V', W = U V' (Schoenemann 1966, "A generalized solution of the
    orthogonal Procrustes problem"; for word vectors Xing et al. 2015, Artetxe et al. 2016). Norms and cosines of the
    source do not change. With `scale`, W is multiplied by tr(S) / |X|^2. With `rotation`, the last singular direction
    is negated where W would be a reflection. Where source and target differ in dimensions, W has orthonormal rows or
    columns.

    >>> Orthogonal().fit([[1, 0], [0, 2]], [[0, 1], [2, 0]]).matrix.round(3).tolist()
    [[0.0, 1.0], [1.0, 0.0]]
    """

    scale: bool = option(False, "fit a scale as well as the orthogonal map")
    rotation: bool = option(False, "allow rotations only, no reflection")
    name: ClassVar[str] = "orthogonal"

    def _fit(self, x: Wide, y: Wide, w: Wide, spaces: Spaces | None) -> Fit:
        if self.rotation and x.shape[1] != y.shape[1]:
            raise OptionError(
                f"rotation=True needs as many numbers on both sides; got {x.shape[1]} and {y.shape[1]}: leave it out"
            )
        matrix, singular_values = procrustes(x, y, w, rotation=self.rotation)
        factor = float(singular_values.sum() / (w[:, None] * x * x).sum()) if self.scale else 1.0
        return matrix * factor, None, {"scale": factor}


def procrustes(x: Wide, y: Wide, w: Wide | None = None, *, rotation: bool = False) -> tuple[Wide, Wide]:
    """The orthogonal W that minimises |X W - Y| with pair weights w, and the singular values of X'Y.

    See `Orthogonal`.
    """
    u, s, v = np.linalg.svd(x.T @ (y if w is None else w[:, None] * y), full_matrices=False)
    if rotation and np.linalg.det(u) * np.linalg.det(v) < 0:
        u[:, -1] *= -1
        s[-1] *= -1
    return u @ v, s
