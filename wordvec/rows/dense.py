"""Dense rows: a float32 matrix, in memory or mapped from a file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from wordvec._kernels import topk as kernel
from wordvec.base.arguments import array_of
from wordvec.base.errors import OptionError
from wordvec.rows.base import ULP, Candidates, Floats, RowNumbers, Rows, Tensors, as_norms, frozen
from wordvec.rows.norms import directed, row_norms
from wordvec.rows.tensors import tensor

if TYPE_CHECKING:
    from typing_extensions import Self

__all__ = ["Dense", "as_matrix"]


class Dense(Rows):
    """Rows of a float32 array [R, D], or of what can become one; `array` is a read-only view, not a copy, of float32.

    >>> rows = Dense([[3, 4], [0, 0]])
    >>> rows.norms.tolist(), rows[0].tolist(), len(rows)
    ([5.0, 0.0], [3.0, 4.0], 2)
    """

    name = "float32"

    def __init__(self, array: ArrayLike, norms: ArrayLike | None = None) -> None:
        self.array = array = as_matrix(array, "matrix")
        super().__init__(array.shape, None if norms is None else frozen(as_norms(norms, len(array))))

    @classmethod
    def from_tensors(cls, tensors: Tensors, config: Mapping[str, Any]) -> Dense:
        """See `Rows`. Norms that the file has are not read before they are used."""
        array = tensor(tensors, "", "<f4", None, None)
        norms = tensor(tensors, ".norm", "<f4", len(array)) if ".norm" in tensors else None
        return cls(array, norms)

    def tensors(self) -> dict[str, NDArray[Any]]:
        """The matrix; its norms are added when a file is written."""
        return {"": self.array}

    def with_norms(self, norms: ArrayLike) -> Self:
        """See `Rows`."""
        return type(self)(self.array, norms)

    def _computed_norms(self) -> Floats:
        return frozen(row_norms(self.array))

    @property
    def lengths(self) -> Floats:
        """[R] float32: the norms."""
        return self.norms

    @property
    def divisors(self) -> Floats:
        """[R] float32: the norms."""
        return self.norms

    def gather(self, rows: RowNumbers) -> tuple[Floats, Floats]:
        """See `Rows`."""
        return self.array[rows], self.norms[rows]

    @property
    def is_exact(self) -> bool:
        """True."""
        return True

    @property
    def nbytes(self) -> int:
        """The bytes of the matrix."""
        return self.array.nbytes

    @property
    def matrix(self) -> Floats:
        """The array."""
        return self.array

    @property
    def by_index(self) -> Floats:
        """The array."""
        return self.array

    @property
    def is_dense(self) -> bool:
        """True."""
        return True

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickled by value, and read-only when it is read."""
        return Dense, (np.array(self.array), self._norms)

    def _decode(self, rows: slice | NDArray[Any]) -> Floats:
        return self.array[rows]

    def __getitem__(self, rows: Any) -> Floats:
        """Rows as the array gives them: a view for a number or a slice."""
        vectors: Floats = self.array[rows]
        return vectors

    def __array__(self, dtype: DTypeLike | None = None, copy: bool | None = None) -> NDArray[Any]:
        """The array, copied only where that is asked for or the dtype is another."""
        if copy:
            return np.array(self.array, dtype)
        return self.array if dtype is None else self.array.astype(dtype, copy=False)

    def candidates(self, units: Floats, norms: Floats, places: int, start: int, stop: int) -> Candidates:
        """See `Rows`; one query is multiplied by rows, several meet each row while it is in the cache."""
        if len(units) == 1:
            scores, rows = np.empty(places, np.float32), np.empty(places, np.int64)
            filled = kernel.scan(self.array, norms, units[0], start, stop, scores, rows)
            return [(rows[:filled], scores[:filled])]
        return _scan_many(self.array, units, norms, places, start, stop)

    def estimates(self, unit: Floats, start: int, stop: int) -> Floats:
        """See `Rows`."""
        out, norms = np.empty(stop - start, np.float32), self.norms[start:stop]
        kernel.products(self.array, unit, start, out)
        usable = directed(norms)
        np.divide(out, norms, out=out, where=usable)
        if not usable.all():
            out[~usable] = np.nan
        return out

    def slack(self) -> float:
        """Each operation of a product rounds by at most 2^-24."""
        return (self.shape[1] + 8) * ULP


def _scan_many(array: Floats, units: Floats, norms: Floats, places: int, start: int, stop: int) -> Candidates:
    queries, lanes = len(units), kernel.LANES
    panels = -(-queries // lanes)
    packed = np.zeros((panels * lanes, units.shape[1]), np.float32)
    packed[:queries] = units
    packed = np.ascontiguousarray(packed.reshape(panels, lanes, -1).transpose(0, 2, 1))
    scores, rows = np.empty((queries, places), np.float32), np.empty((queries, places), np.int64)
    filled, worst = np.zeros(queries, np.intp), np.empty((panels, lanes), np.float32)
    kernel.scan_many(array, norms, packed, start, stop, scores, rows, filled, worst)
    return [(rows[q, :n], scores[q, :n]) for q, n in enumerate(filled.tolist())]


def as_matrix(values: ArrayLike, name: str, *, aligned: bool = True) -> NDArray[np.float32]:
    """A read-only float32 matrix; a view where rows are contiguous, however far they are from each other.

    Kernels read aligned numbers; a mapped table that only `mean_rows` reads need not be `aligned`.
    """
    array = array_of(values, name, "a matrix of numbers")
    if array.ndim != 2 or array.shape[1] < 1 or array.dtype.kind not in "fiu":
        raise OptionError(f"{name} must be a matrix of numbers; got {array.dtype} of shape {array.shape}")
    try:
        with np.errstate(over="raise"):
            narrow = np.asarray(array, np.float32)
    except FloatingPointError:
        great = np.isfinite(array) & (np.abs(array) > np.finfo(np.float32).max)
        row = int(np.flatnonzero(great.any(axis=1))[0])
        raise OptionError(f"{name} must hold numbers that float32 can hold; row {row} has a greater one") from None
    if narrow.size and (narrow.strides[1] != narrow.itemsize or narrow.strides[0] < narrow.shape[1] * narrow.itemsize):
        narrow = np.ascontiguousarray(narrow)
    if aligned and not narrow.flags.aligned:
        narrow = np.require(narrow, requirements=["C", "A"])
    view = narrow.view()
    view.flags.writeable = False
    return view
