"""A numpy array of float16, float32 or float64, `name.npy`, and its words in a text file beside it.

Words are read from the first of `name.words`, `name.vocab`, `name.txt` and `vocab.txt` that exists. A `.words` file
holds one word a line and nothing else, as `save` writes it. The others may have lines `word count`; counts are
recognised after tabs, or where they fall from line to line.
"""

from __future__ import annotations

import ast
import math
import os
import re
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from wordvec.base.compressed import read_exactly
from wordvec.base.errors import FormatError, OptionError
from wordvec.base.logs import warn
from wordvec.formats.format import Format
from wordvec.formats.io.binary_matrix import read_matrix
from wordvec.formats.io.duplicates import keyed_vectors
from wordvec.formats.io.row_reader import MAX_DIM
from wordvec.formats.io.row_writer import SKIP, rows_of_words, words_at
from wordvec.formats.io.selection import Selection
from wordvec.formats.io.source import Source, open_source
from wordvec.formats.io.text_rows import layout
from wordvec.outputs import check_name, open_outputs
from wordvec.vectors import KeyedVectors
from wordvec.vocabulary import Vocabulary, offsets_of

NAME = "npy"
_BOM = b"\xef\xbb\xbf"
_MAGIC = b"\x93NUMPY"
_DTYPES = {f"{order}f{size}" for order in "<>" for size in (2, 4, 8)}
_SUFFIXES = (".words", ".vocab", ".txt")
_COUNTED = re.compile(rb"(.*)([ \t])([0-9]{1,18})")
_FEW = 5  # lines
_STEP = 1 << 14  # rows written at a time


class _Array(NamedTuple):
    dtype: np.dtype[Any]
    rows: int
    dim: int
    start: int  # the byte of the file where the numbers start
    fortran: bool  # stored by columns


def recognise(source: Source) -> bool:
    """Whether the file starts with the mark of numpy's arrays."""
    return source.head.startswith(_MAGIC)


def load(source: Source, select: Selection) -> KeyedVectors:
    """Map a float32 array, read others; FormatError where words are missing or not as many as rows."""
    array = _checked(source, select.strict)
    path = words_path(source.path)
    data, sizes, counts = read_words(path, array.rows)
    if len(sizes) != array.rows:
        raise FormatError(f"{path}: there must be one word for each of {array.rows} rows; it has {len(sizes)} lines")
    words = Vocabulary(data, offsets_of(sizes), counts)
    keep = None if select.is_everything else select.rows(words, str(path))
    matrix = _matrix(source, array, keep, select.mmap)
    facts = {"format": NAME, "rows": array.rows if select.limit is None else min(select.limit, array.rows)}
    facts["words"] = path.name
    if keep is not None:
        words = words.take(keep)
    return keyed_vectors(words.data, words.offsets, matrix, select.duplicates, facts, source.path, words.counts)


def save(vectors: KeyedVectors, path: str | os.PathLike[str]) -> None:
    """Write the array, and the words to a `.words` file beside it; OptionError where a word has a line end."""
    words, target = vectors.vocabulary, Path(path).with_suffix(".words")
    if target.name == Path(path).name:
        raise OptionError(f"the array must not have the name of its words; got {os.fspath(path)!r}")
    bad = unwritable(vectors)
    if len(bad):
        word = words[int(bad[0])]
        raise OptionError(f"words must have no line ends to be written one a line; word {bad[0]} is {word!r}: {SKIP}")
    lines = np.full(len(words.data) + len(words), 10, np.uint8)
    lines[np.arange(len(words.data)) + np.repeat(np.arange(len(words)), np.diff(words.offsets))] = words.data
    shape = (len(vectors), vectors.vector_size)
    check_name(path, "an array", mapped=True)
    with open_outputs(path, target) as (file, beside):  # the array gets its name last
        if words.data[:3].tobytes() == _BOM:  # readers drop one mark, so it is written twice
            beside.write(_BOM)
        beside.write(lines.data)
        np.lib.format.write_array_header_1_0(file, {"descr": "<f4", "fortran_order": False, "shape": shape})
        for first in range(0, len(vectors), _STEP):
            rows = rows_of_words(vectors, first, min(first + _STEP, len(vectors)))
            file.write(np.ascontiguousarray(rows).reshape(-1).view(np.uint8).data)


def unwritable(vectors: KeyedVectors) -> NDArray[np.int64]:
    """The rows of words with line ends."""
    words = vectors.vocabulary
    words.check_offsets()
    return words_at(words.offsets, np.flatnonzero((words.data == 10) | (words.data == 13)))


