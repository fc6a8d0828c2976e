"""What a small set of a task is, and the words that such sets are made of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from wordvec import KeyedVectors

WORDS = [f"{kind}{i}" for kind in ("a", "b", "c") for i in range(12)]
VECTORS = KeyedVectors(WORDS, np.random.default_rng(0).standard_normal((36, 6)).astype("f4"))


def unchanged(lines):
    return lines


@dataclass(frozen=True)
class Sample:
    """A small set of a task in its published form, of the words a0 to c11; one item or more has the word `missing`.

    The items may stand in any order in the file, and none of them is repeated.
    """

    file: str  # below a folder of its own, such as "rank/positive_pairs.txt"
    items: Callable[[], list[str]]  # the lines of the items, or their blocks of lines
    head: tuple[str, ...] = ()  # the lines before them
    beside: dict[str, list[str]] = field(default_factory=dict)  # the lines of other files
    is_folder: bool = False  # whether the set is the folder of the file
    junk: str | None = (
        "junk"  # a line that is no item, and counted; None: any such line is an error, or part of an item
    )

    def write(self, folder, change=unchanged, encoding="utf-8", newline="\n") -> Path:
        """The path of the set, its items changed."""
        lines = {self.file: [*self.head, *change(self.items())], **self.beside}
        for name, some in lines.items():
            path = Path(folder) / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("\n".join(some) + "\n", encoding=encoding, newline=newline)
        path = Path(folder) / self.file
        return path.parent if self.is_folder else path


@dataclass(frozen=True)
class LinesBeside(Sample):
    """A set whose items have a line in each of several files: in `items`, these lines with | between."""

    others: tuple[str, ...] = ()  # the other files

    def write(self, folder, change=unchanged, encoding="utf-8", newline="\n") -> Path:
        """The path of the first file; a line without | is in all of them."""
        rows = [line.split("|") for line in change(self.items())]
        for place, name in enumerate((self.file, *self.others)):
            some = [row[min(place, len(row) - 1)] for row in rows]
            Sample(name, lambda some=some: some).write(folder, encoding=encoding, newline=newline)
        return Path(folder) / self.file
