"""Counts in the folder of a run's checkpoints: the rows of each block, and all counts once they are complete."""

from __future__ import annotations

import json
import os
import zlib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from wordvec import store
from wordvec.base.errors import FormatError, OutputError
from wordvec.base.logs import LOG, warn
from wordvec.cooccurrence.counts import Cooccurrence
from wordvec.cooccurrence.files import KIND
from wordvec.cooccurrence.plan import Plan
from wordvec.cooccurrence.spill import Runs
from wordvec.outputs import open_output
from wordvec.store.checkpoints import COUNTING, COUNTS, Checkpoint, check_same, identified, remove

_STATE = "state.json"
_STEP = 1 << 22  # bytes read at a time


class Kept:
    """What is counted so far, for a run that `identity` describes; its folder must have been made.

    A count of several blocks goes on after the last block that was counted, one of a single block starts again; counts
    that are complete are read from their file.
    """

    def __init__(self, settings: Checkpoint, identity: Mapping[str, Any]) -> None:
        self.folder, self._counts = settings.path / COUNTING, settings.path / COUNTS
        self._resumes, self._identity = settings.resume, identified(identity)

    def counts(self) -> Cooccurrence | None:
        """The counts, where they are complete; OptionError where they are of another run."""
        state = self._state()
        if state is None or not state.get("complete"):
            return None
        try:
            store.open_file(self._counts, kind=KIND).verify()
            counts = Cooccurrence.load(self._counts)
        except (OSError, FormatError) as error:
            warn(f"the counts that were kept cannot be used, and are made again: {error}")
            return None
        LOG.info("the counts are those in %s", self._counts)
        return replace(counts, checked=True)

    def keep(self, counts: Cooccurrence) -> Cooccurrence:
        """Write the complete counts; they are then mapped from there. A warning, no error, where that fails."""
        try:
            counts.save(self._counts)
            self._write({"complete": True})
        except OutputError as error:
            warn(f"the counts could not be kept, and the run goes on without: {error}")
            return counts
        for name in Runs.NAMES:
            remove(self.folder / name)
        return replace(Cooccurrence.load(self._counts), checked=True)

    def made(self) -> Path:
        """The folder of the runs, made where it is missing."""
        self.folder.mkdir(exist_ok=True)
        return self.folder

    def begin(self, runs: Runs, plan: Plan) -> int:
        """The number of blocks that need not be counted again: their rows are in the files of `runs`."""
        state, blocks = self._state() or {}, plan.sentences.tolist()
        done = state.get("blocks", 0)
        if done and state.get("sentences") != blocks:
            warn("the blocks that were counted are of another division: with the same memory and workers they would do")
            done = 0
        sizes = [state[name] if done else (0, 0) for name in runs.NAMES]
        if done and any(_checksum(self.folder / name, size) != crc for name, (size, crc) in zip(runs.NAMES, sizes)):
            warn(f"the rows that were counted are damaged in {self.folder}, and are counted again")
            done, sizes = 0, [(0, 0), (0, 0)]
        runs.go_on(done, sizes)
        if done:
            LOG.info("%d of %d blocks are counted already", done, len(blocks) - 1)
        return int(done)

    def end_block(self, runs: Runs, plan: Plan) -> None:
        """Keep one block more, once its rows are on the disk."""
        facts = {"blocks": runs.count, "sentences": plan.sentences.tolist()}
        self._write(facts | dict(zip(runs.NAMES, runs.flushed())))

    def _write(self, facts: Mapping[str, Any]) -> None:
        with open_output(self.made() / _STATE) as file:
            file.write(json.dumps({"identity": self._identity, **facts}).encode())

    def _state(self) -> dict[str, Any] | None:
        """What was written last, None where there is nothing; OptionError where it is of another run."""
        if not self._resumes:
            return None
        try:
            state = json.loads((self.folder / _STATE).read_bytes())
            check_same(state["identity"], self._identity, self.folder.parent)
        except OSError:
            return None
        except (UnicodeError, json.JSONDecodeError, KeyError, TypeError, RecursionError) as error:
            warn(f"{self.folder / _STATE} is damaged, and counting starts again: {error!r:.80}")
            return None
        return dict(state)


def _checksum(path: Path, size: int) -> int | None:
    """The CRC-32 of the first bytes of a file, None where it has fewer."""
    crc = 0
    try:
        with open(path, "rb") as file:
            if os.fstat(file.fileno()).st_size < size:
                return None
            while size:
                block = file.read(min(size, _STEP))
                crc, size = zlib.crc32(block, crc), size - len(block)
    except OSError:
        return None
    return crc
