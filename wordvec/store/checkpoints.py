"""The folder of a run's checkpoints: which files it holds, whose they are, and which of them a run goes on from."""

from __future__ import annotations

import errno
import os
import re
import shutil
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from wordvec.base.caches import lock_of
from wordvec.base.errors import FormatError, OptionError
from wordvec.base.logs import warn
from wordvec.base.version import __version__
from wordvec.outputs.targets import output_error
from wordvec.store import StoredFile, open_file

KIND = "wordvec-checkpoint"
KEPT = 2  # checkpoints; the older one serves where the newest is damaged
COUNTS = "counts.safetensors"  # of a model of counts, once they are counted
COUNTING = "counting"  # the folder of what is counted so far

_NAME = re.compile(r"checkpoint-([0-9]{6,12})\.safetensors")
_EVERY = re.compile(r"([0-9]+(?:\.[0-9]*)?|\.[0-9]+) ?(s|m|h|d|epochs?)")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


@dataclass(frozen=True)
class Checkpoint:
    """Where a run keeps checkpoints, how often it takes one, and whether it goes on from the last.

    `folder` is made where it is missing; it is of one run. `every` is a time ("30s", "10m", "1h"), or a number of
    epochs ("2epochs"). With `resume` the run goes on from the newest checkpoint in the folder, and starts from the
    beginning, with a warning, where there is none. Without it a folder that holds checkpoints is an OptionError, unless
    `force` lets them be removed.

    >>> from tempfile import TemporaryDirectory
    >>> from wordvec import Checkpoint, SkipGram
    >>> trainer, sentences = SkipGram(vector_size=8, min_count=1, workers=1), [["a", "b"], ["b", "c"]] * 10
    >>> with TemporaryDirectory() as folder:
    ...     first = trainer.fit(sentences, checkpoint=Checkpoint(folder, every="1epoch"))
    ...     again = trainer.fit(sentences, checkpoint=Checkpoint(folder, resume=True))
    >>> bool((first.vectors == again.vectors).all())
    True
    """

    folder: str | os.PathLike[str]
    every: str = "10m"
    resume: bool = False
    force: bool = False
    ending: threading.Event = field(default_factory=threading.Event, init=False, repr=False, compare=False)
    # set while an interrupted run writes its last checkpoint

    def __post_init__(self) -> None:
        if not isinstance(self.folder, (str, os.PathLike)) or not os.fspath(self.folder):
            raise OptionError(f"checkpoint must be a folder; got {self.folder!r:.60}")
        _ = self.interval

    @classmethod
    def of(cls, value: Any) -> Checkpoint | None:
        """The checkpoint that a function was given: one, the path of a folder, or None."""
        if value is None or isinstance(value, cls):
            return value
        if isinstance(value, (str, os.PathLike)):
            return cls(value)
        raise OptionError(
            f"checkpoint must be a folder or Checkpoint(folder, every=..., resume=...); got {value!r:.60}"
        )

    @property
    def interval(self) -> tuple[float, int]:
        """(seconds, epochs) between checkpoints; one of them is 0, which is never."""
        match = _EVERY.fullmatch(self.every) if isinstance(self.every, str) else None
        number, unit = (float(match[1]), match[2]) if match else (0.0, "")
        if number <= 0 or (unit.startswith("epoch") and number != int(number)):
            raise OptionError(
                f"every must be a time above 0, such as '30s', '10m' or '1h', or a number of epochs, such as "
                f"'2epochs'; got {self.every!r:.60}"
            )
        return (0.0, int(number)) if unit.startswith("epoch") else (number * _SECONDS[unit], 0)

    @property
    def path(self) -> Path:
        """The folder."""
        return Path(os.fsdecode(os.fspath(self.folder)))

    def check(self) -> None:
        """OptionError, before any work, where another run uses the folder, or it has checkpoints that this one does not
        ask for.
        """
        _release(_lock(self.path))
        if not self.resume and not self.force and (found := next(_own(self.path), None)) is not None:
            raise OptionError(
                f"checkpoint must be a folder without checkpoints; {self.path} holds those of a run that was begun "
                f"({found.name}): go on from them with resume=True, give another folder, or remove them with force=True"
            )

    @contextmanager
    def begun(self) -> Iterator[None]:
        """A block in which no other run can use the folder. It is made, or what an earlier run has left is removed.

        A warning where there is nothing to resume. The system ends the hold on the folder when a process is killed.
        """
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            if not os.access(self.path, os.W_OK):
                raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        except OSError as error:
            raise output_error(error, str(self.path)) from error
        lock = _lock(self.path)
        try:
            found = list(_own(self.path))
            if self.resume and not found:
                warn(f"there is no checkpoint to go on from in {self.path}; the run starts from the beginning")
            for path in [] if self.resume else found:
                remove(path)
            yield
        finally:
            _release(lock)


