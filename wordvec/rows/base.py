"""Rows: what holds vectors, however it keeps them; they know their norms, decode, scan themselves and are saved."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from wordvec.base.errors import OptionError
from wordvec.base.threads import usable_cores
from wordvec.rows.norms import directed, row_norms
from wordvec.rows.scanning import best_candidates, in_threads

if TYPE_CHECKING:
    from typing_extensions import Self

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]
RowNumbers = NDArray[np.int64]
Tensors = Mapping[str, NDArray[Any]]
Candidates = list[tuple[RowNumbers, Floats]]

ULP = 2.0**-24  # how much one operation in float32 rounds, at most
_BLOCK_BYTES = 4 << 20
_SHARED_BYTES = 32 << 20  # a smaller matrix is read before a second thread has started


class Rows(ABC):
    """A read-only matrix [R, D] of float32 rows, dense or in codes: `rows[numbers]` gives those rows, decoded.

    Words that share a row (`row_of`) are the exception: elsewhere word i has row i. A kind of rows must say how rows
    decode (`_decode`) and what a file holds of them (`tensors`, `config`, `from_tensors`); what search asks for has
    defaults here, which decode blocks of rows and multiply them.
    """

    name: ClassVar[str]
    metric: ClassVar[str] = "cosine"  # by which rows are near each other
    dtype: ClassVar[np.dtype[np.float32]] = np.dtype(np.float32)
    ndim: ClassVar[int] = 2

    def __init__(self, shape: tuple[int, int], norms: Floats | None = None) -> None:
        self.shape = shape
        self._norms = norms
        self._lengths: Floats | None = None
        self._source: Self | None = None  # the rows that these are with other norms

    # What a kind of rows must say.

    @abstractmethod
    def _decode(self, rows: slice | NDArray[Any]) -> Floats:
        """Rows as float32 [n, D]."""

    def _wide(self, rows: RowNumbers) -> Doubles:
        """Rows as float64 [n, D]."""
        return self._decode(rows).astype(np.float64)

    @abstractmethod
    def tensors(self) -> dict[str, NDArray[Any]]:
        """The arrays to keep in a file, by the suffix of their names; that of the first, [R, ...], is empty."""

    def config(self) -> dict[str, Any]:
        """What else to keep in a file, ready for JSON."""
        return {}

    @classmethod
    @abstractmethod
    def from_tensors(cls, tensors: Tensors, config: Mapping[str, Any]) -> Rows:
        """What `tensors` and `config` gave, without a copy; FormatError where they do not fit each other."""

    # Norms and sizes.

    @property
    def norms(self) -> Floats:
        """[R] float32: the lengths of the rows; of encoded rows those before encoding. Computed on first use."""
        if self._norms is None:
            self._norms = self._computed_norms()
        return self._norms

    def _computed_norms(self) -> Floats:
        return self.lengths

    @property
    def lengths(self) -> Floats:
        """[R] float32: the lengths of the rows as they decode. Computed on first use."""
        if self._source is not None:
            return self._source.lengths
        if self._lengths is None:
            self._lengths = self._computed_lengths()
        return self._lengths

    def _computed_lengths(self) -> Floats:
        lengths = np.empty(len(self), np.float32)
        for first, last in block_bounds(self.shape):
            lengths[first:last] = row_norms(self._decode(slice(first, last)))
        return frozen(lengths)

    def with_norms(self, norms: ArrayLike) -> Self:
        """The same rows with other norms [R]; a row of norm 0 is never found.

        OptionError where there is not one norm for each row.
        """
        other = object.__new__(type(self))
        other.__dict__.update(self.__dict__)
        other._norms = as_norms(norms, len(self))
        other._source = self._source or self
        return other

    @property
    def is_exact(self) -> bool:
        """Whether float32 products are those of the rows themselves, not of what codes decode to."""
        return False

    @property
    def nbytes(self) -> int:
        """The bytes of all arrays."""
        return sum(array.nbytes for array in self.tensors().values())

    @property
    def row_bytes(self) -> int:
        """The bytes that a scan reads for a row."""
        return 4 * self.shape[1]

    @property
    def matrix(self) -> Any:
        """What `KeyedVectors.vectors` gives: the array of dense rows, else these rows."""
        return self

    @property
    def is_dense(self) -> bool:
        """Whether `matrix` is a float32 array."""
        return False

    @property
    def is_encoded(self) -> bool:
        """Whether the rows are codes, which decode with errors."""
        return False

    # Words and rows.

    @property
    def words(self) -> int:
        """V, the number of words: R unless words share rows."""
        return self.shape[0]

    @property
    def by_index(self) -> Any:
        """An object that has the vector of word i as item i: the fastest look-up of one vector."""
        return self

    def frozen(self) -> Rows:
        """Rows that never change: these, unless they can be changed in place."""
        return self

    def replaced(self, rows: Rows) -> Rows:
        """Other rows [R, D'] for the same words, shared as these are."""
        return rows

    @property
    def row_of(self) -> NDArray[np.uint32] | None:
        """[V] the row of every word where words share rows, else None: word i has row i."""
        return None

    def row(self, index: int) -> int:
        """The row of the word with this index."""
        return index

    def take(self, indices: ArrayLike) -> Floats:
        """[n, D] float32, new: the vectors of words by index."""
        return self[np.asarray(indices, np.int64)]

    def blocks(self, block_bytes: int = _BLOCK_BYTES) -> Iterator[tuple[int, Floats]]:
        """(first word, float32 [n, D]) over the vectors of all words in order, a few megabytes at a time."""
        step = max(1, block_bytes // (4 * self.shape[1]))
        row_of = self.row_of
        words = len(self) if row_of is None else len(row_of)
        for first in range(0, words, step):
            part = slice(first, min(first + step, words))
            yield first, self[part if row_of is None else row_of[part].astype(np.int64)]

    # Rows as a matrix.

    def __len__(self) -> int:
        return self.shape[0]

    def __repr__(self) -> str:
        return f"<{self.shape[0]} x {self.shape[1]} as {self.name}, {self.nbytes / 1e6:.3g} MB>"

    def __getitem__(self, rows: Any) -> Floats:
        """Decoded rows, a copy: [D] for a number, else [n, D] for a slice, a list, an array of rows or a mask."""
        if isinstance(rows, slice):
            return self._decode(rows)
        if rows.__class__ is int and 0 <= rows < self.shape[0]:  # the vector of a word
            only: Floats = self._decode(slice(rows, rows + 1))[0]
            return only
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

    # What search asks for.

    def candidates(self, units: Floats, norms: Floats, places: int, start: int, stop: int) -> Candidates:
        """(rows, approximate cosines) for each of [Q, D] queries of length 1: the best of rows `start` to `stop`.

        At most `places` each, in no order; rows without direction by `norms` [R] are left out. May run in several
        threads at once.
        """
        best: list[list[tuple[RowNumbers, Floats]]] = [[] for _ in units]
        for first, last in block_bounds((stop - start, self.shape[1])):
            rows = np.arange(start + first, start + last)
            rows = rows[directed(norms[rows])]
            with np.errstate(all="ignore"):
                scores = (units @ self._decode(rows).T) / self.lengths[rows]
            for parts, line in zip(best, scores):
                parts.append(highest(rows, line, places))
        return [joined(parts, places) for parts in best]

    def scanner(self, units: Floats) -> Callable[[Floats, int, int, int], Candidates]:
        """`candidates` of some queries, for any norms, places, start and stop; prepared once for all calls."""
        return partial(self.candidates, units)

    def estimates(self, unit: Floats, start: int, stop: int) -> Floats:
        """The approximate cosines, off by `slack` at most, of one query and rows; NaN for rows without direction."""
        with np.errstate(all="ignore"):
            estimates: Floats = (self._decode(slice(start, stop)) @ unit) / self.lengths[start:stop]
        return estimates

    def cosines(self, rows: RowNumbers, unit: Doubles) -> Doubles:
        """The cosines of decoded rows and one query of length 1, in float64; NaN for rows without direction.

        That of a row does not depend on which others come with it.
        """
        cosines = np.empty(len(rows))
        for first, last in block_bounds((len(rows), 2 * self.shape[1])):
            wide = self._wide(rows[first:last])
            with np.errstate(all="ignore"):
                cosines[first:last] = (wide * unit).sum(axis=1) / np.sqrt(np.square(wide).sum(axis=1))
        return cosines

    def slack(self) -> float:
        """How far an approximate cosine may be from that of the decoded row; inf where there is no bound.

        Here that of float32: each operation on a product and on a length rounds.
        """
        return (2 * self.shape[1] + 16) * ULP

    def places(self, k: int) -> int:
        """How many candidates to look for, so that the k best rows are all but certainly among them."""
        return k + 16

    @property
    def divisors(self) -> Floats:
        """[R] float32: the lengths that bring decoded rows to length 1; 0 for rows of norm 0, which are never found."""
        return np.where(self.norms > 0, self.lengths, np.float32(0))

    def gather(self, rows: RowNumbers) -> tuple[Floats, Floats]:
        """Some rows [n, D], decoded, and their lengths [n] as in `divisors`."""
        some = self._decode(rows)
        lengths = np.sqrt(np.einsum("ij,ij->i", some, some, dtype=np.float64))
        return some, np.where(self.norms[rows] > 0, lengths, 0).astype(np.float32)

    @property
    def full(self) -> Rows:
        """What decodes the rows and scores them all: these rows, or better ones that they have beside them."""
        return self

    # How they are scanned: by several threads, each of which has a range of the rows.

    def scan_best(self, units: Floats, places: int, start: int, stop: int, workers: int | None) -> Candidates:
        """`candidates` of rows `start` to `stop` by `workers` threads; all usable cores where None."""
        norms, scan = self.norms, self.scanner(units)
        shares = in_threads(lambda low, high: scan(norms, places, low, high), self._bounds(start, stop, workers))
        if len(shares) == 1:
            return shares[0]
        best = []
        for lists in zip(*shares):
            rows, scores = (np.concatenate(arrays) for arrays in zip(*lists))
            best.append(best_candidates(places, rows, scores))
        return best

    def scan_cosines(self, unit: Floats, start: int, stop: int, workers: int | None) -> Floats:
        """`estimates` of rows `start` to `stop` by `workers` threads; all usable cores where None."""
        bounds = self._bounds(start, stop, workers)
        if len(bounds) == 2:
            return self.estimates(unit, start, stop)
        cosines = np.empty(stop - start, np.float32)

        def scan(low: int, high: int) -> None:
            cosines[low - start : high - start] = self.estimates(unit, low, high)

        in_threads(scan, bounds)
        return cosines

    def _bounds(self, start: int, stop: int, workers: int | None) -> list[int]:
        """The rows from `start` to `stop` cut into a range for each thread."""
        parts = usable_cores() if workers is None else max(1, workers)
        if workers is None and (stop - start) * self.row_bytes < _SHARED_BYTES:
            parts = 1
        return [start + (stop - start) * i // parts for i in range(parts + 1)]

    def threads(self, workers: int) -> int:
        """`workers` as a limit of threads for these rows: 1 where they are too small to share."""
        return 1 if len(self) * self.row_bytes < _SHARED_BYTES else min(workers, usable_cores())


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


def as_norms(norms: ArrayLike, rows: int) -> Floats:
    """The lengths of all rows as contiguous float32; kernels rely on there being one for each."""
    lengths = np.ascontiguousarray(norms, np.float32)
    if lengths.shape != (rows,):
        raise OptionError(f"norms must be one length for each of {rows} rows; got shape {lengths.shape}")
    return lengths


def highest(rows: RowNumbers, scores: Floats, places: int) -> tuple[RowNumbers, Floats]:
    """The rows of the highest scores, at most `places`, in no order; NaN is left out."""
    some = np.flatnonzero(~np.isnan(scores))
    if len(some) > places:
        some = some[np.argpartition(-scores[some], places - 1)[:places]]
    return rows[some], scores[some].astype(np.float32, copy=False)


def joined(parts: Candidates, places: int) -> tuple[RowNumbers, Floats]:
    """The `highest` of several parts."""
    rows = np.concatenate([np.empty(0, np.int64), *(rows for rows, _ in parts)])
    return highest(rows, np.concatenate([np.empty(0, np.float32), *(scores for _, scores in parts)]), places)
