"""The multi-step framework: whitening, rotation, re-weighting, de-whitening and dimension reduction."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from wordvec.align.maps.method import Fit, Method, Spaces, Wide
from wordvec.align.maps.whitening import common_dimensions, whitening
from wordvec.base.options import option


@dataclass(frozen=True, kw_only=True)
class MultiStep(Method):
    """Whitening, rotation, re-weighting, de-whitening and dimension reduction of both sides (Artetxe, Labaka, Agirre
    2018, "Generalizing and Improving Bilingual Word Embedding Mappings with a Multi-Step Framework").

    With X = U S V' of the pairs, Wx = V S^-1 V' whitens the source, and Wz alike the target. The singular value
    decomposition of (X Wx)'(Z Wz) gives a rotation of each side. The columns of both sides are then multiplied by the
    singular values to the power of `reweight`. `dewhiten` multiplies by the inverse of the whitening in the rotated
    space. The first `dim` columns are used.
    """

    whiten: bool = option(True, "whiten both sides first")
    reweight: float = option(0.5, "exponent of the singular values that dimensions are multiplied by", low=0)
    dewhiten: bool = option(True, "undo the whitening after the re-weighting")
    dim: int | None = option(None, "dimensions of the common space; none given: all", low=1)
    reg: float = option(1e-4, "added to the variances in whitening, as a share of their mean", low=0)
    name: ClassVar[str] = "multistep"
    moves_target: ClassVar[bool] = True

    def _fit(self, x: Wide, y: Wide, w: Wide, spaces: Spaces | None) -> Fit:
        root = np.sqrt(w)[:, None]
        x, y = x * root, y * root
        dim = common_dimensions(self.dim, x, y)
        sides = [(np.eye(side.shape[1]), np.eye(side.shape[1])) for side in (x, y)]
        if self.whiten:
            sides = [whitening(x, self.reg, "source"), whitening(y, self.reg, "target")]
        (a, a_inverse), (b, b_inverse) = sides
        u, s, v = np.linalg.svd(a.T @ (x.T @ y) @ b, full_matrices=False)
        matrices = []
        for white, inverse, rotation in ((a, a_inverse, u), (b, b_inverse, v.T)):
            matrix = white @ rotation * s**self.reweight
            if self.whiten and self.dewhiten:
                matrix = matrix @ (rotation.T @ inverse @ rotation)
            matrices.append(matrix[:, :dim])
        return matrices[0], matrices[1], {"singular_values": s[:dim].tolist()}
