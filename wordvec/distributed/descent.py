"""Synchronous local descent on a cluster: the driver hands out segments of rounds, and again what a lost worker did."""

from __future__ import annotations

import time
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wordvec.base.errors import ClusterError, WordvecError
from wordvec.base.libraries import library
from wordvec.distributed.cluster import Cluster, Worker
from wordvec.distributed.corpus import DistributedCorpus
from wordvec.distributed.holdings import INSTALL
from wordvec.distributed.peers import PeerStore
from wordvec.distributed.segments import (
    DIVERGED,
    DONE,
    MISSING,
    PART,
    Descent,
    Outcome,
    Segment,
    state_blocks,
    state_name,
    train_segment,
)
from wordvec.distributed.store import Lost
from wordvec.optim.averaging import Averaging
from wordvec.optim.epochs import Runs, Step
from wordvec.optim.replicas import Replicas

RETURN = 20  # seconds that a worker may take to come when all are lost
SEGMENT = 20.0  # seconds of a segment, about: the most that is done again when a worker is lost
FEWEST = 8  # rounds of a segment, before it is known how long they take
POLL = 0.25  # seconds between looks at workers that are about to come or to end
LOOK = 1.0  # seconds between looks at those that train, which take time from them where cores are few
END = 10.0  # seconds that workers may take to end an attempt


class State(Mapping[str, NDArray[Any]]):
    """The tables and their place in the run, brought from the workers when they are asked for."""

    def __init__(self, descent: ClusterDescent) -> None:
        self.descent = descent
        self.arrays: dict[str, NDArray[Any]] = {**descent.local.base, "place": descent.place}

    def __getitem__(self, name: str) -> NDArray[Any]:
        self.descent.refresh()
        return self.arrays[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.arrays)

    def __len__(self) -> int:
        return len(self.arrays)


@dataclass(eq=False)
class Attempt:
    """A segment under way: the tasks of its workers."""

    segment: Segment
    workers: list[Worker]
    futures: list[Any]
    started: float = field(default_factory=time.monotonic)
    rounds: int = 0  # that all have trained