def _checked(source: Source, strict: bool) -> _Array:
    """The header, checked; FormatError where it does not fit the file, or the array is of another kind."""
    head = source.head
    size = {1: 2, 2: 4, 3: 4}.get(head[6] if len(head) > 6 else 0)
    if size is None:
        raise FormatError(f"{source.path}: a numpy file must be of version 1, 2 or 3; this is {head[6:8]!r}")
    start = 8 + size + int.from_bytes(head[8 : 8 + size], "little")
    try:
        header = ast.literal_eval(head[8 + size : start].decode("utf-8").strip())
        descr, fortran, shape = header["descr"], header["fortran_order"], header["shape"]
    except (ValueError, SyntaxError, TypeError, KeyError, IndexError, RecursionError, MemoryError):
        raise FormatError(
            f"{source.path}: a numpy array must say descr, fortran_order and shape in its header; it does not"
        ) from None
    if start > len(head) or not isinstance(descr, str) or descr not in _DTYPES:
        raise FormatError(
            f"{source.path}: the array must be of float16, float32 or float64; got {str(descr)[:40]!r} (arrays of "
            "objects are not opened because they can run code)"
        )
    if not isinstance(shape, tuple) or [type(n) for n in shape] != [int, int] or min(shape) < 0 or shape[1] < 1:
        raise FormatError(f"{source.path}: the array must have two dimensions, words and numbers; got {shape!r:.80}")
    if shape[1] > MAX_DIM:
        raise FormatError(f"{source.path}: rows must have at most {MAX_DIM} numbers; the header says {shape[1]}")
    dtype = np.dtype(descr)
    if source.compression is None and start + math.prod(shape) * dtype.itemsize > source.size:
        raise FormatError(
            f"{source.path}: {shape[0]} rows of {shape[1]} numbers must take {math.prod(shape) * dtype.itemsize} bytes "
            f"after the header; the file has {source.size - start}: it is truncated or the header is wrong"
        )
    if source.compression is None and start + math.prod(shape) * dtype.itemsize < source.size:
        what = (
            f"{source.path}: the file must end with its array of {shape[0]} rows; "
            f"{source.size - start - math.prod(shape) * dtype.itemsize} bytes follow"
        )
        if strict:
            raise FormatError(f"{what}: it may hold more arrays, or be damaged; strict=False reads the first array")
        warn(f"{what}, which are not read")
    return _Array(dtype, shape[0], shape[1], start, bool(fortran) and shape[0] > 1 and shape[1] > 1)


def _matrix(source: Source, array: _Array, keep: NDArray[np.int64] | None, mmap: bool) -> NDArray[np.float32]:
    shape = (array.rows, array.dim)
    if not array.fortran:
        if not mmap or keep is not None or source.compression is not None or array.dtype != np.dtype("<f4"):
            return read_matrix(source, array.start, *shape, array.dtype, keep)
        return (
            np.asarray(np.memmap(source.path, "<f4", "r", array.start, shape)) if array.rows else np.empty(shape, "f4")
        )
    # Stored by columns: the rows of the transposed matrix are read.
    if source.compression is not None:
        raise FormatError(f"{source.path}: a compressed array must not be in Fortran order; decompress it first")
    matrix = np.empty((array.rows if keep is None else len(keep), array.dim), np.float32)
    for column in range(array.dim):
        place = array.start + column * array.rows * array.dtype.itemsize
        values = read_matrix(source, place, 1, array.rows, array.dtype)[0]
        matrix[:, column] = values if keep is None else values[keep]
    return matrix


def words_path(path: str, more: tuple[str, ...] = ()) -> Path:
    """The file beside the array that has its words; `more` are further names to try."""
    names = [Path(path).with_suffix(suffix) for suffix in _SUFFIXES]
    names += [Path(path).with_name(name) for name in ("vocab.txt", *more)]
    for name in names:
        if name.name == Path(path).name or not name.is_file():
            continue
        rows = layout(open_source(name))
        if rows is None or rows.dim == 1:  # else it is a file of vectors
            return name
    shown = ", ".join(name.name for name in names)
    raise FormatError(f"{path}: a numpy array has no words; they must stand one a line in a file beside it: {shown}")


def read_words(path: Path, rows: int) -> tuple[NDArray[np.uint8], NDArray[np.int64], NDArray[np.int64] | None]:
    """(bytes, sizes, counts or None) of the words of a file; blank lines after `rows` words are ignored."""
    source = open_source(path)
    with source.open() as stream:
        parts = []
        while part := read_exactly(stream, 1 << 20):
            parts.append(part)
    text = b"".join(parts).removeprefix(_BOM)
    if b"\n" not in text and text.count(b"\r") > 1:
        raise FormatError(
            f"{path}: lines must end with newlines; these end with carriage returns alone: convert them "
            "(tr '\\r' '\\n')"
        )
    lines = (text if not text or text.endswith(b"\n") else text + b"\n").split(b"\n")[:-1]
    if b"\r" in text:  # words have none, so they belong to line ends
        lines = [line.removesuffix(b"\r") for line in lines]
    while len(lines) > rows and not lines[-1]:
        lines.pop()
    counts = None
    if path.suffix != ".words" and (counted := _counted(path, lines)) is not None:
        lines, counts = counted
    return np.frombuffer(b"".join(lines), np.uint8), np.array([len(line) for line in lines], np.int64), counts


def _counted(path: Path, lines: list[bytes]) -> tuple[list[bytes], NDArray[np.int64]] | None:
    """(words, counts) where all lines have a count, after a tab or falling from line to line; None for lines of words.

    `windows 10` may be one word, so after a space only falling numbers are counts (except for `</s>`, which word2vec
    puts first), and only in a file of several lines or with a name that is usual for lists with counts.
    """
    matches = [match for line in lines if (match := _COUNTED.fullmatch(line))]
    if not lines or len(matches) < len(lines):
        return None
    counts = np.array([int(match[3]) for match in matches], np.int64)
    if any(match[2] != b"\t" for match in matches):
        falling = counts[1:] if lines[0].startswith(b"</s>") else counts
        falls = bool((falling[1:] <= falling[:-1]).all())
        if not falls or (len(lines) < _FEW and path.suffix != ".vocab" and path.name != "vocab.txt"):
            warn(
                f"{path}: all lines end in numbers, as {lines[0].decode('utf-8', 'replace')!r}, which are taken for "
                "parts of the words: counts must come after tabs, or fall from line to line"
            )
            return None
    return [match[1] for match in matches], counts


FORMAT = Format(
    NAME,
    "a numpy array, with the words one a line in a file beside it",
    recognise,
    load,
    save,
    (".npy",),
    unwritable=unwritable,
)
