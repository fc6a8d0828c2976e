"""The mean of replicas of a table: which rows are due after a round, sums in a fixed order, and how far rows move."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

STIFFNESS = 0.1  # how far an update with learning rate 1 moves a row to where it is pulled
TOUCHED = 2.0  # updates by each replica that a row waits for before it is averaged
LONGEST = 6  # a row waits for 2^6 rounds at most


def local_rate(alpha: float, replicas: int) -> float:
    """The learning rate of each of R replicas, where that of one is `alpha`: R^0.75 times as high.

    What is left of R is in the factors of `Averaging`: R^0.25 for rare rows.
    """
    return alpha * replicas / _root(replicas)


def _root(replicas: int) -> float:
    """The fourth root, to the same bits on every machine."""
    return sqrt(sqrt(replicas))


@dataclass(frozen=True, eq=False)
class Averaging:
    """Which rows of a table are averaged after which rounds, and by which factors: functions of expected updates.

    Rows are ranked by falling rate of updates. A frequent row is averaged after every round, a rarer one after every
    second, fourth and so on, when each replica has updated it `TOUCHED` times or so, and all of them after the last
    round of an epoch. So the rows that are due are always a prefix of the ranks. A row whose rate is 0, which no
    replica changes, is never due.
    """

    rates: NDArray[np.float64]  # [V] by rank: expected updates for each token that a replica trains
    order: NDArray[np.int64] | None  # [V] the row of each rank; None: rank i is row i
    ends: NDArray[np.int64]  # [LONGEST + 1] how many rows are averaged every 2^k rounds at the least
    replicas: int
    size: float  # tokens that a replica trains in a round

    @classmethod
    def make(cls, rates: NDArray[np.float64], *, replicas: int, size: float) -> Averaging:
        """From the expected updates of each row for each token that a replica trains in rounds of `size` tokens."""
        order = None
        if (rates[1:] > rates[:-1]).any():
            order = np.argsort(-rates, kind="stable")
            rates = rates[order]
        least = TOUCHED / size / 2.0 ** np.arange(LONGEST)
        ends = [int(np.searchsorted(-rates, -rate, side="right")) for rate in least]
        return cls(rates, order, np.array([*ends, np.count_nonzero(rates)], np.int64), replicas, size)

    def due(self, done: int, count: int) -> int:
        """How many rows, by rank, are averaged when `done` of the `count` rounds of an epoch are done."""
        power = LONGEST if done == count else min((done & -done).bit_length() - 1, LONGEST)
        return int(self.ends[power])

    def rows(self, first: int, last: int) -> Any:
        """The rows of the ranks from `first` to `last`, as an index: a slice where ranks are rows."""
        return slice(first, last) if self.order is None else self.order[first:last]

    def factors(self, first: int, last: int, done: int, rate: float) -> Floats:
        """[last - first] how many times the step of their mean the rows of these ranks move, after `done` rounds.

        An update by learning rate a moves a row the share STIFFNESS * a of the way to where it is pulled. After n of
        them R replicas with the learning rate `rate` are the share 1 - exp(-STIFFNESS * rate * n) of the way, and so is
        their mean; one replica, with the rate `rate` / R^0.75 and R times the updates, would be
        1 - exp(-STIFFNESS * rate * n * R^0.25) of it. The factor is the quotient: R^0.25 for rare rows, 1 for frequent
        ones. For exp(-x) stands (1 + x / 8)^-8, which every machine computes to the same bits.
        """
        classes = np.searchsorted(self.ends, np.arange(first, last), side="right")
        waited = done - ((done - 1) >> classes << classes)  # rounds since the row was last averaged
        ways = STIFFNESS * rate * self.size * self.rates[first:last] * waited
        more = _root(self.replicas)
        factors = np.full(last - first, more)
        moved = ways > 1e-9
        factors[moved] = _way(more * ways[moved]) / _way(ways[moved])
        return factors.astype(np.float32)


def _way(x: NDArray[np.float64]) -> NDArray[np.float64]:
    """1 - (1 + x / 8)^-8, which is near 1 - exp(-x)."""
    power = 1 + x / 8
    for _ in range(3):
        power = power * power
    return 1 - 1 / power


def added(rows: Sequence[Floats], first: int, replicas: int) -> dict[tuple[int, int], Floats]:
    """Sums over some replicas in a row, by range of replicas: those of the largest complete subtrees.

    Replicas are the leaves of a binary tree; `rows[i]` are the rows of replica first + i. Sums that are the same
    wherever the replicas are need a fixed order; a worker adds up the subtrees of which it has all leaves.
    """
    sums = {(first + i, first + i + 1): one for i, one in enumerate(rows)}
    return {part: _sum(sums, part) for part in subtrees(first, first + len(rows), replicas)}


def subtrees(first: int, last: int, replicas: int) -> list[tuple[int, int]]:
    """The largest complete subtrees of the replicas from `first` to `last`, as ranges.

    >>> subtrees(1, 6, 6), subtrees(0, 4, 6), subtrees(4, 6, 6)
    ([(1, 2), (2, 4), (4, 6)], [(0, 4)], [(4, 6)])
    """
    parts = []
    while first < last:
        size = 1
        while first % (2 * size) == 0 and size < replicas and min(first + 2 * size, replicas) <= last:
            size *= 2
        parts.append((first, min(first + size, replicas)))
        first += size
    return parts


def _sum(sums: Mapping[tuple[int, int], Floats], part: tuple[int, int]) -> Floats:
    if part in sums:
        return sums[part]
    first, last = part
    half = 1 << (last - first - 1).bit_length() - 1  # leaves of the left subtree, which is full
    return _sum(sums, (first, first + half)) + _sum(sums, (first + half, last))


def total(sums: Mapping[tuple[int, int], Floats], replicas: int) -> Floats:
    """The sum over all replicas, from those of subtrees: the same floats whichever subtrees are given."""
    return _sum(sums, (0, replicas))


def moved(base: Floats, sums: Mapping[tuple[int, int], Floats], replicas: int, factors: Floats) -> Floats:
    """The rows base + factors * (mean over the replicas - base), as all replicas go on with them; `base` stays.

    The rows of one replica stay as they are, to the bit.
    """
    if replicas == 1:
        return total(sums, 1)
    rows: Floats = total(sums, replicas) / np.float32(replicas)
    rows -= base
    rows *= factors.reshape(-1, *[1] * (rows.ndim - 1))
    rows += base
    return rows
