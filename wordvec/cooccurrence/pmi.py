"""Pointwise mutual information of counts: of all cells, or of the positive ones as a sparse matrix of their own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from wordvec._kernels import pmi as kernel
from wordvec.base.errors import OptionError
from wordvec.base.threads import in_order, thread_pool, usable_cores
from wordvec.vocabulary import offsets_of

if TYPE_CHECKING:
    from scipy.sparse import csr_array

CELLS = 1 << 20  # cells that a thread processes at a time, in some milliseconds
_LEAST = 1 + 1e-7  # a ratio of probabilities that is above 1 by no more than the rounding of counts to float32


class Counts(Protocol):
    """What is read of `Cooccurrence`, whose methods call this module."""

    @property
    def shape(self) -> tuple[int, int]: ...  # noqa: D102
    @property
    def indptr(self) -> NDArray[np.int64]: ...  # noqa: D102
    @property
    def indices(self) -> NDArray[np.int32]: ...  # noqa: D102
    @property
    def data(self) -> NDArray[np.float32]: ...  # noqa: D102
    def check(self) -> object: ...  # noqa: D102


@dataclass(frozen=True, eq=False)
class PPMI:
    """The cells of counts whose PMI is positive, in CSR form; made by `Cooccurrence.ppmi`."""

    shape: tuple[int, int]
    indptr: NDArray[np.int64]  # [V+1] row i is indices[indptr[i]:indptr[i+1]], data likewise; a row may be empty
    indices: NDArray[np.int32]  # [K] columns, rising in every row
    data: NDArray[np.float32]  # [K] PMI, above zero
    counts: NDArray[np.float32] | None = None  # [K] the counts of these cells, with `keep_counts`

    def __repr__(self) -> str:
        return f"<PPMI: {len(self.data)} positive cells of {self.shape[0]} x {self.shape[1]}>"

    def to_scipy(self) -> csr_array:
        """The matrix as scipy's, which shares its memory."""
        from scipy.sparse import csr_array

        return csr_array((self.data, self.indices, self.indptr), shape=self.shape)


def row_parts(indptr: NDArray[np.int64], cells: int = CELLS) -> list[tuple[int, int]]:
    """Ranges of rows (first, last) that have about `cells` cells each; a function of the matrix alone."""
    cuts = np.searchsorted(indptr, np.arange(cells, int(indptr[-1]), cells))
    edges = np.unique(np.concatenate([[0], cuts, [len(indptr) - 1]])).tolist()
    return list(pairwise(edges))


def sums(counts: Counts) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """(rows [V], columns [shape[1]]): the sum of the counts of every row and of every column, in float64."""
    counts.check()  # kernels do not check their arguments, here and in the callers
    rows, columns = np.zeros(counts.shape[0]), np.zeros(counts.shape[1])
    for first, last in row_parts(counts.indptr):
        kernel.sums(counts.indptr, counts.indices, counts.data, first, last, rows, columns)
    return rows, columns


def pmi(
    counts: Counts, *, shift: float = 1.0, smoothing: float = 0.75, workers: int | None = None
) -> NDArray[np.float32]:
    """The PMI of every cell, float32 [N] in the order of `counts.data`, as `Cooccurrence.pmi` describes it."""
    rows, columns = _factors(counts, shift, smoothing)
    out = np.empty(len(counts.data), np.float32)
    cells = (counts.indptr, counts.indices, counts.data, rows, columns)
    _each(counts, workers, lambda first, last: kernel.logarithms(*cells, first, last, out))
    return out


def ppmi(
    counts: Counts,
    *,
    shift: float = 1.0,
    smoothing: float = 0.75,
    workers: int | None = None,
    keep_counts: bool = False,
) -> PPMI:
    """The positive cells, as `Cooccurrence.ppmi` describes them."""
    rows, columns = _factors(counts, shift, smoothing)
    cells = (counts.indptr, counts.indices, counts.data, rows, columns, _LEAST)
    kept = np.zeros(len(rows), np.int64)
    _each(counts, workers, lambda first, last: kernel.count(*cells, first, last, kept))
    starts = offsets_of(kept)
    total = int(starts[-1])
    indices, data = np.empty(total, np.int32), np.empty(total, np.float32)
    raw = np.empty(total if keep_counts else 0, np.float32)
    _each(counts, workers, lambda first, last: kernel.fill(*cells, first, last, starts, indices, data, raw))
    return PPMI(counts.shape, starts, indices, data, raw if keep_counts else None)


def _factors(counts: Counts, shift: float, smoothing: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Factors of rows and columns that turn a count into P(w, c) / (shift P(w) P(c)); zero where all counts are."""
    for name, value in (("shift", shift), ("smoothing", smoothing)):
        if not 0 < value < float("inf"):
            raise OptionError(f"{name} must be a finite number > 0; got {value!r}")
    rows, columns = sums(counts)
    smoothed = columns**smoothing
    with np.errstate(divide="ignore"):
        return (
            np.where(rows > 0, smoothed.sum() / (rows * shift), 0.0),
            np.where(columns > 0, 1 / smoothed, 0.0),
        )


def _each(counts: Counts, workers: int | None, work: Callable[[int, int], None]) -> None:
    """Call work(first, last) for ranges that cover all rows, on threads."""
    with thread_pool(workers or usable_cores()) as pool:
        for _ in in_order(pool, lambda part: work(*part), row_parts(counts.indptr), 2 * (workers or usable_cores())):
            pass
