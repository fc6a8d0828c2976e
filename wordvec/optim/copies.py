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
VISITS = 32.0  # of all threads together, that a row waits for before it is merged
MOST = 1 << 15  # rows of a table that have copies
LEAST = 2.0  # visits of a thread that are worth a copy, in the longest time that a row waits
LEVELS = 5  # which is 2^4 chunks: what threads know of each other's rare rows must not be too old
TRIED, ROUND = 2, 64  # the turns that try both ways, and after how many what takes more is tried again
SHARE = 4  # a share of the tasks that try both ways is without copies


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
        word_rows: NDArray[np.int32] | None = None,  # the argument of the kernel where rows are not sorted
    ) -> None:
        self.rows: NDArray[np.int32] | None = None
        self.arguments: dict[str, Any] = {}  # of the kernel, beside the copies
        if word_rows is not None:
            self.rows = frequent(visits, MOST)
            self.arguments["word_rows"] = numbered(word_rows, self.rows, len(table))
            visits, updates = visits[self.rows], updates[self.rows]
        levels = np.arange(min(LEVELS, max(chunks, 1).bit_length()))
        falling = -np.minimum.accumulate(visits[:MOST]) * tokens * 2.0 ** levels[:, None]
        worth = [*[VISITS / workers] * (len(levels) - 1), min(LEAST, VISITS / workers)]
        self._ends = np.array([np.searchsorted(row, -due, side="right") for row, due in zip(falling, worth)], np.int64)
        self._table, self._ways = table, STIFFNESS * updates[: self._ends[-1]]

    def take(self) -> tuple[Any, ...]:
        """Copies for one thread: an argument of the kernel, which copies the rows when it is first given that."""
        return self._room(), np.zeros(3, np.int64), self.rows, self._ends, self._ways

    def _room(self) -> NDArray[Any]:
        """[2, rows, D] with rows as those of the table; untouched rows take no memory."""
        (stride, item), rows = self._table.strides, int(self._ends[-1])
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
    """Copies that threads have for their tasks, by argument of the kernel, as long as training is faster with them.

    Where both cores have one cache, a row of the other comes from there nearly as fast as any row, and copies take more
    time than they save; where they have none, it takes many times as long. A virtual machine does not know what it has,
    and moves within seconds. So the time of the processor that a chunk took of late is kept, without copies and with
    them, and each task does what took less. Both are tried in the first turns, of a task for each thread, and the one
    that took more again after every `ROUND` turns. As training without copies may take twice as long, a small share of
    the first tasks is without them. A thread keeps its copies until it trains without them, or all threads rest.
    """

    def __init__(self, copies: dict[str, Copies], workers: int) -> None:
        self._copies, self._workers, self._tasks = copies, workers, count()
        self._held: dict[int, dict[str, Any]] = {}  # arguments of the kernel, by thread
        self._free: list[dict[str, Any]] = []  # merged, for the next thread that needs some
        self._lock, self._seconds = threading.Lock(), [inf, 0.0]  # of a chunk, without and with

    def pieces(self, part: slice) -> Iterator[tuple[slice, dict[str, Any]]]:
        """The pieces of a task of one of several threads, chunks of it, and the arguments of the kernel for each.

        A piece without chunks merges copies.
        """
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
        begun, chunks, thread = time.thread_time(), piece.stop - piece.start, threading.get_ident()
        held = self._held.get(thread)
        if with_copies:
            if held is None:
                held = self._held[thread] = self._free.pop() if self._free else self._new()
            yield piece, held | {"merge_all": False}
        else:
            if held is not None:
                yield slice(piece.start, piece.start), held
                self._free.append(self._held.pop(thread))
            yield piece, {}
        with self._lock:
            each_chunk = (time.thread_time() - begun) / chunks
            # the first turn touches much of the memory for the first time, and does not count any more after the next
            self._seconds[with_copies] = each_chunk if first else (self._seconds[with_copies] + each_chunk) / 2

    def held(self) -> list[dict[str, Any]]:
        """While all threads rest: the arguments of the kernel that merge their copies, without chunks."""
        held = list(self._held.values())
        self._free += held
        self._held = {}
        return held

    def _new(self) -> dict[str, Any]:
        """Copies for one thread, as arguments of the kernel."""
        own: dict[str, Any] = {"workers": self._workers}
        for name, each in self._copies.items():
            own |= each.arguments | {name: each.take()}
        return own
