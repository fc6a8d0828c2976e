"""The steps of transforms: fitted in blocks and in float64, then applied to vectors."""

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
_FLAT = 1e-10  # less than this share of the largest variance is rounding error


class Applied(Protocol):
    """The steps before one that is fitted: `Transforms`."""

    @property
    def dims(self) -> tuple[int, int]: ...  # noqa: D102
    def apply(self, vectors: Any, counts: ArrayLike | None = None) -> Floats: ...  # noqa: D102


@dataclass(frozen=True)
class Step(ByName):
    """A transform that is not fitted yet; its fields are its options."""

    name: ClassVar[str]
    holds: ClassVar[tuple[str, ...]] = ()  # the tensors of the fitted step

    def fit(self, matrix: Any, counts: ArrayLike | None = None, after: Applied | None = None) -> Fitted:
        """Fit the step to the rows of a matrix [R, D], an array or an encoded one, transformed by `after`.

        The matrix is read in blocks and summed in float64. Rows of zeros stand for words without a vector: they are
        ignored, and no transform moves them. `counts` [R] are the corpus counts of the rows. OptionError names a row
        that is not finite, and options that do not fit the matrix.
        """
        rows = _Rows(matrix, counts, after)
        parts = self._fit(rows)
        options, dims = self._options() | parts.pop("options", {}), (rows.dim, parts.pop("dim", rows.dim))
        return Fitted(self.name, options, dims, **parts)

    def _options(self) -> dict[str, Any]:
        """The options, for JSON."""
        return asdict(self)

    def _fit(self, rows: _Rows) -> dict[str, Any]:
        raise NotImplementedError


@dataclass(frozen=True)
class Fitted:
    """A fitted step: y = ((x - mean) * scale) @ matrix, where each part is optional; or a factor for each row."""

    name: str
    options: dict[str, Any]
    dims: tuple[int, int]  # dimensions before and after
    mean: Floats | None = field(default=None, repr=False)  # [D]
    scale: Floats | None = field(default=None, repr=False)  # [D]
    matrix: Floats | None = field(default=None, repr=False)  # [D, D']

    def apply(self, vectors: Floats, counts: NDArray[np.int64] | None = None) -> Floats:
        """[n, D'] float32 from [n, D]; rows of zeros stay zero. `counts` [n]: 0 for unknown words."""
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
        """(matrix [D, D'], offset [D']) of y = x @ matrix + offset, as applied to words outside the corpus.

        None where the step is not affine, so that the mean of rows is not transformed into the mean of their images.
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
        arrays = {"mean": self.mean, "scale": self.scale, "matrix": self.matrix}
        return {name: array for name, array in arrays.items() if array is not None}


@dataclass(frozen=True)
class Center(Step):
    """Subtract the mean of the rows."""

    name: ClassVar[str] = "center"
    holds: ClassVar[tuple[str, ...]] = ("mean",)

    def _fit(self, rows: _Rows) -> dict[str, Any]:
        return {"mean": _narrow(rows.mean())}


@dataclass(frozen=True)
class Standardize(Step):
    """Subtract the mean and divide every dimension by its standard deviation; constant dimensions become zero."""

    name: ClassVar[str] = "standardize"
    holds: ClassVar[tuple[str, ...]] = ("mean", "scale")

    def _fit(self, rows: _Rows) -> dict[str, Any]:
        mean = rows.mean()
        return {"mean": _narrow(mean), "scale": _narrow(_inverse_roots(np.diag(rows.second_moments(mean))))}


@dataclass(frozen=True)
class ABTT(Step):
    """All but the top (Mu and Viswanath 2018): subtract the mean and remove the first principal components.

    `components` is their number; by default a hundredth of the dimensions, at least 1 where there are 2.

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
    """Subtract the mean and keep the coordinates along the first k principal components."""

    k: int
    name: ClassVar[str] = "pca"
    holds: ClassVar[tuple[str, ...]] = ("mean", "matrix")

    def _fit(self, rows: _Rows) -> dict[str, Any]:
        k = integer(self.k, "k", 1, rows.dim)
        mean = rows.mean()
        return {"mean": _narrow(mean), "matrix": _narrow(_axes(rows.second_moments(mean))[1][:, :k]), "dim": k}


