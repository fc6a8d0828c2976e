"""What all codecs share: a matrix kept as codes that reads as float32 rows, and is scanned without being decoded."""

from __future__ import annotations

import inspect
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
from numpy.typing import DTypeLike, NDArray

from wordvec._kernels import codes as kernel
from wordvec.base.errors import FormatError, OptionError
from wordvec.base.threads import in_order, thread_pool, usable_cores

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]
Rows = NDArray[np.int64]
Tensors = Mapping[str, NDArray[Any]]
Prepared = tuple[NDArray[np.uint8], Floats]

NONE = np.empty(0, np.float32)  # the factors of a codec that has none
ULP = 2.0**-24  # how much an operation in float32 rounds, at most
_BLOCK_BYTES = 4 << 20


class Encoded(ABC):
    """A read-only float32 matrix [R, D] that is kept as codes: `matrix[rows]` decodes those rows, and no others.

    `norms` are the lengths of the rows before they were encoded, [R] float32. `codes` [R, ...] and the other arrays
    may be mapped from a file; nothing is computed from them before it is asked for.
    """

    name: ClassVar[str]
    kind: ClassVar[int]  # of the kernel
    dtype: ClassVar[np.dtype[np.float32]] = np.dtype(np.float32)
    ndim: ClassVar[int] = 2

    def __init__(self, codes: NDArray[Any], dim: int, norms: Floats, factors: Floats = NONE) -> None:
        self.codes, self.norms = frozen(codes), frozen(norms)
        self.shape = (len(codes), dim)
        self._factors = frozen(factors)
        self._bytes = codes.view(np.uint8)
        self._planes = 0

    @classmethod
    @abstractmethod
    def encode(cls, *arguments: Any, **options: Any) -> Encoded:
        """`encode(matrix, norms=None, **options)`: the rows of a matrix [R, D] as codes.

        OptionError where a row is not finite, or does not fit the codec.
        """

    @classmethod
    def options(cls) -> list[str]:
        """The names of what `encode` takes beside a matrix and its norms."""
        parameters = inspect.signature(cls.encode).parameters.values()
        return [p.name for p in parameters if p.kind is p.KEYWORD_ONLY]

    @classmethod
    @abstractmethod
    def from_tensors(cls, tensors: Tensors, config: Mapping[str, Any]) -> Encoded:
        """What `tensors` and `config` gave, without a copy; FormatError where they do not fit each other."""

    @abstractmethod
    def tensors(self) -> dict[str, NDArray[Any]]:
        """The arrays to keep in a file, by the suffix of their names; that of the codes is empty."""

    def config(self) -> dict[str, Any]:
        """What else to keep, ready for JSON."""
        return {}

    @abstractmethod
    def _decode(self, rows: slice | NDArray[Any]) -> Floats:
        """Rows as a new float32 array [n, D]."""

    @abstractmethod
    def _prepare(self, units: Floats) -> Prepared:
        """Queries [Q, D] of length 1 as the kernel wants them: bytes [Q, n] and numbers [Q, 3]."""

    @abstractmethod
    def slack(self) -> float:
        """How far an approximate cosine may be from that of the decoded row; inf where there is no bound."""

    def places(self, k: int) -> int:
        """How many candidates to look for, so that the k best rows are all but certainly among them."""
        return k + 16

    @property
    def full(self) -> Any:
        """What decodes the rows and scores them all: this matrix, or the better one that it has beside it."""
        return self

    @cached_property
    def lengths(self) -> Floats:
        """[R] float32: the lengths of the decoded rows, which are not those before encoding; computed on first use."""
        found = np.empty(len(self), np.float64)
        for first, last in block_bounds(self.shape):
            kernel.lengths(np.ascontiguousarray(self._decode(slice(first, last))), found[first:last])
        with np.errstate(over="ignore"):
            return frozen(found.astype(np.float32))

    @property
    def nbytes(self) -> int:
        """The bytes of all arrays."""
        return sum(array.nbytes for array in self.tensors().values())

    def __len__(self) -> int:
        return self.shape[0]

    def __repr__(self) -> str:
        return f"<{self.shape[0]} x {self.shape[1]} as {self.name}, {self.nbytes / 1e6:.3g} MB>"

    def __getitem__(self, rows: Any) -> Floats:
        """Decoded rows, a copy: [D] for a number, else [n, D] for a slice, a list, an array of rows or a mask."""
        if isinstance(rows, slice):
            return self._decode(rows)
        index = np.asarray(rows)
        if index.dtype == np.bool_ and index.shape == self.shape[:1]:
            index = np.flatnonzero(index)
        if index.size == 0 and index.dtype.kind == "f":  # an empty list
            index = index.astype(np.int64)
        if index.dtype.kind not in "iu" or isinstance(rows, tuple):
            raise IndexError(f"rows must be numbers, a slice, or a mask of {len(self)} rows; got {rows!r:.80}")
        return self._decode(index.reshape(-1)).reshape(*index.shape, self.shape[1])

    def __array__(self, dtype: DTypeLike | None = None, copy: bool | None = None) -> NDArray[Any]:
        """The whole matrix, decoded."""
        if copy is False:
            raise ValueError("an encoded matrix cannot be an array without a copy: it is decoded")
        whole = np.empty(self.shape, np.float32 if dtype is None else dtype)
        for first, last in block_bounds(self.shape):
            whole[first:last] = self._decode(slice(first, last))
        return whole

    def candidates(self, units: Floats, norms: Floats, places: int, start: int, stop: int) -> list[tuple[Rows, Floats]]:
        """(rows, approximate cosines) for each of [Q, D] queries of length 1: the best of rows `start` to `stop`.

        At most `places` each, in no order; rows without direction are left out. May run in several threads at once.
        """
        queries, numbers = self._prepare(units)
        scores, rows = np.empty((len(units), 2 * places), np.float32), np.empty((len(units), 2 * places), np.int64)
        filled, worsts = np.zeros(len(units), np.intp), np.full(len(units), -np.inf, np.float32)
        kernel.scan(
            self.kind, self._bytes, self._factors, norms, queries, numbers, self._size, self._planes, start, stop,
            places, scores, rows, filled, worsts,
        )  # fmt: skip
        return [(rows[q, :n], scores[q, :n]) for q, n in enumerate(filled.tolist())]

    def estimates(self, unit: Floats, start: int, stop: int) -> Floats:
        """The approximate cosines, off by `slack` at most, of one query and rows; NaN for rows without direction."""
        (queries, numbers), out = self._prepare(unit[None]), np.empty(stop - start, np.float32)
        kernel.estimate(
            self.kind, self._bytes, self._factors, queries[0], numbers[0], self._size, self._planes, start, out
        )
        return out

    def cosines(self, rows: Rows, unit: Doubles) -> Doubles:
        """The cosines of decoded rows and one query of length 1, in float64; NaN for rows without direction."""
        result = np.empty(len(rows))
        step = max(1, _BLOCK_BYTES // (4 * self.shape[1]))
        for first in range(0, len(rows), step):
            kernel.cosines(self._decode(rows[first : first + step]), unit, result[first : first + step])
        return result

    @property
    def _size(self) -> int:
        """What the kernel counts in a row: numbers, parts or bytes of bits."""
        return int(self.codes.shape[1])


def frozen(array: NDArray[Any]) -> NDArray[Any]:
    """The array, to be read only."""
    if not array.flags.writeable:
        return array
    view = array.view()
    view.flags.writeable = False
    return view


def block_bounds(shape: tuple[int, int], least: int = 1) -> list[tuple[int, int]]:
    """(first, last + 1) of blocks of rows, a few megabytes as float32; the same for any number of threads."""
    step = max(least, _BLOCK_BYTES // (4 * shape[1]))
    return [(first, min(first + step, shape[0])) for first in range(0, shape[0], step)]


def as_rows(matrix: Any) -> Any:
    """A matrix that can be read in slices of rows: an encoded one, or an array; OptionError for anything else."""
    rows = matrix if isinstance(matrix, Encoded) else np.asarray(matrix)
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
    found = np.empty(len(matrix), np.float32) if norms is None else np.array(norms, np.float32)

    def task(bounds: tuple[int, int]) -> None:
        first, last = bounds
        block, lengths = block_of(matrix, first, last), np.empty(last - first)
        kernel.lengths(block, lengths)
        if norms is None:
            with np.errstate(over="ignore"):
                found[first:last] = lengths
            if not np.isfinite(found[first:last]).all():
                row = first + int(np.argmin(np.isfinite(found[first:last])))
                raise OptionError(f"rows must have a length that float32 can hold; that of row {row} is greater")
        work(first, block, lengths)

    with thread_pool(usable_cores()) as pool:
        for _ in in_order(pool, task, block_bounds(matrix.shape), 2 * usable_cores()):
            pass
    return found


def tensor(tensors: Tensors, suffix: str, dtype: str, *shape: int | None) -> NDArray[Any]:
    """One of the arrays of a codec, of the dtype and shape it must have; None in a shape fits any number."""
    array = tensors.get(suffix)
    fits = array is not None and array.dtype == np.dtype(dtype) and array.ndim == len(shape)
    if not fits or any(want not in (None, got) for want, got in zip(shape, array.shape)):  # type: ignore[union-attr]
        got = "none" if array is None else f"{array.dtype} {list(array.shape)}"
        wanted = ", ".join("any" if size is None else str(size) for size in shape)
        name = suffix or "of the codes"
        raise FormatError(f"tensor {name!r} must be {np.dtype(dtype)} [{wanted}]; the file has {got}")
    return array  # type: ignore[return-value]


def number(config: Mapping[str, Any], name: str, low: int, high: int) -> int:
    """A whole number of a config, within its bounds."""
    value = config.get(name)
    if type(value) is not int or not low <= value <= high:
        raise FormatError(f"{name} of the codec must be a number from {low} to {high}; the file has {value!r:.40}")
    return value
