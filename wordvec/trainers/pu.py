"""PU-learning (Jiang, Yu, Hsieh and Chang 2018): a weighted factorisation of PPMI in which zeros weigh less."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from wordvec.base.errors import OptionError, TrainingError
from wordvec.base.options import option, with_default
from wordvec.base.progress import progress_bar
from wordvec.base.simd import simd_level
from wordvec.cooccurrence import Cooccurrence, Counting
from wordvec.optim.callbacks import Epoch, ends, log_epoch
from wordvec.optim.checkpoints import Checkpoints
from wordvec.optim.descent import put
from wordvec.optim.factorisation import RELAX, Cells, Factorisation
from wordvec.optim.sparse import Sparse, threads_of
from wordvec.optim.svd import columns_of, truncated
from wordvec.trainers.base import FitOptions
from wordvec.trainers.counting import CountTrainer
from wordvec.vectors import KeyedVectors

POWERS = 3  # power iterations of the SVD that training starts from


@dataclass(frozen=True, kw_only=True)
class PULearning(CountTrainer):
    """PU-learning: dot products of word and context vectors fit PPMI; zeros weigh less (Jiang et al. 2018)."""

    epochs: int = option(15, "maximum number of sweeps over all rows and columns", low=1)
    tolerance: float = option(
        1e-3, "stop when a sweep lowers the objective by less than this share; 0: never", low=0, high=1
    )
    rho: float = option(0.0625, "weight of pairs without positive PMI, which are zeros of the matrix", low=0, high=1)
    regularization: float = option(2**-11, "weight of the squared norm of a row, for each of its cells", low=0)
    x_max: float = option(10.0, "counts of at least this weigh 1", above=0)
    weight_exponent: float = option(0.75, "exponent of count / x_max in the weight of a pair", low=0, high=10)
    smoothing: float = option(0.75, "exponent of the counts of context words in PMI", above=0, high=10)
    bias: bool = option(True, "a bias for each word and each context word")
    add_context: bool = option(True, "return the sum of word and context vectors, not the word vectors alone")
    window: int = with_default(Counting, "window", 15)
    distance_weight: Literal["flat", "harmonic", "linear"] = with_default(Counting, "distance_weight", "linear")

    name: ClassVar[str] = "pu"
    freezes: ClassVar[bool] = False

    def _factorise(self, counts: Cooccurrence, options: FitOptions) -> KeyedVectors:
        if counts.offsets is not None:
            raise OptionError("corpus must be counts of pairs of words; these are counts of pairs at each offset")
        level = simd_level()
        cells = self._cells(counts)
        start: list[NDArray[np.float32]] = []
        if options.checkpoints is None or not options.checkpoints.is_resumed:
            start = self._start(cells, counts, options, level)
        model = Factorisation(
            cells,
            counts.shape[1],
            self.vector_size,
            bias=self.bias,
            rho=self.rho,
            ridge=self.regularization,
            workers=self.threads,
            level=level,
        )
        for which in range(len(start)):
            model.vectors(which)[:] = start.pop(0)
        model.start()
        metadata = self.metadata(counts)

        def vectors() -> KeyedVectors:
            word, context = model.vectors(0), model.vectors(1)
            matrix = word + context if self.add_context else word.copy()
            if options.init is not None:  # of words that do not occur, these counts say nothing
                put(matrix, options.init.vectors, _absent(counts, options.init))
            kept = context if options.keep_context else None
            return KeyedVectors(counts.vocabulary, matrix, metadata=metadata, context=kept)

        tokens = 0 if counts.stats is None else counts.stats.kept
        with progress_bar(2 * self.epochs * len(cells.values), options.progress, unit=" cells") as bar:
            metadata["loss"] = self._sweeps(model, options, tokens, vectors, bar)
        return vectors()

    def _start(self, cells: Cells, counts: Cooccurrence, options: FitOptions, level: int) -> list[NDArray[np.float32]]:
        """Starting vectors of words and of context words."""
        if options.init is None:
            return self._decomposed(cells, level, options.progress)
        return self._from_init(options, counts)

    def _sweeps(
        self,
        model: Factorisation,
        options: FitOptions,
        tokens: int,
        vectors: Callable[[], KeyedVectors],
        bar: Any,
    ) -> list[float]:
        """Sweep until the objective hardly falls or a callback ends training; the objective after every sweep."""
        checkpoints = options.checkpoints
        saved = (None if checkpoints is None else checkpoints.restore(model.state)) or {}
        losses, ended, reported = list(saved.get("losses", [])), saved.get("ended", False), saved.get("reported", True)
        done = 2 * len(model.sides[0].values)
        if saved:
            model.start()
        if bar is not None:
            bar.update(done * len(losses))
        while not reported or (not ended and len(losses) < self.epochs):
            start = time.monotonic()
            if reported:
                self._sweep(model, losses, checkpoints, bar)
                log_epoch(len(losses), self.epochs, losses[-1], None, done, time.monotonic() - start, "cells")
            reported = True
            ended = bool(options.callbacks) and ends(options.callbacks, self._report(losses, tokens, start, vectors()))
            ended = ended or self._settled(losses)
            is_last = ended or len(losses) == self.epochs
            if checkpoints is not None and (is_last or checkpoints.due(len(losses))):
                checkpoints.save(model.state, _position(losses, ended), last=is_last)
        return losses

    def _sweep(self, model: Factorisation, losses: list[float], checkpoints: Checkpoints | None, bar: Any) -> None:
        """One sweep more, whose objective is added to the losses; Ctrl-C waits for its end where it can be saved."""

        def sweep() -> float:
            return model.sweep(RELAX if losses else 1.0, int if bar is None else bar.update)

        loss, interrupt = (sweep(), None) if checkpoints is None else checkpoints.unbroken(sweep)
        if not np.isfinite(loss):
            number = len(losses) + 1
            raise TrainingError(f"training diverged in sweep {number}: the objective must be finite; it is {loss}")
        losses.append(loss)
        if checkpoints is not None and interrupt is not None:
            checkpoints.save_interrupted(model.state, _position(losses, False, reported=False))
            raise interrupt
        if bar is not None:
            bar.set_postfix(loss=f"{loss:.5g}", refresh=False)

    def _settled(self, losses: list[float]) -> bool:
        """Whether the last sweep gained little, and less than the one before: gains grow while rows are near zero."""
        if not self.tolerance or len(losses) < 3:
            return False
        before, now = losses[-3] - losses[-2], losses[-2] - losses[-1]
        return now <= min(before, self.tolerance * losses[-1])

    def _report(self, losses: list[float], tokens: int, start: float, vectors: KeyedVectors) -> Epoch:
        seconds = time.monotonic() - start
        return Epoch(len(losses), self.epochs, losses[-1], 0.0, tokens, seconds, vectors)

    def _cells(self, counts: Cooccurrence) -> Cells:
        """The cells with positive PMI, and their weight beyond that of an empty cell."""
        matrix = counts.ppmi(smoothing=self.smoothing, workers=self.threads, keep_counts=True)
        assert matrix.counts is not None
        weights = np.minimum(1, (matrix.counts / np.float32(self.x_max)) ** np.float32(self.weight_exponent))
        excess = weights - np.float32(self.rho)
        return Cells(matrix.indptr, matrix.indices, matrix.data, excess)

    def _decomposed(self, cells: Cells, level: int, progress: bool) -> list[NDArray[np.float32]]:
        """Starting vectors: the singular vectors of PPMI times S^.5, the solution where all cells weigh the same."""
        words = len(cells.indptr) - 1
        if not len(cells.values):
            return [np.zeros((words, self.vector_size), np.float32)] * 2
        columns = columns_of((words, words), self.vector_size, 0, POWERS)
        with threads_of(self.threads, level) as threads, progress_bar(columns, progress, "SVD", " columns") as bar:
            svd = truncated(
                Sparse((words, words), cells.indptr, cells.indices, cells.values),
                self.vector_size,
                threads,
                oversampling=0,
                power_iterations=POWERS,
                seed=self.seed,
                advance=int if bar is None else bar.update,
            )
        return [svd.left(0.5), svd.right(0.5)]

    def _from_init(self, options: FitOptions, counts: Cooccurrence) -> list[NDArray[np.float32]]:
        """Starting vectors whose sum, or the first one, is the vector of `init`; zero for unknown words.

        With `add_context` and no context in `init`, word and context each start at half of the vector.
        """
        word, context = (np.zeros((len(counts.vocabulary), self.vector_size), np.float32) for _ in range(2))
        for source in options.sources:
            rows = source.vocabulary.ids(counts.vocabulary)
            put(word, source.vectors, rows)
            if source.context is not None:
                put(context, source.context, rows)
            elif self.add_context:
                put(context, source.vectors, rows, 0.5)
        if self.add_context:
            word -= context
        return [word, context]


def _position(losses: list[float], ended: bool, reported: bool = True) -> dict[str, Any]:
    """What is saved of a run beside its arrays; `reported`: the callbacks of the last sweep have been called."""
    return {"epoch": len(losses), "losses": losses, "ended": ended, "reported": reported}


def _absent(counts: Cooccurrence, init: KeyedVectors) -> NDArray[np.int64]:
    """[V] the row in `init` of each word without counts; -1 for the others."""
    rows = init.vocabulary.rows_of(counts.vocabulary.data, counts.vocabulary.offsets)
    return np.where(np.diff(counts.indptr) == 0, rows, -1)
