"""Words of a test set to rows of the vectors: which case they are found in, and how many rows count."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from wordvec.base.errors import FormatError, OptionError
from wordvec.vocabulary import case_forms

if TYPE_CHECKING:
    from wordvec.vectors import KeyedVectors

T = TypeVar("T", np.float32, np.float64)


class Lookup:
    """Finds words among the first `restrict` rows: as written, then (if case does not matter) lower, Title, UPPER."""

    def __init__(self, vectors: KeyedVectors, restrict: int | None, case_insensitive: bool) -> None:
        if restrict is not None and (isinstance(restrict, bool) or restrict < 1):
            raise OptionError(f"restrict_vocab must be a number of rows >= 1, or None for all; got {restrict!r}")
        self._vectors = vectors
        self._fold = case_insensitive
        size, counts = len(vectors.vectors), vectors.vocabulary.counts
        self.size = size if restrict is None else min(restrict, size)
        if self.size < size and counts is not None and bool((np.diff(counts) > 0).any()):
            warnings.warn(
                f"restrict_vocab={restrict} keeps the first rows, but the words are not sorted by falling count",
                stacklevel=4,
            )

    def rows(self, word: str) -> list[int]:
        """The rows of the word and of its case variants, the one to use first; [] if it has none."""
        rows = dict.fromkeys(self._vectors.get_index(form, -1) for form in case_forms(word, self._fold))
        return [row for row in rows if 0 <= row < self.size]

    def describe(self, unknown: str) -> str:
        """The policy in words, to stand next to a score."""
        case = "as written, then lower, Title and UPPER case" if self._fold else "as written"
        return f"words looked up {case}, among the first {self.size:,} rows; {unknown}"


def unit_rows(
    vectors: KeyedVectors,
    rows: NDArray[np.int64] | slice,
    dtype: type[T] = np.float32,  # type: ignore[assignment]
) -> NDArray[T]:
    """A copy of some rows, scaled to length 1; a row of zeros stays so. FormatError if a row is not finite."""
    taken = np.asarray(vectors.vectors[rows], dtype=dtype)
    norms = np.sqrt(np.einsum("ij,ij->i", taken, taken, dtype=np.float64))
    check_finite(vectors, norms, rows)
    return (taken / np.where(norms > 0, norms, 1)[:, None]).astype(dtype, copy=False)


def check_finite(vectors: KeyedVectors, norms: NDArray[Any], rows: NDArray[np.int64] | slice = slice(None)) -> None:
    """FormatError that names the first of some rows whose length is not a finite number."""
    finite = np.isfinite(norms)
    if not finite.all():
        bad = int(np.flatnonzero(~finite)[0])
        row = bad + (rows.start or 0) if isinstance(rows, slice) else int(rows[bad])
        raise FormatError(
            f"vectors must be finite numbers; row {row} ({vectors.vocabulary[row]!r}) holds NaN or infinity. "
            "Drop or repair that row before evaluating."
        )
