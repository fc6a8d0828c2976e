"""Sparse CSR matrices, and their products with dense ones on threads: the same bytes for any number of threads."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from wordvec._kernels import sparse as kernel
from wordvec.base.threads import in_order, thread_pool
from wordvec.cooccurrence.pmi import row_parts
from wordvec.vocabulary import offsets_of

Floats = NDArray[np.float32]
R = TypeVar("R")

CELLS = 1 << 17  # cells in a task of a thread: a millisecond of a narrow product
_STEP = 1 << 20  # cells counted in one block


@dataclass(frozen=True, eq=False)
class Threads:
    """A pool of threads for ranges of rows, and the SIMD level of their kernels: -1, what WORDVEC_SIMD says."""

    pool: Executor
    count: int
    level: int = -1

    def results(self, work: Callable[[tuple[int, int]], R], parts: Iterable[tuple[int, int]]) -> Iterator[R]:
        """work(part) for every part, in order; parts must be independent of each other."""
        return in_order(self.pool, work, parts, 2 * self.count)


@contextmanager
def threads_of(count: int, level: int = -1) -> Iterator[Threads]:
    """A pool of that many threads for a `with` block."""
    with thread_pool(count) as pool:
        yield Threads(pool, count, level)


@dataclass(frozen=True, eq=False)
class Sparse:
    """A sparse matrix in CSR form."""

    shape: tuple[int, int]
    indptr: NDArray[np.int64]  # [rows + 1]
    indices: NDArray[np.int32]  # [N] columns, rising in every row
    data: Floats  # [N]

    def transposed(self, threads: Threads) -> Sparse:
        """The transpose, a copy."""
        rows, columns = self.shape
        counts = np.zeros(columns, np.int64)
        for first in range(0, len(self.indices), _STEP):
            counts += np.bincount(self.indices[first : first + _STEP], minlength=columns)
        indptr = offsets_of(counts)
        new = Sparse((columns, rows), indptr, np.empty_like(self.indices), np.empty_like(self.data))
        following = indptr[:-1].copy()

        def work(part: tuple[int, int]) -> None:
            kernel.transpose(self.indptr, self.indices, self.data, *part, following, new.indices, new.data)

        for _ in threads.results(work, row_parts(indptr)):
            pass
        return new

    def times(self, dense: Floats, threads: Threads) -> Floats:
        """The product [rows, D] with a dense matrix [columns, D]; every element is summed in the order of its row."""
        if dense.shape[0] != self.shape[1]:
            raise ValueError(f"the dense matrix must have {self.shape[1]} rows; got {dense.shape[0]}")
        out = np.empty((self.shape[0], dense.shape[1]), np.float32)

        def work(part: tuple[int, int]) -> None:
            kernel.multiply(self.indptr, self.indices, self.data, *part, dense, out, threads.level)

        for _ in threads.results(work, row_parts(self.indptr, CELLS)):
            pass
        return out
