"""Where the workers of a descent meet: each serves the rows of its replicas, and of its range, when they are ready."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wordvec.base.libraries import library
from wordvec.distributed.holdings import BLOCK, INSTALL, NAME
from wordvec.distributed.neighbours import KEEPS_ORDER, Neighbour, neighbour_of, same_host
from wordvec.distributed.peers import called
from wordvec.optim.averaging import Averaging, Part, Rows, added, combine, subtrees

Floats = NDArray[np.float32]
Wanted = tuple[str, int, int]  # a table, and ranks of it from the first to before the last
SUMS, MEANS = PHASES = "sums", "means"
WATCH = 0.05  # seconds in which a neighbour is watched before it is asked, which takes more time of both
GLANCE = 5e-5  # seconds between two looks at it


class Stopped(Exception):
    """The segment cannot go on, since it was stopped, or a worker of it is gone."""


@dataclass(eq=False)
class Meeting:
    """One attempt at some rounds on one worker: what is ready, for the others, who wait for it."""

    ready: dict[str, int] = field(default_factory=lambda: {SUMS: 0, MEANS: 0})  # rounds of the epoch
    is_over: bool = False
    stop: NDArray[np.int32] = field(default_factory=lambda: np.zeros(1, np.int32))  # what kernels watch
    serve: Callable[[str, Sequence[Wanted]], list[Floats]] | None = None
    places: dict[str, Any] = field(default_factory=dict)  # where the tables are, for workers of the same machine
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    def tell(self, phase: str, done: int) -> None:
        """Say that rows are ready; in the event loop."""
        self.ready[phase] = done
        self._wake()

    def end(self) -> None:
        """Send away all who wait; in the event loop."""
        self.is_over = True
        self.stop[0] = 1
        self._wake()

    def end_before(self, last: int) -> None:
        """End it unless the rounds before the last one are trained."""
        if self.ready[SUMS] < last:
            self.end()

    def _wake(self) -> None:
        self.changed.set()
        self.changed = asyncio.Event()

    async def reached(self, phase: str, done: int) -> bool:
        """Wait until rows are ready; False where they will never be."""
        while not self.is_over and self.ready[phase] < done:
            await self.changed.wait()
        return self.ready[phase] >= done and self.serve is not None


class Exchange:
    """The meetings of a worker, served by handlers that are added to it."""

    def __init__(self, worker: Any) -> None:
        self.worker = worker
        self.meetings: dict[str, Meeting] = {}
        self.sent = self.received = 0  # bytes of rows
        for operation in (self.rows, self.tables, self.end, self.progress):
            worker.handlers[f"{NAME}_{operation.__name__}"] = operation
        worker.extensions[f"{NAME}-exchange"] = self

    def meeting(self, run: str) -> Meeting:
        """The meeting of an attempt; others may come before the own task starts."""
        return self.meetings.setdefault(run, Meeting())

    def leave(self, session: str, but: str = "") -> None:
        """Let go of the tables of a descent, in all its attempts but one; in the event loop."""
        for run, meeting in self.meetings.items():
            if run.startswith(f"{session}-") and run != but:
                meeting.serve, meeting.places = None, {}
                meeting.end()

    async def rows(self, run: str, phase: str, done: int, wanted: list[Wanted]) -> dict[str, Any]:
        """Serve sums of replicas, or averaged rows, as soon as they are ready."""
        meeting = self.meeting(run)
        if not await meeting.reached(phase, done):
            return {}
        assert meeting.serve is not None
        rows = [np.ascontiguousarray(part) for part in meeting.serve(phase, wanted)]
        self.sent += sum(part.nbytes for part in rows)
        protocol: Any = library("distributed.protocol", INSTALL)
        return {"rows": [protocol.to_serialize(part) for part in rows]}

    async def tables(self, run: str, done: int) -> dict[str, Any]:
        """Where the tables are, as soon as a round is trained."""
        meeting = self.meeting(run)
        return meeting.places if await meeting.reached(SUMS, done) else {}

    async def neighbour(self, address: str, run: str, done: int, widths: Mapping[str, int]) -> Neighbour | None:
        """What a worker of this machine shares; None where it cannot be mapped."""
        try:
            answer = await called(self.worker, address, "tables", run=run, done=done)
        except OSError as error:
            raise Stopped(address) from error
        if not answer:
            raise Stopped(address)
        return neighbour_of(answer, widths)

    async def end(self, run: str) -> int:
        """End an attempt on this worker."""
        self.meeting(run).end()
        return 1

    async def progress(self, run: str) -> int:
        """The rounds of the epoch that this worker has trained in an attempt."""
        return self.meeting(run).ready[SUMS]

    async def fetch(self, address: str, run: str, phase: str, done: int, wanted: Sequence[Wanted]) -> list[Floats]:
        """Rows of another worker; Stopped where there will be none."""
        try:
            answer = await called(
                self.worker, address, "rows", run=run, phase=phase, done=done, wanted=[list(one) for one in wanted]
            )
        except OSError as error:
            raise Stopped(address) from error
        if not answer:
            raise Stopped(address)
        rows: list[Floats] = answer["rows"]
        self.received += sum(part.nbytes for part in rows)
        return rows


def exchange_of(worker: Any) -> Exchange:
    """The exchange of a worker; it is attached to the worker at the first call."""
    found: Exchange | None = worker.extensions.get(f"{NAME}-exchange")
    return Exchange(worker) if found is None else found


@dataclass(frozen=True, eq=False)
class Share:
    """What a worker has of a descent: replicas first to last, and which workers have the others."""

    base: Mapping[str, Floats]  # rows as they were when they were last averaged: those that this worker averages
    tables: Sequence[Mapping[str, Floats]]  # of each of its replicas
    averagings: Mapping[str, Averaging]
    replicas: int  # of all workers
    places: Sequence[tuple[str, int, int]]  # address, first and last replica of each worker
    own: int  # the place of this worker
    ready: NDArray[np.int64]  # [2] OUT the rounds of which sums, and averaged rows, are laid out for neighbours
    neighbours: dict[int, Neighbour | None] = field(default_factory=dict)  # by place, of those that were asked

    @property
    def others(self) -> list[int]:
        """The places of the other workers."""
        return [place for place in range(len(self.places)) if place != self.own]

    def subtrees(self, place: int) -> list[Part]:
        """What a worker adds up of its replicas."""
        return subtrees(*self.places[place][1:], self.replicas)

    def shares_with(self, place: int, other: int) -> bool:
        """Whether a worker lays out its sum for another one: it has one, and they are of one machine."""
        return len(self.subtrees(place)) == 1 and same_host(self.places[place][0], self.places[other][0])

    def lay_out(self, done: int, count: int) -> None:
        """Write the own sums of rows that neighbours average to the base, whose rows are theirs there."""
        ((part, *_), own) = self.subtrees(self.own), self.places[self.own][1]
        for place in self.others:
            if self.shares_with(self.own, place):
                for name, first, last in self.due(done, count, place):
                    sources = self._sources(name, self.tables, own)
                    chosen = self.averagings[name].rows(first, last)
                    combine(chosen, sources, part, [Rows(self.base[name])])

    def due(self, done: int, count: int, place: int) -> list[Wanted]:
        """The rows that are due after a round which a worker averages: a part of those that are due equally often.

        So a row has the same worker after every round, and only that one must know how it was before.
        """
        parts, found = len(self.places), []
        for name, averaging in self.averagings.items():
            ends = [0, *averaging.ends[averaging.ends <= averaging.due(done, count)].tolist()]
            for first, size in zip(ends, np.diff(ends).tolist()):
                found.append((name, first + size * place // parts, first + size * (place + 1) // parts))
        return [(name, first, last) for name, first, last in found if last > first]

    def tell(self, meeting: Meeting, phase: str, done: int) -> None:
        """Say that rows are ready, to neighbours and to those who ask; in the event loop."""
        self.ready[PHASES.index(phase)] = done
        meeting.tell(phase, done)

    def serve(self, phase: str, wanted: Sequence[Wanted]) -> list[Floats]:
        """Rows for another worker: sums over the own replicas, one for each subtree, or the averaged rows."""
        rows: list[Floats] = []
        for name, start, stop in wanted:
            chosen = self.averagings[name].rows(start, stop)
            if phase == MEANS:
                rows.append(self.base[name][chosen])
            else:
                own = self.places[self.own][1:]
                rows += [
                    added(chosen, self.base[name], self._sources(name, self.tables, own[0]), part)
                    for part in self.subtrees(self.own)
                ]
        return rows

    @staticmethod
    def _sources(name: str, tables: Sequence[Mapping[str, Floats]], first: int) -> dict[Part, Rows]:
        """The tables of some replicas, by replica."""
        return {(number, number + 1): Rows(own[name]) for number, own in enumerate(tables, first)}

    def average(
        self, wanted: Sequence[Wanted], sums: Sequence[tuple[int, list[Floats]]], done: int, rate: float
    ) -> None:
        """Average own rows, with the sums from all other workers, each with its place."""
        given = {place: iter(rows) for place, rows in sums}
        for name, start, stop in wanted:
            sources = self._sources(name, self.tables, self.places[self.own][1])
            for place, rows in given.items():
                near = self.neighbours.get(place)
                for part in self.subtrees(place):
                    sources[part] = Rows(next(rows), is_table=False) if near is None else Rows(near.base[name])
            targets = [table[name] for table in self.tables]
            self.averagings[name].average((start, stop), self.base[name], sources, targets, done, rate)

    def take_near(self, wanted: Sequence[Wanted], near: Neighbour) -> None:
        """Write rows that a worker of this machine has averaged."""
        for name, first, last in wanted:
            self._write(name, first, last, Rows(near.base[name]))

    def take(self, wanted: Sequence[Wanted], rows: Sequence[Floats]) -> None:
        """Write rows that another worker has averaged."""
        for (name, first, last), new in zip(wanted, rows):
            self._write(name, first, last, Rows(new, is_table=False))

    def _write(self, name: str, first: int, last: int, rows: Rows) -> None:
        targets = [Rows(table[name]) for table in self.tables]
        combine(self.averagings[name].rows(first, last), {(0, 1): rows}, (0, 1), targets)

    def blocks(self, wanted: Sequence[Wanted], copies: int) -> Iterator[list[Wanted]]:
        """Parts of some ranges, of which `copies` at once take no more than a message may."""
        block: list[Wanted] = []
        room = most = BLOCK // max(1, copies)
        for name, first, last in wanted:
            row = max(1, self.base[name][:1].nbytes)
            while first < last:
                step = max(1, min(last - first, room // row))
                if block and step * row > room:
                    yield block
                    block, room = [], most
                    continue
                block.append((name, first, first + step))
                first, room = first + step, room - step * row
        if block:
            yield block


def average(exchange: Exchange, run: str, share: Share, done: int, count: int, rate: float) -> None:
    """Average all rows that are due after a round: reduce the own range, then gather the others.

    A worker serves its sums when its replicas are trained, and its range when it is averaged. It trains on when it has
    the ranges of all others, who then have all of its rows: no row changes that someone may still ask for.
    """
    from distributed.utils import sync

    loop = exchange.worker.loop
    share.lay_out(done, count)
    if len(share.neighbours) < len(share.others):
        sync(loop, _met, exchange, run, share, done)
    if KEEPS_ORDER and None not in share.neighbours.values():
        _averaged_near(exchange, run, share, done, count, rate)
    else:
        sync(loop, _averaged, exchange, run, share, done, count, rate)


async def _met(exchange: Exchange, run: str, share: Share, done: int) -> None:
    """Find out what other workers of this machine share."""
    share.tell(exchange.meeting(run), SUMS, done)
    widths = {name: table.shape[-1] for name, table in share.base.items()}
    for place in share.others:
        near = None
        if share.shares_with(place, share.own):
            near = await exchange.neighbour(share.places[place][0], run, done, widths)
        share.neighbours[place] = near


def _averaged_near(exchange: Exchange, run: str, share: Share, done: int, count: int, rate: float) -> None:
    """As `average`, where all rows are read where they lie; no message is needed where nobody is long in coming."""
    from distributed.utils import sync

    loop, meeting = exchange.worker.loop, exchange.meeting(run)

    def tell(phase: str) -> None:
        share.ready[PHASES.index(phase)] = done
        loop.add_callback(meeting.tell, phase, done)  # for those who ask

    def wait(place: int, phase: str) -> Neighbour:
        near, last = share.neighbours[place], time.monotonic() + WATCH
        assert near is not None
        while near.ready[PHASES.index(phase)] < done:
            if meeting.is_over:
                raise Stopped
            if time.monotonic() > last:
                sync(loop, exchange.fetch, share.places[place][0], run, phase, done, [])
                break
            time.sleep(GLANCE)
        return near

    tell(SUMS)
    for place in share.others:
        wait(place, SUMS)
    for wanted in share.blocks(share.due(done, count, share.own), 1):
        share.average(wanted, [(place, []) for place in share.others], done, rate)
    tell(MEANS)
    for place in share.others:
        share.take_near(share.due(done, count, place), wait(place, MEANS))


async def _averaged(exchange: Exchange, run: str, share: Share, done: int, count: int, rate: float) -> None:
    """As `average`, with messages, and rows that are sent to other machines."""
    meeting = exchange.meeting(run)
    share.tell(meeting, SUMS, done)

    async def sums_of(place: int, wanted: list[Wanted]) -> tuple[int, list[Floats]]:
        is_near = share.neighbours[place] is not None  # then it is enough that the rows are ready
        rows = await exchange.fetch(share.places[place][0], run, SUMS, done, [] if is_near else wanted)
        return place, rows

    async def take_from(place: int) -> None:
        address, wanted, near = share.places[place][0], share.due(done, count, place), share.neighbours[place]
        if near is not None:
            await exchange.fetch(address, run, MEANS, done, [])
            share.take_near(wanted, near)
            return
        for block in share.blocks(wanted, 1):
            share.take(block, await exchange.fetch(address, run, MEANS, done, block))

    far = sum(near is None for near in share.neighbours.values())
    for wanted in share.blocks(share.due(done, count, share.own), 1 + far):
        share.average(wanted, await asyncio.gather(*(sums_of(place, wanted) for place in share.others)), done, rate)
    share.tell(meeting, MEANS, done)
    await asyncio.gather(*map(take_from, share.others))
