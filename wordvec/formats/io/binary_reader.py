"""A binary file read from start to end: mapped where it is plain, else decompressed as it is read."""

from __future__ import annotations

import mmap
import os
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wordvec.base.compressed import read_exactly
from wordvec.base.errors import FormatError
from wordvec.formats.io.source import Source

_PIECE = 4 << 20  # bytes decompressed at a time: memory is allocated for bytes that have come


class BinaryReader:
    """A file and the position in it. Memory is allocated only for bytes that are there."""

    def __init__(self, source: Source, data: NDArray[np.uint8] | None, map: mmap.mmap | None, stream: Any) -> None:
        self.path, self.position = source.path, 0
        self.mapped = data  # [size of the file], or None for a compressed file
        self._map, self._stream, self._rest = map, stream, b""

    def take(self, size: int, what: str) -> NDArray[np.uint8]:
        """The next `size` bytes, a view of the map where there is one; FormatError where there are fewer."""
        if self.mapped is not None:
            if size > len(self.mapped) - self.position:
                raise self._short(size, what)
            self.position += size
            return self.mapped[self.position - size : self.position]
        data, used = np.empty(min(size, _PIECE), np.uint8), 0
        while used < size:
            piece = self._read(min(size - used, _PIECE))
            if not piece:
                raise self._short(size, what)
            if used + len(piece) > len(data):
                data.resize(min(size, used + len(piece) + used // 2), refcheck=False)
            data[used : used + len(piece)] = np.frombuffer(piece, np.uint8)
            used += len(piece)
        self.position += size
        return data

    def ahead(self, size: int) -> NDArray[np.uint8]:
        """The next `size` bytes, fewer at the end of the file; the position stays."""
        if self.mapped is not None:
            return self.mapped[self.position : self.position + size]
        if len(self._rest) < size:
            self._rest += read_exactly(self._stream, size - len(self._rest))
        return np.frombuffer(self._rest[:size], np.uint8)

    def skip(self, size: int, what: str) -> None:
        """Skip `size` bytes; FormatError where there are fewer."""
        if self.mapped is not None:
            self.take(size, what)
            return
        for first in range(0, size, _PIECE):
            self.take(min(_PIECE, size - first), what)

    def unpack(self, layout: str, what: str) -> tuple[Any, ...]:
        """The next little-endian values, by the codes of `struct`."""
        return struct.unpack("<" + layout, self.take(struct.calcsize("<" + layout), what).tobytes())

    def is_at_end(self) -> bool:
        """Whether no byte is left."""
        return not len(self.ahead(1))

    def drop(self, first: int, last: int) -> None:
        """Advise the system that these bytes of the map need not stay in memory."""
        first = -(-first // mmap.PAGESIZE) * mmap.PAGESIZE
        if self._map is not None and last > first and hasattr(mmap, "MADV_DONTNEED"):
            self._map.madvise(mmap.MADV_DONTNEED, first, last - first)

    def _read(self, size: int) -> bytes:
        if self._rest:
            piece, self._rest = self._rest[:size], self._rest[size:]
            return piece
        return read_exactly(self._stream, size)

    def _short(self, size: int, what: str) -> FormatError:
        return FormatError(
            f"{self.path}: {what} must take {size} bytes from byte {self.position} on; the file ends before: it is "
            "truncated or damaged"
        )


@contextmanager
def open_binary(source: Source) -> Iterator[BinaryReader]:
    """A reader at the start of a file; arrays that are views of the map keep it open."""
    if source.compression is not None:
        with source.open() as stream:
            yield BinaryReader(source, None, None, stream)
        return
    with open(source.path, "rb") as file:
        if os.fstat(file.fileno()).st_size == 0:
            raise FormatError(f"{source.path}: the file must not be empty")
        mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    yield BinaryReader(source, np.frombuffer(mapped, np.uint8), mapped, None)