def _lock(folder: Path) -> int | None:
    """The open folder, locked; None where there is none, or no such lock. OptionError where another run has it."""
    try:
        return lock_of(folder, wait=False)
    except BlockingIOError as error:
        raise OptionError(
            f"checkpoint must be a folder that no other run uses at the same time; one is at work in {folder}: wait "
            "for its end, or give another folder"
        ) from error


def _release(lock: int | None) -> None:
    if lock is not None:
        os.close(lock)


def _own(folder: Path) -> Iterator[Path]:
    """What runs have left in a folder, the newest checkpoints first."""
    yield from (path for _, path in numbered(folder))
    yield from (folder / name for name in (COUNTS, COUNTING) if (folder / name).exists())


def numbered(folder: Path) -> list[tuple[int, Path]]:
    """(number, path) of the checkpoints in a folder, the newest first."""
    with suppress(OSError):
        matches = [(match, folder / name) for name in os.listdir(folder) if (match := _NAME.fullmatch(name))]
        return sorted(((int(match[1]), path) for match, path in matches), reverse=True)
    return []


def name_of(number: int) -> str:
    """The name of the file of a checkpoint."""
    return f"checkpoint-{number:06d}.safetensors"


def number_of(path: str | os.PathLike[str]) -> int:
    """The number of a checkpoint, from the name of its file."""
    match = _NAME.fullmatch(os.path.basename(path))
    return int(match[1]) if match else 0


def remove(path: Path) -> None:
    """Remove a file or folder, if it can be."""
    with suppress(OSError):
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink()


def newest(folder: Path, identity: Mapping[str, Any]) -> StoredFile | None:
    """The newest checkpoint that is whole, None where there is none; a warning for each that is damaged.

    OptionError where it is of another run than `identity` says, FormatError where all are damaged.
    """
    damaged: FormatError | None = None
    for _, path in numbered(folder):
        try:
            stored = open_file(path, kind=KIND)
            stored.verify()
        except FormatError as error:
            damaged = error
            warn(f"a checkpoint is damaged and left out, so that the run goes on from the one before: {error}")
            continue
        check_same(stored.config["metadata"].get("identity"), identity, folder)
        return stored
    if damaged is not None:
        raise FormatError(
            f"{folder} must hold a checkpoint that is whole; all of them are damaged: start again with force=True, or "
            "in another folder"
        )
    return None


def identified(identity: Mapping[str, Any]) -> dict[str, Any]:
    """The identity of a run, with the version of the library."""
    return {**identity, "version": __version__}


def check_same(
    saved: Any,
    present: Mapping[str, Any],
    folder: Path,
    rule: str = "a run must be the same to go on from a checkpoint",
) -> None:
    """OptionError names what differs between the run that a folder is of and the present one."""
    old, new = _flat(saved if isinstance(saved, dict) else {}), _flat(present)
    names = [name for name in {**new, **old} if old.get(name, _ABSENT) != new.get(name, _ABSENT)]
    if names:
        then_and_now = ((name, _shown(old.get(name, _ABSENT)), _shown(new.get(name, _ABSENT))) for name in names)
        raise OptionError(
            f"{rule}; that of {folder} had "
            f"{', '.join(f'{name} {then} (now {now})' for name, then, now in then_and_now)}: give what was given then, "
            "or another folder"
        )


_ABSENT = object()


def _flat(facts: Mapping[str, Any]) -> dict[str, Any]:
    """Facts without their groups, as JSON gives them back."""
    flat: dict[str, Any] = {}
    for name, value in facts.items():
        flat |= _flat(value) if isinstance(value, Mapping) else {name: list(value) if type(value) is tuple else value}
    return flat


def _shown(value: Any) -> str:
    return "nothing" if value is _ABSENT else f"{value!r:.80}"
