"""Approximate indexes by faiss: whatever its index_factory makes."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

import numpy as np

from wordvec.base.errors import FormatError, OptionError
from wordvec.base.options import Options, option
from wordvec.search.index_base import Floats, RowNumbers, SearchIndex

__all__ = ["FaissIndex", "FaissOptions"]


@dataclass(frozen=True, kw_only=True)
class FaissOptions(Options):
    """Which index faiss builds, and how it searches."""

    factory: str = option("HNSW32", "the index, as faiss's index_factory names it")
    ef_construction: int = option(128, "of graphs: rows looked at for the links of a row", low=1)
    ef_search: int = option(64, "of graphs: rows looked at for a query", low=1)
    nprobe: int = option(16, "of cells (IVF): how many are searched for a query", low=1)


class FaissIndex(SearchIndex):
    """Any index of faiss's `index_factory` with inner products: "Flat", "HNSW32", "IVF1024,Flat", "IVF1024,PQ16"."""

    kind, options = "faiss", FaissOptions

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
        _, numbers = self._index.search(np.ascontiguousarray(units), count, **options)
        return np.asarray(numbers, np.int64)
