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

from wordvec._kernels import block_products as kernel
from wordvec.optim.sparse import Floats, Sparse, Threads

Doubles = NDArray[np.float64]

WIDTH = kernel.WIDTH  # columns multiplied together
_ROWS = 2048  # rows of a dense matrix in one block
_NOISE = 1e-6  # rounding error of a zero singular value in float32, as a share of the largest


@dataclass(frozen=True, eq=False)
class SVD:
    """Singular values, and factors of the singular vectors, which `left` and `right` multiply."""

    values: Doubles  # [size] falling; zero beyond the rank
    product: Floats  # [rows, width] M times `basis`
    basis: Floats  # [columns, width] near the space of the first right singular vectors
    turn: Doubles  # [width, size]: basis @ turn are the right singular vectors

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
    oversampling: int = 40,
    power_iterations: int = 3,
    seed: int = 1,
    advance: Callable[[int], object] = lambda columns: None,
) -> SVD:
    """The largest `size` singular values of a sparse matrix and their vectors.

    The basis has `power_iterations` times (`size` + `oversampling`) columns, at most those of the matrix, for the cost
    of as many power iterations of `size` + `oversampling` columns. Where it spans all columns, the result is that of a
    full decomposition. `advance` is called with the number of columns just multiplied, `columns_of` of them in all.

    The result is the same for any number of threads, if numpy's matrix products are.
    """
    rows, columns = matrix.shape
    transposed = matrix.transposed(threads)
    used = np.diff(transposed.indptr) > 0
    width = min(size + oversampling, rows, int(used.sum()))
    space = max(min(power_iterations * (size + oversampling), int(used.sum())), width)
    whole, projected = _Krylov(matrix, transposed, threads, used, np.random.default_rng(seed), advance).basis(space)
    del transposed
    basis = _in_place(whole, _largest(projected, width))
    shared = rows == columns and space >= 2 * width  # the rest of the basis is free
    product = whole[:, width : 2 * width] if shared else np.empty((rows, width), np.float32)
    for first in range(0, width, WIDTH):
        panel = np.ascontiguousarray(basis[:, first : first + WIDTH])
        product[:, first : first + WIDTH] = matrix.times(panel, threads)
        advance(panel.shape[1])
    values, turn = _rayleigh_ritz(product, basis)
    largest = np.zeros(size)
    turned = np.zeros((width, size))
    count = min(size, width)
    largest[:count], turned[:, :count] = values[:count], turn[:, :count]
    largest[largest <= _NOISE * largest[0]] = 0
    return SVD(largest, product, basis, turned)


def columns_of(shape: tuple[int, int], size: int, oversampling: int, power_iterations: int) -> int:
    """The number of columns that `truncated` multiplies, a product with M'M counted once; fewer with empty columns."""
    width = min(size + oversampling, *shape)
    return max(min(power_iterations * (size + oversampling), shape[1]), width) + width


