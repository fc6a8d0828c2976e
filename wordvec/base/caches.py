"""The user's folder of caches, sizes as a user writes them, and the lock of a folder."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from wordvec.base.errors import OptionError

if sys.platform != "win32":
    import fcntl

_SIZE = re.compile(r"(\d+(?:\.\d*)?|\.\d+)\s*([kmg]?)b?", re.IGNORECASE)
_UNITS = {"": 1, "k": 1000, "m": 1000**2, "g": 1000**3}


def cache_folder() -> Path:
    """The folder of the user's caches, as the system has it."""
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")


def bytes_of(value: int | str, name: str) -> int:
    """A number of bytes, from a number or a text; OptionError with the option's name where it is none.

    >>> bytes_of("2MB", "max_size"), bytes_of("500k", "max_size"), bytes_of(1000, "max_size")
    (2000000, 500000, 1000)
    """
    match = _SIZE.fullmatch(str(value).strip()) if isinstance(value, (int, str)) else None
    size = 0 if match is None or isinstance(value, bool) else int(float(match[1]) * _UNITS[match[2].lower()])
    if size < 1:
        raise OptionError(f"{name} must be bytes, such as 2000000, '500k' or '2MB'; got {value!r}")
    return size


def lock_of(folder: str | os.PathLike[str], *, wait: bool) -> int | None:
    """The open folder, locked; None where there is none, or no such lock. BlockingIOError where another has it.

    With `wait`, the other is waited for. Closing the folder gives the lock back.
    """
    if sys.platform == "win32":
        return None
    try:
        lock = os.open(folder, os.O_RDONLY)
    except OSError:
        return None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except BlockingIOError:
        os.close(lock)
        raise
    except OSError:  # as on some network file systems
        os.close(lock)
        return None
    return lock


@contextmanager
def locked(folder: str | os.PathLike[str]) -> Iterator[None]:
    """Wait for the lock of a folder and hold it for a `with` block."""
    lock = lock_of(folder, wait=True)
    try:
        yield
    finally:
        if lock is not None:
            os.close(lock)
