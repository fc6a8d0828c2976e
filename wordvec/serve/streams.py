"""Answers in lines: what takes long is computed in a thread, tells its progress, and ends when the client goes away."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import Any

import msgspec
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from wordvec.serve.guard import EXTEND, Refused
from wordvec.serve.messages import Progress
from wordvec.serve.work import Work

LINES = "application/x-ndjson"
_SPARE = 5.0  # seconds beyond the limit of a job, to say so

Told = Callable[[float], object]


class _Stopped(Exception):
    """Nobody waits for the result any more."""


class Lines:
    """A job in a thread as lines: its progress, then its result.

    `make(told)` returns the last line; it calls `told` with the share that is done, which raises where nobody waits
    any more. `ended` is called when the thread is free again. Refused where the job takes more than `seconds`.
    """

    def __init__(self, work: Work, make: Callable[[Told], bytes], seconds: float, ended: Callable[[], object]) -> None:
        self.seconds = seconds
        self._loop, self._ended = asyncio.get_running_loop(), ended
        self._until = self._loop.time() + seconds
        self._queue: asyncio.Queue[bytes | None] = asyncio.Queue()
        self._stop, self._is_last = threading.Event(), False
        self._task: asyncio.Task[bytes] = self._loop.create_task(work.in_thread(lambda: make(self._told)))
        self._task.add_done_callback(self._done)

    def _told(self, share: float) -> None:
        if self._stop.is_set():
            raise _Stopped
        line = msgspec.json.encode(Progress(round(share, 3)))
        self._loop.call_soon_threadsafe(self._queue.put_nowait, line)

    def _done(self, task: asyncio.Task[bytes]) -> None:
        self._ended()
        if not task.cancelled():
            task.exception()  # is raised by the iteration, where that goes on
        self._queue.put_nowait(None)

    def __aiter__(self) -> Lines:
        return self

    async def __anext__(self) -> bytes:
        if self._is_last:
            raise StopAsyncIteration
        try:
            line = await asyncio.wait_for(self._queue.get(), self._until - self._loop.time())
        except asyncio.TimeoutError:
            raise Refused(503, f"a map must be ready within {self.seconds:g} seconds: ask for fewer words") from None
        if line is not None:
            return line
        self._is_last = True
        if self._stop.is_set():
            raise StopAsyncIteration
        return self._task.result()

    async def soon(self, seconds: float) -> bytes | Lines:
        """The last line alone where it is there in so many seconds, or the error of the job; else the lines."""
        await asyncio.wait({self._task}, timeout=seconds)
        return self._task.result() if self._task.done() else self

    def stop(self) -> None:
        """End the iteration now, and the thread when it tells its progress next."""
        self._stop.set()
        self._queue.put_nowait(None)


async def stream(
    lines: Lines, problem_of: Callable[[Exception], Response], scope: Scope, receive: Receive, send: Send
) -> None:
    """Send lines as they come; the last is a problem where the job failed."""
    scope.get(EXTEND, lambda seconds: None)(lines.seconds + _SPARE)
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", LINES.encode())]})
    watch = asyncio.get_running_loop().create_task(_stop_with_client(lines, receive))

    async def write(line: bytes) -> None:
        await send({"type": "http.response.body", "body": line + b"\n", "more_body": True})

    try:
        async for line in lines:
            await write(line)
    except Exception as error:
        await write(bytes(problem_of(error).body))
    finally:
        lines.stop()
        watch.cancel()
    await send({"type": "http.response.body", "body": b""})


async def _stop_with_client(lines: Lines, receive: Receive) -> None:
    message: Any = {}
    while message.get("type") != "http.disconnect":
        message = await receive()
    lines.stop()
