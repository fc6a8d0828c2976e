"""Text files that are probably not words with vectors: recognised by their rows, and named in errors."""

from __future__ import annotations

import os
import re

import numpy as np
from numpy.typing import NDArray

from wordvec._kernels import rowfiles as kernel
from wordvec.base.errors import FormatError
from wordvec.formats.io.row_reader import KINDS
from wordvec.formats.io.source import Source

_MANY = 50  # from this many rows on, one in twenty may differ
# What a word looks like, as bits of the kernel (rowfiles.h).
IS_NUMBER, IS_ID, IS_LIST, LEADING, SPACED, ID_FIRST, NUMBER_LAST, HAS_CR, IS_QUOTED, TWO_FIELDS = (
    1 << bit for bit in range(10)
)
_AS_IT_IS = "format={format!r} reads it as it is"
_NUMBER = r"[-+]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]+)?"
_NAMES = {",": "commas", ";": "semicolons", "|": "bars", "\t": "tabs"}
_HEX = re.compile(r"[-+]?0[xX][0-9a-fA-F.]+(?:[pP][-+]?[0-9]+)?")
_VALUE = re.compile(_NUMBER)
_COMMA_VALUE = re.compile(r"[-+]?[0-9]*,[0-9]+(?:[eE][-+]?[0-9]+)?")
_COMMA_ITEMS = re.compile(r"[^,]+,[ \t]*" + _NUMBER + "|" + _NUMBER + r",[^,]*")


def check(source: Source, kinds: NDArray[np.int64], dim: int, format: str, has_header: bool) -> None:
    """FormatError where the words of a file, counted by kind, show that it is not a file of vectors.

    Large files have some odd words: an error needs a kind that all rows, or nearly all, share.
    """
    problem = _problem(kinds, dim, has_header)
    if problem is not None:
        raise FormatError(f"{source.path}: rows must be a word and {dim} numbers; {problem}; {_as_it_is(format)}")


def check_columns(source: Source, kinds: NDArray[np.int64], whole: bool, format: str) -> None:
    """FormatError for rows of one number without a header, which are more often lists of words with a number."""
    problem = _problem(kinds, 1, False)
    if problem is None:
        what = "words and their counts" if whole else "words or pairs with a score"
        problem = (
            f"these have one number each and no header, as lists of {what} do: vectors of one dimension must "
            "have the line `rows 1` first"
        )
    advice = _as_it_is(format)
    raise FormatError(f"{source.path}: rows must be a word and the numbers of its vector; {problem}; {advice}")


def _as_it_is(format: str) -> str:
    return _AS_IT_IS.format(format=format)


def _problem(kinds: NDArray[np.int64], dim: int, has_header: bool) -> str | None:
    """What the rows are instead, and what to do; None where they look like words and vectors."""
    places = np.arange(KINDS)
    total = int(kinds.sum())

    def rows(bits: int) -> int:
        return int(kinds[places & bits == bits].sum())

    def nearly(bits: int) -> bool:
        count = rows(bits)
        return total > 1 and (count == total or (total >= _MANY and count * 20 >= total * 19))

    if rows(HAS_CR) * 10 >= max(total, 1):
        return "carriage returns stand inside them: end the lines with newlines (tr '\\r' '\\n')"
    for bits, what in _ALWAYS.items():
        if nearly(bits):
            return what.format(said=f", not {dim}" if has_header else "")
    if has_header:
        return None
    if nearly(SPACED | TWO_FIELDS):
        return "these have two words each, as pairs with scores do"
    if rows(SPACED) == total > 1:
        return "in these every word has white space: other columns come before the numbers, or words have many parts"
    return MATRIX if rows(IS_NUMBER) == total > 1 and rows(IS_ID) < total else None


_ALWAYS = {  # also checked with a header
    LEADING: "these start with white space before the word: remove it (sed 's/^[ \\t]*//')",
    IS_LIST: "in these a comma or another sign separates the word from a number or ends it: put a space in its place",
    IS_QUOTED: "in these the word is in quotation marks: remove them",
    ID_FIRST: "in these a number comes before the word: remove that column",
    NUMBER_LAST: "in these another number follows the word{said}: remove that column, or correct the header",
}
MATRIX = (
    "these are a matrix without words, whose lines start with numbers: put a word before each row, or the words one "
    "a line into a file of the same name that ends in .words; where the first numbers are words that do not rise, the "
    "line `rows dim` must come first"
)


