"""Graphs of words, such as lexicons of paraphrases: read, matched with vectors, and made vectors of their own."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from wordvec.align.common_vocabulary import rows_at, shared_words
from wordvec.align.maps.methods import Linear
from wordvec.base.arguments import check_vectors
from wordvec.base.errors import FormatError, OptionError
from wordvec.cooccurrence import Cooccurrence
from wordvec.inputs import read_lines
from wordvec.trainers import PPMISVD
from wordvec.vectors import KeyedVectors
from wordvec.vocabulary import Vocabulary

if TYPE_CHECKING:
    from scipy.sparse import csr_array

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Graph:
    """Words and the edges between them, each edge once in either direction, without loops."""

    words: tuple[str, ...]
    first: Ints  # [n] places in `words`
    second: Ints  # [n]
    loops: int = 0  # edges from a word to itself, left out
    one_sided: int = 0  # edges that were given in one direction only; they count in both

    def __len__(self) -> int:
        return len(self.first)

    def __repr__(self) -> str:
        return f"<Graph: {len(self)} edges of {len(self.words)} words>"


def read_graph(path: str | os.PathLike[str]) -> Graph:
    r"""Read lines of a word and its neighbours, with white space between them; a word alone has none.

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
    """A graph from what a user gives for one: a file, neighbours by word, pairs of words, or a graph."""
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
    places: dict[str, int] = {}
    given = {(places.setdefault(a, len(places)), places.setdefault(b, len(places))) for a, b in pairs}
    edges = np.array(sorted({(min(edge), max(edge)) for edge in given if edge[0] != edge[1]}), np.int64).reshape(-1, 2)
    loops = sum(a == b for a, b in given)
    return Graph(tuple(places), edges[:, 0], edges[:, 1], loops, 2 * len(edges) - (len(given) - loops))


def matched(graph: Graph, vectors: KeyedVectors) -> tuple[Ints, Ints]:
    """The edges of which both words have a vector, as their indices; OptionError where there is none."""
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
    """[size, size] the symmetric matrix of edges, float64."""
    from scipy.sparse import coo_array

    values = np.ones(len(first)) if weights is None else weights
    rows, columns = np.concatenate([first, second]), np.concatenate([second, first])
    return coo_array((np.concatenate([values, values]), (rows, columns)), shape=(size, size)).tocsr()


def graph_vectors(lexicon: Any, vector_size: int = 300, **options: Any) -> KeyedVectors:
    """Vectors of the words of a graph: a decomposition of the PPMI of neighbours (Gurgurov, Kumar, Ostermann 2024).

    Each edge counts once in both directions; vectors are (U + V) S^1/2 of the PPMI with contexts smoothed by 0.75.
    `options` are those of `wordvec.PPMISVD`. Words come by falling number of neighbours, which are their counts.

    >>> made = graph_vectors({"sea": ["ocean", "lake"], "ocean": ["lake"], "tax": ["toll", "levy"]}, vector_size=2)
    >>> made.similarity("sea", "ocean") > 0.9 > made.similarity("sea", "tax")
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


def join_graph(
    vectors: KeyedVectors, graph: KeyedVectors, dim: int | None = None, *, power: float = 0.0
) -> KeyedVectors:
    """Vectors with the knowledge of graph vectors in them, for all words (Gurgurov, Kumar, Ostermann 2024, LowREm).

    For the words that both have: each number of the graph vectors is scaled to the range, from minimum to maximum, of
    the numbers of the others; both are put side by side and centred; of the singular value decomposition U S V',
    U S^`power` is what words shall be, U as published, in `dim` numbers, as many as the vectors have if not given. A
    linear map from the centred vectors to that, by least squares, makes of every word what it would be, those included
    that the graph lacks.

    OptionError where fewer words are shared than a vector has numbers.
    """
    size = vectors.vector_size if dim is None else dim
    rows, others = shared_words(vectors, graph)
    width = vectors.vector_size + graph.vector_size
    if not 1 <= size <= width:
        raise OptionError(f"dim must be from 1 to {width}, the numbers of both together; got {dim}")
    if not 0 <= power <= 1:
        raise OptionError(f"power must be from 0, as published, to 1; got {power!r}")
    if len(rows) <= max(vectors.vector_size, size):
        raise OptionError(
            f"more than {max(vectors.vector_size, size)} words must be shared, the numbers of a vector; {len(rows)} are"
        )
    x = rows_at(vectors, rows).astype(np.float64)
    y = rows_at(graph, others).astype(np.float64)
    low, high = y.min(axis=0), y.max(axis=0)
    y = x.min() + (y - low) / np.where(high > low, high - low, 1) * (x.max() - x.min())
    middle = x.mean(axis=0)
    both = np.concatenate([x, y], axis=1)
    both -= both.mean(axis=0)
    values, axes = np.linalg.eigh(both.T @ both)
    kept = axes[:, ::-1][:, :size]
    u = both @ (kept * np.maximum(values[::-1][:size], 1e-12 * values[-1]) ** ((power - 1) / 2))
    solved = Linear(ridge=0.0).fit(x - middle, u).matrix
    result = np.empty((len(vectors), size), np.float32)
    for first, block in vectors.blocks():
        result[first : first + len(block)] = (block - middle) @ solved
    facts = {"join_graph": {"shared": len(rows), "graph_words": len(graph)}}
    return vectors._with_rows(result, {**vectors.metadata, **facts}, "join_graph")
