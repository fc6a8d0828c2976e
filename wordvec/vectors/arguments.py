"""Arrays that vectors are made of, checked: a matrix, a vector of a query, vectors of new words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wordvec.base.errors import OptionError

Floats = NDArray[np.float32]

_MOST = 1e150  # the squares of smaller numbers have a sum in float64


def vector_of(value: ArrayLike, size: int) -> NDArray[np.float64]:
    """The vector [size] of a query in float64; OptionError for another shape, and for numbers beyond 1e150."""
    try:
        vector = np.asarray(value)
    except ValueError:  # lists of different lengths
        vector = np.empty(0)
    if vector.shape != (size,) or vector.dtype.kind not in "fiu":
        raise OptionError(f"a key must be a word or a vector of {size} numbers; got {value!r:.200}")
    wide: NDArray[np.float64] = vector.astype(np.float64)
    if _MOST < np.abs(wide).max() < np.inf:
        raise OptionError(f"a vector must hold numbers below {_MOST:g}; got {np.abs(wide).max():g}: scale it")
    return wide


def vectors_of(keys: Sequence[str], weights: Any, size: int) -> Floats:
    """[n, size] float32 vectors of words; OptionError where they do not fit the words or are not finite."""
    try:
        array = np.asarray(weights)
    except ValueError:
        array = np.empty(0)
    if not len(keys):
        return np.empty((0, size), np.float32)
    if array.shape != (len(keys), size) or array.dtype.kind not in "fiu":
        raise OptionError(
            f"weights must be {size} numbers for each of {len(keys)} keys; got {array.dtype} of shape {array.shape}"
        )
    with np.errstate(over="ignore"):
        rows = array.astype(np.float32, copy=False)
    bad = np.flatnonzero(~np.isfinite(rows).all(axis=1))
    if len(bad):
        raise OptionError(f"vectors must be finite; that of {keys[bad[0]]!r} holds NaN or a number beyond float32")
    return rows


def unit_vector(vector: NDArray[Any], word: str | None, length: float | None = 1.0) -> NDArray[np.float64]:
    """A vector in float64 at unit length, or with `length=None` as long as it is; OptionError where it is not finite.

    `word` is the word that the message names.
    """
    wide = vector.astype(np.float64)
    if not (square := float(wide @ wide)) < np.inf:  # NaN or inf: float32 numbers have finite squares in float64
        of = "a vector that is given" if word is None else f"that of {word!r}"
        raise OptionError(
            f"a word that is asked for must have a vector with a direction; {of} is not finite: it holds NaN or inf"
        )
    return wide / square**0.5 if length and square > 0 else wide


def scaled_to_1(rows: Floats, norms: Floats) -> Floats:
    """[n, D] rows at unit length, `norms` being their lengths; zero rows stay zero. Norms may be beyond float32."""
    lengths: NDArray[Any] = norms[:, None]
    if np.isinf(norms).any():
        lengths = np.sqrt(np.square(rows, dtype=np.float64).sum(axis=1, keepdims=True))
    with np.errstate(invalid="ignore"):  # an infinite row becomes NaN
        scaled: Floats = np.divide(rows, np.where(lengths > 0, lengths, lengths.dtype.type(1)))
    return scaled.astype(np.float32, copy=False)
