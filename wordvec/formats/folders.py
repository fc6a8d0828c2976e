"""Writing a folder so that its name shows either what was there before or the whole new folder, never a part."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from wordvec.errors import OutputError


@contextmanager
def atomic_folder(path: str | os.PathLike[str], may_replace: Callable[[str], bool]) -> Iterator[str]:
    """The path of a new folder, which takes the place of `path` when the block ends without an exception.

    Until then it has a name of its own beside it, and any exception removes it. A folder that is there must be empty,
    or one that `may_replace` knows. OutputError where it is not, or where the folder cannot be written.
    """
    target = os.path.realpath(path)
    _check_target(target, may_replace)
    own = f"{os.getpid()}.{os.urandom(4).hex()}.tmp"
    parent, name = os.path.split(target)
    temporary, old = (os.path.join(parent, f".{name[:40]}.{kind}.{own}") for kind in ("new", "old"))
    try:
        os.mkdir(temporary)
        yield temporary
        for file in os.scandir(temporary):
            _sync(file.path)
        _check_target(target, may_replace)
        with suppress(FileNotFoundError):
            os.rename(target, old)
        try:
            os.rename(temporary, target)
        except BaseException:
            with suppress(OSError):
                os.rename(old, target)
            raise
        shutil.rmtree(old, ignore_errors=True)  # only now: nothing else holds what was there
        _sync(parent)
    except OSError as error:
        if isinstance(error, OutputError) or (error.filename and not str(error.filename).startswith(temporary)):
            raise
        code = error.errno or errno.EIO
        raise OutputError(code, f"the output must be a folder that can be written; {error.strerror}", target) from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _check_target(target: str, may_replace: Callable[[str], bool]) -> None:
    if not os.path.lexists(target):
        return
    if not os.path.isdir(target):
        raise OutputError(errno.ENOTDIR, "the output must be a folder; there is a file of this name", target)
    if os.listdir(target) and not may_replace(target):
        problem = "the output must be a new or empty folder, or one that wordvec wrote; it holds other things"
        raise OutputError(errno.ENOTEMPTY, problem, target)


def _sync(path: str) -> None:
    """Bring a file or the names in a folder to the disk, where the system can."""
    with suppress(OSError):
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
