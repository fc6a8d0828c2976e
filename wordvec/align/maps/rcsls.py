"""RCSLS: a linear map learned for the criterion by which translations are retrieved."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from wordvec.align.maps.methods import Fit, Method, Spaces, Wide, procrustes
from wordvec.base.errors import OptionError
from wordvec.search.matching import roughly_best

Floats = NDArray[np.float32]
_LARGEST = 1e15  # numbers whose products float32 can hold


@dataclass(frozen=True, kw_only=True)
class RCSLS(Method):
    """Relaxed CSLS (Joulin, Bojanowski, Mikolov, Jegou, Grave 2018, "Loss in Translation", section 3).

    The loss of a pair is -2 x W . y plus the mean product of x W with its k nearest rows of the target, plus that of y
    with its k nearest mapped rows of the source; neighbours are sought among the first `neighbours` rows of the spaces,
    or among the pairs where no spaces are given. It starts from the orthogonal map and takes `epochs` steps down the
    gradient over all pairs, neighbours being fixed in each; where a step would raise the loss, it is not taken and
    `alpha`, the learning rate, halved, down to 1e-4. With `spectral` singular values of W stay at most 1, which keeps
    the problem convex. Vectors should have length 1. `facts["loss"]` has the loss before and after each step.
    """

    epochs: int = 10
    alpha: float = 1.0
    k: int = 10
    neighbours: int = 200_000
    spectral: bool = False
    name: ClassVar[str] = "rcsls"

    def __post_init__(self) -> None:
        for name, value in (("epochs", self.epochs), ("k", self.k), ("neighbours", self.neighbours)):
            if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < 1:
                raise OptionError(f"{name} must be an integer >= 1; got {value!r}")
        if isinstance(self.alpha, bool) or not isinstance(self.alpha, (int, float)) or not 0 < self.alpha < np.inf:
            raise OptionError(f"alpha must be a finite number > 0; got {self.alpha!r}")

    def _fit(self, x: Wide, y: Wide, w: Wide, spaces: Spaces | None) -> Fit:
        given = (x.astype(np.float32), y.astype(np.float32)) if spaces is None else spaces
        given = (fine(given[0]), fine(given[1]))
        largest = max(float(np.abs(np.asarray(rows)).max(initial=0)) for rows in (x, y, *given))
        if largest > _LARGEST:
            raise OptionError(
                f"vectors must hold numbers up to {_LARGEST:g} for rcsls, whose products are float32; got "
                f"{largest:.2g}: bring them to length 1 first"
            )
        near = (given[0][: self.neighbours], given[1][: self.neighbours])
        matrix, _ = procrustes(x, y, w)
        loss, gradient = rcsls_loss(matrix, x, y, w, *near, self.k)
        losses, alpha = [loss], float(self.alpha)
        for _ in range(self.epochs):
            if alpha < 1e-4:
                break
            moved = matrix - alpha * gradient
            if self.spectral:
                u, s, v = np.linalg.svd(moved, full_matrices=False)
                moved = (u * np.minimum(s, 1)) @ v
            new, slope = rcsls_loss(moved, x, y, w, *near, self.k)
            if new > loss:
                alpha /= 2
                continue
            matrix, loss, gradient = moved, new, slope
            losses.append(loss)
        return matrix, None, {"loss": losses, "alpha": alpha}


def fine(rows: Floats) -> Floats:
    """The rows, zeros for those that are not finite: they are no neighbours."""
    there: NDArray[np.bool_] = np.asarray(np.isfinite(rows).all(axis=1))
    finite: Floats = np.where(there.reshape(-1, 1), rows, np.float32(0))
    return finite


def rcsls_loss(matrix: Wide, x: Wide, y: Wide, w: Wide, source: Floats, target: Floats, k: int) -> tuple[float, Wide]:
    """The loss of a map [D, D'] on pairs x [n, D], y [n, D'] with weights w, and its gradient with fixed neighbours."""
    mapped = x @ matrix
    near_y = _mean_of_best(target, target, mapped, k)  # [n, D'] the mean of the rows nearest to each x W
    near_x = _mean_of_best(source, (source.astype(np.float64) @ matrix).astype(np.float32), y, k)  # [n, D]
    pulls = near_y - 2 * y
    losses = (mapped * pulls).sum(axis=1) + ((near_x @ matrix) * y).sum(axis=1)
    gradient = x.T @ (w[:, None] * pulls) + near_x.T @ (w[:, None] * y)
    return float(w @ losses / len(x)), gradient / len(x)


def _mean_of_best(rows: Floats, seen: Floats, queries: Wide, k: int) -> Wide:
    """[n, D] for each query the mean of the rows whose products with it, as they are `seen`, are the k largest."""
    lengths = np.where(seen.any(axis=1), np.float32(1), np.float32(0))  # rows of zeros are no neighbours
    found, _ = roughly_best(seen, queries, k, norms=lengths)
    result = np.empty((len(queries), rows.shape[1]))
    for first in range(0, len(found), 1024):
        some = found[first : first + 1024]
        there = some >= 0
        taken = rows[np.maximum(some, 0)].astype(np.float64) * there[:, :, None]
        result[first : first + 1024] = taken.sum(axis=1) / np.maximum(there.sum(axis=1), 1)[:, None]
    return result
