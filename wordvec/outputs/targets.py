"""The target of an output: what may be replaced and what must stay, and the system's errors as advice."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterable
from contextlib import suppress
from typing import TYPE_CHECKING

from wordvec.base.errors import OutputError

if TYPE_CHECKING:
    from typing_extensions import Self

Path = str | os.PathLike[str]


class Output(str):
    """The path of an output, with the inputs that it must not be and whether it may replace a file."""

    inputs: tuple[str, ...]
    force: bool

    def __new__(cls, path: str, inputs: Iterable[Path] = (), force: bool = True) -> Self:
        """The path with its inputs and `force`."""
        output = super().__new__(cls, path)
        output.inputs, output.force = tuple(os.fsdecode(os.fspath(one)) for one in inputs), force
        return output

    @classmethod
    def of(cls, path: Path, inputs: Iterable[Path] = (), force: bool = True) -> Self:
        """A path with its inputs and `force`, added to those of an `Output`."""
        from wordvec.inputs.places import local

        if isinstance(path, cls):
            return cls(str(path), [*path.inputs, *inputs], path.force and force)
        return cls(local(os.fsdecode(os.fspath(path))), inputs, force)

    def check_free(self) -> None:
        """OutputError where the output exists and must not be replaced."""
        if not self.force and os.path.exists(self):
            raise OutputError(errno.EEXIST, "the output must be a new file; this one exists", str(self))

    def check_no_input(self, folder: bool = False) -> None:
        """OutputError where the output is one of the inputs, under any name."""
        from wordvec.inputs.places import find, is_stream

        own = os.path.realpath(self)
        for name in self.inputs:
            if is_stream(name) or (path := find(name).path) is None:
                continue
            same = os.path.realpath(path) == own
            with suppress(OSError, ValueError):
                same = same or os.path.samefile(path, own)
            if same and (folder or not os.path.isdir(own)):
                raise OutputError(
                    errno.EINVAL, f"the output must not be what is read; it is the input {name}: give another name", own
                )


def check_target(target: str) -> int | None:
    """The permissions of the file to replace, None if there is none; OutputError where it must stay."""
    try:
        status = os.stat(target)
    except FileNotFoundError:
        return None
    except ValueError:
        raise OutputError(errno.EINVAL, "the output must be a name of a file", target) from None
    except OSError as error:
        raise output_error(error, target) from error
    if stat.S_ISDIR(status.st_mode):
        raise OutputError(errno.EISDIR, "the output must be a file; this is a folder: give a name in it", target)
    if not stat.S_ISREG(status.st_mode):
        problem = "the output must be a regular file, which is replaced whole; this is a device, pipe or socket"
        raise OutputError(errno.EINVAL, problem, target)
    if not os.access(target, os.W_OK):
        raise OutputError(errno.EACCES, "the output exists and must be writable; it is not", target)
    return stat.S_IMODE(status.st_mode)


def output_error(error: OSError, target: str) -> OutputError:
    """An error of the system as an OutputError with advice."""
    advice = {
        errno.ENOSPC: "the disk must have room for the whole file beside the old one; it is full",
        errno.EDQUOT: "the disk quota must leave room for the whole file beside the old one; it is used up",
        errno.EFBIG: "the file must stay below the size that is allowed here; it does not",
        errno.ENOENT: "the folder of the output must exist; make it first",
        errno.EACCES: "the folder of the output must be writable; it is not, or another program holds the file open",
        errno.EROFS: "the folder of the output must be writable; it is on a read-only disk",
        errno.ELOOP: "the output must be a file; this is a chain of links without end",
    }
    code = error.errno or errno.EIO
    return OutputError(code, advice.get(code, f"the output must be writable; {error.strerror or error}"), target)


def sync(path: str) -> None:
    """Flush a file, or the names in a folder, to the disk, where the system can."""
    with suppress(OSError):
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
