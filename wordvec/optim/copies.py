"""Copies of the rows that all threads visit, one for each thread: how many, how often merged, and which pay."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from itertools import count
from math import inf
from typing import Any

import numpy as np
from numpy.typing import NDArray

STIFFNESS = 0.03  # how far a step with learning rate 1 moves a row to where it is pulled
VISITS = 32.0  # of all threads together, that a row waits for before it is merged
FEW, MANY = 1 << 11, 1 << 15  # rows of a table that have copies, at most
LEAST = 2.0  # visits of a thread that are worth a copy, in the longest time that a row waits
LEVELS = 5  # which is 2^4 chunks: what threads know of each other's rare rows must not be too old
TRIED, ROUND = 2, 32  # the first turns that try all, and after how many turns they are tried again
SHARE = 4  # each choice is tried in a quarter of a task


class Copies:
    """Copies of the frequent rows of a table [V, D] for kernels with copies_body.h.

    Where rows are sorted by falling frequency they are those of the first ones, else `rows` has the row of each.
    A core fetches a row that another one has written from the cache of that one. With copies it does so once for the
    many visits between two merges. A thread keeps them from task to task; the table is whole when all are merged.
    """

    def __init__(
        self,
        table: NDArray[Any],
        *,
        visits: NDArray[np.float64],  # [V] by one thread, for each token
        updates: NDArray[np.float64],  # [V] steps in them
        tokens: float,  # of a chunk
        chunks: int,  # of a thread in an epoch, at whose end all are merged
        workers: int,
        most: int = MANY,
        word_rows: NDArray[np.int32] | None = None,  # the argument of the kernel where rows are not sorted
    ) -> None:
        self.rows: NDArray[np.int32] | None = None
        self.arguments: dict[str, Any] = {}  # of the kernel, beside the copies
        if word_rows is not None:
            self.rows = frequent(visits, most)
            self.arguments["word_rows"] = numbered(word_rows, self.rows, len(table))
            visits, updates = visits[self.rows], updates[self.rows]
        levels = np.arange(min(LEVELS, max(chunks, 1).bit_length()))
        falling = -np.minimum.accumulate(visits[:most]) * tokens * 2.0 ** levels[:, None]
        worth = [*[VISITS / workers] * (len(levels) - 1), min(LEAST, VISITS / workers)]
        self._ends = np.array([np.searchsorted(row, -due, side="right") for row, due in zip(falling, worth)], np.int64)
        self._table, self._ways = table, STIFFNESS * updates[: self._ends[-1]]

    def __len__(self) -> int:
        return int(self._ends[-1])

    def take(self) -> tuple[Any, ...]:
        """Copies for one thread: an argument of the kernel, which copies the rows when it is first given that."""
        return self._room(), np.zeros(3, np.int64), self.rows, self._ends, self._ways

    def _room(self) -> NDArray[Any]:
        """[2, rows, D] with rows as those of the table; untouched rows take no memory."""
        (stride, item), rows = self._table.strides, len(self)
        raw = np.empty(2 * rows * stride + 64, np.uint8)
        start = -raw.ctypes.data % 64
        whole = raw[start : start + 2 * rows * stride].view(self._table.dtype).reshape(2, rows, stride // item)
        return whole[:, :, : self._table.shape[1]]


def frequent(visits: NDArray[np.float64], most: int) -> NDArray[np.int32]:
    """The rows with the most visits, at most so many, by falling visits."""
    found = np.argpartition(-visits, most)[:most] if len(visits) > most else np.arange(len(visits))
    return found[np.argsort(-visits[found], kind="stable")].astype(np.int32)


def numbered(word_rows: NDArray[np.int32], rows: NDArray[np.int32], size: int) -> NDArray[np.int32]:
    """Numbers of the rows of words, with ~k where copy k is of the row, as the kernel wants them."""
    numbers = np.arange(size, dtype=np.int32)
    numbers[rows] = ~np.arange(len(rows), dtype=np.int32)
    return numbers[word_rows]


class Lending:
    """Copies that threads have for their tasks, by argument of the kernel: of few rows or of many, what takes less.

    Where both cores have one cache, a row of the other comes from there nearly as fast as any row, and copies of all
    but the most frequent rows take more time than they save; where they have none, it takes many times as long. A
    virtual machine does not know what it has, and moves within seconds. So the time of the processor that a chunk took
    of late is kept for each of the `choices`, and each task has the one that took least. All are tried at the start of
    the first tasks, of one for each thread, and of those after every `ROUND` turns. A thread keeps its copies until it
    takes others, or all threads rest.
    """

    def __init__(self, choices: Sequence[dict[str, Copies]], workers: int) -> None:
        self._choices, self._workers, self._tasks = choices, workers, count()
        self._held: dict[int, tuple[int, dict[str, Any]]] = {}  # a choice and arguments of the kernel, by thread
        self._free: list[list[dict[str, Any]]] = [[] for _ in choices]  # merged, for the next thread that needs some
        self._seconds = [inf] * (len(choices) - 1) + [0.0]  # of a chunk, with each choice
        self._lock = threading.Lock()

    def pieces(self, part: slice) -> Iterator[tuple[slice, dict[str, Any]]]:
        """The pieces of a task, chunks of it, and the arguments of the kernel for each.

        A piece without chunks makes copies, or merges them.
        """
        if not self._choices:
            yield part, {}
            return
        turn, first = next(self._tasks) // self._workers, part.start
        if len(self._choices) > 1 and (turn < TRIED or turn % ROUND == 0):  # all threads are in it at the same time
            size = max(1, (part.stop - part.start) // SHARE)
            for choice in range(len(self._choices)):
                piece = slice(first, min(first + size, part.stop))
                yield from self._timed(piece, choice, turn < TRIED)
                first = piece.stop
        best = self._seconds.index(min(self._seconds))
        yield from self._timed(slice(first, part.stop), best, turn < TRIED)

    def _timed(self, piece: slice, choice: int, is_first: bool) -> Iterator[tuple[slice, dict[str, Any]]]:
        """A piece with the copies of a choice; before it those of another one are merged, which is not timed."""
        if piece.start == piece.stop:
            return
        nothing, thread = slice(piece.start, piece.start), threading.get_ident()
        before, own = self._held.get(thread, (None, {}))
        if before != choice:
            if before is not None:
                yield nothing, own
                self._free[before].append(self._held.pop(thread)[1])
            own = self._free[choice].pop() if self._free[choice] else self._new(choice)
            self._held[thread] = choice, own
            yield nothing, own | {"merge_all": False}
        begun = time.thread_time()
        yield piece, own | {"merge_all": False}
        each_chunk = (time.thread_time() - begun) / (piece.stop - piece.start)
        with self._lock:  # the first turn touches much memory for the first time, and does not count after the second
            self._seconds[choice] = each_chunk if is_first else (self._seconds[choice] + each_chunk) / 2

    def held(self) -> list[dict[str, Any]]:
        """While all threads rest: the arguments of the kernel that merge their copies, without chunks."""
        held = list(self._held.values())
        for choice, own in held:
            self._free[choice].append(own)
        self._held = {}
        return [own for _, own in held]

    def _new(self, choice: int) -> dict[str, Any]:
        """Copies for one thread, as arguments of the kernel."""
        own: dict[str, Any] = {"workers": self._workers}
        for name, each in self._choices[choice].items():
            own |= each.arguments | {name: each.take()}
        return own
