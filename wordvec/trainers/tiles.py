"""Tiles of a count matrix, and the order in which threads may process them without sharing rows."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import isqrt

import numpy as np
from numpy.typing import NDArray

from wordvec._kernels import glove as kernel
from wordvec.base.errors import CorpusError, OptionError
from wordvec.cooccurrence import Cooccurrence
from wordvec.optim.sparse import Sparse, threads_of

STRATA = 16  # of words; more than workers, so that each finds a tile without shared words; more would make small tiles
CELLS = 500  # minimum mean number of cells of a tile
PANEL = 1 << 20  # bytes of the rows of inner words that all outer words meet while the cache has them


@dataclass(frozen=True)
class Side:
    """The cells by row, or by column: those of word i are indptr[i] to indptr[i + 1]."""

    indptr: NDArray[np.int64]  # [V + 1]
    indices: NDArray[np.int32]  # [N] the other words, rising
    data: NDArray[np.float32]  # [N]
    starts: NDArray[np.uint32]  # [S + 1, V] cells of each word before each stratum


class Tiles:
    """A matrix divided by strata of words, the same for rows and columns, with equal numbers of cells.

    Words are ordered by frequency: the first strata have few words with many cells each, the last ones many words with
    few. A tile loops over the words of its shorter side, so that these have many cells one after another, and does so
    for a panel of words of its longer side after the other: the rows of a panel stay in the cache.
    """

    def __init__(self, counts: Cooccurrence, workers: int = 1) -> None:
        size, cells = len(counts.vocabulary), len(counts.data)
        if counts.offsets is not None:
            raise OptionError("counts must have one column for each word; these have one for each word and offset")
        if cells == 0:
            raise CorpusError("counts must have a cell to learn from; these have none")
        by_row = (counts.indptr, counts.indices, counts.data)
        by_column = by_row
        if counts.options.get("side") != "both":  # else the matrix is its own transpose
            with threads_of(workers) as threads:
                turned = Sparse(counts.shape, *by_row).transposed(threads)
            by_column = (turned.indptr, turned.indices, turned.data)
        strata = max(1, min(STRATA, size, isqrt(cells // CELLS)))
        before = by_row[0] + by_column[0]  # cells of all words before each
        cuts = np.searchsorted(before, np.linspace(0, before[-1], strata + 1)[1:-1])
        self.cuts = np.unique(np.concatenate([[0], cuts, [size]])).astype(np.int64)
        self.rows = self._side(*by_row)
        self.columns = self.rows if by_column is by_row else self._side(*by_column)

    def _side(self, indptr: NDArray[np.int64], indices: NDArray[np.int32], data: NDArray[np.float32]) -> Side:
        starts = np.empty((len(self.cuts), len(indptr) - 1), np.uint32)
        kernel.starts(indptr, indices, self.cuts, starts)
        return Side(indptr, indices, data, starts)

    @property
    def strata(self) -> int:
        """The number of strata."""
        return len(self.cuts) - 1

    @cached_property
    def cells(self) -> NDArray[np.int64]:
        """[S, S] cells of each tile."""
        cells = np.zeros((self.strata, self.strata), np.int64)
        for stratum in range(self.strata):
            each = self.rows.starts[stratum + 1].astype(np.int64) - self.rows.starts[stratum]
            cells[:, stratum] = np.add.reduceat(each, self.cuts[:-1])
        return cells

    def by_row(self, row: int, column: int) -> bool:
        """Whether a tile loops over its rows, not its columns."""
        return bool(self.cuts[row + 1] - self.cuts[row] <= self.cuts[column + 1] - self.cuts[column])

    def panel(self, inner: int, row: int) -> int:
        """The inner words of a panel, of which each has `row` bytes."""
        words = int(self.cuts[inner + 1] - self.cuts[inner])
        return -(-words // -(-words * row // PANEL))


@dataclass(frozen=True)
class Plan:
    """The tiles of an epoch in their order: the strata that meet, and the tiles that must be done before."""

    rows: list[int]  # [P]
    columns: list[int]  # [P]
    rounds: list[int]  # [P] places of a round share no stratum
    after: list[list[int]]  # [P]


def diagonals(strata: int) -> Plan:
    """Every row stratum meets every column stratum; a tile waits for the earlier ones of its row and column."""
    plan = Plan([], [], [], [])
    for turn in range(strata):
        for row in range(strata):
            plan.rows.append(row)
            plan.columns.append((row + turn) % strata)
            plan.rounds.append(turn)
            last = (turn - 1) * strata
            plan.after.append(sorted({last + row, last + (row + 1) % strata}) if turn else [])
    return plan


def tournament(strata: int) -> Plan:
    """Every stratum meets itself, then every other one, as in a round-robin tournament; rounds run in sequence."""
    plan = Plan([], [], [], [])
    players = strata + strata % 2  # the last one of an odd number has nobody to meet
    rounds = [[(i, i) for i in range(strata)]]
    for turn in range(players - 1):
        ring = [(turn + i) % (players - 1) for i in range(players - 1)]
        pairs = [(ring[0], players - 1)] + [(ring[i], ring[-i]) for i in range(1, players // 2)]
        rounds.append([pair for pair in pairs if max(pair) < strata])
    last: list[int] = []
    for number, pairs in enumerate(round for round in rounds if round):
        first = len(plan.rows)
        for row, column in pairs:
            plan.rows.append(row)
            plan.columns.append(column)
            plan.rounds.append(number)
            plan.after.append(last)
        last = list(range(first, len(plan.rows)))
    return plan
