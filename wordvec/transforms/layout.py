"""Layouts: rows as points of two or three dimensions, by PCA, UMAP or t-SNE, and clusters to colour them by."""

from __future__ import annotations

import io
from collections.abc import Callable
from importlib.util import find_spec
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from wordvec.base.errors import OptionError
from wordvec.base.libraries import library, missing
from wordvec.codecs import codebooks
from wordvec.transforms.fitting import axes, ranges

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]
Progress = Callable[[float], object]
Real = TypeVar("Real", np.float32, np.float64)

METHODS = ("pca", "umap", "tsne")
COMPONENTS = 50  # principal components that UMAP, t-SNE and clusters see: with more they take longer, and change little
MOST_CLUSTERS = codebooks.CENTROIDS
_LIBRARIES = {
    "umap": ("umap", "wordvec[umap]", "for layouts by UMAP"),
    "tsne": ("openTSNE", "wordvec[tsne]", "for layouts by t-SNE"),
}
_FLAT = 1e-12  # a variance of unit rows below it is rounding error
_NEIGHBOURS, _PERPLEXITY = 15, 30.0  # the defaults of both libraries, lowered where there are few rows
_LEAST = 5  # rows that UMAP and t-SNE can lay out
_EARLY, _LATE, _STEP = 250, 500, 10  # iterations of t-SNE, and how many pass until progress is told


def components(matrix: Any, k: int = COMPONENTS) -> tuple[Floats, Doubles]:
    """Coordinates [R, k] of unit rows on their first principal components, and the share of the variance of each, [k].

    `matrix` is [R, D], an array or an encoded one, which is read in blocks; rows of zeros lie in the centre. The point
    that is farthest from the centre along a component has a positive coordinate there. OptionError names a row that is
    not finite.

    >>> points, shares = components(np.array([[3, 0], [0, 2], [1, 1]], np.float32), 2)
    >>> points.shape, bool(shares[0] > 0.9)
    ((3, 2), True)
    """
    rows, dim = matrix.shape
    points, total = _of_few(matrix) if rows <= dim else _of_many(matrix, min(k, dim))
    if total <= _FLAT:  # all rows are equal
        return np.zeros((rows, k), np.float32), np.zeros(k)
    points, missing = signed(points[:, :k]), max(0, k - points.shape[1])
    used = max(1, int((points != 0).any(axis=1).sum()))
    shares = np.square(points, dtype=np.float64).sum(axis=0) / (used * total)
    return np.pad(points, ((0, 0), (0, missing))), np.pad(shares, (0, missing))


def _of_few(matrix: Any) -> tuple[Floats, float]:
    """All coordinates of few rows, and their variance: their SVD costs less than the covariance of the dimensions."""
    units = _units(matrix[:], 0)
    used = units.any(axis=1)
    centred = units - units[used].mean(axis=0) if used.any() else units
    centred[~used] = 0
    left, values, _ = np.linalg.svd(centred, full_matrices=False)
    points: Floats = (left * values).astype(np.float32)
    return points, float(np.square(values).sum()) / max(1, int(used.sum()))


def _of_many(matrix: Any, k: int) -> tuple[Floats, float]:
    """The first k coordinates of the rows, and their variance in all dimensions, in two passes over the rows."""
    rows, dim = matrix.shape
    moments, total, used = np.zeros((dim, dim)), np.zeros(dim), 0
    for first, last in ranges(rows, dim):
        units = _units(matrix[first:last], first)
        moments += units.T @ units
        total += units.sum(axis=0)
        used += int(units.any(axis=1).sum())
    mean = total / max(1, used)
    variances, directions = axes(moments / max(1, used) - np.outer(mean, mean))
    points = np.empty((rows, k), np.float32)
    for first, last in ranges(rows, dim):
        units = _units(matrix[first:last], first)
        points[first:last] = units @ directions[:, :k] - mean @ directions[:, :k]
        points[first:last][~units.any(axis=1)] = 0
    return points, float(variances.sum())


def _units(block: Any, first: int) -> Doubles:
    """[n, D] rows at length 1, rows of zeros as they are; `first` is the number of the first row, for the error."""
    wide = np.asarray(block, np.float64)
    lengths = np.sqrt(np.einsum("ij,ij->i", wide, wide))
    if not np.isfinite(lengths).all():
        row = first + int(np.flatnonzero(~np.isfinite(lengths))[0])
        raise OptionError(f"vectors must be finite numbers; row {row} holds NaN or infinity: drop or repair it")
    units: Doubles = wide / np.where(lengths > 0, lengths, 1)[:, None]
    return units


def signed(points: NDArray[Real]) -> NDArray[Real]:
    """Points whose farthest along each dimension has a positive coordinate."""
    if not len(points):
        return points
    farthest = points[np.abs(points).argmax(axis=0), np.arange(points.shape[1])]
    return points * np.where(farthest < 0, -1, 1).astype(points.dtype)


