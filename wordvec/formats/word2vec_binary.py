"""word2vec binary: the line `rows dim`, then for each word its bytes, a space, dim float32, and perhaps a newline.

Rows of float64 and of big-endian numbers, which other tools write, are recognised by the first rows.

Words may hold spaces. Where newlines end the rows, they show which space ends a word. Without newlines (as gensim
writes) a row is assumed to end where a word of valid UTF-8 follows, which can cut off the end of a word with spaces.
Words with spaces cannot be written.
"""

from __future__ import annotations

import os
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wordvec._kernels import rowfiles as kernel
from wordvec.base.errors import FormatError
from wordvec.formats.format import Format
from wordvec.formats.io.binary_matrix import narrow
from wordvec.formats.io.blocks import Block
from wordvec.formats.io.buffers import Buffers
from wordvec.formats.io.row_reader import CUT_OFF, LONGEST_WORD, NEED_MORE, NO_ROOM, Part, RowReader, header
from wordvec.formats.io.row_writer import blank, write_rows
from wordvec.formats.io.selection import Selection
from wordvec.formats.io.source import Source, is_text
from wordvec.formats.io.text_rows import layout
from wordvec.vectors import KeyedVectors
from wordvec.vocabulary import offsets_of

NAME = "word2vec-binary"
_FLOAT = np.dtype("<f4")
_SAMPLE = 20  # rows by which the byte order is recognised
_SHORT = 1 << 10  # bytes: in a shorter file floats may look like text


def recognise(source: Source) -> bool:
    """Whether the file starts with the header, followed by something other than text."""
    if header(source.head) is None or layout(source) is not None:
        return False
    return len(source.head) < _SHORT or not is_text(source.head)


