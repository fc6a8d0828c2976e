"""Linear maps by ridge regression."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from wordvec.align.maps.method import Fit, Method, Spaces, Wide
from wordvec.base.options import option


@dataclass(frozen=True, kw_only=True)
class Linear(Method):
    """The linear map of least squares with a ridge: W = (X'X + ridge I)^-1 X'Y (Mikolov, Le, Sutskever 2013).

    With `ridge="gcv"` the ridge is chosen among 61 values, from 1e-12 to 1e3 times the largest eigenvalue of X'X: the
    one that minimises the generalised cross-validation n |Y - XW|^2 / (n - tr H)^2 (Golub, Heath, Wahba 1979, equation
    1.4), where H is the matrix with X W = H Y. The ridge used is in `facts["ridge"]`.

    >>> Linear(ridge=0).fit([[1, 0], [0, 2]], [[3, 1], [2, 0]]).matrix.tolist()
    [[3.0, 1.0], [1.0, 0.0]]
    """

    ridge: float | Literal["gcv"] = option("gcv", "strength of the ridge; gcv: by cross-validation", low=0)
    name: ClassVar[str] = "linear"

    def _fit(self, x: Wide, y: Wide, w: Wide, spaces: Spaces | None) -> Fit:
        root = np.sqrt(w)[:, None]
        u, s, v = np.linalg.svd(x * root, full_matrices=False)
        z = u.T @ (y * root)
        ridge = _gcv(s, z, float((root * y * root * y).sum()), len(x)) if self.ridge == "gcv" else float(self.ridge)
        spanned = s > s[0] * max(x.shape) * np.finfo(float).eps  # directions without pairs get no weight
        factors = np.where(spanned, s / np.where(spanned, s * s + ridge, 1), 0)
        return (v.T * factors) @ z, None, {"ridge": ridge}


def _gcv(s: Wide, z: Wide, total: float, n: int) -> float:
    """The ridge that minimises the generalised cross-validation, from singular values s, z = U'Y and |Y|^2."""
    parts = np.square(z).sum(axis=1)
    outside = max(0.0, total - float(parts.sum()))
    ridges = s[0] ** 2 * np.logspace(-12, 3, 61)
    left = ridges[:, None] / (s * s + ridges[:, None])
    scores = n * (outside + (left**2 * parts).sum(axis=1)) / np.square(n - len(s) + left.sum(axis=1))
    return float(ridges[int(scores.argmin())])
