"""Rows side by side: the vectors of several sources, one after another, which are scanned where they are."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wordvec.base.errors import FormatError, OptionError
from wordvec.rows.base import (
    ULP,
    Candidates,
    Doubles,
    Floats,
    RowNumbers,
    Rows,
    Tensors,
    block_bounds,
    frozen,
)
from wordvec.rows.norms import directed
from wordvec.rows.scanning import best_candidates
from wordvec.rows.tensors import tensor

__all__ = ["SideBySide"]

Part = tuple[Rows, NDArray[np.int32]]
_DENSE = 4  # rows of a part are scanned where at least one in so many is needed, else gathered


class SideBySide(Rows):
    """Vectors of D dimensions made of those of several parts, of D1, D2, ... dimensions, one after another.

    A part is rows and [V] int32, the row of each word in them, -1 for a word that they do not have: zeros stand there.
    With `normalize`, each piece is brought to length 1 first, so that all parts weigh the same. Nothing is copied:
    what this adds is a number for each word and part.

    >>> from wordvec.rows import Dense
    >>> a, b = Dense([[3, 4], [1, 0]]), Dense([[2], [5]])
    >>> rows = SideBySide([(a, [0, 1, -1]), (b, [-1, 0, 1])])
    >>> rows.shape, rows[1].tolist(), rows[2].tolist()
    ((3, 3), [1.0, 0.0, 1.0], [0.0, 0.0, 1.0])
    """

    name = "side-by-side"

    def __init__(
        self, parts: Sequence[tuple[Rows, ArrayLike]], normalize: bool = True, norms: Floats | None = None
    ) -> None:
        if not parts:
            raise OptionError("parts must be one or more rows with the row of each word; got none")
        self.parts: list[Part] = [(rows, frozen(np.asarray(row_of, np.int32))) for rows, row_of in parts]
        self.normalize = normalize
        words = len(self.parts[0][1])
        for rows, row_of in self.parts:
            if row_of.shape != (words,):
                raise OptionError(f"parts must have a row for each of {words} words, or -1; got shape {row_of.shape}")
            if words and int(row_of.max()) >= len(rows):
                raise OptionError(f"rows of a part must be below {len(rows)}, or -1; got {int(row_of.max())}")
        super().__init__((words, sum(rows.shape[1] for rows, _ in self.parts)), norms)

    @classmethod
    def from_tensors(
        cls, tensors: Tensors, config: Mapping[str, Any], open_part: Callable[..., Rows] | None = None
    ) -> SideBySide:
        """See `Rows`; `open_part` opens the rows of each part by the name of their kind, their tensors and config."""
        kinds, normalize = config.get("parts"), config.get("normalize")
        if not isinstance(kinds, list) or not kinds or not all(isinstance(kind, Mapping) for kind in kinds):
            raise FormatError(f"parts of the codec must be a list of objects; the file has {kinds!r:.40}")
        if not isinstance(normalize, bool):
            raise FormatError(f"normalize of the codec must be true or false; the file has {normalize!r:.40}")
        assert open_part is not None
        row_of = tensor(tensors, "", "<i4", None, len(kinds))
        parts = []
        for place, kind in enumerate(kinds):
            own, prefix = {}, f".{place}"
            for name, array in tensors.items():
                if name == prefix or name.startswith(f"{prefix}."):
                    own[name[len(prefix) :]] = array
            parts.append((open_part(kind.get("codec"), own, kind.get("options", {})), row_of[:, place]))
        try:
            return cls(parts, normalize, tensor(tensors, ".norm", "<f4", len(row_of)))
        except OptionError as error:
            raise FormatError(f"{error}: the file is damaged") from None

    def tensors(self) -> dict[str, NDArray[Any]]:
        """The row of each word in each part, [V, P] int32, the norms, and the tensors of part i after `.i`."""
        tensors: dict[str, NDArray[Any]] = {"": np.stack([row_of for _, row_of in self.parts], axis=1)}
        tensors[".norm"] = self.norms
        for place, (rows, _) in enumerate(self.parts):
            own = {".norm": rows.norms, **rows.tensors()}
            tensors |= {f".{place}{name}": array for name, array in own.items()}
        return tensors

    def config(self) -> dict[str, Any]:
        """Whether pieces are brought to length 1, and the kinds of the parts."""
        kinds = [{"codec": rows.name, "options": rows.config()} for rows, _ in self.parts]
        return {"normalize": self.normalize, "parts": kinds}

    @property
    def is_encoded(self) -> bool:
        """Whether a part is."""
        return any(rows.is_encoded for rows, _ in self.parts)

    @property
    def nbytes(self) -> int:
        """The bytes of all parts and of the rows of words in them."""
        return sum(rows.nbytes + row_of.nbytes for rows, row_of in self.parts)

    @property
    def row_bytes(self) -> int:
        """The bytes that a scan reads of all parts for a row."""
        return sum(rows.row_bytes for rows, _ in self.parts)

    def _computed_lengths(self) -> Floats:
        squares = np.zeros(len(self))
        for rows, row_of in self.parts:
            there = np.flatnonzero(row_of >= 0)
            lengths = rows.divisors[row_of[there]].astype(np.float64)
            with np.errstate(all="ignore"):
                squares[there] += self._weights(lengths) ** 2
        with np.errstate(over="ignore"):
            return frozen(np.sqrt(squares).astype(np.float32))

    def _weights(self, lengths: Doubles) -> Doubles:
        """How much each piece weighs, by its length: NaN where it is not finite."""
        return np.where(np.isfinite(lengths), lengths > 0, np.nan) if self.normalize else lengths

    def _wide(self, rows: RowNumbers) -> Doubles:
        """See `Rows`; as the vectors are before they are rounded to float32."""
        vectors, column = np.zeros((len(rows), self.shape[1])), 0
        for part, row_of in self.parts:
            own, columns = row_of[rows], slice(column, column + part.shape[1])
            there = np.flatnonzero(own >= 0)
            wide = np.asarray(part[own[there]], np.float64)
            if self.normalize:
                lengths = np.sqrt(np.square(wide).sum(axis=1, keepdims=True))
                with np.errstate(invalid="ignore"):  # of a row that is infinite: it becomes NaN
                    wide = np.divide(wide, lengths, out=np.zeros_like(wide), where=lengths > 0)
            vectors[there, columns] = wide
            column = columns.stop
        return vectors

    def _decode(self, rows: slice | NDArray[Any]) -> Floats:
        words = np.arange(*rows.indices(len(self))) if isinstance(rows, slice) else rows
        with np.errstate(over="ignore"):
            return self._wide(np.asarray(words, np.int64)).astype(np.float32)

    def scan_best(self, units: Floats, places: int, start: int, stop: int, workers: int | None) -> Candidates:
        """See `Rows`: every part is scanned from end to end, in threads, for each query."""
        words = np.arange(start, stop)
        usable = directed(self.norms[start:stop])
        best = []
        for unit in units:
            scores = self.scan_cosines(unit, start, stop, workers)
            there = np.flatnonzero(usable & ~np.isnan(scores))
            best.append(best_candidates(places, words[there], scores[there]))
        return best

    def scan_cosines(self, unit: Floats, start: int, stop: int, workers: int | None) -> Floats:
        """See `Rows`."""
        scores, column = np.zeros(stop - start), 0
        for rows, row_of in self.parts:
            piece, own = unit[column : column + rows.shape[1]].astype(np.float64), row_of[start:stop]
            column += rows.shape[1]
            there, length = np.flatnonzero(own >= 0), float(np.sqrt(piece @ piece))
            if length > 0 and len(there):
                own = own[there]
                cosines = _cosines(rows.full, own, (piece / length).astype(np.float32), workers)
                weights = self._weights(rows.divisors[own].astype(np.float64))
                with np.errstate(all="ignore"):
                    scores[there] += length * weights * np.where(weights > 0, cosines, 0)
        with np.errstate(all="ignore"):
            return (scores / self.lengths[start:stop]).astype(np.float32)

    def estimates(self, unit: Floats, start: int, stop: int) -> Floats:
        """See `Rows`."""
        return self.scan_cosines(unit, start, stop, 1)

    def candidates(self, units: Floats, norms: Floats, places: int, start: int, stop: int) -> Candidates:
        """See `Rows`."""
        return self.with_norms(norms).scan_best(units, places, start, stop, 1)

    def slack(self) -> float:
        """The greatest of all parts, by Cauchy and Schwarz, and a few roundings."""
        return max(rows.full.slack() for rows, _ in self.parts) + 16 * ULP

    def places(self, k: int) -> int:
        """The most that a part wants."""
        return max(rows.places(k) for rows, _ in self.parts)


def _cosines(rows: Rows, numbers: NDArray[np.int32], unit: Floats, workers: int | None) -> Doubles:
    """The approximate cosines of some rows: by a scan where most of them are needed, else of the rows alone."""
    low, high = int(numbers.min()), int(numbers.max()) + 1
    if high - low <= _DENSE * len(numbers):
        return rows.scan_cosines(unit, low, high, workers)[numbers - low].astype(np.float64)
    cosines = np.empty(len(numbers))
    for first, last in block_bounds((len(numbers), rows.shape[1])):
        vectors, lengths = rows.gather(numbers[first:last].astype(np.int64))
        with np.errstate(all="ignore"):
            cosines[first:last] = (vectors @ unit) / lengths
    return cosines