class ClusterDescent:
    """The replicas of a `Replicas`, on the workers of a cluster; its tasks do the same, to the byte.

    A segment goes from one round after which all rows are averaged to another, where all replicas are equal. Its state
    is what every worker keeps, so that the segment can be done again, by any workers that are there, when one is lost.
    The tables of the driver, the `base` of `local`, are brought up to date by `refresh`.
    """

    def __init__(self, cluster: Cluster, local: Replicas, corpus: Any, train: Any, fixed: Mapping[str, Any]) -> None:
        self.cluster, self.local, self.rounds = cluster, local, local.rounds
        self.place = np.zeros(2, np.int64)  # IN and OUT epoch and round of the tables of the driver
        self.level: int = fixed["level"]
        workers = self._workers()
        check_memory(workers, local, fixed)
        self.corpus, self.chunks = corpus, corpus.chunks()
        self.arrays: dict[str, NDArray[Any]] = {}  # what all workers need
        self.store = PeerStore(cluster.client, [worker.address for worker in workers])
        self.descent = self._set_up(train, fixed)
        self.number = -1  # of the state that all workers have
        self.numbers = count()  # of states: none is used twice, as survivors of an attempt keep what they had
        self.at = (0, 0)  # epoch and round of that state
        self.attempt: Attempt | None = None
        self.attempts = 0
        self.speed = 0.0  # rounds a second
        self.warned = False

    def tokens(self) -> NDArray[np.int64]:
        """[T + 1] the tokens before each task of an epoch."""
        return self.local.tokens()

    def state(self) -> Mapping[str, NDArray[Any]]:
        """All that must be saved to go on later."""
        return State(self)

    def close(self) -> None:
        """Stop what is under way, and forget what workers keep."""
        self._stop()
        self.store.close()

    def step(self) -> Step:
        """The function that waits for tasks of an epoch: a segment is started with its first task."""

        def work(tasks: slice, runs: Runs) -> None:
            for task in range(tasks.start, tasks.stop):
                self._do(task, runs)

        return work

    def refresh(self) -> None:
        """Bring the tables of the driver up to date."""
        if self.number < 0 or (int(self.place[0]), int(self.place[1])) == self.at:
            return
        with self.cluster.faults():
            for name, table in self.local.base.items():
                for block, first, last in state_blocks(table.shape):
                    table[first:last] = self.store.read(state_name(self.number, name, block), "rows")
        self.place[:] = self.at

    def _do(self, task: int, runs: Runs) -> None:
        """Wait until a task is done: its round is trained, or for the last one of a segment, all of it."""
        round = task // self.local.width
        if self.number >= 0 and self.at[0] == runs.epoch and round < self.at[1]:
            return
        if self.attempt is None:
            self._start(runs.epoch, round)
        assert self.attempt is not None
        is_last = task == self.attempt.segment.last * self.local.width - 1
        while self.attempt is not None and (is_last or self.attempt.rounds <= round):
            if runs.stop[0]:
                self._stop()
                return
            self._look(runs)
            if runs.stop[0] or (is_last and self.attempt is None):
                return

    def _start(self, epoch: int, round: int) -> None:
        """Start a segment that ends after a round, from where the state of the workers is."""
        if self.number < 0:
            self._send_state()
        first = self.at[1] if self.at[0] == epoch else 0
        least = max(round + 1, first + max(FEWEST, int(self.speed * SEGMENT)))
        last = next(done for done in range(min(least, self.rounds.count), self.rounds.count + 1) if self._is_full(done))
        workers = self._workers()
        places = shared_out(self.rounds.replicas, workers)
        by_address = {worker.address: worker for worker in workers}
        workers = [by_address[address] for address, _, _ in places]
        self.attempts += 1
        run = f"{self.store.session}-{self.attempts}"
        segment = Segment(run, epoch, first, last, self.number, next(self.numbers), places, 0)
        with self.cluster.faults():
            self.store.join(worker.address for worker in workers)
            futures = [
                self.cluster.client.submit(
                    train_segment,
                    self.descent,
                    replace(segment, own=own),
                    key=f"wordvec-{run}-{own}",
                    workers=[worker.address],
                    allow_other_workers=False,
                    pure=False,
                )
                for own, worker in enumerate(workers)
            ]
        self.attempt = Attempt(segment, workers, futures, rounds=first)

    def _look(self, runs: Runs) -> None:
        """Wait a little; take the results of a segment that is done, or start it again without lost workers."""
        attempt = self.attempt
        assert attempt is not None
        self._wait(attempt.futures, LOOK)
        with self.cluster.faults():
            ended = [future for future in attempt.futures if future.done()]
            there = set(self.cluster.client.nthreads())
        outcomes = [self._outcome(future, worker) for future, worker in zip(attempt.futures, attempt.workers)]
        if any(outcome is not None and outcome.status == DIVERGED for outcome in outcomes):
            self._stop()
            runs.losses[-1], runs.targets[-1] = np.nan, 1
            runs.stop[0] = 1
        elif len(ended) == len(outcomes) and all(
            outcome is not None and outcome.status == DONE for outcome in outcomes
        ):
            self._finish(attempt, [outcome for outcome in outcomes if outcome is not None], runs)
        elif any(outcome is not None and outcome.status != DONE for outcome in outcomes) or not there.issuperset(
            worker.address for worker in attempt.workers
        ):
            self._stop()
            self._workers()  # waits for one where all were lost
            self.store.drop(f"state-{attempt.segment.next}")
            self._send_again({one.lost for one in outcomes if one is not None and one.status == MISSING})
            self._start(runs.epoch, attempt.segment.last - 1)
        elif not ended:
            with self.cluster.faults():
                done = self.store.ask((one.address for one in attempt.workers), "progress", run=attempt.segment.run)
            attempt.rounds = min(done.values(), default=0)

    def _wait(self, futures: list[Any], seconds: float) -> None:
        """Until all are done, at most some seconds."""
        try:
            library("distributed", INSTALL).wait(futures, timeout=seconds)
        except TimeoutError:
            pass
        except Exception:
            with self.cluster.faults():
                raise

    def _outcome(self, future: Any, worker: Worker) -> Outcome | None:
        """The outcome of a task that has ended; an error of it names the worker."""
        if not future.done() or future.status not in ("finished", "error"):
            if future.status in ("cancelled", "lost"):
                return Outcome("lost", worker.address)
            return None
        with self.cluster.faults():
            try:
                outcome: Outcome = future.result()
            except Exception as error:
                self._stop()
                if isinstance(error, (WordvecError, MemoryError)) or (isinstance(error, OSError) and error.errno):
                    said = str(error) or "out of memory"
                    raise ClusterError(f"the worker {worker} must do its part; it says: {said}") from error
                raise
            return outcome

    def _finish(self, attempt: Attempt, outcomes: list[Outcome], runs: Runs) -> None:
        """Note the losses of a segment, and forget the state before it."""
        segment, width = attempt.segment, self.local.width
        for (_, first, last), outcome in zip(segment.places, outcomes):
            for row, round in enumerate(range(segment.first, segment.last)):
                tasks = slice(round * width + first, round * width + last)
                runs.losses[tasks], runs.targets[tasks] = outcome.losses[row], outcome.targets[row]
        self.speed = (segment.last - segment.first) / max(time.monotonic() - attempt.started, 1e-3)
        self.number, self.at, self.attempt = segment.next, (segment.epoch, segment.last), None
        self.store.drop(f"state-{segment.state}")

    def _stop(self) -> None:
        """End the attempt that is under way, on all workers that are left, and wait for them."""
        attempt, self.attempt = self.attempt, None
        if attempt is None or self.cluster.client.status != "running":
            return
        with self.cluster.faults():
            client, last = self.cluster.client, time.monotonic() + END
            there = [worker.address for worker in attempt.workers if worker.address in client.nthreads()]
            self.store.ask(there, "end", run=attempt.segment.run)
            mine = [future for future, worker in zip(attempt.futures, attempt.workers) if worker.address in there]
            while any(not future.done() for future in mine) and time.monotonic() < last:
                self._wait(mine, POLL)
                there = list(client.nthreads())
                mine = [future for future, worker in zip(attempt.futures, attempt.workers) if worker.address in there]
            client.cancel(attempt.futures)

    def _is_full(self, done: int) -> bool:
        """Whether all rows of all tables are averaged after so many rounds of an epoch."""
        tables = self.local.averagings.values()
        return all(averaging.due(done, self.rounds.count) == averaging.ends[-1] for averaging in tables)

    def _workers(self) -> list[Worker]:
        """The workers to use now, at most one a replica; ClusterError where none comes."""
        last = time.monotonic() + RETURN
        while True:
            there = [worker for worker in self.cluster.workers().values() if worker.level >= self.level]
            if there:
                return there
            if time.monotonic() > last:
                raise self._all_lost()
            time.sleep(POLL)

    def _all_lost(self) -> ClusterError:
        return ClusterError(
            "a worker must be left; all were lost with what they had trained: look at their logs (a worker that takes "
            "too much memory is killed), start workers again, and go on from the last checkpoint with --resume if "
            "--checkpoint was given"
        )

    def _set_up(self, train: Any, fixed: Mapping[str, Any]) -> Descent:
        """Put what all workers need into the store."""
        rounds, tables = self.rounds, self.local.base
        fixed_arrays = {
            name: value for name, value in fixed.items() if isinstance(value, np.ndarray) and name not in tables
        }
        scalars = {name: value for name, value in fixed.items() if not isinstance(value, np.ndarray)}
        schedule = {"tokens": rounds.tokens, "shares": rounds.shares, "marks": rounds.marks, "chunks": self.chunks}
        rates = {f"rates-{name}": by_row(averaging) for name, averaging in self.local.averagings.items()}
        self.arrays = {**fixed_arrays, **rates, **schedule}
        for name in self.arrays:
            self._supply(f"setup/{name}")
        parts = self.corpus.parts if isinstance(self.corpus, DistributedCorpus) else None
        if parts is None:
            for first, last in zip(rounds.shares, rounds.shares[1:]):
                for chunk in range(int(first), int(last), PART):
                    self._supply(f"share-{chunk}")
        options = ("epochs", "alpha", "min_alpha", "seed", "shuffle", "rest")
        return Descent(
            store=self.store,
            train=train,
            scalars=scalars,
            arrays=tuple(fixed_arrays),
            tables={name: table.shape for name, table in tables.items()},
            replicas=rounds.replicas,
            parts=parts,
            rates={name: getattr(rounds, name) for name in options},
        )

    def _supply(self, name: str) -> None:
        """Send what the store must have, at the start, or again when it was lost with its worker."""
        kind, _, rest = name.partition("/")
        with self.cluster.faults():
            if kind == "setup":
                self.store.put(name, {"values": self.arrays[rest]})
            elif kind.startswith("share-"):
                self._put_share(int(kind.removeprefix("share-")))
            elif not kind.startswith("state-"):
                self.corpus.make(Lost(name))
            elif self.place[0] == self.at[0]:  # a state: the tables of the driver are of the same epoch
                self._send_state()
            else:
                raise self._all_lost()

    def _send_again(self, missing: set[str]) -> None:
        """Send again what was lost with its worker, and what workers have missed."""
        with self.cluster.faults():
            there = self.cluster.client.nthreads()
        lost = {name for name, address in self.store.sent.items() if address not in there}
        states = {name for name in missing if name.startswith("state-")}
        for name in sorted({name for name in lost | missing if not name.startswith("state-")}) + sorted(states)[:1]:
            self._supply(name)

    def _put_share(self, chunk: int) -> None:
        """Send the sentences from a chunk on to the workers."""
        last = int(self.rounds.shares[np.searchsorted(self.rounds.shares, chunk, side="right")])
        first, stop = (int(sentence) for sentence in self.chunks[[chunk, min(chunk + PART, last)]])
        offsets = self.corpus.offsets[first : stop + 1]
        self.store.put(f"share-{chunk}", {"ids": self.corpus.ids[offsets[0] : offsets[-1]], "offsets": offsets})

    def _send_state(self) -> None:
        """Send the tables of the driver, at the start, and where no worker has a later state."""
        number = next(self.numbers)
        with self.cluster.faults():
            for name, table in self.local.base.items():
                for block, first, last in state_blocks(table.shape):
                    rows = {"rows": np.ascontiguousarray(table[first:last])}
                    self.store.put(state_name(number, name, block), rows)
        self.number, self.at = number, (int(self.place[0]), int(self.place[1]))