def check_method(method: str, rows: int, dimensions: int) -> None:
    """OptionError for a method that cannot lay out so many rows; LibraryError where its library is not installed."""
    if method == "pca":
        return
    if rows < _LEAST:
        raise OptionError(f"words must be {_LEAST} or more with method {method!r}; got {rows}: use 'pca'")
    if method == "tsne" and dimensions > 2:
        raise OptionError(f"dimensions must be 2 or less with method 'tsne'; got {dimensions}: use 'umap' or 'pca'")
    if find_spec(_LIBRARIES[method][0]) is None:
        raise missing(*_LIBRARIES[method])


def embedded(
    points: Floats, method: str, dimensions: int, seed: int, progress: Progress | None = None, threads: int = 1
) -> Floats:
    """[R, dimensions]: UMAP (McInnes, Healy, Melville 2018) or t-SNE (van der Maaten, Hinton 2008) of points [R, k].

    Both begin with the first of the k dimensions, and give the same for the same seed. `progress` is called with the
    share that is done, 0 to 1; what it raises ends the work. LibraryError where the library is not installed.
    """
    check_method(method, len(points), dimensions)
    told = progress or (lambda share: None)
    told(0.0)
    if not points.any():  # all words are equal
        return np.zeros((len(points), dimensions), np.float32)
    start = points[:, :dimensions] / max(float(points[:, 0].std()), 1e-12)
    laid = (_umap if method == "umap" else _tsne)(points, start, seed, told, threads)
    told(1.0)
    return signed(np.ascontiguousarray(laid - laid.mean(axis=0), np.float32))


def _umap(points: Floats, start: Floats, seed: int, told: Progress, threads: int) -> NDArray[Any]:
    umap = library(*_LIBRARIES["umap"])
    bar = {"file": _Bar(told), "bar_format": "{n_fmt}/{total_fmt}", "disable": False}
    model = umap.UMAP(
        n_neighbors=min(_NEIGHBOURS, len(points) - 1),
        n_components=start.shape[1],
        init=start,
        random_state=seed,
        n_jobs=1,  # more threads would give another layout in each run
        tqdm_kwds=bar,
    )
    laid: NDArray[Any] = model.fit_transform(points)
    return laid


class _Bar(io.TextIOBase):
    """What UMAP's progress bar writes to: "n/total" becomes a share."""

    encoding = "ascii"

    def __init__(self, told: Progress) -> None:
        self._told = told

    def write(self, text: str) -> int:
        done, _, total = text.strip().partition("/")
        if done.isdigit() and total.isdigit():
            self._told(int(done) / max(1, int(total)))
        return len(text)


def _tsne(points: Floats, start: Floats, seed: int, told: Progress, threads: int) -> NDArray[Any]:
    opentsne = library(*_LIBRARIES["tsne"])
    steps = 0

    def step(iteration: int, error: float, embedding: NDArray[Any]) -> bool:
        nonlocal steps
        steps += _STEP
        told(min(1.0, steps / (_EARLY + _LATE)))
        return False

    model = opentsne.TSNE(
        n_components=start.shape[1],
        perplexity=min(_PERPLEXITY, (len(points) - 1) / 3),
        initialization=1e-4 * start.astype(np.float64),
        early_exaggeration_iter=_EARLY,
        n_iter=_LATE,
        n_jobs=threads,
        callbacks=step,
        callbacks_every_iters=_STEP,
        random_state=seed,
    )
    return np.asarray(model.fit(points.astype(np.float64)))


def clustered(points: Floats, clusters: int, seed: int) -> NDArray[np.uint8]:
    """[R] the cluster of each point [R, k] by k-means: 0 is the largest; fewer where fewer points differ."""
    rows = np.ascontiguousarray(points, np.float32)
    books = codebooks.train(rows, 1, rows.shape[1], seed, clusters=clusters)
    labels = codebooks.nearest(rows, books)[0]
    by_size = np.argsort(-np.bincount(labels, minlength=books.shape[1]), kind="stable")
    rank = np.empty(len(by_size), np.uint8)
    rank[by_size] = np.arange(len(by_size))
    ranked: NDArray[np.uint8] = rank[labels]
    return ranked


def central(points: Floats, labels: NDArray[np.uint8], n: int, among: int = 100) -> list[list[int]]:
    """For each cluster the rows nearest to its mean, at most n, of the first `among` of its rows."""
    found = []
    for label in range(int(labels.max(initial=0)) + 1 if len(labels) else 0):
        own = np.flatnonzero(labels == label)
        mean = points[own].mean(axis=0)
        own = own[:among]
        distances = np.square(points[own] - mean).sum(axis=1)
        found.append(own[np.argsort(distances, kind="stable")[:n]].tolist())
    return found
