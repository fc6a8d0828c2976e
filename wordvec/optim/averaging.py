"""The mean of replicas of a table: which rows are due after a round, sums in a fixed order, and how far rows move."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from wordvec._kernels import descent as kernel

Floats = NDArray[np.float32]
Part = tuple[int, int]  # replicas: the first, and one past the last

STIFFNESS = 0.1  # how far an update with learning rate 1 moves a row to where it is pulled
TOUCHED = 2.0  # updates by each replica that a row waits for before it is averaged
LONGEST = 6  # a row waits for 2^6 rounds at most
_BLOCK = 1 << 14  # rows whose factors are computed at once
_NONE = np.empty(0, np.float32)


def rest_of(replicas: int, is_steep: bool = False) -> float:
    """What the learning rates of R replicas leave to the factors of `Averaging`: R^0.25, or R^0.5.

    CBOW with hierarchical softmax is steep: the learning rate of one model is high already, and a word steps by all
    inner nodes above it, the upper ones of which all words share. Rates that are R^0.75 times as high were worse there,
    and those of R^0.5 worse elsewhere. Square roots have the same bits on every machine.
    """
    return sqrt(replicas) if is_steep else sqrt(sqrt(replicas))


def local_rate(alpha: float, replicas: int, rest: float) -> float:
    """The learning rate of each of R replicas, where that of one is `alpha`: R / rest times as high."""
    return alpha * replicas / rest


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
    rest: float  # the factor of rare rows: what the learning rates leave of R

    @classmethod
    def make(cls, rates: NDArray[np.float64], *, replicas: int, size: float, rest: float | None = None) -> Averaging:
        """From the expected updates of each row for each token that a replica trains in rounds of `size` tokens."""
        order = None
        if (rates[1:] > rates[:-1]).any():
            order = np.argsort(-rates, kind="stable")
            rates = rates[order]
        least = TOUCHED / size / 2.0 ** np.arange(LONGEST)
        ends = [int(np.searchsorted(-rates, -rate, side="right")) for rate in least]
        return cls(
            rates,
            order,
            np.array([*ends, np.count_nonzero(rates)], np.int64),
            replicas,
            size,
            rest or rest_of(replicas),
        )

    def due(self, done: int, count: int) -> int:
        """How many rows, by rank, are averaged when `done` of the `count` rounds of an epoch are done."""
        power = LONGEST if done == count else min((done & -done).bit_length() - 1, LONGEST)
        return int(self.ends[power])

    def rows(self, first: int, last: int) -> Any:
        """The rows of the ranks from `first` to `last`, as an index: a slice where ranks are rows."""
        return slice(first, last) if self.order is None else self.order[first:last]

    def average(
        self,
        ranks: tuple[int, int],
        base: Floats,
        sources: Mapping[Part, Rows],
        targets: Sequence[Floats],
        done: int,
        rate: float,
    ) -> None:
        """Average the rows of some ranks after `done` rounds, and write them to `base` and all of the targets.

        The rows of one replica stay as they are, to the bit.
        """
        whole, written = (0, self.replicas), [Rows(table) for table in (base, *targets)]
        for first in range(*ranks, _BLOCK):
            last = min(first + _BLOCK, ranks[1])
            here = {
                part: rows if rows.is_table else Rows(rows.array[first - ranks[0] : last - ranks[0]], is_table=False)
                for part, rows in sources.items()
            }
            if self.replicas == 1:
                combine(self.rows(first, last), here, whole, written)
            else:
                factors = self.factors(first, last, done, rate)
                combine(self.rows(first, last), here, whole, written, base, factors)

    def factors(self, first: int, last: int, done: int, rate: float) -> Floats:
        """[last - first] how many times the step of their mean the rows of these ranks move, after `done` rounds.

        An update by learning rate a moves a row the share STIFFNESS * a of the way to where it is pulled. After n of
        them R replicas with the learning rate `rate` are the share 1 - exp(-STIFFNESS * rate * n) of the way, and so is
        their mean; one replica, with the rate `rate` / R^0.75 and R times the updates, would be
        1 - exp(-STIFFNESS * rate * n * R^0.25) of it. The factor is the quotient: R^0.25 for rare rows, 1 for frequent
        ones; `rest` is R^0.25, or another power. For exp(-x) stands (1 + x / 8)^-8, which every machine computes to the
        same bits.
        """
        classes = np.searchsorted(self.ends, np.arange(first, last), side="right")
        waited = done - ((done - 1) >> classes << classes)  # rounds since the row was last averaged
        ways = STIFFNESS * rate * self.size * self.rates[first:last] * waited
        more = self.rest
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


class Rows(NamedTuple):
    """A table, of which some rows are chosen; or the chosen rows alone, as those that another worker has sent."""

    array: Floats
    is_table: bool = True


def subtrees(first: int, last: int, replicas: int) -> list[Part]:
    """The largest complete subtrees of the replicas from `first` to `last`, as ranges.

    Replicas are the leaves of a binary tree, as sums that are the same wherever the replicas are need a fixed order. A
    worker adds up the subtrees of which it has all leaves.

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


def combine(
    chosen: Any,
    sources: Mapping[Part, Rows],
    part: Part,
    targets: Sequence[Rows],
    base: Floats | None = None,
    factors: Floats = _NONE,
) -> None:
    """Write the sum over the replicas of a subtree, or the step of `base` to their mean, to the chosen rows of targets.

    The sources are disjoint subtrees, or replicas, that make up the whole of it. The step goes to
    base + factors * (mean - base). All is done in one pass over the rows, which are chosen by a slice or an array.
    """
    leaves = _leaves(sources, part)
    operands = [*(sources[leaf] for leaf, _ in leaves), *targets]
    is_slice = isinstance(chosen, slice)
    arrays = [rows.array[chosen] if is_slice and rows.is_table else rows.array for rows in operands]
    kernel.average(
        arrays[: len(leaves)],
        np.array([additions for _, additions in leaves], np.int32),
        arrays[len(leaves) :],
        base[chosen] if is_slice and base is not None else base,
        factors,
        part[1] - part[0],
        None if is_slice else chosen,
        chosen.stop - chosen.start if is_slice else len(chosen),
        np.array([rows.is_table for rows in operands], np.uint8),
    )


def _leaves(sources: Mapping[Part, Rows], part: Part) -> list[tuple[Part, int]]:
    """The sources of a subtree from the left to the right, each with the number of sums that end with it."""
    if part in sources:
        return [(part, 0)]
    first, last = part
    half = 1 << (last - first - 1).bit_length() - 1  # leaves of the left subtree, which is full
    *leaves, (end, additions) = _leaves(sources, (first, first + half)) + _leaves(sources, (first + half, last))
    return [*leaves, (end, additions + 1)]


def added(chosen: Any, table: Floats, sources: Mapping[Part, Rows], part: Part) -> Floats:
    """The chosen rows of a table like `table`: the sum of the sources over the replicas of a subtree."""
    count = chosen.stop - chosen.start if isinstance(chosen, slice) else len(chosen)
    rows: Floats = np.empty((count, *table.shape[1:]), np.float32)
    combine(chosen, sources, part, [Rows(rows, is_table=False)])
    return rows