def load(source: Source, select: Selection) -> KeyedVectors:
    """Read the rows; FormatError names the row that is wrong."""
    head = header(source.head)
    if head is None:
        raise FormatError(f"{source.path}: a word2vec file must start with `rows dim`; it is {source.describe()}")
    expected, dim, start = head
    kind, newlines = _numbers(source, start, dim)
    width = kind.itemsize * dim
    reader = RowReader(source, select, dim, 1 + width, expected, start, placed=True, width=width)
    cut = _Cutter(reader, newlines).cut

    def parse(block: Block) -> Part:
        starts, sizes, rows, part = block.rows
        words = np.empty(int(sizes.sum()), np.uint8)
        if kind == _FLOAT:
            kernel.copy_binary(block.data, starts, sizes, rows, words)
        else:
            raw = np.empty((len(rows), width // 4), np.float32)
            kernel.copy_binary(block.data, starts, sizes, raw, words)
            narrow(raw.view(kind), rows, source.path)
        return part._replace(words=words, sizes=sizes, rows=rows)  # type: ignore[no-any-return]

    reader.read(cut, parse)
    vectors = reader.finish(NAME)
    if kind != _FLOAT:
        vectors.metadata["source"]["numbers"] = f"{'big-endian ' * (kind.byteorder == '>')}float{8 * kind.itemsize}"
    return vectors


class _Cutter:
    """Finds the rows of each block; other threads copy them."""

    def __init__(self, reader: RowReader, newlines: bool) -> None:
        self.reader, self.newlines, self.seen = reader, newlines, 0

    def cut(self, data: NDArray[np.uint8], stop: int, last: bool, at: int) -> Block:
        """The block, with starts, sizes and destination of the selected rows, and their part."""
        reader, width = self.reader, self.reader.width
        starts, sizes = np.empty(stop // (1 + width) + 1, np.int64), np.empty(stop // (1 + width) + 1, np.int64)
        count, position, why = kernel.scan_binary(
            data, 0, stop, last, self.newlines, LONGEST_WORD, width, starts, sizes
        )
        if last and why == NEED_MORE and data[position:stop].tobytes().strip(b"\r\n \t"):
            why = CUT_OFF
        room = count if reader.most is None else min(count, reader.most - self.seen)
        if reader.placed and room > len(reader.matrix) - self.seen:
            raise FormatError(f"{reader.source.path}: the file must not change while it is read; it has grown")
        goes_on = reader.select.strict and reader.most == reader.expected
        part = Part(_NOTHING, _NO_SIZES, _NO_ROWS, count if goes_on else room, at + position, 0, why)
        starts, sizes = starts[:room], sizes[:room]
        if reader.select.words is not None:
            chosen = reader.wanted(_words(data, starts, sizes), sizes)
            starts, sizes = starts[chosen], sizes[chosen]
        if reader.placed:
            rows = reader.matrix[self.seen : self.seen + room]
        else:
            rows = np.empty((len(starts), reader.dim), np.float32)
        self.seen += room
        return Block(data, position, at, (starts, sizes, rows, part))


_NOTHING, _NO_SIZES, _NO_ROWS = np.empty(0, np.uint8), np.empty(0, np.int64), np.empty((0, 0), np.float32)


def _words(data: NDArray[np.uint8], starts: NDArray[np.int64], sizes: NDArray[np.int64]) -> NDArray[np.uint8]:
    """The bytes of the words at these positions, one after another."""
    return data[np.arange(int(sizes.sum())) + np.repeat(starts - offsets_of(sizes)[:-1], sizes)]


def save(vectors: KeyedVectors, path: str | os.PathLike[str]) -> None:
    """Write the header and the rows, each followed by a newline, as word2vec does."""

    def block(
        rows: NDArray[np.float32], words: NDArray[np.uint8], offsets: NDArray[np.int64], buffers: Buffers
    ) -> NDArray[np.uint8]:
        out = buffers.take((4 * rows.shape[1] + 2) * len(rows) + int(offsets[-1] - offsets[0]))
        kernel.write_binary(rows, words, offsets, out)
        return out

    write_rows(vectors, path, b"%d %d\n" % (len(vectors), vectors.vector_size), block, NAME)


def _numbers(source: Source, start: int, dim: int) -> tuple[np.dtype[Any], bool]:
    """(dtype, whether newlines end the rows) by the first rows; FormatError for float16.

    float32 is assumed where the words then look like words. Where they do so only with rows of twice or half the width,
    the numbers are float64 or float16.
    """
    head, whole = source.head[start:], source.is_whole
    scans = {size: _scan(head, size * dim, whole) for size in (4, 8, 2)}
    size = next((size for size, (_, plausible, _) in scans.items() if plausible), 4)
    newlines, _, starts = scans[size]
    if size == 2:
        raise FormatError(
            f"{source.path}: numbers must be float32; the words say that these are float16, two bytes each: write them "
            "as float32"
        )
    kind = np.dtype(f"<f{size}")
    numbers = b"".join(head[at : at + size * dim] for at in starts[:_SAMPLE])
    little = np.frombuffer(numbers, kind)
    if _sane(little) < 0.5 and _sane(little.view(kind.newbyteorder(">"))) > 0.99:
        return kind.newbyteorder(">"), newlines
    return kind, newlines


def _sane(values: NDArray[Any]) -> float:
    """The share of numbers of a magnitude that is usual in vectors."""
    sizes = np.abs(values)
    with np.errstate(invalid="ignore"):
        return float(((sizes == 0) | ((sizes > 1e-10) & (sizes < 1e6))).mean()) if len(values) else 1.0


def _scan(head: bytes, width: int, whole: bool) -> tuple[bool, bool, list[int]]:
    """(whether newlines end the rows, whether the words are plausible, where the numbers start) of the first rows."""
    newlines = _has_newlines(head, width, whole)
    data = np.frombuffer(head, np.uint8)
    starts = np.empty((2, len(data) // (1 + width) + 1), np.int64)
    rows, position, _ = kernel.scan_binary(data, 0, len(data), whole, newlines, LONGEST_WORD, width, *starts)
    places, sizes = starts[:, :rows].tolist()
    words = sum(0 < size < 200 and is_text(head[at : at + size]) for at, size in zip(places, sizes))
    enough = rows > 1 or (rows == 1 and whole and not head[position:].strip(b"\r\n"))
    return newlines, enough and words >= 0.9 * rows, [at + size + 1 for at, size in zip(places, sizes)]


def _has_newlines(first: bytes, width: int, last: bool) -> bool:
    """Whether newlines end the first rows of a file, as some tools leave them out."""
    word = first.lstrip(b"\r\n")
    space = word.find(b" ")
    if space >= 0 and word[space + 1 + width : space + 3 + width].startswith((b"\n", b"\r\n")):
        return True
    data = np.frombuffer(first, np.uint8)  # the first word may have a space
    starts = np.empty((2, len(data) // (1 + width) + 1), np.int64)
    rows, _, why = kernel.scan_binary(data, 0, len(data), last, 2, 200, width, *starts)
    return rows > 1 and why in (NEED_MORE, NO_ROOM)


FORMAT = Format(
    NAME,
    "word2vec binary",
    recognise,
    load,
    save,
    (".bin",),
    unwritable=blank,
    by_lines=True,
)
