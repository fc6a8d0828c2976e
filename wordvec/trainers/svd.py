"""Truncated singular value decomposition of a sparse matrix M, by a randomised block Krylov method.

Randomised subspace iteration (Halko, Martinsson & Tropp 2011) keeps the last power of M'M times some random columns.
The singular values of counts of words fall so slowly that tens of powers would be needed. All powers of a few columns,
orthonormal to each other, reach the same space with a fraction of the products (Musco & Musco 2015; for why the block
should be small: Meyer, Musco & Musco 2024).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wordvec.trainers.sparse import Floats, Sparse, Threads

Doubles = NDArray[np.float64]

BLOCK = 16  # columns that are multiplied together: a cache line of every row
_ROWS = 2048  # rows of a dense matrix that are worked on at a time
_PANEL = 64  # columns of the last product that are multiplied together
_NOISE = 1e-6  # what float32 leaves of a singular value that is zero, as a share of the largest


@dataclass(frozen=True, eq=False)
class SVD:
    """Singular values, and the singular vectors as products of what is here; see `left` and `right`."""

    values: Doubles  # [size] falling; zero beyond the rank
    product: Floats  # [rows, width] M times `basis`
    basis: Floats  # [columns, width] near the space of the first right singular vectors
    turn: Doubles  # [width, size] what makes right singular vectors of `basis`

    def left(self, power: float, signs: Doubles | float = 1.0) -> Floats:
        """[rows, size]: U S^power, times a sign for each column; columns beyond the rank are zero."""
        return _times(self.product, self.turn * (_power(self.values, power - 1) * signs))

    def right(self, power: float, signs: Doubles | float = 1.0) -> Floats:
        """[columns, size]: V S^power, likewise."""
        return _times(self.basis, self.turn * (_power(self.values, power) * signs))


def truncated(
    matrix: Sparse,
    size: int,
    threads: Threads,
    *,
    oversampling: int = 10,
    power_iterations: int = 3,
    seed: int = 1,
    advance: Callable[[int], object] = lambda columns: None,
) -> SVD:
    """The largest `size` singular values of a sparse matrix and their vectors.

    A basis of `power_iterations` times (`size` + `oversampling`) columns is made, no more than the matrix has: as many
    products as that many power iterations of `size` + `oversampling` columns. Where it spans all columns, the result is
    that of a full decomposition. `advance` is told how many columns were multiplied, in all `columns_of` of them.

    The result is the same for any number of threads, as far as the matrix products of numpy are.
    """
    rows, columns = matrix.shape
    width = min(size + oversampling, rows, columns)
    space = min(power_iterations * (size + oversampling), columns)
    transposed = matrix.transposed(threads)
    basis, projected = _krylov(matrix, transposed, max(space, width), threads, seed, advance)
    del transposed
    basis = _in_place(basis, _largest(projected, width))
    product = np.empty((rows, width), np.float32)
    for first in range(0, width, _PANEL):
        panel = np.ascontiguousarray(basis[:, first : first + _PANEL])
        product[:, first : first + _PANEL] = matrix.times(panel, threads)
        advance(panel.shape[1])
    values, turn = _rayleigh_ritz(product, basis)
    kept = np.zeros(size)
    turned = np.zeros((width, size))
    found = min(size, width)
    kept[:found], turned[:, :found] = values[:found], turn[:, :found]
    kept[kept <= _NOISE * kept[0]] = 0
    return SVD(kept, product, basis, turned)


def columns_of(shape: tuple[int, int], size: int, oversampling: int, power_iterations: int) -> int:
    """How many columns `truncated` multiplies, counting a product with M'M once."""
    width = min(size + oversampling, *shape)
    return max(min(power_iterations * (size + oversampling), shape[1]), width) + width


def _krylov(
    matrix: Sparse, transposed: Sparse, space: int, threads: Threads, seed: int, advance: Callable[[int], object]
) -> tuple[Floats, Doubles]:
    """(Q [columns, space], Q'M'MQ): an orthonormal basis of powers of M'M times random columns.

    The product of each block is made orthogonal to the two blocks before it, from which most of it comes, then to the
    whole basis: with one of these alone errors of rounding grow from block to block.
    """
    rng = np.random.default_rng(seed)
    columns = matrix.shape[1]
    basis, projected = np.empty((columns, space), np.float32), np.zeros((space, space))
    block = _orthonormal(rng.standard_normal((columns, min(BLOCK, space)), np.float32), basis[:, :0], 0.0, rng)
    done = 0
    while True:
        before, done = done, done + block.shape[1]
        basis[:, before:done] = block
        new = transposed.times(matrix.times(block, threads), threads)
        advance(block.shape[1])
        near = max(0, before - BLOCK)
        projected[near:done, before:done] = _remove(new, basis[:, near:done])
        projected[:done, before:done] += _remove(new, basis[:, :done])
        if done == space:
            return basis, projected
        scale = float(np.sqrt(np.abs(projected[:done, :done].diagonal()).max()))
        block = _orthonormal(new[:, : space - done], basis[:, :done], _NOISE * scale * scale, rng)


