"""The tasks of the first pass: byte ranges of plain files, blocks of streams, batches of token lists."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import BinaryIO, NamedTuple

import numpy as np
from numpy.typing import NDArray

from wordvec._kernels import text
from wordvec.base.compressed import fill, joined, read_exactly
from wordvec.corpus.binary_files import HEAD, check_text
from wordvec.corpus.sources import BOM, Input

RANGE = 2 << 20  # bytes: large compared with the overhead of a task, small compared with the cache
NEWLINE = 10
ROOM = 64  # free bytes after a block, more than the kernel asks for


class Range(NamedTuple):
    """The tokens that begin in file[start:stop]; a token that began before `start` belongs to an earlier range."""

    path: str
    first: int  # where the text of the file begins
    start: int
    stop: int
    size: int  # of the file


class Block(NamedTuple):
    """data[:size] is text that ends where a token ends; `expected` tokens, where that is known."""

    data: NDArray[np.uint8]
    size: int
    last: bool  # of its file
    expected: int | None = None
    open: bool = False  # whether the text before it ended within a line


class Tokens(NamedTuple):
    """Token i is data[offsets[i]:offsets[i+1]]; `ends` are the sentence ends, as numbers of tokens."""

    data: NDArray[np.uint8]
    offsets: NDArray[np.int64]
    ends: NDArray[np.int32]
    empty: int  # empty strings that were left out


Task = Range | Block | Tokens


def text_tasks(inputs: Iterable[Input], size: int = RANGE) -> Iterator[Task]:
    """The tasks that cover the text of all inputs, in order."""
    for source in inputs:
        if source.plain_size is None:
            with source.open() as stream:
                head = read_exactly(stream, HEAD)
                check_text(source.name, head)
                yield from _blocks(joined(head, stream), size)
        else:
            with open(source.name, "rb") as file:
                head = file.read(HEAD)
            first = len(BOM) if head.startswith(BOM) else 0
            check_text(source.name, head[first:])
            for start in range(first, source.plain_size, size):
                stop = min(start + size, source.plain_size)
                yield Range(source.name, first, start, stop, source.plain_size)


def _blocks(stream: BinaryIO, size: int) -> Iterator[Block]:
    """Blocks of a stream, split after white space; a block grows for a word that is longer."""
    data, used = np.empty(size + ROOM, np.uint8), 0  # data[:used] is the unfinished word of the last block
    within = False  # a line
    while True:
        room = len(data) - ROOM
        got = used + fill(stream, data.data[used:room])
        if got < room:
            yield Block(data, got, last=True, open=within)
            return
        cut = text.rfind_space(data, used, got)
        rest = got - cut if cut > used else got
        longer = np.empty(max(size, 2 * rest) + ROOM, np.uint8)
        longer[:rest] = data[got - rest : got]
        if cut > used:
            within = bool(data[cut - 1] != NEWLINE)
            yield Block(data, cut, last=False)
        data, used = longer, rest
