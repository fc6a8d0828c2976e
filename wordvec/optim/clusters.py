"""Clusters of unit vectors: spherical k-means."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Longs = NDArray[np.int64]

_STEPS = 50


def spherical_kmeans(units: NDArray[Any], k: int, seed: int | list[int]) -> Longs:
    """[n] the cluster of each unit vector (Dhillon and Modha 2001), from centres chosen far apart by k-means++."""
    rng, units = np.random.default_rng(seed), units.astype(np.float32)
    k = min(k, len(units))
    chosen = [int(rng.integers(len(units)))]
    nearest = units @ units[chosen[0]]
    while len(chosen) < k:
        distances = np.maximum(1 - nearest, 0).astype(np.float64)
        total = distances.sum()
        weights = distances / total if total > 0 else np.full(len(units), 1 / len(units))
        chosen.append(int(rng.choice(len(units), p=weights)))
        nearest = np.maximum(nearest, units @ units[chosen[-1]])
    centres, cluster = units[chosen], np.full(len(units), -1)
    for _ in range(_STEPS):
        products = units @ centres.T
        found = products.argmax(axis=1)
        if np.array_equal(found, cluster):
            break
        cluster = found
        sums = np.asarray((cluster == np.arange(k)[:, None]).astype(units.dtype) @ units)
        empty = np.bincount(cluster, minlength=k) == 0
        if empty.any():  # they begin anew, at the units that are farthest from their centres
            sums[empty] = units[np.argsort(products.max(axis=1), kind="stable")[: int(empty.sum())]]
        lengths = np.linalg.norm(sums, axis=1, keepdims=True)
        centres = sums / np.where(lengths > 0, lengths, 1)
    return cluster
