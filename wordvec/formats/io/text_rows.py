"""Lines `word number ... number`, shared by word2vec, fastText and GloVe: recognising, reading and writing."""

from __future__ import annotations

import os
import re
from collections import Counter
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from wordvec._kernels import rowfiles as kernel
from wordvec.base.errors import FormatError
from wordvec.base.logs import warn
from wordvec.formats.io import suspect_files
from wordvec.formats.io.blocks import Block
from wordvec.formats.io.buffers import Buffers
from wordvec.formats.io.row_reader import (
    KINDS,
    LONGEST_NUMBER,
    LONGEST_WORD,
    NEED_MORE,
    NO_ROOM,
    NOT_A_NUMBER,
    TOO_LARGE,
    TOO_LONG,
    Bad,
    Part,
    RowReader,
    header,
)
from wordvec.formats.io.row_writer import write_rows
from wordvec.formats.io.selection import Selection
from wordvec.formats.io.source import Source
from wordvec.vectors import KeyedVectors

_BOM = b"\xef\xbb\xbf"
# No two parts can match the same text, so matching takes linear time for any number of digits.
NUMBER = re.compile(
    rb"[-+]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]+)?|[-+]?(?:nan|inf|infinity)", re.IGNORECASE
)
_WHOLE = re.compile(rb"[-+]?[0-9]+")
_ENDS_IN_INTEGER = re.compile(rb".*[ \t][-+]?[0-9]+", re.DOTALL)
_WITH_COMMA = re.compile(rb"[-+]?[0-9]*,[0-9]+(?:[eE][-+]?[0-9]+)?")
_BYTES_OF_NUMBERS = re.compile(rb"[0-9+\-.,eE \tnaifNAIF\r]*")
_HEX = re.compile(rb"[-+]?0[xX]")
_LARGEST = 3.4028235e38
_LINES = 64  # lines by which a file is recognised


class Layout(NamedTuple):
    """What the lines of a file look like."""

    expected: int | None  # the rows that its header says, or None where it has none
    dim: int  # dimensions: numbers in a row
    start: int  # the byte where the rows start
    header_dim: int | None = None  # the dimensions that the header says


def layout(source: Source) -> Layout | None:
    """The layout by the first lines; None where they are not rows of text."""
    skip = len(_BOM) if source.head.startswith(_BOM) else 0
    body, whole = source.head[skip:], source.is_whole
    head = header(body)
    if head is None:
        if header(body + b"\n") is not None or b"\0" in body:
            return None  # a truncated header rather than the word "11" with the number 7; or not text
        counts = _counts(body, whole)
        return Layout(None, _usual(counts), skip) if counts and counts[0] and _usual(counts) else None
    rows, header_dim, start = head
    lines = body[start:]
    if not lines.strip():
        return Layout(rows, header_dim, skip + start, header_dim) if rows == 0 else None
    counts = _counts(lines, whole)
    if not counts:  # a line longer than the head: decided by the end of the head
        return Layout(rows, header_dim, skip + start, header_dim) if _is_part_of_row(lines) else None
    if counts[0] >= header_dim or Counter(counts)[header_dim]:  # a word may end in numbers
        return Layout(rows, header_dim, skip + start, header_dim) if max(counts) else None
    dim = _usual(counts)
    if dim == 1 and len(counts) > 1 and max(counts) == 1:
        return Layout(None, 1, skip)  # no header: a word that is a number, and one number
    return Layout(rows, dim, skip + start, header_dim) if dim > 1 or (dim == 1 and len(counts) == 1) else None


