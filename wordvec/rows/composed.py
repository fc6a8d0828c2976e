"""Rows composed of a few rows of a small table, as hash embeddings are: read as the matrix that they stand for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wordvec.base.errors import FormatError
from wordvec.rows.base import Floats, Rows, Tensors, frozen
from wordvec.rows.tensors import tensor

COMPOSITIONS = ("mean", "multiply", "concat", "weighted")


class Composed(Rows):
    """A matrix [R, D] of which row i is composed of the rows codes[i] of `table`, and is never there as a whole.

    `compose` is their "mean", their product number by number ("multiply"), their concatenation ("concat"), or their
    sum with the factors `importance` [R, k] ("weighted"). Trainers make it; nothing is encoded so.

    >>> table = np.array([[1, 2], [3, 4], [5, 6]], np.float32)
    >>> Composed(np.array([[0, 1], [2, 2]], np.uint32), table, "multiply")[0].tolist()
    [3.0, 8.0]
    """

    name = "composed"

    def __init__(
        self,
        codes: NDArray[np.uint32],
        table: Floats,
        compose: str,
        importance: Floats | None = None,
        norms: Floats | None = None,
    ) -> None:
        dim = table.shape[1] * (codes.shape[1] if compose == "concat" else 1)
        super().__init__((len(codes), dim), None if norms is None else frozen(norms))
        self.codes, self.table, self.compose, self.importance = frozen(codes), table, compose, importance

    @classmethod
    def from_tensors(cls, tensors: Tensors, config: Mapping[str, Any]) -> Composed:
        """See `Rows`."""
        codes, table = tensor(tensors, "", "<u4", None, None), tensor(tensors, ".table", "<f4", None, None)
        compose, importance = config.get("compose"), None
        if compose not in COMPOSITIONS:
            raise FormatError(f"compose of the codec must be one of {', '.join(COMPOSITIONS)}; got {compose!r:.40}")
        if compose == "weighted":
            importance = tensor(tensors, ".importance", "<f4", *codes.shape)
        if not codes.shape[1] or not table.shape[1]:
            raise FormatError(f"rows must be composed of something; got {codes.shape[1]} rows of {table.shape[1]}")
        return cls(codes, table, compose, importance, tensor(tensors, ".norm", "<f4", len(codes)))

    def tensors(self) -> dict[str, NDArray[Any]]:
        """The rows of each row, the table, the factors where there are any, and the norms."""
        factors = {} if self.importance is None else {".importance": self.importance}
        return {"": self.codes, ".table": self.table, **factors, ".norm": self.norms}

    def config(self) -> dict[str, Any]:
        """How rows are composed."""
        return {"compose": self.compose}

    @property
    def row_bytes(self) -> int:
        """The bytes of the row numbers of a row."""
        return int(self.codes.itemsize * self.codes.shape[1])

    def _decode(self, rows: slice | NDArray[Any]) -> Floats:
        codes = self.codes[rows]
        if len(codes) and int(codes.max()) >= len(self.table):
            raise FormatError(f"rows must be composed of the {len(self.table)} of the table; the file has others")
        factors = None if self.importance is None else self.importance[rows]
        return combined(np.asarray(self.table), codes, self.compose, factors)


def combined(table: Floats, codes: NDArray[np.uint32], compose: str, factors: Floats | None) -> Floats:
    """The rows [n, D] that are composed of the rows `codes` [n, k], `factors` being [n, k]; room for two of them."""
    if compose == "concat":
        return table[codes].reshape(len(codes), codes.shape[1] * table.shape[1])
    rows: Floats = np.full((len(codes), table.shape[1]), compose == "multiply", np.float32)
    for place in range(codes.shape[1]):
        part = table[codes[:, place]]
        if compose == "multiply":
            rows *= part
        else:
            rows += part if factors is None else part * factors[:, place, None]
    return rows / np.float32(codes.shape[1]) if compose == "mean" else rows
