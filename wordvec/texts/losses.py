"""The losses that text encoders are tuned by, and their gradients."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Int64 = NDArray[np.int64]


def ranking(first: Floats, second: Floats, scale: float, keys: Int64) -> tuple[float, list[Floats]]:
    """Multiple negatives ranking of pairs (Henderson et al. 2017): (loss summed over pairs, gradients of its mean).

    `first` and `second` are the vectors [B, D] of both texts of each pair. With S the cosines of all first and second
    texts times `scale`, the loss of a pair i is the mean of -log softmax(S[i])[i] and -log softmax(S[:, i])[i]. A text
    with the key [2, B] of either text of the pair is no negative of it.
    """
    (a, lengths_a), (b, lengths_b) = _units(first), _units(second)
    scores = np.float32(scale) * (a @ b.T)
    same = (keys[1][:, None] == keys[1]) | (keys[0][:, None] == keys[1]) | (keys[0][:, None] == keys[0])
    np.fill_diagonal(same, False)
    scores[same] = -np.inf
    loss, slope = 0.0, np.zeros_like(scores)
    for axis in (1, 0):
        shifted = scores - scores.max(axis=axis, keepdims=True)
        shares = np.exp(shifted)
        sums = shares.sum(axis=axis, keepdims=True)
        loss += float((np.log(sums).ravel() - shifted.diagonal()).sum(dtype=np.float64)) / 2
        slope += shares / sums
    slope[np.diag_indices(len(slope))] -= 2
    slope *= np.float32(scale / (2 * len(slope)))
    return loss, [_through(slope @ b, a, lengths_a), _through(slope.T @ a, b, lengths_b)]


def distances(means: Floats, goals: Floats, kind: str) -> tuple[float, Floats]:
    """(1 - cosine, or the squared distance ("mse"), to the goals [B, D], summed; the gradient of its mean)."""
    if kind == "mse":
        apart = means - goals
        return float(np.square(apart).sum(dtype=np.float64)), apart * np.float32(2 / len(means))
    (units, lengths), (wanted, _) = _units(means), _units(goals)
    cosines = np.einsum("ij,ij->i", units, wanted, dtype=np.float64)
    return float((1 - cosines).sum()), _through(wanted * np.float32(-1 / len(means)), units, lengths)


def _units(rows: Floats) -> tuple[Floats, Floats]:
    """(rows at length 1, their lengths [B, 1]); rows of zeros stay zero."""
    lengths: Floats = np.sqrt(np.einsum("ij,ij->i", rows, rows))[:, None]
    lengths[lengths == 0] = 1
    units: Floats = rows / lengths
    return units, lengths


def _through(slope: Floats, units: Floats, lengths: Floats) -> Floats:
    """The gradient of rows from that of the rows at length 1."""
    result: Floats = (slope - units * np.einsum("ij,ij->i", slope, units)[:, None]) / lengths
    return result
