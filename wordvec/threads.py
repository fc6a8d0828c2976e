"""How many threads there may be, and work shared by them, its results in the order of the tasks."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")


def usable_cores() -> int:
    """The number of cores that this process may run on, which can be fewer than the machine has."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@contextmanager
def crew(workers: int) -> Iterator[Executor]:
    """Threads for the time of a `with` block; however the block ends, waiting tasks are dropped and threads joined."""
    pool = ThreadPoolExecutor(workers, thread_name_prefix="wordvec-corpus")
    try:
        yield pool
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def in_order(pool: Executor, work: Callable[[T], R], tasks: Iterable[T], ahead: int) -> Iterator[R]:
    """The results of work(task), in order, at most `ahead` tasks being held at a time.

    Tasks are drawn in the calling thread, so that a user's iterator runs where it was made and Ctrl-C reaches it.
    """
    running: deque[Future[R]] = deque()
    for task in tasks:
        running.append(pool.submit(work, task))
        if len(running) >= ahead:
            yield running.popleft().result()
    while running:
        yield running.popleft().result()
