"""A block of the corpus: its tokens, where each word stands among them, and the rows that come of it."""

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
from wordvec.corpus import EncodedCorpus
from wordvec.vocabulary import offsets_of

NONE = np.empty(0, np.uint8)
NO_VALUES = np.empty(0, np.float32)


class Part(NamedTuple):
    """Rows that are done: cells of the result, or rows of a run."""

    sizes: NDArray[np.int64]  # [R] cells, or bytes, of each row
    columns: NDArray[np.int32]  # [N]; of a run none
    values: NDArray[np.float32] | NDArray[np.uint8]  # [N]; of a run its bytes
    tokens: int  # occurrences of the words of the rows; of sums of runs their share of the work


@dataclass(frozen=True)
class Block:
    """Tokens with what separates sentences, and where words stand among them."""

    tokens: NDArray[np.uint32]  # [N]
    places: NDArray[np.int32]  # [P] by word, rising for each
    starts: NDArray[np.int32]  # [words + 1] word i stands at places[starts[i]:starts[i + 1]]

    def tasks(self, plan: Plan) -> Iterator[tuple[Block, int, int]]:
        """The block with ranges of rows whose cells fit into a task."""
        occurrences = np.diff(self.starts).astype(np.int64)
        work = np.maximum(np.minimum(occurrences * plan.neighbours, plan.columns), occurrences)
        for first, last in ranges(work, plan.cells):
            yield self, first, last


class Merge(NamedTuple):
    """Rows of all runs that are to be added up."""

    packed: NDArray[np.uint8]  # [B] all runs, mapped
    starts: NDArray[np.int64]  # [runs, rows + 1] where the rows of each run start
    first: int  # row 0 of these is row `first` of the matrix
    room: int  # cells that may come of them
    tokens: int  # the share of the work


def ranges(work: NDArray[np.int64], most: int) -> Iterator[tuple[int, int]]:
    """(first, last) of rows that follow one another with work up to `most`, or of one row with more."""
    before = offsets_of(work)
    first = 0
    while first < len(work):
        last = max(int(np.searchsorted(before, before[first] + most, "right")) - 1, first + 1)
        yield first, last
        first = last


def blocks(corpus: EncodedCorpus, plan: Plan, pool: Executor) -> Iterator[Block]:
    """The blocks of a corpus, one at a time."""
    ends = corpus.offsets[plan.sentences] + plan.sentences
    tokens = np.empty(int(np.diff(ends).max()) + 1, np.uint32)
    places = np.empty(len(tokens), np.int32)
    for first, last in zip(plan.sentences[:-1].tolist(), plan.sentences[1:].tolist()):
        size = kernel.arrange(
            corpus.ids, corpus.offsets, first, last, plan.words, plan.gaps, plan.keep, plan.chunks, plan.seeds, tokens
        )
        marks = np.linspace(0, size, plan.threads + 1).astype(np.int64).tolist()
        following = np.zeros((plan.threads, plan.words), np.int32)
        list(pool.map(kernel.histogram, [tokens] * plan.threads, marks[:-1], marks[1:], following))
        starts = np.zeros(plan.words + 1, np.int32)
        np.cumsum(following.sum(0, dtype=np.int32), out=starts[1:], dtype=np.int32)
        np.cumsum(following[:-1], axis=0, out=following[1:], dtype=np.int32)  # of the threads before
        following[0] = 0
        following += starts[:-1]
        list(pool.map(kernel.place, [tokens] * plan.threads, marks[:-1], marks[1:], following, [places] * plan.threads))
        yield Block(tokens[:size], places, starts)


class Rows:
    """The work of threads: each has sums of its own, and room for what it takes from them."""

    def __init__(self, plan: Plan) -> None:
        self._plan, self._own = plan, threading.local()

    def _room(self, cells: int, packed: bool) -> threading.local:
        """The thread's `row`, and its `columns` and `values`, or `packed` bytes, with room for so many cells."""
        own, plan = self._own, self._plan
        if not hasattr(own, "row"):
            own.row = kernel.Row(plan.columns, float(plan.unit), plan.chances)
            own.columns, own.values, own.packed = np.empty(0, np.int32), NO_VALUES, NONE
        if len(own.columns) < cells:
            own.columns = np.empty(cells, np.int32)
        if packed and len(own.packed) < cells * PACKED:
            own.packed = np.empty(cells * PACKED, np.uint8)
        if not packed and len(own.values) < cells:
            own.values = np.empty(cells, np.float32)
        return own

    def _windows(self, block: Block, first: int, last: int, packed: bool) -> tuple[NDArray[np.int64], int]:
        plan, sizes = self._plan, np.empty(last - first, np.int64)
        occurrences = np.diff(block.starts[first : last + 1]).astype(np.int64)
        cells = int(np.minimum(occurrences * plan.neighbours, plan.columns).sum())
        own = self._room(cells + 1, packed)
        size = own.row.windows(
            block.tokens,
            block.places,
            block.starts,
            first,
            last,
            plan.left,
            plan.right,
            sizes,
            own.columns,
            own.values,
            own.packed if packed else NONE,
        )
        return sizes, size

    def cells(self, task: tuple[Block, int, int]) -> Part:
        """The cells of rows."""
        block, first, last = task
        sizes, size = self._windows(block, first, last, False)
        tokens = int(block.starts[last] - block.starts[first])
        return Part(sizes, self._own.columns[:size].copy(), self._own.values[:size].copy(), tokens)

    def packed(self, task: tuple[Block, int, int]) -> Part:
        """The rows of a run."""
        block, first, last = task
        sizes, size = self._windows(block, first, last, True)
        tokens = int(block.starts[last] - block.starts[first])
        return Part(sizes, np.empty(0, np.int32), self._own.packed[:size].copy(), tokens)

    def merged(self, task: Merge) -> Part:
        """The cells of rows that are the sums of runs."""
        sizes = np.empty(task.starts.shape[1] - 1, np.int64)
        own = self._room(task.room + 1, False)
        size = own.row.merged(task.packed, task.starts, task.first, sizes, own.columns, own.values)
        return Part(sizes, own.columns[:size].copy(), own.values[:size].copy(), task.tokens)
