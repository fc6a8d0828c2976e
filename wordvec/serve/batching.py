"""Queries that arrive while others are scanned are gathered, and share the next pass over the rows."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Any

Scan = Callable[[Sequence[Any]], list[Any]]  # queries to results; a result may be an exception, of its query alone
_PATIENCE = 0.25  # of the time of a pass: how long the next one waits at most for those who may ask again
_SHORT = 0.002  # seconds that the event loop may spend on a query: a thread would wait as long for the interpreter
_LONG = 0.02  # and what shows that a query waited
InThread = Callable[[Callable[[], Any]], Awaitable[Any]]


class Overloaded(Exception):
    """More waits than may wait."""


@dataclass(eq=False)
class _Asked:
    key: Hashable
    queries: Sequence[Any]
    scan: Scan
    answered: asyncio.Future[list[Any]]


class Batcher:
    """Runs scans in threads, at most `lanes` at a time; what waits for the same scan is scanned together.

    A query that finds a free lane starts at once. `most` is the number of queries in one
    pass, `waiting` the number of queries that may wait; beyond it `ask` raises Overloaded. `noted(queries, seconds)`
    is told of every pass.

    Queries that may be `brief`, as those of an index are, are answered by the event loop itself while each takes less
    than two milliseconds of the processor, and the last did not wait long for anything, such as a disk.
    """

    def __init__(
        self,
        in_thread: InThread,
        lanes: int = 1,
        most: int = 256,
        waiting: int = 1024,
        noted: Callable[[int, float], object] = lambda queries, seconds: None,
    ) -> None:
        self._in_thread, self._lanes, self._most, self._limit, self._noted = in_thread, lanes, most, waiting, noted
        self._waiting: deque[_Asked] = deque()
        self._busy = 0  # lanes; counted here, as a task that has ended is known as such only later
        self._tasks: set[asyncio.Task[None]] = set()
        self._wanted = 0  # how many must wait for the next pass to begin, which then is told by:
        self._gathered: asyncio.Future[None] | None = None
        self._brief = float("inf")  # seconds that a brief query takes

    def ask(self, key: Hashable, queries: Sequence[Any], scan: Scan, brief: bool = False) -> asyncio.Future[list[Any]]:
        """The results of queries, in their order; those of one `key` may go through one call of `scan`."""
        loop = asyncio.get_running_loop()
        asked = _Asked(key, queries, scan, loop.create_future())
        if brief and self._brief < _SHORT:
            asked.answered.set_result(self._at_once(queries, scan))
            return asked.answered
        if brief:
            asked.scan = self._timed(scan)
        if len(self._waiting) >= self._limit:
            raise Overloaded
        self._waiting.append(asked)
        if self._gathered is not None and len(self._waiting) >= self._wanted:
            self._gathered.set_result(None)
            self._gathered = None
        if self._busy < self._lanes:
            self._busy += 1
            task = loop.create_task(self._work())
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return asked.answered

    def _at_once(self, queries: Sequence[Any], scan: Scan) -> list[Any]:
        start = time.perf_counter()
        try:
            return self._timed(scan)(queries)
        finally:
            seconds = time.perf_counter() - start
            self._noted(len(queries), seconds)
            if seconds > _LONG:
                self._brief = seconds

    def _timed(self, scan: Scan) -> Scan:
        def timed(queries: Sequence[Any]) -> list[Any]:
            start = time.thread_time()
            try:
                return scan(queries)
            finally:
                self._brief = (time.thread_time() - start) / len(queries)

        return timed

    async def _work(self) -> None:
        try:
            while batch := self._next():
                seconds = await self._scan(batch)
                if self._lanes == 1:  # where there are more, others go on meanwhile
                    await self._gather(len(batch), seconds)
        finally:
            self._busy -= 1

    async def _gather(self, answered: int, seconds: float) -> None:
        """Wait until the clients of a pass have asked again, at most for a quarter of the time that the pass took.

        Else those that were answered and those that wait, or the first to ask again and all others, would take turns,
        and each answer take two passes. Where there was one client, nothing is delayed.
        """
        self._wanted = len(self._waiting) + answered
        if self._wanted > 1:
            self._gathered = asyncio.get_running_loop().create_future()
            await asyncio.wait([self._gathered], timeout=_PATIENCE * seconds)
            self._gathered = None

    async def _scan(self, batch: list[_Asked]) -> float:
        """Answer what was asked by one pass; the seconds that it took."""
        loop = asyncio.get_running_loop()
        queries = [query for asked in batch for query in asked.queries]
        start = loop.time()
        try:
            results = await self._in_thread(lambda: batch[0].scan(queries))
        except Exception as error:
            results = [error] * len(queries)
        seconds = loop.time() - start
        self._noted(len(queries), seconds)
        done = 0
        for asked in batch:
            if not asked.answered.done():
                asked.answered.set_result(results[done : done + len(asked.queries)])
            done += len(asked.queries)
        return seconds

    def _next(self) -> list[_Asked]:
        """What is scanned next: the first that waits, and all others of its key that fit; given up ones are dropped."""
        batch: list[_Asked] = []
        rest: deque[_Asked] = deque()
        room = self._most
        while self._waiting:
            asked = self._waiting.popleft()
            if asked.answered.done():  # its client has gone, or its time is over
                continue
            if not batch or (asked.key == batch[0].key and len(asked.queries) <= room):
                batch.append(asked)
                room -= len(asked.queries)
            else:
                rest.append(asked)
        self._waiting = rest
        return batch
