"""Stochastic gradient descent over chunks of a corpus or counts: schedule, threads, loss, progress, interruption."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from wordvec.base.errors import TrainingError
from wordvec.base.logs import warn
from wordvec.base.progress import progress_bar
from wordvec.base.threads import thread_pool
from wordvec.corpus.subsampling import streams
from wordvec.optim.callbacks import Callback, Epoch, ends, log_epoch
from wordvec.optim.checkpoints import Checkpoints, State
from wordvec.optim.copies import Copies, Lending
from wordvec.optim.epochs import Running, Runs, Step
from wordvec.optim.shuffling import Sentences

if TYPE_CHECKING:
    from wordvec.corpus import EncodedCorpus
    from wordvec.vectors import KeyedVectors


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
    state: State | None = None,
    checkpoints: Checkpoints | None = None,
    burn_in: tuple[int, float] = (0, 0.0),
    settle: Callable[[Runs], object] = bool,
) -> list[float | None]:
    """Run `step(slice of chunks, arrays of the epoch)` over all chunks, `epochs` times; the mean loss of each epoch.

    `tokens` [C + 1] counts the tokens before each chunk, in `unit`; `vectors` returns the vectors for callbacks. One
    worker takes the chunks in order, so that results repeat bit for bit; with more workers every chunk draws the same
    samples and only the order of updates differs. `after` [C] lists for each chunk the earlier chunks that must be done
    before it: if these are all that use the same rows, results are the same for any number of workers. A callback that
    returns True ends training after its epoch. With `checkpoints`, the arrays of `state`, all that steps change, are
    saved when no chunk is under way, and the run goes on from what was saved before. TrainingError for a loss that is
    not finite or above `ceiling`. The loss of an epoch without targets is None; a warning says so where no epoch had
    any. The first epochs, as many as `burn_in` says, have the learning rate beside that number. While all threads rest,
    `settle` is called before the arrays are read: at the end of an epoch, and before they are saved.
    """
    callbacks, total = list(callbacks), int(tokens[-1])
    run = _Run(state or {}, len(tokens) - 1, checkpoints, settle)
    with progress_bar(total * epochs, progress, unit=f" {unit}") as bar, run.saved_when_interrupted():
        run.restore()
        if bar is not None:
            bar.update(run.place.epoch * total + int(np.diff(tokens)[run.place.done].sum()))
        while run.place.epoch < epochs and not run.place.ended:
            epoch, start = run.place.epoch, time.monotonic()
            runs = schedule(tokens[:-1], total, epoch=epoch, epochs=epochs, alpha=alpha, min_alpha=min_alpha, seed=seed)
            if epoch < burn_in[0]:
                runs.alphas[:] = burn_in[1]
            if bar is not None:
                bar.set_description(f"epoch {epoch + 1}/{epochs}")
            mean = run.start(step, runs, tokens, after, workers).run(bar, checkpoints, run.save)
            settle(runs)
            if mean is not None and not mean <= ceiling:
                raise _diverged(mean, run.place.losses, epoch, epochs, ceiling, alpha)
            rate, seconds = float(runs.alphas[-1]), time.monotonic() - start
            log_epoch(epoch + 1, epochs, mean, rate, total, seconds, unit)
            # Making the vectors may cost a copy. An epoch counts as done once its callbacks are.
            ended = bool(callbacks) and ends(callbacks, Epoch(epoch + 1, epochs, mean, rate, total, seconds, vectors()))
            run.finish(mean, ended, ended or epoch + 1 == epochs)
    losses = list(run.place.losses)
    if all(loss is None for loss in losses):
        warn(
            f"nothing was learned: in {len(losses)} epochs there was no target, so that the vectors are the random "
            "ones that training starts with; subsampling leaves out the frequent words of a small corpus: use sample=0 "
            "or a larger sample, or more text"
        )
    return losses


class _Place(NamedTuple):
    """Where a descent is: the epochs that are done, and the chunks of the present one."""

    epoch: int
    losses: tuple[float | None, ...]  # of the epochs
    ended: bool  # by a callback
    done: NDArray[np.bool_]  # [C]
    chunk_losses: NDArray[np.float64]  # [C] of the present epoch
    targets: NDArray[np.int64]  # [C]

    @classmethod
    def at(cls, epoch: int, losses: tuple[float | None, ...], ended: bool, chunks: int) -> _Place:
        """The start of an epoch."""
        return cls(epoch, losses, ended, np.zeros(chunks, np.bool_), np.zeros(chunks), np.zeros(chunks, np.int64))


class _Run:
    """A descent that can be saved and go on. Its place changes by one assignment: an interrupt finds it whole."""

    def __init__(
        self, state: State, chunks: int, checkpoints: Checkpoints | None, settle: Callable[[Runs], object]
    ) -> None:
        self.state, self.checkpoints, self.settle = state, checkpoints, settle
        self.place = _Place.at(0, (), False, chunks)
        self.running: Running | None = None
        self.is_restored = False

    def arrays(self) -> State:
        """All that is saved."""
        place = self.place
        return {
            **self.state,
            "chunks.done": place.done,
            "chunks.losses": place.chunk_losses,
            "chunks.targets": place.targets,
        }

    def position(self) -> dict[str, Any]:
        """The rest of what is saved."""
        return {"epoch": self.place.epoch, "losses": list(self.place.losses), "ended": self.place.ended}

    def restore(self) -> None:
        """Go on from the newest checkpoint, if there is one."""
        saved = None if self.checkpoints is None else self.checkpoints.restore(self.arrays())
        if saved is not None:
            self.place = self.place._replace(epoch=saved["epoch"], losses=tuple(saved["losses"]), ended=saved["ended"])
        self.is_restored = True

    def start(
        self, step: Step, runs: Runs, tokens: NDArray[np.int64], after: Sequence[Sequence[int]] | None, workers: int
    ) -> Running:
        """The present epoch, with what is left of it to do."""
        runs.losses[:], runs.targets[:] = self.place.chunk_losses, self.place.targets
        self.place = self.place._replace(chunk_losses=runs.losses, targets=runs.targets)
        self.running = Running(step, runs, tokens, after, self.place.done, workers)
        return self.running

    def finish(self, mean: float | None, ended: bool, last: bool) -> None:
        """Go to the next epoch, and save where it is time, and at the end."""
        place = self.place
        self.place = _Place.at(place.epoch + 1, (*place.losses, mean), ended, len(place.done))
        self.running = None
        if self.checkpoints is not None and (last or self.checkpoints.due(self.place.epoch)):
            self.checkpoints.save(self.arrays(), self.position(), last=last)

    def save(self) -> None:
        """Save while all threads rest."""
        if self.checkpoints is not None and self.running is not None:
            self.settle(self.running.runs)
            self.checkpoints.save(self.arrays(), self.position())

    @contextmanager
    def saved_when_interrupted(self) -> Iterator[None]:
        """Save once more when Ctrl-C or a signal ends the run, unless a chunk was torn."""
        try:
            yield
        except KeyboardInterrupt:
            is_whole = self.is_restored and (self.running is None or self.running.is_whole)
            if self.checkpoints is not None and is_whole:
                if self.running is not None:
                    self.settle(self.running.runs)
                self.checkpoints.save_interrupted(self.arrays(), self.position())
            raise
        finally:
            if self.checkpoints is not None:
                self.checkpoints.settings.ending.clear()


def _diverged(
    mean: float, losses: Sequence[float | None], epoch: int, epochs: int, ceiling: float, alpha: float
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
    state: State | None = None,
    checkpoints: Checkpoints | None = None,
    copies: Sequence[dict[str, Copies]] = (),
) -> list[float | None]:
    """`descend` over the chunks of a corpus with the kernel `train`; `fixed` are its arguments that no chunk changes.

    `trainer` has the options: epochs, alpha, min_alpha, seed and threads, and perhaps shuffle. Each thread has
    one of the choices of `copies`, by argument of the kernel.
    """
    chunks = corpus.chunks()
    order = (trainer.seed, 0, 2) if getattr(trainer, "shuffle", False) else None
    sentences = Sentences(corpus.ids, corpus.offsets, chunks, order)

    lending = Lending(copies, trainer.threads)

    def run(piece: slice, own: dict[str, Any], runs: Runs) -> None:
        train(
            **sentences.text(piece, runs.epoch),
            alphas=runs.alphas[piece],
            seeds=runs.seeds[piece],
            losses=runs.losses[piece],
            targets=runs.targets[piece],
            stop=runs.stop,
            **{**fixed, **own},
        )

    def step(part: slice, runs: Runs) -> None:
        for piece, own in lending.pieces(part):
            run(piece, own, runs)

    def settle(runs: Runs) -> None:
        with thread_pool(trainer.threads) as pool:
            for _ in pool.map(lambda own: run(slice(0, 0), own, runs), lending.held()):
                pass

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
        state=state,
        checkpoints=checkpoints,
        settle=settle,
    )


def check_finite(matrix: NDArray[Any], alpha: float) -> None:
    """TrainingError if a row holds NaN or inf: losses are computed before each step and miss the last steps."""
    for start in range(0, len(matrix), 4096):
        if not np.isfinite(matrix[start : start + 4096]).all():
            raise TrainingError(f"training diverged in its last steps; use a smaller alpha than {alpha:g}")
