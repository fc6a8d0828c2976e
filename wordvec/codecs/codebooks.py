"""Codebooks of product quantisation: k-means of every part of some rows, and rotations that make parts fit better."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wordvec._kernels import kmeans as kernel
from wordvec.base.errors import OptionError
from wordvec.base.threads import in_order, thread_pool, usable_cores
from wordvec.codecs.base import block_of
from wordvec.codecs.rotation import balanced, principal_axes
from wordvec.rows.base import Floats

CENTROIDS = 256
_SAMPLE = 1 << 16  # rows that codebooks are made of
_ROUNDS = 25
_OPQ_ROUNDS, _OPQ_SAMPLE, _OPQ_KMEANS = 10, 1 << 15, 4


def sample(matrix: Any, norms: Floats, counts: ArrayLike | None, seed: int) -> Floats:
    """At most 65,536 rows at length 1, [N, D]: drawn without a row twice, a row by the square root of its count."""
    keys = np.random.default_rng([seed, len(matrix)]).standard_exponential(len(matrix))
    if counts is not None:
        weights = np.asarray(counts, np.float64)
        if weights.shape != (len(matrix),) or not (np.isfinite(weights) & (weights >= 0)).all():
            raise OptionError(f"counts must be one number >= 0 for each of {len(matrix)} rows; got {weights.shape}")
        keys /= np.sqrt(np.maximum(weights, 1e-3))
    keys[~(norms > 0)] = np.inf
    few = min(_SAMPLE, int(np.isfinite(keys).sum()))
    rows = np.sort(np.argpartition(keys, few - 1)[:few]) if few else np.empty(0, np.int64)
    taken = np.empty((few, matrix.shape[1]), np.float32)
    for first in range(0, few, 4096):
        some = rows[first : first + 4096]
        block = np.ascontiguousarray(matrix[some], np.float32)
        wide = block_of(block, 0, len(block)).astype(np.float64)
        taken[first : first + len(some)] = wide / np.sqrt(np.square(wide).sum(axis=1, keepdims=True))
    return taken


def columns(rows: Floats, parts: int, part: int) -> Floats:
    """Rows [N, D] as [parts * part, N]: a part's numbers one after the other, zeros where rows have no more."""
    wide = np.zeros((parts * part, len(rows)), np.float32)
    wide[: rows.shape[1]] = rows.T
    return wide


def train(
    rows: Floats,
    parts: int,
    part: int,
    seed: int,
    rounds: int = _ROUNDS,
    start: Floats | None = None,
    clusters: int = CENTROIDS,
) -> Floats:
    """Centroids [M, K, part] of each part of some rows; K is `clusters`, or fewer where there are fewer rows."""
    points = columns(rows, parts, part)
    clusters = max(1, min(clusters, len(rows)))
    books = np.zeros((parts, clusters, part), np.float32) if start is None else start.copy()

    def task(m: int) -> None:
        own = points[m * part : (m + 1) * part]
        errors = np.empty(len(rows), np.float32)
        if start is None:
            draws, sums = np.random.default_rng([seed, m]).random(clusters), np.empty(-(-len(rows) // kernel.BLOCK))
            kernel.seeds(own, draws, books[m], errors, sums)
        labels, members = np.empty(len(rows), np.uint8), np.empty(clusters, np.int64)
        kernel.rounds(own, books[m], rounds, labels, errors, np.empty((clusters, part)), members)

    if len(rows):
        _each(range(parts), task)
    return books


def nearest(rows: Floats, books: Floats) -> NDArray[np.uint8]:
    """The centroid nearest to each part of rows at length 1, [M, N]."""
    parts, _, part = books.shape
    labels = np.empty((parts, len(rows)), np.uint8)
    kernel.nearest(columns(rows, parts, part), books, labels, np.empty(len(rows), np.float32))
    return labels


def decode(codes: NDArray[np.uint8], books: Floats, dim: int) -> Floats:
    """The centroids of codes [N, M] side by side, [N, D]."""
    parts, _, part = books.shape
    rows: Floats = books[np.arange(parts), codes].reshape(len(codes), parts * part)[:, :dim]
    return rows


def train_rotation(rows: Floats, parts: int, part: int, seed: int) -> Floats:
    """A rotation [D, D] whose parts lose less: OPQ (Ge et al. 2013), from principal axes of balanced variance.

    Ten times: codebooks of the rotated rows, then the rotation that brings the rows nearest to what they decode to,
    U V' of the singular vectors of their product. An axis is a row: `rows @ rotation.T` are the rotated rows.
    """
    rows = rows[:: max(1, -(-len(rows) // _OPQ_SAMPLE))]
    dim = rows.shape[1]
    axes, values = principal_axes(rows.T.astype(np.float64) @ rows)
    rotation = axes[balanced(values, part)].astype(np.float32)
    books = None
    for _ in range(_OPQ_ROUNDS if len(rows) else 0):
        turned = np.ascontiguousarray(rows @ rotation.T)
        books = train(turned, parts, part, seed, _OPQ_KMEANS, books)
        decoded = decode(nearest(turned, books).T, books, dim)
        left, _, right = np.linalg.svd(decoded.T.astype(np.float64) @ rows)
        rotation = (left @ right).astype(np.float32)
    return rotation


def _each(tasks: Sequence[int], work: Any) -> None:
    with thread_pool(usable_cores()) as pool:
        for _ in in_order(pool, work, tasks, 2 * usable_cores()):
            pass
