"""A block of the corpus: its tokens, the positions of each word among them, and the rows counted from them."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from wordvec._kernels import cooccurrence as kernel
from wordvec._kernels.cooccurrence import PACKED
from wordvec.cooccurrence.plan import Plan
from wordvec.vocabulary import offsets_of

NO_BYTES = np.empty(0, np.uint8)
NO_VALUES = np.empty(0, np.float32)


class Part(NamedTuple):
    """Finished rows: cells of the result, or packed rows of a run."""

    sizes: NDArray[np.int64]  # [R] cells, or bytes, of each row
    columns: NDArray[np.int32]  # [N]; empty for a run
    values: NDArray[np.float32] | NDArray[np.uint8]  # [N]; the bytes of a run
    tokens: int  # occurrences of the words of the rows; for merged runs, their share of the tokens


@dataclass(frozen=True)
class Block:
    """Tokens with separators between sentences, and the positions of each word among them."""

    tokens: NDArray[np.uint32]  # [N]
    places: NDArray[np.int32]  # [P] positions in `tokens`, by word, rising for each word
    indptr: NDArray[np.int32]  # [words + 1] word i is at places[indptr[i]:indptr[i + 1]]

    def tasks(self, plan: Plan) -> Iterator[tuple[Block, int, int]]:
        """The block with each range of rows whose cells fit into a task."""
        occurrences = np.diff(self.indptr).astype(np.int64)
        work = np.maximum(np.minimum(occurrences * plan.neighbours, plan.columns), occurrences)
        for first, last in ranges(work, plan.cells):
            yield self, first, last


class Merge(NamedTuple):
    """Rows of all runs to add up."""

    packed: NDArray[np.uint8]  # [B] all runs, mapped
    indptr: NDArray[np.int64]  # [runs, rows + 1] the rows of each run are ranges of `packed`
    first: int  # row 0 of these is row `first` of the matrix
    most_cells: int  # an upper bound of the cells of the sum
    tokens: int  # their share of the tokens


def ranges(work: NDArray[np.int64], most: int) -> Iterator[tuple[int, int]]:
    """(first, last) of consecutive rows whose work is at most `most`, or of one row with more work."""
    before = offsets_of(work)
    first = 0
    while first < len(work):
        last = max(int(np.searchsorted(before, before[first] + most, "right")) - 1, first + 1)
        yield first, last
        first = last


def blocks(
    ids: NDArray[np.int32],
    offsets: NDArray[np.int64],
    plan: Plan,
    pool: Executor,
    skip: int = 0,
    rows: tuple[int, int] | None = None,
) -> Iterator[Block]:
    """The blocks of a corpus, one at a time, from a number on; its sentence i is ids[offsets[i]:offsets[i + 1]].

    With `rows`, (first, last), only the positions of these words are listed, so that other rows are empty.
    """
    low, high = (0, plan.words) if rows is None else rows
    ends = offsets[plan.sentences] + plan.sentences
    tokens = np.empty(int(np.diff(ends).max()) + 1, np.uint32)
    places = np.empty(len(tokens) + plan.threads, np.int32)
    for first, last in zip(plan.sentences[skip:-1].tolist(), plan.sentences[skip + 1 :].tolist()):
        size = kernel.arrange(
            ids, offsets, first, last, plan.words, plan.gaps, plan.keep, plan.chunks, plan.seeds, tokens
        )
        marks = np.linspace(0, size, plan.threads + 1).astype(np.int64).tolist()
        shared = [tokens] * plan.threads, marks[:-1], marks[1:], [low] * plan.threads
        next_place = np.zeros((plan.threads, high - low + 1), np.int32)  # counts, then where a thread writes next
        list(pool.map(kernel.histogram, *shared, next_place))
        indptr = np.zeros(plan.words + 1, np.int32)
        np.cumsum(next_place[:, :-1].sum(0, dtype=np.int32), out=indptr[low + 1 : high + 1], dtype=np.int32)
        indptr[high + 1 :] = indptr[high]
        np.cumsum(next_place[:-1], axis=0, out=next_place[1:], dtype=np.int32)  # counts of the threads before
        next_place[0] = 0
        next_place[:, :-1] += indptr[low:high]
        next_place[:, -1] = len(places) - 1 - np.arange(plan.threads)  # the places of other tokens are not needed
        list(pool.map(kernel.place, *shared, next_place, [places] * plan.threads))
        yield Block(tokens[:size], places, indptr)


class Rows:
    """Computes rows on threads; each thread has its own row of sums and its own buffers."""

    def __init__(self, plan: Plan) -> None:
        self._plan, self._own = plan, threading.local()

    def _buffers(self, cells: int, packed: bool) -> threading.local:
        """The `row` of the thread, and buffers for a number of cells: `columns` and `values`, or `packed` bytes."""
        own, plan = self._own, self._plan
        if not hasattr(own, "row"):
            own.row = kernel.Row(plan.columns, float(plan.unit), plan.chances)
            own.columns, own.values, own.packed = np.empty(0, np.int32), NO_VALUES, NO_BYTES
        if len(own.columns) < cells:
            own.columns = np.empty(cells, np.int32)
        if packed and len(own.packed) < cells * PACKED:
            own.packed = np.empty(cells * PACKED, np.uint8)
        if not packed and len(own.values) < cells:
            own.values = np.empty(cells, np.float32)
        return own

    def _windows(self, block: Block, first: int, last: int, packed: bool) -> tuple[NDArray[np.int64], int]:
        """Count rows into the buffers of the thread: the sizes of the rows, and the number of cells or bytes."""
        plan, sizes = self._plan, np.empty(last - first, np.int64)
        occurrences = np.diff(block.indptr[first : last + 1]).astype(np.int64)
        cells = int(np.minimum(occurrences * plan.neighbours, plan.columns).sum())
        own = self._buffers(cells + 1, packed)
        size = own.row.windows(
            block.tokens,
            block.places,
            block.indptr,
            first,
            last,
            plan.left,
            plan.right,
            sizes,
            own.columns,
            own.values,
            own.packed if packed else NO_BYTES,
        )
        return sizes, size

    def cells(self, task: tuple[Block, int, int]) -> Part:
        """The cells of the rows of a task."""
        block, first, last = task
        sizes, size = self._windows(block, first, last, False)
        tokens = int(block.indptr[last] - block.indptr[first])
        return Part(sizes, self._own.columns[:size].copy(), self._own.values[:size].copy(), tokens)

    def packed(self, task: tuple[Block, int, int]) -> Part:
        """The packed rows of a task, for a run."""
        block, first, last = task
        sizes, size = self._windows(block, first, last, True)
        tokens = int(block.indptr[last] - block.indptr[first])
        return Part(sizes, np.empty(0, np.int32), self._own.packed[:size].copy(), tokens)

    def merged(self, task: Merge) -> Part:
        """The cells of the rows of a task, added up over all runs."""
        sizes = np.empty(task.indptr.shape[1] - 1, np.int64)
        own = self._buffers(task.most_cells + 1, False)
        size = own.row.merged(task.packed, task.indptr, task.first, sizes, own.columns, own.values)
        return Part(sizes, own.columns[:size].copy(), own.values[:size].copy(), task.tokens)
