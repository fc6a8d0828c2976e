"""Distances scaled by the neighbourhood of both ends, against hubs: local scaling, NICDM, mutual proximity."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wordvec.base.errors import OptionError
from wordvec.rows import Rows, as_rows, directed
from wordvec.search.arrays import Matrix, unit_rows
from wordvec.search.exact import nearest, unit_queries
from wordvec.search.pairs import nearest_blocks
from wordvec.search.tables import cosine_tiles, in_order

__all__ = ["Scaling", "nearest_scaled"]

Floats = NDArray[np.float32]
Wide = NDArray[np.float64]
Scaling = Literal["local", "nicdm", "mutual"]

_BLOCK = 64  # queries whose candidates are looked at together
_TINY = 1e-12  # the least distance that divides another


def nearest_scaled(
    matrix: Matrix,
    queries: ArrayLike,
    k: int,
    *,
    norms: ArrayLike | None = None,
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
    searched = as_rows(matrix, norms)
    units = unit_queries(queries, searched.shape[1])
    near, cosines = nearest(searched, units, max(candidates, k, neighbours), exclude=exclude, workers=workers)
    k = max(0, min(k, near.shape[1]))
    rows, scores = np.full((len(units), k), -1, np.int64), np.full((len(units), k), -np.inf)
    sampled = _sample(searched.norms, sample, seed) if method == "mutual" else None
    for first in range(0, len(units), _BLOCK):
        some = slice(first, first + _BLOCK)
        if (near[some] >= 0).any():
            distances = _distance(cosines[some])
            if sampled is not None:
                values = _mutual_proximity(searched, units[some], near[some], distances, sampled)
            else:
                values = _local_scaling(searched, near[some], distances, neighbours, method, workers)
            rows[some], scores[some] = in_order(near[some], values, k)
    return rows, np.exp(scores) if method != "nicdm" else scores


def _distance(cosines: Wide) -> Wide:
    """The distance of unit vectors; that of row -1, which is in no place, is 2."""
    return np.asarray(np.sqrt(2 - 2 * np.clip(cosines, -1, 1)))


def _local_scaling(
    searched: Rows, near: NDArray[np.int64], distances: Wide, neighbours: int, method: Scaling, workers: int | None
) -> Wide:
    """Log scores of `local`, scores of `nicdm`."""
    distinct, place = np.unique(np.maximum(near, 0), return_inverse=True)
    blocks = nearest_blocks(searched, neighbours, asked=distinct, workers=workers)
    of_rows = np.concatenate([_radius(rows, _distance(cosines), method) for _, rows, cosines in blocks])
    of_queries = _radius(near[:, :neighbours], distances[:, :neighbours], method)
    product = np.maximum(of_queries[:, None] * of_rows[place.reshape(near.shape)], _TINY)
    return np.asarray(-np.square(distances) / product if method == "local" else -distances / np.sqrt(product))


def _radius(rows: NDArray[np.int64], distances: Wide, method: Scaling) -> Wide:
    """The distance to the last neighbour there is, or the mean distance to all."""
    there = rows >= 0
    if method == "local":
        return np.asarray(np.where(there, distances, 0).max(axis=1, initial=0))
    return np.asarray(np.where(there, distances, 0).sum(axis=1) / np.maximum(there.sum(axis=1), 1))


def _sample(norms: Floats, size: int, seed: int) -> NDArray[np.int64]:
    usable = np.flatnonzero(directed(norms)).astype(np.int64)
    if size >= len(usable):
        return usable
    return np.sort(np.random.Generator(np.random.PCG64(seed)).choice(usable, size, replace=False))


def _mutual_proximity(
    searched: Rows, units: Wide, near: NDArray[np.int64], distances: Wide, sampled: NDArray[np.int64]
) -> Wide:
    """Log scores: both tails of the normal distribution, in logarithms so that none vanishes."""
    from scipy.special import log_ndtr

    distinct, place = np.unique(np.maximum(near, 0), return_inverse=True)
    mean, deviation = _moments(searched, unit_rows(searched[distinct]), distinct, sampled)
    query_mean, query_deviation = _moments(searched, unit_rows(units), None, sampled)
    at = place.reshape(near.shape)
    tails = log_ndtr(-(distances - query_mean[:, None]) / query_deviation[:, None])
    return np.asarray(tails + log_ndtr(-(distances - mean[at]) / deviation[at]))


def _moments(
    searched: Rows, units: Wide, own: NDArray[np.int64] | None, sampled: NDArray[np.int64]
) -> tuple[Wide, Wide]:
    """Mean and standard deviation of the distances of unit vectors to the sampled rows, `own` ones left out."""
    total, squares, count = np.zeros(len(units)), np.zeros(len(units)), np.full(len(units), float(len(sampled)))
    some, lengths = searched.gather(sampled)
    for first, last, table in cosine_tiles(some, units, np.where(lengths > 0, lengths, np.float32(1))):
        distances = _distance(table[:, : last - first].astype(np.float64))
        if own is not None:
            same = own[:, None] == sampled[first:last]
            distances[same] = 0
            count -= same.sum(axis=1)
        total += distances.sum(axis=1)
        squares += np.square(distances).sum(axis=1)
    count = np.maximum(count, 1)
    mean = total / count
    return mean, np.sqrt(np.maximum(squares / count - mean**2, _TINY))