def load_rows(source: Source, select: Selection, name: str, has_header: bool) -> KeyedVectors:
    """Read the rows; FormatError names the line that is wrong."""
    shape = layout(source) if has_header else _without_header(source)
    if shape is None or (shape.header_dim is None) == has_header:
        raise FormatError(f"{source.path}: a line must be a word and numbers; the file is {source.describe()}")
    expected, dim, start, header_dim = shape
    if header_dim is None and dim == 1 and not select.format_given:
        lines = _whole_lines(source, start)
        values = [line.split()[-1] for line in lines]
        kinds = suspect_files.kinds_of(b"\n".join(lines), 1)
        suspect_files.check_columns(source, kinds, all(map(_WHOLE.fullmatch, values)), name)
    if header_dim is not None and header_dim != dim:
        problem = f"{source.path}: rows must have the {header_dim} numbers that the header says; the first have {dim}"
        firsts = [line.split()[0] for line in _whole_lines(source, start)]
        if header_dim == dim + 1 and len(firsts) > 1 and all(map(NUMBER.fullmatch, firsts)) and not select.format_given:
            raise FormatError(f"{source.path}: {suspect_files.matrix(dim, name)}")
        if select.strict:
            raise FormatError(f"{problem}; strict=False reads rows of {dim}")
        warn(problem)
    reader = read_rows(source, select, dim, expected, start, has_header)
    if not select.format_given:
        suspect_files.check(source, reader.kinds, dim, name, has_header)
    _check_long_row(reader)
    vectors = reader.finish(name)
    if not (has_header or select.format_given) and suspect_files.are_ids(reader.kinds):
        digits = [word.lstrip("0") for word in vectors.index_to_key]
        keys = [(len(word), word) for word in digits]  # ordered as numbers of any length
        if vectors.metadata["source"]["duplicates"] or any(a >= b for a, b in pairwise(keys)):
            raise FormatError(f"{source.path}: {suspect_files.matrix(dim, name)}")
    return vectors


def _whole_lines(source: Source, start: int) -> list[bytes]:
    """The first whole lines from byte `start` on that are not blank."""
    lines = source.head[start:].split(b"\n", _LINES)
    lines = lines if source.is_whole and len(lines) <= _LINES else lines[:-1]
    return [line for line in lines if line.strip()]


def _without_header(source: Source) -> Layout | None:
    """The layout of a file without a header."""
    skip = len(_BOM) if source.head.startswith(_BOM) else 0
    body = source.head[skip:]
    head = header(body)
    if head is not None and not body[head[2] :].strip():
        return None  # a truncated header
    counts = _counts(body, source.is_whole)
    return Layout(None, _usual(counts), skip) if counts and counts[0] and _usual(counts) else None


def _check_long_row(reader: RowReader) -> None:
    """Error or warning where the only word with a space ends in an integer, as a row with one number too many does.

    Where other words have spaces too, the word is accepted.
    """
    spaced = reader.spaced()
    if len(spaced) == 1 and _ENDS_IN_INTEGER.fullmatch(spaced[0]):
        problem = (
            f"{reader.source.path}: rows must have a word and {reader.dim} numbers; one has more, or its word is "
            f"{spaced[0][-40:].decode('utf-8', 'replace')!r}, the only one with a space"
        )
        if reader.select.strict:
            raise FormatError(f"{problem}; strict=False takes it for the word")
        warn(problem)


def read_rows(
    source: Source, select: Selection, dim: int, expected: int | None, start: int, has_header: bool
) -> RowReader:
    """Read the rows from byte `start` on; `expected` is their number, if known."""
    reader = RowReader(source, select, dim, 1 + 2 * dim, expected, start)
    reader.line = 2 if has_header else 1
    lines = _Lines(reader)
    reader.read(lines.cut, lines.parse)
    return reader


class _Lines:
    """Cuts blocks at line ends and parses them; a bad line stops it (`strict`) or is left out."""

    def __init__(self, reader: RowReader) -> None:
        self.reader, self.dim, self.strict = reader, reader.dim, reader.select.strict
        self.longest = LONGEST_WORD + reader.dim * LONGEST_NUMBER
        self.inside = False  # whether the block starts inside a line that is left out

    def cut(self, data: NDArray[np.uint8], stop: int, last: bool, at: int) -> Block:
        """The whole lines of some bytes; `rows` is (start of the first line, its error or None)."""
        whole, start = stop, 0
        if not last or self.reader.damage:  # the last line may be incomplete
            whole = _after_last_line(data, stop)
        if self.inside:
            start = data[:stop].tobytes().find(b"\n") + 1
            if start == 0:
                return Block(data, stop, at, (stop, None))
            self.inside = False
        if whole == 0 and stop > self.longest:
            self.inside = not self.strict
            return Block(data, stop if self.inside else 0, at, (stop if self.inside else 0, TOO_LONG))
        return Block(data, whole, at, (start, None))

    def parse(self, block: Block) -> Part:
        """The rows of a block."""
        dim, (position, problem) = self.dim, block.rows
        most = block.stop // (1 + 2 * dim) + 1
        scratch = self.reader.buffers.take(most * (8 + 4 * dim + 2) + block.stop)
        sizes, rest = scratch[: 8 * most].view(np.int64), scratch[8 * most :]
        rows, rest = rest[: 4 * dim * most].view(np.float32).reshape(most, dim), rest[4 * dim * most :]
        kinds, words = rest[: 2 * most].view(np.uint16), rest[2 * most :]
        count = written = lines = 0
        bad: Bad | None = None
        if problem is not None and not self.strict:
            bad, lines = Bad([0], 0, block.at, problem, ""), 1
        while True:
            parsed = kernel.parse_text(
                block.data, position, block.stop, rows[count:], words[written:], sizes[count:], kinds[count:]
            )
            count, written, lines = count + parsed[0], written + parsed[1], lines + parsed[2]
            position, why = parsed[3:]
            if self.strict or why in (NEED_MORE, NO_ROOM):
                break
            if bad is None:
                bad = Bad([], lines, block.at + position, why, self._detail(block, position, why))
            bad.rows.append(count)
            lines += 1
            position = min(position + len(_line(block, position)) + 1, block.stop)
        detail = self._detail(block, position, why)
        seen = np.bincount(kinds[:count], minlength=KINDS)
        if self.strict and problem is not None:
            why = problem
        place = block.at + position
        part = Part(words[:written], sizes[:count], rows[:count], count, place, lines, why, detail, seen, bad)
        return part._replace(scratch=scratch)

    def _detail(self, block: Block, position: int, why: int) -> str:
        return _bad_number(_line(block, position), self.dim, why) if why in (NOT_A_NUMBER, TOO_LARGE) else ""


