"""Reading binary files piece by piece: no memory is taken for what a header claims and the file does not hold."""

from __future__ import annotations

import mmap
import struct
from io import BufferedIOBase, RawIOBase
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wordvec.errors import FormatError, OptionError
from wordvec.formats.selection import Selection
from wordvec.formats.source import Source, read_exactly
from wordvec.keyed_vectors import KeyedVectors
from wordvec.vocabulary import Vocabulary

_BLOCK = 4 << 20  # bytes read at a time


class Pieces:
    """A stream of known or unknown size, read from its start; FormatError where it ends too early."""

    def __init__(self, stream: BufferedIOBase | RawIOBase, path: str, size: int | None) -> None:
        """`size` is that of the stream in bytes, or None where it is not known, as of what is compressed."""
        self.stream, self.path, self.size = stream, path, size
        self.at = 0  # bytes read so far

    def take(self, size: int, what: str) -> bytes:
        """The next `size` bytes, which are `what`."""
        self._check(size, what)
        parts, missing = [], size
        while missing:
            part = read_exactly(self.stream, min(missing, _BLOCK))
            if not part:
                raise self._cut(size, what)
            parts.append(part)
            missing -= len(part)
        self.at += size
        return b"".join(parts)

    def unpack(self, form: str, what: str) -> tuple[Any, ...]:
        """The next little-endian numbers, by their letters in `struct`."""
        form = f"<{form}"
        return struct.unpack(form, self.take(struct.calcsize(form), what))

    def skip(self, size: int, what: str) -> None:
        """Leave out the next `size` bytes."""
        self._check(size, what)
        if self.size is not None and self.stream.seekable():
            self.stream.seek(size, 1)
            self.at += size
            return
        while size:
            size -= len(self.take(min(size, _BLOCK), what))

    def rows(self, count: int, dim: int, dtype: np.dtype[Any], keep: NDArray[np.int64], what: str) -> NDArray[Any]:
        """[len(keep), dim] in the native order of bytes: of the next `count` rows those that `keep`, rising, names."""
        width = dim * dtype.itemsize
        self._check(count * width, what)
        step = max(1, _BLOCK // max(width, 1))
        room = len(keep) if self.size is not None else min(len(keep), step)
        kept = np.empty((room, dim), dtype.newbyteorder("="))
        done = first = 0
        while first < count and done < len(keep):  # what follows the last row that is kept is skipped
            last = min(first + step, count)
            stop = int(np.searchsorted(keep, last))
            if stop == done:
                self.skip((last - first) * width, what)
            else:
                block = np.frombuffer(self.take((last - first) * width, what), dtype).reshape(last - first, dim)
                if stop > len(kept):  # of unknown size: it grows with what was really there
                    kept.resize((min(len(keep), max(stop, 2 * len(kept))), dim), refcheck=False)
                kept[done:stop] = block[keep[done:stop] - first]
            first, done = last, stop
        self.skip((count - first) * width, what)
        return kept

    def _check(self, size: int, what: str) -> None:
        if self.size is not None and size > self.size - self.at:
            raise self._cut(size, what)

    def _cut(self, size: int, what: str) -> FormatError:
        has = "fewer" if self.size is None else f"{self.size - self.at} left"
        return FormatError(f"{self.path}: {what} must take {size} bytes; the file has {has}: it is cut off or damaged")


def pieces_of(source: Source, stream: BufferedIOBase | RawIOBase) -> Pieces:
    """The pieces of an opened source, whose size is known where it is not compressed."""
    return Pieces(stream, source.path, source.size if source.compression is None else None)


def mapped(path: str, start: int, shape: tuple[int, ...], dtype: np.dtype[Any]) -> NDArray[Any]:
    """A read-only array that lies at byte `start` of a file; the caller has compared sizes."""
    count = int(np.prod(shape, dtype=object))
    if not count:
        return np.empty(shape, dtype)
    with open(path, "rb") as file:
        buffer = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    if start + count * dtype.itemsize > len(buffer):
        raise FormatError(f"{path}: the file became shorter while it was read")
    return np.frombuffer(buffer, dtype, count, start).reshape(shape)


def choose(words: Vocabulary, select: Selection, path: str) -> tuple[Vocabulary, NDArray[np.int64], int]:
    """(the words to keep, their rows in the file, rising, how many were left out as they had been there before)."""
    rows = select.rows(words, path)
    kept = words if len(rows) == len(words) else words.take(rows)
    try:
        kept.hash  # noqa: B018  builds the index
        return kept, rows, 0
    except OptionError:
        first: dict[bytes, int] = {}
        blob, ends = kept.data.tobytes(), kept.offsets.tolist()
        for place in range(len(kept)):
            first.setdefault(blob[ends[place] : ends[place + 1]], place)
        places = np.fromiter(first.values(), np.int64, len(first))
        return kept.take(places), rows[places], len(rows) - len(places)


def packed(words: list[bytes], counts: NDArray[np.int64] | None = None) -> Vocabulary:
    """The vocabulary of words that may repeat; its index is not built yet."""
    offsets = np.zeros(len(words) + 1, np.int64)
    np.cumsum(np.fromiter(map(len, words), np.int64, len(words)), out=offsets[1:])
    return Vocabulary(np.frombuffer(b"".join(words), np.uint8), offsets, counts)


def text_words(vectors: KeyedVectors, name: str) -> list[bytes]:
    """The words as bytes, all of them UTF-8; OptionError names the first that is not, as other readers need it."""
    data, offsets = vectors.vocabulary.data, vectors.vocabulary.offsets
    blob, ends = data.tobytes(), offsets.tolist()
    starts = offsets[:-1][np.diff(offsets) > 0]
    cut = np.flatnonzero(data[starts] & 0xC0 == 0x80)  # a word that starts inside a character
    place = int(starts[cut[0]]) if len(cut) else -1
    try:
        blob.decode("utf-8")
    except UnicodeDecodeError as error:
        place = error.start if place < 0 else min(place, error.start)
    if place >= 0:
        row = int(np.searchsorted(offsets, place, "right")) - 1
        raise OptionError(
            f"words must be UTF-8 to be written as {name}; word {row} is {vectors.index_to_key[row]!r}: "
            "use a native file (.safetensors), which holds any word"
        )
    return [blob[a:b] for a, b in pairwise(ends)]
