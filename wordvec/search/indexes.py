"""Approximate indexes by usearch and faiss, in a file beside the vectors: a faster search that may miss a row."""

from __future__ import annotations

import json
import os
import sys
import zlib
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wordvec.base.errors import FormatError, OptionError, OutputError
from wordvec.base.leftovers import temporary_name
from wordvec.base.threads import usable_cores
from wordvec.rows import Rows, as_rows, directed
from wordvec.search.arrays import Matrix, indexed
from wordvec.search.exact import nearest, unit_queries
from wordvec.search.filters import at_least, rows_within
from wordvec.search.records import FORM, VERSION, file_checksum, read_record, record_path
from wordvec.search.tables import exact_cosines, in_order

__all__ = ["INDEXES", "FaissIndex", "SearchIndex", "UsearchIndex", "build_index", "matrix_checksum", "open_index"]

Floats = NDArray[np.float32]
RowNumbers = NDArray[np.int64]
Found = tuple[RowNumbers, NDArray[np.float64]]
PathLike = str | os.PathLike[str]

_BLOCK_BYTES = 16 << 20
_SMALL = 0.2  # where fewer of the rows may be found, the exact search is as quick, and graphs lose their way


class SearchIndex(ABC):
    """An index of the rows of a matrix; what it finds is scored anew with the matrix, so that scores are exact.

    `parameters` are those it was built with, `measured` the recall found when it was built: {k, sample, recall}.
    """

    kind: ClassVar[str]
    defaults: ClassVar[dict[str, Any]]

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
        self, queries: ArrayLike, k: int = 10, *, exclude: Sequence[Sequence[int]] | None = None,
        within: ArrayLike | None = None, min_score: float | None = None,
    ) -> Found:  # fmt: skip
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
            row[np.isin(row, np.asarray(some, np.int64))] = -1
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
            "form": FORM, "version": VERSION, "kind": self.kind, "rows": self.shape[0],
            "dim": self.shape[1], "dtype": "float32",
            "matrix_crc32": matrix_checksum(self._rows) if checksum is None else checksum,
            "parameters": self.parameters, "library": self.library().__version__, "measured": self.measured,
        }  # fmt: skip
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


class UsearchIndex(SearchIndex):
    """HNSW graphs of usearch; the file is mapped, not read."""

    kind = "usearch"
    defaults: ClassVar = {"connectivity": 16, "expansion_add": 128, "expansion_search": 64, "dtype": "f32"}
    _filters = False

    @classmethod
    def library(cls) -> Any:
        """The module `usearch`."""
        try:
            with suppress(ImportError):
                import faiss  # noqa: F401  # faiss crashes the process where it is loaded after usearch
            import usearch
            import usearch.index
        except ImportError as error:
            raise OptionError("kind 'usearch' needs a package that is not here: pip install usearch") from error
        return usearch

    @classmethod
    def _empty(cls, dim: int, parameters: Mapping[str, Any]) -> Any:
        return cls.library().index.Index(ndim=dim, metric="cos", **parameters)

    @classmethod
    def make(cls, dim: int, units: Iterator[Floats], parameters: Mapping[str, Any], workers: int) -> Any:
        """A graph whose keys are numbers from 0."""
        index, first = cls._empty(dim, parameters), 0
        for block in units:
            index.add(np.arange(first, first + len(block), dtype=np.uint64), block, threads=workers)
            first += len(block)
        return index

    @classmethod
    def read(cls, path: str, dim: int, parameters: Mapping[str, Any]) -> tuple[Any, int, int]:
        """A view of the file; its head is compared first, since a view of another file is not checked by usearch."""
        head = cls.library().index.Index.metadata(path)
        if not head or head.get("dimensions") != dim:
            raise FormatError(f"{path}: an index of usearch must have {dim} dimensions; got {head}. Build it again")
        index = cls._empty(dim, parameters)
        index.view(path)
        return index, len(index), index.ndim

    def write(self, path: str) -> None:
        """Write the graph with its vectors."""
        self._index.save(path)

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_index": bytes(self._index.save())}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state, _index=self._empty(state["_rows"].shape[1], state["parameters"]))
        self._index.load(state["_index"])

    def find(self, units: Floats, count: int, allowed: RowNumbers | None) -> RowNumbers:
        """The keys found; beyond the number found, usearch leaves what was in memory."""
        matches = self._index.search(units, count)
        keys = np.atleast_2d(np.asarray(matches.keys).astype(np.int64))
        counts = np.asarray(getattr(matches, "counts", [keys.shape[1]]))
        result: RowNumbers = np.where(np.arange(keys.shape[1]) < counts[:, None], keys, -1)
        return result


