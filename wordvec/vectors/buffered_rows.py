"""BufferedRows: dense rows that are changed in place, in an AppendBuffer."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from wordvec.rows import Dense, row_norms
from wordvec.vectors.append_buffer import AppendBuffer
from wordvec.vectors.arguments import Floats


class BufferedRows(Dense):
    """Dense rows [R, D] to which rows are added, and whose rows are replaced. They belong to one set of vectors.

    `frozen` and `matrix` give rows that later changes do not reach: rows are copied before they are replaced after
    somebody got a view of them. Added rows are not in a view, and need no copy.

    >>> rows = BufferedRows(np.ones((1, 2), np.float32))
    >>> before = rows.matrix
    >>> rows.append(np.array([3, 4]))
    >>> rows.replace([0], [[5, 12]])
    >>> rows.norms.tolist(), before.tolist()
    ([13.0, 5.0], [[1.0, 1.0]])
    """

    def __init__(self, array: Floats) -> None:
        """`array` becomes the buffer: nobody else may hold it."""
        super().__init__(array)
        self.row_shape = array.shape[1:]
        self._buffer, self._is_lent = AppendBuffer(array, copy=False), False
        self._refresh()

    def _refresh(self) -> None:
        self.array = self._buffer.view
        self.shape = self.array.shape

    def append(self, row: ArrayLike) -> None:
        """Add a row [D]."""
        self._buffer.append(row)
        self._refresh()

    def extend(self, rows: Floats) -> None:
        """Add rows [n, D]."""
        self._buffer.extend(rows)
        self._refresh()

    def replace(self, numbers: Any, rows: ArrayLike) -> None:
        """Set rows by their numbers, a slice or a mask."""
        if self._is_lent:
            self._buffer, self._is_lent = AppendBuffer(self.array), False
        self._buffer[numbers] = rows
        self._refresh()
        self._norms = None

    def forget_norms(self) -> None:
        """Compute the norms again when they are needed."""
        self._norms = None

    @property
    def norms(self) -> Floats:
        """[R] float32: the norms, computed for the rows that were added since the last time."""
        known = 0 if self._norms is None else len(self._norms)
        if self._norms is None or known < len(self):
            norms = row_norms(self.array[known:])
            self._norms = norms if self._norms is None else np.concatenate([self._norms, norms])
            self._norms.flags.writeable = False
        return self._norms

    @property
    def matrix(self) -> Floats:
        """The array as it is now."""
        self._is_lent = True
        return self.array

    def frozen(self) -> Dense:
        """The rows as they are now."""
        norms = self._norms if self._norms is not None and len(self._norms) == len(self) else None
        return Dense(self.matrix, norms)

    def with_norms(self, norms: ArrayLike) -> Any:
        """See `Rows`."""
        return Dense(self.array, norms)

    def __reduce__(self) -> tuple[Any, ...]:
        return self.frozen().__reduce__()
