"""Lines `word number ... number`, which word2vec, fastText and GloVe share: what they look like, reading, writing."""

from __future__ import annotations

import os
import re
import warnings
from collections import Counter
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from wordvec._kernels import rowfiles as kernel
from wordvec.errors import FormatError
from wordvec.formats.rows import (
    LONGEST_NUMBER,
    LONGEST_WORD,
    NOT_A_NUMBER,
    TOO_LONG,
    Block,
    Part,
    RowReader,
    header,
)
from wordvec.formats.selection import Selection
from wordvec.formats.source import Source
from wordvec.formats.written import write_rows
from wordvec.keyed_vectors import KeyedVectors

_BOM = b"\xef\xbb\xbf"
NUMBER = re.compile(rb"[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?|[-+]?(?:nan|inf|infinity)", re.IGNORECASE)
_FRACTION = re.compile(rb"[-+]?[0-9]*(?:\.[0-9]+|[0-9]\.)(?:[eE][-+]?[0-9]+)?")
_ENDS_IN_INTEGER = re.compile(rb".*[ \t][-+]?[0-9]+", re.DOTALL)
_WITH_COMMA = re.compile(rb"[-+]?[0-9]*,[0-9]+(?:[eE][-+]?[0-9]+)?")
_BYTES_OF_NUMBERS = re.compile(rb"[0-9+\-.,eE \tnaifNAIF\r]*")
_LINES = 64  # that are looked at to find out what a file is


class Layout(NamedTuple):
    """What the lines of a file look like."""

    expected: int | None  # the rows that its header says, or None where it has none
    dim: int  # numbers in a row
    start: int  # the byte where the rows start
    said: int | None = None  # the numbers in a row that the header says


def layout(source: Source) -> Layout | None:
    """The layout, told by the first lines; None where they are no rows of text."""
    skip = len(_BOM) if source.head.startswith(_BOM) else 0
    body, whole = source.head[skip:], source.is_whole
    found = header(body)
    if found is None:
        if header(body + b"\n") is not None or b"\0" in body:
            return None  # a header that was cut off, rather than the word "11" with the number 7; or no text at all
        counts = _counts(body, whole)
        return Layout(None, _usual(counts), skip) if counts and counts[0] and _usual(counts) else None
    rows, said, start = found
    lines = body[start:]
    if not lines.strip():
        return Layout(rows, said, skip + start, said) if rows == 0 else None
    counts = _counts(lines, whole)
    if not counts:  # not even one line fits: so its last part tells
        return Layout(rows, said, skip + start, said) if _is_part_of_row(lines) else None
    if counts[0] >= said or Counter(counts)[said]:  # a word may end in numbers
        return Layout(rows, said, skip + start, said) if max(counts) else None
    dim = _usual(counts)
    if dim == 1 and len(counts) > 1 and max(counts) == 1:
        return Layout(None, 1, skip)  # no header: a word that is a number, and one number
    return Layout(rows, dim, skip + start, said) if dim > 1 or (dim == 1 and len(counts) == 1) else None


def load_rows(source: Source, select: Selection, name: str, has_header: bool) -> KeyedVectors:
    """Read the rows; FormatError names the line that is wrong."""
    found = layout(source) if has_header else _without_header(source)
    if found is None or (found.said is None) == has_header:
        raise FormatError(f"{source.path}: a line must be a word and numbers; the file is {source.describe()}")
    expected, dim, start, said = found
    if said is not None and said != dim:
        problem = f"{source.path}: rows must have the {said} numbers that the header says; the first have {dim}"
        if select.strict:
            raise FormatError(f"{problem}; strict=False reads rows of {dim}")
        warnings.warn(problem, stacklevel=4)
    reader = read_rows(source, select, dim, expected, start, has_header)
    _check_long_row(reader)
    return reader.finish(name)


def _without_header(source: Source) -> Layout | None:
    """The layout of a file that is known to have no header; FormatError where it is a matrix without words."""
    skip = len(_BOM) if source.head.startswith(_BOM) else 0
    body = source.head[skip:]
    head = header(body)
    if head is not None and not body[head[2] :].strip():
        return None  # a header that was cut off
    counts = _counts(body, source.is_whole)
    if len(counts) > 1 and all(map(_FRACTION.fullmatch, _first_fields(body)[: len(counts)])):
        raise FormatError(
            f"{source.path}: a line must be a word and numbers; these are a matrix without words, whose lines start "
            "with fractions: put a word before each row, or, where these are words, the line `rows dim` first"
        )
    return Layout(None, _usual(counts), skip) if counts and counts[0] and _usual(counts) else None


def _first_fields(text: bytes) -> list[bytes]:
    return [line.split(None, 1)[0] for line in text.split(b"\n", _LINES)[:_LINES] if line.strip()]


