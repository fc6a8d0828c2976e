"""numpy's .npy files and members of .npz files; the header is parsed here and checked against the file size."""

from __future__ import annotations

import math
import os
import re
import zipfile
import zlib
from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from wordvec.base.compressed import decompression_errors
from wordvec.base.errors import FormatError
from wordvec.formats.io.binary_reader import BinaryReader, open_binary
from wordvec.formats.io.matrix_and_words import read_rows
from wordvec.formats.io.source import open_source

_HEADER = re.compile(
    r"\{'descr': '([<>|=](?:f[248]|[iu][1248]))', 'fortran_order': (False|True), "
    r"'shape': \(([0-9, ]{0,200})\),? *\}[ \n]*"
)
_T = TypeVar("_T")
_RATIO = 1100  # deflate cannot compress better than about 1:1000
_LONGEST = 1 << 12  # bytes of the header of an array of numbers


def open_npy(path: str) -> NDArray[Any]:
    """The array [n] or [n, D] of a file, mapped and read-only; FormatError where the file is damaged."""
    source = open_source(path)
    if source.is_folder or source.compression is not None:
        raise FormatError(f"{path}: the file must be .npy, as numpy writes it; it is {source.describe()}")
    with open_binary(source) as file:
        dtype, shape = _header(file)
        values = file.take(_size(dtype, shape), "the numbers of the array")
        if not file.is_at_end():
            raise FormatError(f"{path}: the file must end with its array of shape {shape}; it goes on")
        return values.view(dtype).reshape(shape)


class ZippedArray:
    """An array of an .npz file: the shape is known, rows are decompressed when they are read."""

    def __init__(self, path: str, member: str) -> None:
        """FormatError where there is no such member, or it is not an array of numbers."""
        self.source, self.member = open_source(path), member
        self.dtype, self.shape = self._with_file(_header)
        most = _RATIO * os.path.getsize(path)
        if max(_size(self.dtype, self.shape), *self.shape) > most:
            raise FormatError(f"{path}: an array must have no more than the file can hold; its shape is {self.shape}")

    def rows(self, keep: NDArray[np.int64] | None, what: str) -> NDArray[Any]:
        """[len(keep), D] the rows `keep` (rising; None for all) of a matrix."""

        def read(file: BinaryReader) -> NDArray[Any]:
            dtype, (count, dim) = _header(file)
            return read_rows(file, count, dim, dtype, keep, what)

        return self._with_file(read)

    def _with_file(self, read: Callable[[BinaryReader], _T]) -> _T:
        """The result of `read` on the bytes of the member."""
        path = self.source.path
        try:
            with (
                decompression_errors(path, FormatError),
                zipfile.ZipFile(path) as archive,
                archive.open(self.member) as stream,
            ):
                return read(BinaryReader(self.source, None, None, stream))
        except (KeyError, zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
            raise FormatError(f"{path}: an .npz file must be whole and hold {self.member!r}; {error}") from None


def _header(file: BinaryReader) -> tuple[np.dtype[Any], tuple[int, ...]]:
    """(dtype, shape) from the header of an array."""
    magic, major, _ = file.unpack("6sBB", "the head of an array")
    if magic != b"\x93NUMPY" or major not in (1, 2, 3):
        raise FormatError(f"{file.path}: an array must start with the mark of .npy; it does not")
    (size,) = file.unpack("H" if major == 1 else "I", "the head of an array")
    match = _HEADER.fullmatch(file.take(min(size, _LONGEST), "the head of an array").tobytes().decode("latin-1"))
    if match is None or match[2] == "True" or size > _LONGEST:
        raise FormatError(f"{file.path}: an array must be of plain numbers in row order; it is not")
    shape = tuple(int(part) for part in match[3].replace(" ", "").split(",") if part)
    if len(shape) not in (1, 2) or max(shape) >= 2**48:
        raise FormatError(f"{file.path}: an array must have one or two dimensions; its shape is ({match[3]})")
    return np.dtype(match[1]), shape


def _size(dtype: np.dtype[Any], shape: tuple[int, ...]) -> int:
    return math.prod(shape) * dtype.itemsize