@dataclass(frozen=True, eq=False)
class _Krylov:
    """Builds an orthonormal basis of powers of M'M times random columns."""

    matrix: Sparse
    transposed: Sparse
    threads: Threads
    used: NDArray[np.bool_]  # [columns] whether a column has cells; singular vectors are zero elsewhere
    rng: np.random.Generator
    advance: Callable[[int], object]

    def basis(self, space: int) -> tuple[Floats, Doubles]:
        """(Q [columns, space], Q'M'MQ, its upper triangle alone).

        The product of each block is made orthogonal to the two previous blocks, then to the whole basis: with only one
        of these steps rounding errors grow from block to block.
        """
        columns = self.matrix.shape[1]
        basis, projected = np.empty((columns, space), np.float32), np.zeros((space, space))
        block = self._orthonormal(self._random(WIDTH), min(WIDTH, space), basis[:, :0], 0.0)
        done = 0
        while True:
            before, done = done, min(done + WIDTH, space)
            basis[:, before:done] = block[:, : done - before]
            new = self.transposed.times(self.matrix.times(block, self.threads), self.threads)
            self.advance(done - before)
            near = max(0, before - WIDTH)
            projected[near:done, before:done] = self._remove(new, basis[:, near:done])[:, : done - before]
            projected[:done, before:done] += self._remove(new, basis[:, :done])[:, : done - before]
            if done == space:
                return basis, projected
            scale = float(projected[:done, :done].diagonal().max())
            block = self._orthonormal(new, min(WIDTH, space - done), basis[:, :done], _NOISE * scale)

    def _orthonormal(self, block: Floats, count: int, basis: Floats, least: float) -> Floats:
        """`count` orthonormal columns with the span of a block that is orthogonal to the basis, padded with zeros.

        Directions no longer than `least`, or lost in rounding, are replaced by random ones: the powers have exhausted
        that subspace, and new directions must be orthogonal to it.
        """
        squares, axes = np.linalg.eigh(self._inner(block, block))
        good = np.flatnonzero(squares > max(least * least, 1e-10 * squares[-1], 1e-300))[-count:]
        turn = np.zeros((WIDTH, WIDTH))
        turn[:, : len(good)] = axes[:, good] / np.sqrt(squares[good])
        columns = block @ turn.astype(np.float32)
        lost = len(good) < count
        if lost:
            columns[:, len(good) : count] = self._random(count - len(good))
        for _ in range(3 if lost else 1):
            if lost:
                self._remove(columns, basis)
            squares, axes = np.linalg.eigh(self._inner(columns, columns)[:count, :count])
            turn[:] = 0
            turn[:count, :count] = axes / np.sqrt(np.maximum(squares, 1e-14 * squares[-1]))
            columns = columns @ turn.astype(np.float32)
        return columns

    def _random(self, count: int) -> Floats:
        return self.rng.standard_normal((len(self.used), count), np.float32) * self.used[:, None]

    def _remove(self, block: Floats, basis: Floats) -> Doubles:
        """Subtract from a block its projection on an orthonormal basis Q; the coefficients Q'block."""
        coefficients = self._inner(basis, block)
        single = coefficients.astype(np.float32)

        def work(part: tuple[int, int]) -> None:
            kernel.subtract(basis, single, *part, block, self.threads.level)

        for _ in self.threads.results(work, _row_ranges(len(block))):
            pass
        return coefficients

    def _inner(self, tall: Floats, block: Floats) -> Doubles:
        """The inner products tall'block [columns, WIDTH]: float32 within blocks of rows, summed in float64 in order."""
        total = np.zeros((tall.shape[1], WIDTH))

        def work(part: tuple[int, int]) -> Floats:
            out = np.empty(total.shape, np.float32)
            kernel.inner(tall, block, *part, out, self.threads.level)
            return out

        for out in self.threads.results(work, _row_ranges(len(block))):
            total += out
        return total


def _row_ranges(rows: int) -> list[tuple[int, int]]:
    return [(first, min(first + _ROWS, rows)) for first in range(0, rows, _ROWS)]


def _largest(projected: Doubles, count: int) -> Doubles:
    """The eigenvectors of the largest eigenvalues of a symmetric matrix, given its upper triangle."""
    _, axes = np.linalg.eigh(projected, UPLO="U")
    chosen: Doubles = axes[:, : -count - 1 : -1]
    return chosen


def _rayleigh_ritz(product: Floats, basis: Floats) -> tuple[Doubles, Doubles]:
    """(values [width], turn [width, width]): singular values of M on the span of a nearly orthonormal basis.

    In float64, which holds squares of float32 without loss.
    """
    squares, axes = np.linalg.eigh(_wide_gram(basis))
    whiten = axes / np.sqrt(squares)
    values, turn = np.linalg.eigh(whiten.T @ _wide_gram(product) @ whiten)
    return np.sqrt(np.maximum(values[::-1], 0)), whiten @ turn[:, ::-1]


def _wide_gram(matrix: Floats) -> Doubles:
    """The Gram matrix of the columns, in float64."""
    total = np.zeros((matrix.shape[1], matrix.shape[1]))
    for first in range(0, len(matrix), _ROWS):
        part = matrix[first : first + _ROWS].astype(np.float64)
        total += part.T @ part
    return total


def _in_place(basis: Floats, turn: Doubles) -> Floats:
    """The product basis @ turn, which overwrites the basis."""
    single, width = np.ascontiguousarray(turn, np.float32), turn.shape[1]
    for first in range(0, len(basis), _ROWS):
        part = basis[first : first + _ROWS]
        part[:, :width] = part @ single
    return basis[:, :width]


def _times(matrix: Floats, turn: Doubles) -> Floats:
    """The product matrix @ turn, in blocks of rows."""
    single = np.ascontiguousarray(turn, np.float32)
    out = np.empty((len(matrix), turn.shape[1]), np.float32)
    for first in range(0, len(matrix), _ROWS):
        np.matmul(matrix[first : first + _ROWS], single, out=out[first : first + _ROWS])
    return out


def _power(values: Doubles, exponent: float) -> Doubles:
    """Powers of the values; 0 for zero."""
    return np.where(values > 0, np.where(values > 0, values, 1.0) ** exponent, 0.0)
