"""Arrays and numbers that a file holds of rows, checked before they are used."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wordvec.base.errors import FormatError

__all__ = ["number", "tensor"]


def tensor(tensors: Mapping[str, NDArray[Any]], suffix: str, dtype: str, *shape: int | None) -> NDArray[Any]:
    """One of the arrays of rows, of the dtype and shape it must have; None in a shape fits any number.

    FormatError where it is missing or of another dtype or shape.
    """
    array = tensors.get(suffix)
    fits = array is not None and array.dtype == np.dtype(dtype) and array.ndim == len(shape)
    if not fits or any(want not in (None, got) for want, got in zip(shape, array.shape)):  # type: ignore[union-attr]
        got = "none" if array is None else f"{array.dtype} {list(array.shape)}"
        wanted = ", ".join("any" if size is None else str(size) for size in shape)
        name = suffix or "of the codes"
        raise FormatError(f"tensor {name!r} must be {np.dtype(dtype)} [{wanted}]; the file has {got}")
    return array  # type: ignore[return-value]


def number(config: Mapping[str, Any], name: str, low: int, high: int) -> int:
    """A whole number of a config, within its bounds; FormatError where it is none."""
    value = config.get(name)
    if type(value) is not int or not low <= value <= high:
        raise FormatError(f"{name} of the codec must be a number from {low} to {high}; the file has {value!r:.40}")
    return value
