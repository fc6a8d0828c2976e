"""Temporary files of a count: the cells of the result, and the runs of rows of several blocks."""

from __future__ import annotations

import os
import zlib
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from wordvec.base.threads import thread_pool
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

    KINDS = (("columns", np.int32), ("values", np.float32))

    def __init__(self, folder: Path) -> None:
        self._folder, self._open = folder, ExitStack()
        self._sizes: list[NDArray[np.int64]] = [np.empty(0, np.int64)]
        self._files: list[BinaryIO] = []

    def __enter__(self) -> Cells:
        self._files = [self._open.enter_context(open(self._folder / name, "ab", buffering=0)) for name, _ in self.KINDS]
        return self

    def __exit__(self, *error: Any) -> None:
        self._open.close()

    def add(self, part: Part) -> None:
        """Write the next rows."""
        self._sizes.append(part.sizes)
        for file, array in zip(self._files, (part.columns, part.values)):
            write_all(file, array, CELLS)

    def take(self, sizes: NDArray[np.int64], paths: Sequence[str]) -> None:
        """Take the next rows from two files of the same disk, which become the own ones if these are the first rows."""
        self._sizes.append(sizes)
        if not sum(map(len, self._sizes[:-1])):
            self._open.close()
            for (name, _), path in zip(self.KINDS, paths):
                os.replace(path, self._folder / name)
            self.__enter__()
            return
        arrays = [map_file(Path(path), kind) for (_, kind), path in zip(self.KINDS, paths)]
        with thread_pool(2) as pool:
            list(pool.map(write_all, self._files, arrays, [CELLS, CELLS]))
        for path in paths:
            os.unlink(path)

    def arrays(self) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.float32]]:
        """(indptr, indices, data), read-only, the last two mapped."""
        indptr = offsets_of(np.concatenate(self._sizes))
        indptr.flags.writeable = False
        columns, values = (map_file(self._folder / name, kind) for name, kind in self.KINDS)
        return indptr, columns, values


class Runs:
    """The packed rows of all blocks in one file, and their offsets in another."""

    NAMES = ("runs", "offsets")

    def __init__(self, folder: Path, rows: int) -> None:
        self._folder, self._rows, self._open = folder, rows, ExitStack()
        self.count = self._written = 0
        self._sizes, self._checksums = [0, 0], [0, 0]  # of both files, if they are kept
        self._is_kept = False

    def __enter__(self) -> Runs:
        self._files = [self._open.enter_context(open(self._folder / name, "ab", buffering=0)) for name in self.NAMES]
        return self

    def __exit__(self, *error: Any) -> None:
        self._open.close()

    def go_on(self, count: int, files: Sequence[tuple[int, int]]) -> None:
        """Go on after a number of runs, which take the first bytes of both files; `files` are sizes and checksums."""
        self._is_kept = True
        self.count, self._written = count, files[0][0]
        self._sizes, self._checksums = [size for size, _ in files], [checksum for _, checksum in files]
        for file, size in zip(self._files, self._sizes):
            file.truncate(size)

    def start(self) -> None:
        """Begin a run, whose rows are added from the first on."""
        self.count += 1
        self._write(1, np.array([self._written]))

    def add(self, part: Part) -> None:
        """Write the next rows."""
        self._write(0, part.values)
        self._write(1, offsets_of(part.sizes)[1:] + self._written)
        self._written += len(part.values)

    def _write(self, which: int, array: NDArray[Any]) -> None:
        write_all(self._files[which], array, RUNS)
        if not self._is_kept:
            return
        self._sizes[which] += array.nbytes
        self._checksums[which] = zlib.crc32(np.ascontiguousarray(array).view(np.uint8).data, self._checksums[which])

    def flushed(self) -> list[tuple[int, int]]:
        """Flush both files to the disk; their sizes and checksums."""
        for file in self._files:
            os.fsync(file.fileno())
        return list(zip(self._sizes, self._checksums))

    def map(self) -> None:
        """Map the files, once all runs are written."""
        self._open.close()
        self._packed = map_file(self._folder / "runs", np.uint8)
        self._table = map_file(self._folder / "offsets", np.int64).reshape(self.count, self._rows + 1)

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
