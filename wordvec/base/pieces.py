"""Compressed files of many independent parts, zstd's frames and the blocks of bgzip, read and written by all cores."""

from __future__ import annotations

import io
import sys
from collections import deque
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import Executor, Future
from contextlib import ExitStack
from importlib import import_module
from itertools import islice
from typing import Any, BinaryIO, NamedTuple

from wordvec.base.threads import in_order, thread_pool, usable_cores

# Bytes in a frame of zstd that is written here, and in a piece that a thread reads: they fit into its cache.
FRAME = 1 << 19
_MOST = 64  # parts of a piece
_LARGEST = 1 << 23  # bytes of a part, before and after: whoever says more is read as a stream
_IDENTITIES, _SIZES = (0, 1, 2, 4), (0, 2, 4, 8)  # bytes that the number of a dictionary and the size take
_BGZIP, _EXTRA = b"\x1f\x8b\x08\x04", b"\x06\x00BC\x02\x00"


def zstd_module() -> Any:
    """The module that knows zstd: Python's own, or its backport."""
    if sys.version_info >= (3, 14):
        from compression import zstd
    else:
        from backports import zstd
    return zstd


class Piece(NamedTuple):
    """Some parts of a file: where they end in it, their bytes, and the most bytes that each becomes."""

    end: int
    parts: list[tuple[bytes, int]]


class Pieces(io.RawIOBase):
    """The decompressed bytes of a seekable file, which stays open.

    Threads work once the first piece has been read, so that it costs little to look at the head of a file. A piece that
    does not become what it should, and all that follows, is left to `stream`, which says what is wrong with it.
    """

    def __init__(self, file: Any, kind: str, stream: Callable[[], Any]) -> None:
        """`stream` opens the rest of the file as a stream of the same compression."""
        self._file, self._kind, self._stream, self._end = file, kind, stream, file.tell()
        self._pieces = self._unpacked()
        self._serial: Any = None
        self._ready = memoryview(b"")

    def readable(self) -> bool:
        """True."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Read up to the size of the buffer; the number of bytes read."""
        while not self._ready and self._serial is None:
            end, data = next(self._pieces, (self._end, None))
            if data is None:
                self._pieces.close()
                self._file.seek(self._end)
                self._serial = self._stream() if self._goes_on() else io.BytesIO()
            else:
                self._ready, self._end = memoryview(data), end
        if not self._ready:
            return self._serial.readinto1(buffer)  # type: ignore[no-any-return]  # all that comes before damage
        size = min(len(buffer), len(self._ready))
        buffer[:size], self._ready = self._ready[:size], self._ready[size:]
        return size

    def close(self) -> None:
        """End the threads."""
        self._pieces.close()
        super().close()

    def _unpacked(self) -> Generator[tuple[int, bytes | None], None, None]:
        """(where a piece ends in the file, its bytes, or None where it is damaged)."""
        pieces = _pieces(self._file, zstd_part if self._kind == "zstd" else bgzip_part)
        unpack = _unzstd if self._kind == "zstd" else _ungzip
        yield from map(unpack, islice(pieces, 1))
        with thread_pool(usable_cores()) as pool:
            yield from in_order(pool, unpack, pieces, usable_cores() + 2)

    def _goes_on(self) -> bool:
        """Whether the file has more than what was read, and than zeros, which may follow gzip's data."""
        while block := self._file.read(FRAME):
            if self._kind == "zstd" or block.strip(b"\0"):
                self._file.seek(self._end)
                return True
        return False


def _pieces(file: Any, part: Callable[[bytes, int], tuple[int, int]]) -> Iterator[Piece]:
    """The pieces of a file from its position on, up to where parts cannot be told any more."""
    end, data, at = file.tell(), b"", 0
    parts: list[tuple[bytes, int]] = []
    while True:
        size, most = part(data, at)
        if at + size > len(data):  # more must be read to tell
            more = file.read(max(FRAME, at + size - len(data)))
            data, at, size = data[at:] + more, 0, size if more else 0
            if size:
                continue
        if size:
            parts.append((data[at : at + size], most))
            at, end = at + size, end + size
        if parts and (size == 0 or len(parts) == _MOST or sum(most for _, most in parts) >= FRAME):
            yield Piece(end, parts)
            parts = []
        if size == 0:
            return


