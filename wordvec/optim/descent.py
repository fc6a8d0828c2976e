"""Stochastic gradient descent over chunks of a corpus or counts: schedule, threads, loss, progress, interruption."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from heapq import heapify, heappop, heappush
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from wordvec.base.errors import TrainingError
from wordvec.base.logs import warn
from wordvec.base.progress import progress_bar
from wordvec.corpus.subsampling import streams
from wordvec.optim.callbacks import Callback, Epoch, ends, log_epoch

if TYPE_CHECKING:
    from wordvec.corpus import EncodedCorpus
    from wordvec.vectors import KeyedVectors

RUN = 4  # chunks in a task of a thread: some tens of milliseconds at usual sizes


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


def aligned_matrix(rows: int, size: int, dtype: type = np.float32) -> NDArray[Any]:
    """Zeros [rows, size] whose rows are aligned and padded to 64 bytes; untouched rows take no memory."""
    item = np.dtype(dtype).itemsize
    stride = -(-size // 16) * 16
    raw = np.zeros(rows * stride * item + 64, np.uint8)
    start = -raw.ctypes.data % 64
    whole: NDArray[Any] = raw[start : start + rows * stride * item].view(dtype).reshape(rows, stride)
    return whole[:, :size]


def put(target: NDArray[Any], vectors: Any, rows: NDArray[Any], factor: float = 1.0) -> None:
    """Copy vectors[rows[i]], times a factor, to row i of a matrix [V, D], in blocks; -1 leaves the row as it is."""
    known = np.flatnonzero(rows >= 0)
    for some in np.array_split(known, len(known) // 4096 + 1):
        target[some] = factor * np.asarray(vectors[rows[some]])


def schedule(
    tokens_before: NDArray[np.int64], total: int, *, epoch: int, epochs: int, alpha: float, min_alpha: float, seed: int
) -> Runs:
    """Learning rates and random streams of an epoch: functions of (seed, epoch, chunk), not of threads."""
    done = (epoch + tokens_before / max(total, 1)) / epochs
    chunks = len(tokens_before)
    return Runs(
        epoch=epoch,
        alphas=alpha - (alpha - min(alpha, min_alpha)) * done,
        seeds=streams([seed, epoch], chunks),
        losses=np.zeros(chunks),
        targets=np.zeros(chunks, np.int64),
        stop=np.zeros(1, np.int32),
    )


def descend(
    step: Step,
    tokens: NDArray[np.int64],
    *,
    epochs: int,
    alpha: float,
    min_alpha: float,
    seed: int,
    workers: int,
    ceiling: float,
    vectors: Callable[[], KeyedVectors],
    callbacks: Iterable[Callback] = (),
    progress: bool = False,
    after: Sequence[Sequence[int]] | None = None,
    unit: str = "words",
) -> list[float | None]:
    """Run `step(slice of chunks, arrays of the epoch)` over all chunks, `epochs` times; the mean loss of each epoch.

    `tokens` [C + 1] counts the tokens before each chunk, in `unit`; `vectors` returns the vectors for callbacks. One
    worker takes the chunks in order, so that results repeat bit for bit; with more workers every chunk draws the same
    samples and only the order of updates differs. `after` [C] lists for each chunk the earlier chunks that must be done
    before it: if these are all that use the same rows, results are the same for any number of workers. A callback that
    returns True ends training after its epoch. TrainingError for a loss that is not finite or above `ceiling`. The loss
    of an epoch without targets is None; a warning says so where no epoch had any.
    """
    losses: list[float | None] = []
    callbacks, total = list(callbacks), int(tokens[-1])
    with progress_bar(total * epochs, progress, unit=f" {unit}") as bar:
        for epoch in range(epochs):
            start = time.monotonic()
            runs = schedule(tokens[:-1], total, epoch=epoch, epochs=epochs, alpha=alpha, min_alpha=min_alpha, seed=seed)
            if bar is not None:
                bar.set_description(f"epoch {epoch + 1}/{epochs}")
            mean = _Epoch(step, runs, tokens, after).run(workers, bar)
            if mean is not None and not mean <= ceiling:
                raise _diverged(mean, losses, epoch, epochs, ceiling, alpha)
            losses.append(mean)
            rate, seconds = float(runs.alphas[-1]), time.monotonic() - start
            log_epoch(epoch + 1, epochs, mean, rate, total, seconds, unit)
            if not callbacks:  # making the vectors may cost a copy
                continue
            if ends(callbacks, Epoch(epoch + 1, epochs, mean, rate, total, seconds, vectors())):
                break
    if all(loss is None for loss in losses):
        warn(
            f"nothing was learned: in {len(losses)} epochs there was no target, so that the vectors are the random "
            "ones that training starts with; subsampling leaves out the frequent words of a small corpus: use sample=0 "
            "or a larger sample, or more text"
        )
    return losses


def _diverged(
    mean: float, losses: list[float | None], epoch: int, epochs: int, ceiling: float, alpha: float
) -> TrainingError:
    before = [loss if loss is None else round(loss, 4) for loss in losses]
    return TrainingError(
        f"training diverged in epoch {epoch + 1} of {epochs}: the mean loss of a target must stay finite and below "
        f"{ceiling:.3g}; it is {mean:.3g} (the epochs before: {before}); use a smaller alpha than {alpha:g}"
    )


def descend_on(
    corpus: EncodedCorpus,
    train: Callable[..., None],
    fixed: dict[str, Any],
    trainer: Any,
    *,
    ceiling: float,
    vectors: Callable[[], KeyedVectors],
    callbacks: Iterable[Callback],
    progress: bool,
) -> list[float | None]:
    """`descend` over the chunks of a corpus with the kernel `train`; `fixed` are its arguments that no chunk changes.

    `trainer` has the options: epochs, alpha, min_alpha, seed and threads.
    """
    chunks = corpus.chunks()

    def step(part: slice, runs: Runs) -> None:
        train(
            ids=corpus.ids,
            offsets=corpus.offsets,
            chunks=chunks[part.start : part.stop + 1],
            alphas=runs.alphas[part],
            seeds=runs.seeds[part],
            losses=runs.losses[part],
            targets=runs.targets[part],
            stop=runs.stop,
            **fixed,
        )

    return descend(
        step,
        corpus.offsets[chunks],
        epochs=trainer.epochs,
        alpha=trainer.alpha,
        min_alpha=trainer.min_alpha,
        seed=trainer.seed,
        workers=trainer.threads,
        ceiling=ceiling,
        vectors=vectors,
        callbacks=callbacks,
        progress=progress,
    )


def check_finite(matrix: NDArray[Any], alpha: float) -> None:
    """TrainingError if a row holds NaN or inf: losses are computed before each step and miss the last steps."""
    for start in range(0, len(matrix), 4096):
        if not np.isfinite(matrix[start : start + 4096]).all():
            raise TrainingError(f"training diverged in its last steps; use a smaller alpha than {alpha:g}")


class _Queue:
    """The chunks of an epoch, handed out in order: several at a time, or each when the chunks before it are done."""

    def __init__(self, chunks: int, after: Sequence[Sequence[int]] | None) -> None:
        self.chunks, self.width = chunks, RUN if after is None else 1
        self.waits = [0] * chunks if after is None else [len(before) for before in after]
        self.then: list[list[int]] = [[] for _ in range(chunks)]  # the chunks that wait for each chunk
        for chunk, before in enumerate(after or ()):
            for other in before:
                self.then[other].append(chunk)
        self.ready = [first for first in range(0, chunks, self.width) if self.waits[first] == 0]
        heapify(self.ready)
        self.left = -(-chunks // self.width)  # tasks not handed out yet
        self.changed = threading.Condition()

    def take(self) -> slice | None:
        """The next task, or None at the end; waits while all remaining tasks wait for others."""
        with self.changed:
            while self.left and not self.ready:
                self.changed.wait()
            if not self.left:
                return None
            self.left -= 1
            first = heappop(self.ready)
            return slice(first, min(first + self.width, self.chunks))

    def finish(self, part: slice) -> None:
        """Release the chunks that waited for these."""
        with self.changed:
            for chunk in range(part.start, part.stop):
                for waiting in self.then[chunk]:
                    self.waits[waiting] -= 1
                    if self.waits[waiting] == 0:
                        heappush(self.ready, waiting)
            self.changed.notify_all()

    def close(self) -> None:
        """Hand out no more tasks, and wake waiting threads."""
        with self.changed:
            self.left = 0
            self.changed.notify_all()


class _Epoch:
    """One epoch that runs on several threads."""

    def __init__(
        self, step: Step, runs: Runs, tokens: NDArray[np.int64], after: Sequence[Sequence[int]] | None
    ) -> None:
        self.step, self.runs, self.tokens = step, runs, tokens
        self.queue = _Queue(len(runs.losses), after)
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

    def run(self, workers: int, bar: Any) -> float | None:
        """The mean loss, None where there was no target, NaN when a step was not finite.

        An exception or Ctrl-C stops and joins all threads.
        """
        count = min(workers, len(self.runs.losses))
        threads = [threading.Thread(target=self.work, name=f"wordvec-{i}", daemon=True) for i in range(count)]
        self.working, shown = count, 0
        try:
            for thread in threads:
                thread.start()
            # Not join(0.1): until Python 3.13 one that Ctrl-C interrupts takes its thread for finished.
            while not self.done.wait(0.1):
                shown = self.show(bar, shown)
        finally:
            self.stop()
            for thread in threads:
                if thread.ident is not None:
                    thread.join()
        self.show(bar, shown)
        if self.failures:
            raise self.failures[0]
        return self.loss() if np.isfinite(self.runs.losses).all() else float("nan")
