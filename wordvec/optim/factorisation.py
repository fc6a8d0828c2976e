"""Weighted factorisation of a sparse matrix whose empty cells are zeros of little weight, by exact steps of blocks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from wordvec._kernels import pu as kernel
from wordvec.base.threads import in_order, thread_pool
from wordvec.optim.descent import aligned_matrix
from wordvec.optim.sparse import Sparse, Threads, threads_of

T = TypeVar("T")

WORK = 4_000_000  # blocks of cells that a thread steps at a time: some tens of milliseconds
ROW = 60  # cells that take as long as what a row takes beside its cells
SUMMED = 4096  # rows whose products are summed by a thread at a time
RELAX = 1.5  # how far a step goes of the way to the least and beyond; the objective never rises from 0 to 2


@dataclass(frozen=True)
class Cells:
    """The cells of a matrix in CSR form, their weights, and what a model says of them."""

    indptr: NDArray[np.int64]  # [V + 1]
    indices: NDArray[np.int32]  # [N] columns, rising in every row
    values: NDArray[np.float32]  # [N]
    excess: NDArray[np.float32]  # [N] their weights, less that of all other cells
    fitted: NDArray[np.float32]  # [N]

    def parts(self, blocks: int) -> list[tuple[int, int]]:
        """Ranges of rows (first, last) that are about as much work; a function of the matrix and `blocks` alone."""
        work = (self.indptr + ROW * np.arange(len(self.indptr))) * blocks
        edges = np.searchsorted(work, np.append(np.arange(0, work[-1], WORK), work[-1]))
        edges[-1] = len(work) - 1
        distinct = np.unique(edges).tolist()
        return list(pairwise(distinct))

    def transposed(self, columns: int, threads: Threads) -> Cells:
        """The same, column by column."""
        plain = Sparse((len(self.indptr) - 1, columns), self.indptr, self.indices, self.values).transposed(threads)
        excess, fitted = (np.empty_like(self.values) for _ in range(2))
        self.turn(self.excess, excess, plain.indptr)
        self.turn(self.fitted, fitted, plain.indptr)
        return Cells(plain.indptr, plain.indices, plain.data, excess, fitted)

    def turn(self, source: NDArray[Any], target: NDArray[Any], starts: NDArray[np.int64]) -> None:
        """Write numbers of the cells column by column; `starts` is the indptr of the transposed matrix."""
        following = starts[:-1].copy()
        for first, last in self.parts(1):
            kernel.turn(self.indptr, self.indices, source, target, following, first=first, last=last)


class Factorisation:
    """Rows w and columns h that minimise, of a matrix A with the weights C of its cells (Jiang et al. 2018),

        sum over the cells of C (A - w.h)^2 + rho sum over all others of (w.h)^2 + ridge (sum n |w|^2 + sum m |h|^2)

    with n and m the cells of a row and of a column. In a sweep all columns step, then all rows: those of one side do
    not depend on each other, so that threads share them and change nothing. A row steps a block of coordinates after
    the other, each to the least of the objective, or `RELAX` times as far (over-relaxation, as in Wen, Yin and Zhang
    2012). What the cells outside the matrix add is a function of `products`, the sums w w' and h h'.

    With `bias` a row has two numbers more: of words (their bias, 1), of context words (1, their bias).
    """

    def __init__(
        self, cells: Cells, columns: int, size: int, *, bias: bool, rho: float, ridge: float, workers: int, level: int
    ) -> None:
        with threads_of(workers) as threads:
            self.sides = cells, cells.transposed(columns, threads)
        self.size, self.bias, self.rho, self.ridge = size, bias, rho, ridge
        self.workers, self.level = workers, level
        self.blocks = -(-(size + 2 * bias) // kernel.BLOCK)
        width = self.blocks * kernel.BLOCK
        self.rows = [aligned_matrix(len(side.indptr) - 1, width) for side in self.sides]
        for which in range(2 * bias):
            self.rows[which][:, size + 1 - which] = 1
        self.products = [np.empty((width, width))] * 2
        self.norms = [0.0, 0.0]
        self.start()

    def vectors(self, which: int) -> NDArray[np.float32]:
        """[V, size] the rows of words (0) or of context words (1) without biases, to be read or written to."""
        return self.rows[which][:, : self.size]

    def start(self) -> None:
        """Go on from the vectors as they are now; call it after they were written to."""
        for which in range(2):
            self._sum(which)
        side, panels = self.sides[0], self._panels(1)

        def fit(first: int, last: int) -> None:
            cells = (side.indptr, side.indices, side.fitted, panels, self.rows[0])
            kernel.fit(*cells, first=first, last=last, level=self.level)

        for _ in self._each(side.parts(self.blocks), fit):
            pass
        side.turn(side.fitted, self.sides[1].fitted, self.sides[1].indptr)

    @property
    def state(self) -> dict[str, NDArray[np.float32]]:
        """The arrays that a sweep changes, from which `go_on` makes the others."""
        return {"words": self.rows[0], "contexts": self.rows[1], "fitted": self.sides[0].fitted}

    def go_on(self) -> None:
        """Go on from the arrays of `state`, as they were after a sweep."""
        for which in range(2):
            self._sum(which)
        side, other = self.sides
        side.turn(side.fitted, other.fitted, other.indptr)

    def sweep(self, relax: float = RELAX, done: Callable[[int], object] = int) -> float:
        """Step the columns, then the rows; the objective after it. `done` is told of cells that are ready."""
        self.step(1, relax, done)
        return self.step(0, relax, done)

    def step(self, which: int, relax: float, done: Callable[[int], object] = int) -> float:
        """Step all rows of a side; the objective after it, summed in float64."""
        side, other = self.sides[which], self.sides[1 - which]
        gram = (self.rho * self.products[1 - which]).astype(np.float32).reshape(-1, self.blocks, kernel.BLOCK)
        settings: dict[str, Any] = {
            "panels": self._panels(1 - which),
            "gram": np.ascontiguousarray(gram.transpose(1, 0, 2)),
            "own": self.rows[which],
            "fixed": self.size + 1 - which if self.bias else -1,
            "rho": self.rho,
            "ridge": self.ridge,
            "relax": relax,
            "level": self.level,
        }

        def solve(first: int, last: int) -> tuple[float, int]:
            cells = (side.indptr, side.indices, side.values, side.excess, side.fitted)
            loss = kernel.solve(*cells, **settings, first=first, last=last)
            return loss, int(side.indptr[last] - side.indptr[first])

        total = 0.0
        for loss, cells in self._each(side.parts(self.blocks), solve):
            total += loss
            done(cells)
        self._sum(which)
        side.turn(side.fitted, other.fitted, other.indptr)
        zeros = self.rho * float((self.products[0] * self.products[1]).sum())
        return total + zeros + self.ridge * sum(self.norms)

    def _each(self, parts: Iterable[tuple[int, int]], work: Callable[[int, int], T]) -> Iterator[T]:
        """The results of work(first, last) for ranges of rows, in their order."""
        with thread_pool(self.workers) as pool:
            yield from in_order(pool, lambda part: work(*part), parts, 2 * self.workers)

    def _sum(self, which: int) -> None:
        """Bring up to date what the objective takes of the rows of a side beside their cells."""
        rows, cells = self.rows[which], np.diff(self.sides[which].indptr)
        size = rows.shape[1]

        def square(first: int, last: int) -> tuple[NDArray[np.float64], float]:
            part = np.zeros((size, size))
            kernel.square(rows, part, first=first, last=last, level=self.level)
            norms = np.einsum("ij,ij->i", rows[first:last], rows[first:last], dtype=np.float64)
            return part, float(cells[first:last] @ (norms - self.bias))  # less the 1 beside a bias: it is no variable

        total, self.norms[which] = np.zeros((size, size)), 0.0
        parts = ((first, min(first + SUMMED, len(rows))) for first in range(0, len(rows), SUMMED))
        for part, norm in self._each(parts, square):
            total += part
            self.norms[which] += norm
        upper = np.triu(total)
        self.products[which] = upper + np.triu(total, 1).T

    def _panels(self, which: int) -> NDArray[np.float32]:
        """[blocks, V, BLOCK] the rows of a side cut in blocks, so that a step reads what lies close together."""
        rows = self.rows[which]
        panels = aligned_matrix(self.blocks * len(rows), kernel.BLOCK).reshape(self.blocks, len(rows), kernel.BLOCK)
        for block in range(self.blocks):
            panels[block] = rows[:, block * kernel.BLOCK : (block + 1) * kernel.BLOCK]
        return panels
