"""GloVe (Pennington, Socher & Manning 2014) and SN (Arora et al. 2016): log counts fitted by AdaGrad, tile by tile."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from math import log
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from wordvec._kernels import glove as kernel
from wordvec.base.options import option, with_default
from wordvec.base.simd import instruction_set, simd_level
from wordvec.cooccurrence import Cooccurrence, Counting
from wordvec.optim.descent import aligned_matrix, check_finite, descend, put
from wordvec.optim.epochs import Runs
from wordvec.trainers.base import FitOptions
from wordvec.trainers.counting import CountTrainer
from wordvec.trainers.tiles import Plan, Tiles, diagonals, tournament
from wordvec.vectors import KeyedVectors

Scalars = dict[str, NDArray[np.float64]]
FIXED = 1e30  # a sum of squares so large that its weight does not change
FROZEN = 1e38  # one beside which even many steps are nothing


@dataclass(frozen=True, kw_only=True)
class LogCounts(CountTrainer):
    """The base class of GloVe and SN: weighted least squares on the logarithms of counts, by AdaGrad."""

    window: int = with_default(Counting, "window", 10)
    distance_weight: Literal["flat", "harmonic", "linear"] = with_default(Counting, "distance_weight", "harmonic")
    epochs: int = option(15, "passes over the cells of the matrix", low=1)
    alpha: float = option(0.05, "learning rate of the first step; AdaGrad lowers it for each weight", above=0)
    x_max: float = option(10.0, "counts of at least this weigh 1", above=0)
    weight_exponent: float = option(0.75, "a smaller count x weighs (x / x_max) ^ this; 0: all weigh the same", low=0)
    grad_clip: float = option(100.0, "gradient clipping: the largest absolute value in a gradient", above=0)

    squared: ClassVar[bool]

    def _factorise(self, counts: Cooccurrence, options: FitOptions) -> KeyedVectors:
        tiles = Tiles(counts, self.threads)
        plan = self._plan(tiles.strata)
        tables, words = self._start(counts, options), counts.vocabulary
        if (frozen := options.frozen_words(words)) is not None:
            for table in tables:
                table[frozen != 0, 1, : self.vector_size] = FROZEN
        metadata = self.metadata(counts)
        cells = np.linspace(0, len(counts.data), len(plan.rows) + 1).astype(np.int64)

        def vectors() -> KeyedVectors:
            context = tables[-1][:, 0, : self.vector_size].copy() if options.keep_context else None
            return KeyedVectors(
                words, options.restore(self._vectors(tables), words), metadata=metadata, context=context
            )

        scalars = self._scalars(plan)
        metadata["loss"] = descend(
            self._steps(tiles, plan, tables, scalars),
            cells,
            epochs=self.epochs,
            alpha=self.alpha,
            min_alpha=self.alpha,
            seed=self.seed,
            workers=self.threads,
            ceiling=self._ceiling(counts, tables),
            vectors=vectors,
            callbacks=options.callbacks,
            progress=options.progress,
            after=plan.after,
            unit="cells",
            state={f"table.{number}": table for number, table in enumerate(tables)} | scalars,
            checkpoints=options.checkpoints,
        )
        for table in tables:
            check_finite(table[:, 0], self.alpha)
        return vectors()

    def _ceiling(self, counts: Cooccurrence, tables: list[NDArray[np.float32]]) -> float:
        """10 times a bound of the loss before the first step, with the rows of `init`: above it training diverged."""
        longest = max(float(np.square(table[:, 0]).sum(1).max()) for table in tables)
        return 10 * (1 + max(abs(log(counts.data.max())), abs(log(counts.data.min()))) + 4 * longest) ** 2

    def _check(self, options: FitOptions) -> None:
        super()._check(options)
        instruction_set()

    @abstractmethod
    def _plan(self, strata: int) -> Plan:
        """The order in which strata meet."""

    @abstractmethod
    def _start(self, counts: Cooccurrence, options: FitOptions) -> list[NDArray[np.float32]]:
        """The tables [V, 2, size] of words and contexts: weights, then sums of squared gradients; SN has one."""

    @abstractmethod
    def _vectors(self, tables: list[NDArray[np.float32]]) -> NDArray[np.float32]:
        """The vectors [V, vector_size] of the words."""

    def _scalars(self, plan: Plan) -> Scalars:
        """What is learned beside the tables."""
        return {}

    @abstractmethod
    def _steps(self, tiles: Tiles, plan: Plan, tables: list[NDArray[np.float32]], scalars: Scalars) -> Any:
        """The step function for `descend`."""

    def _settings(self) -> dict[str, Any]:
        """The arguments of the kernel that are the same for every tile."""
        return {
            "x_max": self.x_max,
            "exponent": self.weight_exponent,
            "clip": self.grad_clip,
            "squared": self.squared,
            "level": simd_level(),
        }

    def _table(self, words: int, rng: np.random.Generator, random: int) -> NDArray[np.float32]:
        """A table whose first `random` columns are uniform in +-0.5 / vector_size, the others zero.

        A step is alpha g / sqrt(1 + alpha^2 sum of g^2): the sum of squares starts at 1 / alpha^2. For GloVe the sum
        has the g of the step itself.
        """
        size = row_size(self.vector_size, simd_level())
        table: NDArray[np.float32] = aligned_matrix(words, 2 * size).reshape(words, 2, size)
        for start in range(0, words, 4096):  # in blocks, so that no second matrix is made
            part = table[start : start + 4096]
            part[:, 0, :random] = (rng.random((len(part), random), np.float32) - 0.5) / self.vector_size
            part[:, 1] = self.alpha**-2
        return table


def row_size(vector_size: int, level: int) -> int:
    """The columns of a row: a vector, two biases, and padding to full registers."""
    lanes: int = kernel.lanes(level)
    return -(-(vector_size + 2) // lanes) * lanes


@dataclass(frozen=True, kw_only=True)
class GloVe(LogCounts):
    """GloVe: dot products of word and context vectors, plus biases, fit log counts (Pennington et al. 2014)."""

    bias: bool = option(True, "a bias for each word and each context word")
    bias_alpha: Literal["alpha", "one"] = option(
        "alpha", "learning rate of the biases: alpha, as in the paper, or 1, as in GloVe's C program since 2019"
    )
    add_context: bool = option(True, "return the sum of word and context vectors, not the word vectors alone")

    name: ClassVar[str] = "glove"
    squared: ClassVar[bool] = False

    def _plan(self, strata: int) -> Plan:
        return diagonals(strata)

    def _start(self, counts: Cooccurrence, options: FitOptions) -> list[NDArray[np.float32]]:
        """Two columns follow each vector: the bias of the word is multiplied by 1, and 1 by the bias of the context."""
        rng, words, place = np.random.default_rng(self.seed), len(counts.vocabulary), self.vector_size
        tables = [self._table(words, rng, place + 1) for _ in range(2)]
        for which, table in enumerate(tables):
            own, other = place + which, place + 1 - which
            table[:, 0, own] = table[:, 0, place] if self.bias else 0
            table[:, 0, other] = self.bias
            table[:, 1, own] = self.alpha**-2 if self.bias_alpha == "alpha" else 1
            table[:, 1, other] = FIXED
        for source in options.sources:
            self._put(source, counts, tables)
        return tables

    def _put(self, init: KeyedVectors, counts: Cooccurrence, tables: list[NDArray[np.float32]]) -> None:
        """Start known words so that the sum of their two vectors, or the first one, is their vector in `init`."""
        rows = init.vocabulary.ids(counts.vocabulary)
        word, context = (table[:, 0, : self.vector_size] for table in tables)
        if init.context is not None:
            put(context, init.context, rows)
        elif self.add_context:
            put(context, init.vectors, rows, 0.5)
        put(word, init.vectors, rows)
        if self.add_context:
            known = rows >= 0
            word[known] -= context[known]

    def _vectors(self, tables: list[NDArray[np.float32]]) -> NDArray[np.float32]:
        word, context = (table[:, 0, : self.vector_size] for table in tables)
        return word + context if self.add_context else word.copy()

    def _steps(self, tiles: Tiles, plan: Plan, tables: list[NDArray[np.float32]], scalars: Scalars) -> Any:
        settings, unused = self._settings(), np.zeros(2)

        def step(part: slice, runs: Runs) -> None:
            rows, columns = shuffled(tiles.strata, runs)
            for place in range(part.start, part.stop):
                row, column = rows[plan.rows[place]], columns[plan.columns[place]]
                runs.losses[place] = descend_tile(tiles, row, column, tables, unused, runs.stop, settings)
                runs.targets[place] = tiles.cells[row, column]

        return step


@dataclass(frozen=True, kw_only=True)
class SquaredNorm(LogCounts):
    """SN: the squared norm of the sum of two vectors, plus a scalar, fits a log count (Arora et al. 2016)."""

    alpha: float = option(0.01, "learning rate of the first step; AdaGrad lowers it for each weight", above=0)

    name: ClassVar[str] = "sn"
    squared: ClassVar[bool] = True

    def _plan(self, strata: int) -> Plan:
        return tournament(strata)

    def _start(self, counts: Cooccurrence, options: FitOptions) -> list[NDArray[np.float32]]:
        table = self._table(len(counts.vocabulary), np.random.default_rng(self.seed), self.vector_size)
        options.place(table[:, 0, : self.vector_size], counts.vocabulary)
        return [table]

    def _vectors(self, tables: list[NDArray[np.float32]]) -> NDArray[np.float32]:
        return tables[0][:, 0, : self.vector_size].copy()

    def _scalars(self, plan: Plan) -> Scalars:
        """The scalar and its sum of squares at the start of each round and the end of each place, and their weights."""
        starts = np.zeros((plan.rounds[-1] + 1, 2))
        starts[-1] = np.random.default_rng([self.seed, 1]).random() - 0.5, self.alpha**-2
        places = len(plan.rounds)
        return {"starts": starts, "ends": np.tile(starts[-1], (places, 1)), "weights": np.ones(places)}

    def _steps(self, tiles: Tiles, plan: Plan, tables: list[NDArray[np.float32]], scalars: Scalars) -> Any:
        """The tiles of a round start from the same scalar; the next round starts from the mean of their results."""
        settings, rounds = self._settings(), np.array(plan.rounds)
        starts, ends, weights = (scalars[name] for name in ("starts", "ends", "weights"))

        def step(part: slice, runs: Runs) -> None:
            strata, _ = shuffled(tiles.strata, runs)
            for place in range(part.start, part.stop):
                number, pair = rounds[place], (strata[plan.rows[place]], strata[plan.columns[place]])
                before = rounds == (number or rounds[-1] + 1) - 1
                starts[number] = merged(starts[number - 1], ends[before], weights[before])
                scalar = starts[number].copy()
                for row, column in [pair, pair[::-1]][: 1 + (pair[0] != pair[1])]:
                    runs.losses[place] += descend_tile(tiles, row, column, tables, scalar, runs.stop, settings)
                    runs.targets[place] += tiles.cells[row, column]
                ends[place], weights[place] = scalar, 1 + runs.targets[place]

        return step


def merged(start: NDArray[np.float64], ends: NDArray[np.float64], weights: NDArray[np.float64]) -> tuple[float, float]:
    """The mean of the final scalars of a round, and the sum of their squared gradients."""
    return float(np.average(ends[:, 0], weights=weights)), float(start[1] + (ends[:, 1] - start[1]).sum())


def shuffled(strata: int, runs: Runs) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The strata of the rows and of the columns in an order that differs from epoch to epoch."""
    return np.argsort(runs.seeds[:strata]), np.argsort(runs.seeds[-strata:])


def descend_tile(
    tiles: Tiles,
    row: int,
    column: int,
    tables: list[NDArray[np.float32]],
    scalar: NDArray[np.float64],
    stop: NDArray[np.int32],
    settings: dict[str, Any],
) -> float:
    """One AdaGrad step for each cell of a tile; the sum of the losses."""
    by_row = tiles.by_row(row, column)
    side, outer, inner = (tiles.rows, row, column) if by_row else (tiles.columns, column, row)
    return kernel.train(
        side.indptr,
        side.indices,
        side.data,
        side.starts,
        tables[0] if by_row else tables[-1],
        tables[-1] if by_row else tables[0],
        scalar,
        stop,
        first=int(tiles.cuts[outer]),
        last=int(tiles.cuts[outer + 1]),
        stratum=inner,
        first_inner=int(tiles.cuts[inner]),
        panel=tiles.panel(inner, tables[0][0].nbytes),
        **settings,
    )
