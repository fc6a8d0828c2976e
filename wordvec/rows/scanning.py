"""What scans share: work in threads, and the best of candidates from several of them."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from wordvec.base.threads import current_core, leave_core, thread_pool

__all__ = ["best_candidates", "in_threads"]

Floats = NDArray[np.float32]
T = TypeVar("T")


def in_threads(work: Callable[[int, int], T], bounds: list[int]) -> list[T]:
    """The results of `work(low, high)` for every range between two bounds, the first of them worked on by the caller.

    The threads end with the call.
    """
    if len(bounds) == 2:
        return [work(*bounds)]
    core = current_core()

    def elsewhere(low: int, high: int) -> T:
        leave_core(core)
        return work(low, high)

    with thread_pool(len(bounds) - 2) as pool:
        others = [pool.submit(elsewhere, low, high) for low, high in pairwise(bounds[1:])]
        return [work(bounds[0], bounds[1]), *(other.result() for other in others)]


def best_candidates(places: int, rows: NDArray[np.int64], scores: Floats) -> tuple[NDArray[np.int64], Floats]:
    """At most `places` of the rows, those of the highest scores, in no order; of equal scores the first rows."""
    if len(rows) <= places:
        return rows, scores
    last = -np.partition(-scores, places - 1)[places - 1]
    keep = np.flatnonzero(scores > last)
    ties = np.flatnonzero(scores == last)
    keep = np.concatenate([keep, ties[np.argsort(rows[ties])][: places - len(keep)]])
    return rows[keep], scores[keep]
