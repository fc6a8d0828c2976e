"""Workers of one machine read each other's rows where they lie, instead of sending them.

Each has files of full size, which others map: there it puts the sums of its replicas, the averaged rows, and how far it
is. The tables that are trained are its own memory, of which the system makes huge pages: the kernels are faster there.
"""

from __future__ import annotations

import mmap
import os
import platform
import weakref
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
TAIL = 64  # bytes after a table: its mark, and then two numbers
MARK = 16
KEEPS_ORDER = platform.machine().lower() in ("x86_64", "amd64")  # others see what was written before a number with it


class Where(NamedTuple):
    """Where a table lies that other processes of this machine can map."""

    path: str
    shape: tuple[int, ...]
    mark: bytes  # the bytes after the table: a file of that name in another container has others


class Shared(NamedTuple):
    """A table in a file, and two numbers that stand after it."""

    table: Floats
    numbers: NDArray[np.int64]  # [2]
    where: Where


class Neighbour(NamedTuple):
    """What another worker of this machine shares, read-only."""

    base: Mapping[str, Floats]  # averaged rows, and sums of its replicas
    ready: NDArray[np.int64]  # [2] the rounds of which it has laid out the sums, and the averaged rows


def floats_of(shape: tuple[int, ...]) -> int:
    """The numbers of a table whose rows are padded to 64 bytes."""
    return shape[0] if len(shape) == 1 else shape[0] * -(-shape[1] // 16) * 16


def _shared(buffer: Any, where: Where) -> Shared:
    size = 4 * floats_of(where.shape)
    flat: Floats = np.frombuffer(buffer, np.float32, size // 4)
    table = flat if len(where.shape) == 1 else flat.reshape(where.shape[0], -1)[:, : where.shape[1]]
    return Shared(table, np.frombuffer(buffer, np.int64, 2, size + MARK), where)


def mapped_table(descriptor: int, path: str, shape: tuple[int, ...]) -> Shared:
    """A table in an open file of its size, which is closed when the table is freed."""
    size = 4 * floats_of(shape)
    buffer = mmap.mmap(descriptor, size + TAIL)
    weakref.finalize(buffer, os.close, descriptor)
    mark = os.urandom(MARK)
    buffer[size : size + MARK] = mark
    return _shared(buffer, Where(path, shape, mark))


def look(where: Where) -> Shared | None:
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
    return _shared(buffer, where) if buffer[size : size + MARK] == where.mark else None


def told(where: Any) -> Where:
    """What another process has said of a table."""
    return Where(where[0], tuple(where[1]), bytes(where[2]))


def widened(table: Floats) -> Floats:
    """A table with the padding of its rows, which stays zero: one block of memory, which numpy adds at once."""
    if table.ndim == 1:
        return table
    return np.lib.stride_tricks.as_strided(table, (len(table), table.strides[0] // 4), table.strides)


def same_host(address: str, other: str) -> bool:
    """Whether two addresses are of one machine."""
    from distributed.comm.addressing import get_address_host

    return bool(get_address_host(address) == get_address_host(other))


def neighbour_of(answer: Mapping[str, Any], widths: Mapping[str, int]) -> Neighbour | None:
    """What a worker shares, from where it says that it lies, of so many columns; None where it cannot be mapped."""
    found = {name: look(told(where)) for name, where in answer.items()}
    shared = {name: one for name, one in found.items() if one is not None}
    if len(shared) < len(found):
        return None
    base = {
        name: table if table.ndim == 1 else widened(table)[:, : widths[name]] for name, (table, *_) in shared.items()
    }
    return Neighbour(base, next(iter(shared.values())).numbers)
