"""Canonical correlation analysis: both sides are mapped to the directions in which pairs correlate most."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from wordvec.align.maps.method import Fit, Method, Spaces, Wide
from wordvec.align.maps.whitening import common_dimensions, whitening
from wordvec.base.options import option


@dataclass(frozen=True, kw_only=True)
class CCA(Method):
    """Canonical correlations: both sides are mapped to the directions in which pairs correlate most.

    With Cxx = X'X / n + e I, Cyy alike and Cxy = X'Y / n: Cxx^-1/2 Cxy Cyy^-1/2 = U S V', A = Cxx^-1/2 U and
    B = Cyy^-1/2 V, of which the first `dim` columns are used (Faruqui and Dyer 2014). The default is half of the
    columns: directions of low correlation are noise, scaled to variance 1. e is `reg` times the mean variance. X and Y
    are not centred here; the default normalisation of `fit_map` does it. `facts["correlations"]` is S.
    """

    dim: int | None = option(None, "dimensions of the common space; none given: half of them", low=1)
    reg: float = option(1e-4, "added to the variances, as a share of their mean", low=0)
    name: ClassVar[str] = "cca"
    moves_target: ClassVar[bool] = True

    def _fit(self, x: Wide, y: Wide, w: Wide, spaces: Spaces | None) -> Fit:
        root = np.sqrt(w / w.sum())[:, None]
        x, y = x * root, y * root
        most = common_dimensions(self.dim, x, y)
        dim = max(1, most // 2) if self.dim is None else most
        a, _ = whitening(x, self.reg, "source")
        b, _ = whitening(y, self.reg, "target")
        u, s, v = np.linalg.svd(a.T @ (x.T @ y) @ b, full_matrices=False)
        return a @ u[:, :dim], b @ v.T[:, :dim], {"correlations": s[:dim].tolist()}
