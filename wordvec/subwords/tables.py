"""Tables of n-grams: what they are, how they are opened, and what a multiplication makes of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wordvec.base.errors import FormatError, OptionError
from wordvec.transforms.steps import check_overflow, ranges

Floats = NDArray[np.float32]
Int32 = NDArray[np.int32]


class EncodedTable(Protocol):
    """Rows that are decoded when they are asked for."""

    @property
    def shape(self) -> tuple[int, int]: ...  # noqa: D102
    def __getitem__(self, rows: Any) -> Floats: ...
    def __array__(self, dtype: Any = None, copy: Any = None) -> NDArray[Any]: ...


def is_number(value: Any) -> bool:
    """Whether it is an integer, and no boolean."""
    return isinstance(value, (int, np.integer)) and not isinstance(value, bool)


def codec_of(table: Any) -> str:
    """The name of the codec of a table, or "": a table that has none, or cannot be stored but decoded."""
    return "" if isinstance(table, np.ndarray) or not hasattr(table, "tensors") else str(table.name)


def opened(tensors: Mapping[str, NDArray[Any]], config: Mapping[str, Any]) -> Any:
    """The table of a file, as it is mapped or behind its codec; FormatError where it is no matrix."""
    codec = config.get("codec", "float32")
    if codec == "float32":
        if tensors["table"].dtype != np.float32 or tensors["table"].ndim != 2:
            raise FormatError(f"subword.table must be a matrix of float32; got {tensors['table'].dtype}")
        return tensors["table"]
    from wordvec.codecs import open_rows

    parts = {name[len("table") :]: array for name, array in tensors.items() if name.startswith("table")}
    return open_rows(codec, parts, config.get("codec_options", {}))


def checked_pruned(pruned: ArrayLike, bucket: int, rows: int) -> Int32:
    """[P, 2] int32, rising: rows before pruning, which must be distinct and below `bucket`, and after, below `rows`."""
    pairs = np.asarray(pruned)
    if pairs.ndim != 2 or pairs.shape[1] != 2 or pairs.dtype.kind not in "iu":
        raise OptionError(f"pruned must be pairs of rows; got {pairs.dtype} of shape {pairs.shape}")
    pairs = pairs[np.argsort(pairs[:, 0], kind="stable")]
    low, high = (pairs.min(0), pairs.max(0)) if len(pairs) else (np.zeros(2), -np.ones(2))
    if min(low) < 0 or high[0] >= bucket or high[1] >= rows or (np.diff(pairs[:, 0]) == 0).any():
        raise OptionError(f"pruned must have distinct rows below {bucket}, and rows below {rows}; it has others")
    return np.ascontiguousarray(pairs, np.int32)


def multiplied(table: Any, matrix: NDArray[np.float64], offset: NDArray[np.float64] | None = None) -> Any:
    """A table [R, D] times `matrix` [D, D'], and `offset` [D'] added to every row.

    The table itself, or a view of it, where it has all there is to it; else a new array, made in blocks.
    """
    if offset is None and np.array_equal(matrix, np.eye(*matrix.shape)):
        whole = table if matrix.shape[0] == matrix.shape[1] or isinstance(table, np.ndarray) else np.asarray(table)
        return whole if matrix.shape[0] == matrix.shape[1] else whole[:, : matrix.shape[1]]
    made = np.empty((table.shape[0], matrix.shape[1]), np.float32)
    narrow = matrix.astype(np.float32)
    for first, last in ranges(len(made), max(matrix.shape)):
        block = np.asarray(table[first:last], np.float32)
        with np.errstate(over="ignore", invalid="ignore"):
            made[first:last] = block @ narrow
            if offset is not None:
                made[first:last] += offset.astype(np.float32)
        check_overflow(block, made[first:last], first, "the table of n-grams")
    made.flags.writeable = False
    return made
