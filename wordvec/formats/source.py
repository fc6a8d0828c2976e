"""A file of vectors to read: opened once to be recognised, decompressed by what it holds, not by its name."""

from __future__ import annotations

import os
import stat
import sys
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BufferedIOBase, RawIOBase
from typing import Any

from wordvec.errors import FormatError

HEAD = 1 << 16  # bytes by which a file is recognised
_MAGIC = {b"\x1f\x8b": "gzip", b"BZh": "bz2", b"\xfd7zXZ\x00": "xz", b"\x28\xb5\x2f\xfd": "zstd"}
_OTHERS = {  # what people pass by mistake, and how to name it
    b"\x93NUMPY": "a numpy array, without words",
    b"PK\x03\x04": "a zip archive (perhaps .npz or a model of another library): unpack it",
    b"\x80": "a Python pickle that gensim did not write, which is not opened because it can run code",
    b"\xba\x16\x4f\x2f": "a fastText .bin model",
    b"FiFu": "a finalfusion file",
    b"SQLite format 3": "a SQLite database (perhaps Magnitude)",
    b"ustar": "a tar archive: unpack it",
    b"%PDF": "a PDF document",
    b"<": "a web page or XML: perhaps a download that failed",
    b"{": "JSON",
}


@dataclass(frozen=True)
class Source:
    """A regular file: its path, compression, size on disk, and first bytes after decompression; or a folder."""

    path: str
    compression: str | None
    size: int
    head: bytes
    is_folder: bool = False

    @contextmanager
    def open(self) -> Iterator[BufferedIOBase | RawIOBase]:
        """The decompressed bytes; damage found on the way is a FormatError."""
        with _damage_named(self.path, self.compression), open(self.path, "rb") as file:
            with _decompressor(file, self.compression) as stream:
                yield stream

    def describe(self) -> str:
        """What the file seems to be, in words."""
        if self.is_folder:
            return "a folder"
        if not self.head:
            return "an empty file"
        for magic, words in _OTHERS.items():
            if self.head.startswith(magic):
                return words
        return f"something that starts with {self.head[:24]!r}"


def open_source(path: str | os.PathLike[str]) -> Source:
    """The source at `path`; FileNotFoundError where there is none, FormatError where it is not a regular file."""
    name = os.fspath(path)
    status = os.stat(name)
    if stat.S_ISDIR(status.st_mode):
        return Source(name, None, 0, b"", is_folder=True)
    if not stat.S_ISREG(status.st_mode):  # before it is opened: that would wait for the other end of a pipe
        raise FormatError(f"{name}: vectors must be in a regular file or a folder; this is a device, pipe or socket")
    with open(name, "rb") as file:
        start = file.read(8)
    compression = next((kind for magic, kind in _MAGIC.items() if start.startswith(magic)), None)
    source = Source(name, compression, status.st_size, b"")
    with source.open() as stream:
        return Source(name, compression, status.st_size, read_exactly(stream, HEAD))


def read_exactly(stream: BufferedIOBase | RawIOBase, size: int) -> bytes:
    """`size` bytes, or fewer at the end of the stream; decompressors may give less than is asked."""
    parts, missing = [], size
    while missing and (part := stream.read(missing)):
        parts.append(part)
        missing -= len(part)
    return b"".join(parts)


def _decompressor(file: Any, compression: str | None) -> Any:
    if compression == "gzip":
        import gzip

        return gzip.GzipFile(fileobj=file, mode="rb")
    if compression == "bz2":
        import bz2

        return bz2.BZ2File(file)
    if compression == "xz":
        import lzma

        return lzma.LZMAFile(file)
    if compression == "zstd":
        from importlib import import_module

        zstd = import_module("compression.zstd" if sys.version_info >= (3, 14) else "backports.zstd")
        return zstd.ZstdFile(file)
    return file


@contextmanager
def _damage_named(path: str, compression: str | None) -> Iterator[None]:
    """Turn the errors of the decompressors into one FormatError."""
    if compression is None:
        yield
        return
    try:
        yield
    except FormatError:
        raise
    except (EOFError, zlib.error, OSError, ValueError, RuntimeError) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise  # the disk, not the data
        raise FormatError(f"{path}: a {compression} file must be whole; {error}") from None
    except Exception as error:
        if type(error).__name__ not in ("LZMAError", "ZstdError"):
            raise
        raise FormatError(f"{path}: a {compression} file must be whole; {error}") from None
