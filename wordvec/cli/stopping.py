"""How a command ends by a signal: within two seconds, with nothing left behind, and with 128 + N as its exit status."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import Any

_SIGNALS = ("SIGINT", "SIGTERM", "SIGHUP")
_GRACE = 1.5  # seconds for blocks to end and files to be removed, before the process ends whatever it does


class Stopped(KeyboardInterrupt):
    """A signal came; the work ends as it does by Ctrl-C."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


@contextmanager
def listening(words: Sequence[str], alone: bool) -> Iterator[None]:
    """Raise Stopped in the main thread at a signal that is not ignored, as by `nohup`; later ones change nothing.

    Where the command is `alone` in its process, it ends after a grace even if the main thread hears of nothing,
    because it waits for others or computes.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    came: list[int] = []

    def handle(number: int, frame: FrameType | None) -> None:
        came.append(number)
        if len(came) == 1:
            raise Stopped(number)

    before: dict[int, Any] = {}
    for name in _SIGNALS:
        number = getattr(signal, name, None)  # Windows has not all of them
        if number is not None and signal.getsignal(number) not in (signal.SIG_IGN, None):
            before[number] = signal.signal(number, handle)
    if alone:
        _guard(frozenset(before), words)
    try:
        yield
    finally:
        if not (alone and came):  # else the process ends
            for number, handler in before.items():
                signal.signal(number, handler)


def _guard(numbers: frozenset[int], words: Sequence[str]) -> None:
    """Have a thread that hears of signals even where the main thread does not, and ends the process after a grace."""
    with suppress(OSError, ValueError):
        reader, writer = os.pipe()
        os.set_blocking(writer, False)
        signal.set_wakeup_fd(writer, warn_on_full_buffer=False)

        def watch() -> None:
            number = 0
            while number not in numbers:
                with suppress(OSError):
                    number = (os.read(reader, 1) or b"\0")[0]
            threading.Event().wait(_GRACE)
            remove_leftovers(words)
            os._exit(128 + number)

        threading.Thread(target=watch, name="wordvec-signals", daemon=True).start()


def remove_leftovers(words: Sequence[str]) -> None:
    """Remove what this process has made for a while and not removed, in the folders that a command line names."""
    own = os.getpid()
    folders = {Path(tempfile.gettempdir()), Path.cwd()}
    for word in words:
        with suppress(OSError, ValueError):
            path = Path(os.path.realpath(word.partition("=")[2] if word.startswith("-") else word))
            folders |= {path, path.parent}
    for folder in folders:
        for pattern in (f".wordvec-{own}-*", f".*.{own}-*.tmp"):
            with suppress(OSError, ValueError):
                for path in list(folder.glob(pattern)) if folder.is_dir() else ():
                    if path.is_dir() and not path.is_symlink():
                        shutil.rmtree(path, ignore_errors=True)
                    else:
                        path.unlink(missing_ok=True)


def said(stop: KeyboardInterrupt) -> tuple[str, int]:
    """What is told of an interrupt, and the exit status."""
    number = stop.number if isinstance(stop, Stopped) else signal.SIGINT
    name = "" if number == signal.SIGINT else f" by {signal.Signals(number).name}"
    return f"interrupted{name}; files are written whole or not at all", 128 + number


