"""Graph: nodes and weighted edges in CSR form, from edge lists, matrices or graphs of other libraries."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wordvec.base.errors import CorpusError
from wordvec.graphs.columns import Columns, checked_weights, columns_of, is_sparse
from wordvec.graphs.matrices import by_weight, compressed, fingerprint, named
from wordvec.vocabulary import Vocabulary

LINE = "NODE NODE [WEIGHT]"
ITEM = "a tuple (node, node) or (node, node, weight)"


@dataclass(frozen=True)
class GraphStats:
    """What was read: edges_read == edges + loops + repeated + those of weight zero."""

    edges_read: int
    edges: int  # between two different nodes, each once
    loops: int  # edges from a node to itself, left out
    repeated: int  # edges that were there before: weights are added; without weights an edge counts once
    nodes: int  # that have an edge
    isolated: int  # nodes without an edge, left out, where the graph names them


@dataclass(frozen=True, eq=False)
class Graph:
    """Nodes and their arcs: an edge of an undirected graph is an arc in both directions.

    >>> graph = Graph.of([("a", "b"), ("b", "c"), ("b", "a"), ("c", "c")])
    >>> list(graph.vocabulary), graph.to_scipy().toarray().tolist(), graph.stats.loops, graph.stats.repeated
    (['b', 'a', 'c'], [[0.0, 1.0, 1.0], [1.0, 0.0, 0.0], [1.0, 0.0, 0.0]], 1, 1)
    """

    vocabulary: Vocabulary  # the nodes, by falling weight of their edges, equal ones by bytes; counts are the weights
    indptr: NDArray[np.int64]  # [V + 1] the arcs of node i go to indices[indptr[i]:indptr[i + 1]]
    indices: NDArray[np.int32]  # [arcs] rising for every node
    weights: NDArray[np.float64]  # [arcs] above zero
    directed: bool
    stats: GraphStats
    fingerprint: str
    options: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def of(
        cls, source: Any, *, directed: bool | None = None, workers: int | None = None, progress: bool = False
    ) -> Graph:
        """The graph of a source; `directed` None: undirected, unless the source says that it is directed.

        `source` is a path or a list of paths to files of lines `NODE NODE [WEIGHT]` (columns at tabs or spaces; lines
        that begin with # or % are comments), tuples of str with or without a weight, two or three arrays (numbers of
        nodes, weights), a square sparse matrix of scipy (`Graph.from_matrix` takes names), or a graph of networkx,
        whose edges may have an attribute `weight`. Loops are left out. A repeated edge has the sum of its weights, or
        without weights counts once; in an undirected graph `a b` and `b a` are one edge. CorpusError for what is no
        edge, a weight below zero or not finite, and where no edge between two nodes is left.
        """
        if isinstance(source, Graph):
            return source
        if is_sparse(source):
            return cls.from_matrix(source, directed=bool(directed))
        if hasattr(source, "edges") and hasattr(source, "is_directed"):
            return cls._of_networkx(source, source.is_directed() if directed is None else directed)
        how: dict[str, Any] = {"comments": True, "workers": workers, "progress": progress}
        columns = columns_of(source, "a graph", LINE, ITEM, "numbers of nodes", **how)
        return cls._made(columns, bool(directed))

    @classmethod
    def from_matrix(
        cls, matrix: Any, nodes: Vocabulary | Iterable[str] | None = None, *, directed: bool = False
    ) -> Graph:
        """The graph of an adjacency matrix with the names of its rows; without names their numbers.

        An undirected edge has the larger of the two weights that the matrix has for it.
        """
        if not is_sparse(matrix) or matrix.shape[0] != matrix.shape[1]:
            raise CorpusError(
                f"matrix must be a square sparse matrix of scipy; got {getattr(matrix, 'shape', matrix)!r}"
            )
        cells = matrix.tocoo()
        weights = checked_weights(cells.data, len(cells.data))
        names, read = named(nodes, matrix.shape[0], "nodes"), len(weights)
        if not directed:
            from scipy.sparse import coo_array, triu

            whole = coo_array((weights, (cells.row, cells.col)), matrix.shape).tocsr()
            cells = triu(whole.maximum(whole.T)).tocoo()
            weights, read = cells.data, len(cells.data)
        columns = Columns(names, cells.row, cells.col, weights)
        return cls._made(columns, directed, read)

    @classmethod
    def _of_networkx(cls, source: Any, directed: bool) -> Graph:
        nodes = list(source.nodes())
        numbers = {node: number for number, node in enumerate(nodes)}
        edges = list(source.edges(data="weight"))
        ids = np.array([(numbers[a], numbers[b]) for a, b, _ in edges], np.int64).reshape(-1, 2)
        has_weights = any(weight is not None for *_, weight in edges)
        weights = None
        if has_weights:
            weights = checked_weights([1.0 if weight is None else weight for *_, weight in edges], len(edges))
        names = Vocabulary.from_words([str(node) for node in nodes])
        return cls._made(Columns(names, ids[:, 0], ids[:, 1], weights), directed)

    @classmethod
    def _made(cls, columns: Columns, directed: bool, read: int | None = None) -> Graph:
        names, left, right, weights = columns
        read = len(left) if read is None else read
        is_loop = left == right
        use = ~is_loop if weights is None else ~is_loop & (weights > 0)
        loops = int(is_loop.sum())
        if not use.any():
            what = (
                f"{loops:,} of {read:,} are loops" if loops else f"there are {read:,} edges, none above zero in weight"
            )
            raise CorpusError(
                f"a graph must have an edge between two nodes; {what}: a graph of one node has nothing to learn from"
            )
        left, right = left[use].astype(np.int64), right[use].astype(np.int64)
        if not directed:
            left, right = np.minimum(left, right), np.maximum(left, right)
        each = np.ones(len(left)) if weights is None else weights[use]
        given, size = len(left), len(names)
        indptr, indices, data = compressed(left, right, each, (size, size))
        left = np.repeat(np.arange(size), np.diff(indptr))
        data = np.ones(len(data)) if weights is None else data
        words, ids = by_weight(names, np.concatenate([left, indices]), np.concatenate([data, data]))
        tails, heads = ids[: len(data)], ids[len(data) :]
        edges = len(data)
        if not directed:
            tails, heads, data = np.concatenate([tails, heads]), np.concatenate([heads, tails]), np.tile(data, 2)
        indptr, indices, data = compressed(tails, heads, data, (len(words), len(words)))
        stats = GraphStats(read, edges, loops, given - edges, len(words), len(names) - len(words))
        digest = fingerprint(words.data, words.offsets, indptr, indices, data, more=directed)
        return cls(words, indptr, indices, data, directed, stats, digest, {"directed": directed})

    @property
    def is_weighted(self) -> bool:
        """Whether the weights of edges differ."""
        return bool((self.weights != self.weights[0]).any())

    def to_scipy(self) -> Any:
        """The adjacency matrix as a scipy.sparse.csr_array of float64 [V, V]."""
        from scipy.sparse import csr_array

        return csr_array((self.weights, self.indices, self.indptr), (len(self.vocabulary),) * 2)

    def __len__(self) -> int:
        """The number of nodes."""
        return len(self.vocabulary)

    def __repr__(self) -> str:
        kind = "directed" if self.directed else "undirected"
        return f"<Graph: {len(self):,} nodes, {self.stats.edges:,} {kind} edges>"
