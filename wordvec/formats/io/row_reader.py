"""Reading files of rows: all cores parse blocks, and only the selected rows are kept."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable
from functools import partial
from itertools import count
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from wordvec.base.compressed import read_exactly
from wordvec.base.errors import FormatError, OptionError
from wordvec.base.logs import warn
from wordvec.base.threads import in_order, thread_pool, usable_cores
from wordvec.formats.io import blocks
from wordvec.formats.io.blocks import Block, Blocks, Cut
from wordvec.formats.io.buffers import Buffers
from wordvec.formats.io.duplicates import keyed_vectors
from wordvec.formats.io.selection import Selection
from wordvec.formats.io.source import Source
from wordvec.vectors import KeyedVectors
from wordvec.vocabulary import offsets_of

WAITING = 2  # threads more than there are cores, as some wait for the disk or for their turn
MAX_DIM = 1 << 20  # dimensions; a header with more is damaged
LONGEST_WORD = 1 << 16  # bytes
LONGEST_NUMBER = 402  # bytes of text, with the separator after it
NEED_MORE, NO_ROOM, TOO_FEW, NOT_A_NUMBER, TOO_MANY, NO_WORD, NO_NEWLINE, CUT_OFF, TOO_LONG, TOO_LARGE = range(10)
KINDS = 1 << 10  # combinations of what words look like, for the kernel: see suspect_files.py
WHY = {
    TOO_FEW: "must have a word and {dim} numbers; it has fewer",
    NOT_A_NUMBER: "must have {dim} numbers after its word; one of the last {dim} fields is not a number",
    TOO_MANY: "must have a word and {dim} numbers; it has more",
    NO_WORD: "must start with a word and a space; there is none within {longest} bytes",
    NO_NEWLINE: "must take {width} bytes after its word and end with a newline, as the rows before it; it does not",
    CUT_OFF: "is cut off: the file ends in the middle of it",
    TOO_LONG: "must have a word and {dim} numbers; the line goes on after as many bytes as these can take",
    TOO_LARGE: "must have {dim} numbers that float32 can hold, up to 3.4e38; one is larger",
}
_HEADER = re.compile(rb"[ \t]*([0-9]{1,18})[ \t]+([0-9]{1,18})[ \t\r]*\n")
_FIRST_ROOM = 16 << 20  # bytes of the matrix at first, where the number of rows is unknown


def header(head: bytes) -> tuple[int, int, int] | None:
    """(rows, dim, bytes of the header) of a file that starts with the line `rows dim`; else None."""
    match = _HEADER.match(head[:256])
    return (int(match[1]), int(match[2]), match.end()) if match else None


class Bad(NamedTuple):
    """Bad rows of a part, which were left out."""

    rows: list[int]  # for each, the number of rows of the part before it
    line: int  # lines of the part before the first one
    at: int  # the byte of the file where the first one starts
    why: int
    detail: str


class Part(NamedTuple):
    """The rows of one block, and why parsing stopped."""

    words: NDArray[np.uint8]  # the bytes of the words, one after another
    sizes: NDArray[np.int64]  # [n] the size of each word
    rows: NDArray[np.float32]  # [n, D]
    seen: int  # rows of the file that were parsed: more than n where some were left out
    at: int  # the byte of the file where parsing stopped
    lines: int = 0  # lines of text
    why: int = NEED_MORE
    detail: str = ""
    kinds: NDArray[np.int64] | None = None  # [KINDS] counts of what the words look like
    bad: Bad | None = None
    scratch: NDArray[np.uint8] | None = None  # the buffer that these arrays are in, for other parts


class RowReader:
    """Collects words and rows part by part, in order, and makes KeyedVectors of them."""

    def __init__(
        self,
        source: Source,
        select: Selection,
        dim: int,
        least_row: int,
        expected: int | None,
        start: int,
        placed: bool = False,
        width: int | None = None,
    ) -> None:
        """`expected` is the number of rows in the header, or None. Rows start at byte `start` and take at least
        `least_row` bytes; the numbers of a binary row take `width` bytes.

        Parts bring their rows. With `placed`, where the size of the matrix is known, parsing writes them into it.
        """
        if select.min_count is not None:
            raise OptionError(f"min_count must be left out where a file has no counts; {source.path} has none")
        self.source, self.select, self.dim, self.expected, self.start = source, select, dim, expected, start
        self.width = width or 4 * dim
        self._check_header(least_row)
        self.line = self.seen = self.kept = 0
        limits = [n for n in (expected if select.strict else None, select.limit) if n is not None]
        self.most = min(limits, default=None)
        # Memory is allocated for what the file can hold; where that is unknown, it grows.
        rows = _FIRST_ROOM // (4 * dim) + 1 if select.words is None else min(len(select.words), 1 << 10)
        self.placed = False
        if self.most is not None and source.compression is None and select.words is None:
            rows, self.placed = min(self.most, source.size // least_row + 1), placed
        self.matrix = np.empty((rows, dim), np.float32)
        self.buffers = Buffers()
        self._words: list[NDArray[np.uint8]] = []
        self._sizes: list[NDArray[np.int64]] = []
        self.damage = ""  # the damage of the compressed data, where it is not an error
        self.kinds = np.zeros(KINDS, np.int64)
        self.left_out, self.first_left_out = 0, ""

    def _check_header(self, least_row: int) -> None:
        """FormatError where the header cannot be true of this file."""
        if not 1 <= self.dim <= MAX_DIM:
            raise FormatError(
                f"{self.source.path}: the header must give 1 to {MAX_DIM} numbers a row; it says {self.dim}"
            )
        rows, size = self.expected or 0, self.source.size - self.start
        if self.select.strict and self.source.compression is None and rows * least_row > size:
            raise FormatError(
                f"{self.source.path}: {rows} rows of {self.dim} numbers, as the header says, must take "
                f"{rows * least_row} bytes or more; the file has {size} after the header: it is truncated or the "
                "header is wrong; strict=False keeps what there is"
            )

    def read(self, cut: Cut, parse: Callable[[Block], Part]) -> None:
        """Read the file: `cut(data, stop, last, at)` makes a block of some bytes, and all cores parse blocks."""
        threads = usable_cores() + WAITING
        ahead = min(2 * threads, self.source.size // blocks.BLOCK + 2)  # a small file needs few buffers and threads
        with self.source.open(fast=self.select.strict) as stream, thread_pool(min(threads, ahead)) as pool:
            if len(read_exactly(stream, self.start)) < self.start:
                raise FormatError(f"{self.source.path}: the file became shorter while it was read")
            damaged = None if self.select.strict else partial(setattr, self, "damage")
            file = Blocks(self.source, stream, self.start, cut, ahead + 1, damaged)

            def work(number: int) -> Part | None:
                block = file.block(number)
                return None if block is None else parse(block)

            for part in in_order(pool, work, count(), ahead):
                if part is None:
                    break
                if not self._take(part):
                    return
                if part.scratch is not None:
                    self.buffers.give(part.scratch)
        if self.damage:
            self._complain(self.damage)

    def wanted(self, words: NDArray[np.uint8], sizes: NDArray[np.int64]) -> NDArray[np.int64]:
        """The rows whose words are selected."""
        assert self.select.words is not None
        return np.flatnonzero(self.select.words.rows_of(words, offsets_of(sizes)) >= 0)

    def _take(self, part: Part) -> bool:
        """Keep the selected rows of a part; whether to read on."""
        if part.kinds is not None:
            self.kinds += part.kinds
        if part.bad is not None:
            self._leave_out(part.bad)
        if self.most is not None and self.seen + part.seen > self.most:
            if self.select.strict and self.most == self.expected:
                raise FormatError(self._goes_on())
            part = self._first(part, self.most - self.seen)
        elif self.select.words is not None and part.seen == len(part.sizes):
            part = _chosen(part, self.wanted(part.words, part.sizes))
        self._append(part)
        self.seen += part.seen
        self.line += part.lines
        if self.seen == self.most and not (self.select.strict and self.most == self.expected):
            return False  # a limit was given; the rest of the file is not read
        if part.why in (NEED_MORE, NO_ROOM):
            return True
        if self.select.strict and self.seen == self.expected:
            raise FormatError(self._goes_on())
        self._complain(self._what(part.why, part.detail, part.at, self.seen, self.line))
        return False

    def _what(self, why: int, detail: str, at: int, rows: int, line: int) -> str:
        """The error text for a bad row: its number, line and byte, and what is wrong."""
        what = WHY[why].format(dim=self.dim, width=self.width, longest=LONGEST_WORD)
        place = f" (line {line})" if self.line else ""
        return f"row {rows + 1}{place} {what}{detail}, at byte {at}"

    def _leave_out(self, bad: Bad) -> None:
        """Count the bad rows that are left out, up to the last row that is wanted."""
        room = len(bad.rows) if self.most is None else bisect_left(bad.rows, self.most - self.seen)
        if room and not self.left_out:
            before = self.seen + bad.rows[0]
            self.first_left_out = self._what(bad.why, bad.detail, bad.at, before, self.line + bad.line)
        self.left_out += room

    def _first(self, part: Part, count: int) -> Part:
        """The first `count` rows of a part, of which the selected ones are kept."""
        sizes = part.sizes[:count]
        part = Part(part.words[: int(sizes.sum())], sizes, part.rows[:count], count, part.at)
        return part if self.select.words is None else _chosen(part, self.wanted(part.words, part.sizes))

    def spaced(self) -> list[bytes]:
        """The first two kept words that hold white space."""
        spaced: list[bytes] = []
        for words, sizes in zip(self._words, self._sizes):
            places = np.flatnonzero((words == 32) | (words == 9))
            if len(places):
                ends = np.cumsum(sizes)
                for row in np.unique(np.searchsorted(ends, places, "right"))[: 2 - len(spaced)].tolist():
                    spaced.append(words[ends[row] - sizes[row] : ends[row]].tobytes())
            if len(spaced) == 2:
                break
        return spaced

    def _append(self, part: Part) -> None:
        stop = self.kept + len(part.sizes)
        if not self.placed:
            if stop > len(self.matrix):
                self.matrix.resize((max(stop, len(self.matrix) * 3 // 2), self.dim), refcheck=False)
            self.matrix[self.kept : stop] = part.rows
        self._words.append(part.words.copy())  # a view would keep the whole block
        self._sizes.append(part.sizes.copy())
        self.kept = stop

    def _goes_on(self) -> str:
        return (
            f"{self.source.path}: the file must end after the {self.expected} rows of its header; it goes on: "
            "strict=False reads all of it"
        )

    def _complain(self, problem: str) -> None:
        """FormatError about damage, or, without `strict`, a warning."""
        problem = self.damage or problem
        kept = f"the {self.seen} rows before it"
        if self.line and not self.damage:
            kept = "the other rows"  # the next line can still be found
        if self.select.strict:
            raise FormatError(f"{self.source.path}: {problem}; strict=False keeps {kept}")
        lost = "" if self.line or self.damage else "; where the next row starts cannot be told in a binary file"
        warn(f"{self.source.path}: {problem}; kept {kept}{lost}")
        self.expected = None  # no longer checked

    def finish(self, name: str) -> KeyedVectors:
        """The vectors; duplicates are treated as selected, and the metadata counts them."""
        limited = self.select.limit is not None and self.seen >= self.select.limit
        if self.left_out and not self.seen:
            raise FormatError(f"{self.source.path}: {self.first_left_out}; no row could be read")
        if self.left_out:
            rows = "1 row was" if self.left_out == 1 else f"{self.left_out} rows were"
            warn(f"{self.source.path}: {self.first_left_out}; {rows} left out, {self.seen} kept")
        if self.expected is not None and self.seen + self.left_out != self.expected and not limited:
            problem = f"{self.source.path}: the header says {self.expected} rows; the file has {self.seen}"
            if self.select.strict:
                raise FormatError(f"{problem}: it is truncated; strict=False keeps them")
            warn(problem)
        facts = {"format": name, "rows": self.seen, **({"left_out": self.left_out} if self.left_out else {})}
        return keyed_vectors(*self.packed(), self.select.duplicates, facts, self.source.path)

    def packed(self) -> tuple[NDArray[np.uint8], NDArray[np.int64], NDArray[np.float32]]:
        """(data, offsets, rows [n, D]) that were kept; word i is data[offsets[i]:offsets[i+1]]."""
        self.matrix.resize((self.kept, self.dim), refcheck=False)
        offsets = offsets_of(np.concatenate(self._sizes) if self._sizes else np.empty(0, np.int64))
        return np.concatenate(self._words) if self._words else np.empty(0, np.uint8), offsets, self.matrix


def _chosen(part: Part, rows: NDArray[np.int64]) -> Part:
    """Some rows of a part."""
    if len(rows) == len(part.sizes):
        return part
    starts, sizes = offsets_of(part.sizes)[rows], part.sizes[rows]
    places = np.arange(int(sizes.sum())) + np.repeat(starts - offsets_of(sizes)[:-1], sizes)
    return part._replace(words=part.words[places], sizes=sizes, rows=part.rows[rows])