class FaissIndex(SearchIndex):
    """Any index of faiss's `index_factory` with inner products: "Flat", "HNSW32", "IVF1024,Flat", "IVF1024,PQ16"."""

    kind = "faiss"
    defaults: ClassVar = {"factory": "HNSW32", "ef_construction": 128, "ef_search": 64, "nprobe": 16}

    @classmethod
    def library(cls) -> Any:
        """The module `faiss`."""
        if "usearch" in sys.modules and "faiss" not in sys.modules and find_spec("faiss"):
            raise OptionError("faiss must be imported before usearch, else it crashes; import faiss at the start")
        try:
            import faiss
        except ImportError as error:
            raise OptionError("kind 'faiss' needs a package that is not here: pip install faiss-cpu") from error
        return faiss

    @classmethod
    def make(cls, dim: int, units: Iterator[Floats], parameters: Mapping[str, Any], workers: int) -> Any:
        """An index trained on the first block, where it is of a kind to be trained."""
        faiss = cls.library()
        try:
            index = faiss.index_factory(dim, parameters["factory"], faiss.METRIC_INNER_PRODUCT)
            if hasattr(index, "hnsw"):
                index.hnsw.efConstruction = parameters["ef_construction"]
            for block in units:
                if not index.is_trained:
                    index.train(block)
                index.add(block)
        except RuntimeError as error:
            raise OptionError(
                f"factory must be an index that faiss can make of these rows; got {parameters['factory']!r}: {error}"
            ) from error
        return index

    @classmethod
    def read(cls, path: str, dim: int, parameters: Mapping[str, Any]) -> tuple[Any, int, int]:
        """The index, its codes mapped where faiss can do so."""
        faiss = cls.library()
        try:
            index = faiss.read_index(path, faiss.IO_FLAG_MMAP_IFC)
        except RuntimeError as error:
            raise FormatError(f"{path}: faiss cannot read the index ({error}); build it again") from error
        return index, index.ntotal, index.d

    def write(self, path: str) -> None:
        """Write the index by faiss."""
        self.library().write_index(self._index, path)

    def find(self, units: Floats, count: int, allowed: RowNumbers | None) -> RowNumbers:
        """The numbers found, by the search parameters of the index's kind."""
        faiss, options = self.library(), {}
        selector = None if allowed is None else faiss.IDSelectorBatch(allowed)  # faiss keeps no reference to it
        if selector is not None:
            options["sel"] = selector
        if isinstance(self._index, faiss.IndexIVF):
            options["params"] = faiss.SearchParametersIVF(nprobe=self.parameters["nprobe"], **options)
        elif hasattr(self._index, "hnsw"):
            breadth = max(self.parameters["ef_search"], count)
            options["params"] = faiss.SearchParametersHNSW(efSearch=breadth, **options)
        elif selector is not None:
            options["params"] = faiss.SearchParameters(sel=selector)
        options.pop("sel", None)
        _, found = self._index.search(np.ascontiguousarray(units), count, **options)
        return np.asarray(found, np.int64)


INDEXES: dict[str, type[SearchIndex]] = {"usearch": UsearchIndex, "faiss": FaissIndex}


