"""Product-quantised rows of an input matrix: directions and norms are quantised separately."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wordvec.base.errors import FormatError
from wordvec.codecs import codebooks
from wordvec.rows.base import block_bounds
from wordvec.rows.norms import row_norms
from wordvec.rows.tensors import tensor

Floats = NDArray[np.float32]
Bytes = NDArray[np.uint8]
NAMES = ("codes", "books", "norm_codes", "norm_book")


class QuantisedRows:
    """A read-only float32 matrix [R, D]: `matrix[rows]` decodes those rows (Joulin et al. 2016, FastText.zip).

    A byte for every `part` numbers of a row of length 1 chooses one of 256 centroids, one more byte the row's length.
    """

    dtype = np.dtype(np.float32)

    def __init__(self, codes: Bytes, books: Floats, norm_codes: Bytes, norm_book: Floats, dim: int) -> None:
        self.codes, self.norm_codes = codes, norm_codes
        self.books, self.norm_book = _filled(books, 1), _filled(norm_book, 0)
        self.shape = (len(codes), dim)

    @classmethod
    def encode(cls, matrix: Any, part: int, seed: int) -> QuantisedRows:
        """Quantise a matrix [R, D]; the same seed gives the same bytes."""
        rows, dim = matrix.shape
        parts, norms = -(-dim // part), row_norms(matrix)
        books = codebooks.train(codebooks.sample(matrix, norms, None, seed), parts, part, seed)
        norm_book = np.sort(codebooks.train(norms[norms > 0][: 1 << 16, None], 1, 1, seed)[0, :, 0])
        if len(norm_book) and not norms.all():
            norm_book[0] = 0
        codes = np.empty((rows, parts), np.uint8)
        for first, last in block_bounds(matrix.shape):
            own = norms[first:last, None]
            unit = np.divide(matrix[first:last], own, out=np.zeros((last - first, dim), np.float32), where=own > 0)
            codes[first:last] = codebooks.nearest(unit, books).T
        middles = (norm_book[1:] + norm_book[:-1]) / 2
        return cls(codes, books, np.searchsorted(middles, norms).astype(np.uint8), norm_book, dim)

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, rows: Any) -> Floats:
        """Decoded rows, float32 [n, D]: of a slice or an array of rows."""
        decoded = codebooks.decode(self.codes[rows], self.books, self.shape[1])
        return np.ascontiguousarray(decoded * self.norm_book[self.norm_codes[rows]][:, None])

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        """All rows, decoded."""
        return self[:].astype(dtype or np.float32, copy=False)

    def tensors(self) -> dict[str, NDArray[Any]]:
        """The tensors for a file."""
        return {name: getattr(self, name) for name in NAMES}

    @classmethod
    def from_tensors(cls, tensors: Mapping[str, NDArray[Any]], dim: int) -> QuantisedRows:
        """The rows of `tensors`; FormatError where tensors do not fit."""
        codes = tensor(tensors, "codes", "u1", None, None)
        books = tensor(tensors, "books", "<f4", codes.shape[1], codebooks.CENTROIDS, None)
        if not books.shape[2] or codes.shape[1] != -(-dim // books.shape[2]):
            raise FormatError(f"books must fit {codes.shape[1]} parts of {dim} numbers; got {list(books.shape)}")
        norm_codes = tensor(tensors, "norm_codes", "u1", len(codes))
        return cls(codes, books, norm_codes, tensor(tensors, "norm_book", "<f4", codebooks.CENTROIDS), dim)


def _filled(book: Floats, axis: int) -> Floats:
    """A codebook padded to 256 centroids, so that every byte is a valid code."""
    missing = codebooks.CENTROIDS - book.shape[axis]
    return np.pad(book, [(0, missing if i == axis else 0) for i in range(book.ndim)]) if missing else book