def shared_out(replicas: int, workers: list[Worker]) -> tuple[tuple[str, int, int], ...]:
    """Address, first and last replica of each worker that gets some: in proportion to their threads."""
    marks = np.cumsum([0, *(worker.threads for worker in workers)])
    bounds = (replicas * marks // marks[-1]).tolist()
    return tuple(
        (worker.address, first, last) for worker, first, last in zip(workers, bounds, bounds[1:]) if last > first
    )


def by_row(averaging: Averaging) -> NDArray[np.float64]:
    """The expected updates of the rows of a table, in the order of the rows."""
    if averaging.order is None:
        return averaging.rates
    rates = np.empty_like(averaging.rates)
    rates[averaging.order] = averaging.rates
    return rates


def check_memory(workers: list[Worker], local: Replicas, fixed: Mapping[str, Any]) -> None:
    """ClusterError, before any work, where the tables do not fit a worker; a warning where it is near."""
    tables = sum(table.nbytes for table in local.base.values())
    others = sum(value.nbytes for value in fixed.values() if isinstance(value, np.ndarray)) - tables
    each = max(last - first for _, first, last in shared_out(local.rounds.replicas, workers))
    needed = tables * (each + 1) + max(0, others)
    least = min(workers, key=lambda worker: worker.memory)
    told = (
        f"a worker must hold {each + 1} copies of the tables of this vocabulary, {needed / 1e9:.2g} GB; {least} may "
        f"use {least.memory / 1e9:.2g} GB"
    )
    if needed > least.memory:
        raise ClusterError(
            f"{told}: use a smaller max_vocab, vector_size or number of n-grams, fewer replicas for each worker, or "
            "workers with more memory; tables that are divided among workers are not supported"
        )
    if needed > 0.8 * least.memory:
        warnings.warn(f"{told}: it may not be enough", stacklevel=2)
