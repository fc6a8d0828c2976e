"""Names of temporary files, which tell a later run that their process has ended, so that it can remove them."""

from __future__ import annotations

import os
import re
import shutil
import sys
import zlib
from contextlib import suppress

# .NAME.PID-PLACE-RANDOM.tmp for an output that is being written, .wordvec-PID-PLACE-RANDOM for scratch files
_TAG = r"([0-9]{1,10})-([0-9a-f]{8})-"
_WRITTEN = re.compile(rf"(?s)\..*\.{_TAG}[0-9a-f]{{8}}\.(?:tmp|old)")
_SCRATCH = re.compile(rf"\.wordvec-{_TAG}[A-Za-z0-9_]{{6,12}}")

_LONGEST = 200  # bytes of a name to which a tag can still be added


def temporary_name(name: str, suffix: str = "tmp") -> str:
    """A unique hidden name beside `name`: for the new file before it gets the name, or for the old one after."""
    start = name if suffix == "old" and len(os.fsencode(name)) <= _LONGEST else name[:40]
    return f".{start}.{_tag()}{os.urandom(4).hex()}.{suffix}"


def prefix() -> str:
    """The prefix of temporary files and folders, for `tempfile`."""
    return f".wordvec-{_tag()}"


def sweep(folder: str | os.PathLike[str]) -> None:
    """Remove the temporary files that killed processes of this machine have left in a folder."""
    with suppress(OSError), os.scandir(folder or ".") as entries:
        leftovers = [entry for entry in entries if entry.name.startswith(".") and is_left(entry.name)]
        for entry in leftovers:
            if entry.name.endswith(".old"):  # the old output of an exchange that was not completed
                _put_back(os.fspath(folder), entry.name)
            with suppress(OSError):
                if entry.is_dir(follow_symlinks=False):
                    shutil.rmtree(entry.path, ignore_errors=True)
                else:
                    os.unlink(entry.path)


def is_left(name: str) -> bool:
    """Whether a name was given by a process of this machine that has ended."""
    match = _WRITTEN.fullmatch(name) or _SCRATCH.fullmatch(name)
    if match is None:
        return False
    machine, boot, here = match[2][:4], match[2][4:], _place()
    return machine == here[:4] and (boot != here[4:] or not _is_alive(int(match[1])))


def old_of(name: str, candidate: str) -> bool:
    """Whether `candidate` is the hidden name of the old output `name`, before an exchange."""
    return candidate.endswith(".old") and candidate.startswith(f".{name}.") and is_left(candidate)


def _put_back(folder: str, name: str) -> None:
    """Rename an old output back, unless its name is taken."""
    original = _WRITTEN.fullmatch(name)
    assert original is not None
    target = os.path.join(folder, name[1 : original.start(1) - 1])
    with suppress(OSError):
        if not os.path.lexists(target):
            os.rename(os.path.join(folder, name), target)


def _tag() -> str:
    return f"{os.getpid()}-{_place()}-"


def _place() -> str:
    """Where a process id is valid: four digits for the machine and container, four for its boot."""
    machine, boot = [_host()], ""
    with suppress(OSError):
        machine.append(os.readlink("/proc/self/ns/pid"))
    with suppress(OSError), open("/proc/sys/kernel/random/boot_id", encoding="ascii") as file:
        boot = file.read()
    return f"{_short(' '.join(machine))}{_short(boot)}"


def _host() -> str:
    return os.uname().nodename if sys.platform != "win32" else os.environ.get("COMPUTERNAME", "")


def _short(text: str) -> str:
    return f"{zlib.crc32(text.encode('utf-8', 'replace')) & 0xFFFF:04x}"


def _is_alive(process: int) -> bool:
    if os.name == "nt":  # where os.kill would end the process
        return True
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):
        return True
    return True
