"""Tables of cosines, vectors by rows, in tiles that stay in the cache; and the best rows by sums of their lines."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wordvec._kernels import tables as kernel
from wordvec.search import filters
from wordvec.search.arrays import as_matrix
from wordvec.threads import crew, usable_cores

__all__ = ["Questions", "best_sums", "cosine_tiles"]

Floats = NDArray[np.float32]
# The tables that scores are made of: (x, y) from the cosines [W, C] with the rows from `first` to `last`, C >= last - first
Transform = Callable[[Floats, int, int], tuple[Floats, Floats]]

SUM, SHIFT, RATIO = kernel.SUM, kernel.SHIFT, kernel.RATIO
COLUMNS = 512  # rows in a tile, where the lines are few
_TABLE_BYTES = 4 << 20  # more lines have fewer columns
_SHARED = 1 << 22  # products below which one thread does the work


@dataclass(frozen=True)
class Questions:
    """Q questions to tables: SUM is x[b] - y[a] + x[c], SHIFT x[b] - y[a], RATIO (x[b] - x[a] - shift) * y[c]."""

    form: int
    a: NDArray[np.int32]  # [Q] lines of a table
    b: NDArray[np.int32]  # [Q]
    c: NDArray[np.int32]  # [Q]
    shift: Floats  # [Q], or [0] where it is not read
    banned: NDArray[np.int64]  # [Q, B] rows that are no answers; -1 for none

    def __len__(self) -> int:
        return len(self.b)


def columns_for(lines: int) -> int:
    """How many columns a table of so many lines has: a multiple of what the kernel takes at a time."""
    most = max(1, min(COLUMNS, _TABLE_BYTES // (4 * max(1, lines))) // kernel.CHUNK)
    return int(most * kernel.CHUNK)


def cosine_tiles(
    matrix: Any, units: NDArray[Any], *, norms: Floats, start: int = 0, stop: int | None = None
) -> Iterator[tuple[int, int, Floats]]:
    """(first, last, table) for all rows in order: table [W, C] float32 has the products of [W, D] vectors with the
    rows from `first` to `last`, each row at length 1; NaN for rows without direction and in columns beyond.

    The table is the same array each time, of some 4 MB whatever the number of rows.
    """
    narrow = np.ascontiguousarray(units, np.float32)
    start, stop, _ = slice(start, stop).indices(len(matrix))
    columns = columns_for(len(narrow))
    table, panel = np.empty((len(narrow), columns), np.float32), np.empty(16 * matrix.shape[1], np.float32)
    for first in range(start, stop, columns):
        last = min(first + columns, stop)
        tile = as_matrix(matrix[first:last], "matrix")
        kernel.table(tile, norms[first:last], narrow, table, panel)
        yield first, last, table


def best_sums(
    matrix: Any,
    units: NDArray[Any],
    questions: Questions,
    places: int,
    transform: Transform,
    *,
    norms: Floats,
    start: int = 0,
    stop: int | None = None,
    workers: int | None = None,
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """The rows with the highest scores for each question: rows [Q, places], float32 scores as float64, best first.

    Row -1 and score -inf fill places that no row takes. Equal scores come by row, whatever the tiles and threads.
    """
    start, stop, _ = slice(start, stop).indices(len(matrix))
    parts = usable_cores() if workers is None else max(1, workers)
    if workers is None and (stop - start) * (len(questions) + len(units) * matrix.shape[1] // 8) < _SHARED:
        parts = 1

    def share(part: int) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        low, high = (start + (stop - start) * i // parts for i in (part, part + 1))
        scores = np.full((len(questions), places), -np.inf, np.float32)
        rows = np.full((len(questions), places), -1, np.int64)
        filled = np.zeros(len(questions), np.intp)
        for first, last, table in cosine_tiles(matrix, units, norms=norms, start=low, stop=high):
            x, y = transform(table, first, last)
            kernel.best(
                questions.form, x, y, questions.a, questions.b, questions.c, questions.shift, questions.banned,
                first, scores, rows, filled,
            )  # fmt: skip
        return rows, scores.astype(np.float64)

    if parts == 1:
        return filters.best_of([share(0)], places)
    with crew(parts) as pool:
        return filters.best_of(list(pool.map(share, range(parts))), places)
