"""What a worker does in a descent: it trains its replicas from one full averaging to another, round by round."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wordvec.base.errors import ClusterError
from wordvec.base.libraries import library
from wordvec.base.threads import thread_pool
from wordvec.corpus.scratch import map_file, write_all
from wordvec.distributed.encoding import EncodedParts
from wordvec.distributed.exchange import Exchange, Floats, Meeting, Share, Stopped, average, exchange_of
from wordvec.distributed.holdings import BLOCK, INSTALL, NAME, holdings_of
from wordvec.distributed.neighbours import TAIL, Shared, floats_of, mapped_table, same_host, widened
from wordvec.distributed.peers import PeerStore, own_worker
from wordvec.distributed.store import Lost
from wordvec.optim.descent import aligned_matrix
from wordvec.optim.epochs import Runs
from wordvec.optim.rounds import Rounds
from wordvec.optim.shuffling import Sentences

PART = 500  # chunks of a part of a share, as they are sent: 20 MB of ids, about
DONE, STOPPED, DIVERGED, MISSING = "done", "stopped", "diverged", "missing"
_TEXT = ("its share of the corpus", "free some space there, or give its Dask worker another --local-directory")


@dataclass(frozen=True)
class Descent:
    """What all workers of a descent know; large arrays are in the store, below "setup" and "share-<chunk>"."""

    store: PeerStore
    train: Callable[..., None]  # the kernel
    scalars: Mapping[str, Any]  # its arguments that are no arrays
    arrays: tuple[str, ...]  # the names of those that are, and do not change
    tables: Mapping[str, tuple[int, ...]]  # the shapes of those that do
    replicas: int
    parts: EncodedParts | None  # of the corpus; None: the driver sends shares
    rates: Mapping[str, Any]  # epochs, alpha, min_alpha, seed, shuffle and rest


@dataclass(frozen=True)
class Segment:
    """Rounds of an epoch, from one full averaging to another, as one attempt."""

    run: str  # the name of the attempt
    epoch: int
    first: int
    last: int
    state: int  # the number of the state to start from
    next: int  # the number of the state at its end, which no other attempt has
    places: tuple[tuple[str, int, int], ...]  # address, first and last replica of each worker
    own: int  # the place of the worker


def state_blocks(shape: tuple[int, ...]) -> Iterator[tuple[int, int, int]]:
    """(number, first row, last row) of the parts in which a table is stored."""
    rows = max(1, BLOCK // max(1, int(np.prod(shape[1:], dtype=np.int64)) * 4))
    for number, first in enumerate(range(0, shape[0], rows)):
        yield number, first, min(first + rows, shape[0])


def state_name(number: int, table: str, block: int) -> str:
    """The name in the store of a part of a table."""
    return f"state-{number}/{table}/{block}"


class Trainee:
    """A worker's part of a descent, kept from segment to segment: tables, shares of the corpus, schedule."""

    def __init__(self, descent: Descent, worker: Any) -> None:
        self.descent, store = descent, descent.store
        self.holdings = holdings_of(worker)
        self.folder = Path(worker.local_directory, NAME, store.session)
        self.folder.mkdir(parents=True, exist_ok=True)
        schedule: dict[str, Any] = {
            name: store.read(f"setup/{name}", "values") for name in ("tokens", "shares", "marks")
        }
        self.rounds = Rounds(replicas=descent.replicas, **schedule, **descent.rates)
        self.chunks: NDArray[np.int64] = store.read("setup/chunks", "values")
        self.averagings = {
            name: self.rounds.averaging(np.array(store.read(f"setup/rates-{name}", "values")))
            for name in descent.tables
        }
        self.fixed = dict(descent.scalars) | {
            name: np.array(store.read(f"setup/{name}", "values")) for name in descent.arrays
        }
        # The averaged rows, and those before a segment: as these are done, one becomes the other, and nothing is moved.
        self.sides = [
            {name: self._mapped(f"{side}-{name}", shape) for name, shape in descent.tables.items()}
            for side in ("base", "state")
        ]
        self.side = 0  # which of them a segment changes
        self.held = [-1, -1]  # the state that each side has
        self.tables: dict[int, dict[str, Floats]] = {}  # by replica
        self.shares: dict[int, Sentences] = {}  # by replica
        self.state = -1  # what the tables are, if nothing has changed them since; else -1
        self.runs: Runs | None = None

    @property
    def base(self) -> dict[str, Floats]:
        """The tables that a segment changes: averaged rows, and sums for neighbours."""
        return {name: shared.table for name, shared in self.sides[self.side].items()}

    def _mapped(self, name: str, shape: tuple[int, ...]) -> Shared:
        """A table in a file of full size, which is no anonymous memory."""
        size = 4 * floats_of(shape) + TAIL
        path = self.folder / name
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC)
        try:
            if hasattr(os, "posix_fallocate"):
                os.posix_fallocate(descriptor, 0, size)  # a map cannot tell of a full disk
            else:
                os.ftruncate(descriptor, size)
        except OSError as error:
            os.close(descriptor)
            raise ClusterError(
                f"{socket.gethostname()} must have {size / 1e9:.1f} GB of disk for a table, in {self.folder}: "
                f"{error.strerror}; free some, or give its Dask worker another --local-directory"
            ) from error
        return mapped_table(descriptor, str(path), shape)

    def load(self, state: int, replicas: range) -> None:
        """Start all own replicas from a state, which this worker holds or another one does."""
        self.side = 1 if self.held[0] == state else 0
        self._release(self.side)
        for shared in self.sides[self.side].values():
            shared.numbers[:] = 0
        if self.state == state and set(self.tables) == set(replicas):
            for name, table in next(iter(self.tables.values())).items():  # all replicas are equal
                self.base[name][:] = table
            return
        for name, shape in self.descent.tables.items():
            for number, first, last in state_blocks(shape):
                self.base[name][first:last] = self.descent.store.read(state_name(state, name, number), "rows")
        self.shares = {replica: share for replica, share in self.shares.items() if replica in replicas}
        kept = [self.tables.pop(replica) for replica in list(self.tables)][: len(replicas)]
        for replica in replicas:
            self.tables[replica] = tables = kept.pop() if kept else self._own()
            for name, shape in self.descent.tables.items():
                for _, first, last in state_blocks(shape):
                    tables[name][first:last] = self.base[name][first:last]
            if replica not in self.shares:
                self.shares[replica] = self._share(replica)

    def _own(self) -> dict[str, Floats]:
        """Tables of zeros in own memory."""
        return {
            name: aligned_matrix(shape[0], shape[1]) if len(shape) > 1 else np.zeros(shape, np.float32)
            for name, shape in self.descent.tables.items()
        }

    def _release(self, side: int) -> None:
        """Forget the state that a side has, before it is changed."""
        if self.held[side] >= 0:
            self.holdings.forget(self.descent.store.session, f"state-{self.held[side]}")
            self.held[side] = -1

    def _share(self, replica: int) -> Sentences:
        """The share of a replica, brought into files of this worker."""
        paths = [self.folder / f"share-{replica}.{array}" for array in ("ids", "offsets")]
        with open(paths[0], "wb", buffering=0) as ids, open(paths[1], "wb", buffering=0) as offsets:
            write_all(offsets, np.zeros(1, np.int64), _TEXT)
            for some_ids, some_offsets in self._text(replica):
                write_all(ids, some_ids, _TEXT)
                write_all(offsets, some_offsets[1:], _TEXT)
        first, last = self.rounds.shares[replica : replica + 2]
        chunks = self.chunks[first : last + 1] - self.chunks[first]
        arrays = map_file(paths[0], np.int32), map_file(paths[1], np.int64)
        return Sentences(*arrays, chunks, self.rounds.order(replica), int(first))

    def _text(self, replica: int) -> Iterator[tuple[NDArray[np.int32], NDArray[np.int64]]]:
        """The sentences of a replica in parts: ids, and offsets from the start of the share."""
        first, last = (int(chunk) for chunk in self.rounds.shares[replica : replica + 2])
        base = int(self.rounds.tokens[first])
        for start in range(first, last, PART):
            stop = min(start + PART, last)
            if self.descent.parts is None:
                read = [self.descent.store.read(f"share-{start}", name) for name in ("ids", "offsets")]
                yield read[0], read[1] - base
            else:
                offsets = self.descent.parts.offsets(int(self.chunks[start]), int(self.chunks[stop]))
                yield self.descent.parts.ids(int(offsets[0]), int(offsets[-1])), offsets - base

    def save(self, state: int) -> None:
        """Keep the averaged tables as a state, for this worker and others."""
        tables = next(iter(self.tables.values()))  # all replicas are equal
        for name, shared in self.sides[self.side].items():
            shared.table[:] = tables[name]
            for number, first, last in state_blocks(shared.table.shape):
                self.holdings.hold(self.descent.store.session, state_name(state, name, number), shared, first, last)
        self.state = self.held[self.side] = state

    def arrays(self, epoch: int) -> Runs:
        """The learning rates and random streams of an epoch."""
        if self.runs is None or self.runs.epoch != epoch:
            self.runs = self.rounds.runs(epoch)
        return self.runs

    def step(self, replica: int, round: int, runs: Runs, stop: NDArray[np.int32]) -> tuple[float, int]:
        """Train a replica's part of a round; its loss and number of targets."""
        part = self.rounds.part(replica, round)
        if part.stop == part.start:
            return 0.0, 0
        self.descent.train(
            **self.shares[replica].text(part, runs.epoch),
            alphas=runs.alphas[part],
            seeds=runs.seeds[part],
            losses=runs.losses[part],
            targets=runs.targets[part],
            stop=stop,
            **self.fixed,
            **self.tables[replica],
        )
        return float(runs.losses[part].sum()), int(runs.targets[part].sum())


