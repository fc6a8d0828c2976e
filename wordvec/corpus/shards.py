"""The first pass: each thread counts the tokens of its tasks in its own table and writes their ids to a spool."""

from __future__ import annotations

from pathlib import Path
from threading import Lock
from typing import BinaryIO, NamedTuple

import numpy as np
from numpy.typing import NDArray

from wordvec._kernels import text
from wordvec._kernels.tokens import cut
from wordvec.base.buffers import read_buffer
from wordvec.base.compressed import fill
from wordvec.base.errors import CorpusError
from wordvec.corpus.blocks import NEWLINE, ROOM, Range, Task, Tokens
from wordvec.corpus.scratch import map_file, write_all
from wordvec.corpus.tokenizers import Forms, word_break_classes

LOOK_AHEAD = 4096  # bytes read at first to find the end of a word that crosses the end of a range
MERGED = 1 << 20  # slots merged in one block, so that Ctrl-C is quick


class Piece(NamedTuple):
    """The tokens of one task, as numbers of one shard: where they are spooled."""

    shard: int
    start: int  # in the spool, counted in numbers
    tokens: int
    ends: int  # sentence ends, spooled after the tokens
    size: int  # bytes of text, for the progress bar
    empty: int  # empty strings among the tokens given


class Spool:
    """One thread's table of words and its file of numbers."""

    def __init__(self, number: int, folder: Path, seed: int, blank: bool = False, cuts: bool = False) -> None:
        self.number, self._blank, self._cuts = number, blank, cuts
        self.words = text.Shard(seed)
        self.path = folder / f"shard-{number}"
        self._file: BinaryIO = open(self.path, "wb", buffering=0)
        self._written = 0
        self._data = self._words = np.empty(0, np.uint8)
        self._ids = np.empty(0, np.int32)
        self._ends = np.empty(1, np.int32)  # one more than ids or, with blank lines, than bytes

    def close(self) -> None:
        """Close the file and give the buffers back."""
        self._file.close()
        self._data, self._ids, self._ends = np.empty(0, np.uint8), np.empty(0, np.int32), np.empty(0, np.int32)

    def take(self, task: Task) -> Piece:
        """Number and count the tokens of a task."""
        if isinstance(task, Tokens):
            self._make_room(len(task.offsets), 0)
            tokens, ends, missing = len(task.offsets) - 1, len(task.ends), task.empty
            self.words.add(task.data, task.offsets, self._ids)
            return self._spooled(self._ids[:tokens], task.ends, len(task.data), missing)
        if isinstance(task, Range):
            start, stop = self._read(task)
            tokens, ends = self._encode(self._data, start, stop, task.stop == task.size)
            return self._spooled(self._ids[:tokens], self._ends[:ends], task.stop - task.start, 0)
        tokens, ends = self._encode(task.data, 0, task.size, task.last, task.open)
        missing = 0 if task.expected is None else task.expected - tokens
        return self._spooled(self._ids[:tokens], self._ends[:ends], task.size, missing)

    def _make_room(self, tokens: int, ends: int) -> None:
        if len(self._ids) < tokens:
            self._ids = np.empty(tokens, np.int32)
        if len(self._ends) < ends:
            self._ends = np.empty(ends, np.int32)

    def _encode(
        self, data: NDArray[np.uint8], start: int, stop: int, last: bool, open_: bool = True
    ) -> tuple[int, int]:
        unended = bool(data[stop - 1] != NEWLINE) if stop > start else open_
        if self._cuts:  # the words of the text, and spaces between them
            if len(self._words) < 2 * (stop - start) + ROOM:
                self._words = np.empty(2 * (stop - start) + ROOM, np.uint8)
            start, stop = 0, cut(word_break_classes(), data, start, stop, self._words)
            data = self._words
        most = (stop - start + 1) // 2
        self._make_room(most, (stop - start if self._blank else most) + 2)
        tokens, ends = self.words.encode(data, start, stop, self._ids, self._ends, self._blank)
        if last and unended:  # the end of a file ends a sentence
            self._ends[ends] = tokens
            ends += 1
        return tokens, ends

    def _read(self, task: Range) -> tuple[int, int]:
        """Read a range into the buffer; where the tokens that begin in it begin and end."""
        before = int(task.start > task.first)  # one byte more tells whether a token goes on from the range before
        wanted = before + task.stop - task.start
        if len(self._data) < wanted + LOOK_AHEAD + ROOM:
            self._data = read_buffer(wanted + LOOK_AHEAD + ROOM)
        with open(task.path, "rb", buffering=0) as file:
            file.seek(task.start - before)
            if fill(file, self._data.data[:wanted]) < wanted:
                raise CorpusError(f"{task.path} became shorter while it was read; encode it again when it is complete")
            start = max(before, text.find_space(self._data, 0, wanted)) if before else 0
            stop = end = wanted
            ahead = LOOK_AHEAD
            while start < stop == end and end < before + task.size - task.start and not _space(self._data[stop - 1]):
                ahead = min(ahead, before + task.size - task.start - end)
                if len(self._data) < end + ahead + ROOM:
                    self._data = np.concatenate([self._data[:end], np.empty(end + 2 * ahead + ROOM, np.uint8)])
                end = stop + fill(file, self._data.data[stop : stop + ahead])
                if end == stop:
                    raise CorpusError(
                        f"{task.path} became shorter while it was read; encode it again when it is complete"
                    )
                stop = text.find_space(self._data, stop, end)
                ahead *= 2
        return start, stop

    def _spooled(self, ids: NDArray[np.int32], ends: NDArray[np.int32], size: int, empty: int) -> Piece:
        start = self._written
        write_all(self._file, ids)
        write_all(self._file, ends)
        self._written += len(ids) + len(ends)
        return Piece(self.number, start, len(ids), len(ends), size, empty)


