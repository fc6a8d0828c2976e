"""Where workers leave arrays for each other: the protocol `Store`, and a folder that all of them can reach."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
from collections.abc import Mapping
from contextlib import suppress
from io import BufferedReader
from typing import Any, BinaryIO, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from wordvec.base.errors import OptionError, OutputError, WordvecError
from wordvec.base.leftovers import sweep, temporary_name
from wordvec.outputs.targets import output_error

_SEGMENT = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,99}")
_SUFFIX = ".arrays"
_HEAD, _ALIGNMENT = 8, 64  # bytes of the length of the header; arrays start at multiples of the other


class Lost(WordvecError):
    """What was stored under a name is gone, because its worker ended or its file was removed; it can be made again."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name

    def __str__(self) -> str:
        return f"a store must keep what was put into it; {self.name!r} is gone: make it again"


class Store(Protocol):
    """Arrays under names, which any worker can put and read; it can be pickled, and a copy reaches the same arrays.

    A name is made of words with "/" between them, such as "corpus/part-3". What is put must be a function of the name:
    where two workers put the same name, either of the two may be read.
    """

    def put(self, name: str, arrays: Mapping[str, NDArray[Any]]) -> None:
        """Store arrays under a name, all of them or none; what had the name is replaced."""

    def read(self, name: str, array: str, start: int = 0, stop: int | None = None) -> NDArray[Any]:
        """The rows start:stop of an array, of which only these are moved; `Lost` where the name is not there."""

    def drop(self, prefix: str) -> None:
        """Forget a name and all names that begin with it and a "/"; nothing happens where there are none."""


class Place(NamedTuple):
    """A file, and what tells it from one of the same name on another machine, or in another container."""

    path: str
    inode: int
    size: int
    changed: int  # in nanoseconds