def zstd_part(data: bytes, at: int) -> tuple[int, int]:
    """(bytes of the frame at `at`, bytes that it becomes), by RFC 8878.

    The first is 0 where threads cannot read it: it is none, or does not say what it becomes, or says a lot. Where it is
    more than there are, it is a lower bound.
    """
    magic = int.from_bytes(data[at : at + 4], "little")
    if len(data) < at + 8:
        return 8, 0
    if magic & ~15 == 0x184D2A50:  # to be skipped
        size = 8 + int.from_bytes(data[at + 4 : at + 8], "little")
        return (size, 0) if size <= _LARGEST else (0, 0)
    descriptor = data[at + 4]
    single = descriptor >> 5 & 1
    width, identity = _SIZES[descriptor >> 6] or single, _IDENTITIES[descriptor & 3]
    size = 5 + (not single) + identity + width
    if magic != 0xFD2FB528 or not width or identity:
        return 0, 0
    becomes = int.from_bytes(data[at + size - width : at + size], "little") + 256 * (width == 2)
    blocks = 16 + (becomes >> 10)  # usually they have 128 kB
    last = becomes > _LARGEST
    while not last and blocks > 0 and size <= _LARGEST and at + size + 3 <= len(data):
        block = int.from_bytes(data[at + size : at + size + 3], "little")
        size += 3 + (1 if block >> 1 & 3 == 1 else block >> 3)
        last, blocks = bool(block & 1), blocks - 1
    if becomes > _LARGEST or size > _LARGEST or blocks <= 0:
        return 0, 0
    return (size + 4 * (descriptor >> 2 & 1), becomes) if last else (size + 3, 0)


def bgzip_part(data: bytes, at: int) -> tuple[int, int]:
    """As `zstd_part`, for members of gzip that say their size, as bgzip writes them."""
    if len(data) < at + 18:
        return 18, 0
    if data[at : at + 4] != _BGZIP or data[at + 10 : at + 16] != _EXTRA:
        return 0, 0
    return max(18, int.from_bytes(data[at + 16 : at + 18], "little") + 1), 1 << 16


def _unzstd(piece: Piece) -> tuple[int, bytes | None]:
    return _unpack(piece, zstd_module().ZstdDecompressor, True)


def _ungzip(piece: Piece) -> tuple[int, bytes | None]:
    try:
        zlib = import_module("isal.isal_zlib")
    except ImportError:
        zlib = import_module("zlib")
    return _unpack(piece, lambda: zlib.decompressobj(31), False)


def _unpack(piece: Piece, new: Callable[[], Any], exact: bool) -> tuple[int, bytes | None]:
    """The end of a piece and its bytes, None where it does not become what it says. Nothing larger is ever made."""
    found = []
    for part, most in piece.parts:
        unpacker = new()
        try:
            text = unpacker.decompress(part, most + 1)
        except Exception:  # the stream will say what is wrong
            return piece.end, None
        if not unpacker.eof or unpacker.unused_data or len(text) > most or (exact and len(text) < most):
            return piece.end, None
        found.append(text)
    return piece.end, found[0] if len(found) == 1 else b"".join(found)


class Frames(io.RawIOBase):
    """A file that compresses by zstd what is written to it; the file below stays open.

    The frames are independent, with their size and a checksum, so that others can be decompressed by other threads, as
    they are compressed. Where they end depends on the bytes alone.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file, self._rest, self._written = file, bytearray(), 0
        self._running: deque[Future[bytes]] = deque()
        self._stack = ExitStack()
        self._pool: Executor | None = None

    def writable(self) -> bool:
        """True."""
        return True

    def tell(self) -> int:
        """The bytes that were written, before compression."""
        return self._written

    def write(self, data: Any) -> int:
        """Compress all of some bytes; their number."""
        size = memoryview(data).nbytes
        self._rest += data
        self._written += size
        while len(self._rest) > FRAME:
            if self._pool is None:
                self._pool = self._stack.enter_context(thread_pool(usable_cores()))
            self._running.append(self._pool.submit(_frame, bytes(self._rest[:FRAME])))
            del self._rest[:FRAME]
            self._drain(usable_cores() + 1)
        return size

    def close(self) -> None:
        """Write the last frame, and end the threads; may be called again."""
        if not self.closed:
            try:
                self._drain(0)
                self._file.write(_frame(bytes(self._rest)))
            finally:
                self._stack.close()
                super().close()

    def _drain(self, most: int) -> None:
        while len(self._running) > most:
            self._file.write(self._running.popleft().result())


def _frame(data: bytes) -> bytes:
    zstd = zstd_module()
    return zstd.compress(data, options={zstd.CompressionParameter.checksum_flag: 1})  # type: ignore[no-any-return]
