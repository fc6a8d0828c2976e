"""What a Dask worker holds for others: arrays in files of its folder, and rows of tables where they lie."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wordvec.base.errors import OptionError, WordvecError
from wordvec.base.libraries import library
from wordvec.distributed.neighbours import Shared, Where
from wordvec.distributed.store import FolderStore, Lost, check_stored_name, chosen_rows, own_host

BLOCK = 32 << 20  # bytes of one message: neither end holds more of a transfer than this beside its result
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
        self._tables: dict[tuple[str, str], tuple[Where, int]] = {}  # of what is held as it lies: the table, first row
        for operation in (self.read, self.keep, self.note, self.holders, self.drop):
            worker.handlers[f"{NAME}_{operation.__name__}"] = operation
        worker.plugins[NAME] = worker.extensions[NAME] = self

    def folder(self, session: str) -> FolderStore:
        """The store of a session on this worker alone."""
        check_stored_name(session)
        return FolderStore(Path(self.worker.local_directory, NAME, session))

    def put(self, session: str, name: str, arrays: Mapping[str, NDArray[Any]]) -> None:
        """Write arrays to a file of this worker; OutputError, which names the host, where that cannot be."""
        self.forget(session, name)
        self.folder(session).put(name, arrays)

    def hold(self, session: str, name: str, shared: Shared, first: int, last: int) -> None:
        """Hold some rows of a table where they lie; they must stay as they are until they are dropped."""
        self._tables[session, name] = shared.where, first
        self._maps[session, name] = {"rows": shared.table[first:last]}

    def forget(self, session: str, prefix: str | None) -> None:
        """Forget what is known of names, not the files."""
        for known in (self._maps, self._tables, self.places):
            for key in list(known):  # at once, as tasks add to them
                if key[0] == session and (prefix is None or f"{key[1]}/".startswith(f"{prefix}/")):
                    known.pop(key, None)

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
            if (table := self._tables.get((session, name))) is not None:
                return {"table": list(table[0]), "first": table[1] + start, "stop": start + len(rows)}
            return {"place": list(self.folder(session).place(name)), "stop": start + len(rows)}
        first = rows[: block_rows(rows)]
        self.sent += first.nbytes
        return {"rows": framed(first), "stop": start + len(rows), "bytes": first.nbytes}

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
        self.forget(session, prefix)
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


def block_rows(rows: NDArray[Any]) -> int:
    """The number of rows that a message takes."""
    return max(1, BLOCK // max(1, rows.nbytes // max(1, len(rows))))


def framed(rows: NDArray[Any]) -> Any:
    """Rows as they are sent: their bytes as they stand."""
    protocol: Any = library("distributed.protocol", INSTALL)
    return protocol.to_serialize(np.ascontiguousarray(rows))


def holdings_of(worker: Any) -> Holdings:
    """What a worker holds; it is attached to the worker at the first call."""
    found: Holdings | None = worker.extensions.get(NAME)
    return Holdings(worker) if found is None else found
