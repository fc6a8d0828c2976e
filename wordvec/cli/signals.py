"""Signals: the command ends within two seconds, leaves no temporary file, and exits with 128 + the signal."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import Any

_SIGNALS = ("SIGINT", "SIGTERM", "SIGHUP")
_GRACE = 1.5  # seconds for the main thread to clean up, before the process is ended
_EXTENSIONS: list[Callable[[], bool]] = []  # whether a last checkpoint is being written, of the verb that runs


class Stopped(KeyboardInterrupt):
    """A signal was received; the work ends as after Ctrl-C."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


@contextmanager
def listening(words: Sequence[str], alone: bool) -> Iterator[None]:
    """Raise Stopped in the main thread at the first signal; signals that are ignored, as under `nohup`, stay ignored.

    If the command is `alone` in its process, a second thread ends the process after a grace period: the main thread may
    be in a long computation, where Python handles no signals.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    received: list[int] = []

    def handle(number: int, frame: FrameType | None) -> None:
        received.append(number)
        if len(received) == 1:
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
        if not (alone and received):  # else the process ends
            for number, handler in before.items():
                signal.signal(number, handler)


@contextmanager
def extended(is_ending: Callable[[], bool]) -> Iterator[None]:
    """A block in which a signal ends the process only when `is_ending()` is false, or at a second signal."""
    _EXTENSIONS.append(is_ending)
    try:
        yield
    finally:
        _EXTENSIONS.remove(is_ending)


@contextmanager
def handed_over() -> Iterator[None]:
    """A block that handles signals itself and ends in its own time: no second thread ends the process."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.getsignal(number) for name in _SIGNALS if (number := getattr(signal, name, None))}
    reader = signal.set_wakeup_fd(-1)
    try:
        yield
    finally:
        signal.set_wakeup_fd(reader, warn_on_full_buffer=False)
        for number, handler in before.items():
            signal.signal(number, handler)


def _is_extended() -> bool:
    return any(is_ending() for is_ending in _EXTENSIONS)


def _guard(numbers: frozenset[int], words: Sequence[str]) -> None:
    """Start a thread that reads signals from a pipe, and ends the process after a grace period."""
    with suppress(OSError, ValueError):
        reader, writer = os.pipe()
        os.set_blocking(writer, False)
        signal.set_wakeup_fd(writer, warn_on_full_buffer=False)

        def received() -> int:
            number = 0
            while number not in numbers:
                with suppress(OSError):
                    number = (os.read(reader, 1) or b"\0")[0]
            return number

        def end(number: int) -> None:
            remove_leftovers(words)
            os._exit(128 + number)

        def end_in_time(number: int) -> None:
            threading.Event().wait(_GRACE)
            while _is_extended():
                threading.Event().wait(_GRACE)
            end(number)

        def watch() -> None:
            first = received()
            threading.Thread(target=end_in_time, args=(first,), name="wordvec-grace", daemon=True).start()
            while received():
                if _is_extended():  # a second signal does not wait for the last checkpoint
                    end(first)

        threading.Thread(target=watch, name="wordvec-signals", daemon=True).start()


def remove_leftovers(words: Sequence[str]) -> None:
    """Remove the temporary files of this process in the folders that the command line names."""
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


def stop_message(stop: KeyboardInterrupt) -> tuple[str, int]:
    """The message about an interrupt, and the exit status."""
    number = stop.number if isinstance(stop, Stopped) else signal.SIGINT
    name = "" if number == signal.SIGINT else f" by {signal.Signals(number).name}"
    return f"interrupted{name}; files are written whole or not at all", 128 + number
