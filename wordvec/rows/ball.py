"""Rows that are points of the Poincare ball, in float64: float32 cannot tell points near its border apart."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, NoReturn

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from wordvec.base.arguments import array_of
from wordvec.base.errors import OptionError
from wordvec.rows.base import Doubles, Floats, Rows, Tensors, frozen
from wordvec.rows.dense import Dense
from wordvec.rows.norms import row_blocks
from wordvec.rows.tensors import tensor

__all__ = ["Ball", "rows_like"]


class Ball(Rows):
    """Points [R, D] of the Poincare ball as float64; `array` is a read-only view of them.

    A distance of d from the origin is a length of tanh(d / 2): at d = 10 the border is 9e-5 away, at d = 20 4e-9, which
    float32 cannot hold. Searches by cosine are refused, as the angle between points is not their distance.

    >>> rows = Ball([[0.5, 0.0], [0.0, 0.0]])
    >>> rows.metric, rows.dtype, len(rows)
    ('poincare', dtype('float64'), 2)
    """

    name = "ball"
    metric = "poincare"
    dtype: ClassVar[Any] = np.dtype(np.float64)

    def __init__(self, points: ArrayLike) -> None:
        """OptionError where points are no matrix of numbers, or a point is not inside the ball."""
        array = array_of(points, "vectors", "a matrix of numbers")
        if array.ndim != 2 or array.shape[1] < 1 or array.dtype.kind not in "fiu":
            raise OptionError(f"vectors must be a matrix of numbers; got {array.dtype} of shape {array.shape}")
        wide = np.ascontiguousarray(array, np.float64)
        for first, block in row_blocks(wide):
            inside = np.einsum("ij,ij->i", block, block) < 1  # False for NaN
            if not inside.all():
                row = first + int(np.argmin(inside))
                raise OptionError(
                    f"vectors must be points inside the unit ball, of a length below 1; that of row {row} is "
                    f"{np.sqrt(np.square(wide[row]).sum()):.6g}"
                )
        self._adopt(wide)

    def _adopt(self, array: Doubles) -> None:
        super().__init__(array.shape)
        self.array = frozen(array)

    @classmethod
    def from_tensors(cls, tensors: Tensors, config: Mapping[str, Any]) -> Ball:
        """See `Rows`. Points are not read: one outside the ball is infinitely far from all others."""
        rows = object.__new__(cls)
        rows._adopt(tensor(tensors, "", "<f8", None, None))
        return rows

    def tensors(self) -> dict[str, NDArray[Any]]:
        """The points."""
        return {"": self.array}

    @property
    def by_index(self) -> Doubles:
        """The array."""
        return self.array

    def blocks(self, block_bytes: int = 4 << 20) -> Iterator[tuple[int, Floats]]:
        """See `Rows`: rounded to float32, for files of other formats."""
        for first, block in row_blocks(self.array, block_bytes):
            with np.errstate(over="ignore", invalid="ignore"):  # of a damaged file
                yield first, block.astype(np.float32)

    def __array__(self, dtype: DTypeLike | None = None, copy: bool | None = None) -> NDArray[Any]:
        """The array, copied only where that is asked for or the dtype is another."""
        return np.array(self.array, dtype) if copy else np.asarray(self.array, dtype)

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickled by value."""
        return Ball, (np.array(self.array),)

    def _decode(self, rows: slice | NDArray[Any]) -> Any:
        return self.array[rows]

    def _refuse(self, *arguments: Any, **options: Any) -> NoReturn:
        raise OptionError(
            "these vectors are points of the Poincare ball, whose metric is not the cosine: search them by "
            "most_similar, distances and the other methods of PoincareVectors"
        )

    candidates = estimates = cosines = slack = gather = scan_best = scan_cosines = _refuse
    divisors = property(_refuse)


def rows_like(rows: Rows, array: NDArray[Any]) -> Rows:
    """An array [n, D] as rows of the metric of others, decoded: points of the ball, or dense rows."""
    return Ball(array) if isinstance(rows, Ball) else Dense(array)
