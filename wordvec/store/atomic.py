"""Writing a file so that its name shows either what was there before or the whole new file, never a part."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from wordvec.errors import OutputError

_BUFFER = 1 << 20


@contextmanager
def atomic_file(path: str | os.PathLike[str]) -> Iterator[BinaryIO]:
    """A binary file, open for writing, that takes the place of `path` when the block ends without an exception.

    Until then it has a name of its own in the same folder, and any exception removes it. A symbolic link is
    followed: its target is replaced, the link stays. The umask counts as it does for `open`, and a file that is
    replaced hands on its permissions. OutputError where `path` cannot be such a file, or the disk is full.
    """
    target = Path(os.path.realpath(path))
    mode = _checked_mode(target)
    temporary = target.with_name(f".{target.name[:40]}.{os.getpid()}.{os.urandom(4).hex()}.tmp")
    try:
        descriptor = os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY | getattr(os, "O_BINARY", 0), 0o666)
    except OSError as error:
        raise _output_error(error, target) from error
    try:
        with os.fdopen(descriptor, "wb", _BUFFER) as file:
            if mode is not None and hasattr(os, "fchmod"):
                os.fchmod(file.fileno(), mode)
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, target)
    except BaseException as error:
        with suppress(OSError):
            os.unlink(temporary)
        if isinstance(error, OSError) and not isinstance(error, OutputError) and _is_ours(error, temporary):
            raise _output_error(error, target) from error
        raise
    _sync_folder(target.parent)


def _checked_mode(target: Path) -> int | None:
    """The permissions of the file that is to be replaced, None where there is none; OutputError if it must stay."""
    try:
        status = os.stat(target)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise _output_error(error, target) from error
    if stat.S_ISDIR(status.st_mode):
        raise OutputError(errno.EISDIR, "the output must be a file; this is a folder: give a name in it", str(target))
    if not stat.S_ISREG(status.st_mode):
        problem = "the output must be a regular file, which is replaced whole; this is a device, pipe or socket"
        raise OutputError(errno.EINVAL, problem, str(target))
    if not os.access(target, os.W_OK):
        raise OutputError(errno.EACCES, "the output exists and must be writable; it is not", str(target))
    return stat.S_IMODE(status.st_mode)


def _is_ours(error: OSError, temporary: Path) -> bool:
    """Whether an error is about the file being written, and not about one that the caller was reading."""
    return error.filename is None or os.fspath(error.filename) == str(temporary)


def _output_error(error: OSError, target: Path) -> OutputError:
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
    return OutputError(code, advice.get(code, f"the output must be writable; {error.strerror or error}"), str(target))


def _sync_folder(folder: Path) -> None:
    """Make the new name last: a rename is on disk only once its folder is. Not every system can do it."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
