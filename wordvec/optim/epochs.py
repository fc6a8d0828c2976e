"""One epoch of gradient descent on several threads, which can rest between two chunks."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from heapq import heapify, heappop, heappush
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wordvec.base.threads import join
from wordvec.optim.checkpoints import Checkpoints

RUN = 4  # chunks in a task of one thread: some tens of milliseconds at usual sizes
LONG, SHORT = 128, 2  # chunks in the first tasks of several threads, of all together; in the last ones, of each


Step = Callable[[slice, "Runs"], None]


@dataclass(frozen=True)
class Runs:
    """The arrays of one epoch, one element for each chunk."""

    epoch: int  # from 0
    alphas: NDArray[np.float64]  # IN learning rate
    seeds: NDArray[np.uint64]  # IN random stream
    losses: NDArray[np.float64]  # OUT loss, summed over the targets
    targets: NDArray[np.int64]  # OUT number of targets
    stop: NDArray[np.int32]  # IN [1]; not zero: stop at once, within the chunk


def tasks(done: NDArray[np.bool_], workers: int) -> dict[int, int]:
    """The tasks of an epoch in order: the first chunk of each, and one past its last; those that are done are left out.

    With several threads the first tasks are long, so that what a task costs beside its chunks is little, and the last
    ones short, so that all threads end at about the same time.

    >>> tasks(np.zeros(10, np.bool_), workers=1)
    {0: 4, 4: 8, 8: 10}
    >>> tasks(np.arange(28) < 4, workers=2)
    {4: 7, 7: 9, 9: 11, 11: 13, 13: 15, 15: 17, 17: 19, 19: 21, 21: 23, 23: 25, 25: 27, 27: 28}
    """
    chunks, stops, first = len(done), {}, 0
    while first < chunks:
        left = chunks - first
        width = RUN if workers == 1 else max(SHORT, min(LONG, left // 4) // workers)
        stop = first + 1
        while stop < min(first + width, chunks) and done[stop] == done[first]:
            stop += 1
        if not done[first]:
            stops[first] = stop
        first = stop
    return stops


class Queue:
    """The chunks of an epoch, handed out in order: several at a time, or each when the chunks before it are done."""

    def __init__(self, done: NDArray[np.bool_], after: Sequence[Sequence[int]] | None, workers: int = 1) -> None:
        self.done, chunks = done, len(done)
        self.waits = [0] * chunks if after is None else [len(before) for before in after]
        self.then: list[list[int]] = [[] for _ in range(chunks)]  # the chunks that wait for each chunk
        for chunk, before in enumerate(after or ()):
            for other in before:
                self.then[other].append(chunk)
                self.waits[chunk] -= bool(done[other])
        self.stops = tasks(done, workers) if after is None else {i: i + 1 for i in range(chunks) if not done[i]}
        self.ready = [first for first in self.stops if self.waits[first] == 0]
        heapify(self.ready)
        self.left = len(self.stops)  # not handed out yet
        self.under_way = 0  # tasks that a thread has taken and not finished
        self.rests = self.closed = False
        self.changed = threading.Condition()

    def take(self) -> slice | None:
        """The next task, or None at the end; waits while all remaining tasks wait for others."""
        with self.changed:
            while self.left and (self.rests or not self.ready):
                self.changed.wait()
            if not self.left:
                return None
            self.left -= 1
            self.under_way += 1
            first = heappop(self.ready)
            return slice(first, self.stops[first])

    def finish(self, part: slice) -> None:
        """Release the chunks that waited for these."""
        with self.changed:
            self.done[part] = True
            self.under_way -= 1
            for chunk in range(part.start, part.stop):
                for waiting in self.then[chunk]:
                    self.waits[waiting] -= 1
                    if self.waits[waiting] == 0:
                        heappush(self.ready, waiting)
            self.changed.notify_all()

    def rest(self) -> bool:
        """Hand out no task until `go_on`, and wait for those under way; whether none was torn."""
        with self.changed:
            self.rests = True
            while self.under_way and not self.closed:
                self.changed.wait()
            return not self.under_way

    def go_on(self) -> None:
        """Hand out tasks again."""
        with self.changed:
            self.rests = False
            self.changed.notify_all()

    def close(self) -> None:
        """Hand out no more tasks, and wake waiting threads."""
        with self.changed:
            self.left, self.closed = 0, True
            self.changed.notify_all()


class Running:
    """One epoch that runs on `workers` threads; chunks that are `done` [C] already are left out."""

    def __init__(
        self,
        step: Step,
        runs: Runs,
        tokens: NDArray[np.int64],
        after: Sequence[Sequence[int]] | None,
        done: NDArray[np.bool_],
        workers: int,
    ) -> None:
        self.step, self.runs, self.tokens = step, runs, tokens
        self.queue, self.workers = Queue(done, after, workers), workers
        self.lock, self.done = threading.Lock(), threading.Event()
        self.working = 0  # threads
        self.failures: list[BaseException] = []
        self.seen = 0  # tokens

    def work(self) -> None:
        """The work of a thread: take tasks until there are none, or an error occurs."""
        try:
            while (part := self.queue.take()) is not None:
                self.step(part, self.runs)
                if not np.isfinite(self.runs.losses[part]).all():
                    self.stop()
                if self.runs.stop[0]:  # it may have ended within a chunk: it stays under way
                    break
                with self.lock:
                    self.seen += int(self.tokens[part.stop] - self.tokens[part.start])
                self.queue.finish(part)
        except BaseException as error:
            self.failures.append(error)
            self.stop()
        finally:
            with self.lock:
                self.working -= 1
                if self.working == 0:
                    self.done.set()

    def stop(self) -> None:
        """Stop at once, within the chunks under way."""
        self.runs.stop[0] = 1
        self.queue.close()

    def show(self, bar: Any, shown: int) -> int:
        """Update the progress bar; the number of tokens it shows."""
        seen = self.seen
        if bar is not None and seen > shown:
            loss = self.loss()
            bar.set_postfix(loss="none" if loss is None else f"{loss:.4f}", refresh=False)
            bar.update(seen - shown)
        return seen

    def loss(self) -> float | None:
        """The mean loss over the targets so far; None without targets."""
        done = self.runs.targets > 0
        targets = int(self.runs.targets[done].sum())
        return float(self.runs.losses[done].sum() / targets) if targets else None

    @property
    def is_whole(self) -> bool:
        """Whether no chunk is under way, or was ended in between."""
        return not self.queue.under_way

    def run(self, bar: Any, checkpoints: Checkpoints | None = None, save: Callable[[], object] = bool) -> float | None:
        """The mean loss, None where there was no target, NaN when a step was not finite.

        When a checkpoint is due, all threads rest and `save` is called. An exception or Ctrl-C stops and joins all
        threads; with checkpoints, Ctrl-C first lets them finish their chunks.
        """
        count = min(self.workers, len(self.runs.losses))
        threads = [threading.Thread(target=self.work, name=f"wordvec-{i}", daemon=True) for i in range(count)]
        self.working, shown = count, 0
        try:
            for thread in threads:
                thread.start()
            # Not join(0.1): until Python 3.13 one that Ctrl-C interrupts takes its thread for finished.
            while not self.done.wait(0.1 if checkpoints is None else checkpoints.wait()):
                shown = self.show(bar, shown)
                if checkpoints is not None and checkpoints.due():
                    if self.queue.rest():
                        save()
                    self.queue.go_on()
        except KeyboardInterrupt:
            if checkpoints is not None:
                checkpoints.settings.ending.set()
                self.queue.rest()
            raise
        finally:
            self.stop()
            join(threads)
        self.show(bar, shown)
        if self.failures:
            raise self.failures[0]
        return self.loss() if np.isfinite(self.runs.losses).all() else float("nan")
