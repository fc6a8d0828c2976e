"""Residual bits: signs of the leading principal axes, then signs of what they leave, and again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from wordvec._kernels import codes as kernel
from wordvec.base.errors import FormatError
from wordvec.base.options import option
from wordvec.codecs import codebooks
from wordvec.codecs.base import Encoded, Prepared, ShareOptions, each_block, share_of
from wordvec.codecs.rotation import pca_rotation, random_rotation
from wordvec.codecs.signs import TOGETHER, numbers_of, packed, whole_numbers
from wordvec.rows.base import ULP, Doubles, Floats, RowNumbers, Tensors, block_bounds, frozen
from wordvec.rows.tensors import number, tensor

if TYPE_CHECKING:
    from typing_extensions import Self

_SAMPLE, _TURNS = 1 << 15, 20  # rows and rounds by which the rotation is found
_ROUNDED = 2e-3  # how far rows are from length 1, and so scores from cosines, as scales are float16


@dataclass(frozen=True, kw_only=True)
class ResidualBitsOptions(ShareOptions):
    """The options of residual bits."""

    m: str = option("d/2", "axes a row: their number, or a share such as d/2, d/3 of the dimensions")
    bits: int = option(4, "bits for each axis", low=1, high=8)
    seed: int = option(0, "of the sample and the rotation", low=0)


class ResidualBits(Encoded):
    """A row is norm * (a_1 b_1 + .. + a_n b_n) in m axes: signs b_1, their scale a_1, signs of what is left

    The recurrent binary codes of BEBR (Gan and others 2023), with a rotation in the place of its network: the m leading
    principal axes of the rows at length 1, turned so that signs lose least (ITQ, Gong and Lazebnik 2011). A scale is
    the mean of the absolute values that are left; in the end those of a row are multiplied so that its sum has length
    1, and are float16. Few axes of several bits keep more than many of one. Searches are exact for decoded rows: the
    signs are scanned like those of `Bits`, by a query in whole numbers, with a bound for what its rounding takes from a
    score; rows that may be among the best are scored by the query as it is. The same seed gives the same bytes.

    `codes` [R/64 rounded up, n, m/8 rounded up, 64] and `scales` [R/64 rounded up, n, 64] have 64 rows together, as
    those of `Bits`, and zeros for rows beyond the last.

    >>> rows = np.random.default_rng(0).standard_normal((100, 64)).astype(np.float32)
    >>> matrix = ResidualBits.encode(rows, m=32, bits=2)
    >>> matrix.codes.shape, matrix.scales.shape, matrix.basis.shape
    ((2, 2, 4, 64), (2, 2, 64), (32, 64))
    """

    name, scan, options = "residual-bits", kernel.RESIDUAL, ResidualBitsOptions

    def __init__(self, codes: NDArray[np.uint8], basis: Floats, norms: Floats, scales: NDArray[np.float16]) -> None:
        halves = np.ascontiguousarray(scales)
        super().__init__(codes, basis.shape[1], norms, halves.reshape(-1).view(np.float32))
        self.basis, self.scales, self._levels = frozen(basis), frozen(scales), codes.shape[1]
        self._bytes = self.codes.reshape(len(codes), -1) if codes.size else np.empty((0, 1), np.uint8)

    @classmethod
    def _encode(cls, matrix: Any, norms: Floats | None, options: ResidualBitsOptions) -> Self:  # type: ignore[override]
        axes = share_of(options.m, matrix.shape[1], "axes")
        norms = each_block(matrix, norms, lambda *_: None)
        basis = _axes(matrix, norms, axes, options.seed)
        blocks = -(-len(matrix) // TOGETHER)
        codes = np.zeros((blocks, options.bits, -(-axes // 8), TOGETHER), np.uint8)
        scales = np.zeros((blocks, options.bits, TOGETHER), np.float16)

        def work(first: int, block: Floats, lengths: Doubles) -> None:
            at = first + np.arange(len(block))
            unit = np.divide(block, lengths[:, None], out=np.zeros(block.shape), where=lengths[:, None] > 0)
            turned = unit.astype(np.float32) @ basis.T
            left, sizes = turned.copy(), np.empty((options.bits, len(block)), np.float32)
            for level in range(options.bits):
                sizes[level] = np.abs(left).mean(axis=1)
                codes[at // TOGETHER, level, :, at % TOGETHER] = packed(left)
                left -= np.where(left >= 0, 1, -1) * sizes[level, :, None]
            kept = np.linalg.norm(turned - left, axis=1)
            sizes /= np.where(kept > 0, kept, 1)
            scales[at // TOGETHER, :, at % TOGETHER] = sizes.T

        each_block(matrix, norms, work)
        return cls(codes, basis, norms, scales)

    @classmethod
    def from_tensors(cls, tensors: Tensors, config: Mapping[str, Any]) -> Self:
        """See `Rows`."""
        dim, bits = number(config, "dim", 1, 1 << 24), number(config, "bits", 1, kernel.MOST_LEVELS)
        axes = number(config, "axes", 1, dim)
        basis, norms = tensor(tensors, ".basis", "<f4", axes, dim), tensor(tensors, ".norm", "<f4", None)
        blocks = -(-len(norms) // TOGETHER)
        codes = tensor(tensors, "", "u1", blocks, bits, -(-axes // 8), TOGETHER)
        scales = tensor(tensors, ".scale", "<f2", blocks, bits, TOGETHER)
        if scales[-1:, :, (len(norms) - 1) % TOGETHER + 1 :].any():
            raise FormatError(f"scales beyond the last of {len(norms)} rows must be zeros; the file has others")
        return cls(codes, basis, norms, scales)

    def tensors(self) -> dict[str, NDArray[Any]]:
        """Signs of all levels, norms, the scales of each level, and the axes [m, D]."""
        return {"": self.codes, ".norm": self.norms, ".scale": self.scales, ".basis": self.basis}

    def config(self) -> dict[str, Any]:
        """The dimensions of a row, the axes, and the bits of each."""
        return {"dim": self.shape[1], "axes": len(self.basis), "bits": self._levels}

    @property
    def row_bytes(self) -> int:
        """The bytes of the signs and the scales of a row."""
        return int(self._levels * (self.codes.shape[2] + 2))

    @property
    def _size(self) -> int:
        return len(self.basis)

    @cached_property
    def _back(self) -> Floats:
        return np.ascontiguousarray(self.basis.T)

    @cached_property
    def _wide_basis(self) -> Doubles:
        return self.basis.astype(np.float64)

    def slack(self) -> float:
        """The roundings of products and lengths, and of axes that are of length 1, and at right angles, in float32."""
        return float(8 * (self.shape[1] + 16) * ULP)

    def _prepare(self, units: Floats) -> Prepared:
        """Queries in the axes, as whole numbers and as they are; how scores by the first are made, and their bound.

        A row of length 1 has a product with what rounding took from a query that is no longer than that.
        """
        turned = np.empty((len(units), len(self.basis)), np.float32)
        kernel.rotate(np.ascontiguousarray(units), np.ascontiguousarray(self.basis), turned)
        wide = turned.astype(np.float64)
        whole, sums, worth = whole_numbers(wide)
        lost = np.sqrt(np.square(wide - worth[:, None] * whole[:, : wide.shape[1]]).sum(axis=1))
        numbers = np.stack([worth * sums, 2 * worth, lost + _ROUNDED], axis=1)
        both = np.zeros((len(units), 6 * whole.shape[1]), np.uint8)
        both[:, : 2 * whole.shape[1]] = whole.view(np.uint8)
        both[:, 2 * whole.shape[1] :].view(np.float32)[:, : turned.shape[1]] = turned
        return both, numbers.astype(np.float32)

    def cosines(self, rows: RowNumbers, unit: Doubles) -> Doubles:
        """See `Rows`; by products in the axes, in which a row has its length."""
        query, cosines = np.einsum("ij,j->i", self._wide_basis, unit), np.empty(len(rows))
        for first, last in block_bounds((len(rows), self.shape[1])):
            kernel.cosines(self._kept(rows[first:last]), query, cosines[first:last])
        return cosines

    def _kept(self, rows: RowNumbers) -> Floats:
        """[n, m] what is kept of rows at length 1, in the axes."""
        kept = np.empty((len(rows), 8 * self.codes.shape[2]), np.float32)
        kernel.unpack(self._bytes, self._factors, self._levels, rows, kept, self._size)
        return np.ascontiguousarray(kept[:, : self._size])

    def _decode(self, rows: slice | NDArray[Any]) -> Floats:
        numbers = numbers_of(rows, len(self))
        kept = self._kept(numbers)
        decoded = np.empty((len(kept), self.shape[1]), np.float32)
        kernel.rotate(kept, self._back, decoded)
        decoded *= self.norms[rows][:, None]
        return decoded


def _axes(matrix: Any, norms: Floats, axes: int, seed: int) -> Floats:
    """[axes, D] the leading principal axes of the rows at length 1, turned among themselves so that signs lose least.

    ITQ: the signs of the turned rows, then the rotation that brings the rows nearest to them, in turn.
    """
    leading = pca_rotation(matrix, norms)[:axes]
    rows = codebooks.sample(matrix, norms, None, seed)
    points, turn = rows[:: max(1, -(-len(rows) // _SAMPLE))] @ leading.T, random_rotation(axes, seed)
    for _ in range(_TURNS if len(points) else 0):
        signs = np.where(points @ turn < 0, np.float32(-1), np.float32(1))
        left, _, right = np.linalg.svd(points.T.astype(np.float64) @ signs)
        turn = (left @ right).astype(np.float32)
    return np.ascontiguousarray((leading.T @ turn).T)
