"""Weighted factorisation of a sparse matrix whose empty cells are zeros of little weight, by conjugate gradients."""

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

WORK = 4_000_000  # numbers of rows that a thread reads for cells at a time, in units of 16: some tens of milliseconds
SUMMED = 4096  # rows whose products are summed by a thread at a time
STEPS = 2  # of conjugate gradients, from where a row is; more win less for each of them
RELAX = 1.5  # how far a row goes of the way to where the steps lead; the objective never rises from 0 to 2


@dataclass(frozen=True)
class Cells:
    """The cells of a matrix in CSR form, and their weights."""

    indptr: NDArray[np.int64]  # [V + 1]
    indices: NDArray[np.int32]  # [N] columns, rising in every row
    values: NDArray[np.float32]  # [N]
    excess: NDArray[np.float32]  # [N] their weights, less that of all other cells

    def parts(self, size: int) -> list[tuple[int, int]]:
        """Ranges of rows (first, last) that are about as much work; a function of the matrix and `size` alone.

        Beside its cells a row of `size` numbers is multiplied with a square, in the time of size / 2 cells.
        """
        work = (self.indptr + size // 2 * np.arange(len(self.indptr))) * (size / kernel.BLOCK)
        edges = np.searchsorted(work, np.append(np.arange(0, work[-1], WORK), work[-1]))
        edges[-1] = len(work) - 1
        distinct = np.unique(edges).tolist()
        return list(pairwise(distinct))

    def transposed(self, columns: int, threads: Threads) -> Cells:
        """The same, column by column."""
        values, excess = (
            Sparse((len(self.indptr) - 1, columns), self.indptr, self.indices, data).transposed(threads)
            for data in (self.values, self.excess)
        )
        return Cells(values.indptr, values.indices, values.data, excess.data)


class Factorisation:
    """Rows w and columns h that minimise, of a matrix A with the weights C of its cells (Jiang et al. 2018),

        sum over the cells of C (A - w.h)^2 + rho sum over all others of (w.h)^2 + ridge (sum n |w|^2 + sum m |h|^2)

    with n and m the cells of a row and of a column. In a sweep all columns move, then all rows: those of one side do
    not depend on each other, so that threads share them and change nothing. A row takes `steps` steps of conjugate
    gradients towards its least (Takacs, Pilaszy and Tikk 2011), scaled by about what stands on the diagonal, and then
    `relax` times as far (over-relaxation, as in Wen, Yin and Zhang 2012). What the cells outside the matrix add is a
    function of `products`, the sums w w' and h h'.

    With `bias` a row has two numbers more: of words (their bias, 1), of context words (1, their bias).
    """

    def __init__(
        self, cells: Cells, columns: int, size: int, *, bias: bool, rho: float, ridge: float, workers: int, level: int
    ) -> None:
        with threads_of(workers) as threads:
            self.sides = cells, cells.transposed(columns, threads)
        self.size, self.bias, self.rho, self.ridge = size, bias, rho, ridge
        self.workers, self.level = workers, level
        self.width = -(-(size + 2 * bias) // kernel.BLOCK) * kernel.BLOCK
        self.rows = [aligned_matrix(len(side.indptr) - 1, self.width) for side in self.sides]
        for which in range(2 * bias):
            self.rows[which][:, size + 1 - which] = 1
        self.products = [np.empty((self.width, self.width))] * 2
        self.norms = [0.0, 0.0]
        self.start()

    def vectors(self, which: int) -> NDArray[np.float32]:
        """[V, size] the rows of words (0) or of context words (1) without biases, to be read or written to."""
        return self.rows[which][:, : self.size]

    def start(self) -> None:
        """Go on from the vectors as they are now; call it after they were written to."""
        for which in range(2):
            self._sum(which)

    @property
    def state(self) -> dict[str, NDArray[np.float32]]:
        """The arrays that a sweep changes; call `start` after they were written to."""
        return {"words": self.rows[0], "contexts": self.rows[1]}

    def sweep(self, relax: float = RELAX, done: Callable[[int], object] = int, steps: int = STEPS) -> float:
        """Move the columns, then the rows; the objective after it. `done` is told of cells that are ready."""
        self.step(1, relax, done, steps)
        return self.step(0, relax, done, steps)

    def step(self, which: int, relax: float, done: Callable[[int], object] = int, steps: int = STEPS) -> float:
        """Move all rows of a side; the objective after it, summed in float64."""
        side, products = self.sides[which], self.products[1 - which]
        other = self.rows[1 - which]
        settings: dict[str, Any] = {
            "other": other,
            "gram": (self.rho * products).astype(np.float32),
            "squares": (products.diagonal() / len(other)).astype(np.float32),
            "own": self.rows[which],
            "steps": steps,
            "fixed": self.size + 1 - which if self.bias else -1,
            "rho": self.rho,
            "ridge": self.ridge,
            "relax": relax,
            "level": self.level,
        }

        def solve(first: int, last: int) -> tuple[float, int]:
            cells = (side.indptr, side.indices, side.values, side.excess)
            loss = kernel.solve(*cells, **settings, first=first, last=last)
            return loss, int(side.indptr[last] - side.indptr[first])

        total = 0.0
        for loss, cells in self._each(side.parts(self.width), solve):
            total += loss
            done(cells)
        self._sum(which)
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
