"""Residual bits: signs of the leading principal axes, then signs of what they leave, and again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from wordvec._kernels import codes as kernel
from wordvec.base.options import option
from wordvec.codecs import codebooks
from wordvec.codecs.base import Encoded, ShareOptions, each_block, share_of
from wordvec.codecs.rotation import pca_rotation, random_rotation
from wordvec.rows.base import ULP, Candidates, Doubles, Floats, Tensors, block_bounds, frozen, highest, joined
from wordvec.rows.norms import directed
from wordvec.rows.tensors import number, tensor

if TYPE_CHECKING:
    from typing_extensions import Self

_SAMPLE, _TURNS = 1 << 15, 20  # rows and rounds by which the rotation is found


@dataclass(frozen=True, kw_only=True)
class ResidualBitsOptions(ShareOptions):
    """The options of residual bits."""

    m: str = option("d/2", "axes a row: their number, or a share such as d/2, d/3 of the dimensions")
    bits: int = option(4, "bits for each axis", low=1, high=8)
    seed: int = option(0, "of the sample and the rotation", low=0)


class ResidualBits(Encoded):
    """A row is norm * (a_1 b_1 + .. + a_n b_n) in m axes: signs b_1, their scale a_1, signs of what is left

    The recurrent binary codes of BEBR (Gan and others 2023), with a rotation in the place of its network: the m leading
    principal axes of the rows at length 1, turned so that signs lose least (ITQ, Gong and Lazebnik 2011). a_k is the
    mean of the absolute values that are left, float16. Few axes of several bits keep more than many of one. Searches
    take products in the axes, and are exact for the decoded rows. The same seed gives the same bytes.

    >>> rows = np.random.default_rng(0).standard_normal((100, 64)).astype(np.float32)
    >>> matrix = ResidualBits.encode(rows, m=32, bits=2)
    >>> matrix.codes.shape, matrix.basis.shape
    ((100, 8), (32, 64))
    """

    name, options = "residual-bits", ResidualBitsOptions

    def __init__(self, codes: NDArray[np.uint8], basis: Floats, norms: Floats, scales: NDArray[np.float16]) -> None:
        super().__init__(codes, basis.shape[1], norms)
        self.basis, self.scales = frozen(basis), frozen(scales)

    @classmethod
    def _encode(cls, matrix: Any, norms: Floats | None, options: ResidualBitsOptions) -> Self:  # type: ignore[override]
        axes = share_of(options.m, matrix.shape[1], "axes")
        norms = each_block(matrix, norms, lambda *_: None)
        basis = _axes(matrix, norms, axes, options.seed)
        bytes_each = -(-axes // 8)
        codes = np.empty((len(matrix), options.bits, bytes_each), np.uint8)
        scales = np.zeros((len(matrix), options.bits), np.float16)

        def work(first: int, block: Floats, lengths: Doubles) -> None:
            here = slice(first, first + len(block))
            unit = np.divide(block, lengths[:, None], out=np.zeros(block.shape), where=lengths[:, None] > 0)
            left = unit.astype(np.float32) @ basis.T
            for level in range(options.bits):
                scales[here, level] = np.abs(left).mean(axis=1)
                codes[here, level] = np.packbits(left >= 0, axis=1, bitorder="little")
                left -= np.where(left >= 0, 1, -1) * scales[here, level, None].astype(np.float32)

        each_block(matrix, norms, work)
        return cls(codes.reshape(len(matrix), options.bits * bytes_each), basis, norms, scales)

    @classmethod
    def from_tensors(cls, tensors: Tensors, config: Mapping[str, Any]) -> Self:
        """See `Rows`."""
        dim, bits = number(config, "dim", 1, 1 << 24), number(config, "bits", 1, 8)
        axes = number(config, "axes", 1, dim)
        codes = tensor(tensors, "", "u1", None, bits * -(-axes // 8))
        basis = tensor(tensors, ".basis", "<f4", axes, dim)
        norms, scales = tensor(tensors, ".norm", "<f4", len(codes)), tensor(tensors, ".scale", "<f2", len(codes), bits)
        return cls(codes, basis, norms, scales)

    def tensors(self) -> dict[str, NDArray[Any]]:
        """Signs of all levels, norms, the scale of each level [R, bits], and the axes [m, D]."""
        return {"": self.codes, ".norm": self.norms, ".scale": self.scales, ".basis": self.basis}

    def config(self) -> dict[str, Any]:
        """The dimensions of a row, the axes, and the bits of each."""
        return {"dim": self.shape[1], "axes": len(self.basis), "bits": self.scales.shape[1]}

    @cached_property
    def _back(self) -> Floats:
        return np.ascontiguousarray(self.basis.T)

    def candidates(self, units: Floats, norms: Floats, places: int, start: int, stop: int) -> Candidates:
        """See `Rows`; by products in the axes alone, in which a row has its length."""
        best: list[Candidates] = [[] for _ in units]
        for first, last in block_bounds((stop - start, self.shape[1])):
            rows = np.arange(start + first, start + last)
            rows = rows[directed(norms[rows])]
            for parts, line in zip(best, self._products(units, rows)):
                parts.append(highest(rows, line, places))
        return [joined(parts, places) for parts in best]

    def estimates(self, unit: Floats, start: int, stop: int) -> Floats:
        """See `Rows`; as the scores of candidates."""
        estimates: Floats = self._products(unit[None], slice(start, stop))[0]
        return estimates

    def slack(self) -> float:
        """The roundings of products and lengths, and of axes that are of length 1, and at right angles, in float32."""
        return float(8 * (self.shape[1] + 16) * ULP)

    def _products(self, units: Floats, rows: slice | NDArray[Any]) -> Floats:
        """[Q, n] cosines of queries of length 1 and rows; NaN for rows without direction."""
        kept = self._kept(rows)
        with np.errstate(all="ignore"):
            products: Floats = ((units @ self._back) @ kept.T) / np.sqrt(np.einsum("ij,ij->i", kept, kept))
        return products

    def _kept(self, rows: slice | NDArray[Any]) -> Floats:
        """[n, m] what is kept of rows at length 1, in the axes."""
        axes, scales = len(self.basis), self.scales[rows].astype(np.float32)
        codes = self.codes[rows].reshape(*scales.shape, -(-axes // 8))
        kept = np.zeros((len(scales), axes), np.float32)
        for level in range(scales.shape[1]):
            signs = np.unpackbits(codes[:, level], axis=1, count=axes, bitorder="little").astype(np.float32)
            signs *= 2 * scales[:, level, None]
            kept += signs
        kept -= scales.sum(axis=1, keepdims=True)
        return kept

    def _decode(self, rows: slice | NDArray[Any]) -> Floats:
        kept = self._kept(rows)
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
