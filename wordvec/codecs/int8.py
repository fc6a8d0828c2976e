"""Rows of int8 with a scale each: a quarter of float32, and near enough to it for most uses."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from wordvec._kernels import codes as kernel
from wordvec.base.errors import FormatError, OptionError
from wordvec.codecs.base import Prepared, Widened, each_block
from wordvec.rows.base import ULP, Doubles, Floats, Tensors, frozen
from wordvec.rows.tensors import tensor

if TYPE_CHECKING:
    from typing_extensions import Self

_MOST_DIM = 1 << 17  # the sum of the squares of a row stays within int32
_SUM = 2**31 / 127 - _MOST_DIM  # sum of the absolute values of a query, so that its products do


class Int8(Widened):
    """A row is scale * q, q from -127 to 127, scale = its largest absolute value / 127, and 1 for zero rows.

    The scale is rounded up to 17 bits, by 2^-16 of it at most: then scale * q has no rounding, and encoding what was
    decoded gives the same codes. A query is rounded to int16 and met by integers; the error of that has a bound, so
    that searches are exact for the decoded rows.

    >>> matrix = Int8.encode(np.array([[127, -1.2], [0, 0]], np.float32))
    >>> matrix[0].tolist(), matrix.codes.tolist()
    ([127.0, -1.0], [[127, -1], [0, 0]])
    """

    name, scan = "int8", kernel.INT8

    def __init__(self, codes: NDArray[np.int8], scales: Floats, norms: Floats) -> None:
        super().__init__(codes, codes.shape[1], norms)
        self.scales = frozen(scales)

    @classmethod
    def _encode(cls, matrix: Any, norms: Floats | None, options: Any) -> Self:  # type: ignore[override]
        """Every row divided by its scale and rounded to the nearest integer, of two the even one."""
        if matrix.shape[1] > _MOST_DIM:
            raise OptionError(f"int8 is for rows of at most {_MOST_DIM} numbers; got {matrix.shape[1]}")
        codes, scales = np.empty(matrix.shape, np.int8), np.empty(len(matrix), np.float32)

        def work(first: int, block: Floats, lengths: Doubles) -> None:
            rows = slice(first, first + len(block))
            scales[rows] = scale = _scales(np.abs(block).max(axis=1, initial=0))
            codes[rows] = np.clip(np.rint(block / scale[:, None]), -127, 127)  # denormal scales are coarse

        norms = each_block(matrix, norms, work)
        return cls(codes, scales, norms)

    @classmethod
    def from_tensors(cls, tensors: Tensors, config: Mapping[str, Any]) -> Self:
        """See `Rows`."""
        codes = tensor(tensors, "", "i1", None, None)
        if not 1 <= codes.shape[1] <= _MOST_DIM:
            raise FormatError(f"int8 rows must have 1 to {_MOST_DIM} numbers; the file has {codes.shape[1]}")
        rows = len(codes)
        return cls(codes, tensor(tensors, ".scale", "<f4", rows), tensor(tensors, ".norm", "<f4", rows))

    def tensors(self) -> dict[str, NDArray[Any]]:
        """The integers, the scales and the norms."""
        return {"": self.codes, ".scale": self.scales, ".norm": self.norms}

    def slack(self) -> float:
        """The length of what rounding takes from a query (at least 2^-15 apart), and a few roundings in float32."""
        dim = self.shape[1]
        return float(0.5 * dim**0.5 / min(32767.0, _SUM / dim**0.5) + 16 * ULP)

    def places(self, k: int) -> int:
        """The query was rounded too: a few more than for floats."""
        return k + 64

    def _prepare(self, units: Floats) -> Prepared:
        """Queries as numbers of 16 bits and once more as their low bytes and their high ones, padded to 64 numbers."""
        wide = np.abs(units.astype(np.float64))
        scales = np.minimum(32767 / wide.max(axis=1), _SUM / wide.sum(axis=1)).astype(np.float32)
        queries = np.zeros((len(units), -(-units.shape[1] // 64) * 64), np.int16)
        queries[:, : units.shape[1]] = np.rint(units * scales[:, None].astype(np.float64))
        split = [
            queries.view(np.uint8),
            (queries & 255).astype(np.uint8),
            (queries >> 8).astype(np.int8).view(np.uint8),
        ]
        return np.concatenate(split, axis=1), np.repeat(scales[:, None], 3, axis=1)


def _scales(largest: Floats) -> Floats:
    """Scales of 17 bits, not below a 127th of the largest number of each row, but for the last numbers of float32.

    There a scale is rounded down: 127 times it must be a number still.
    """
    bits = (largest / np.float32(127)).view(np.uint32)
    scales = ((np.maximum(bits, 1) + 127) & ~np.uint32(127)).view(np.float32)
    scales[largest == 0] = 1
    most = (np.finfo(np.float32).max / np.float32(127)).view(np.uint32) & ~np.uint32(127)
    return np.minimum(scales, most.view(np.float32))
