"""The steps of transforms, one class a step: how it is fitted, and how a fitted step is applied to vectors."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wordvec.base.errors import OptionError
from wordvec.base.options import ByName
from wordvec.transforms.fitting import Applied, Rows, axes, integer, inverse_roots, narrow, number

Floats = NDArray[np.float32]
Wide = NDArray[np.float64]


@dataclass(frozen=True)
class Step(ByName):
    """A transform that is not fitted yet; its fields are its options."""

    name: ClassVar[str]
    holds: ClassVar[tuple[str, ...]] = ()  # the tensors of the fitted step
    is_affine: ClassVar[bool] = True  # for words outside the corpus

    def fit(self, matrix: Any, counts: ArrayLike | None = None, after: Applied | None = None) -> Fitted:
        """Fit the step to the rows of a matrix [R, D], an array or an encoded one, transformed by `after`.

        The matrix is read in blocks and summed in float64. Rows of zeros stand for words without a vector: they are
        ignored, and no transform moves them. `counts` [R] are the corpus counts of the rows. OptionError names a row
        that is not finite, and options that do not fit the matrix.
        """
        rows = Rows(matrix, counts, after)
        parts = self._fit(rows)
        options, dims = self._options() | parts.pop("options", {}), (rows.dim, parts.pop("dim", rows.dim))
        return Fitted(self.name, options, dims, **parts)

    @staticmethod
    def applied(fitted: Fitted, vectors: Floats, counts: NDArray[np.int64] | None) -> Floats:
        """[n, D'] what the fitted step makes of vectors [n, D]: ((x - mean) * scale) @ matrix, rows of zeros apart."""
        empty = ~vectors.any(axis=1)
        moved: Floats = vectors if fitted.mean is None else vectors - fitted.mean
        moved = moved if fitted.scale is None else moved * fitted.scale
        moved = moved if fitted.matrix is None else moved @ fitted.matrix
        if empty.any():
            moved[empty] = 0
        return moved

    def _options(self) -> dict[str, Any]:
        """The options, for JSON."""
        return asdict(self)

    def _fit(self, rows: Rows) -> dict[str, Any]:
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
        return STEPS[self.name].applied(self, vectors, counts)

    def affine(self) -> tuple[Wide, Wide] | None:
        """(matrix [D, D'], offset [D']) of y = x @ matrix + offset, as applied to words outside the corpus.

        None where the step is not affine, so that the mean of rows is not transformed into the mean of their images.
        """
        if not STEPS[self.name].is_affine:
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

    def _fit(self, rows: Rows) -> dict[str, Any]:
        return {"mean": narrow(rows.mean())}


@dataclass(frozen=True)
class Standardize(Step):
    """Subtract the mean and divide every dimension by its standard deviation; constant dimensions become zero."""

    name: ClassVar[str] = "standardize"
    holds: ClassVar[tuple[str, ...]] = ("mean", "scale")

    def _fit(self, rows: Rows) -> dict[str, Any]:
        mean = rows.mean()
        return {"mean": narrow(mean), "scale": narrow(inverse_roots(np.diag(rows.second_moments(mean))))}


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

    def _fit(self, rows: Rows) -> dict[str, Any]:
        k = self.components
        if k is None:
            k = min(max(1, round(rows.dim / 100)), rows.dim - 1)
        k = integer(k, "components", 0, rows.dim - 1)
        mean = rows.mean()
        top = axes(rows.second_moments(mean))[1][:, :k]
        return {"mean": narrow(mean), "matrix": narrow(np.eye(rows.dim) - top @ top.T), "options": {"components": k}}


@dataclass(frozen=True)
class PCA(Step):
    """Subtract the mean and keep the coordinates along the first k principal components."""

    k: int
    name: ClassVar[str] = "pca"
    holds: ClassVar[tuple[str, ...]] = ("mean", "matrix")

    def _fit(self, rows: Rows) -> dict[str, Any]:
        k = integer(self.k, "k", 1, rows.dim)
        mean = rows.mean()
        return {"mean": narrow(mean), "matrix": narrow(axes(rows.second_moments(mean))[1][:, :k]), "dim": k}


@dataclass(frozen=True)
class Whiten(Step):
    """Principal components scaled to variance 1: (x - mean) U (L + eps)^-1/2; components without variance become 0.

    `eps` is added to every variance, so that noise in small components is not amplified.
    """

    eps: float = 0.0
    name: ClassVar[str] = "whiten"
    holds: ClassVar[tuple[str, ...]] = ("mean", "matrix")

    def _fit(self, rows: Rows) -> dict[str, Any]:
        eps = number(self.eps, "eps", 0.0)
        mean = rows.mean()
        variances, directions = axes(rows.second_moments(mean))
        return {"mean": narrow(mean), "matrix": narrow(directions * inverse_roots(variances, eps))}


@dataclass(frozen=True)
class Rotation(Step):
    """Rotate to the principal axes of the uncentred rows: norms, dot products and cosines do not change.

    The first d dimensions then hold as much of the rows as any d can. With `counts`, rows are weighted by their
    counts.
    """

    counts: bool = False
    name: ClassVar[str] = "rotation"
    holds: ClassVar[tuple[str, ...]] = ("matrix",)

    def _fit(self, rows: Rows) -> dict[str, Any]:
        weights = rows.needed_counts("Rotation(counts=True)") if self.counts else None
        return {"matrix": narrow(axes(rows.second_moments(np.zeros(rows.dim), weights))[1])}


@dataclass(frozen=True)
class Truncate(Step):
    """Keep the first d dimensions of every vector."""

    d: int
    name: ClassVar[str] = "truncate"

    def _fit(self, rows: Rows) -> dict[str, Any]:
        return {"dim": integer(self.d, "d", 1, rows.dim)}

    @staticmethod
    def applied(fitted: Fitted, vectors: Floats, counts: NDArray[np.int64] | None) -> Floats:
        """[n, d] the first dimensions."""
        return vectors[:, : fitted.dims[1]]


@dataclass(frozen=True)
class SIFScale(Step):
    """Scale every row by a / (a + p), where p is the word's share of the corpus (Arora, Liang and Ma 2017).

    Cosines do not change; means of words become smooth-inverse-frequency means. An unknown word has p = 0.
    """

    a: float = 1e-3
    name: ClassVar[str] = "sif"

    def _fit(self, rows: Rows) -> dict[str, Any]:
        a = number(self.a, "a", 1e-12)
        return {"options": {"a": a, "total": max(1, int(rows.needed_counts("SIFScale").sum()))}}

    @staticmethod
    def applied(fitted: Fitted, vectors: Floats, counts: NDArray[np.int64] | None) -> Floats:
        """[n, D] rows scaled by the frequency of their words."""
        p = np.zeros(len(vectors)) if counts is None else counts / fitted.options["total"]
        factor = fitted.options["a"] / (fitted.options["a"] + p)
        scaled: Floats = (vectors * factor[:, None]).astype(np.float32)
        return scaled


@dataclass(frozen=True)
class Unit(Step):
    """Scale every row to unit norm."""

    name: ClassVar[str] = "unit"
    is_affine: ClassVar[bool] = False

    def _fit(self, rows: Rows) -> dict[str, Any]:
        rows.check()
        return {}

    @staticmethod
    def applied(fitted: Fitted, vectors: Floats, counts: NDArray[np.int64] | None) -> Floats:
        """[n, D] rows divided by their norms."""
        norms = np.sqrt(np.einsum("ij,ij->i", vectors, vectors, dtype=np.float64))
        units: Floats = (vectors / np.where(norms > 0, norms, 1)[:, None]).astype(np.float32)
        return units


@dataclass(frozen=True)
class Multiply(Step):
    """Multiply every row by a given matrix [D, D'], such as an alignment map; nothing is fitted."""

    matrix: ArrayLike = field(repr=False)
    name: ClassVar[str] = "multiply"
    holds: ClassVar[tuple[str, ...]] = ("matrix",)

    def _options(self) -> dict[str, Any]:
        return {}

    def _fit(self, rows: Rows) -> dict[str, Any]:
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
        return Fitted(self.name, {}, (array.shape[0], array.shape[1]), matrix=narrow(array))


# To add a step: a class and its name here.
STEPS: dict[str, type[Step]] = {
    step.name: step for step in (Center, Standardize, ABTT, PCA, Whiten, Rotation, Truncate, SIFScale, Unit, Multiply)
}
