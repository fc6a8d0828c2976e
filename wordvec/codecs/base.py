"""What all codecs share: rows kept as codes, which decode to float32 and are scanned without being decoded."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from wordvec._kernels import codes as kernel
from wordvec.base.errors import OptionError
from wordvec.base.options import Options, option
from wordvec.base.threads import in_order, thread_pool, usable_cores
from wordvec.rows import Rows
from wordvec.rows.base import Candidates, Doubles, Floats, RowNumbers, Tensors, block_bounds, frozen
from wordvec.rows.tensors import tensor

if TYPE_CHECKING:
    from typing_extensions import Self

Prepared = tuple[NDArray[np.uint8], Floats]

NONE = np.empty(0, np.float32)  # the factors of a codec that has none


@dataclass(frozen=True, kw_only=True)
class NoOptions(Options):
    """The options of a codec that has none."""


@dataclass(frozen=True, kw_only=True)
class ShareOptions(Options):
    """The options of a codec that keeps a number of parts or axes of a row, or a share of its dimensions."""

    m: str = option("d/2", "their number, or a share such as d/2, d/4 of the dimensions")

    def __post_init__(self) -> None:
        given: Any = self.m
        if isinstance(given, (int, np.integer)) and not isinstance(given, bool):
            object.__setattr__(self, "m", str(given))
        elif not isinstance(given, str):
            raise OptionError(f"m must be a whole number, or a share such as 'd/2'; got {given!r}")
        super().__post_init__()


class Encoded(Rows):
    """Rows [R, D] kept as codes: `rows[numbers]` decodes those rows, and no others.

    `norms` are the lengths of the rows before they were encoded, [R] float32. `codes` [R, ...] and the other arrays
    may be mapped from a file; nothing is computed from them before it is asked for.

    A codec is a subclass with a name, the dtype of its codes, the class of its options, `_encode` and `_decode`. A
    scan of the kernel (`scan`, with `_prepare` and `slack`) makes it fast; without one, searches decode blocks of rows.
    """

    code_dtype: ClassVar[str]
    scan: ClassVar[int | None] = None  # which scan of the kernel reads the codes
    options: ClassVar[type[Options]] = NoOptions
    arrays: ClassVar[tuple[str, ...]] = ()  # what `encode` takes beside its options, such as counts

    def __init__(self, codes: NDArray[Any], dim: int, norms: Floats, factors: Floats = NONE) -> None:
        super().__init__((len(norms), dim), frozen(norms))
        self.codes = frozen(codes)
        self._factors = frozen(factors)
        self._bytes = codes.view(np.uint8)
        self._levels = 1  # of signs

    @classmethod
    def encode(cls, matrix: Any, norms: Floats | None = None, **options: Any) -> Self:
        """The rows of a matrix [R, D] as codes; `norms` are computed where they are not given.

        `options` are those of the class `options`, and the `arrays` of the codec. OptionError for one that there is
        not, and where a row is not finite or does not fit the codec.
        """
        known = cls.option_names()
        for name in options:
            if name not in known:
                raise OptionError(f"options of {cls.name} must be among {', '.join(known) or 'none'}; got {name!r}")
        arrays = {name: options.pop(name) for name in cls.arrays if name in options}
        return cls._encode(as_numbers(matrix), norms, cls.options(**options), **arrays)

    @classmethod
    @abstractmethod
    def _encode(cls, matrix: Any, norms: Floats | None, options: Any, **arrays: Any) -> Self:
        """The codes of a matrix that can be read in slices of rows."""

    @classmethod
    def option_names(cls) -> list[str]:
        """The names of what `encode` takes beside a matrix and its norms."""
        return [*(f.name for f in fields(cls.options)), *cls.arrays]

    @classmethod
    def from_tensors(cls, tensors: Tensors, config: Mapping[str, Any]) -> Self:
        """See `Rows`; a code for every dimension."""
        codes = tensor(tensors, "", cls.code_dtype, None, None)
        if not codes.shape[1]:
            codes = tensor(tensors, "", cls.code_dtype, None, 1)
        return cls(codes, codes.shape[1], tensor(tensors, ".norm", "<f4", len(codes)))

    def tensors(self) -> dict[str, NDArray[Any]]:
        """The codes and the norms."""
        return {"": self.codes, ".norm": self.norms}

    def _prepare(self, units: Floats) -> Prepared:
        """Queries [Q, D] of length 1 as the scan of the kernel wants them: bytes [Q, n] and numbers [Q, 3]."""
        raise NotImplementedError(f"the scan of {self.name} must say how it prepares queries")

    def _computed_lengths(self) -> Floats:
        lengths = np.empty(len(self), np.float64)
        for first, last in block_bounds(self.shape):
            kernel.lengths(np.ascontiguousarray(self._decode(slice(first, last))), lengths[first:last])
        with np.errstate(over="ignore"):
            return frozen(lengths.astype(np.float32))

    @property
    def is_encoded(self) -> bool:
        """True."""
        return True

    @property
    def row_bytes(self) -> int:
        """The bytes of the codes of a row."""
        return int(self.codes.itemsize * np.prod(self.codes.shape[1:], dtype=np.int64))

    def candidates(self, units: Floats, norms: Floats, places: int, start: int, stop: int) -> Candidates:
        """See `Rows`; by the scan of the kernel where the codec has one."""
        if self.scan is None:
            return super().candidates(units, norms, places, start, stop)
        return self._scanned(self._prepare(units), norms, places, start, stop)

    def scanner(self, units: Floats) -> Callable[[Floats, int, int, int], Candidates]:
        """See `Rows`."""
        return super().scanner(units) if self.scan is None else partial(self._scanned, self._prepare(units))

    def _scanned(self, prepared: Prepared, norms: Floats, places: int, start: int, stop: int) -> Candidates:
        (queries, numbers), count = prepared, len(prepared[0])
        scores, rows = np.empty((count, 2 * places), np.float32), np.empty((count, 2 * places), np.int64)
        filled, worsts = np.zeros(count, np.intp), np.full(count, -np.inf, np.float32)
        best = places, scores, rows, filled, worsts
        arrays = self._bytes, self._factors, norms, queries, numbers
        kernel.scan(self.scan or 0, *arrays, self._size, self._levels, start, stop, *best)
        return [(rows[q, :n], scores[q, :n]) for q, n in enumerate(filled.tolist())]

    def estimates(self, unit: Floats, start: int, stop: int) -> Floats:
        """See `Rows`; by the scan of the kernel where the codec has one."""
        if self.scan is None:
            return super().estimates(unit, start, stop)
        (queries, numbers), out = self._prepare(unit[None]), np.empty(stop - start, np.float32)
        kernel.estimate(
            self.scan, self._bytes, self._factors, queries[0], numbers[0], self._size, self._levels, start, out
        )
        return out

    def cosines(self, rows: RowNumbers, unit: Doubles) -> Doubles:
        """See `Rows`."""
        cosines = np.empty(len(rows))
        for first, last in block_bounds((len(rows), self.shape[1])):
            kernel.cosines(np.ascontiguousarray(self._decode(rows[first:last])), unit, cosines[first:last])
        return cosines

    @property
    def _size(self) -> int:
        """What the kernel counts in a row: dimensions, parts or bytes of bits."""
        return int(self.codes.shape[1])


class Widened(Encoded):
    """Codes that are numbers, which the kernel widens: each row times its scale, where there are `scales` [R]."""

    scan: ClassVar[int]
    scales: Floats = NONE

    def _decode(self, rows: slice | NDArray[Any]) -> Floats:
        codes, scales = self._bytes[rows], self.scales
        out = np.empty((len(codes), self.shape[1]), np.float32)
        kernel.widen(self.scan, codes, np.ascontiguousarray(scales[rows]) if len(scales) else scales, out)
        return out

    def cosines(self, rows: RowNumbers, unit: Doubles) -> Doubles:
        """See `Rows`; rows are widened one by one, and stay in the cache."""
        cosines = np.empty(len(rows))
        kernel.cosines_at(self.scan, self._bytes, self.scales, rows, unit, cosines)
        return cosines


def as_numbers(matrix: Any) -> Any:
    """A matrix that can be read in slices of rows: an array, or rows; OptionError for anything else."""
    rows = matrix if isinstance(matrix, Rows) else np.asarray(matrix)
    if rows.ndim != 2 or rows.shape[1] < 1 or rows.dtype.kind not in "fiu":
        raise OptionError(f"matrix must be one of numbers; got {rows.dtype} of shape {rows.shape}")
    return rows


def block_of(matrix: Any, first: int, last: int) -> Floats:
    """Rows as contiguous float32, aligned as kernels want them, which a mapped table need not be.

    OptionError names the first that is not finite.
    """
    with np.errstate(over="ignore"):
        block: Floats = np.require(matrix[first:last], np.float32, ["C", "A"])
    finite = np.isfinite(block).all(axis=1)
    if not finite.all():
        raise OptionError(f"rows must be finite to be encoded; row {first + int(np.argmin(finite))} holds NaN or inf")
    return block


def each_block(matrix: Any, norms: Floats | None, work: Callable[[int, Floats, Doubles], None]) -> Floats:
    """Call `work(first, block, lengths)` for every block of rows, in threads; all norms, as given or in float32.

    `work` gets the true lengths in float64 and writes what it makes in its place, so that threads change nothing.
    """
    if norms is not None and np.shape(norms) != (len(matrix),):
        raise OptionError(f"norms must be one number for each of {len(matrix)} rows; got shape {np.shape(norms)}")
    all_norms = np.empty(len(matrix), np.float32) if norms is None else np.array(norms, np.float32)

    def task(bounds: tuple[int, int]) -> None:
        first, last = bounds
        block, lengths = block_of(matrix, first, last), np.empty(last - first)
        kernel.lengths(block, lengths)
        if norms is None:
            with np.errstate(over="ignore"):
                all_norms[first:last] = lengths
            if not np.isfinite(all_norms[first:last]).all():
                row = first + int(np.argmin(np.isfinite(all_norms[first:last])))
                raise OptionError(f"rows must have a length that float32 can hold; that of row {row} is greater")
        work(first, block, lengths)

    with thread_pool(usable_cores()) as pool:
        for _ in in_order(pool, task, block_bounds(matrix.shape), 2 * usable_cores()):
            pass
    return all_norms


def share_of(m: str, dim: int, what: str) -> int:
    """The number of parts or axes, `what`, that the option of `ShareOptions` asks for."""
    if m.startswith("d/") and m[2:].isdecimal() and 1 <= int(m[2:]) <= max(dim, 4):
        return max(1, dim // int(m[2:]))  # the usual shares, d/2 to d/4, are one at least
    if not m.isdecimal() or not 1 <= int(m) <= dim:
        raise OptionError(
            f"m must be a number of {what} from 1 to {dim}, or a share of at least one, such as 'd/2'; got {m!r}"
        )
    return int(m)
