"""Whitening of one side of the pairs, and the number of dimensions of the common space."""

from __future__ import annotations

import numpy as np

from wordvec.align.maps.method import Wide
from wordvec.base.errors import OptionError


def whitening(x: Wide, reg: float, side: str) -> tuple[Wide, Wide]:
    """(X'X + e I)^-1/2 and its inverse, e being `reg` times the mean variance; OptionError where it is singular."""
    variances, axes = np.linalg.eigh(x.T @ x)
    variances = np.maximum(variances, 0) + reg * float(np.maximum(variances, 0).mean())
    if variances[0] <= variances[-1] * 1e-12:
        raise OptionError(
            f"pairs must span all {x.shape[1]} dimensions of the {side} to be whitened with reg={reg:g}; their "
            f"covariance is singular: give reg=1e-3 or more, more pairs, or another method"
        )
    roots = np.sqrt(variances)
    return (axes / roots) @ axes.T, (axes * roots) @ axes.T


def common_dimensions(dim: int | None, x: Wide, y: Wide) -> int:
    """`dim`, or the dimensions that both sides have; OptionError where `dim` is larger."""
    most = min(x.shape[1], y.shape[1])
    if dim is not None and dim > most:
        raise OptionError(f"dim must be at most the {most} dimensions that both sides have; got {dim}")
    return most if dim is None else dim