def matrix(dim: int, format: str) -> str:
    """The error text for a file without words."""
    return f"rows must be a word and {dim} numbers; {MATRIX}; {_as_it_is(format)}"


def are_ids(kinds: NDArray[np.int64]) -> bool:
    """Whether all words are digits: row numbers, which rise, or the first column of a matrix."""
    places = np.arange(KINDS)
    return bool(kinds.sum() > 1 and kinds[places & IS_ID == 0].sum() == 0)


def kinds_of(text: bytes, dim: int) -> NDArray[np.int64]:
    """[KINDS] counts of the kinds of words in whole lines; lines that are not rows are left out."""
    kinds = np.zeros(KINDS, np.int64)
    for line in text.split(b"\n"):
        data = np.zeros(len(line) + kernel.PAD, np.uint8)
        data[: len(line)] = np.frombuffer(line, np.uint8)
        rows, sizes, kind = np.empty((1, dim), np.float32), np.empty(1, np.int64), np.zeros(1, np.uint16)
        if kernel.parse_text(data, 0, len(line), rows, np.empty(len(line) + 1, np.uint8), sizes, kind)[0]:
            kinds[kind[0]] += 1
    return kinds


def file_kind(source: Source) -> str:
    """The kind of a file that no format recognises, for a message; of text also what its lines look like."""
    kind = source.describe()
    if os.path.isfile(os.path.join(source.path, "words.safetensors")):
        words = os.path.join(source.path, "words.safetensors")
        return f"{kind} with a model of documents: wordvec.load_documents opens it, its words alone are in {words}"
    if os.path.isdir(source.path):
        return _folder(sorted(name for name in os.listdir(source.path) if not name.startswith(".")))
    if not kind.startswith("text"):
        return kind
    lines = _lines(source.head[: 1 << 16].decode("utf-8", "replace"))
    return kind if lines is None else f"{kind}: {lines}"


def _folder(names: list[str]) -> str:
    """What a folder that is no folder of vectors holds, and what to do."""
    if not names:
        return "a folder with nothing in it"
    return f"a folder with {', '.join(names[:3])}{' and others' * (len(names) > 3)} in it: give the path of a file"


def _lines(text: str) -> str | None:
    """The kind of the first lines of a text, and what to do; None where it is unknown."""
    if "\r" in text and "\n" not in text:
        return "its lines end with carriage returns alone: end them with newlines (tr '\\r' '\\n')"
    lines = [line.strip("\r") for line in text.split("\n")[:64] if line.strip()]
    if not lines:
        return "it has blank lines alone"
    if len(lines) > 1 and len(text) >= 1 << 16:
        lines = lines[:-1]
    for sign, name in _NAMES.items():
        if advice := _table(lines, sign):
            return f"values separated by {name}{advice}"
    fields = [line.split() for line in lines]
    if all(any(_HEX.fullmatch(field) for field in row[1:]) for row in fields):
        return "its numbers are hexadecimal: write them as decimals"
    if all("," in line and any(_COMMA_ITEMS.fullmatch(part) for part in line.split()) for line in lines):
        return "its numbers are separated by commas: put a space between a word and each of its numbers"
    rest = fields[1:]
    if rest and all(len(row) > 1 and all(map(_VALUE.fullmatch, row[1:])) for row in rest):
        return "its first line has no numbers, as if it named the columns: remove it"
    if fields and fields[0][0] == ":":
        return "analogies, whose sections start with a colon"
    if not any(_VALUE.fullmatch(row[-1]) for row in fields):
        return "no line ends in a number (vectors of the words of a text are made by wordvec.train)"
    return None


def _table(lines: list[str], sign: str) -> str:
    """What to do with lines of values separated by `sign`; "" where they are not."""
    rows = [line.split(sign) for line in lines]
    body = rows[1:] or rows
    width = len(body[-1])
    if width < 2 or any(len(row) != width for row in rows):
        return ""
    number = _COMMA_VALUE if sign != "," and all(any(map(_COMMA_VALUE.fullmatch, row)) for row in body) else _VALUE
    values = [[number.fullmatch(item.strip(" \"'")) is not None for item in row] for row in [*body, rows[0]]]
    if not all(all(row[1:]) for row in values[:-1]):
        return ""
    names = "" if all(values[-1][1:]) else ", under a line of names, which is to be removed"
    return f"{names}: put spaces between a word and its numbers, or give both to KeyedVectors(words, matrix)"
