"""Copies of the rows that all threads visit, one for each thread: how many, how often merged, and whether they pay."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from itertools import count
from math import inf
from typing import Any

import numpy as np
from numpy.typing import NDArray

STIFFNESS = 0.03  # how far a step with learning rate 1 moves a row to where it is pulled
VISITS = 64.0  # of all threads together, that a row waits for before it is merged
LEAST = 4.0  # visits of a thread in a task that are worth a copy; at its end all are merged
MOST = 1 << 15  # rows of a table that have copies
LEVELS = 7  # a row waits for 2^6 chunks at most
TRIED, ROUND = 2, 64  # the turns that try both ways, and after how many what takes more is tried again
SHARE = 4  # a share of the tasks that try both ways is without copies


class Copies:
    """Copies of the frequent rows of a table [V, D] for kernels with copies_body.h.

    Where rows are sorted by falling frequency they are those of the first ones, else `rows` has the row of each.
    A core fetches a row that another one has written from the cache of that one. With copies it does so once for the
    many visits between two merges. A thread borrows them for a task; between tasks the table is whole.
    """

    def __init__(
        self,
        table: NDArray[Any],
        *,
        visits: NDArray[np.float64],  # [V] by one thread, for each token
        updates: NDArray[np.float64],  # [V] steps in them
        tokens: float,  # of a chunk
        workers: int,
        word_rows: NDArray[np.int32] | None = None,  # the argument of the kernel where rows are not sorted
    ) -> None:
        self.rows: NDArray[np.int32] | None = None
        self.arguments: dict[str, Any] = {}  # of the kernel, beside the copies
        if word_rows is not None:
            self.rows = frequent(visits, MOST)
            self.arguments["word_rows"] = numbered(word_rows, self.rows, len(table))
            visits, updates = visits[self.rows], updates[self.rows]
        falling = -np.minimum.accumulate(visits[:MOST]) * tokens * 2.0 ** np.arange(LEVELS)[:, None]
        # rows that are due at each level, and those that a task of that length makes copies of
        self._ends = [int(np.searchsorted(row, -VISITS / workers, side="right")) for row in falling]
        self._most = [int(np.searchsorted(row, -min(LEAST, VISITS / workers), side="right")) for row in falling]
        self._table, self._ways = table, STIFFNESS * updates[: self._most[-1]]
        self._free: list[tuple[NDArray[Any], int]] = []  # copies that no thread has, and how many rows are there

    def take(self, chunks: int) -> tuple[Any, ...]:
        """Copies for a task of so many chunks: an argument of the kernel, of this thread alone."""
        level = min(chunks.bit_length(), LEVELS) - 1
        ends = np.array([*self._ends[:level], self._most[level]], np.int64)
        try:
            room, copied = self._free.pop()
        except IndexError:
            room, copied = self._room(), 0
        return room, copied, self.rows, ends, self._ways

    def give_back(self, copies: tuple[Any, ...]) -> None:
        """The task is done: its copies are merged, and serve the next one."""
        room, _, _, ends, _ = copies
        self._free.append((room, int(ends[-1])))

    def _room(self) -> NDArray[Any]:
        """[2, rows, D] with rows as those of the table; untouched rows take no memory."""
        (stride, item), rows = self._table.strides, self._most[-1]
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
    """Copies that threads borrow for their tasks, by argument of the kernel, as long as training is faster with them.

    Where both cores have one cache, a row of the other comes from there nearly as fast as any row, and copies take more
    time than they save; where they have none, it takes many times as long. A virtual machine does not know what it has,
    and moves within seconds. So the time of the processor that a chunk took of late is kept, without copies and with
    them, and each task does what took less. Both are tried in the first turns, of a task for each thread, and the one
    that took more again after every `ROUND` turns. As training without copies may take twice as long, a small share of
    the first tasks is without them.
    """

    def __init__(self, copies: dict[str, Copies], workers: int) -> None:
        self._copies, self._workers, self._tasks = copies, workers, count()
        self._lock, self._seconds = threading.Lock(), [inf, 0.0]  # of a chunk, without and with

    def pieces(self, part: slice) -> Iterator[tuple[slice, dict[str, Any]]]:
        """The pieces of a task of one of several threads, chunks of it, and the arguments of the kernel for each."""
        if not self._copies:
            yield part, {}
            return
        with self._lock:
            turn = next(self._tasks) // self._workers
            pays = self._seconds[1] <= self._seconds[0]
        if turn < TRIED:  # all threads are in it at the same time
            middle = part.start + max(1, (part.stop - part.start) // SHARE)
            ways = [(slice(part.start, middle), False), (slice(middle, part.stop), True)]
        else:
            ways = [(part, pays != (turn % ROUND == ROUND - 1))]
        for piece, with_copies in ways:
            if piece.start < piece.stop:
                yield from self._timed(piece, with_copies, turn < TRIED)

    def _timed(self, piece: slice, with_copies: bool, first: bool) -> Iterator[tuple[slice, dict[str, Any]]]:
        begun, chunks, own = time.thread_time(), piece.stop - piece.start, {}
        taken = {name: each.take(chunks) for name, each in self._copies.items()} if with_copies else {}
        if with_copies:
            own = {name: value for each in self._copies.values() for name, value in each.arguments.items()}
            own |= taken | {"workers": self._workers}
        yield piece, own
        for name, each in taken.items():  # not after an error: they may not be merged
            self._copies[name].give_back(each)
        with self._lock:
            each_chunk = (time.thread_time() - begun) / chunks
            # the first turn touches much of the memory for the first time, and does not count any more after the next
            self._seconds[with_copies] = each_chunk if first else (self._seconds[with_copies] + each_chunk) / 2
