"""Shared rows: fewer rows than words, some of which share one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from wordvec.base.arguments import array_of, check_cosine
from wordvec.base.errors import FormatError, OptionError
from wordvec.rows.base import Candidates, Doubles, Floats, RowNumbers, Rows, Tensors
from wordvec.rows.dense import Dense
from wordvec.vocabulary.views import kept

if TYPE_CHECKING:
    from typing_extensions import Self

__all__ = ["Shared", "as_rows"]


class Shared(Rows):
    """Rows [R, D] with the row of every word, `row_of` [V]; the first R words own the rows 0 to R - 1, in order.

    `rows[numbers]`, norms and searches are those of the rows; `take`, `row` and `blocks` are about words. The map of a
    file is `believed` until more than a single row of it is used, so that a mapped file opens in no time. OptionError
    for a map that is none; FormatError later where a file's is none.

    >>> rows = Shared([[1, 2], [3, 4]], [0, 1, 0])
    >>> len(rows), rows.take([1, 2]).tolist(), rows.row(2)
    (2, [[3.0, 4.0], [1.0, 2.0]], 0)
    """

    def __init__(self, rows: Rows | ArrayLike, row_of: ArrayLike, *, believed: bool = False) -> None:
        self.rows = as_rows(rows)
        super().__init__(self.rows.shape)
        array = array_of(row_of, "rows", "row numbers")
        size = len(self.rows)
        if array.ndim != 1 or array.dtype.kind not in "iu" or size > len(array):
            raise OptionError(
                f"rows must be one integer for each word, and no row without a word; "
                f"got shape {array.shape} of {array.dtype} for {size} rows"
            )
        if not believed:
            _check(array, size)
        self._row_of, self._believed = kept(np.asarray(array, np.uint32)), believed

    @property
    def name(self) -> str:  # type: ignore[override]
        """The name of the kind of the rows that are shared: the map is kept beside them."""
        return self.rows.name

    @property
    def row_of(self) -> NDArray[np.uint32]:
        """[V] the row of every word; FormatError where a file has a map that is none."""
        if self._believed:
            try:
                _check(self._row_of, len(self))
            except OptionError as error:
                raise FormatError(f"{error}: the file is damaged") from None
            self._believed = False
        return self._row_of

    def row(self, index: int) -> int:
        """The row of the word with this index; FormatError where a damaged file has one beyond the matrix."""
        row = int(self._row_of[index])
        if row >= self.shape[0]:
            raise FormatError(f"the row of word {index} must be below {len(self)}; got {row}: the file is damaged")
        return row

    def take(self, indices: ArrayLike) -> Floats:
        """See `Rows`."""
        return self.rows.take(self.row_of[np.asarray(indices, np.int64)])

    @property
    def words(self) -> int:
        """See `Rows`; the rows of a file's map are not checked."""
        return len(self._row_of)

    @property
    def by_index(self) -> Any:
        """See `Rows`."""
        return _ByIndex(self)

    def replaced(self, rows: Rows) -> Rows:
        """See `Rows`."""
        return Shared(rows, self.row_of)

    @classmethod
    def from_tensors(cls, tensors: Tensors, config: Mapping[str, Any]) -> Shared:
        """OptionError: the rows are opened first, and shared by the map that a file keeps beside them."""
        raise OptionError("shared rows must be opened as the rows that are shared: Shared(rows, row_of)")

    def tensors(self) -> dict[str, NDArray[Any]]:
        """Those of the rows that are shared."""
        return self.rows.tensors()

    def config(self) -> dict[str, Any]:
        """That of the rows that are shared."""
        return self.rows.config()

    # All else is asked of the rows.

    def with_norms(self, norms: ArrayLike) -> Self:
        """See `Rows`."""
        other = object.__new__(type(self))
        other.__dict__.update(self.__dict__, rows=self.rows.with_norms(norms))
        return other

    @property
    def norms(self) -> Floats:
        """See `Rows`."""
        return self.rows.norms

    @property
    def lengths(self) -> Floats:
        """See `Rows`."""
        return self.rows.lengths

    @property
    def divisors(self) -> Floats:
        """See `Rows`."""
        return self.rows.divisors

    def gather(self, rows: RowNumbers) -> tuple[Floats, Floats]:
        """See `Rows`."""
        return self.rows.gather(rows)

    @property
    def nbytes(self) -> int:
        """The bytes of the rows and of the map."""
        return self.rows.nbytes + self._row_of.nbytes

    @property
    def row_bytes(self) -> int:
        """See `Rows`."""
        return self.rows.row_bytes

    @property
    def matrix(self) -> Any:
        """See `Rows`."""
        return self.rows.matrix

    @property
    def is_encoded(self) -> bool:
        """See `Rows`."""
        return self.rows.is_encoded

    @property
    def is_dense(self) -> bool:
        """See `Rows`."""
        return self.rows.is_dense

    @property
    def is_exact(self) -> bool:
        """See `Rows`."""
        return self.rows.is_exact

    @property
    def full(self) -> Rows:
        """See `Rows`."""
        return self.rows.full

    def __getitem__(self, rows: Any) -> Floats:
        """Rows by their numbers, as the rows that are shared give them."""
        return self.rows[rows]

    def __array__(self, dtype: DTypeLike | None = None, copy: bool | None = None) -> NDArray[Any]:
        """The rows that are shared, as an array."""
        return self.rows.__array__(dtype, copy)

    def _decode(self, rows: slice | NDArray[Any]) -> Floats:
        return self.rows._decode(rows)

    def candidates(self, units: Floats, norms: Floats, places: int, start: int, stop: int) -> Candidates:
        """See `Rows`."""
        return self.rows.candidates(units, norms, places, start, stop)

    def estimates(self, unit: Floats, start: int, stop: int) -> Floats:
        """See `Rows`."""
        return self.rows.estimates(unit, start, stop)

    def cosines(self, rows: RowNumbers, unit: Doubles) -> Doubles:
        """See `Rows`."""
        return self.rows.cosines(rows, unit)

    def slack(self) -> float:
        """See `Rows`."""
        return self.rows.slack()

    def places(self, k: int) -> int:
        """See `Rows`."""
        return self.rows.places(k)

    def scan_best(self, units: Floats, places: int, start: int, stop: int, workers: int | None) -> Candidates:
        """See `Rows`."""
        return self.rows.scan_best(units, places, start, stop, workers)

    def scan_cosines(self, unit: Floats, start: int, stop: int, workers: int | None) -> Floats:
        """See `Rows`."""
        return self.rows.scan_cosines(unit, start, stop, workers)


