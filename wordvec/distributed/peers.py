"""PeerStore: arrays stay on the Dask worker that put them, and travel from worker to worker, not by the scheduler."""

from __future__ import annotations

import asyncio
import os
import zlib
from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextlib import suppress
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wordvec.base.errors import ClusterError, OptionError
from wordvec.base.libraries import library
from wordvec.distributed.holdings import INSTALL, NAME, framed, holdings_of
from wordvec.distributed.neighbours import look, told
from wordvec.distributed.store import Lost, Place, arrays_at, check_stored_name, own_host

CONNECT = 10  # seconds to reach a worker that the scheduler knows


async def called(node: Any, address: str, operation: str, /, **message: Any) -> Any:
    """The answer of a worker; OSError where it is not there. `node` is a worker or a client."""
    send_recv = library("distributed.core", INSTALL).send_recv
    comm = await _connected(node, address)
    try:
        return await send_recv(comm, op=f"{NAME}_{operation}", **message)
    finally:
        node.rpc.reuse(address, comm)


async def _connected(node: Any, address: str) -> Any:
    """A connection to a worker; Dask alone would try for half a minute to reach one that has died."""
    if any(not comm.closed() for comm in node.rpc.available.get(address, ())):
        return await node.rpc.connect(address)
    for _ in range(CONNECT):
        if address not in await node.scheduler.ncores():
            break
        try:
            return await node.rpc.connect(address, timeout=1)
        except (OSError, TimeoutError):
            continue
    raise OSError(f"the worker {address} is not there")


def own_worker() -> Any:
    """The Dask worker of this process, for any thread of it; None outside a worker."""
    from distributed import Worker, get_worker

    try:
        return get_worker()
    except ValueError:  # a thread that the task has started
        running = [worker for worker in Worker._instances if worker.status.name == "running"]
        return running[0] if len(running) == 1 else None


def anchor(session: str) -> str:
    """The task whose result marks a worker's part of a session; released with the client that asked for it."""
    return session


