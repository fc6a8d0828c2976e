"""Files of test sets: word pairs with a score, analogy questions in sections; any delimiter, BOM or compression."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Literal

from wordvec.base.errors import FormatError
from wordvec.inputs import read_lines

Path = str | os.PathLike[str]
_KIND_LINES = 1_000  # lines that are read to recognise the kind of a test set
SHOWN = 3  # unreadable lines quoted in results and messages


@dataclass
class Pairs:
    """Word pairs with human ratings, and the lines that are no pair."""

    items: list[tuple[str, str, float]] = field(default_factory=list)
    unreadable: list[str] = field(default_factory=list)


@dataclass
class Questions:
    """Analogy questions `a b c d` by section, and the lines that are no question."""

    sections: dict[str, list[tuple[str, str, str, str]]] = field(default_factory=dict)
    unreadable: list[str] = field(default_factory=list)


def every_line(path: Path) -> Iterator[str]:
    """The lines without line ends and byte order mark; FormatError where the file is not text."""
    return read_lines(path)


def lines(path: Path) -> Iterator[str]:
    """The lines that are neither blank nor comments (`# ...`); FormatError where the file is not text."""
    for line in every_line(path):
        if line.strip() and not line.lstrip().startswith("#"):
            yield line


def read_pairs(path: Path, delimiter: str | None = None) -> Pairs:
    """Read `word word score` lines, split at tabs, commas or semicolons if that gives three parts, else at space."""
    pairs = Pairs()
    for line in lines(path):
        parts = _split(line, delimiter)
        score = _number(parts[2]) if len(parts) >= 3 and parts[0] and parts[1] else None
        if score is None:
            pairs.unreadable.append(line)
        else:
            pairs.items.append((parts[0], parts[1], score))
    if not pairs.items:
        raise _no_item(path, "a line must hold two words and a number", pairs.unreadable)
    return pairs


def read_questions(path: Path) -> Questions:
    """Read `: section` and `a b c d` lines, split at white space; questions before any section are in section ''."""
    questions = Questions()
    section = questions.sections.setdefault("", [])
    for line in lines(path):
        if line.startswith(":"):
            section = questions.sections.setdefault(line[1:].strip(), [])
            continue
        words = line.split()
        if len(words) == 4:
            section.append((words[0], words[1], words[2], words[3]))
        else:
            questions.unreadable.append(line)
    if not questions.sections[""]:
        del questions.sections[""]
    if not any(questions.sections.values()):
        raise _no_item(path, "a question must hold four words", questions.unreadable)
    return questions


def kind(path: Path) -> Literal["analogies", "pairs"]:
    """The kind of a test set, recognised by its first lines; FormatError where it is neither."""
    shown: list[str] = []
    for line in islice(lines(path), _KIND_LINES):
        shown = [*shown, line][:SHOWN]
        if line.startswith(":"):
            return "analogies"
        if (parts := _split(line, None)) and len(parts) >= 3 and _number(parts[2]) is not None:
            return "pairs"
        if len(line.split()) == 4:
            return "analogies"
    raise _no_item(path, "a line must hold two words and a number, or four words", shown)


def _split(line: str, delimiter: str | None) -> list[str]:
    """The parts of a line; without a delimiter, split at tabs, commas or semicolons if that gives 3, else at space."""
    for mark in "\t,;" if delimiter is None else (delimiter,):
        parts = [part.strip() for part in line.split(mark)]
        if len(parts) >= 3:
            return parts
    return line.split() if delimiter is None else parts


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _no_item(path: Path, wanted: str, unreadable: list[str]) -> FormatError:
    return FormatError(f"{os.fspath(path)}: {wanted}; got {shown_lines(unreadable)}. Is it a test set of this kind?")


def shown_lines(unreadable: list[str]) -> str:
    """The first unreadable lines, for a message."""
    return "; ".join(repr(line[:80]) for line in unreadable[:SHOWN]) or "an empty file"
