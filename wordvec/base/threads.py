"""How many threads there may be, and work shared by them, its results in the order of the tasks."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache
from pathlib import Path, PurePosixPath
from typing import Any, TypeVar

T = TypeVar("T")
R = TypeVar("R")


def usable_cores() -> int:
    """The number of cores that this process may use, which can be fewer than the machine has.

    Those it may run on (affinity), and no more than the CPU time that its control group gets (`docker run --cpus`, the
    limits of a Kubernetes pod), rounded up.
    """
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(cores, _own_quota() or cores)


@cache
def _own_quota() -> int | None:
    """The quota of this process, read once: it is asked for with every query."""
    return cpu_quota()


def cpu_quota(memberships: str = "/proc/self/cgroup", root: str = "/sys/fs/cgroup") -> int | None:
    """Cores that the control groups of this process give it time for, rounded up; None where they set no limit.

    A group has no more than those it is in. Version 2 has both numbers, quota and period, in one file, version 1 in
    two, in a folder of their own; inside a container the path that the process is told may not be there, its root is.
    """
    try:
        lines = Path(memberships).read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:
        return None
    found: list[int] = []
    for line in lines:
        _, controllers, path = ([*line.split(":", 2), "", ""])[:3]
        if controllers == "":
            folders = [root, f"{root}/unified"]
        elif "cpu" in controllers.split(","):
            folders = [f"{root}/{controllers}", f"{root}/cpu"]
        else:
            continue
        groups = [PurePosixPath("/", path), *PurePosixPath("/", path).parents]
        for folder in folders:
            limits = (_limit(Path(f"{folder}{group}"), version=1 if controllers else 2) for group in groups)
            found += [limit for limit in limits if limit is not None]
    return min(found, default=None)


def _limit(group: Path, version: int) -> int | None:
    names = ["cpu.max"] if version == 2 else ["cpu.cfs_quota_us", "cpu.cfs_period_us"]
    try:
        quota, period = [number for name in names for number in (group / name).read_text(encoding="ascii").split()]
        return max(1, -(-int(quota) // int(period))) if int(quota) > 0 and int(period) > 0 else None
    except (OSError, ValueError):  # no such file; "max"; something else
        return None


@contextmanager
def thread_pool(workers: int, stop: Any = None) -> Iterator[Executor]:
    """Threads for the time of a `with` block; however the block ends, waiting tasks are dropped and threads joined.

    The one pool of the package. Ctrl-C and an exception end it as soon as the tasks under way are done, so that tasks
    must be short, or their kernels look at `stop`, an array whose first number becomes 1 then.
    """
    pool = ThreadPoolExecutor(workers, thread_name_prefix="wordvec")
    try:
        yield pool
    except BaseException:
        if stop is not None:
            stop[0] = 1
        raise
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
