"""RCSLS: a linear map trained on the retrieval criterion CSLS."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from wordvec.align.maps.method import Fit, Method, Spaces, Wide
from wordvec.align.maps.orthogonal import procrustes
from wordvec.base.errors import OptionError
from wordvec.base.options import option
from wordvec.search.matching import roughly_best

Floats = NDArray[np.float32]
_LARGEST = 1e15  # the largest absolute value whose products float32 can hold


@dataclass(frozen=True, kw_only=True)
class RCSLS(Method):
    """Relaxed CSLS (Joulin, Bojanowski, Mikolov, Jegou, Grave 2018, "Loss in Translation", section 3).

    The loss of a pair is -2 x W . y, plus the mean product of x W with its k nearest rows of the target, plus the mean
    product of y with its k nearest mapped rows of the source. Neighbours are searched among the first `neighbours`
    rows of the spaces, or among the pairs where no spaces are given. Gradient descent starts at the orthogonal map and
    takes `epochs` steps over all pairs; neighbours are fixed within a step. A step that would raise the loss is not
    taken, and halves the learning rate `alpha`, down to 1e-4. With `spectral`, the singular values of W are limited to
    1, which keeps the problem convex. Vectors should have unit norm. `facts["loss"]` has the loss at the start and
    after each step taken.
    """

    epochs: int = option(10, "gradient steps over all pairs", low=1)
    alpha: float = option(1.0, "learning rate at the start; halved where a step would raise the loss", above=0)
    k: int = option(10, "nearest neighbours in CSLS", low=1)
    neighbours: int = option(200_000, "first rows of both spaces in which neighbours are searched", low=1)
    spectral: bool = option(False, "limit the singular values of the map to 1")
    name: ClassVar[str] = "rcsls"

    def _fit(self, x: Wide, y: Wide, w: Wide, spaces: Spaces | None) -> Fit:
        source, target = (x.astype(np.float32), y.astype(np.float32)) if spaces is None else spaces
        source, target = finite_rows(source), finite_rows(target)
        largest = max(float(np.abs(np.asarray(rows)).max(initial=0)) for rows in (x, y, source, target))
        if largest > _LARGEST:
            raise OptionError(
                f"vectors must hold numbers up to {_LARGEST:g} for rcsls, whose products are float32; got "
                f"{largest:.2g}: bring them to length 1 first"
            )
        spaces = (source[: self.neighbours], target[: self.neighbours])
        matrix, _ = procrustes(x, y, w)
        loss, gradient = rcsls_loss(matrix, x, y, w, *spaces, self.k)
        losses, alpha = [loss], self.alpha
        for _ in range(self.epochs):
            if alpha < 1e-4:
                break
            stepped = matrix - alpha * gradient
            if self.spectral:
                u, s, v = np.linalg.svd(stepped, full_matrices=False)
                stepped = (u * np.minimum(s, 1)) @ v
            new_loss, new_gradient = rcsls_loss(stepped, x, y, w, *spaces, self.k)
            if new_loss > loss:
                alpha /= 2
                continue
            matrix, loss, gradient = stepped, new_loss, new_gradient
            losses.append(loss)
        return matrix, None, {"loss": losses, "alpha": alpha}


def finite_rows(rows: Floats) -> Floats:
    """The rows, with zeros for those that are not finite, so that they are no neighbours."""
    finite: NDArray[np.bool_] = np.asarray(np.isfinite(rows).all(axis=1))
    result: Floats = np.where(finite.reshape(-1, 1), rows, np.float32(0))
    return result


def rcsls_loss(matrix: Wide, x: Wide, y: Wide, w: Wide, source: Floats, target: Floats, k: int) -> tuple[float, Wide]:
    """The loss of a map [D, D'] on pairs x [n, D], y [n, D'] with weights w, and its gradient with fixed neighbours."""
    mapped = x @ matrix
    near_y = _mean_of_best(target, target, mapped, k)  # [n, D'] the mean of the rows nearest to each x W
    near_x = _mean_of_best(source, (source.astype(np.float64) @ matrix).astype(np.float32), y, k)  # [n, D]
    pulls = near_y - 2 * y
    losses = (mapped * pulls).sum(axis=1) + ((near_x @ matrix) * y).sum(axis=1)
    gradient = x.T @ (w[:, None] * pulls) + near_x.T @ (w[:, None] * y)
    return float(w @ losses / len(x)), gradient / len(x)


def _mean_of_best(rows: Floats, mapped: Floats, queries: Wide, k: int) -> Wide:
    """[n, D] for each query the mean of the `rows` whose `mapped` vectors have the k largest products with it."""
    norms = np.where(mapped.any(axis=1), np.float32(1), np.float32(0))  # products, not cosines; zeros are left out
    nearest, _ = roughly_best(mapped, queries, k, norms=norms)
    means = np.empty((len(queries), rows.shape[1]))
    for first in range(0, len(nearest), 1024):
        some = nearest[first : first + 1024]
        valid = some >= 0
        neighbours = rows[np.maximum(some, 0)].astype(np.float64) * valid[:, :, None]
        means[first : first + 1024] = neighbours.sum(axis=1) / np.maximum(valid.sum(axis=1), 1)[:, None]
    return means
