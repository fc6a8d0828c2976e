"""Approximate indexes by usearch: HNSW graphs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from wordvec.base.errors import FormatError
from wordvec.base.libraries import library
from wordvec.base.options import Options, option
from wordvec.search.index_base import Floats, RowNumbers, SearchIndex

__all__ = ["UsearchIndex", "UsearchOptions"]

_FEW = 4  # queries that one thread answers sooner


@dataclass(frozen=True, kw_only=True)
class UsearchOptions(Options):
    """How usearch builds and searches its graph."""

    connectivity: int = option(16, "links of a row in the graph", low=1)
    expansion_add: int = option(128, "rows looked at for the links of a row", low=1)
    expansion_search: int = option(64, "rows looked at for a query", low=1)
    dtype: Literal["f64", "f32", "f16", "bf16", "i8"] = option("f32", "of the rows kept in the index")


class UsearchIndex(SearchIndex):
    """HNSW graphs of usearch; the file is mapped, not read."""

    kind, options = "usearch", UsearchOptions
    _filters = False

    @classmethod
    def library(cls) -> Any:
        """The module `usearch`."""
        with suppress(ImportError):
            import faiss  # noqa: F401  # faiss crashes the process where it is loaded after usearch
        library("usearch.index", "usearch", "for kind 'usearch'")
        return library("usearch", "usearch", "for kind 'usearch'")

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
        # 0: all cores; usearch starts threads anew, which take as long as a query
        matches = self._index.search(units, count, threads=1 if len(units) < _FEW else 0)
        keys = np.atleast_2d(np.asarray(matches.keys).astype(np.int64))
        counts = np.asarray(getattr(matches, "counts", [keys.shape[1]]))
        result: RowNumbers = np.where(np.arange(keys.shape[1]) < counts[:, None], keys, -1)
        return result