class Spools:
    """One spool for each working thread; a task takes an idle one."""

    def __init__(self, folder: Path, seed: int, blank: bool = False, cuts: bool = False) -> None:
        self._folder, self._seed, self._blank, self._cuts = folder, seed, blank, cuts
        self._made: list[Spool] = []
        self._idle: list[Spool] = []
        self._making = Lock()
        self._maps: list[NDArray[np.int32]] = []

    def take(self, task: Task) -> Piece:
        """Number and count the tokens of a task."""
        try:
            spool = self._idle.pop()
        except IndexError:
            with self._making:
                spool = Spool(len(self._made), self._folder, self._seed, self._blank, self._cuts)
                self._made.append(spool)
        piece = spool.take(task)
        self._idle.append(spool)
        return piece

    def words(self) -> list[text.Shard]:
        """The words of all shards; an empty one if there were no tasks."""
        return [spool.words for spool in self._made] or [text.Shard(self._seed)]

    def close(self) -> None:
        """Close the files; may be called again."""
        for spool in self._made:
            spool.close()

    def map(self) -> None:
        """Make what was spooled readable."""
        self._maps = [map_file(spool.path, np.int32) for spool in self._made]

    def local(self, piece: Piece) -> tuple[int, NDArray[np.int32], NDArray[np.int32]]:
        """The shard of a piece, and its tokens and sentence ends."""
        middle = piece.start + piece.tokens
        spooled = self._maps[piece.shard]
        return piece.shard, spooled[piece.start : middle], spooled[middle : middle + piece.ends]


def _space(byte: int) -> bool:
    return byte == 32 or 9 <= byte < 14


def merged(shards: list[text.Shard]) -> tuple[text.Shard, list[NDArray[np.int32]]]:
    """Merge shards into one, and for each shard its ids in the merged one."""
    total = max(shards, key=len)
    tables = []
    for shard in shards:
        if shard is total:
            table = np.arange(len(shard), dtype=np.int32)
        else:
            table = np.empty(len(shard), np.int32)
            for start in range(0, shard.slots, MERGED):
                total.merge(shard, start, min(start + MERGED, shard.slots), table)
        tables.append(table)
    return total, tables


def formed(words: text.Shard, seed: int, form: Forms) -> tuple[text.Shard, NDArray[np.int32]]:
    """The forms of all words, with the summed counts, and the ids of these forms for each word."""
    result, table = text.Shard(seed), np.empty(len(words), np.int32)
    kinds, counts = words.kinds(), words.counts()
    foreign = (kinds & text.NOT_ASCII) != 0
    for chosen in (np.flatnonzero(foreign), np.flatnonzero(~foreign)):
        ids = chosen.astype(np.int32)
        data, offsets = words.words(ids)
        if len(chosen) and foreign[chosen[0]]:
            raw = data.tobytes()
            forms = [_formed(raw[a:b], form) for a, b in zip(offsets[:-1].tolist(), offsets[1:].tolist(), strict=True)]
            data = np.frombuffer(b"".join(forms), np.uint8)
            np.cumsum(np.fromiter(map(len, forms), np.int64, len(forms)), out=offsets[1:])
        elif form.lowercase:
            data[(data >= ord("A")) & (data <= ord("Z"))] += ord("a") - ord("A")
        new = np.empty(len(ids), np.int32)
        result.add(data, offsets, new, counts[chosen])
        table[chosen] = new
    return result, table


def _formed(word: bytes, form: Forms) -> bytes:
    """The form of a word; of a word that is only accents, the word, as no word becomes empty."""
    return form(word.decode("utf-8", "surrogateescape")).encode("utf-8", "surrogateescape") or word
