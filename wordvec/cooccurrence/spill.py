"""Temporary files of a count: the cells of the result, and the runs of rows of several blocks."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wordvec.cooccurrence.blocks import Merge, Part, ranges
from wordvec.cooccurrence.plan import Plan
from wordvec.corpus.scratch import map_file, write_all
from wordvec.vocabulary import offsets_of

CELLS = ("the counts", "it takes 8 bytes a cell: free some space, or set TMPDIR to a folder that has it")
RUNS = (
    "counts that do not fit into memory",
    "it takes some 3 bytes for each cell of a block: free some space, set TMPDIR to a folder that has it, or give more "
    "memory",
)


class Cells:
    """The cells of the result, row by row, in two files."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._open = folder, ExitStack()
        self._sizes: list[NDArray[np.int64]] = [np.empty(0, np.int64)]

    def __enter__(self) -> Cells:
        self._columns = self._open.enter_context(open(self._folder / "columns", "wb", buffering=0))
        self._values = self._open.enter_context(open(self._folder / "values", "wb", buffering=0))
        return self

    def __exit__(self, *error: Any) -> None:
        self._open.close()

    def add(self, part: Part) -> None:
        """Write the next rows."""
        self._sizes.append(part.sizes)
        write_all(self._columns, part.columns, CELLS)
        write_all(self._values, part.values, CELLS)

    def arrays(self) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.float32]]:
        """(indptr, indices, data), read-only, the last two mapped."""
        indptr = offsets_of(np.concatenate(self._sizes))
        indptr.flags.writeable = False
        return indptr, map_file(self._folder / "columns", np.int32), map_file(self._folder / "values", np.float32)


class Runs:
    """The packed rows of all blocks in one file, and their offsets in another."""

    def __init__(self, folder: Path, rows: int) -> None:
        self._folder, self._rows, self._open = folder, rows, ExitStack()
        self._written = self._runs = 0

    def __enter__(self) -> Runs:
        self._bytes = self._open.enter_context(open(self._folder / "runs", "wb", buffering=0))
        self._offsets = self._open.enter_context(open(self._folder / "offsets", "wb", buffering=0))
        return self

    def __exit__(self, *error: Any) -> None:
        self._open.close()

    def start(self) -> None:
        """Begin a run, whose rows are added from the first on."""
        self._runs += 1
        write_all(self._offsets, np.array([self._written]), RUNS)

    def add(self, part: Part) -> None:
        """Write the next rows."""
        write_all(self._bytes, part.values, RUNS)
        write_all(self._offsets, offsets_of(part.sizes)[1:] + self._written, RUNS)
        self._written += len(part.values)

    def map(self) -> None:
        """Map the files, once all runs are written."""
        self._open.close()
        self._packed = map_file(self._folder / "runs", np.uint8)
        self._table = map_file(self._folder / "offsets", np.int64).reshape(self._runs, self._rows + 1)

    def tasks(self, plan: Plan) -> Iterator[Merge]:
        """Each range of rows whose sums fit into a task."""
        return merges(self._packed, self._table, plan)


def merges(packed: NDArray[np.uint8], table: NDArray[np.int64], plan: Plan, row: int = 0) -> Iterator[Merge]:
    """Ranges of rows of runs whose sums fit into a task; row i of run r is packed[table[r, i]:table[r, i + 1]].

    The first of these rows is `row` of the matrix.
    """
    runs, rows = len(table), table.shape[1] - 1
    step = max(1, plan.cells // runs)
    for low in range(0, rows, step):  # the table may be larger than memory
        starts = np.array(table[:, low : low + step + 1])
        sizes = np.diff(starts)
        cells = np.minimum(sizes.sum(0) // 2, plan.columns)
        for first, last in ranges(np.maximum(cells, sizes.sum(0) // 8), plan.cells):
            part = np.ascontiguousarray(starts[:, first : last + 1])
            share = int(sizes[:, first:last].sum() / max(len(packed), 1) * plan.tokens)
            yield Merge(packed, part, row + low + first, int(cells[first:last].sum()), share)