def _after_last_line(data: NDArray[np.uint8], stop: int) -> int:
    """Where the last line that is whole ends in data[:stop], after its newline; 0 where none is."""
    size = 1 << 14
    while True:
        start = max(stop - size, 0)
        end: int = data[start:stop].tobytes().rfind(b"\n")
        if end >= 0 or start == 0:
            return start + end + 1 if end >= 0 else 0
        size *= 4


def _line(block: Block, position: int) -> bytes:
    """The line of a block that starts at a position, without its line end."""
    size = 1 << 12
    while True:
        part: bytes = block.data[position : min(position + size, block.stop)].tobytes()
        end = part.find(b"\n")
        if end >= 0 or position + size >= block.stop:
            return part if end < 0 else part[:end]
        size *= 4


def save_rows(vectors: KeyedVectors, path: str | os.PathLike[str], head: bytes, name: str) -> None:
    """Write `head` and a line for each word; each number in the fewest digits that read back as the same float32."""
    write_rows(vectors, path, head, text_lines, name)


def text_lines(
    rows: NDArray[np.float32], words: NDArray[np.uint8], offsets: NDArray[np.int64], buffers: Buffers
) -> NDArray[np.uint8]:
    """The bytes of lines `word number ... number` for rows [n, D] and words, words[offsets[i]:offsets[i+1]]."""
    out = buffers.take((kernel.NUMBER * rows.shape[1] + 1) * len(rows) + int(offsets[-1] - offsets[0]))
    return out[: kernel.write_text(rows, words, offsets, out)]


def _counts(text: bytes, whole: bool) -> list[int]:
    """The number of numbers at the end of each of the first whole lines."""
    lines = text.split(b"\n", _LINES)
    lines = lines if whole and len(lines) <= _LINES else lines[:-1]
    return [_numbers_at_end(line) for line in lines if line.strip()]


def _usual(counts: list[int]) -> int:
    """The most frequent count, the smallest of several; 0 where there is none."""
    times = Counter(counts)
    return min((count for count in times if times[count] == max(times.values())), default=0)


def _numbers_at_end(line: bytes) -> int:
    """The number of numbers at the end of a line; the first field is always the word."""
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


def _bad_number(line: bytes, dim: int, why: int) -> str:
    """The field of a line that is not a number, or too large, for the message."""
    for field in reversed(re.split(rb"[ \t]+", line.rstrip(b" \t\r"))[-dim:]):
        is_number = NUMBER.fullmatch(field) is not None and len(field) <= LONGEST_NUMBER - 2
        if not is_number or (why == TOO_LARGE and field[-1:].isdigit() and abs(float(field)) > _LARGEST):
            advice = ""
            if _WITH_COMMA.fullmatch(field):
                advice = ": decimals must have a point, not a comma"
            elif _HEX.match(field):
                advice = ": numbers must be decimal"
            return f", {field[:40].decode('utf-8', 'replace')!r}{advice}"
    return ""
