"""Distances scaled by the neighbourhood of both ends, against hubs: local scaling, NICDM, mutual proximity."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wordvec import search
from wordvec.base.errors import OptionError
from wordvec.search.arrays import taken
from wordvec.search.tables import cosine_tiles, in_order

__all__ = ["Scaling", "nearest_scaled"]

Floats = NDArray[np.float32]
Wide = NDArray[np.float64]
Scaling = Literal["local", "nicdm", "mutual"]

_BLOCK = 64  # queries whose candidates are looked at together
_TINY = 1e-12  # the least distance that divides another


def nearest_scaled(
    matrix: Any,
    queries: ArrayLike,
    k: int,
    *,
    norms: Floats,
    method: Scaling = "mutual",
    neighbours: int = 10,
    candidates: int = 100,
    sample: int = 1000,
    seed: int = 0,
    exclude: Sequence[Sequence[int]] | None = None,
    workers: int | None = None,
) -> tuple[NDArray[np.int64], Wide]:
    """The k best of the `candidates` nearest rows of each query, by a distance that both ends have a say in: rows
    [Q, k] int64, scores [Q, k] float64, the higher the nearer.

    With d the distance of unit vectors, sqrt(2 - 2 cos), scores are (Schnitzer, Flexer, Schedl, Widmer 2012, "Local
    and Global Scaling Reduce Hubs in Space", section 3):

    - `local`: exp(-d^2 / (r_x r_y)), r the distance to the neighbour of number `neighbours` (Zelnik-Manor, Perona
      2004, "Self-Tuning Spectral Clustering"); the distance is 1 less it;
    - `nicdm`: -d / sqrt(m_x m_y), m the mean distance to the `neighbours` nearest (Jegou, Harzallah, Schmid 2007);
    - `mutual`: P(D_x > d) P(D_y > d), the distances D from each end to a `sample` of rows taken as Gaussian.

    Where a query is a row, `exclude` should name it. The neighbours of a row are sought in the matrix without itself.
    """
    if method not in get_args(Scaling):
        raise OptionError(f"method must be one of {', '.join(get_args(Scaling))}; got {method!r}")
    for name, number in (("neighbours", neighbours), ("candidates", candidates), ("sample", sample)):
        if number < 1:
            raise OptionError(f"{name} must be >= 1; got {number}")
    units = search.unit_queries(queries, matrix.shape[1])
    near, cosines = search.nearest(
        matrix, units, max(candidates, k, neighbours), norms=norms, exclude=exclude, workers=workers
    )
    k = max(0, min(k, near.shape[1]))
    rows, scores = np.full((len(units), k), -1, np.int64), np.full((len(units), k), -np.inf)
    chosen = _sample(norms, sample, seed) if method == "mutual" else None
    for first in range(0, len(units), _BLOCK):
        some = slice(first, first + _BLOCK)
        if (near[some] >= 0).any():
            found, distance = near[some], _distance(cosines[some])
            if chosen is not None:
                value = _mutual(matrix, units[some], found, distance, norms, chosen)
            else:
                value = _local(matrix, found, distance, norms, neighbours, method, workers)
            rows[some], scores[some] = in_order(found, value, k)
    return rows, np.exp(scores) if method != "nicdm" else scores


def _distance(cosines: Wide) -> Wide:
    """The distance of unit vectors; that of row -1, which is in no place, is 2."""
    return np.asarray(np.sqrt(2 - 2 * np.clip(cosines, -1, 1)))


def _local(
    matrix: Any, found: NDArray[np.int64], distance: Wide, norms: Floats, neighbours: int, method: Scaling,
    workers: int | None,
) -> Wide:  # fmt: skip
    """Log scores of `local`, scores of `nicdm`."""
    distinct, place = np.unique(np.maximum(found, 0), return_inverse=True)
    blocks = search.nearest_blocks(matrix, neighbours, norms=norms, asked=distinct, workers=workers)
    of_rows = np.concatenate([_reach(rows, _distance(cosines), method) for _, rows, cosines in blocks])
    of_queries = _reach(found[:, :neighbours], distance[:, :neighbours], method)
    product = np.maximum(of_queries[:, None] * of_rows[place.reshape(found.shape)], _TINY)
    return np.asarray(-np.square(distance) / product if method == "local" else -distance / np.sqrt(product))


def _reach(rows: NDArray[np.int64], distance: Wide, method: Scaling) -> Wide:
    """The distance to the last neighbour there is, or the mean distance to all."""
    there = rows >= 0
    if method == "local":
        return np.asarray(np.where(there, distance, 0).max(axis=1, initial=0))
    return np.asarray(np.where(there, distance, 0).sum(axis=1) / np.maximum(there.sum(axis=1), 1))


def _sample(norms: Floats, size: int, seed: int) -> NDArray[np.int64]:
    directed = np.flatnonzero(search.directed(norms)).astype(np.int64)
    if size >= len(directed):
        return directed
    return np.sort(np.random.Generator(np.random.PCG64(seed)).choice(directed, size, replace=False))


def _mutual(
    matrix: Any, units: Wide, found: NDArray[np.int64], distance: Wide, norms: Floats, chosen: NDArray[np.int64]
) -> Wide:
    """Log scores: both tails of the normal distribution, in logarithms so that none vanishes."""
    from scipy.special import log_ndtr

    distinct, place = np.unique(np.maximum(found, 0), return_inverse=True)
    mean, deviation = _moments(matrix, matrix[distinct], distinct, norms, chosen)
    own_mean, own_deviation = _moments(matrix, units, None, norms, chosen)
    at = place.reshape(found.shape)
    tails = log_ndtr(-(distance - own_mean[:, None]) / own_deviation[:, None])
    return np.asarray(tails + log_ndtr(-(distance - mean[at]) / deviation[at]))


def _moments(
    matrix: Any, vectors: Any, own: NDArray[np.int64] | None, norms: Floats, chosen: NDArray[np.int64]
) -> tuple[Wide, Wide]:
    """Mean and standard deviation of the distances of vectors to the sample, themselves left out."""
    units = np.asarray(vectors, np.float64)
    lengths = np.sqrt(np.square(units).sum(axis=1, keepdims=True))
    units = units / np.where(lengths > 0, lengths, 1)
    total, squares, count = np.zeros(len(units)), np.zeros(len(units)), np.full(len(units), float(len(chosen)))
    some, lengths = taken(matrix, chosen, norms)
    for first, last, table in cosine_tiles(some, units, norms=np.where(lengths > 0, lengths, 1)):
        distance = _distance(table[:, : last - first].astype(np.float64))
        if own is not None:
            same = own[:, None] == chosen[first:last]
            distance[same] = 0
            count -= same.sum(axis=1)
        total += distance.sum(axis=1)
        squares += np.square(distance).sum(axis=1)
    count = np.maximum(count, 1)
    mean = total / count
    return mean, np.sqrt(np.maximum(squares / count - mean**2, _TINY))
