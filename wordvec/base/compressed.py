"""Compressed files: recognised by their first bytes, opened for reading, and named where they are damaged."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO

from wordvec.base.errors import WordvecError

SUFFIXES = {".gz": "gzip", ".bz2": "bzip2", ".xz": "xz", ".zst": "zstd"}
PEEK = 8  # bytes that tell
_MAGIC = {"gzip": b"\x1f\x8b\x08", "bzip2": b"BZh", "xz": b"\xfd7zXZ\x00", "zstd": b"\x28\xb5\x2f\xfd"}
_BZIP2 = (b"1AY&", b"\x17rE8")  # after the level: a block, or the end of an empty file


def compression_of(head: bytes) -> str | None:
    """How a file is compressed whose first bytes are `head`, PEEK of them or the whole file; None where it is not.

    >>> compression_of(b"BZh91AY&SY"), compression_of(b"BZhang 0.1"), compression_of(b"plain")
    ('bzip2', None, None)
    """
    kind = next((kind for kind, magic in _MAGIC.items() if head.startswith(magic)), None)
    if kind == "bzip2" and not (head[3:4].isdigit() and head[4:8] in _BZIP2):
        return None  # text, whose first word begins so
    return kind


def decompressed(stream: Any) -> BinaryIO:
    """What a stream of bytes holds, decompressed where it is compressed; the stream itself stays open.

    Nothing is taken for granted of the stream: it may be a pipe that gives a byte at a time.
    """
    head = read_exactly(stream, PEEK)
    kind, whole = compression_of(head), joined(head, stream)
    return whole if kind is None else decompressor(whole, kind)


def joined(head: bytes, stream: Any) -> BinaryIO:
    """Some bytes, then what a stream holds; to close it leaves the stream open."""
    return io.BufferedReader(_Joined(head, stream), 1 << 17)


def decompressor(stream: Any, kind: str | None) -> Any:
    """A file that reads what is compressed in `stream`; the stream itself where `kind` is None."""
    if kind == "gzip":
        import gzip

        return gzip.GzipFile(fileobj=stream, mode="rb")
    if kind == "bzip2":
        import bz2

        return bz2.BZ2File(stream)
    if kind == "xz":
        import lzma

        return lzma.LZMAFile(stream)
    if kind == "zstd":
        if sys.version_info >= (3, 14):
            from compression import zstd
        else:
            from backports import zstd
        return zstd.ZstdFile(stream)
    return stream


def read_exactly(stream: Any, size: int) -> bytes:
    """`size` bytes, or fewer at the end of the stream; pipes and decompressors may give less than is asked."""
    parts, missing = [], size
    while missing and (part := stream.read(missing)):
        parts.append(part)
        missing -= len(part)
    return b"".join(parts)


def fill(stream: Any, buffer: memoryview) -> int:
    """Read into `buffer` until it is full or the stream ends; how many bytes that were."""
    size = 0
    while size < len(buffer) and (part := stream.readinto(buffer[size:])):
        size += part
    return size


@contextmanager
def damage_named(name: str, error: type[WordvecError]) -> Iterator[None]:
    """Turn what decompressors raise on damaged data into one error that names the file; other errors pass."""
    try:
        yield
    except WordvecError:
        raise
    except EOFError as problem:
        raise error(f"{name} is cut short: its compressed data has no end; get a complete copy") from problem
    except Exception as problem:
        ours = isinstance(problem, OSError) and problem.errno is None  # gzip's and bz2's; the disk's have a number
        if ours or type(problem).__name__ in ("error", "LZMAError", "ZstdError"):  # zlib's, lzma's and zstd's own
            raise error(f"{name} is damaged: {problem}; get a good copy") from problem
        raise


class _Joined(io.RawIOBase):
    """Some bytes, then a stream, which stays open: it is not ours to close."""

    def __init__(self, head: bytes, stream: Any) -> None:
        self._head, self._stream = head, stream

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill some of a buffer."""
        if self._head:
            part, self._head = self._head[: len(buffer)], self._head[len(buffer) :]
        else:
            # what is there already, not all that was asked for: a pipe is to be read as it is written
            part = getattr(self._stream, "read1", self._stream.read)(len(buffer))
        buffer[: len(part)] = part
        return len(part)