@dataclass(frozen=True)
class Outcome:
    """How a segment ended on a worker."""

    status: str
    lost: str = ""  # the worker that did not answer, or what is missing in the store
    losses: NDArray[np.float64] = field(default_factory=lambda: np.zeros((0, 0)))  # [rounds, own replicas]
    targets: NDArray[np.int64] = field(default_factory=lambda: np.zeros((0, 0), np.int64))


def train_segment(descent: Descent, segment: Segment) -> Outcome:
    """The task of a worker: all rounds of a segment, then the state at its end."""
    worker = own_worker()
    # Two trainings that share workers would else wait for each other's turn, for ever.
    library("distributed", INSTALL).secede()
    exchange, holdings = exchange_of(worker), holdings_of(worker)
    meeting = exchange.meeting(segment.run)
    worker.loop.add_callback(exchange.leave, descent.store.session, segment.run)  # those before it are over
    try:
        trainee = holdings.objects.get(descent.store.session)
        if trainee is None:
            trainee = holdings.objects[descent.store.session] = Trainee(descent, worker)
        return _rounds(trainee, segment, exchange, meeting)
    except Stopped as stop:
        return Outcome(STOPPED, str(stop))
    except Lost as lost:
        return Outcome(MISSING, lost.name)
    finally:
        worker.loop.add_callback(meeting.end_before, segment.last)


