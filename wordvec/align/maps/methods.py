"""Maps fitted in closed form to pairs of vectors: orthogonal, linear, canonical correlations, and in several steps."""

from __future__ import annotations

import warnings
from dataclasses import asdict, dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wordvec.align.maps.map import Map, multiplied
from wordvec.base.arguments import numbers
from wordvec.base.errors import OptionError
from wordvec.base.options import ByName

Wide = NDArray[np.float64]
Spaces = tuple[NDArray[np.float32], NDArray[np.float32]]
Fit = tuple[Wide, Wide | None, dict[str, Any]]  # the matrices for source and target, and what was found


@dataclass(frozen=True, kw_only=True)
class Method(ByName):
    """How a map is fitted; the fields are its options.

    Rows are vectors, and a map is x -> x W: other tools that keep W transposed multiply from the left.
    """

    name: ClassVar[str]
    moves_target: ClassVar[bool] = False  # whether the target goes to another space, too

    def fit(
        self, source: ArrayLike, target: ArrayLike, weights: ArrayLike | None = None, *, spaces: Spaces | None = None
    ) -> Map:
        """The map fitted to pairs of rows, source [n, D] and target [n, D'], computed in float64.

        `weights` [n] say how much each pair counts. Pairs with a row that is zero or not finite are left out and
        counted in `facts`; OptionError where none is left, or the arrays do not fit together. A warning says where
        there are fewer pairs than dimensions. `spaces` are all rows of both sides, for methods that look at neighbours.
        """
        x, y, w, dropped = checked_pairs(source, target, weights)
        if len(x) < (least := min(x.shape[1], y.shape[1])):
            warnings.warn(
                f"{len(x)} pairs are fewer than the {least} dimensions and do not determine a map: give more pairs, or "
                "let self_learn find more",
                stacklevel=2,
            )
        matrix, other, found = self._fit(x, y, w, spaces)
        facts = {"method": self.name, "options": asdict(self), "pairs": len(x), "dropped": dropped, **found}
        return Map(multiplied(matrix), None if other is None else multiplied(other), facts)

    def _fit(self, x: Wide, y: Wide, w: Wide, spaces: Spaces | None) -> Fit:
        raise NotImplementedError


@dataclass(frozen=True, kw_only=True)
class Orthogonal(Method):
    """The rotation, or rotation and reflection, that brings pairs nearest: min |X W - Y| with W'W = I.

    Of the singular value decomposition X'Y = U S V', W = U V' (Schoenemann 1966, "A generalized solution of the
    orthogonal Procrustes problem"; for word vectors Xing et al. 2015, Artetxe et al. 2016). Lengths and cosines of the
    source stay as they are. With `scale` W is multiplied by tr(S) / |X|^2; with `rotation` there is no reflection, the
    last singular direction being turned round if need be. Where the sides differ in numbers, W has orthonormal rows or
    columns.

    >>> Orthogonal().fit([[1, 0], [0, 2]], [[0, 1], [2, 0]]).matrix.round(3).tolist()
    [[0.0, 1.0], [1.0, 0.0]]
    """

    scale: bool = False
    rotation: bool = False
    name: ClassVar[str] = "orthogonal"

    def _fit(self, x: Wide, y: Wide, w: Wide, spaces: Spaces | None) -> Fit:
        if self.rotation and x.shape[1] != y.shape[1]:
            raise OptionError(
                f"rotation=True needs as many numbers on both sides; got {x.shape[1]} and {y.shape[1]}: leave it out"
            )
        matrix, s = procrustes(x, y, w, rotation=self.rotation)
        factor = float(s.sum() / (w[:, None] * x * x).sum()) if self.scale else 1.0
        return matrix * factor, None, {"scale": factor}


