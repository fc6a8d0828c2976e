"""Rows in 16 bits a number: float16, and bfloat16, which is the upper half of float32."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from wordvec._kernels import codes as kernel
from wordvec.base.errors import OptionError
from wordvec.codecs.base import Prepared, Widened, each_block
from wordvec.rows.base import Doubles, Floats

if TYPE_CHECKING:
    from typing_extensions import Self


class Half(Widened):
    """What the two have in common. The scan widens numbers as it meets them: no copy, no arithmetic in 16 bits."""

    largest: ClassVar[float]  # finite number

    @classmethod
    def _encode(cls, matrix: Any, norms: Floats | None, options: Any) -> Self:  # type: ignore[override]
        """Every number rounded to the nearest of 16 bits; OptionError where one is greater than there are."""
        codes = np.empty(matrix.shape, cls.code_dtype)

        def work(first: int, block: Floats, lengths: Doubles) -> None:
            great = np.abs(block).max(axis=1, initial=0) > cls.largest
            if great.any():
                row = first + int(np.argmax(great))
                raise OptionError(
                    f"{cls.name} holds numbers up to {cls.largest:g}; row {row} has a greater one: "
                    "scale the rows, or choose another codec"
                )
            codes[first : first + len(block)] = cls._narrow(block)

        return cls(codes, matrix.shape[1], each_block(matrix, norms, work))

    def _prepare(self, units: Floats) -> Prepared:
        queries = np.zeros((len(units), -(-self.shape[1] // 16) * 16), np.float32)
        queries[:, : self.shape[1]] = units
        return queries.view(np.uint8), np.zeros((len(units), 3), np.float32)

    @staticmethod
    def _narrow(block: Floats) -> NDArray[Any]:
        raise NotImplementedError


class Float16(Half):
    """IEEE half precision: 11 bits of a number, relative error up to 2^-11; numbers up to 65504.

    >>> matrix = Float16.encode(np.array([[1, 2], [0.1, 0]], np.float32))
    >>> matrix[1].tolist(), matrix.nbytes
    ([0.0999755859375, 0.0], 16)
    """

    name, scan, code_dtype, largest = "float16", kernel.FLOAT16, "<f2", 65504.0

    @staticmethod
    def _narrow(block: Floats) -> NDArray[Any]:
        with np.errstate(under="ignore"):
            return block.astype("<f2")


class BFloat16(Half):
    """The upper 16 bits of float32: 8 bits of a number, relative error up to 2^-8, and all its range."""

    name, scan, code_dtype, largest = "bfloat16", kernel.BFLOAT16, "<u2", 255 * 2.0**120

    @staticmethod
    def _narrow(block: Floats) -> NDArray[Any]:
        bits = block.view(np.uint32)
        return ((bits + 0x7FFF + (bits >> 16 & 1)) >> 16).astype("<u2")  # to the nearest, of two the even one