class _ByIndex:
    """The vectors of words by index, of shared rows."""

    __slots__ = ("_shared",)

    def __init__(self, shared: Shared) -> None:
        self._shared = shared

    def __getitem__(self, index: int) -> Floats:
        shared = self._shared
        return shared.rows[shared.row(index)]


def as_rows(values: Rows | ArrayLike, norms: ArrayLike | None = None) -> Rows:
    """Rows as they are, or dense rows of an array; with `norms` where these are given, one for each row.

    They are for searches by cosine: OptionError for rows with another metric.

    >>> as_rows([[3, 4]]).norms.tolist()
    [5.0]
    """
    if not isinstance(values, Rows):
        return Dense(values, norms)
    check_cosine(matrix=values)
    return values if norms is None or norms is values.norms else values.with_norms(norms)


def _check(array: NDArray[Any], size: int) -> None:
    """OptionError where these are not rows of words, of which the first `size` own theirs."""
    wrong = np.flatnonzero((array < 0) | (array >= size))
    if len(wrong):
        raise OptionError(f"rows must be from 0 to {size - 1}; word {wrong[0]} has {array[wrong[0]]}")
    wrong = np.flatnonzero(array[:size] != np.arange(size))
    if len(wrong):
        raise OptionError(
            f"rows must begin with 0 to {size - 1}, owned in order; word {wrong[0]} has {array[wrong[0]]}"
        )
