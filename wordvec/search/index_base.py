"""What all approximate indexes share: a search whose scores are exact, recall, and the file with its record."""

from __future__ import annotations

import json
import os
import zlib
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import fields
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wordvec.base.errors import FormatError, OptionError, OutputError
from wordvec.base.leftovers import temporary_name
from wordvec.base.options import Options
from wordvec.rows import Rows, directed
from wordvec.search.exact import nearest, unit_queries
from wordvec.search.filters import at_least, rows_within
from wordvec.search.records import FORM, VERSION, file_checksum, record_path
from wordvec.search.tables import exact_cosines, in_order

__all__ = ["BLOCK_BYTES", "Floats", "PathLike", "RowNumbers", "SearchIndex", "matrix_checksum"]

Floats = NDArray[np.float32]
RowNumbers = NDArray[np.int64]
RowsAndScores = tuple[RowNumbers, NDArray[np.float64]]
PathLike = str | os.PathLike[str]

BLOCK_BYTES = 16 << 20
_SMALL = 0.2  # where fewer of the rows may be found, the exact search is as quick, and graphs lose their way


class SearchIndex(ABC):
    """An index of the rows of a matrix; what it finds is scored anew with the matrix, so that scores are exact.

    `parameters` are those it was built with, `measured` the recall found when it was built: {k, sample, recall}.
    """

    kind: ClassVar[str]
    options: ClassVar[type[Options]]

    def __init__(self, index: Any, rows: Rows, parameters: Mapping[str, Any]) -> None:
        self._index, self._rows = index, rows
        self._directed = np.flatnonzero(directed(rows.norms)).astype(np.int64)  # the rows that are in the index
        self.parameters = dict(parameters)
        self.measured: dict[str, Any] | None = None

    @property
    def shape(self) -> tuple[int, int]:
        """[R, D] of the matrix."""
        return self._rows.shape

    @classmethod
    def option_names(cls) -> list[str]:
        """The names of the options that it is built with."""
        return [f.name for f in fields(cls.options)]

    @classmethod
    @abstractmethod
    def library(cls) -> Any:
        """The module of the library; OptionError that says what to install."""

    @classmethod
    @abstractmethod
    def make(cls, dim: int, units: Iterator[Floats], parameters: Mapping[str, Any], workers: int) -> Any:
        """The library's index of blocks of unit rows."""

    @classmethod
    @abstractmethod
    def read(cls, path: str, dim: int, parameters: Mapping[str, Any]) -> tuple[Any, int, int]:
        """The library's index in a checked file, mapped where that can be; how many rows it holds, and of what size."""

    @abstractmethod
    def write(self, path: str) -> None:
        """Write the library's index to a file."""

    @abstractmethod
    def find(self, units: Floats, count: int, allowed: RowNumbers | None) -> RowNumbers:
        """Numbers [Q, count] of what the library finds near, -1 where it finds less, `allowed` ones only if given."""

    def search(
        self,
        queries: ArrayLike,
        k: int = 10,
        *,
        exclude: Sequence[Sequence[int]] | None = None,
        within: ArrayLike | None = None,
        min_score: float | None = None,
    ) -> RowsAndScores:
        """Some k rows of the highest cosines to [Q, D] queries, as `nearest` gives them; the cosines are exact.

        Where less than a fifth of the rows may be found (`within`), or the library has no filters, the search is exact.
        """
        units = unit_queries(queries, self.shape[1])
        options: dict[str, Any] = dict(exclude=exclude, min_score=min_score)
        allowed = None
        if within is not None:
            rows = rows_within(within, len(self._rows))
            if len(rows) < _SMALL * len(self._rows) or not self._filters:
                return nearest(self._rows, queries, k, within=rows, **options)
            allowed = np.flatnonzero(np.isin(self._directed, rows, assume_unique=True))
        if exclude is not None and len(exclude) != len(units):
            raise OptionError(f"exclude must have rows for each of {len(units)} queries; got {len(exclude)} lists")
        k = max(0, min(k, len(self._rows)))
        most = k + max((len(some) for some in exclude or ()), default=0)
        if not k or not len(self._directed):
            return np.full((len(units), k), -1, np.int64), np.full((len(units), k), -np.inf)
        numbers = self.find(units.astype(np.float32), min(most, len(self._directed)), allowed)
        if numbers.size and int(numbers.max()) >= len(self._directed):
            raise FormatError(f"the index names row {int(numbers.max())} of {len(self._directed)}; build it again")
        rows = np.where(numbers < 0, -1, self._directed[np.maximum(numbers, 0)])
        for row, some in zip(rows, exclude or ()):
            for banned in some:  # few: the words of the query
                row[row == banned] = -1
        rows, scores = in_order(rows, exact_cosines(self._rows, units, rows), k)
        if rows.shape[1] < k:
            pad = ((0, 0), (0, k - rows.shape[1]))
            rows, scores = np.pad(rows, pad, constant_values=-1), np.pad(scores, pad, constant_values=-np.inf)
        return at_least((rows, scores), min_score)

    _filters: ClassVar[bool] = True

    def recall(self, k: int = 10, sample: int = 200, seed: int = 0) -> float:
        """The share of the k nearest rows that the index finds, over a random sample of rows as queries."""
        if not len(self._directed):
            return 1.0
        rng = np.random.Generator(np.random.PCG64(seed))
        asked = np.sort(rng.choice(self._directed, min(sample, len(self._directed)), replace=False))
        queries, own = np.asarray(self._rows[asked]), asked[:, None].tolist()
        exact, _ = nearest(self._rows, queries, k, exclude=own)
        approximate, _ = self.search(queries, k, exclude=own)
        hits = [len(np.intersect1d(e[e >= 0], a)) for e, a in zip(exact, approximate)]
        return float(sum(hits) / max(1, int((exact >= 0).sum())))

    def save(self, path: PathLike, checksum: int | None = None) -> None:
        """Write the index to `path`, and to `path`.json what it is of. OutputError where that cannot be.

        `checksum` is that of the matrix where it is known, by `matrix_checksum`.
        """
        if (target := Path(path)).exists() and not target.is_file():
            raise OutputError(f"the output must be a file; {target} is none: give another name")
        record = {
            "form": FORM,
            "version": VERSION,
            "kind": self.kind,
            "rows": self.shape[0],
            "dim": self.shape[1],
            "dtype": "float32",
            "matrix_crc32": matrix_checksum(self._rows) if checksum is None else checksum,
            "parameters": self.parameters,
            "library": self.library().__version__,
            "measured": self.measured,
        }
        temporary = target.with_name(temporary_name(target.name))
        try:
            self.write(str(temporary))
            record |= {"bytes": temporary.stat().st_size, "crc32": file_checksum(temporary)}
            os.replace(temporary, target)
            temporary.write_text(json.dumps(record, indent=1), encoding="utf-8")
            os.replace(temporary, record_path(target))
        except (OSError, RuntimeError) as error:
            raise OutputError(f"the index must be written to {target}, which failed: {error}") from error
        finally:
            with suppress(OSError):
                temporary.unlink()


def matrix_checksum(matrix: Any) -> int:
    """The CRC-32 of the rows as little-endian float32, one after another, whatever the distance between them."""
    checksum, step = 0, max(1, BLOCK_BYTES // (4 * matrix.shape[1]))
    for first in range(0, len(matrix), step):
        checksum = zlib.crc32(np.ascontiguousarray(matrix[first : first + step], "<f4").data, checksum)
    return checksum