class FolderStore:
    """A store in a folder that all workers can read and write: on one machine, or on a disk they share.

    Each name is a file, which appears when it is complete. OutputError where it cannot be written: it names the host.

    >>> import numpy as np
    >>> store = FolderStore("shared")
    >>> store.put("numbers", {"squares": np.arange(5) ** 2})
    >>> store.read("numbers", "squares", 2, 4)
    array([4, 9])
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = os.path.abspath(path)

    def put(self, name: str, arrays: Mapping[str, NDArray[Any]]) -> None:
        """Store arrays under a name, all of them or none; what had the name is replaced."""
        target = self._place(name) + _SUFFIX
        folder, last = os.path.split(target)
        temporary = os.path.join(folder, temporary_name(last))
        try:
            os.makedirs(folder, exist_ok=True)
            with open(temporary, "wb") as file:
                _write(file, arrays)
            os.replace(temporary, target)
        except OSError as error:
            told = output_error(error, target)
            raise OutputError(told.errno, f"on {socket.gethostname()}: {told.strerror}", target) from error
        finally:
            with suppress(OSError):  # it has another name now, unless something failed
                os.unlink(temporary)

    def read(self, name: str, array: str, start: int = 0, stop: int | None = None) -> NDArray[Any]:
        """The rows start:stop of an array; `Lost` where the name is not there."""
        try:
            with open(self._place(name) + _SUFFIX, "rb") as file:
                return _rows(file, name, array, start, stop)
        except OptionError:
            raise
        except (FileNotFoundError, ValueError) as error:  # there is none, or it is damaged
            raise Lost(name) from error

    def arrays(self, name: str) -> dict[str, NDArray[Any]]:
        """All arrays of a name, mapped from its file, read-only; `Lost` where the name is not there."""
        try:
            with open(self._place(name) + _SUFFIX, "rb") as file:
                return _mapped(file)
        except (FileNotFoundError, ValueError) as error:
            raise Lost(name) from error

    def place(self, name: str) -> Place:
        """Where the arrays of a name lie, for other processes of this machine."""
        path = self._place(name) + _SUFFIX
        return Place(path, *_marks(os.stat(path)))

    def drop(self, prefix: str) -> None:
        """Forget a name and all names that begin with it and a "/"; nothing happens where there are none."""
        place = self._place(prefix)
        with suppress(FileNotFoundError):
            os.unlink(place + _SUFFIX)
        shutil.rmtree(place, ignore_errors=True)
        sweep(os.path.dirname(place))

    def _place(self, name: str) -> str:
        check_stored_name(name)
        return os.path.join(self.path, *name.split("/"))


def arrays_at(place: Place) -> dict[str, NDArray[Any]] | None:
    """The arrays that lie at a place, mapped, read-only; None where it is another file, or there is none."""
    try:
        with open(place.path, "rb") as file:
            return _mapped(file) if _marks(os.fstat(file.fileno())) == place[1:] else None
    except (OSError, ValueError):
        return None


def _marks(status: os.stat_result) -> tuple[int, int, int]:
    return status.st_ino, status.st_size, status.st_mtime_ns


def own_host() -> str:
    """The name of this machine where another process can map a file that is then removed; else nothing."""
    return socket.gethostname() if os.name == "posix" else ""


def check_stored_name(name: str) -> None:
    """OptionError for what is no name of a `Store`."""
    if not all(_SEGMENT.fullmatch(segment) for segment in name.split("/")):
        raise OptionError(f"a name must be words of letters, digits, '.', '_', '-' with '/' between them; got {name!r}")


def _write(file: BinaryIO, arrays: Mapping[str, NDArray[Any]]) -> None:
    """Write the length of a header, the header, and the arrays; the header is [dtype, shape, first byte] by name."""
    header, end = {}, 0
    for name, array in arrays.items():
        header[name] = array.dtype.str, array.shape, end
        end += -(-array.nbytes // _ALIGNMENT) * _ALIGNMENT
    text = json.dumps([header, end]).encode()
    text = text.ljust(-(-(len(text) + _HEAD) // _ALIGNMENT) * _ALIGNMENT - _HEAD)
    file.write(len(text).to_bytes(_HEAD, "little") + text)
    for array in arrays.values():
        file.write(np.ascontiguousarray(array).reshape(-1).view(np.uint8).data)
        file.write(bytes(-array.nbytes % _ALIGNMENT))


def _header(file: BufferedReader) -> tuple[dict[str, Any], int]:
    """What `_write` has written of the arrays, and the byte where they begin; ValueError for a damaged file."""
    size = int.from_bytes(file.read(_HEAD), "little")
    total = os.fstat(file.fileno()).st_size
    header, end = json.loads(file.read(min(size, total)))
    if total != _HEAD + size + end:
        raise ValueError("the file is cut short")
    return header, _HEAD + size


def _mapped(file: BufferedReader) -> dict[str, NDArray[Any]]:
    """All arrays of a file; ValueError for a damaged one."""
    header, start = _header(file)
    data = np.asarray(np.memmap(file, np.uint8, "r"))
    arrays = {}
    for array, (dtype, shape, place) in header.items():
        size = int(np.prod(shape, dtype=np.int64)) * np.dtype(dtype).itemsize
        arrays[array] = data[start + place : start + place + size].view(dtype).reshape(shape)
    return arrays


def _rows(file: BufferedReader, name: str, array: str, start: int, stop: int | None) -> NDArray[Any]:
    header, begin = _header(file)
    if array not in header:
        raise OptionError(f"{name!r} must have an array {array!r}; it has {', '.join(header)}")
    dtype, shape, place = np.dtype(header[array][0]), header[array][1], header[array][2]
    first, last = chosen_rows(shape[0], start, stop)
    row = int(np.prod(shape[1:], dtype=np.int64))
    file.seek(begin + place + first * row * dtype.itemsize)
    return np.fromfile(file, dtype, (last - first) * row).reshape(last - first, *shape[1:])


def chosen_rows(rows: int, start: int, stop: int | None) -> tuple[int, int]:
    """(first, last) of the rows start:stop; OptionError where these are not among `rows` rows."""
    last = rows if stop is None else stop
    if not 0 <= start <= last <= rows:
        raise OptionError(f"rows must lie within the {rows} that are stored; got {start} to {last}")
    return start, last
