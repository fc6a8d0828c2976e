"""numpy's .npy files and members of .npz files: the header is parsed by hand and compared with the size of the file."""

from __future__ import annotations

import re
import zipfile
import zlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wordvec.errors import FormatError
from wordvec.formats.pieces import Pieces, mapped, pieces_of
from wordvec.formats.source import open_source

_HEADER = re.compile(
    r"\{'descr': '([<>|=][fiu][1248])', 'fortran_order': (False|True), 'shape': \(([0-9, ]{0,200})\),? *\}[ \n]*"
)
_LONGEST = 1 << 12  # bytes of a header of plain numbers


class StoredArray:
    """A matrix of numbers in a file: its shape is known, its rows are read when they are asked for."""

    def __init__(self, path: str, member: str | None = None) -> None:
        """`member` is the array of an .npz file; None for an .npy file. FormatError where it is no such matrix."""
        self.source, self.path, self.member = open_source(path), path, member
        if self.source.is_folder or self.source.compression is not None:
            raise FormatError(f"{path}: a side file must be .npy or .npz; it is {self.source.describe()}")
        self._with_pieces(lambda pieces: None)

    def __len__(self) -> int:
        return self.shape[0]

    def rows(self, keep: NDArray[np.int64], what: str) -> NDArray[Any]:
        """[len(keep), D] the rows that `keep`, rising, names; in memory."""

        def read(pieces: Pieces) -> NDArray[Any]:
            dim = self.shape[1] if len(self.shape) > 1 else 1
            rows = pieces.rows(self.shape[0], dim, self.dtype, keep, what)
            return rows if len(self.shape) > 1 else rows[:, 0]

        rows: NDArray[Any] = self._with_pieces(read)
        return rows

    def mapped(self) -> NDArray[Any] | None:
        """All of it as a map of the file, None where it lies in a compressed file."""
        if self.member is not None or self.start % self.dtype.itemsize:
            return None
        return mapped(self.path, self.start, self.shape, self.dtype)

    def _with_pieces(self, read: Any) -> Any:
        """What `read` makes of the pieces after the header."""
        if self.member is None:
            with self.source.open() as stream:
                return read(self._header(pieces_of(self.source, stream)))
        try:
            with zipfile.ZipFile(self.path) as archive, archive.open(self.member) as stream:
                return read(self._header(Pieces(stream, self.path, None)))  # type: ignore[arg-type]
        except (KeyError, zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
            raise FormatError(f"{self.path}: an .npz file must be whole and hold {self.member!r}; {error}") from None

    def _header(self, pieces: Pieces) -> Pieces:
        magic, major, _ = pieces.unpack("6sBB", "the head of an array")
        if magic != b"\x93NUMPY" or major not in (1, 2, 3):
            raise FormatError(f"{self.path}: an array must start with the mark of .npy; it does not")
        (size,) = pieces.unpack("H" if major == 1 else "I", "the head of an array")
        match = _HEADER.fullmatch(pieces.take(min(size, _LONGEST), "the head of an array").decode("latin-1"))
        if match is None or match[2] == "True" or size > _LONGEST:
            raise FormatError(f"{self.path}: an array must be of plain numbers in row order; it is not")
        self.dtype = np.dtype(match[1])
        self.shape = tuple(int(part) for part in match[3].replace(" ", "").split(",") if part and len(part) < 19)
        if len(self.shape) not in (1, 2):
            raise FormatError(f"{self.path}: an array must have one or two dimensions; its shape is ({match[3]})")
        self.start = pieces.at
        needed = int(np.prod(self.shape, dtype=object)) * self.dtype.itemsize
        if pieces.size is not None and pieces.size - pieces.at != needed:
            raise FormatError(
                f"{self.path}: an array of shape {self.shape} must take {needed} bytes; "
                f"the file has {pieces.size - pieces.at}: it is cut off or damaged"
            )
        return pieces
