"""Fitting transforms: rows read in blocks, their mean and second moments in float64, and checked options."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wordvec.base.arguments import array_of, whole_numbers
from wordvec.base.errors import OptionError

Floats = NDArray[np.float32]
Wide = NDArray[np.float64]

_BLOCK_BYTES = 4 << 20  # rows held in float64 at a time
_FLAT = 1e-10  # less than this share of the largest variance is rounding error


class Applied(Protocol):
    """The steps before one that is fitted: `Transforms`."""

    @property
    def dims(self) -> tuple[int, int]: ...  # noqa: D102
    def apply(self, vectors: Any, counts: ArrayLike | None = None) -> Floats: ...  # noqa: D102


class Rows:
    """The rows that a step is fitted to: a matrix read in blocks and transformed by the previous steps."""

    def __init__(self, matrix: Any, counts: ArrayLike | None, after: Applied | None) -> None:
        if hasattr(matrix, "key_to_index"):
            matrix = matrix.vectors
        matrix = matrix if hasattr(matrix, "shape") else array_of(matrix, "matrix", "[rows, dimensions]")
        if len(matrix.shape) != 2 or matrix.shape[1] < 1:
            raise OptionError(f"matrix must be [rows, dimensions]; got shape {tuple(matrix.shape)}")
        if getattr(getattr(matrix, "dtype", None), "kind", "f") not in "biuf":
            raise OptionError(f"matrix must hold numbers; got {matrix.dtype}")
        self._matrix, self._after = matrix, after
        self._counts = None if counts is None else whole_numbers(counts, "counts")
        if self._counts is not None and self._counts.shape != (len(matrix),):
            raise OptionError(f"counts must hold one number for each of {len(matrix)} rows; got {self._counts.shape}")
        self.dim = int(matrix.shape[1]) if after is None else after.dims[1]

    def needed_counts(self, who: str) -> NDArray[np.int64]:
        """[R] the counts; OptionError where there are none."""
        if self._counts is None:
            raise OptionError(f"{who} needs the counts of the words; these vectors have none")
        return self._counts

    def check(self) -> None:
        """OptionError names the first row that is not finite."""
        for _ in self._blocks():
            pass

    def mean(self) -> Wide:
        """[D] the mean of the rows that are not all zeros."""
        total, rows = np.zeros(self.dim), 0
        for _, block, used in self._blocks():
            total += block.sum(axis=0)
            rows += int(used.sum())
        return total / max(1, rows)

    def second_moments(self, mean: Wide, weights: NDArray[np.int64] | None = None) -> Wide:
        """[D, D] the mean of (x - mean)' (x - mean) over the rows that are not all zeros."""
        moments, total = np.zeros((self.dim, self.dim)), 0.0
        for first, block, used in self._blocks():
            centred = block[used] - mean
            weight = np.ones(len(centred)) if weights is None else weights[first : first + len(block)][used]
            moments += (centred * weight[:, None]).T @ centred if weights is not None else centred.T @ centred
            total += float(weight.sum())
        return moments / max(1.0, total)

    def _blocks(self) -> Iterator[tuple[int, Wide, NDArray[np.bool_]]]:
        """(first row, float64 rows, mask of the rows that are not all zeros)."""
        for first, last in ranges(len(self._matrix), self._matrix.shape[1]):
            block = np.asarray(self._matrix[first:last], np.float32)
            finite = np.isfinite(block).all(axis=1)
            if not finite.all():
                row = first + int(np.flatnonzero(~finite)[0])
                raise OptionError(f"vectors must be finite numbers; row {row} holds NaN or infinity: drop or repair it")
            if self._after is not None:
                block = self._after.apply(block, None if self._counts is None else self._counts[first:last])
            yield first, block.astype(np.float64), (block != 0).any(axis=1)


def ranges(rows: int, dim: int) -> Iterator[tuple[int, int]]:
    """(first, last + 1) of blocks of rows of a few megabytes in float64."""
    step = max(1, _BLOCK_BYTES // (8 * dim))
    for first in range(0, rows, step):
        yield first, min(first + step, rows)


def check_overflow(before: Floats, after: Floats, first: int, what: str) -> None:
    """OptionError names a row that was finite before and is not after; `first` is the number of the first row."""
    if np.isfinite(after).all():
        return
    bad = np.flatnonzero(~np.isfinite(after).all(axis=1) & np.isfinite(before).all(axis=1))
    if len(bad):
        raise OptionError(f"vectors must stay numbers of float32 in {what}; row {first + bad[0]} does not: scale them")


def axes(moments: Wide) -> tuple[Wide, Wide]:
    """Variances [D], largest first, and axes as columns [D, D], signed so that the largest entry is positive."""
    variances, axes = np.linalg.eigh(moments)
    variances, axes = variances[::-1], axes[:, ::-1]
    largest = np.take_along_axis(axes, np.abs(axes).argmax(axis=0)[None], axis=0)
    return np.maximum(variances, 0), axes * np.where(largest < 0, -1.0, 1.0)


def inverse_roots(variances: Wide, eps: float = 0.0) -> Wide:
    """(variance + eps)^-1/2, and 0 where there is no variance."""
    varies = variances > _FLAT * variances.max(initial=0)
    return np.where(varies, 1 / np.sqrt(np.where(varies, variances + eps, 1)), 0)


def narrow(array: Wide) -> Floats:
    """A read-only array of float32."""
    values = np.ascontiguousarray(array, np.float32)
    values.flags.writeable = False
    return values


def integer(value: Any, name: str, least: int, most: int) -> int:
    """An integer option; OptionError says its bounds."""
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or not least <= value <= most:
        raise OptionError(f"{name} must be an integer from {least} to {most}; got {value!r}")
    return int(value)


def number(value: Any, name: str, least: float) -> float:
    """A finite option; OptionError says its bound."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not least <= value < math.inf:
        raise OptionError(f"{name} must be a finite number >= {least}; got {value!r}")
    return float(value)
