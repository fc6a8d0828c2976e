"""What a task of the suite is: it recognises and reads published files, and gives vectors their outcomes."""

from __future__ import annotations

import json
import os
import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from wordvec.base.digests import digest_of
from wordvec.base.errors import CorpusError, FormatError
from wordvec.evaluate.files import SHOWN, lines, shown_lines
from wordvec.evaluate.policy import Resolver
from wordvec.evaluate.results import Longs, Outcome

HEAD = 40  # lines that are read to recognise a file
MOST = 0.6  # the share of these lines that must be items
TRAINING, DEVELOPMENT = ("train",), ("dev", "valid")  # in the names of files, in the place of `test`
_TEST = "test"
_MARKS = "\t,;"
_RARE_WORDS = "rw-stanford"  # a set of one language, in MUSE's EN_RW-STANFORD.txt; rw is Kinyarwanda elsewhere
_LANGUAGES = re.compile(rf"(?<![a-z])([a-z]{{2}})[-_](?!{_RARE_WORDS})(?=([a-z]{{2}})(?![a-z]))")
_CODES = frozenset(  # ISO 639-1
    """aa ab ae af ak am an ar as av ay az ba be bg bh bi bm bn bo br bs ca ce ch co cr cs cu cv cy da de dv dz ee el en
    eo es et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht hu hy hz ia id ie ig ii ik io is it iu ja jv ka
    kg ki kj kk kl km kn ko kr ks ku kv kw ky la lb lg li ln lo lt lu lv mg mh mi mk ml mn mr ms mt my na nb nd ne ng nl
    nn no nr nv ny oc oj om or os pa pi pl ps pt qu rm rn ro ru rw sa sc sd se sg si sk sl sm sn so sq sr ss st su sv sw
    ta te tg th ti tk tl tn to tr ts tt tw ty ug uk ur uz ve vi vo wa wo xh yi yo za zh zu""".split()
)


@dataclass(frozen=True)
class Place:
    """A file or a folder that may be a test set: its path, and the first lines of a file that is text."""

    path: Path
    head: tuple[str, ...] = ()
    is_folder: bool = False

    @classmethod
    def at(cls, path: str | os.PathLike[str]) -> Place:
        """The place of a path; without lines where the file is not text or cannot be read."""
        where = Path(path)
        if where.is_dir():
            return cls(where, is_folder=True)
        try:
            return cls(where, tuple(islice(lines(where), HEAD)))
        except (FormatError, CorpusError, OSError):
            return cls(where)

    def table(self) -> list[list[str]]:
        """The cells of the first lines; [] where a line has other columns than the one before."""
        rows = [cells(line) for line in self.head]
        return rows if len({len(row) for row in rows}) == 1 else []


@dataclass(frozen=True)
class Dataset:
    """A test set: its items in an order of its own, and what of the file is no item."""

    task: str
    name: str
    items: tuple[Any, ...]
    unreadable: tuple[str, ...] = ()  # the lines that are no item
    more: dict[str, Any] = field(default_factory=dict)  # what belongs to the set and to no item

    @property
    def fingerprint(self) -> str:
        """A hash of the items, the same for any order of them in the file."""
        text = json.dumps([self.task, self.items, self.more], sort_keys=True, default=list)
        return digest_of(text.encode("utf-8", "surrogatepass"))


class Task(ABC):
    """A kind of test set. One file in this folder, and one line in `TASKS`."""

    name: ClassVar[str]
    suites: ClassVar[tuple[str, ...]]
    does: ClassVar[str]  # what it measures, in a line
    fast: ClassVar[bool] = True  # False: it keeps all cores busy by itself
    reads_corpus: ClassVar[bool] = False  # whether its outcomes depend on the text that is given with the models

    @abstractmethod
    def recognise(self, place: Place) -> bool:
        """Whether a file or folder is a set of this task, by its content."""

    @abstractmethod
    def read(self, path: str | os.PathLike[str]) -> Dataset:
        """The set in a file or folder as it is published; FormatError where it holds no item."""

    def derived(self, sets: Sequence[Dataset]) -> Dataset | None:
        """A set made of those of other tasks, where none of this one is found; None where they give none."""
        return None

    @abstractmethod
    def run(self, words: Resolver, dataset: Dataset, seed: int, workers: int | None = None) -> list[Outcome]:
        """What the vectors get on a set, one outcome a measure. Unknown words are no error."""


def cells(line: str) -> list[str]:
    """The cells of a line: split at tabs, else at commas or semicolons where there are any, else at white space."""
    for mark in _MARKS:
        if mark in line:
            return [part.strip().strip('"') for part in line.split(mark)]
    return line.split()


def is_text(cell: str) -> bool:
    """Whether a cell holds a text: more words than entries of word lists have."""
    return len(cell.split()) > 2


def number(text: str) -> float | None:
    """The finite number that a cell holds, or None."""
    try:
        value = float(text)
    except ValueError:
        return None
    return value if abs(value) < float("inf") else None


def dataset(
    task: str,
    path: str | os.PathLike[str],
    items: Iterable[Any],
    unreadable: Sequence[str],
    wanted: str,
    **more: Any,
) -> Dataset:
    """A set with its items sorted, so that their order in the file changes nothing; FormatError where it has none.

    `wanted` says what a line must hold.
    """
    sorted_items = tuple(sorted(items))
    if not sorted_items:
        raise FormatError(
            f"{os.fspath(path)}: {wanted}; got {shown_lines(list(unreadable))}. Is it a test set of this kind?"
        )
    return Dataset(task, name_of(path), sorted_items, tuple(unreadable), more)


def name_of(path: str | os.PathLike[str]) -> str:
    """The name of a set: that of its file, without the suffixes of text and of compression."""
    name = Path(path).name
    for suffix in (".xz", ".gz", ".bz2", ".zst", ".txt", ".tsv", ".csv", ".jsonl", ".json", ".conllu", ".label"):
        name = name.removesuffix(suffix)
    return name or Path(path).name


def sibling(path: str | os.PathLike[str], parts: Sequence[str]) -> Path | None:
    """The file whose name has one of some parts in the place of `test`; None where there is none."""
    name = Path(path).name
    if _TEST not in name:
        return None
    found = [Path(path).with_name(part.join(name.rsplit(_TEST, 1))) for part in parts]
    return next((one for one in found if one.is_file()), None)


def numbered(names: Iterable[str]) -> Longs:
    """[n] a number for each name, the same for equal ones."""
    distinct: dict[str, int] = {}
    return np.fromiter((distinct.setdefault(name, len(distinct)) for name in names), np.int64)


def languages(path: Path) -> tuple[str, str] | None:
    """The two languages that the name of a file gives, as `en-de.test.txt` does; None where it gives none."""
    for one, other in _LANGUAGES.findall(path.name.lower()):
        if one != other and {one, other} <= _CODES:
            return one, other
    return None


def readable(
    path: str | os.PathLike[str], item: Callable[[str], Any], header: Callable[[str], bool] | None = None
) -> tuple[list[Any], list[str]]:
    """What `item` makes of each line, and the lines of which it makes None; but for a first line that is a `header`."""
    items, unreadable = [], []
    for place, line in enumerate(lines(path)):
        made = item(line)
        if made is not None:
            items.append(made)
        elif place or header is None or not header(line):
            unreadable.append(line)
    return items, unreadable


def shown(unreadable: Sequence[str]) -> str:
    """How many lines could not be read, and the first of them."""
    first = "; ".join(repr(line[:60]) for line in unreadable[:SHOWN])
    return f"{len(unreadable)} lines could not be read, such as {first}"
