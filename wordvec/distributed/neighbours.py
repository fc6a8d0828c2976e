"""Workers of one machine read each other's tables where they lie, instead of sending rows."""

from __future__ import annotations

import mmap
import os
import weakref
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from wordvec.base.libraries import library
from wordvec.distributed.peers import INSTALL
from wordvec.optim.descent import aligned_matrix

Floats = NDArray[np.float32]
TAIL = 64  # bytes after a table, which begin with its mark


class Where(NamedTuple):
    """Where a table lies that other processes of this machine can map."""

    path: str
    shape: tuple[int, ...]
    mark: bytes  # the bytes after the table: a file of that name in another container has others


class Neighbour(NamedTuple):
    """The tables of another worker of this machine, read-only."""

    base: Mapping[str, Floats]
    tables: Sequence[Mapping[str, Floats]]  # of each of its replicas


def floats_of(shape: tuple[int, ...]) -> int:
    """The numbers of a table whose rows are padded to 64 bytes."""
    return shape[0] if len(shape) == 1 else shape[0] * -(-shape[1] // 16) * 16


def _table(buffer: Any, shape: tuple[int, ...]) -> Floats:
    flat: Floats = np.frombuffer(buffer, np.float32, floats_of(shape))
    return flat if len(shape) == 1 else flat.reshape(shape[0], -1)[:, : shape[1]]


def shared_table(shape: tuple[int, ...]) -> tuple[Floats, Where | None]:
    """Zeros that others can map, where the system has memory without a file (Linux); else they are in own memory."""
    create = getattr(os, "memfd_create", None)
    if create is not None:
        with suppress(OSError, ValueError):
            descriptor = create("wordvec")
            path = f"/proc/{os.getpid()}/fd/{descriptor}"
            os.ftruncate(descriptor, 4 * floats_of(shape) + TAIL)
            table, where = mapped_table(descriptor, path, shape)
            return table, where
    return (aligned_matrix(shape[0], shape[1]) if len(shape) > 1 else np.zeros(shape, np.float32)), None


def mapped_table(descriptor: int, path: str, shape: tuple[int, ...]) -> tuple[Floats, Where]:
    """A table in an open file of its size, which is closed when the table is freed."""
    size = 4 * floats_of(shape)
    buffer = mmap.mmap(descriptor, size + TAIL)
    weakref.finalize(buffer, os.close, descriptor)
    mark = os.urandom(16)
    buffer[size : size + len(mark)] = mark
    return _table(buffer, shape), Where(path, shape, mark)


def look(where: Where) -> Floats | None:
    """A table of another process; None where it is not there."""
    try:
        descriptor = os.open(where.path, os.O_RDONLY)
        try:
            size = 4 * floats_of(where.shape)
            if os.fstat(descriptor).st_size != size + TAIL:
                return None
            buffer = mmap.mmap(descriptor, size + TAIL, access=mmap.ACCESS_READ)
        finally:
            os.close(descriptor)
    except (OSError, ValueError):
        return None
    return _table(buffer, where.shape) if buffer[size : size + len(where.mark)] == where.mark else None


def widened(table: Floats) -> Floats:
    """A table with the padding of its rows, which stays zero: one block of memory, which numpy adds at once."""
    if table.ndim == 1:
        return table
    return np.lib.stride_tricks.as_strided(table, (len(table), table.strides[0] // 4), table.strides)


def same_host(address: str, other: str) -> bool:
    """Whether two addresses are of one machine."""
    host_of = library("distributed.comm", INSTALL).get_address_host
    return bool(host_of(address) == host_of(other))


def neighbour_of(answer: Mapping[str, Any], widths: Mapping[str, int]) -> Neighbour | None:
    """The tables of a worker from what it says of them, of so many columns; None where one cannot be mapped."""
    found: list[dict[str, Floats]] = []
    for tables in (answer["base"], *answer["tables"]):
        found.append({})
        for name, place in tables.items():
            table = None if place is None else look(Where(place[0], tuple(place[1]), bytes(place[2])))
            if table is None:
                return None
            found[-1][name] = table if table.ndim == 1 else widened(table)[:, : widths[name]]
    return Neighbour(found[0], found[1:])
