"""Graphs of words, such as lexicons of paraphrases: reading, matching with vectors, and vectors of the graph."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from wordvec.align.arrays import Ints
from wordvec.align.common_vocabulary import rows_at, shared_words
from wordvec.align.maps.linear import Linear
from wordvec.base.arguments import check_vectors
from wordvec.base.errors import FormatError, OptionError
from wordvec.base.options import Options, option
from wordvec.cooccurrence import Cooccurrence
from wordvec.inputs import read_lines
from wordvec.trainers import PPMISVD
from wordvec.vectors import KeyedVectors
from wordvec.vocabulary import Vocabulary

if TYPE_CHECKING:
    from scipy.sparse import csr_array


@dataclass(frozen=True)
class Graph:
    """Words and the undirected edges between them, each edge once, without loops."""

    words: tuple[str, ...]
    first: Ints  # [n] positions in `words`
    second: Ints  # [n] positions in `words`
    loops: int = 0  # edges from a word to itself, left out
    one_sided: int = 0  # edges that the source has in one direction only; they count in both

    def __len__(self) -> int:
        return len(self.first)

    def __repr__(self) -> str:
        return f"<Graph: {len(self)} edges of {len(self.words)} words>"

    def facts(self) -> dict[str, int]:
        """For the metadata: the number of words, and the edges that were cleaned."""
        return {"lexicon_words": len(self.words), "loops": self.loops, "one_sided": self.one_sided}


def read_graph(path: str | os.PathLike[str]) -> Graph:
    r"""Read lines of a word and its neighbours, separated by white space; a word alone has no neighbours.

    >>> import tempfile, pathlib
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder, "lexicon.txt")
    ...     _ = path.write_text("big large great\nlarge big\nbig big\n")
    ...     graph = read_graph(path)
    >>> graph, graph.loops, graph.one_sided
    (<Graph: 2 edges of 3 words>, 1, 1)
    """
    name = os.fspath(path)
    pairs: list[tuple[str, str]] = []
    for line in read_lines(path):
        word, *others = line.split() or [""]
        pairs += [(word, other) for other in others]
    if not pairs:
        raise FormatError(f"{name}: a line must hold a word and its neighbours; none does")
    return _graph(pairs)


def as_graph(lexicon: Any) -> Graph:
    """A graph from a file, neighbours by word, pairs of words, or a graph; OptionError for anything else."""
    if isinstance(lexicon, Graph):
        return lexicon
    if isinstance(lexicon, (str, os.PathLike)):
        return read_graph(lexicon)
    if isinstance(lexicon, Mapping):
        for word, others in lexicon.items():
            if isinstance(others, str) or not isinstance(others, Iterable):
                raise OptionError(f"neighbours must be a list of words; got {others!r:.80} for {word!r}")
        lexicon = [(word, other) for word, others in lexicon.items() for other in others]
    many = isinstance(lexicon, Iterable) and getattr(lexicon, "ndim", 1) > 0
    pairs = list(lexicon) if many else [lexicon]
    for pair in pairs:
        if not isinstance(pair, (tuple, list)) or len(pair) != 2 or not all(isinstance(word, str) for word in pair):
            raise OptionError(f"lexicon must be a file, neighbours by word, or pairs of words; got {pair!r:.80}")
    if not pairs:
        raise OptionError("lexicon must hold a pair of words; got none")
    return _graph(pairs)


def _graph(pairs: Iterable[Any]) -> Graph:
    numbers: dict[str, int] = {}
    directed = {(numbers.setdefault(a, len(numbers)), numbers.setdefault(b, len(numbers))) for a, b in pairs}
    undirected = sorted({(min(edge), max(edge)) for edge in directed if edge[0] != edge[1]})
    edges = np.array(undirected, np.int64).reshape(-1, 2)
    loops = sum(a == b for a, b in directed)
    return Graph(tuple(numbers), edges[:, 0], edges[:, 1], loops, 2 * len(edges) - (len(directed) - loops))


def matched(graph: Graph, vectors: KeyedVectors) -> tuple[Ints, Ints]:
    """The edges with a vector for both words, as word indices [n] and [n]; OptionError where there is none."""
    check_vectors(vectors=vectors)
    indices = vectors.vocabulary.ids(graph.words).astype(np.int64)
    first, second = indices[graph.first], indices[graph.second]
    known = (first >= 0) & (second >= 0)
    if not known.any():
        raise OptionError(
            f"lexicon must have edges between words that have vectors; {int((indices >= 0).sum())} of its "
            f"{len(graph.words)} words have one, and none of its {len(graph)} edges joins two of them: do they differ "
            "in case?"
        )
    return first[known], second[known]


def adjacency(first: Ints, second: Ints, size: int, weights: NDArray[Any] | None = None) -> csr_array:
    """[size, size] float64: the symmetric matrix of the edges, with their weights or ones."""
    from scipy.sparse import coo_array

    values = np.ones(len(first)) if weights is None else weights
    rows, columns = np.concatenate([first, second]), np.concatenate([second, first])
    return coo_array((np.concatenate([values, values]), (rows, columns)), shape=(size, size)).tocsr()


def graph_vectors(lexicon: Any, vector_size: int = 300, **options: Any) -> KeyedVectors:
    """Vectors of the words of a graph: a factorisation of the PPMI of neighbours (Gurgurov, Kumar, Ostermann 2024).

    Each edge counts once in both directions. Vectors are (U + V) S^1/2 of the PPMI with contexts smoothed by 0.75.
    The options are those of `wordvec.PPMISVD`. Words are in the order of falling numbers of neighbours, which are their
    counts.

    >>> kv = graph_vectors({"sea": ["ocean", "lake"], "ocean": ["lake"], "tax": ["toll", "levy"]}, vector_size=2)
    >>> kv.similarity("sea", "ocean") > 0.9 > kv.similarity("sea", "tax")
    True
    """
    graph = as_graph(lexicon)
    if not len(graph):
        raise OptionError("lexicon must have an edge between two words; its words have only loops")
    cells = adjacency(graph.first, graph.second, len(graph.words))
    degree = np.diff(cells.indptr)
    order = np.argsort(-degree, kind="stable")
    order = order[degree[order] > 0]
    cells = cells[order][:, order].tocsr()
    cells.sort_indices()
    counts = Cooccurrence(
        Vocabulary.from_words([graph.words[i] for i in order.tolist()], degree[order].astype(np.int64)),
        cells.indptr.astype(np.int64),
        cells.indices.astype(np.int32),
        cells.data.astype(np.float32),
        {"graph": {"edges": len(graph), "words": len(order)}},
    )
    return PPMISVD(vector_size=vector_size, **{"add_context": True, **options}).fit(counts)


@dataclass(frozen=True, kw_only=True)
class GraphJoin(Options):
    """The options of `join_graph`."""

    dim: int | None = option(None, "dimensions of the result; none given: those of the vectors", low=1)
    power: float = option(0.0, "exponent of the singular values; 0 as published", low=0, high=1)
    scale: Literal["range", "unit"] = option(
        "range",
        "what makes both sides alike before they are joined: range: each dimension of the graph vectors has the range "
        "of the vectors, as published; unit: all rows of both sides have length 1",
    )
    keep: bool = option(False, "words that both sides have keep their joint vectors, which no linear map gives")


def join_graph(
    vectors: KeyedVectors, graph: KeyedVectors, options: GraphJoin | None = None, **values: Any
) -> KeyedVectors:
    """Vectors combined with graph vectors, for all words (Gurgurov, Kumar, Ostermann 2024, LowREm).

    For the words that both have: each dimension of the graph vectors is scaled to the range, from minimum to maximum,
    of the vectors; or all rows of both to length 1. Both are concatenated and centred. With the singular value
    decomposition U S V', U S^`power` are the joint vectors of these words, in `dim` dimensions. A linear map by least
    squares, from the centred vectors to the joint ones, then gives the vectors of all words, those included that the
    graph lacks; with `keep`, of these alone. The options are those of `GraphJoin`; they may be given by name.

    OptionError where the shared words are not more than the dimensions.
    """
    chosen = GraphJoin.of(options, values)
    size = vectors.vector_size if chosen.dim is None else chosen.dim
    rows, others = shared_words(vectors, graph)
    width = vectors.vector_size + graph.vector_size
    if size > width:
        raise OptionError(f"dim must be from 1 to {width}, the numbers of both together; got {size}")
    if len(rows) <= (most := max(vectors.vector_size, size)):
        raise OptionError(f"more than {most} words must be shared, the number of dimensions; {len(rows)} are")
    x = rows_at(vectors, rows).astype(np.float64)
    mean = x.mean(axis=0)
    both = _alike(x, rows_at(graph, others).astype(np.float64), chosen.scale)
    both -= both.mean(axis=0)
    squares, axes = np.linalg.eigh(both.T @ both)
    first = axes[:, ::-1][:, :size]
    joint = both @ (first * np.maximum(squares[::-1][:size], 1e-12 * squares[-1]) ** ((chosen.power - 1) / 2))
    matrix = Linear(ridge=0.0).fit(x - mean, joint).matrix
    result = np.empty((len(vectors), size), np.float32)
    for start, block in vectors.blocks():
        result[start : start + len(block)] = (block - mean) @ matrix
    if chosen.keep:
        result[rows] = joint
    facts = {"shared": len(rows), "graph_words": len(graph), "options": chosen.recorded()}
    return vectors._with_rows(result, {**vectors.metadata, "join_graph": facts}, "join_graph")


def _alike(x: NDArray[np.float64], y: NDArray[np.float64], scale: str) -> NDArray[np.float64]:
    """Both sides beside each other, [n, D + E], after what `GraphJoin.scale` says."""
    if scale == "unit":
        x, y = (side / np.maximum(np.linalg.norm(side, axis=1, keepdims=True), 1e-12) for side in (x, y))
    else:
        low, high = y.min(axis=0), y.max(axis=0)
        y = x.min() + (y - low) / np.where(high > low, high - low, 1) * (x.max() - x.min())
    return np.concatenate([x, y], axis=1)
