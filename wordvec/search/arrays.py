"""Arrays as search wants them: vectors of length 1, lengths of rows, whole numbers."""

from __future__ import annotations

from operator import index
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wordvec.base.errors import OptionError
from wordvec.rows import Rows, as_rows
from wordvec.rows.base import as_norms
from wordvec.rows.dense import as_matrix

__all__ = [
    "Matrix",
    "as_matrix",
    "as_norms",
    "indexed",
    "unit",
    "unit_rows",
    "whole",
]

Matrix = Rows | ArrayLike


def unit_rows(rows: ArrayLike) -> NDArray[np.float64]:
    """Rows in float64 at length 1; rows of zeros stay."""
    wide = np.asarray(rows, np.float64)
    lengths = np.sqrt(np.square(wide).sum(axis=-1, keepdims=True))
    units: NDArray[np.float64] = wide / np.where(lengths > 0, lengths, 1)
    return units


def unit(vector: NDArray[Any]) -> NDArray[np.float64]:
    """A vector in float64 at length 1; a zero vector stays zero."""
    wide = vector.astype(np.float64)
    length = float(np.sqrt(wide @ wide))
    return wide / length if length > 0 else wide


def indexed(matrix: Any, norms: Any) -> Rows:
    """The rows that an index is built of; OptionError for what they are not, such as vectors with words."""
    if hasattr(matrix, "vectors") or (norms is None and not isinstance(matrix, Rows)):
        got = type(matrix).__name__ if hasattr(matrix, "vectors") else f"norms={norms!r}"
        raise OptionError(
            "an index must be of a matrix, with the lengths of its rows, as build_index(kv.vectors, norms=kv.norms); "
            f"got {got}"
        )
    return as_rows(matrix, norms)


def whole(name: str, value: Any) -> int:
    """A whole number that was given, also as one of numpy's; OptionError for anything else."""
    try:
        return index(value)
    except TypeError:
        raise OptionError(f"{name} must be a whole number; got {value!r}") from None
