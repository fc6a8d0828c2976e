"""Sums of the codes of context words, from a corpus or from counts; the same for any number of threads."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any, Generic, NamedTuple, TypeVar, cast

import numpy as np
from numpy.typing import NDArray

from wordvec._kernels import cipher as kernel
from wordvec.base.threads import in_order
from wordvec.cooccurrence import Cooccurrence, Counting
from wordvec.cooccurrence.blocks import Block as Tokens
from wordvec.cooccurrence.blocks import blocks
from wordvec.cooccurrence.plan import TOKEN, Plan, block_starts
from wordvec.corpus import EncodedCorpus
from wordvec.trainers.cipher import Cipher

CONTEXTS = 1 << 20  # context words that one call of a kernel adds: some 20 ms
NUMBERS = 1 << 19  # elements of a block of sums

S = TypeVar("S")
T = TypeVar("T")
Doubles = NDArray[np.float64]
Longs = NDArray[np.int64]
Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Windows:
    """The context words that are added, their weights, and the segment they are added to."""

    left: int  # reach
    right: int
    segments: Longs  # [2, window] of the result, for contexts to the left, to the right, at the distances 1, 2, ...
    scales: Doubles  # [window] the weight of each distance
    weights: Doubles  # [V, window] a factor for each context word, or [V, 1] for all distances; [0, 0]: 1


class Task(NamedTuple):
    """Rows, and the items of these rows that one call of a kernel adds."""

    rows: slice
    items: slice
    part: bool  # some items of a single row
    left: int  # items of the rows in later tasks


Add = Callable[[Task, Doubles], None]


class Summing(Generic[T]):
    """Sums of codes, float64 [rows, segments, bits + 1], in blocks of rows; the last column sums the weights.

    Threads call `finish(rows, sums)` for each block; its results come in the order of the rows.
    """

    def __init__(
        self,
        cipher: Cipher,
        windows: Windows,
        segments: int,
        finish: Callable[[slice, Doubles], T],
        pool: Executor,
        workers: int,
    ) -> None:
        self.windows, self.finish, self.pool, self.ahead = windows, finish, pool, 2 * workers
        self.size, self.segments, self.bits = len(cipher), segments, cipher.bits
        coded = np.empty((len(cipher), kernel.RECORD), np.uint8)
        kernel.records(cipher.offsets, cipher.places, cipher.beta, cipher.bits, coded)
        self.codes: dict[str, Any] = {"coded": coded, "offsets": cipher.offsets, "code_places": cipher.places}
        self.codes["weights"] = windows.weights

    def of_counts(self, counts: Cooccurrence) -> Iterator[T]:
        """From a matrix of counts, or of counts per offset."""
        offsets = np.ones(1, np.int64) if counts.offsets is None else counts.offsets
        distances = np.abs(offsets) - 1
        segments = self.windows.segments[(offsets > 0).astype(np.int64), distances]

        def add(task: Task, sums: Doubles) -> None:
            starts = counts.indptr[task.rows.start : task.rows.stop + 1] - task.items.start
            cells = counts.indices[task.items], counts.data[task.items]
            kernel.counts(starts, *cells, distances, segments, sums=sums, **self.codes)

        whole = max(CONTEXTS, int(np.diff(counts.indptr).max()))  # rows are not cut: their cells are at most columns
        return self._run(self._blocks(counts.indptr, whole), add, self.finish)

    def of_corpus(self, corpus: EncodedCorpus, options: Counting) -> Iterator[T]:
        """From a corpus: for each word over its positions.

        The positions of a very frequent word are divided into parts, whose sums are added in order. Where the corpus
        has more tokens than `options.memory` holds, the sums of all words are kept from block to block.
        """
        plan = Plan.make(corpus, options, per_offset=False)
        room = int(options.memory * 1e9) // TOKEN  # must not depend on the number of threads
        plan = replace(plan, sentences=plan.chunks[block_starts(plan.ends, room)])
        several = len(plan.sentences) > 2
        totals = np.zeros((self.size * several, self.segments, self.bits + 1))

        def keep(rows: slice, sums: Doubles) -> None:
            totals[rows] += sums

        for block in blocks(corpus.ids, corpus.offsets, plan, self.pool):
            tasks, add = self._blocks(block.indptr, max(1, CONTEXTS // plan.neighbours)), self._adder(block)
            if several:
                deque(self._run(tasks, add, keep), maxlen=0)
            else:
                yield from self._run(tasks, add, self.finish)
        if several:
            for task in self._blocks(np.zeros(self.size + 1, np.int64), 1):
                yield self.finish(task.rows, totals[task.rows])

    def _adder(self, block: Tokens) -> Add:
        windows, starts = self.windows, block.indptr

        def add(task: Task, sums: Doubles) -> None:
            within = np.clip(starts[task.rows.start : task.rows.stop + 1], task.items.start, task.items.stop)
            kernel.windows(
                block.tokens,
                block.places[task.items],
                (within - task.items.start).astype(np.int64),
                windows.left,
                windows.right,
                windows.scales,
                windows.segments,
                sums=sums,
                **self.codes,
            )

        return add

    def _run(self, tasks: Iterable[Task], add: Add, finish: Callable[[slice, Doubles], S]) -> Iterator[S]:
        """Run the tasks in threads; the results in order."""

        def work(task: Task) -> tuple[Task, Doubles | None, S | None]:
            sums = np.zeros((task.rows.stop - task.rows.start, self.segments, self.bits + 1 + kernel.SPARE))
            add(task, sums)
            sums = sums[:, :, : self.bits + 1]
            return (task, sums, None) if task.part else (task, None, finish(task.rows, sums))

        held: Doubles | None = None
        for task, sums, result in in_order(self.pool, work, tasks, self.ahead):
            if sums is None:
                yield cast(S, result)
                continue
            held = sums if held is None else held + sums
            if not task.left:
                yield finish(task.rows, held)
                held = None

    def _blocks(self, indptr: NDArray[Any], most: int) -> Iterator[Task]:
        """Tasks of about `most` items or fewer; a row with more items is divided into parts."""
        rows = max(1, NUMBERS // (self.segments * (self.bits + 1)))
        row, size = 0, len(indptr) - 1
        while row < size:
            end = int(np.searchsorted(indptr, int(indptr[row]) + most, side="right")) - 1
            end = min(max(end, row + 1), row + rows, size)
            begin, stop = int(indptr[row]), int(indptr[end])
            cuts = [*range(begin, stop, most), stop] if stop > begin else [begin, stop]
            for a, b in pairwise(cuts):
                yield Task(slice(row, end), slice(a, b), part=len(cuts) > 2, left=stop - b)
            row = end