def _rounds(trainee: Trainee, segment: Segment, exchange: Exchange, meeting: Meeting) -> Outcome:
    _, first, last = segment.places[segment.own]
    trainee.load(segment.state, range(first, last))
    trainee.state = -1
    rounds, replicas = trainee.rounds, range(first, last)
    tables = [trainee.base, *(trainee.tables[replica] for replica in replicas)]
    if all(same_host(address, exchange.worker.address) for address, _, _ in segment.places):  # nothing is sent
        tables = [{name: widened(table) for name, table in own.items()} for own in tables]
    places = {name: shared.where for name, shared in trainee.sides[trainee.side].items()}
    ready = next(iter(trainee.sides[trainee.side].values())).numbers
    share = Share(tables[0], tables[1:], trainee.averagings, rounds.replicas, segment.places, segment.own, ready)
    losses = np.zeros((segment.last - segment.first, len(replicas)))
    targets = np.zeros(losses.shape, np.int64)
    runs = trainee.arrays(segment.epoch)
    runs.losses[:], runs.targets[:] = 0, 0
    meeting.serve, meeting.places = share.serve, places

    def step(place: int, round: int) -> None:
        row = round - segment.first
        losses[row, place], targets[row, place] = trainee.step(replicas[place], round, runs, meeting.stop)

    threads = min(exchange.worker.state.nthreads, len(replicas))
    with thread_pool(threads, meeting.stop) as pool:
        for round in range(segment.first, segment.last):
            if threads == 1:
                for place in range(len(replicas)):
                    step(place, round)
            else:
                list(pool.map(step, range(len(replicas)), [round] * len(replicas)))
            if meeting.is_over:
                raise Stopped
            if not np.isfinite(losses[round - segment.first]).all():
                return Outcome(DIVERGED)
            rate = rounds.rate(segment.epoch, round)
            average(exchange, segment.run, share, round + 1, rounds.count, rate)
    trainee.save(segment.next)
    return Outcome(DONE, losses=losses, targets=targets)
