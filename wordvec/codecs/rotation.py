"""Rotations: principal axes of the rows of a matrix, axes shared out evenly, and random ones that a seed repeats."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wordvec.base.errors import OptionError
from wordvec.codecs.base import as_numbers, block_of
from wordvec.rows.base import Floats, block_bounds

__all__ = ["balanced", "pca_rotation", "principal_axes", "random_rotation"]


def pca_rotation(matrix: Any, norms: Floats | None = None, counts: ArrayLike | None = None) -> Floats:
    """The principal axes of the rows, [D, D] float32, an axis a row: `matrix @ rotation.T` are the rotated rows.

    Cosines and products stay what they were. The first d columns are the best d in least squares: what they leave out
    is the sum of the other eigenvalues of the second moments, taken without the mean. With `norms`, of the rows at
    length 1 (zero rows left out); with `counts`, each row weighs as often as its word occurs. The matrix is read in
    blocks and summed in float64.

    >>> rotation = pca_rotation(np.array([[3, 4], [6, 8], [-4, 3]], np.float32))
    >>> np.abs(rotation[0]).astype(float).round(3).tolist()
    [0.6, 0.8]
    """
    matrix = as_numbers(matrix)
    dim, weights = matrix.shape[1], None
    if counts is not None:
        weights = np.asarray(counts, np.float64)
        if weights.shape != (len(matrix),) or not (np.isfinite(weights) & (weights >= 0)).all():
            raise OptionError(f"counts must be one number >= 0 for each of {len(matrix)} rows; got {weights.shape}")
    moments = np.zeros((dim, dim))
    for first, last in block_bounds(matrix.shape):
        wide = block_of(matrix, first, last).astype(np.float64)
        factors = np.ones(len(wide)) if weights is None else np.sqrt(weights[first:last])
        if norms is not None:
            length = norms[first:last].astype(np.float64)
            factors = np.divide(factors, length, out=np.zeros(len(wide)), where=length > 0)
        wide *= factors[:, None]
        moments += wide.T @ wide
    return principal_axes(moments)[0].astype(np.float32)


def principal_axes(moments: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Eigenvectors [D, D] as rows, and eigenvalues, the greatest first; the greatest number of each is positive."""
    values, vectors = np.linalg.eigh(moments)
    axes = vectors.T[::-1]
    signs = np.sign(axes[np.arange(len(axes)), np.abs(axes).argmax(axis=1)])
    return np.ascontiguousarray(axes * signs[:, None]), np.maximum(values[::-1], 0)


def balanced(values: NDArray[np.float64], part: int) -> NDArray[np.int64]:
    """The order of axes in which parts of `part` axes each have about the same product of eigenvalues.

    The greatest goes to the part with the least product so far that has a place left (Ge et al. 2013, "Optimized
    product quantization", section 4.2).
    """
    dim = len(values)
    room = [min(part, dim - first) for first in range(0, dim, part)]
    logs = np.log(np.maximum(values, values.max(initial=0) * 1e-12 + 1e-300))
    logs -= logs.min()  # none negative, so that an axis never makes room for another
    members: list[list[int]] = [[] for _ in room]
    totals = [0.0] * len(room)
    for axis in np.argsort(-values, kind="stable").tolist():
        chosen = min((m for m in range(len(room)) if len(members[m]) < room[m]), key=totals.__getitem__)
        members[chosen].append(axis)
        totals[chosen] += logs[axis]
    return np.array([axis for some in members for axis in some], np.int64)


def random_rotation(dim: int, seed: int) -> Floats:
    """A random orthogonal matrix [D, D] float32: Q of the QR of Gaussian numbers, signs so that it is uniform."""
    q, r = np.linalg.qr(np.random.default_rng([seed, dim]).standard_normal((dim, dim)))
    return (q * np.where(np.diag(r) < 0, -1.0, 1.0)).astype(np.float32)
