"""Rows that are the product of a tall and a small matrix, such as OFA's: read as the matrix that they stand for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wordvec._kernels import codes as kernel
from wordvec.base.errors import FormatError, OptionError
from wordvec.rows import Rows, directed
from wordvec.rows.base import Candidates, Floats, Tensors, block_bounds, frozen, highest, joined
from wordvec.rows.tensors import tensor


class Factored(Rows):
    """A matrix [R, D] = `coordinates` [R, r] x `basis` [r, D], which is never there as a whole.

    It takes r numbers a row instead of D, and a search multiplies a query by the basis once, then r numbers a row. The
    basis may have any rows; OptionError where the shapes do not fit or numbers are not finite.

    >>> rows = Factored([[1, 0], [1, 1]], [[1, 2, 3], [0, 1, 0]])
    >>> rows.shape, rows[1].tolist()
    ((2, 3), [1.0, 3.0, 3.0])
    """

    name = "factored"

    def __init__(self, coordinates: Any, basis: Any, norms: Floats | None = None) -> None:
        tall, small = (np.require(array, np.float32, ["C", "A"]) for array in (coordinates, basis))
        if tall.ndim != 2 or small.ndim != 2 or tall.shape[1] != len(small) or not small.size:
            raise OptionError(
                f"coordinates and basis must be [R, r] and [r, D]; got {list(tall.shape)} and {list(small.shape)}"
            )
        super().__init__((len(tall), small.shape[1]), None if norms is None else frozen(norms))
        self.coordinates, self.basis = frozen(tall), frozen(small)
        self._axes = np.ascontiguousarray(small.T)

    @classmethod
    def from_tensors(cls, tensors: Tensors, config: Mapping[str, Any]) -> Factored:
        """See `Rows`."""
        tall = tensor(tensors, "", "<f4", None, None)
        basis = tensor(tensors, ".basis", "<f4", tall.shape[1], None)
        if not basis.size:
            raise FormatError(f"the basis must have rows and columns; the file has {list(basis.shape)}")
        return cls(tall, basis, tensor(tensors, ".norm", "<f4", len(tall)))

    def tensors(self) -> dict[str, NDArray[Any]]:
        """The coordinates, the basis, and the norms."""
        return {"": self.coordinates, ".basis": self.basis, ".norm": self.norms}

    @property
    def row_bytes(self) -> int:
        """The bytes of the coordinates of a row."""
        return 4 * len(self.basis)

    def _decode(self, rows: slice | NDArray[Any]) -> Floats:
        some = np.ascontiguousarray(self.coordinates[rows])
        decoded = np.empty((len(some), self.shape[1]), np.float32)
        kernel.rotate(some, self._axes, decoded)
        return decoded

    def candidates(self, units: Floats, norms: Floats, places: int, start: int, stop: int) -> Candidates:
        """See `Rows`; by the products of coordinates and the queries in them."""
        queries = self.basis @ units.T
        best: list[Candidates] = [[] for _ in units]
        for first, last in block_bounds((stop - start, self.basis.shape[0])):
            rows = np.arange(start + first, start + last)
            rows = rows[directed(norms[rows])]
            with np.errstate(all="ignore"):
                scores = (self.coordinates[rows] @ queries).T / self.lengths[rows]
            for parts, line in zip(best, scores):
                parts.append(highest(rows, line, places))
        return [joined(parts, places) for parts in best]

    def estimates(self, unit: Floats, start: int, stop: int) -> Floats:
        """See `Rows`; likewise."""
        with np.errstate(all="ignore"):
            estimates: Floats = (self.coordinates[start:stop] @ (self.basis @ unit)) / self.lengths[start:stop]
        return estimates

    def slack(self) -> float:
        """Inf: rounding in the basis is not bounded by the lengths of rows where coordinates cancel."""
        return float("inf")
