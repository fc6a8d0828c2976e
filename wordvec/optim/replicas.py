"""Synchronous local descent on threads: replicas of all tables train their own shares, and are averaged every round."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from wordvec.optim.averaging import Averaging, Rows
from wordvec.optim.descent import aligned_matrix
from wordvec.optim.epochs import Runs, Step
from wordvec.optim.rounds import Rounds

RANGES = 8  # parts of the rows that are averaged at the same time

Tables = Mapping[str, NDArray[np.float32]]
Train = Callable[[int, slice, Runs, Tables], None]  # of a replica's chunks, with their arrays alone, in its tables


@dataclass(frozen=True, eq=False)
class Replicas:
    """R replicas of some tables, and the tasks of an epoch for `optim.descent.descend`.

    In every round there is a task for each replica, which trains its part, and then one for each range of rows, which
    averages them. No two tasks that could run at once change the same rows, so that the result is the same for any
    number of threads.
    """

    base: Tables  # as they were when rows were last averaged; after an epoch, the result
    tables: list[dict[str, NDArray[np.float32]]]  # of each replica
    rounds: Rounds
    averagings: Mapping[str, Averaging]  # of each table

    @classmethod
    def make(cls, base: Tables, rounds: Rounds, rates: Mapping[str, NDArray[np.float64]]) -> Replicas:
        """Copy each table R times; `rates` are the expected updates of its rows for each token."""
        tables = [{name: _copy(table) for name, table in base.items()} for _ in range(rounds.replicas)]
        averagings = {name: rounds.averaging(rates[name]) for name in base}
        return cls(base, tables, rounds, averagings)

    @property
    def width(self) -> int:
        """The tasks of a round."""
        return self.rounds.replicas + RANGES

    def tokens(self) -> NDArray[np.int64]:
        """[T + 1] the tokens before each task of an epoch; averaging has none."""
        marks = self.rounds.tokens[self.rounds.marks]  # [R, count + 1]
        sizes = np.zeros((self.rounds.count, self.width), np.int64)
        sizes[:, : self.rounds.replicas] = np.diff(marks, axis=1).T
        return np.concatenate([[0], np.cumsum(sizes.ravel())])

    def after(self) -> list[range]:
        """[T] the tasks that must be done before each: the averaging of a round after its training, and vice versa."""
        replicas, width = self.rounds.replicas, self.width
        trained, averaged = range(replicas), range(replicas - width, 0)
        first: list[range] = [range(0)] * replicas + [trained] * RANGES
        later = [averaged] * replicas + [trained] * RANGES
        plan = list(first)
        for start in range(width, self.rounds.count * width, width):
            plan += [range(start + tasks.start, start + tasks.stop) for tasks in later]
        return plan

    def state(self) -> dict[str, NDArray[np.float32]]:
        """All arrays that tasks change in place, by name."""
        copies = {
            f"replica {number} {name}": table
            for number, tables in enumerate(self.tables)
            for name, table in tables.items()
        }
        return {**self.base, **copies}

    def step(self, train: Train) -> Step:
        """The function that does a task; `train` trains some chunks of a replica."""
        arrays = lru_cache(1)(self.rounds.runs)

        def work(task: slice, runs: Runs) -> None:
            round, place = divmod(task.start, self.width)
            if place >= self.rounds.replicas:
                self.average(runs.epoch, round + 1, place - self.rounds.replicas)
                return
            part, whole = self.rounds.part(place, round), arrays(runs.epoch)
            chunks = part.stop - part.start
            own = Runs(
                whole.epoch,
                whole.alphas[part],
                whole.seeds[part],
                np.zeros(chunks),
                np.zeros(chunks, np.int64),
                runs.stop,
            )
            if chunks:
                train(place, part, own, self.tables[place])
            runs.losses[task.start], runs.targets[task.start] = own.losses.sum(), own.targets.sum()

        return work

    def average(self, epoch: int, done: int, range_: int) -> None:
        """Average one of the ranges of the rows that are due when `done` rounds of an epoch are done."""
        rate = self.rounds.rate(epoch, done - 1)
        for name, averaging in self.averagings.items():
            due = averaging.due(done, self.rounds.count)
            ranks = due * range_ // RANGES, due * (range_ + 1) // RANGES
            copies = [tables[name] for tables in self.tables]
            sources = {(number, number + 1): Rows(table) for number, table in enumerate(copies)}
            averaging.average(ranks, self.base[name], sources, copies, done, rate)


def _copy(table: NDArray[np.float32]) -> NDArray[np.float32]:
    """A copy, its rows aligned as kernels need them."""
    copy = np.empty_like(table) if table.ndim == 1 else aligned_matrix(*table.shape)
    copy[:] = table
    return copy