@dataclass(frozen=True, kw_only=True)
class Linear(Method):
    """The linear map of least squares with a ridge: W = (X'X + ridge I)^-1 X'Y (Mikolov, Le, Sutskever 2013).

    `ridge` is a number, or "gcv": the one of 61 from 1e-12 to 1e3 times the largest eigenvalue of X'X for which the
    generalised cross-validation n |Y - XW|^2 / (n - tr H)^2 is least (Golub, Heath, Wahba 1979, equation 1.4), H being
    what makes X W of Y. It is in `facts["ridge"]`.

    >>> Linear(ridge=0).fit([[1, 0], [0, 2]], [[3, 1], [2, 0]]).matrix.tolist()
    [[3.0, 1.0], [1.0, 0.0]]
    """

    ridge: float | str = "gcv"
    name: ClassVar[str] = "linear"

    def __post_init__(self) -> None:
        given = self.ridge
        number = isinstance(given, (int, float)) and not isinstance(given, bool)
        if given != "gcv" and not (number and 0 <= float(given) < np.inf):
            raise OptionError(f'ridge must be "gcv" or a finite number >= 0; got {given!r}')

    def _fit(self, x: Wide, y: Wide, w: Wide, spaces: Spaces | None) -> Fit:
        root = np.sqrt(w)[:, None]
        u, s, v = np.linalg.svd(x * root, full_matrices=False)
        z = u.T @ (y * root)
        ridge = _gcv(s, z, float((root * y * root * y).sum()), len(x)) if self.ridge == "gcv" else float(self.ridge)
        there = s > s[0] * max(x.shape) * np.finfo(float).eps  # directions that no pair has get no weight
        share = np.where(there, s / np.where(there, s * s + ridge, 1), 0)
        return (v.T * share) @ z, None, {"ridge": ridge}