class PeerStore:
    """A `Store` on the workers of a Dask cluster, without a shared folder.

    A worker keeps what it puts, in files of its local folder; what the driver puts goes to one of the workers. Readers
    fetch rows from the worker that holds them, in blocks. A worker that is chosen by the name remembers who holds it;
    if that one has died, all are asked.
    """

    def __init__(self, client: Any, peers: list[str]) -> None:
        library("distributed", INSTALL, "for work on a cluster")
        self.session, self.peers, self._client = os.urandom(8).hex(), list(peers), client
        self._anchors: dict[str, Any] = {}
        self.sent: dict[str, str] = {}  # by name: the worker that took what the driver has put
        self.join(peers)

    def __getstate__(self) -> dict[str, Any]:
        return {"session": self.session, "peers": self.peers, "_client": None, "_anchors": {}, "sent": {}}

    def join(self, peers: Iterable[str]) -> None:
        """Make the session known to workers that are new; the driver calls this."""
        for address in peers:
            if address not in self._anchors:
                key = f"{NAME}-anchor-{self.session}-{zlib.crc32(address.encode()):08x}"
                self._anchors[address] = self._client.submit(
                    anchor, self.session, key=key, workers=[address], allow_other_workers=False, priority=100
                )

    def close(self) -> None:
        """Forget everything of this session, on all workers; nothing happens where the cluster is gone."""
        self._anchors.clear()
        if self._client is not None and self._client.status == "running":
            with suppress(OSError, TimeoutError):
                self._sync(self._everywhere, "drop", session=self.session, prefix=None)

    def put(self, name: str, arrays: Mapping[str, NDArray[Any]]) -> None:
        """Store arrays under a name, all of them or none; what had the name is replaced."""
        check_stored_name(name)
        worker = self._worker()
        if worker is not None:
            holdings_of(worker).put(self.session, name, arrays)
            address = worker.address
        else:
            address = self._sync(self._send, name, {key: framed(array) for key, array in arrays.items()})
            self.sent[name] = address
        self._sync(self._note, name, address)

    def read(self, name: str, array: str, start: int = 0, stop: int | None = None) -> NDArray[Any]:
        """The rows start:stop of an array, of which only these are moved; `Lost` where the name is not there."""
        check_stored_name(name)
        worker = self._worker()
        if worker is not None:
            own = holdings_of(worker).rows(self.session, name, array, start, stop)
            if own is not None:
                return own
        first: NDArray[Any]
        first, last = self._sync(self._fetch, name, array, start, stop)
        if len(first) == last - start:
            return first
        rows = np.empty((last - start, *first.shape[1:]), first.dtype)
        rows[: (done := len(first))] = first
        while done < len(rows):
            block, _ = self._sync(self._fetch, name, array, start + done, last)
            rows[done : done + len(block)] = block
            done += len(block)
        return rows

    def drop(self, prefix: str) -> None:
        """Forget a name and all names that begin with it and a "/"; nothing happens where there are none."""
        check_stored_name(prefix)
        self._sync(self._everywhere, "drop", session=self.session, prefix=prefix)

    def ask(self, addresses: Iterable[str], operation: str, /, **message: Any) -> dict[str, Any]:
        """The answers of some workers to an operation that is attached to them, of those that are there."""
        answers: dict[str, Any] = self._sync(self._everywhere, operation, list(addresses), **message)
        return answers

    def _worker(self) -> Any:
        return None if self._client is not None else own_worker()

    def _node(self) -> Any:
        """The worker or client of this process, through which others are reached."""
        node = self._client if self._client is not None else own_worker()
        if node is None:
            raise ClusterError("a PeerStore must be used in a task of a Dask worker, or where it was made")
        return node

    def _sync(self, work: Callable[..., Awaitable[Any]], *arguments: Any, **named: Any) -> Any:
        from distributed.utils import sync

        node = self._node()
        return sync(node.loop, work, node, *arguments, **named)

    async def _ask(self, node: Any, address: str, operation: str, /, **message: Any) -> Any:
        """The answer of a worker; None where it is not attached. The driver may have to ask through the scheduler."""
        if address == getattr(node, "address", None):
            return await getattr(holdings_of(node), operation)(**message)
        try:
            return await called(node, address, operation, **message)
        except OSError:
            if self._client is None or address not in await self._everyone(node):
                raise
        answers = await self._client._run(_relayed, operation, message, workers=[address], on_error="return")
        answer = answers.get(address)
        if isinstance(answer, BaseException):
            raise OSError(f"the worker {address} cannot be reached") from answer
        return answer

    def _home(self, name: str) -> str:
        """The worker that remembers who holds a name."""
        return max(self.peers, key=lambda address: zlib.crc32(f"{name} {address}".encode()))

    async def _everyone(self, node: Any) -> list[str]:
        return list(await node.scheduler.ncores())

    async def _everywhere(
        self, node: Any, operation: str, addresses: Iterable[str] | None = None, /, **message: Any
    ) -> dict[str, Any]:
        answers: dict[str, Any] = {}

        async def one(address: str) -> None:
            with suppress(OSError):  # a worker that died forgets by itself
                answers[address] = await self._ask(node, address, operation, **message)

        await asyncio.gather(*map(one, await self._everyone(node) if addresses is None else addresses))
        return answers

    async def _note(self, node: Any, name: str, address: str) -> None:
        if (home := self._home(name)) != address:
            try:
                await self._ask(node, home, "note", session=self.session, name=name, address=address)
            except OSError:
                pass  # readers will ask everyone

    async def _send(self, node: Any, name: str, arrays: dict[str, Any]) -> str:
        """Send arrays to a worker that is there; its address."""
        there = await self._everyone(node)
        for address in sorted(there, key=lambda one: zlib.crc32(f"{one} {name}".encode())):
            try:
                answer = await self._ask(node, address, "keep", session=self.session, name=name, arrays=arrays)
            except OSError:
                continue
            if answer is not None and "problem" in answer:
                raise ClusterError(f"the worker {address} must have room for {name!r}; it says: {answer['problem']}")
            if answer is not None:
                return address
        raise ClusterError(f"a worker must take {name!r}; none of the {len(there)} did: start workers again")

    async def _fetch(self, node: Any, name: str, array: str, start: int, stop: int | None) -> tuple[NDArray[Any], int]:
        """The first block of some rows and the row after the last one, from any worker that holds them."""
        own = holdings_of(node) if self._client is None else None
        known = [] if own is None else own.places.get((self.session, name), [])
        message: dict[str, Any] = {"session": self.session, "name": name, "array": array, "start": start, "stop": stop}
        asked: set[str] = set()
        for find in (None, self._holders, self._everyone_for):
            for address in list(known) if find is None else await find(node, name):
                if address in asked:
                    continue
                asked.add(address)
                try:
                    answer = await self._read(node, address, message)
                except OSError:
                    continue
                if answer is None:
                    continue
                if "problem" in answer:
                    raise OptionError(answer["problem"])
                if own is not None:
                    own.received += answer.get("bytes", 0)
                    await own.note(self.session, name, address)
                return answer["rows"], answer["stop"]
        raise Lost(name)

    async def _read(self, node: Any, address: str, message: dict[str, Any]) -> dict[str, Any] | None:
        """What a worker answers; a worker of this machine tells where the rows lie, so that they need not move."""
        answer: dict[str, Any] | None = await self._ask(node, address, "read", **message, host=own_host())
        if answer is None or "rows" in answer or "problem" in answer:
            return answer
        start, stop = message["start"], answer["stop"]
        if "table" in answer:
            shared, first = look(told(answer["table"])), answer["first"]
            rows = None if shared is None else shared.table[first : first + stop - start]
        else:
            arrays = arrays_at(Place(*answer["place"]))
            rows = None if arrays is None else arrays[message["array"]][start:stop]
        if rows is None:
            return await self._ask(node, address, "read", **message, host="")  # type: ignore[no-any-return]
        return {"rows": rows, "stop": stop}

    async def _holders(self, node: Any, name: str) -> list[str]:
        try:
            return await self._ask(node, self._home(name), "holders", session=self.session, name=name) or []
        except OSError:
            return []

    async def _everyone_for(self, node: Any, name: str) -> list[str]:
        return await self._everyone(node)


async def _relayed(operation: str, message: dict[str, Any], dask_worker: Any) -> Any:
    """The answer of a worker to what came through the scheduler, with plain arrays."""
    plain = {key: _unframed(value) for key, value in message.items()}
    answer = await dask_worker.handlers[f"{NAME}_{operation}"](**plain)
    return {key: _unframed(value) for key, value in answer.items()} if isinstance(answer, dict) else answer


def _unframed(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _unframed(item) for key, item in value.items()}
    return value.data if type(value).__name__ == "Serialize" else value
