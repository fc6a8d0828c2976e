"""The number of usable cores, the thread pool, and results in the order of the tasks."""

from __future__ import annotations

import os
import secrets
import threading
import time
from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, TypeVar

T = TypeVar("T")
R = TypeVar("R")
_STARTING = 10  # seconds in which a thread begins to run, or was interrupted before it could


def usable_cores() -> int:
    """The number of cores that this process may use, which can be fewer than the machine has.

    It is limited by the process's affinity, and by the CPU time of its control group (`docker run --cpus`, the limits
    of a Kubernetes pod), rounded up.
    """
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(cores, _own_quota() or cores)


class Threaded:
    """Options with `workers`, the number of threads; None is all usable cores."""

    if TYPE_CHECKING:

        @property
        def workers(self) -> int | None:
            """The number that was given."""

    @property
    def threads(self) -> int:
        """The number of threads to use."""
        return self.workers or usable_cores()


@cache
def _own_quota() -> int | None:
    """The quota of this process, read once, as every query needs it."""
    return cpu_quota()


def cpu_quota(memberships: str = "/proc/self/cgroup", root: str = "/sys/fs/cgroup") -> int | None:
    """The cores whose time the control groups of this process allow, rounded up; None without a limit.

    A group is also limited by the groups that contain it. Version 2 has quota and period in one file; version 1 has
    two files in a folder of their own. Inside a container the path in /proc may not exist; the root folder does.
    """
    try:
        lines = Path(memberships).read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:
        return None
    limits: list[int] = []
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
            own = (_limit(Path(f"{folder}{group}"), version=1 if controllers else 2) for group in groups)
            limits += [limit for limit in own if limit is not None]
    return min(limits, default=None)


def _limit(group: Path, version: int) -> int | None:
    names = ["cpu.max"] if version == 2 else ["cpu.cfs_quota_us", "cpu.cfs_period_us"]
    try:
        quota, period = [number for name in names for number in (group / name).read_text(encoding="ascii").split()]
        return max(1, -(-int(quota) // int(period))) if int(quota) > 0 and int(period) > 0 else None
    except (OSError, ValueError):  # no such file, or "max"
        return None


@contextmanager
def thread_pool(workers: int, stop: Any = None) -> Iterator[Executor]:
    """A thread pool for a `with` block; at its end waiting tasks are dropped and the threads are joined.

    Every thread pool of the package is made here. After Ctrl-C or an exception it ends when the running tasks are
    done, so tasks must be short, or their kernels must watch `stop`, an array whose first item is set to 1.
    """
    prefix = f"wordvec-{secrets.token_hex(4)}"  # of this pool alone
    pool = ThreadPoolExecutor(workers, thread_name_prefix=prefix)
    try:
        yield pool
    except BaseException:
        if stop is not None:
            stop[0] = 1
        _end(pool, prefix)
        raise
    try:
        pool.shutdown(wait=True, cancel_futures=True)
    except BaseException:  # Ctrl-C while it waited
        if stop is not None:
            stop[0] = 1
        _end(pool, prefix)
        raise


def _end(pool: Executor, prefix: str) -> None:
    """Drop what waits, and wait for the threads, of which shutdown() does not know one whose start was interrupted."""
    pool.shutdown(wait=False, cancel_futures=True)
    join([thread for thread in threading.enumerate() if thread.name.startswith(prefix)])


def current_core() -> int | None:
    """The core that this thread runs on; None where the system does not tell."""
    try:
        return int(Path("/proc/thread-self/stat").read_bytes().rpartition(b")")[2].split()[36])
    except (OSError, ValueError, IndexError):
        return None


def leave_core(core: int | None) -> None:
    """Let this thread go on by another core than that, where it may use others.

    Linux may start a thread on the core of the one that made it, and then leaves both there for up to 4 ms, though
    others are idle: as long as many a scan takes.
    """
    if core is None or not hasattr(os, "sched_setaffinity"):
        return
    allowed = os.sched_getaffinity(0)
    if len(allowed) > 1:
        with suppress(OSError):
            os.sched_setaffinity(0, allowed - {core})
            os.sched_setaffinity(0, allowed)


def join(threads: Collection[threading.Thread]) -> None:
    """Wait until each thread has ended or was never started, where Ctrl-C may have come, or comes, at any moment.

    Thread.join is not enough: a thread whose start was interrupted may begin to run after it was asked for, and before
    Python 3.13 a join that is interrupted takes its thread for ended.
    """
    try:
        for thread in threads:
            if thread.ident is not None:
                thread.join()
    finally:
        until = time.monotonic() + _STARTING
        # threading knows a thread from its start on, until it has ended.
        while any(t in threads and (t.ident or time.monotonic() < until) for t in threading.enumerate()):
            time.sleep(0.001)


def in_order(pool: Executor, work: Callable[[T], R], tasks: Iterable[T], ahead: int) -> Iterator[R]:
    """The results of work(task) in the order of the tasks, with at most `ahead` tasks running or waiting.

    Tasks are taken in the calling thread, so a user's iterator runs where it was made and Ctrl-C reaches it.
    """
    running: deque[Future[R]] = deque()
    for task in tasks:
        running.append(pool.submit(work, task))
        if len(running) >= ahead:
            yield running.popleft().result()
    while running:
        yield running.popleft().result()