def _orthonormal(block: Floats, basis: Floats, least: float, rng: np.random.Generator) -> Floats:
    """Orthonormal columns that span the block, which is orthogonal to the basis; as many, whatever its rank.

    Directions no longer than `least`, or lost in the rounding of longer ones, are exchanged for random ones: the powers
    have reached all that there is, and what is new must be orthogonal to it.
    """
    squares, axes = np.linalg.eigh(_gram(block, block))
    good = squares > max(least * least, 1e-10 * squares[-1], 1e-300)
    found = block @ (axes[:, good] / np.sqrt(squares[good])).astype(np.float32)
    whole = bool(good.all())
    if not whole:
        fresh = rng.standard_normal((len(block), int((~good).sum())), np.float32)
        found = np.concatenate([found, fresh], axis=1)
    for _ in range(1 if whole else 3):
        if not whole:
            _remove(found, basis)
        squares, axes = np.linalg.eigh(_gram(found, found))
        found = found @ (axes / np.sqrt(np.maximum(squares, 1e-14 * squares[-1]))).astype(np.float32)
    return np.ascontiguousarray(found)


def _remove(block: Floats, basis: Floats) -> Doubles:
    """Take from the block what lies in the span of an orthonormal basis: the coefficients of that, Q'block."""
    coefficients = _gram(basis, block)
    single = coefficients.astype(np.float32)
    for first in range(0, len(block), _ROWS):
        block[first : first + _ROWS] -= basis[first : first + _ROWS] @ single
    return coefficients


def _gram(left: Floats, right: Floats) -> Doubles:
    """left'right: products of some rows in float32, added up in float64."""
    total = np.zeros((left.shape[1], right.shape[1]))
    for first in range(0, len(left), _ROWS):
        total += left[first : first + _ROWS].T @ right[first : first + _ROWS]
    return total


def _largest(projected: Doubles, count: int) -> Doubles:
    """The eigenvectors of the largest eigenvalues of a symmetric matrix, of which the upper triangle is given."""
    _, axes = np.linalg.eigh(projected, UPLO="U")
    chosen: Doubles = axes[:, : -count - 1 : -1]
    return chosen


def _rayleigh_ritz(product: Floats, basis: Floats) -> tuple[Doubles, Doubles]:
    """(values [width], turn [width, width]): the best that the span of a basis has, orthonormal or nearly so.

    In float64, where squares lose nothing that float32 has: the values are those of M on that span.
    """
    squares, axes = np.linalg.eigh(_wide_gram(basis))
    whiten = axes / np.sqrt(squares)
    values, turn = np.linalg.eigh(whiten.T @ _wide_gram(product) @ whiten)
    return np.sqrt(np.maximum(values[::-1], 0)), whiten @ turn[:, ::-1]


def _wide_gram(matrix: Floats) -> Doubles:
    """The products of all pairs of columns, in float64."""
    total = np.zeros((matrix.shape[1], matrix.shape[1]))
    for first in range(0, len(matrix), _ROWS):
        part = matrix[first : first + _ROWS].astype(np.float64)
        total += part.T @ part
    return total


def _in_place(basis: Floats, turn: Doubles) -> Floats:
    """The product basis @ turn, in the memory of the basis."""
    single, width = np.ascontiguousarray(turn, np.float32), turn.shape[1]
    for first in range(0, len(basis), _ROWS):
        part = basis[first : first + _ROWS]
        part[:, :width] = part @ single
    return basis[:, :width]


def _times(matrix: Floats, turn: Doubles) -> Floats:
    """The product matrix @ turn, with no more memory than that takes."""
    single = np.ascontiguousarray(turn, np.float32)
    out = np.empty((len(matrix), turn.shape[1]), np.float32)
    for first in range(0, len(matrix), _ROWS):
        np.matmul(matrix[first : first + _ROWS], single, out=out[first : first + _ROWS])
    return out


def _power(values: Doubles, exponent: float) -> Doubles:
    """Powers of the values; of zero always 0."""
    return np.where(values > 0, np.where(values > 0, values, 1.0) ** exponent, 0.0)
