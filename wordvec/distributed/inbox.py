"""Counted rows on their way to the driver: in files of its folder from workers of its machine, else in the store."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, NamedTuple

import numpy as np
from numpy.typing import NDArray

from wordvec.base.leftovers import temporary_name
from wordvec.cooccurrence.blocks import Part
from wordvec.cooccurrence.spill import CELLS, Cells
from wordvec.corpus.scratch import write_all
from wordvec.distributed.store import Store, own_host

_MARK = "inbox"
_FIELDS = ("columns", "values")


class Inbox(NamedTuple):
    """A folder of the driver, and what tells it from one of the same name on another machine or in a container."""

    path: str
    host: str
    mark: bytes

    @classmethod
    def make(cls, folder: Path) -> Inbox:
        """Let workers write to a folder."""
        mark = os.urandom(16)
        (folder / _MARK).write_bytes(mark)
        return cls(str(folder), own_host(), mark)

    def is_here(self) -> bool:
        """Whether this process sees the folder, on the machine of the driver."""
        if not self.host or self.host != own_host():
            return False
        try:
            with open(os.path.join(self.path, _MARK), "rb") as file:
                return file.read() == self.mark
        except OSError:  # another machine, or another user
            return False

    def put(self, store: Store, name: str, parts: Iterable[Part], rows: slice) -> None:
        """Hand over the parts of some rows; `rows` are those of which the sizes are kept, as others are empty."""
        if not self.is_here():
            parts = list(parts)
            arrays = {field: np.concatenate([getattr(part, field) for part in parts]) for field in _FIELDS}
            store.put(name, arrays | {"sizes": np.concatenate([part.sizes for part in parts])[rows]})
            return
        sizes: list[NDArray[np.int64]] = []
        with ExitStack() as stack:
            columns, values = (stack.enter_context(_replacing(path)) for path in self._files(name))
            for part in parts:
                sizes.append(part.sizes)
                write_all(columns, part.columns, CELLS)
                write_all(values, part.values, CELLS)
        store.put(name, {"sizes": np.concatenate(sizes)[rows]})

    def take(self, store: Store, name: str, cells: Cells) -> None:
        """Add the rows of a name to the cells, whose folder this is; `Lost` where they are gone."""
        sizes, files = store.read(name, "sizes"), self._files(name)
        if all(map(os.path.exists, files)):
            cells.take(sizes, files)
        else:
            cells.add(Part(sizes, store.read(name, "columns"), store.read(name, "values"), 0))

    def _files(self, name: str) -> list[str]:
        """The files of a name, which appear when they are complete."""
        return [os.path.join(self.path, f"{name.replace('/', '+')}.{field}") for field in _FIELDS]


@contextmanager
def _replacing(path: str) -> Iterator[BinaryIO]:
    """A file that gets its name at the end of the block; two workers may write the same bytes to it at once."""
    temporary = os.path.join(os.path.dirname(path), temporary_name(os.path.basename(path)))
    try:
        with open(temporary, "wb", buffering=0) as file:
            yield file
        os.replace(temporary, path)
    finally:
        with suppress(OSError):
            os.unlink(temporary)
