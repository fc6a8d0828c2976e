"""A file of vectors to read: opened once to be recognised, decompressed by what it holds, not by its name."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BufferedIOBase, RawIOBase

from wordvec.compressed import PEEK, compression_of, damage_named, decompressor, read_exactly
from wordvec.errors import FormatError
from wordvec.formats.missing import missing
from wordvec.keyed_vectors.files import checked_path

HEAD = 1 << 16  # bytes by which a file is recognised
_LONGEST_HEAD = 1 << 22  # where the first lines are longer than that
_AHEAD = 128 << 20  # bytes that the disk is asked for before they are read
_OTHERS = {  # what people pass by mistake, and how to name it
    b"\x93NUMPY": "a numpy array",
    b"PK\x03\x04": "a zip archive (perhaps .npz or a model of another library): unpack it",
    b"PK\x05\x06": "an empty zip archive",
    b"\x80": "a Python pickle that gensim did not write, which is not opened because it can run code",
    b"\xba\x16\x4f\x2f": "a fastText .bin model",
    b"FiFu": "a finalfusion file",
    b"SQLite format 3": "a SQLite database (perhaps Magnitude)",
    b"\x89HDF": "an HDF5 file (perhaps of Keras)",
    b"ARROW1": "an Arrow file",
    b"PAR1": "a Parquet file",
    b"7z\xbc\xaf\x27\x1c": "a 7-zip archive: unpack it",
    b"%PDF": "a PDF document",
    b"\x7fELF": "a program",
    b"version https://git-lfs": "a pointer of git-lfs: run `git lfs pull` to get the file it stands for",
    b"<": "a web page or XML: perhaps a download that failed",
    b"{": "JSON",
    b"[": "JSON",
}
_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1f]")
_TAR = (257, b"ustar")


@dataclass(frozen=True)
class Source:
    """A regular file: its path, compression, size on disk, and first bytes after decompression; or a folder."""

    path: str
    compression: str | None
    size: int
    head: bytes
    is_folder: bool = False

    @property
    def is_whole(self) -> bool:
        """Whether `head` is all that the file holds, as far as that is known."""
        return len(self.head) % HEAD != 0 or not self.head

    @contextmanager
    def open(self) -> Iterator[BufferedIOBase | RawIOBase]:
        """The decompressed bytes; damage found on the way is a FormatError."""
        with damage_named(self.path, FormatError), open(self.path, "rb") as file:
            if hasattr(os, "posix_fadvise"):  # have the disk read ahead as far as it likes
                os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_SEQUENTIAL)
            yield file if self.compression is None else decompressor(file, self.compression)

    def fetch(self, stream: BufferedIOBase | RawIOBase, at: int, fetched: int) -> int:
        """Have the disk bring what comes after byte `at` while it is parsed; up to which byte that has been asked."""
        if self.compression is not None or at + _AHEAD <= fetched or not hasattr(os, "posix_fadvise"):
            return fetched
        start, stop = max(at, fetched), at + _AHEAD * 5 // 4
        os.posix_fadvise(stream.fileno(), start, stop - start, os.POSIX_FADV_WILLNEED)
        return stop

    def describe(self) -> str:
        """What the file seems to be, in words."""
        if self.is_folder:
            return "a folder"
        if not self.head:
            return "an empty file"
        for magic, words in _OTHERS.items():
            if self.head.startswith(magic):
                return words
        if self.head[_TAR[0] :].startswith(_TAR[1]):
            return "a tar archive: unpack it"
        if self.head.startswith((b"\xff\xfe", b"\xfe\xff")):
            return "text in UTF-16: save it as UTF-8"
        kind = "text" if is_text(self.head[:64]) else "something"
        return f"{kind} that starts with {self.head[:24]!r}"


def open_source(path: str | os.PathLike[str]) -> Source:
    """The source at `path`; FileNotFoundError where there is none, FormatError where it is not a regular file."""
    name = checked_path(path)
    try:
        status = os.stat(name)
    except FileNotFoundError:
        raise missing(name) from None
    if stat.S_ISDIR(status.st_mode):
        return Source(name, None, 0, b"", is_folder=True)
    if not stat.S_ISREG(status.st_mode):  # before it is opened: that would wait for the other end of a pipe
        raise FormatError(f"{name}: vectors must be in a regular file or a folder; this is a device, pipe or socket")
    with open(name, "rb") as file:
        compression = compression_of(file.read(PEEK))
    source = Source(name, compression, status.st_size, b"")
    with source.open() as stream:
        head = read_exactly(stream, HEAD)
        while len(head) < _LONGEST_HEAD and len(head) % HEAD == 0 and head.count(b"\n") < 2 and 0 not in head[-HEAD:]:
            more = read_exactly(stream, HEAD)
            if not more:
                break
            head += more
        return Source(name, compression, status.st_size, head)


def is_text(head: bytes) -> bool:
    """Whether bytes are UTF-8, perhaps cut off, without control characters."""
    try:
        head.decode("utf-8")
    except UnicodeDecodeError as error:
        if error.start < len(head) - 3 or error.reason != "unexpected end of data":
            return False
    return _CONTROL.search(head) is None
