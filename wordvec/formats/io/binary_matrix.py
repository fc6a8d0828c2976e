"""Matrices stored row after row: all rows or some, as float32, from plain and compressed files."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from io import FileIO
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from wordvec.base.compressed import fill, read_exactly
from wordvec.base.errors import FormatError
from wordvec.formats.io.source import Source

BLOCK = 4 << 20  # bytes read at a time
_GAP = 1 << 16  # bytes that are faster read than skipped


def read_matrix(
    source: Source,
    start: int,
    rows: int,
    dim: int,
    dtype: DTypeLike = "<f4",
    keep: NDArray[np.int64] | None = None,
) -> NDArray[np.float32]:
    """[n, D] float32: the rows `keep` (rising; None for all) of a matrix [rows, D] that starts at byte `start`.

    Memory is allocated only for what the file holds: the kept rows and a block. FormatError where the file is too
    short.
    """
    kind = np.dtype(dtype)
    width, chosen = dim * kind.itemsize, None if keep is None else np.asarray(keep, np.int64)
    size = rows if chosen is None else len(chosen)
    if source.compression is None and start + rows * width > source.size:
        raise _too_short(source, start, rows, dim, width)
    if width == 0 or size == 0:
        return np.empty((size, dim), np.float32)
    step = max(1, BLOCK // width)
    known = size if source.compression is None else min(size, step)  # grows, as a compressed file may be shorter
    matrix = np.empty((known, dim), np.float32)
    block, done, place = np.empty((step, dim), kind), 0, start
    with source.open() as stream:
        _skip(stream, start)
        while done < size:
            first, count, picked = _next_block(chosen, done, rows, step, width)
            _skip(stream, start + first * width - place)
            part = block[:count]
            if fill(stream, part.reshape(-1).view(np.uint8).data) < count * width:
                raise _too_short(source, start, rows, dim, width)
            place = start + (first + count) * width
            kept = part if picked is None else part[picked]
            if done + len(kept) > len(matrix):
                matrix.resize((min(size, max(done + len(kept), 2 * len(matrix))), dim), refcheck=False)
            narrow(kept, matrix[done : done + len(kept)], source.path)
            done += len(kept)
    return matrix


def narrow(values: NDArray[Any], into: NDArray[np.float32], path: str) -> None:
    """Copy numbers into float32; FormatError where a finite one overflows."""
    if values.dtype.itemsize <= 4:
        into[...] = values
        return
    with np.errstate(over="ignore"):
        into[...] = values
    if not np.isfinite(into).all() and (np.isinf(into) & np.isfinite(values)).any():
        raise FormatError(
            f"{path}: numbers must be such that float32 can hold, up to 3.4e38; one of {values.dtype} is larger: scale "
            "the vectors"
        )


@contextmanager
def within_float32(path: str) -> Iterator[None]:
    """FormatError where arithmetic on finite numbers overflows float32; NaN and infinity pass."""
    try:
        with np.errstate(all="ignore", over="raise"):
            yield
    except FloatingPointError:
        raise FormatError(
            f"{path}: vectors must be such that float32 can hold, up to 3.4e38; numbers and lengths make more"
        ) from None


def _next_block(
    chosen: NDArray[np.int64] | None, done: int, rows: int, step: int, width: int
) -> tuple[int, int, NDArray[np.int64] | None]:
    """(first row, number of rows, which of them are kept) of the next block to read."""
    if chosen is None:
        return done, min(step, rows - done), None
    first = int(chosen[done])
    ahead = chosen[done : done + step]
    ahead = ahead[ahead < first + step]
    gaps = np.flatnonzero(np.diff(ahead) * width > _GAP + width)
    if len(gaps):
        ahead = ahead[: gaps[0] + 1]
    return first, int(ahead[-1]) - first + 1, ahead - first


def _skip(stream: Any, size: int) -> None:
    """Skip `size` bytes, without reading them where the file can seek."""
    if size > 0:
        if isinstance(getattr(stream, "raw", None), FileIO):  # a plain file
            stream.seek(size, 1)
            return
        while size > 0 and (part := read_exactly(stream, min(size, BLOCK))):
            size -= len(part)


def _too_short(source: Source, start: int, rows: int, dim: int, width: int) -> FormatError:
    return FormatError(
        f"{source.path}: {rows} rows of {dim} numbers must take {start + rows * width} bytes of the file; it has "
        f"{'fewer' if source.compression else source.size}: it is truncated or its header is wrong"
    )