def build_index(
    matrix: Matrix,
    *,
    norms: ArrayLike | None = None,
    kind: str = "usearch",
    path: PathLike | None = None,
    measure: int = 200,
    workers: int | None = None,
    **parameters: Any,
) -> SearchIndex:
    """An index of the rows that have a direction, at length 1, saved to `path` (and `path`.json) if given.

    `parameters` are those of the kind, `INDEXES[kind].defaults`. Recall at 10 is measured on a sample of `measure` rows
    (0: not) and kept with the index. Graphs built by several `workers` (all usable cores where None) differ from time
    to time; their scores do not. OptionError for an unknown kind or parameter, and where the library is not installed.
    """
    rows = indexed(matrix, norms)
    maker = _maker(kind)
    unknown = sorted(parameters.keys() - maker.defaults.keys())
    if unknown:
        raise OptionError(f"parameters of {kind} are {', '.join(maker.defaults)}; got {', '.join(unknown)}")
    chosen = {**maker.defaults, **parameters}
    maker.library()
    usable = np.flatnonzero(directed(rows.norms))
    step = max(1, _BLOCK_BYTES // (4 * rows.shape[1]))

    def units() -> Iterator[Floats]:
        for first in range(0, len(usable), step):
            vectors, lengths = rows.gather(usable[first : first + step])
            yield np.ascontiguousarray(vectors / lengths[:, None], np.float32)

    made = maker.make(rows.shape[1], units(), chosen, workers or usable_cores())
    index = maker(made, rows, chosen)
    if measure > 0:
        index.measured = {"k": 10, "sample": measure, "recall": index.recall(10, measure)}
    if path is not None:
        index.save(path)
    return index


def open_index(
    path: PathLike, matrix: Matrix, *, norms: ArrayLike | None = None, checksum: int | None = None
) -> SearchIndex:
    """The index in a file, of the same matrix that it was built of; `checksum` is the matrix's where it is known.

    FormatError, before the library sees the file, where the side record is missing or no such record, where the file is
    not as it was written (size and CRC-32), and where the matrix has other rows than the index was built of. This
    guards against damage and staleness, not against malice: index libraries trust their files.
    """
    target, rows = Path(path), as_rows(matrix, norms)
    record = read_record(target)
    kind = INDEXES.get(record["kind"])
    if kind is None:
        raise FormatError(f"{target}: kind must be one of {', '.join(INDEXES)}; got {record['kind']!r}")
    if not target.is_file():
        raise FormatError(f"{target}: the index must be there beside its record; there is no such file")
    if target.stat().st_size != record["bytes"] or file_checksum(target) != record["crc32"]:
        raise FormatError(f"{target}: the index must be as it was written; it is damaged or of another time: build it")
    shape = rows.shape
    if (record["rows"], record["dim"]) != shape:
        other = f"it is of one of {record['rows']} x {record['dim']}: build it again"
        raise FormatError(f"{target}: the index must be of this matrix, {shape[0]} x {shape[1]}; {other}")
    if record["matrix_crc32"] != (matrix_checksum(rows) if checksum is None else checksum):
        raise FormatError(f"{target}: the index must be of this matrix; the vectors have changed: build it again")
    if record["parameters"].keys() != kind.defaults.keys():
        raise FormatError(f"{target}: parameters must be {', '.join(kind.defaults)}; got {record['parameters']}")
    try:
        inner, count, dim = kind.read(str(target), shape[1], record["parameters"])
    except (KeyError, TypeError, AttributeError, RuntimeError, OverflowError) as error:
        raise FormatError(f"{target}: {kind.kind} must know the parameters of its record; it says {error!r}") from None
    index = kind(inner, rows, record["parameters"])
    if (count, dim) != (len(index._directed), shape[1]):
        wanted = f"{len(index._directed)} x {shape[1]}"
        raise FormatError(f"{target}: the index must hold {wanted}; it holds {count} x {dim}")
    index.measured = record["measured"]
    return index


def matrix_checksum(matrix: Any) -> int:
    """The CRC-32 of the rows as little-endian float32, one after another, whatever the distance between them."""
    checksum, step = 0, max(1, _BLOCK_BYTES // (4 * matrix.shape[1]))
    for first in range(0, len(matrix), step):
        checksum = zlib.crc32(np.ascontiguousarray(matrix[first : first + step], "<f4").data, checksum)
    return checksum


def _maker(kind: str) -> type[SearchIndex]:
    if kind not in INDEXES:
        raise OptionError(f"kind must be one of {', '.join(INDEXES)}; got {kind!r}")
    return INDEXES[kind]
