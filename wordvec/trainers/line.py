"""LINE (Tang et al. 2015): nodes of a graph by their edges (first order) and their neighbours (second order)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from wordvec.base.errors import OptionError
from wordvec.base.logs import warn
from wordvec.base.options import option, with_default
from wordvec.corpus.subsampling import keep_thresholds
from wordvec.graphs.graph import Graph
from wordvec.graphs.sampling import Sampling
from wordvec.optim.descent import check_finite
from wordvec.trainers.base import FitOptions
from wordvec.trainers.pairs import CENTRES, PairTrainer
from wordvec.vectors import KeyedVectors

LEAST = 10_000  # edges drawn in an epoch: those of a small graph come several times
EDGES = (
    "EDGES",
    "files of lines `NODE NODE [WEIGHT]`, at tabs or spaces; lines that begin with # or %% are comments (also .gz .bz2 "
    ".xz .zst), URLs; - is stdin",
)


@dataclass(frozen=True, kw_only=True)
class LINE(PairTrainer):
    """LINE: nodes that are linked, or have the same neighbours, get similar vectors (Tang et al. 2015)."""

    vector_size: int = with_default(PairTrainer, "vector_size", 128)
    epochs: int = option(100, "passes: each draws as many edges as the graph has arcs, but at least 10,000", low=1)
    order: int | Literal["both"] = option(
        "both",
        "1: linked nodes are similar; 2: nodes with the same neighbours; both: half of the dimensions of each",
        low=1,
        high=2,
    )
    directed: bool = option(False, "an edge is an arc from its first node to its second one only")

    name: ClassVar[str] = "line"
    takes: ClassVar[tuple[type, ...]] = (Graph,)
    reads: ClassVar[tuple[str, str]] = EDGES

    def _check(self, options: FitOptions) -> None:
        if options.keep_context and self.order != 2:
            raise OptionError(
                f"keep_context needs order 2, whose contexts have rows of their own; got order {self.order}"
            )
        if options.init is not None and self.order == "both":
            raise OptionError("init serves one order, whose rows are the vectors; got order 'both': give order 1 or 2")
        if self.order == "both" and self.vector_size < 2:
            raise OptionError("vector_size must be 2 at least for both orders, half for each; got 1")

    def _ready(self, corpus: Any, progress: bool) -> Graph:
        return Graph.of(corpus, directed=self.directed or None, workers=self.threads, progress=progress)

    def _fit(self, graph: Graph, options: FitOptions) -> KeyedVectors:
        nodes, metadata = graph.vocabulary, self.metadata(graph)
        counts = np.asarray(nodes.counts)
        keep = keep_thresholds(counts, 0.0)
        models = []
        for order, size in self._sizes():
            input = self._inputs(nodes, size, options, order)
            output = input if order == 1 else self._outputs(nodes, size, options)
            if order == 2:
                _clear_ends(input, graph)
            models.append(self._tables(input, output, counts, keep))

        def vectors() -> KeyedVectors:
            parts = [model["document_rows"] for model in models]
            kept = KeyedVectors(nodes, models[0]["output"]) if options.keep_context else None
            return KeyedVectors(nodes, joined(parts), metadata=metadata, contexts=kept)

        sampling = Sampling(
            graph.indptr, graph.indices, graph.weights, CENTRES, self.seed, float(max(len(graph.indices), LEAST))
        )
        metadata["loss"] = self._descend([(sampling, model) for model in models], vectors, options)
        for model in models:
            check_finite(model["document_rows"], self.alpha)
        return vectors()

    def _sizes(self) -> list[tuple[int, int]]:
        """The orders that are trained, and the dimensions of each."""
        if isinstance(self.order, int):
            return [(self.order, self.vector_size)]
        return [(1, self.vector_size // 2), (2, self.vector_size - self.vector_size // 2)]


def _clear_ends(input: NDArray[np.float32], graph: Graph) -> None:
    """Zero the rows of nodes that no arc leaves, with a warning: second order learns nothing of them."""
    ends = np.diff(graph.indptr) == 0
    if ends.any():
        input[ends] = 0
        warn(
            f"{np.count_nonzero(ends):,} of {len(ends):,} nodes have no arc to another node, such as "
            f"{graph.vocabulary[int(ends.argmax())]!r}; their vectors of second order are zero: give "
            "directed=False, or order 1"
        )


def joined(parts: list[NDArray[np.float32]]) -> NDArray[np.float32]:
    """The rows of a part, or of several, each at unit length, side by side."""
    if len(parts) == 1:
        return parts[0]
    norms = [np.maximum(np.linalg.norm(part, axis=1, keepdims=True), np.finfo(np.float32).tiny) for part in parts]
    return np.concatenate([part / norm for part, norm in zip(parts, norms)], axis=1)
