"""A bit for every dimension: signs about the mean of all rows, and a factor that makes their cosines unbiased."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from wordvec._kernels import codes as kernel
from wordvec.base.errors import FormatError
from wordvec.base.options import Options, option
from wordvec.codecs.base import Encoded, Prepared, each_block
from wordvec.codecs.half import BFloat16, Float16
from wordvec.codecs.int8 import Int8
from wordvec.codecs.rotation import random_rotation
from wordvec.codecs.signs import TOGETHER, packed, whole_numbers
from wordvec.rows import Dense, Rows
from wordvec.rows.base import Doubles, Floats, RowNumbers, Tensors, block_bounds, frozen
from wordvec.rows.tensors import number, tensor

if TYPE_CHECKING:
    from typing_extensions import Self

INNER: dict[str, type[Encoded]] = {"float16": Float16, "bfloat16": BFloat16, "int8": Int8}
_GREATEST = np.float32(1e30)  # the factor of a row that is the mean itself


@dataclass(frozen=True, kw_only=True)
class BitsOptions(Options):
    """The options of bits."""

    rescore: Literal["float32", "float16", "bfloat16", "int8"] | None = option(
        "int8", "the codec kept beside the bits, which scores the candidates; None for bits alone"
    )
    candidates: int = option(500, "how many rows the bits choose at least", low=1)
    rotate: bool = option(True, "turn rows by a random rotation first")
    center: bool = option(True, "signs about the mean of all rows, not about 0")
    seed: int = option(0, "of the rotation", low=0)


class Bits(Encoded):
    """One bit for each dimension: the signs b of y, and a factor f = <b, y> / (sqrt(D) |y|^2).

    y is the row at length 1, less the mean of all such rows, rotated at random. The cosine with a query q is estimated
    as <mean, q> + <b, rotated q> / (sqrt(D) f): unbiased, with an error near 0.75 |y| / sqrt(D) (RaBitQ, Gao and Long
    2024). Subtracting the mean makes |y| small, as word vectors have much of their direction in common.

    With `rescore`, rows are kept in another codec too: the bits choose the candidates, the other codec decodes rows
    and scores the candidates. A row whose estimate is not among the `candidates` best is missed. With "float32" the
    matrix itself is kept, not copied where it is contiguous: it must not be changed afterwards. Without `rescore`,
    scores are the estimates, and a row decodes to the vector whose product with q is the norm times the estimate.

    `codes` [R/64 rounded up, D/8 rounded up, 64] have byte j of the bits of row i at [i // 64, j, i % 64], the lowest
    bit first, and zeros for rows beyond the last: a vector of the machine then has a byte of many rows, which is looked
    up in a table of the query (André, Kermarrec, Le Scouarnec 2015, "Cache locality is not enough").

    >>> rows = np.random.default_rng(0).standard_normal((100, 64)).astype(np.float32)
    >>> matrix = Bits.encode(rows, rescore=None)
    >>> matrix.codes.shape, round(float(matrix.cosines(np.array([3]), rows[3] / np.linalg.norm(rows[3]))[0]), 4)
    ((2, 8, 64), 1.0)
    """

    name, scan, options = "bits", kernel.BITS, BitsOptions

    def __init__(
        self,
        codes: NDArray[np.uint8],
        factors: Floats,
        norms: Floats,
        dim: int,
        rotation: Floats | None,
        mean: Floats,
        inner: Rows | None,
        candidates: int,
    ) -> None:
        super().__init__(codes, dim, norms, factors)
        self.rotation, self.mean = None if rotation is None else frozen(rotation), frozen(mean)
        self.inner = inner
        self._candidates = candidates
        self._bytes = self.codes.reshape(len(codes), codes.shape[1] * TOGETHER)

    @classmethod
    def _encode(cls, matrix: Any, norms: Floats | None, options: BitsOptions) -> Self:  # type: ignore[override]
        """Signs after a rotation, or without one; about the mean, or about 0."""
        rows, dim = matrix.shape
        rotation = random_rotation(dim, options.seed) if options.rotate else None
        codes, factors = (
            np.zeros((-(-rows // TOGETHER), -(-dim // 8), TOGETHER), np.uint8),
            np.empty(rows, np.float32),
        )

        mean = np.zeros(dim, np.float32)
        if options.center and rows:
            sums: dict[int, Doubles] = {}  # of blocks: added in order, whichever thread was first

            def add(first: int, block: Floats, lengths: Doubles) -> None:
                sums[first] = _units(block, lengths).sum(axis=0, dtype=np.float64)

            norms = each_block(matrix, norms, add)
            mean = (np.sum([sums[first] for first in sorted(sums)], axis=0) / rows).astype(np.float32)

        def work(first: int, block: Floats, lengths: Doubles) -> None:
            here = slice(first, first + len(block))
            turned = _units(block, lengths) - mean
            turned[lengths == 0] = 0
            turned = turned if rotation is None else turned @ rotation.T
            at = first + np.arange(len(block))
            codes[at // TOGETHER, :, at % TOGETHER] = packed(turned)
            wide = np.abs(turned, dtype=np.float64)
            squares = np.square(wide).sum(axis=1) * dim**0.5
            with np.errstate(all="ignore"):
                factors[here] = np.minimum(np.where(squares > 0, wide.sum(axis=1) / squares, _GREATEST), _GREATEST)
            factors[here][lengths == 0] = 0

        norms = each_block(matrix, norms, work)
        inner: Rows | None = None
        if options.rescore == "float32":
            inner = Dense(np.require(matrix, np.float32, ["C", "A"]), norms)
        elif options.rescore is not None:
            inner = INNER[options.rescore].encode(matrix, norms)
        return cls(codes, factors, norms, dim, rotation, mean, inner, options.candidates)

    @classmethod
    def from_tensors(cls, tensors: Tensors, config: Mapping[str, Any]) -> Self:
        """See `Rows`."""
        dim = number(config, "dim", 1, 1 << 24)
        rotation = tensor(tensors, ".rotation", "<f4", dim, dim) if ".rotation" in tensors else None
        norms, rescore = tensor(tensors, ".norm", "<f4", None), config.get("rescore")
        rows = len(norms)
        codes = tensor(tensors, "", "u1", -(-rows // TOGETHER), -(-dim // 8), TOGETHER)
        own = {name.removeprefix(".rescore"): array for name, array in tensors.items() if name.startswith(".rescore")}
        inner: Rows | None = None
        if rescore == "float32":
            inner = Dense(tensor(own, "", "<f4", rows, dim), norms)
        elif isinstance(rescore, str) and rescore in INNER:
            inner = INNER[rescore].from_tensors({**own, ".norm": norms}, {})
            if inner.shape != (rows, dim):
                raise FormatError(f"the codec beside the bits must be of {rows} x {dim}; the file has {inner.shape}")
        elif rescore is not None:
            raise FormatError(f"rescore must be one of float32, {', '.join(INNER)}; the file has {rescore!r:.40}")
        candidates = number(config, "candidates", 1, 1 << 40)
        mean, factors = tensor(tensors, ".mean", "<f4", dim), tensor(tensors, ".factor", "<f4", rows)
        return cls(codes, factors, norms, dim, rotation, mean, inner, candidates)

    def tensors(self) -> dict[str, NDArray[Any]]:
        """Bits, factors, norms and mean, the rotation [D, D], and the arrays of the other codec after `.rescore`."""
        tensors = {"": self.codes, ".factor": self._factors, ".norm": self.norms, ".mean": self.mean}
        if self.rotation is not None:
            tensors[".rotation"] = self.rotation
        if self.inner is None:
            return tensors
        return {**tensors, **{".rescore" + k: array for k, array in self.inner.tensors().items() if k != ".norm"}}

    def config(self) -> dict[str, Any]:
        """The dimensions, the codec beside the bits, and how many candidates it scores."""
        beside = None if self.inner is None else self.inner.name
        return {"dim": self.shape[1], "rescore": beside, "candidates": self._candidates}

    @property
    def row_bytes(self) -> int:
        """The bytes of the bits of a row."""
        return int(self.codes.shape[1])

    @property
    def full(self) -> Rows:
        """The codec beside the bits where there is one."""
        return self if self.inner is None else self.inner

    def slack(self) -> float:
        """None is known that would be of use: one bit is what is left of a number."""
        return float("inf")

    def places(self, k: int) -> int:
        """As many as the option says, and ten for each that is asked for."""
        return max(self._candidates, 10 * k)

    def estimates(self, unit: Floats, start: int, stop: int) -> Floats:
        """The estimates of an unrounded query; NaN for rows without direction."""
        out = np.empty(stop - start, np.float32)
        for first, last in block_bounds((stop - start, self.shape[1])):
            rows = np.arange(start + first, start + last)
            out[first:last] = self.cosines(rows, unit.astype(np.float64))
        return out

    def cosines(self, rows: RowNumbers, unit: Doubles) -> Doubles:
        """The estimates of one query of length 1 and rows, -1 to 1; those of the other codec where there is one."""
        if self.inner is not None:
            return self.inner.cosines(rows, unit)
        query = unit if self.rotation is None else (self.rotation.astype(np.float64) * unit).sum(axis=1)
        result, factors = np.empty(len(rows)), self._factors[rows].astype(np.float64)
        for first, last in block_bounds((len(rows), self.shape[1])):
            kernel.cosines(self._signs(rows[first:last]), query, result[first:last])
        with np.errstate(all="ignore"):
            return np.clip(np.where(factors > 0, (self.mean * unit).sum() + result / factors, np.nan), -1, 1)

    @cached_property
    def _back(self) -> Floats:
        assert self.rotation is not None
        return np.ascontiguousarray(self.rotation.T)

    def _signs(self, rows: NDArray[Any]) -> Floats:
        codes = self.codes[rows // TOGETHER, :, rows % TOGETHER]
        bits = np.unpackbits(codes, axis=1, count=self.shape[1], bitorder="little")
        return np.where(bits, np.float32(1), np.float32(-1))

    def _decode(self, rows: slice | NDArray[Any]) -> Floats:
        if self.inner is not None:
            return np.array(self.inner[rows], np.float32)
        signs = self._signs(np.arange(len(self))[rows])
        if self.rotation is not None:
            turned = np.empty_like(signs)
            kernel.rotate(signs, self._back, turned)
            signs = turned
        factors = self._factors[rows, None] * np.float32(self.shape[1] ** 0.5)
        shifts = np.divide(signs, factors, out=np.zeros_like(signs), where=factors > 0)
        return np.where(factors > 0, (shifts + self.mean) * self.norms[rows, None], np.float32(0))

    @property
    def _size(self) -> int:
        return self.shape[1]

    def _prepare(self, units: Floats) -> Prepared:
        """Queries as whole numbers; the estimate of a row that has all their signs, what 1 takes from it, the rest."""
        turned, wide = units, units.astype(np.float64)
        if self.rotation is not None:
            turned = np.empty_like(units, order="C")
            kernel.rotate(np.ascontiguousarray(units), np.ascontiguousarray(self.rotation), turned)
        whole, sums, worth = whole_numbers(turned.astype(np.float64))
        worth = worth / self.shape[1] ** 0.5
        numbers = np.stack([worth * sums, 2 * worth, (self.mean * wide).sum(axis=1)], axis=1)
        return whole.view(np.uint8), numbers.astype(np.float32)


def _units(block: Floats, lengths: Doubles) -> Floats:
    """Rows at length 1; zero rows stay zero."""
    scales = np.divide(1.0, lengths, out=np.zeros(len(lengths)), where=lengths > 0)[:, None]
    return (block * scales).astype(np.float32)
