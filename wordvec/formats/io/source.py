"""A file of vectors to read: opened once to be recognised; compression is recognised by content, not by name."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from io import BufferedIOBase, RawIOBase
from typing import BinaryIO

from wordvec.base.compressed import SUFFIXES, decompression_errors, decompressor, read_exactly
from wordvec.base.errors import FormatError
from wordvec.formats.io.hub import fetched, is_hub
from wordvec.formats.io.missing_path import missing
from wordvec.inputs import describe, find, is_text, local_input, open_input, packing
from wordvec.outputs import recover
from wordvec.vectors.files import checked_path

__all__ = ["HEAD", "Source", "is_text", "located", "open_source"]

HEAD = 1 << 16  # bytes by which a file is recognised
_LONGEST_HEAD = 1 << 22  # where the first lines are longer
_ARCHIVES = ("zip", "tar")
_COMPRESSIONS = tuple(SUFFIXES.values())


@dataclass(frozen=True)
class Source:
    """A regular file: its path, how it is packed, size on disk, and first bytes after decompression; or a folder."""

    path: str
    compression: str | None  # "gzip", ...; "zip" or "tar" for the member of an archive
    size: int
    head: bytes
    is_folder: bool = False
    is_temporary: bool = False  # the file is removed after reading

    @property
    def is_whole(self) -> bool:
        """Whether `head` is the whole file, as far as that is known."""
        return len(self.head) % HEAD != 0 or not self.head

    @contextmanager
    def open(self, fast: bool = True) -> Iterator[BufferedIOBase | RawIOBase]:
        """The decompressed bytes; damage is a FormatError. Without `fast`, all that comes before damage is read."""
        if self.compression in _ARCHIVES:
            with open_input(self.path) as member:
                yield member  # type: ignore[misc]
            return
        with decompression_errors(self.path, FormatError), open(self.path, "rb") as file:
            if hasattr(os, "posix_fadvise"):  # lets the system read ahead further
                os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_SEQUENTIAL)
            if self.compression is None:
                yield file
                return
            with decompressor(file, self.compression, fast) as stream:
                yield stream

    def describe(self) -> str:
        """The kind of the file, for messages."""
        return "a folder" if self.is_folder else describe(self.head)


@contextmanager
def located(path: str | os.PathLike[str]) -> Iterator[Source]:
    """The source behind any name that `inputs.open_input` takes, or `hf://OWNER/NAME`.

    Streams are copied to a temporary file, what URLs bring to the cache of downloads. Errors use the original name.
    """
    name = checked_path(path)
    if is_hub(name):
        yield open_source(fetched(name))
        return
    with local_input(name, keep=True) as place:
        if not place.is_copy:
            yield open_source(path)
            return
        try:
            source = open_source(f"{place.path}::{place.member}" if place.member else str(place.path))
            yield replace(source, is_temporary=not place.is_kept)
        except FormatError as error:
            raise FormatError(str(error).replace(str(place.path), place.name)) from error


def _is_npz(file: BinaryIO) -> bool:
    """Whether a zip archive holds only numpy arrays."""
    from zipfile import BadZipFile, ZipFile

    try:
        with ZipFile(file) as archive:
            return all(name.endswith(".npy") for name in archive.namelist())
    except (BadZipFile, ValueError, OSError, NotImplementedError, OverflowError):
        return False


def open_source(path: str | os.PathLike[str]) -> Source:
    """The source at `path`; FileNotFoundError where there is none, FormatError where it is not a regular file."""
    place = find(checked_path(path))
    name = place.path
    if name is None:
        raise FormatError(f"{place.name}: vectors must be in a regular file or a folder; this is a stream or a URL")
    if not os.path.lexists(name):
        recover(name)
    try:
        status = os.stat(name)
    except FileNotFoundError:
        raise missing(name) from None
    if stat.S_ISDIR(status.st_mode):
        return Source(name, None, 0, b"", is_folder=True)
    if not stat.S_ISREG(status.st_mode):  # checked first, as opening a pipe would block
        raise FormatError(f"{name}: vectors must be in a regular file or a folder; this is a device, pipe or socket")
    with open(name, "rb") as file:
        compression = packing(file)
        if compression == "zip" and place.member is None and _is_npz(file):
            compression = None  # an .npz file, which errors name
        elif compression in _COMPRESSIONS:
            file.seek(0)
            with decompression_errors(name, FormatError):
                compression = "tar" if packing(decompressor(file, compression)) == "tar" else compression
    if place.member is not None:
        if compression not in _ARCHIVES:
            raise FormatError(f"{name} must be a zip or tar archive to have a member {place.member!r}; it is none")
        name = f"{name}::{place.member}"
    source = Source(name, compression, status.st_size, b"")
    with source.open() as stream:
        head = read_exactly(stream, HEAD)
        while len(head) < _LONGEST_HEAD and len(head) % HEAD == 0 and head.count(b"\n") < 2 and 0 not in head[-HEAD:]:
            more = read_exactly(stream, HEAD)
            if not more:
                break
            head += more
        return replace(source, head=head)
