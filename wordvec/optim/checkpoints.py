"""Checkpoints of a run: when one is due, how it is taken while the work rests, and written while it goes on."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from wordvec.base.errors import FormatError
from wordvec.base.logs import LOG, warn
from wordvec.base.simd import simd_level
from wordvec.base.threads import join
from wordvec.rows.norms import row_blocks
from wordvec.store import write_file
from wordvec.store.checkpoints import KEPT, KIND, Checkpoint, identified, name_of, newest, number_of, numbered, remove

__all__ = ["Checkpoint", "Checkpoints", "State", "begun"]

State = Mapping[str, NDArray[Any]]  # arrays that the work changes in place
T = TypeVar("T")
_SMALL = 1 << 20  # bytes of an array that is copied, however many there are of them


class Checkpoints:
    """The checkpoints of one run, taken at moments when nothing changes its arrays.

    `begin` is told the `identity`, which says what the run is: a saved run goes on only where all of it is the same.
    What `restore` and `save` pass as `position` is what JSON can say. The largest array is copied in memory, the others
    are written at once, to the memory of the system; then `save` returns, and a second thread goes on to write and
    flush the copy.
    """

    def __init__(self, settings: Checkpoint) -> None:
        settings.check()
        self.settings, self.folder = settings, settings.path
        self.identity: dict[str, Any] = {}
        self._seconds, self._epochs = settings.interval
        self._last_time, self._last_epoch = time.monotonic(), 0
        self._writing: _Writing | None = None
        self._number = 0  # of the newest checkpoint
        self.is_used = False  # by a model that takes checkpoints
        self._sound: tuple[int, ...] = ()  # the numbers of checkpoints that were read or written

    @classmethod
    def of(cls, value: Any) -> Checkpoints | None:
        """Those of the argument `checkpoint` of a function; OptionError where it is wrong, before any work."""
        settings = Checkpoint.of(value)
        return None if settings is None else cls(settings)

    def begin(self, identity: Mapping[str, Any]) -> None:
        """Note what the run is; its folder has been made."""
        self.identity = identified(identity)
        self._number = max((number for number, _ in numbered(self.folder)), default=0)
        self._last_time = time.monotonic()

    def finish(self) -> None:
        """Wait until the checkpoint is written, and warn where it could not be."""
        writing = self._writing
        if writing is None:
            return
        writing.join()
        self._writing = None
        if writing.error is not None:
            warn(f"a checkpoint could not be written, and the run goes on without it: {writing.error}")
        elif writing.is_written:
            self._sound = writing.numbers

    def restore(self, state: State) -> dict[str, Any] | None:
        """Copy the newest checkpoint into the arrays of `state`; its position, None where the run is to start.

        Arrays of other shapes or types, which another build may have, are a FormatError.
        """
        self.is_used = True
        if not self.settings.resume or (stored := newest(self.folder, self.identity)) is None:
            return None
        metadata = stored.config["metadata"]
        position: Any = metadata.get("position")
        if not isinstance(position, dict):
            raise FormatError(f"{stored.path} must have a position to go on from; it has {position!r:.60}")
        for name, array in state.items():
            saved = stored.tensors.get(name)
            if saved is None or saved.shape != array.shape or saved.dtype != array.dtype:
                raise FormatError(
                    f"{stored.path} must have {name}, {array.dtype} {list(array.shape)}; it has "
                    f"{None if saved is None else f'{saved.dtype} {list(saved.shape)}'}: start again in another folder"
                )
            for first, block in row_blocks(saved):
                array[first : first + len(block)] = block
        if metadata.get("level") != simd_level():
            warn(
                "the checkpoint was written at another SIMD level, so that the result may differ in its last digits; "
                "set WORDVEC_SIMD to the level of the first run to have the same"
            )
        self._sound = (number_of(stored.path),)
        self._last_epoch = position.get("epoch", 0)
        LOG.info("going on from %s", stored.path)
        return dict(position)

    def wait(self) -> float:
        """Seconds to sleep before `due` is asked again, at most a tenth."""
        left = self._last_time + self._seconds - time.monotonic() if self._seconds else 0.1
        return min(0.1, max(0.001 if self._writing is None else 0.01, left))

    @property
    def is_resumed(self) -> bool:
        """Whether `restore` will find a checkpoint, or raise where it is damaged or of another run."""
        return self.settings.resume and bool(numbered(self.folder))

    def due(self, epochs: int | None = None) -> bool:
        """Whether it is time for a checkpoint; `epochs` are given at the end of one. Never while one is written."""
        if self._writing is not None and not self._writing.is_over:
            return False
        self.finish()
        if self._seconds:
            return time.monotonic() >= self._last_time + self._seconds
        return epochs is not None and epochs >= self._last_epoch + self._epochs

    def save(self, state: State, position: Mapping[str, Any], *, last: bool = False) -> None:
        """Take a checkpoint; on return the arrays may change again. The `last` one of a run is written on return.

        Where it cannot be written, a warning says so, at the latest when the next is due, and the run goes on.
        """
        self.finish()
        self._number += 1
        self._last_time, self._last_epoch = time.monotonic(), position.get("epoch", 0)
        facts = {"identity": self.identity, "level": simd_level(), "position": position}
        self._writing = _Writing(self.folder, (*self._sound, self._number)[-KEPT:], facts)
        self._writing.take(state)
        if last:
            self.finish()

    def unbroken(self, work: Callable[[], T]) -> tuple[T, KeyboardInterrupt | None]:
        """(the result of work that must come to its end, the Ctrl-C or signal that came meanwhile, or None).

        It runs on a thread. A second Ctrl-C leaves it there and is raised at once.
        """
        results: list[T] = []
        errors: list[BaseException] = []
        over = threading.Event()

        def run() -> None:
            try:
                results.append(work())
            except BaseException as error:
                errors.append(error)
            finally:
                over.set()

        thread, interrupt = threading.Thread(target=run, name="wordvec-unbroken", daemon=True), None
        try:
            thread.start()
            while not over.wait(0.1):
                pass
        except KeyboardInterrupt as stop:
            interrupt = stop
            self.settings.ending.set()  # until `save_interrupted` is done
            while not over.wait(1) and thread.ident is not None:  # None: it came before the thread
                pass
            if not over.is_set():
                raise
        if errors:
            raise errors[0]
        return results[0], interrupt

    def save_interrupted(self, state: State, position: Mapping[str, Any]) -> None:
        """The last checkpoint of a run that ends by Ctrl-C or a signal; a second one ends it at once."""
        self.settings.ending.set()
        try:
            self.save(state, position, last=True)
            LOG.info("the run can go on from %s, where its last checkpoint is, if it is resumed", self.folder)
        finally:
            self.settings.ending.clear()


@contextmanager
def begun(checkpoints: Checkpoints | None, identity: Callable[[], Mapping[str, Any]]) -> Iterator[None]:
    """A block in which a run takes its checkpoints, all of which are written at the end; nothing without any."""
    if checkpoints is None:
        yield
        return
    with checkpoints.settings.begun():
        checkpoints.begin(identity())
        try:
            yield
            if not checkpoints.is_used:
                warn(f"nothing was kept in {checkpoints.folder}: this model takes no checkpoints")
        finally:
            checkpoints.finish()


class _Abandoned(Exception):
    """The taking of a checkpoint was interrupted: what is written is of no use."""


class _Writing:
    """One checkpoint that is taken and written; the last of `numbers`, which are all that stay in the folder."""

    def __init__(self, folder: Path, numbers: tuple[int, ...], facts: Mapping[str, Any]) -> None:
        self.folder, self.numbers, self.facts = folder, numbers, facts
        self.error: Exception | None = None
        self.is_written = False
        self._copied, self._settled = threading.Event(), threading.Event()
        self._abandoned = False
        self._thread: threading.Thread | None = None

    @property
    def is_over(self) -> bool:
        """Whether it is written, or failed."""
        return self._thread is not None and not self._thread.is_alive()

    def join(self) -> None:
        """Wait for the end."""
        if self._thread is not None:
            join([self._thread])

    def take(self, state: State) -> None:
        """Start the thread, which writes all arrays but the largest, and copy that; the arrays may change on return."""
        copies = {name: np.array(array) for name, array in state.items() if array.nbytes <= _SMALL}
        large = {name: array for name, array in state.items() if name not in copies}
        largest = max(large, key=lambda name: large[name].nbytes, default=None)
        if largest is not None:
            copies[largest] = np.empty(large[largest].shape, large[largest].dtype)
        live = {name: array for name, array in large.items() if name != largest}
        self._thread = threading.Thread(target=self._work, args=(live, copies), name="wordvec-checkpoint", daemon=True)
        try:
            self._thread.start()
            if largest is not None:
                for first, block in row_blocks(large[largest]):
                    copies[largest][first : first + len(block)] = block
            self._copied.set()
            while not self._settled.wait(0.1):
                pass
        except BaseException:
            self._abandoned = True
            self._copied.set()
            raise

    def _work(self, live: State, copies: State) -> None:
        """Write the file: first what changes when the work goes on, then the copies; then remove older files."""
        left = set(live)

        def written(name: str) -> None:
            left.discard(name)
            if not left:
                self._settled.set()
                self._copied.wait()
            if self._abandoned:
                raise _Abandoned

        try:
            self._write(self.folder / name_of(self.numbers[-1]), live, copies, written)
            self.is_written = True
            for number, path in numbered(self.folder):
                if number not in self.numbers:
                    remove(path)
        except _Abandoned:
            pass
        except Exception as error:
            self.error = error
        finally:
            self._settled.set()

    def _write(self, path: Path, live: State, copies: State, written: Callable[[str], None]) -> None:
        if not live:
            written("")
        write_file(path, {**live, **copies}, {"metadata": self.facts}, kind=KIND, written=written)
