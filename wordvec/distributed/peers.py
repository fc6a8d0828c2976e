"""PeerStore: arrays stay on the Dask worker that put them, and travel from worker to worker, not by the scheduler."""

from __future__ import annotations

import asyncio
import os
import socket
import zlib
from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wordvec.base.errors import ClusterError, OptionError, WordvecError
from wordvec.base.libraries import library
from wordvec.distributed.store import FolderStore, Lost, Place, arrays_at, check_stored_name, chosen_rows

BLOCK = 32 << 20  # bytes of one message: neither end holds more of a transfer than this beside its result
CONNECT = 10  # seconds to reach a worker that the scheduler knows
INSTALL = "wordvec[dask]"
NAME = "wordvec"  # of what is attached to a Dask worker


class Holdings:
    """What a worker holds for others, in files of its own folder, served by handlers that are added to the worker.

    Each session has its folder, which goes when the driver closes the session or its client is lost: then the scheduler
    releases the session's anchor, of which this, a plugin of the worker, is told.
    """

    def __init__(self, worker: Any) -> None:
        self.worker = worker
        self.sent = self.received = 0  # bytes of arrays
        self.places: dict[tuple[str, str], list[str]] = {}  # (session, name): workers that have said they hold it
        self.objects: dict[str, Any] = {}  # by session: what tasks keep on this worker for later ones
        self._maps: dict[tuple[str, str], dict[str, NDArray[Any]]] = {}
        for operation in (self.read, self.keep, self.note, self.holders, self.drop):
            worker.handlers[f"{NAME}_{operation.__name__}"] = operation
        worker.plugins[NAME] = worker.extensions[NAME] = self

    def folder(self, session: str) -> FolderStore:
        """The store of a session on this worker alone."""
        check_stored_name(session)
        return FolderStore(Path(self.worker.local_directory, NAME, session))

    def put(self, session: str, name: str, arrays: Mapping[str, NDArray[Any]]) -> None:
        """Write arrays to a file of this worker; OutputError, which names the host, where that cannot be."""
        self._maps.pop((session, name), None)
        self.folder(session).put(name, arrays)

    def arrays(self, session: str, name: str) -> dict[str, NDArray[Any]] | None:
        """The arrays of a name, mapped; None where this worker does not hold it."""
        if (session, name) not in self._maps:
            try:
                self._maps[session, name] = self.folder(session).arrays(name)
            except Lost:
                return None
        return self._maps[session, name]

    def rows(self, session: str, name: str, array: str, start: int, stop: int | None) -> NDArray[Any] | None:
        """Some rows of an array, mapped; None where this worker does not hold it."""
        arrays = self.arrays(session, name)
        if arrays is None:
            return None
        if array not in arrays:
            raise OptionError(f"{name!r} must have an array {array!r}; it has {', '.join(arrays)}")
        first, last = chosen_rows(len(arrays[array]), start, stop)
        return arrays[array][first:last]

    async def read(
        self, session: str, name: str, array: str, start: int, stop: int | None, host: str
    ) -> dict[str, Any] | None:
        """Serve the first block of some rows, or say to the own `host` where they lie; and the row after the last."""
        try:
            rows = self.rows(session, name, array, start, stop)
        except WordvecError as error:
            return {"problem": str(error)}
        if rows is None:
            return None
        if host and host == own_host():
            return {"place": list(self.folder(session).place(name)), "stop": start + len(rows)}
        first = rows[: block_rows(rows)]
        self.sent += first.nbytes
        return {"rows": _framed(first), "stop": start + len(rows), "bytes": first.nbytes}

    async def keep(self, session: str, name: str, arrays: dict[str, NDArray[Any]]) -> dict[str, Any]:
        """Put what the driver sends."""
        self.received += sum(array.nbytes for array in arrays.values())
        try:
            await asyncio.to_thread(self.put, session, name, arrays)
        except (WordvecError, OSError) as error:
            return {"problem": str(error)}
        return {}

    async def note(self, session: str, name: str, address: str) -> dict[str, Any]:
        """Remember that a worker holds a name."""
        places = self.places.setdefault((session, name), [])
        if address not in places:
            places.append(address)
        return {}

    async def holders(self, session: str, name: str) -> list[str]:
        """The workers that have said that they hold a name, this one included if it does."""
        own = [self.worker.address] if self.arrays(session, name) is not None else []
        return [*own, *self.places.get((session, name), [])]

    async def drop(self, session: str, prefix: str | None) -> dict[str, Any]:
        """Forget a name and those below it, or the whole session where there is no prefix."""

        def is_dropped(name: str) -> bool:
            return prefix is None or name == prefix or name.startswith(f"{prefix}/")

        for known in (self._maps, self.places):
            for key in [key for key in known if key[0] == session and is_dropped(key[1])]:
                known.pop(key, None)
        if prefix is None:
            self.objects.pop(session, None)
            exchange = self.worker.extensions.get(f"{NAME}-exchange")
            _ = exchange is not None and exchange.leave(session)
        store = FolderStore(Path(self.worker.local_directory, NAME))
        await asyncio.to_thread(store.drop, session if prefix is None else f"{session}/{prefix}")
        return {}

    def transition(self, key: Any, start: str, finish: str, **more: Any) -> None:
        """Forget a session whose anchor was released, as its client is gone."""
        if finish in ("released", "forgotten") and isinstance(key, str) and key.startswith(f"{NAME}-anchor-"):
            session = key.split("-")[2]
            asyncio.get_running_loop().create_task(self.drop(session, None))


def own_host() -> str:
    """The name of this machine where another process can map a file that is then removed; else nothing."""
    return socket.gethostname() if os.name == "posix" else ""


def block_rows(rows: NDArray[Any]) -> int:
    """The number of rows that a message takes."""
    return max(1, BLOCK // max(1, rows.nbytes // max(1, len(rows))))


def _framed(rows: NDArray[Any]) -> Any:
    protocol: Any = library("distributed.protocol", INSTALL)
    return protocol.to_serialize(np.ascontiguousarray(rows))


def holdings_of(worker: Any) -> Holdings:
    """What a worker holds; it is attached to the worker at the first call."""
    found: Holdings | None = worker.extensions.get(NAME)
    return Holdings(worker) if found is None else found


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
            address = self._sync(self._send, name, {key: _framed(array) for key, array in arrays.items()})
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
        if answer is None or "place" not in answer:
            return answer
        arrays = arrays_at(Place(*answer["place"]))
        if arrays is None:
            return await self._ask(node, address, "read", **message, host="")  # type: ignore[no-any-return]
        return {"rows": arrays[message["array"]][message["start"] : answer["stop"]], "stop": answer["stop"]}

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