@dataclass(frozen=True)
class Whiten(Step):
    """Principal components scaled to variance 1: (x - mean) U (L + eps)^-1/2; components without variance become 0.

    `eps` is added to every variance, so that noise in small components is not amplified.
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
    """Rotate to the principal axes of the uncentred rows: norms, dot products and cosines do not change.

    The first d dimensions then hold as much of the rows as any d can. With `counts`, rows are weighted by their
    counts.
    """

    counts: bool = False
    name: ClassVar[str] = "rotation"
    holds: ClassVar[tuple[str, ...]] = ("matrix",)

    def _fit(self, rows: _Rows) -> dict[str, Any]:
        weights = rows.needed_counts("Rotation(counts=True)") if self.counts else None
        return {"matrix": _narrow(_axes(rows.second_moments(np.zeros(rows.dim), weights))[1])}


@dataclass(frozen=True)
class Truncate(Step):
    """Keep the first d dimensions of every vector."""

    d: int
    name: ClassVar[str] = "truncate"

    def _fit(self, rows: _Rows) -> dict[str, Any]:
        return {"dim": integer(self.d, "d", 1, rows.dim)}


@dataclass(frozen=True)
class SIFScale(Step):
    """Scale every row by a / (a + p), where p is the word's share of the corpus (Arora, Liang and Ma 2017).

    Cosines do not change; means of words become smooth-inverse-frequency means. An unknown word has p = 0.
    """

    a: float = 1e-3
    name: ClassVar[str] = "sif"

    def _fit(self, rows: _Rows) -> dict[str, Any]:
        a = number(self.a, "a", 1e-12)
        return {"options": {"a": a, "total": max(1, int(rows.needed_counts("SIFScale").sum()))}}


@dataclass(frozen=True)
class Unit(Step):
    """Scale every row to unit norm."""

    name: ClassVar[str] = "unit"

    def _fit(self, rows: _Rows) -> dict[str, Any]:
        rows.check()
        return {}


@dataclass(frozen=True)
class Multiply(Step):
    """Multiply every row by a given matrix [D, D'], such as an alignment map; nothing is fitted."""

    matrix: ArrayLike = field(repr=False)
    name: ClassVar[str] = "multiply"
    holds: ClassVar[tuple[str, ...]] = ("matrix",)

    def _options(self) -> dict[str, Any]:
        return {}

    def _fit(self, rows: _Rows) -> dict[str, Any]:
        rows.check()
        step = self.fitted()
        if step.dims[0] != rows.dim:
            raise OptionError(f"matrix must have {rows.dim} rows, one for each number of a vector; got {step.dims[0]}")
        return {"matrix": step.matrix, "dim": step.dims[1]}

    def fitted(self) -> Fitted:
        """The step, which needs no rows; OptionError where the matrix is not [D, D'] finite numbers."""
        array = np.asarray(self.matrix, np.float64)
        if array.ndim != 2 or not array.size or not np.isfinite(array).all():
            raise OptionError(f"matrix must be [D, D'] finite numbers; got shape {array.shape}, or NaN or infinity")
        return Fitted(self.name, {}, (array.shape[0], array.shape[1]), matrix=_narrow(array))


STEPS: dict[str, type[Step]] = {
    step.name: step for step in (Center, Standardize, ABTT, PCA, Whiten, Rotation, Truncate, SIFScale, Unit, Multiply)
}


class _Rows:
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


def _axes(moments: Wide) -> tuple[Wide, Wide]:
    """Variances [D], largest first, and axes as columns [D, D], signed so that the largest entry is positive."""
    variances, axes = np.linalg.eigh(moments)
    variances, axes = variances[::-1], axes[:, ::-1]
    largest = np.take_along_axis(axes, np.abs(axes).argmax(axis=0)[None], axis=0)
    return np.maximum(variances, 0), axes * np.where(largest < 0, -1.0, 1.0)


def _inverse_roots(variances: Wide, eps: float = 0.0) -> Wide:
    """(variance + eps)^-1/2, and 0 where there is no variance."""
    varies = variances > _FLAT * variances.max(initial=0)
    return np.where(varies, 1 / np.sqrt(np.where(varies, variances + eps, 1)), 0)


def _narrow(array: Wide) -> Floats:
    narrow = np.ascontiguousarray(array, np.float32)
    narrow.flags.writeable = False
    return narrow


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