@dataclass(frozen=True, kw_only=True)
class CCA(Method):
    """Canonical correlations: both sides go to directions in which pairs correlate most (Faruqui and Dyer 2014).

    With Cxx = X'X / n + e I, Cyy alike and Cxy = X'Y / n: Cxx^-1/2 Cxy Cyy^-1/2 = U S V', A = Cxx^-1/2 U and
    B = Cyy^-1/2 V, of which the first `dim` columns count: half of them where None, as those of low correlation are
    noise at variance 1. e is `reg` times the mean variance. X and Y are taken as they come: centre them before, as the
    default normalisation does. `facts["correlations"]` are S.
    """

    dim: int | None = None
    reg: float = 1e-4
    name: ClassVar[str] = "cca"
    moves_target: ClassVar[bool] = True

    def __post_init__(self) -> None:
        _check_dim(self.dim)
        _check_share("reg", self.reg)

    def _fit(self, x: Wide, y: Wide, w: Wide, spaces: Spaces | None) -> Fit:
        root = np.sqrt(w / w.sum())[:, None]
        x, y = x * root, y * root
        most = _kept(self.dim, x, y)
        dim = max(1, most // 2) if self.dim is None else most
        a, _ = _whitening(x, self.reg, "source")
        b, _ = _whitening(y, self.reg, "target")
        u, s, v = np.linalg.svd(a.T @ (x.T @ y) @ b, full_matrices=False)
        return a @ u[:, :dim], b @ v.T[:, :dim], {"correlations": s[:dim].tolist()}


@dataclass(frozen=True, kw_only=True)
class MultiStep(Method):
    """Whiten both sides, rotate, weigh directions by how well they agree, undo the whitening, cut (Artetxe, Labaka,
    Agirre 2018, "Generalizing and Improving Bilingual Word Embedding Mappings with a Multi-Step Framework").

    Of the pairs, X = U S V' and Wx = V S^-1 V', Wz alike; the decomposition of (X Wx)'(Z Wz) gives rotations of both
    sides and singular values, of which the columns of both sides are multiplied with the power `reweight`; `dewhiten`
    multiplies by the inverse of the whitening in the rotated space; the first `dim` columns stay. `reg` is added to the
    variances as a share of their mean: without whitening it has no part.
    """

    whiten: bool = True
    reweight: float = 0.5
    dewhiten: bool = True
    dim: int | None = None
    reg: float = 1e-4
    name: ClassVar[str] = "multistep"
    moves_target: ClassVar[bool] = True

    def __post_init__(self) -> None:
        _check_dim(self.dim)
        _check_share("reg", self.reg)
        _check_share("reweight", self.reweight)

    def _fit(self, x: Wide, y: Wide, w: Wide, spaces: Spaces | None) -> Fit:
        root = np.sqrt(w)[:, None]
        x, y = x * root, y * root
        dim = _kept(self.dim, x, y)
        sides = [(np.eye(side.shape[1]), np.eye(side.shape[1])) for side in (x, y)]
        if self.whiten:
            sides = [_whitening(x, self.reg, "source"), _whitening(y, self.reg, "target")]
        (a, a_back), (b, b_back) = sides
        u, s, v = np.linalg.svd(a.T @ (x.T @ y) @ b, full_matrices=False)
        done = []
        for whitening, back, turn in ((a, a_back, u), (b, b_back, v.T)):
            matrix = whitening @ turn * s**self.reweight
            if self.whiten and self.dewhiten:
                matrix = matrix @ (turn.T @ back @ turn)
            done.append(matrix[:, :dim])
        return done[0], done[1], {"singular_values": s[:dim].tolist()}


def procrustes(x: Wide, y: Wide, w: Wide | None = None, *, rotation: bool = False) -> tuple[Wide, Wide]:
    """The orthogonal W of min |X W - Y|, pairs weighing w, and the singular values of X'Y; see `Orthogonal`."""
    u, s, v = np.linalg.svd(x.T @ (y if w is None else w[:, None] * y), full_matrices=False)
    if rotation and np.linalg.det(u) * np.linalg.det(v) < 0:
        u[:, -1] *= -1
        s[-1] *= -1
    return u @ v, s


def checked_pairs(source: ArrayLike, target: ArrayLike, weights: ArrayLike | None) -> tuple[Wide, Wide, Wide, int]:
    """Pairs of rows and weights of mean 1, in float64, without pairs that have no direction; how many had none."""
    for name, side in (("source", source), ("target", target)):
        if hasattr(side, "key_to_index"):
            raise OptionError(
                f"{name} must be an array with a row for each pair; got {type(side).__name__}: fit_map(source, target, "
                "pairs) looks the words up"
            )
    x, y = numbers(source, "source", "rows of numbers"), numbers(target, "target", "rows of numbers")
    if x.ndim != 2 or y.ndim != 2 or len(x) != len(y) or not x.shape[1] or not y.shape[1]:
        raise OptionError(f"source and target must be matrices with a row for each pair; got {x.shape} and {y.shape}")
    w = np.ones(len(x)) if weights is None else numbers(weights, "weights")
    if w.shape != (len(x),) or not np.isfinite(w).all() or (w < 0).any():
        raise OptionError(f"weights must be one number >= 0 for each of {len(x)} pairs; got shape {w.shape}")
    fine = np.isfinite(x).all(axis=1) & np.isfinite(y).all(axis=1)
    fine &= (x != 0).any(axis=1) & (y != 0).any(axis=1)
    used = fine & (w > 0)
    if not used.any():
        raise OptionError(f"there must be a pair of rows that are finite and not zero; none of {len(x)} pairs is")
    x, y, w = x[used], y[used], w[used]
    return x, y, w / w.mean(), int((~fine).sum())


def _gcv(s: Wide, z: Wide, total: float, n: int) -> float:
    """The ridge of the least generalised cross-validation, from singular values, U'Y and |Y|^2."""
    parts = np.square(z).sum(axis=1)
    outside = max(0.0, total - float(parts.sum()))
    ridges = s[0] ** 2 * np.logspace(-12, 3, 61)
    left = ridges[:, None] / (s * s + ridges[:, None])
    scores = n * (outside + (left**2 * parts).sum(axis=1)) / np.square(n - len(s) + left.sum(axis=1))
    return float(ridges[int(scores.argmin())])


def _whitening(x: Wide, reg: float, side: str) -> tuple[Wide, Wide]:
    """(X'X + e I)^-1/2 and its inverse; OptionError where it has none."""
    variances, axes = np.linalg.eigh(x.T @ x)
    variances = np.maximum(variances, 0) + reg * float(np.maximum(variances, 0).mean())
    if variances[0] <= variances[-1] * 1e-12:
        raise OptionError(
            f"pairs must span all {x.shape[1]} dimensions of the {side} to be whitened with reg={reg:g}; their "
            f"covariance is singular: give reg=1e-3 or more, more pairs, or another method"
        )
    roots = np.sqrt(variances)
    return (axes / roots) @ axes.T, (axes * roots) @ axes.T


def _check_dim(dim: int | None) -> None:
    if dim is not None and (isinstance(dim, bool) or not isinstance(dim, (int, np.integer)) or dim < 1):
        raise OptionError(f"dim must be a number of dimensions >= 1, or None for all; got {dim!r}")


def _kept(dim: int | None, x: Wide, y: Wide) -> int:
    most = min(x.shape[1], y.shape[1])
    if dim is not None and dim > most:
        raise OptionError(f"dim must be at most the {most} dimensions that both sides have; got {dim}")
    return most if dim is None else int(dim)


def _check_share(name: str, value: float) -> None:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value < np.inf:
        raise OptionError(f"{name} must be a finite number >= 0; got {value!r}")
