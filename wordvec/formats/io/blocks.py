"""The blocks of a file, in order, made by many threads: each reads its bytes, and waits for its turn to cut them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Condition
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from wordvec._kernels.rowfiles import PAD
from wordvec.base.buffers import read_buffer
from wordvec.base.compressed import decompression_errors
from wordvec.base.errors import FormatError
from wordvec.formats.io.source import Source

BLOCK = 2 << 20  # bytes read at a time
ROOM = 1 << 18  # bytes before them, for the row that the block before has begun


class Block(NamedTuple):
    """Bytes of a file that can be parsed on their own."""

    data: NDArray[np.uint8]  # the bytes to parse, and at least PAD bytes after them
    stop: int  # the end of the bytes to parse
    at: int  # the position of data[0] in the file
    rows: Any = None  # what `cut` knows about the rows, for `parse`


Cut = Callable[[NDArray[np.uint8], int, bool, int], Block]


class Blocks:
    """The blocks of an open file. Those of a plain file are read by several threads at once.

    The thread that reads a block parses it, too, while its bytes are in the cache.
    """

    def __init__(
        self,
        source: Source,
        stream: Any,
        start: int,
        cut: Cut,
        buffers: int,
        damaged: Callable[[str], object] | None,
    ) -> None:
        """The first block starts at byte `start` of the open `stream`, which is there already.

        A block may be in use until `buffers` - 1 more have been asked for. Damage of compressed data ends the file: it
        is told to `damaged`, and a FormatError where that is None.
        """
        self._stream, self._path, self._start, self._cut, self._damaged = stream, source.path, start, cut, damaged
        self._at_once = source.compression is None and hasattr(os, "preadv")
        # Blocks are used in order, so a few buffers are enough: allocating memory would cost more than reading into it.
        self._ring = [np.empty(0, np.uint8)] * buffers
        self._turn, self._done, self._last = Condition(), 0, False
        self._rest, self._at = np.empty(0, np.uint8), start
        self._parts: list[NDArray[np.uint8]] = []  # of a row that takes more than ROOM

    def block(self, number: int) -> Block | None:
        """The block of this number, None after the last one or an error; each must be asked for once, in order."""
        size, problem = 0, None
        try:
            data = self._buffer(number)
            if self._at_once:
                size = self._read_at(data, number)
        except BaseException as error:  # raised when its turn has come, as others wait for that
            problem = error
        with self._in_turn(number):
            if self._last:
                return None
            if problem is not None:
                raise problem
            if not self._at_once:
                size = self._fill(data.data[ROOM : ROOM + BLOCK])
            self._last = size < BLOCK
            data, stop = self._with_rest(data, size)
            data[stop : stop + PAD] = 0
            block = self._cut(data, stop, self._last, self._at)
            self._rest, self._at = data[block.stop : stop], self._at + block.stop
            return block

    def _with_rest(self, data: NDArray[np.uint8], size: int) -> tuple[NDArray[np.uint8], int]:
        """What is to be cut next, and where it stops: what was left of the block before, and `size` new bytes."""
        rest = self._rest
        if len(rest) <= ROOM and not self._parts:
            data[ROOM - len(rest) : ROOM] = rest
            return data[ROOM - len(rest) :], len(rest) + size
        # As many bytes again are joined at once, so that a row over many blocks is not copied for each of them.
        self._parts = self._parts or [rest.copy()]
        self._parts.append(data[ROOM : ROOM + size].copy())
        if not self._last and sum(map(len, self._parts)) < 2 * len(self._parts[0]):
            return np.empty(PAD, np.uint8), 0
        parts, self._parts = self._parts, []
        data = np.concatenate([*parts, np.empty(PAD, np.uint8)])
        return data, len(data) - PAD

    @contextmanager
    def _in_turn(self, number: int) -> Iterator[None]:
        """Wait until all blocks before this one have been cut."""
        with self._turn:
            self._turn.wait_for(lambda: self._done == number)
        try:
            yield
        except BaseException:
            self._last = True
            raise
        finally:
            with self._turn:
                self._done += 1
                self._turn.notify_all()

    def _buffer(self, number: int) -> NDArray[np.uint8]:
        place = number % len(self._ring)
        if not len(self._ring[place]):
            self._ring[place] = read_buffer(ROOM + BLOCK + PAD)
        return self._ring[place]

    def _read_at(self, data: NDArray[np.uint8], number: int) -> int:
        """Read the bytes of a block of a plain file; how many there are, fewer than BLOCK where the file ends."""
        view, at, size = data.data[ROOM : ROOM + BLOCK], self._start + number * BLOCK, 0
        while size < BLOCK and (got := os.preadv(self._stream.fileno(), [view[size:]], at + size)):
            size += got
        return size

    def _fill(self, view: memoryview) -> int:
        """Read into `view` until it is full or the stream ends; the number of bytes."""
        size = 0
        try:
            with decompression_errors(self._path, FormatError):
                while size < len(view) and (got := self._stream.readinto1(view[size:])):
                    size += got
        except FormatError as error:
            if self._damaged is None:
                raise
            self._damaged(str(error).removeprefix(f"{self._path} "))
        return size
