"""Arrays as search wants them: float32 matrices whose rows are contiguous, vectors of length 1."""

from __future__ import annotations

from operator import index
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wordvec.base.errors import OptionError
from wordvec.codecs import Encoded

Matrix = NDArray[np.float32] | Encoded


def unit_rows(rows: ArrayLike) -> NDArray[np.float64]:
    """Rows in float64 at length 1; rows of zeros stay."""
    wide = np.asarray(rows, np.float64)
    lengths = np.sqrt(np.square(wide).sum(axis=-1, keepdims=True))
    units: NDArray[np.float64] = wide / np.where(lengths > 0, lengths, 1)
    return units


def row_cosines(first: ArrayLike, second: ArrayLike) -> NDArray[np.float64]:
    """[n] the cosine of each row [n, D] of the first with the same row of the second; 0 where one is zero."""
    cosines: NDArray[np.float64] = (unit_rows(first) * unit_rows(second)).sum(axis=1)
    return cosines


def as_matrix(values: ArrayLike, name: str, *, aligned: bool = True) -> NDArray[np.float32]:
    """A read-only float32 matrix; a view where rows are contiguous, however far they are from each other.

    Kernels read aligned numbers; a mapped table that only `mean_rows` reads need not be `aligned`.
    """
    array = np.asarray(values)
    if array.ndim != 2 or array.shape[1] < 1 or array.dtype.kind not in "fiu":
        raise OptionError(f"{name} must be a matrix of numbers; got {array.dtype} of shape {array.shape}")
    try:
        with np.errstate(over="raise"):
            narrow = np.asarray(array, np.float32)
    except FloatingPointError:
        great = np.isfinite(array) & (np.abs(array) > np.finfo(np.float32).max)
        row = int(np.flatnonzero(great.any(axis=1))[0])
        raise OptionError(f"{name} must hold numbers that float32 can hold; row {row} has a greater one") from None
    if narrow.size and (narrow.strides[1] != narrow.itemsize or narrow.strides[0] < narrow.shape[1] * narrow.itemsize):
        narrow = np.ascontiguousarray(narrow)
    if aligned and not narrow.flags.aligned:
        narrow = np.require(narrow, requirements=["C", "A"])
    view = narrow.view()
    view.flags.writeable = False
    return view


def as_rows(values: ArrayLike | Encoded, name: str) -> Matrix:
    """`as_matrix` of an array; an encoded matrix as it is."""
    return values if isinstance(values, Encoded) else as_matrix(values, name)


def unit(vector: NDArray[Any]) -> NDArray[np.float64]:
    """A vector in float64 at length 1; a zero vector stays zero."""
    wide = vector.astype(np.float64)
    length = float(np.sqrt(wide @ wide))
    return wide / length if length > 0 else wide


def as_norms(norms: ArrayLike, rows: int) -> NDArray[np.float32]:
    """The lengths of all rows as contiguous float32; kernels rely on there being one for each."""
    lengths = np.ascontiguousarray(norms, np.float32)
    if lengths.shape != (rows,):
        raise OptionError(f"norms must be one length for each of {rows} rows; got shape {lengths.shape}")
    return lengths


def with_norms(matrix: Any, norms: Any) -> tuple[Matrix, NDArray[np.float32]]:
    """The matrix and its norms as they are used; OptionError for what they are not, as for vectors with words."""
    if norms is None or hasattr(matrix, "vectors"):
        got = type(matrix).__name__ if hasattr(matrix, "vectors") else f"norms={norms!r}"
        raise OptionError(
            "an index must be of a matrix, with the lengths of its rows, as build_index(kv.vectors, norms=kv.norms); "
            f"got {got}"
        )
    rows = as_rows(matrix, "matrix")
    return rows, as_norms(norms, len(rows))


def own_norms(matrix: Any, norms: ArrayLike) -> NDArray[np.float32]:
    """The lengths by which rows are brought to length 1: of an encoded matrix those of its decoded rows.

    The norms of an encoded matrix are those of the rows before they were encoded; here they only say which rows count.
    """
    lengths = as_norms(norms, len(matrix))
    return np.where(lengths > 0, matrix.lengths, np.float32(0)) if isinstance(matrix, Encoded) else lengths


def taken(matrix: Any, rows: NDArray[np.int64], norms: NDArray[np.float32]) -> tuple[NDArray[np.float32], Any]:
    """Some rows, decoded, and their lengths: see `own_norms`."""
    some, lengths = np.asarray(matrix[rows], np.float32), norms[rows]
    if isinstance(matrix, Encoded):
        own = np.sqrt(np.einsum("ij,ij->i", some, some, dtype=np.float64))
        lengths = np.where(lengths > 0, own, 0).astype(np.float32)
    return some, lengths


def whole(name: str, value: Any) -> int:
    """A whole number that was given, also as one of numpy's; OptionError for anything else."""
    try:
        return index(value)
    except TypeError:
        raise OptionError(f"{name} must be a whole number; got {value!r}") from None
