"""Distances, the nearest points and ranks in the Poincare ball, in float64 and exact."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from wordvec._kernels import ball as kernel
from wordvec.rows import Ball
from wordvec.search.arrays import whole

Doubles = NDArray[np.float64]


def ball_distances(rows: Ball, query: Doubles, start: int = 0, stop: int | None = None) -> Doubles:
    """[stop - start] the distances of a point [D] from rows: arcosh(1 + 2 |u - v|^2 / ((1 - |u|^2) (1 - |v|^2))).

    inf for a row that is not inside the ball.

    >>> ball_distances(Ball([[0.0, 0.0], [0.5, 0.0]]), np.array([0.0, 0.0])).round(4).tolist()
    [0.0, 1.0986]
    """
    start, stop, _ = slice(start, stop).indices(len(rows))
    excess = np.empty(max(0, stop - start))
    kernel.excess(rows.array, np.ascontiguousarray(query, np.float64), start, excess)
    return arcosh_1(excess)


def arcosh_1(excess: Doubles) -> Doubles:
    """arcosh(1 + x) without loss where x is small."""
    distances: Doubles = np.log1p(excess + np.sqrt(excess * (excess + 2)))
    return distances


def nearest_points(
    rows: Ball,
    query: Doubles,
    k: int,
    *,
    exclude: list[int] | None = None,
    start: int = 0,
    stop: int | None = None,
    within: NDArray[np.bool_] | None = None,
    most: float = np.inf,
) -> tuple[NDArray[np.int64], Doubles]:
    """The k rows nearest to a point [D], and their distances: nearest first, of equal ones the first row.

    Rows `start` to `stop` compete, of these the ones in the mask `within` [R]; those of `exclude`, and those farther
    than `most`, are left out.

    >>> rows, distances = nearest_points(Ball([[0.0, 0.0], [0.5, 0.0], [0.0, 0.9]]), np.array([0.4, 0.0]), 2)
    >>> rows.tolist()
    [1, 0]
    """
    start, stop, _ = slice(start, stop).indices(len(rows))
    distances, k = ball_distances(rows, query, start, stop), max(0, whole("k", k))
    allowed = distances <= most
    allowed[~np.isfinite(distances)] = False
    if within is not None:
        allowed &= within[start : start + len(distances)]
    own = np.asarray(exclude or [], np.int64) - start
    allowed[own[(own >= 0) & (own < len(allowed))]] = False
    places = np.flatnonzero(allowed)
    if k < len(places):
        far = np.partition(distances[places], k - 1)[k - 1] if k else -1.0
        places = places[distances[places] <= far]
    best = places[np.lexsort((places, distances[places]))][:k]
    return start + best, distances[best]


class Ranking:
    """Ranks of the neighbours of points by their distances, among all other points."""

    def __init__(self, rows: Ball) -> None:
        self.points = np.ascontiguousarray(rows.array)
        self.turned = np.ascontiguousarray(self.points.T)
        self.left = 1 / (1 - np.einsum("ij,ij->i", self.points, self.points))

    def nearer(self, row: int, targets: NDArray[np.int32], linked: NDArray[np.int32]) -> NDArray[np.int64]:
        """[n] how many rows are nearer to a row than each of its targets [n], rising.

        The row itself and those that are `linked` to it, its targets among them, do not count; each is there once.
        """
        scores, counts = np.empty(len(targets)), np.empty(len(targets), np.int64)
        kernel.scores(self.points, self.turned, self.left, row, targets, scores)
        kernel.nearer(self.points, self.turned, self.left, row, np.sort(scores), linked, counts)
        return counts
