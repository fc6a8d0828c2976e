"""Temporary names, from which a later run tells that the process that made them is gone, and clears up after it."""

from __future__ import annotations

import os
import re
import shutil
import sys
import zlib
from contextlib import suppress

# .NAME.PID-PLACE-RANDOM.tmp of files and folders that are written, .wordvec-PID-PLACE-RANDOM of what is for a while
_TAG = r"([0-9]{1,10})-([0-9a-f]{8})-"
_WRITTEN = re.compile(rf"(?s)\..*\.{_TAG}[0-9a-f]{{8}}\.(?:tmp|old)")
_SCRATCH = re.compile(rf"\.wordvec-{_TAG}[A-Za-z0-9_]{{6,12}}")

_LONGEST = 200  # bytes of a name that has room for more


def temporary_name(name: str, suffix: str = "tmp") -> str:
    """A hidden name for what will be `name`, or was it, in the same folder; nobody else has it."""
    kept = name if suffix == "old" and len(os.fsencode(name)) <= _LONGEST else name[:40]
    return f".{kept}.{_tag()}{os.urandom(4).hex()}.{suffix}"


def prefix() -> str:
    """The beginning of the name of a temporary file or folder, for `tempfile`."""
    return f".wordvec-{_tag()}"


def sweep(folder: str | os.PathLike[str]) -> None:
    """Remove what killed processes of this machine have left in a folder; what belongs to a living one stays."""
    with suppress(OSError), os.scandir(folder or ".") as entries:
        found = [entry for entry in entries if entry.name.startswith(".") and is_left(entry.name)]
        for entry in found:
            if entry.name.endswith(".old"):  # what was there before an exchange that was not completed
                _put_back(os.fspath(folder), entry.name)
            with suppress(OSError):
                if entry.is_dir(follow_symlinks=False):
                    shutil.rmtree(entry.path, ignore_errors=True)
                else:
                    os.unlink(entry.path)


def is_left(name: str) -> bool:
    """Whether a name is one that a process of this machine gave which is gone."""
    match = _WRITTEN.fullmatch(name) or _SCRATCH.fullmatch(name)
    if match is None:
        return False
    where, start, here = match[2][:4], match[2][4:], _place()
    return where == here[:4] and (start != here[4:] or not _is_alive(int(match[1])))


def old_of(name: str, candidate: str) -> bool:
    """Whether `candidate` is the hidden name of what was `name` before an exchange."""
    return candidate.endswith(".old") and candidate.startswith(f".{name}.") and is_left(candidate)


def _put_back(folder: str, name: str) -> None:
    """Give what was moved aside its name again, where nothing has taken it."""
    original = _WRITTEN.fullmatch(name)
    assert original is not None
    target = os.path.join(folder, name[1 : original.start(1) - 1])
    with suppress(OSError):
        if not os.path.lexists(target):
            os.rename(os.path.join(folder, name), target)


def _tag() -> str:
    return f"{os.getpid()}-{_place()}-"


def _place() -> str:
    """Where a number of a process means something: four digits for a machine and container, four for its start."""
    where, start = [_host()], ""
    with suppress(OSError):
        where.append(os.readlink("/proc/self/ns/pid"))
    with suppress(OSError), open("/proc/sys/kernel/random/boot_id", encoding="ascii") as file:
        start = file.read()
    return f"{_short(' '.join(where))}{_short(start)}"


def _host() -> str:
    return os.uname().nodename if sys.platform != "win32" else os.environ.get("COMPUTERNAME", "")


def _short(text: str) -> str:
    return f"{zlib.crc32(text.encode('utf-8', 'replace')) & 0xFFFF:04x}"


def _is_alive(process: int) -> bool:
    if os.name == "nt":  # there os.kill would end it
        return True
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):
        return True
    return True
