"""The parts of a corpus: ranges of files that workers open, and text that is sent to them."""

from __future__ import annotations

import hashlib
import os
import socket
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from itertools import islice
from typing import Any, NamedTuple

import numpy as np

from wordvec.base.compressed import read_exactly
from wordvec.base.errors import CorpusError
from wordvec.corpus.binary_files import HEAD, check_text
from wordvec.corpus.blocks import RANGE, ROOM, Block, Range, Task, Tokens, text_tasks
from wordvec.corpus.sentences import Tokenizer, lines, list_tasks, token_lists, tokenized
from wordvec.corpus.sources import BOM, Files, Input, Lists
from wordvec.distributed.store import Store

LEAST, MOST, UNKNOWN = 1 << 20, 64 << 20, 16 << 20  # bytes of a part; where the size of the corpus is unknown
PARTS = 32  # where the number of workers is unknown, too
MOST_GROUPS = 32
UNPACKED = 4  # about how many times as large text is when it is unpacked
SHARED = "put it on a disk that all workers share, or give send=True: it is then read here and sent to them"


class Seen(NamedTuple):
    """What tells a file from another, or from what it was: its size, and a digest of its first and last bytes."""

    path: str
    size: int
    digest: bytes


class FileRange(NamedTuple):
    """The tokens that begin in the bytes start:stop of a plain file."""

    seen: Seen
    first: int  # where the text of the file begins
    start: int
    stop: int


class Whole(NamedTuple):
    """A file or URL that is read from its beginning, such as a compressed one."""

    source: Input
    seen: Seen | None  # None for a URL


class Packed(NamedTuple):
    """A file that is too large for one part and cannot be cut: a worker unpacks it into blocks of `size` bytes."""

    source: Whole
    size: int


class Sent(NamedTuple):
    """Text that lies in the store."""

    name: str
    kind: str  # "block" or "tokens"
    last: bool = True
    open: bool = False
    number: int = 0  # of expected tokens, -1 where that is not known, or of empty tokens


Segment = FileRange | Whole | Sent
Part = tuple[Segment, ...]  # what one worker reads, in the order of the corpus


