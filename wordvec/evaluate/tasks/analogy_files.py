"""Analogy questions in the forms in which they are published: Google's, MSR's, BATS, and multiple choice as in SAT."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

from wordvec.base.errors import FormatError
from wordvec.evaluate.files import lines, read_questions

Question = tuple[str, str, str, str, tuple[str, ...]]  # section, a, b, c, right answers
Choice = tuple[tuple[str, str], tuple[tuple[str, str], ...], int]  # stem, choices, the place of the right one

_BATS = re.compile(r"[IDEL]\d\d \[.*\]\.txt")
_SAT = re.compile(r"\S+ \S+ [a-z]+:[a-z]+")  # two words and their parts of speech
_SYNTACTIC = "gram"  # with which the names of Google's syntactic sections begin


def bats_files(folder: Path) -> list[Path]:
    """The files of BATS below a folder, such as `1_Inflectional_morphology/I01 [noun - plural_reg].txt`."""
    return sorted(path for path in folder.glob("**/*.txt") if _BATS.fullmatch(path.name))


def is_bats(folder: Path) -> bool:
    """Whether a folder is BATS: its own files, or those of its folders, have the names of BATS."""
    own = [*folder.glob("*.txt"), *folder.glob("*/*.txt")]
    return any(_BATS.fullmatch(path.name) for path in own)


def bats(folder: Path) -> tuple[list[Question], list[str]]:
    """The questions of BATS: each pair of a relation asks for the answers of every other; and unreadable lines."""
    questions: list[Question] = []
    unreadable: list[str] = []
    for path in bats_files(folder):
        pairs = []
        for line in lines(path):
            parts = line.split()
            if len(parts) == 2:
                pairs.append((parts[0], tuple(part for part in parts[1].split("/") if part)))
            else:
                unreadable.append(line)
        section = path.name.removesuffix(".txt")
        questions += [
            (section, a, b[0], c, answers) for a, b in pairs for c, answers in pairs if a != c and b and answers
        ]
    return questions, unreadable


def google(path: str | os.PathLike[str]) -> tuple[list[Question], list[str]]:
    """The questions of a file of `: section` and `a b c d` lines, and unreadable lines."""
    read = read_questions(path)
    questions: list[Question] = [
        (section, a, b, c, (d,)) for section, items in read.sections.items() for a, b, c, d in items
    ]
    return questions, read.unreadable


def msr(path: str | os.PathLike[str]) -> tuple[list[Question], list[str]]:
    """The questions of `word_relationship.questions` (`a b c`) and their answers in `word_relationship.answers`."""
    answers = list(lines(Path(path).with_suffix(".answers")))
    asked = list(lines(path))
    if len(answers) != len(asked):
        raise FormatError(
            f"{os.fspath(path)}: there must be an answer for each question; got {len(asked)} questions and "
            f"{len(answers)} answers"
        )
    questions: list[Question] = []
    unreadable: list[str] = []
    for line, answer in zip(asked, answers):
        words, right = line.split(), answer.split()
        if len(words) == 3 and len(right) == 2:
            questions.append((right[0], words[0], words[1], words[2], (right[1],)))
        else:
            unreadable.append(line)
    return questions, unreadable


def is_choice(head: tuple[str, ...]) -> bool:
    """Whether lines are multiple choice as in SAT: a stem and choices `word word n:n`, then a letter."""
    pairs = sum(_SAT.fullmatch(line.strip()) is not None for line in head)
    return pairs >= 3 and any(re.fullmatch("[a-e]", line.strip()) for line in head)


def choices(path: str | os.PathLike[str]) -> tuple[list[Choice], list[str]]:
    """The questions of a file of multiple choice; and the lines of blocks that are none, but for titles."""
    found: list[Choice] = []
    unreadable: list[str] = []
    for block in _blocks(path):
        pairs = [(line.split()[0], line.split()[1]) for line in block if _SAT.fullmatch(line)]
        right = ord(block[-1]) - ord("a") if re.fullmatch("[a-z]", block[-1]) else -1
        if len(pairs) >= 3 and 0 <= right < len(pairs) - 1:
            found.append((pairs[0], tuple(pairs[1:]), right))
        elif pairs:
            unreadable += block
    return found, unreadable


def _blocks(path: str | os.PathLike[str]) -> Iterator[list[str]]:
    """The lines of each question: up to the one letter that ends it."""
    block: list[str] = []
    for line in lines(path):
        block.append(line.strip())
        if re.fullmatch("[a-z]", block[-1]):
            yield block
            block = []
    if block:
        yield block


def is_syntactic(section: str) -> bool:
    """Whether a section is on grammar: its name begins with `gram`, or is one of MSR's or of BATS's I and D files."""
    return section.startswith(_SYNTACTIC) or bool(re.match(r"[A-Z]{2,3}_[A-Z]|[ID]\d\d ", section))
