"""The steps of transforms: what is fitted, in blocks and in float64, and what a fitted step does to vectors."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import Any, ClassVar, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wordvec.base.arguments import array_of, whole_numbers
from wordvec.base.errors import OptionError
from wordvec.base.options import ByName

Floats = NDArray[np.float32]
Wide = NDArray[np.float64]

_BLOCK_BYTES = 4 << 20  # rows held in float64 at a time
_FLAT = 1e-10  # a direction with less than this share of the largest variance has none but rounding errors


class Applied(Protocol):
    """The steps before one that is fitted: `Transforms`."""

    @property
    def dims(self) -> tuple[int, int]: ...  # noqa: D102
    def apply(self, vectors: Any, counts: ArrayLike | None = None) -> Floats: ...  # noqa: D102


@dataclass(frozen=True)
class Step(ByName):
    """A transform that is still to be fitted; its fields are its options."""

    name: ClassVar[str]
    holds: ClassVar[tuple[str, ...]] = ()  # the tensors of the fitted step

    def fit(self, matrix: Any, counts: ArrayLike | None = None, after: Applied | None = None) -> Fitted:
        """The step fitted to the rows of a matrix [R, D], an array or an encoded one, as `after` transforms them.

        The matrix is read in blocks and summed in float64. Rows of zeros are words without a vector: they do not
        count, and no transform moves them. `counts` [R] says how often each row occurs. OptionError names a row that
        is not finite, and options that do not fit the matrix.
        """
        rows = _Rows(matrix, counts, after)
        fitted = self._fit(rows)
        options, dims = self._options() | fitted.pop("options", {}), (rows.dim, fitted.pop("dim", rows.dim))
        return Fitted(self.name, options, dims, **fitted)

    def _options(self) -> dict[str, Any]:
        """The options as JSON has them."""
        return asdict(self)

    def _fit(self, rows: _Rows) -> dict[str, Any]:
        raise NotImplementedError


@dataclass(frozen=True)
class Fitted:
    """A fitted step: y = ((x - mean) * scale) @ matrix, of which each part may be missing, or a factor for each row."""

    name: str
    options: dict[str, Any]
    dims: tuple[int, int]  # numbers in a vector before and after
    mean: Floats | None = field(default=None, repr=False)  # [D]
    scale: Floats | None = field(default=None, repr=False)  # [D]
    matrix: Floats | None = field(default=None, repr=False)  # [D, D']

    def apply(self, vectors: Floats, counts: NDArray[np.int64] | None = None) -> Floats:
        """[n, D'] float32 from [n, D]; rows of zeros stay zero. `counts` [n]: 0 for words that were never seen."""
        if self.name == SIFScale.name:
            p = np.zeros(len(vectors)) if counts is None else counts / self.options["total"]
            factor = self.options["a"] / (self.options["a"] + p)
            scaled: Floats = (vectors * factor[:, None]).astype(np.float32)
            return scaled
        if self.name == Truncate.name:
            return vectors[:, : self.dims[1]]
        if self.name == Unit.name:
            lengths = np.sqrt(np.einsum("ij,ij->i", vectors, vectors, dtype=np.float64))
            units: Floats = (vectors / np.where(lengths > 0, lengths, 1)[:, None]).astype(np.float32)
            return units
        empty = ~vectors.any(axis=1)
        moved: Floats = vectors if self.mean is None else vectors - self.mean
        moved = moved if self.scale is None else moved * self.scale
        moved = moved if self.matrix is None else moved @ self.matrix
        if empty.any():
            moved[empty] = 0
        return moved

    def affine(self) -> tuple[Wide, Wide] | None:
        """(matrix [D, D'], offset [D']) of y = x @ matrix + offset, as the step treats what is no word of the corpus.

        None where it is no such step: then the mean of some rows does not become the mean of what these become.
        """
        if self.name == Unit.name:
            return None
        matrix, offset = np.eye(*self.dims) if self.matrix is None else self.matrix.astype(np.float64), None
        if self.scale is not None:
            matrix = self.scale.astype(np.float64)[:, None] * matrix
        if self.mean is not None:
            offset = -self.mean.astype(np.float64) @ matrix
        return matrix, np.zeros(self.dims[1]) if offset is None else offset

    def tensors(self) -> dict[str, Floats]:
        """The arrays of the step by name."""
        given = {"mean": self.mean, "scale": self.scale, "matrix": self.matrix}
        return {name: array for name, array in given.items() if array is not None}


@dataclass(frozen=True)
class Center(Step):
    """Subtract the mean of the rows."""

    name: ClassVar[str] = "center"
    holds: ClassVar[tuple[str, ...]] = ("mean",)

    def _fit(self, rows: _Rows) -> dict[str, Any]:
        return {"mean": _narrow(rows.mean())}


@dataclass(frozen=True)
class Standardize(Step):
    """Subtract the mean and divide every dimension by its standard deviation; one that is constant becomes zero."""

    name: ClassVar[str] = "standardize"
    holds: ClassVar[tuple[str, ...]] = ("mean", "scale")

    def _fit(self, rows: _Rows) -> dict[str, Any]:
        mean = rows.mean()
        return {"mean": _narrow(mean), "scale": _narrow(_inverse_roots(np.diag(rows.second_moments(mean))))}


@dataclass(frozen=True)
class ABTT(Step):
    """All but the top (Mu and Viswanath 2018): subtract the mean and remove the first principal components.

    `components` is how many; by default a hundredth of the dimensions, and at least 1 where there are 2.

    >>> matrix = np.array([[9, 1, 0], [-9, 1, 1], [9, 0, 1], [-9, 0, 0]], np.float32)
    >>> ABTT(1).fit(matrix).apply(matrix).round(3)[:, 0].tolist()
    [0.0, 0.0, 0.0, 0.0]
    """

    components: int | None = None
    name: ClassVar[str] = "abtt"
    holds: ClassVar[tuple[str, ...]] = ("mean", "matrix")

    def _fit(self, rows: _Rows) -> dict[str, Any]:
        k = self.components
        if k is None:
            k = min(max(1, round(rows.dim / 100)), rows.dim - 1)
        k = integer(k, "components", 0, rows.dim - 1)
        mean = rows.mean()
        top = _axes(rows.second_moments(mean))[1][:, :k]
        return {"mean": _narrow(mean), "matrix": _narrow(np.eye(rows.dim) - top @ top.T), "options": {"components": k}}


@dataclass(frozen=True)
class PCA(Step):
    """Subtract the mean and keep the first k principal components, as coordinates."""

    k: int
    name: ClassVar[str] = "pca"
    holds: ClassVar[tuple[str, ...]] = ("mean", "matrix")

    def _fit(self, rows: _Rows) -> dict[str, Any]:
        k = integer(self.k, "k", 1, rows.dim)
        mean = rows.mean()
        return {"mean": _narrow(mean), "matrix": _narrow(_axes(rows.second_moments(mean))[1][:, :k]), "dim": k}


@dataclass(frozen=True)
class Whiten(Step):
    """Principal components scaled to variance 1: (x - mean) U (L + eps)^-1/2; directions without variance become 0.

    `eps` is added to every variance: it keeps small ones from being blown up.
    """

    eps: float = 0.0
    name: ClassVar[str] = "whiten"
    holds: ClassVar[tuple[str, ...]] = ("mean", "matrix")

    def _fit(self, rows: _Rows) -> dict[str, Any]:
        eps = number(self.eps, "eps", 0.0)
        mean = rows.mean()
        variances, axes = _axes(rows.second_moments(mean))
        return {"mean": _narrow(mean), "matrix": _narrow(axes * _inverse_roots(variances, eps))}


@dataclass(frozen=True)
class Rotation(Step):
    """Rotate to the principal axes of the rows, uncentred: lengths, products and cosines stay as they are.

    The first d numbers of every row are then the d that keep most of it. With `counts`, rows weigh as often as they
    occur.
    """

    counts: bool = False
    name: ClassVar[str] = "rotation"
    holds: ClassVar[tuple[str, ...]] = ("matrix",)

    def _fit(self, rows: _Rows) -> dict[str, Any]:
        weights = rows.needed_counts("Rotation(counts=True)") if self.counts else None
        return {"matrix": _narrow(_axes(rows.second_moments(np.zeros(rows.dim), weights))[1])}


@dataclass(frozen=True)
class Truncate(Step):
    """Keep the first d numbers of every vector."""

    d: int
    name: ClassVar[str] = "truncate"

    def _fit(self, rows: _Rows) -> dict[str, Any]:
        return {"dim": integer(self.d, "d", 1, rows.dim)}


@dataclass(frozen=True)
class SIFScale(Step):
    """Scale every row by a / (a + p), p the share of its word in the corpus (Arora, Liang and Ma 2017).

    Cosines stay as they are; means of words become those of smooth inverse frequency. A word from outside has p = 0.
    """

    a: float = 1e-3
    name: ClassVar[str] = "sif"

    def _fit(self, rows: _Rows) -> dict[str, Any]:
        a = number(self.a, "a", 1e-12)
        return {"options": {"a": a, "total": max(1, int(rows.needed_counts("SIFScale").sum()))}}


@dataclass(frozen=True)
class Unit(Step):
    """Scale every row to length 1."""

    name: ClassVar[str] = "unit"

    def _fit(self, rows: _Rows) -> dict[str, Any]:
        rows.check()
        return {}


@dataclass(frozen=True)
class Multiply(Step):
    """Multiply every row by a given matrix [D, D'], such as a map to another space: there is nothing to fit."""

    matrix: ArrayLike = field(repr=False)
    name: ClassVar[str] = "multiply"
    holds: ClassVar[tuple[str, ...]] = ("matrix",)

    def _options(self) -> dict[str, Any]:
        return {}

    def _fit(self, rows: _Rows) -> dict[str, Any]:
        rows.check()
        given = self.fitted()
        if given.dims[0] != rows.dim:
            raise OptionError(f"matrix must have {rows.dim} rows, one for each number of a vector; got {given.dims[0]}")
        return {"matrix": given.matrix, "dim": given.dims[1]}

    def fitted(self) -> Fitted:
        """The step for any rows; OptionError where the matrix is none, or not finite."""
        array = np.asarray(self.matrix, np.float64)
        if array.ndim != 2 or not array.size or not np.isfinite(array).all():
            raise OptionError(f"matrix must be [D, D'] finite numbers; got shape {array.shape}, or NaN or infinity")
        return Fitted(self.name, {}, (array.shape[0], array.shape[1]), matrix=_narrow(array))


STEPS: dict[str, type[Step]] = {
    step.name: step for step in (Center, Standardize, ABTT, PCA, Whiten, Rotation, Truncate, SIFScale, Unit, Multiply)
}


class _Rows:
    """The rows that a step is fitted to: a matrix read in blocks, after the steps before it."""

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
        if self._counts is None:
            raise OptionError(f"{who} needs the counts of the words; these vectors have none")
        return self._counts

    def check(self) -> None:
        """OptionError names the first row that is not finite."""
        for _ in self._blocks():
            pass

    def mean(self) -> Wide:
        """[D] the mean of the rows that are not zero."""
        total, rows = np.zeros(self.dim), 0
        for _, block, used in self._blocks():
            total += block.sum(axis=0)
            rows += int(used.sum())
        return total / max(1, rows)

    def second_moments(self, mean: Wide, weights: NDArray[np.int64] | None = None) -> Wide:
        """[D, D] the mean of (x - mean)' (x - mean) over the rows that are not zero."""
        moments, total = np.zeros((self.dim, self.dim)), 0.0
        for first, block, used in self._blocks():
            centred = block[used] - mean
            weight = np.ones(len(centred)) if weights is None else weights[first : first + len(block)][used]
            moments += (centred * weight[:, None]).T @ centred if weights is not None else centred.T @ centred
            total += float(weight.sum())
        return moments / max(1.0, total)

    def _blocks(self) -> Iterator[tuple[int, Wide, NDArray[np.bool_]]]:
        """(first row, float64 rows, which of them are not zero)."""
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
    """(first, last + 1) of blocks of rows that take a few megabytes in float64."""
    step = max(1, _BLOCK_BYTES // (8 * dim))
    for first in range(0, rows, step):
        yield first, min(first + step, rows)


def check_overflow(given: Floats, made: Floats, first: int, what: str) -> None:
    """OptionError names a row of finite numbers that are none any more; `first` is the number of the first row."""
    if np.isfinite(made).all():
        return
    bad = np.flatnonzero(~np.isfinite(made).all(axis=1) & np.isfinite(given).all(axis=1))
    if len(bad):
        raise OptionError(f"vectors must stay numbers of float32 in {what}; row {first + bad[0]} does not: scale them")


def _axes(moments: Wide) -> tuple[Wide, Wide]:
    """Variances [D], largest first, and their axes as columns [D, D], the largest number of each being positive."""
    variances, axes = np.linalg.eigh(moments)
    variances, axes = variances[::-1], axes[:, ::-1]
    largest = np.take_along_axis(axes, np.abs(axes).argmax(axis=0)[None], axis=0)
    return np.maximum(variances, 0), axes * np.where(largest < 0, -1.0, 1.0)


def _inverse_roots(variances: Wide, eps: float = 0.0) -> Wide:
    """(variance + eps)^-1/2, and 0 where there is no variance."""
    there = variances > _FLAT * variances.max(initial=0)
    return np.where(there, 1 / np.sqrt(np.where(there, variances + eps, 1)), 0)


def _narrow(array: Wide) -> Floats:
    narrow = np.ascontiguousarray(array, np.float32)
    narrow.flags.writeable = False
    return narrow


def integer(value: Any, name: str, least: int, most: int) -> int:
    """An option that is a whole number; OptionError says its bounds."""
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or not least <= value <= most:
        raise OptionError(f"{name} must be an integer from {least} to {most}; got {value!r}")
    return int(value)


def number(value: Any, name: str, least: float) -> float:
    """An option that is a finite number; OptionError says its bound."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not least <= value < math.inf:
        raise OptionError(f"{name} must be a finite number >= {least}; got {value!r}")
    return float(value)
