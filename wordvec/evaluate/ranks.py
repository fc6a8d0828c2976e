"""Ranks: how many candidates are nearer to a vector than the one that should be."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from wordvec.base.threads import in_order, thread_pool, usable_cores
from wordvec.evaluate.policy import Resolver

Doubles = NDArray[np.float64]
Longs = NDArray[np.int64]

_CANDIDATES = 4096  # that are read at a time
_QUERIES = 256  # that meet them at a time


def nearer(
    words: Resolver,
    queries: Doubles,
    of: Longs,
    targets: Longs,
    candidates: Longs,
    counts: Longs | None = None,
    workers: int | None = None,
) -> Longs:
    """[n] how many candidates have a greater product with queries[of] than targets have, and are not the targets.

    `queries` [Q, D] are vectors, `of` [n] says of which of them `targets` [n] should be near; targets and `candidates`
    [m] are numbers of the resolver, candidates rising, each of which counts as often as `counts` [m] says (None: once).
    The same for any number of `workers`.
    """
    own = np.einsum("ij,ij->i", words.units(targets), queries[of])
    order = np.argsort(of, kind="stable")
    bounds = np.searchsorted(of[order], np.arange(0, len(queries) + _QUERIES, _QUERIES))

    def above(first: int) -> Longs:
        """[n] the same among some of the candidates."""
        some = candidates[first : first + _CANDIDATES]
        units, result = words.units(some).T, np.zeros(len(of), np.int64)
        times = np.ones(len(some), np.int64) if counts is None else counts[first : first + _CANDIDATES]
        for group, (start, end) in enumerate(pairwise(bounds.tolist())):
            asked = order[start:end]
            table = queries[group * _QUERIES : (group + 1) * _QUERIES] @ units
            greater = table[of[asked] - group * _QUERIES] > own[asked][:, None]
            place = np.minimum(np.searchsorted(some, targets[asked]), len(some) - 1)
            itself = some[place] == targets[asked]
            greater[np.flatnonzero(itself), place[itself]] = False  # whatever the rounding
            result[asked] = greater.sum(axis=1) if counts is None else greater @ times
        return result

    cores = workers or usable_cores()
    with thread_pool(cores) as pool:
        parts = in_order(pool, above, range(0, len(candidates), _CANDIDATES), 2 * cores)
        return sum(parts, np.zeros(len(of), np.int64))
