"""A file of vectors to read: opened once to be recognised, decompressed by what it holds, not by its name."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BufferedIOBase, RawIOBase

from wordvec.compressed import PEEK, compression_of, damage_named, decompressor, read_exactly
from wordvec.errors import FormatError

HEAD = 1 << 16  # bytes by which a file is recognised
_OTHERS = {  # what people pass by mistake, and how to name it
    b"\x93NUMPY": "a numpy array, without words",
    b"PK\x03\x04": "a zip archive (perhaps .npz or a model of another library): unpack it",
    b"\x80": "a Python pickle (perhaps saved by gensim), which is not opened because it can run code",
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
        with damage_named(self.path, FormatError), open(self.path, "rb") as file:
            yield file if self.compression is None else decompressor(file, self.compression)

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
        compression = compression_of(file.read(PEEK))
    source = Source(name, compression, status.st_size, b"")
    with source.open() as stream:
        return Source(name, compression, status.st_size, read_exactly(stream, HEAD))