def _check_long_row(reader: RowReader) -> None:
    """Complain where the only word with a space ends in an integer: words have no spaces, a row has one number more.

    Where other words have spaces too, such a word is believed.
    """
    found = reader.spaced()
    if len(found) == 1 and _ENDS_IN_INTEGER.fullmatch(found[0]):
        problem = (
            f"{reader.source.path}: rows must have a word and {reader.dim} numbers; one has more, or its word is "
            f"{found[0][-40:].decode('utf-8', 'replace')!r}, the only one with a space"
        )
        if reader.select.strict:
            raise FormatError(f"{problem}; strict=False takes it for the word")
        warnings.warn(problem, stacklevel=5)


def read_rows(
    source: Source, select: Selection, dim: int, expected: int | None, start: int, has_header: bool
) -> RowReader:
    """Read the rows from byte `start` on, `expected` of them where that is known."""
    reader = RowReader(source, select, dim, 1 + 2 * dim, expected, start)
    reader.line = 2 if has_header else 1
    longest = LONGEST_WORD + dim * LONGEST_NUMBER

    def cut(data: NDArray[np.uint8], stop: int, last: bool, at: int) -> Block:
        whole = stop
        if not last or reader.damage:  # the last line may be a part of one
            whole = data[:stop].tobytes().rfind(b"\n") + 1
        return Block(data, whole, at, TOO_LONG if whole == 0 and stop > longest else None)

    def parse(block: Block) -> Part:
        most = block.stop // (1 + 2 * dim) + 1
        rows, sizes = np.empty((most, dim), np.float32), np.empty(most, np.int64)
        words = np.empty(block.stop, np.uint8)
        count, written, lines, position, why = kernel.parse_text(block.data, 0, block.stop, rows, words, sizes)
        detail = _bad_number(block, position, dim) if why == NOT_A_NUMBER else ""
        return Part(
            words[:written], sizes[:count], rows[:count], count, block.at + position, lines, block.found or why, detail
        )

    reader.read(cut, parse)
    return reader


def save_rows(vectors: KeyedVectors, path: str | os.PathLike[str], head: bytes, name: str) -> None:
    """Write `head` and a line for each word, every number as short as it can be to come back the same."""
    write_rows(vectors, path, head, text_lines, name)


def text_lines(rows: NDArray[np.float32], words: NDArray[np.uint8], offsets: NDArray[np.int64]) -> NDArray[np.uint8]:
    """The bytes of lines `word number ... number` for rows [n, D] and words, words[offsets[i]:offsets[i+1]]."""
    out = np.empty((kernel.NUMBER * rows.shape[1] + 1) * len(rows) + int(offsets[-1] - offsets[0]), np.uint8)
    return out[: kernel.write_text(rows, words, offsets, out, _exactly)]


def _exactly(number: float) -> bytes:
    """A number of float32 in the fewest digits, as Python prints the float64 that has them."""
    return repr(float(str(np.float32(number)))).encode()


def _counts(text: bytes, whole: bool) -> list[int]:
    """How many numbers end each of the first lines; the last line counts where it is known to be whole."""
    lines = text.split(b"\n", _LINES)
    lines = lines if whole and len(lines) <= _LINES else lines[:-1]
    return [_numbers_at_end(line) for line in lines if line.strip()]


def _usual(counts: list[int]) -> int:
    """The number that most lines have, the least of several; 0 where that is no row."""
    times = Counter(counts)
    return min((count for count in times if times[count] == max(times.values())), default=0)


def _numbers_at_end(line: bytes) -> int:
    """How many of the last fields of a line are numbers; the first field is a word, whatever it looks like."""
    fields = re.split(rb"[ \t]+", line.rstrip(b" \t\r"))
    count = 0
    for field in reversed(fields[1:]):
        if not NUMBER.fullmatch(field) and not _WITH_COMMA.fullmatch(field):
            break
        count += 1
    return count


def _is_part_of_row(line: bytes) -> bool:
    cut = line.find(b" ") + 1
    return cut > 0 and _BYTES_OF_NUMBERS.fullmatch(line[max(cut, len(line) // 2) :]) is not None


def _bad_number(block: Block, position: int, dim: int) -> str:
    """Which field of the line at `position` is no number, for the message."""
    line = block.data[position : block.stop].tobytes().split(b"\n", 1)[0]
    for field in reversed(re.split(rb"[ \t]+", line.rstrip(b" \t\r"))[-dim:]):
        if not NUMBER.fullmatch(field) or len(field) > LONGEST_NUMBER - 2:
            advice = ": decimals must have a point, not a comma" if _WITH_COMMA.fullmatch(field) else ""
            return f", {field[:40].decode('utf-8', 'replace')!r}{advice}"
    return ""
