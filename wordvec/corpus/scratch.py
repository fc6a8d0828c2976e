"""Temporary files: a folder that is removed, and arrays written to it and mapped from it."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from wordvec.base.errors import CorpusError
from wordvec.base.leftovers import prefix, sweep

ENCODING = (
    "the encoded corpus",
    "it takes about 8 bytes a token while it is made and 4 afterwards: free some space, or give cache= a folder that "
    "has it",
)


@contextmanager
def scratch_folder(parent: Path | None, advice: str = "give cache= a folder that can be written") -> Iterator[Path]:
    """A temporary folder, removed at the end; arrays mapped from it stay readable until they are freed.

    Its name tells the process that made it, so that what a killed one has left can be known as such.
    """
    work: Path | None = None
    try:
        try:
            if parent is not None:
                parent.mkdir(parents=True, exist_ok=True)
            sweep(tempfile.gettempdir() if parent is None else parent)
            work = Path(tempfile.mkdtemp(prefix=prefix(), dir=parent))
        except OSError as error:
            where = parent if parent is not None else tempfile.gettempdir()
            raise CorpusError(f"cannot make a folder in {where}: {error.strerror}; {advice}") from error
        yield work
    finally:
        if work is not None:
            shutil.rmtree(work, ignore_errors=True)


def write_all(file: BinaryIO, array: NDArray[np.generic], what: tuple[str, str] = ENCODING) -> None:
    """Write all bytes of an array to an unbuffered file; CorpusError when the disk is full.

    `what` is written, and what to do then, are said in that case.
    """
    view = np.ascontiguousarray(array).data.cast("B")
    while len(view):
        try:
            view = view[file.write(view) :]
        except OSError as error:
            folder = os.path.dirname(file.name)
            raise CorpusError(f"cannot write {what[0]} to {folder}: {error.strerror}; {what[1]}") from error


def map_file(path: Path, kind: Any) -> NDArray[Any]:
    """The array in a file, mapped read-only."""
    if os.path.getsize(path) == 0:  # which cannot be mapped
        return np.zeros(0, kind)
    return np.asarray(np.memmap(path, kind, "r"))
