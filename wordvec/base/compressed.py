"""Compressed files: recognised by their first bytes and decompressed; errors about damage name the file."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, BinaryIO

from wordvec.base.errors import WordvecError
from wordvec.base.logs import LOG
from wordvec.base.pieces import Pieces, bgzip_part, zstd_module, zstd_part

SUFFIXES = {".gz": "gzip", ".bz2": "bzip2", ".xz": "xz", ".zst": "zstd"}
PEEK = 8  # bytes that identify a compression
_HEAD = 32  # bytes that say whether a file has parts which can be decompressed on their own
_MAGIC = {"gzip": b"\x1f\x8b\x08", "bzip2": b"BZh", "xz": b"\xfd7zXZ\x00", "zstd": b"\x28\xb5\x2f\xfd"}
_DAMAGE = ("error", "IsalError", "LZMAError", "ZstdError")  # the errors of zlib, isal, lzma and zstd
_BZIP2 = (b"1AY&", b"\x17rE8")  # after the level: a block, or the end of an empty file


def compression_of(head: bytes) -> str | None:
    """The compression of a file that starts with `head` (PEEK bytes, or the whole file); None for a plain file.

    >>> compression_of(b"BZh91AY&SY"), compression_of(b"BZhang 0.1"), compression_of(b"plain")
    ('bzip2', None, None)
    """
    kind = next((kind for kind, magic in _MAGIC.items() if head.startswith(magic)), None)
    if kind == "bzip2" and not (head[3:4].isdigit() and head[4:8] in _BZIP2):
        return None  # a text whose first word starts with BZh
    return kind


def decompressed(stream: Any) -> BinaryIO:
    """The content of a stream of bytes, decompressed if it is compressed; the stream itself stays open.

    The stream may be a pipe that returns a byte at a time.
    """
    head = read_exactly(stream, PEEK)
    kind, whole = compression_of(head), joined(head, stream)
    return whole if kind is None else decompressor(whole, kind)


def joined(head: bytes, stream: Any) -> BinaryIO:
    """The bytes of `head`, then those of a stream; closing the result leaves the stream open."""
    return io.BufferedReader(_Joined(head, stream), 1 << 17)


def decompressor(stream: Any, kind: str | None, fast: bool = True) -> Any:
    """A file that decompresses `stream`; the stream itself where `kind` is None.

    Without `fast`, all that comes before damage is read: isal drops the last of it. Files of many frames of zstd, or of
    blocks of bgzip, are decompressed on all cores; closing them ends the threads.
    """
    if kind in ("gzip", "zstd") and stream.seekable():
        start = stream.tell()
        part = (zstd_part if kind == "zstd" else bgzip_part)(read_exactly(stream, _HEAD), 0)
        stream.seek(start)
        if part[0]:
            return io.BufferedReader(Pieces(stream, kind, lambda: _as_stream(stream, kind, fast)), 1 << 17)
    return _as_stream(stream, kind, fast)


def _as_stream(stream: Any, kind: str | None, fast: bool) -> Any:
    if kind == "gzip":
        return _gzip_reader(fast)(fileobj=stream, mode="rb")
    if kind == "bzip2":
        import bz2

        return bz2.BZ2File(stream)
    if kind == "xz":
        import lzma

        return lzma.LZMAFile(stream)
    if kind == "zstd":
        return zstd_module().ZstdFile(stream)
    return stream


def _gzip_reader(fast: bool) -> Any:
    """The class that reads gzip files: of isal where it is installed, three times as fast; else Python's."""
    if fast:
        with suppress(ImportError):
            from isal.igzip import IGzipFile

            LOG.debug("gzip is decompressed by isal")
            return IGzipFile
    from gzip import GzipFile

    LOG.debug("gzip is decompressed by zlib")
    return GzipFile


def read_exactly(stream: Any, size: int) -> bytes:
    """The next `size` bytes, fewer at the end of the stream. A single `read` of a pipe may return fewer."""
    parts, missing = [], size
    while missing and (part := stream.read(missing)):
        parts.append(part)
        missing -= len(part)
    return b"".join(parts)


def fill(stream: Any, buffer: memoryview) -> int:
    """Read into `buffer` until it is full or the stream ends; the number of bytes read."""
    size = 0
    while size < len(buffer) and (part := stream.readinto(buffer[size:])):
        size += part
    return size


@contextmanager
def decompression_errors(name: str, error: type[WordvecError]) -> Iterator[None]:
    """Turn the errors of decompressors about damaged data into one `error` that names the file; others pass."""
    try:
        yield
    except WordvecError:
        raise
    except EOFError as problem:
        raise error(f"{name} is cut short: its compressed data has no end; get a complete copy") from problem
    except Exception as problem:
        damaged = isinstance(problem, OSError) and problem.errno is None  # gzip's and bz2's; not the disk's
        if damaged or type(problem).__name__ in _DAMAGE:
            raise error(f"{name} is damaged: {problem}; get a good copy") from problem
        raise


class _Joined(io.RawIOBase):
    """Some bytes, then those of a stream, which stays open."""

    def __init__(self, head: bytes, stream: Any) -> None:
        self._head, self._stream = head, stream

    def readable(self) -> bool:
        """True."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Read up to the size of the buffer; the number of bytes read."""
        if self._head:
            part, self._head = self._head[: len(buffer)], self._head[len(buffer) :]
        else:
            # the bytes that are there already: a pipe is read as it is written
            part = getattr(self._stream, "read1", self._stream.read)(len(buffer))
        buffer[: len(part)] = part
        return len(part)