def part_size(found: Files | Lists, parts: int | None, workers: int | None, send: bool) -> int:
    """The bytes of a part, for so many `parts` or, within limits, twice as many as workers."""
    inputs = found.inputs if isinstance(found, Files) else []
    if not inputs or any(source.identity is None for source in inputs):
        return UNKNOWN
    least, most = (LEAST, MOST) if parts is None or send else (1, 1 << 31)
    total = sum(source.identity[1] for source in inputs if source.identity is not None)
    return min(max(-(-total // (parts or (PARTS if workers is None else 2 * workers))), least), most)


def word_groups(found: Files | Lists) -> int:
    """The number of groups of words, of which each is merged by one worker."""
    inputs = found.inputs if isinstance(found, Files) else []
    sizes = [source.identity[1] for source in inputs if source.identity is not None]
    if not inputs or len(sizes) < len(inputs):
        return MOST_GROUPS
    return min(max(sum(sizes) // (4 * LEAST), 1), MOST_GROUPS)


def file_parts(inputs: Sequence[Input], size: int) -> list[Part | Packed]:
    """Parts of about `size` bytes: small files are put together, plain ones are cut, large compressed ones unpacked."""
    parts: list[Part | Packed] = []
    part: list[Segment] = []
    room = size
    for source in inputs:
        for segment, length in _segments(source, size):
            if part and length > room:
                parts.append(tuple(part))
                part, room = [], size
            if isinstance(segment, Whole) and length > size:
                parts.append(Packed(segment, min(UNPACKED * size, UNKNOWN)))
                continue
            part.append(segment)
            room -= length
    return [*parts, tuple(part)] if part else parts


def _segments(source: Input, size: int) -> Iterator[tuple[Segment, int]]:
    """What a file consists of, and the bytes of each."""
    if source.identity is None:
        yield Whole(source, None), size + 1
        return
    path, length, _ = source.identity
    seen = look(path)
    if source.plain_size is None:
        with source.open() as stream:
            check_text(source.name, read_exactly(stream, HEAD))
        yield Whole(replace(source, name=os.path.abspath(source.name)), seen), length
        return
    with open(path, "rb") as file:
        head = file.read(HEAD)
    first = len(BOM) if head.startswith(BOM) else 0
    check_text(source.name, head[first:])
    for start in range(first, length, size):
        stop = min(start + size, length)
        yield FileRange(seen, first, start, stop), stop - start


def look(path: str) -> Seen:
    """What tells a file from another."""
    with open(path, "rb") as file:
        size = os.fstat(file.fileno()).st_size
        digest = hashlib.blake2b(file.read(HEAD), digest_size=16)
        file.seek(max(0, size - HEAD))
        digest.update(file.read(HEAD))
    return Seen(path, size, digest.digest())


def part_tasks(part: Part, store: Store) -> Iterator[Task]:
    """The tasks of a part, read on the machine of the worker; CorpusError names it where a file is another one."""
    for segment in part:
        if isinstance(segment, Sent):
            yield _received(segment, store)
        elif isinstance(segment, Whole):
            yield from _whole_tasks(segment, RANGE)
        else:
            with _unchanged(segment.seen):
                for start in range(segment.start, segment.stop, RANGE):
                    stop = min(start + RANGE, segment.stop)
                    yield Range(segment.seen.path, segment.first, start, stop, segment.seen.size)


def _whole_tasks(segment: Whole, size: int) -> Iterator[Task]:
    with _unchanged(segment.seen):
        yield from text_tasks([segment.source], size)


def unpack(store: Store, prefix: str, packed: Packed) -> list[Sent]:
    """Put the text of a file into the store, block by block."""
    return [
        put_task(store, f"{prefix}/{number}", task)
        for number, task in enumerate(_whole_tasks(packed.source, packed.size))
    ]


@contextmanager
def _unchanged(seen: Seen | None) -> Iterator[None]:
    """CorpusError where a file changes in this block; a URL cannot be watched."""
    before = None if seen is None else _status(seen)
    yield
    if seen is not None and before != _status(seen):
        raise CorpusError(f"{seen.path} changed while it was read on {socket.gethostname()}; encode it again")


def _status(seen: Seen) -> tuple[Any, ...]:
    """What changes when a file is written; CorpusError where it is not the file that was seen."""
    host = socket.gethostname()
    try:
        status, now = os.stat(seen.path), look(seen.path)
    except OSError as error:
        raise CorpusError(f"{seen.path} cannot be read on {host}: {error.strerror}; {SHARED}") from error
    if now != seen:
        raise CorpusError(
            f"{seen.path} must be the same file for all workers; on {host} it is another, or it changed meanwhile: "
            f"encode it again when it is complete, or {SHARED}"
        )
    return status.st_size, status.st_mtime_ns, now.digest


class Sending:
    """Text that only this process can read, put into the store task by task."""

    def __init__(self, found: Files | Lists, tokenizer: Tokenizer | None, store: Store, prefix: str, size: int) -> None:
        self._found, self._tokenizer, self._store, self._size = found, tokenizer, store, size
        self._prefix = prefix

    def parts(self) -> Iterator[Part]:
        """The parts, each put into the store before it is given."""
        for number, task in enumerate(self._tasks()):
            yield (self._put(number, task),)

    def again(self, number: int) -> None:
        """Put a part into the store again; CorpusError where the source cannot be read twice."""
        found = self._found
        if isinstance(found, Files):
            twice = all(source.identity is not None for source in found.inputs)
        else:
            twice = isinstance(found.sentences, Sequence)
        task = next(islice(self._tasks(), number, None), None) if twice else None
        if task is None:
            raise CorpusError(
                "text that was sent to a worker is lost with it, and its source cannot be read twice: encode the "
                "corpus again, from a file if that is possible"
            )
        self._put(number, task)

    def _tasks(self) -> Iterable[Task]:
        found = self._found
        if isinstance(found, Files) and self._tokenizer is None:
            return text_tasks([replace(source, plain_size=None) for source in found.inputs], self._size)
        items = lines(found.inputs) if isinstance(found, Files) else found.sentences
        sentences = token_lists(items) if self._tokenizer is None else tokenized(items, self._tokenizer)
        return list_tasks(sentences, self._size)

    def _put(self, number: int, task: Task) -> Sent:
        return put_task(self._store, f"{self._prefix}/{number}", task)


def put_task(store: Store, name: str, task: Task) -> Sent:
    """Put the text of a task into the store."""
    if isinstance(task, Tokens):
        store.put(name, {"data": task.data, "offsets": task.offsets, "ends": task.ends})
        return Sent(name, "tokens", number=task.empty)
    assert isinstance(task, Block)
    store.put(name, {"data": task.data[: task.size]})
    return Sent(name, "block", task.last, task.open, -1 if task.expected is None else task.expected)


def _received(segment: Sent, store: Store) -> Task:
    data = store.read(segment.name, "data")
    if segment.kind == "tokens":
        read = [store.read(segment.name, array) for array in ("offsets", "ends")]
        return Tokens(data, read[0], read[1], segment.number)
    padded = np.empty(len(data) + ROOM, np.uint8)
    padded[: len(data)] = data
    expected = None if segment.number < 0 else segment.number
    return Block(padded, len(data), segment.last, expected, segment.open)
