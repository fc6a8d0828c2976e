"""Attributes of nodes, and how often each node meets them on random walks (Rozemberczki, Allen and Sarkar 2021)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wordvec.base.errors import CorpusError
from wordvec.base.logs import warn
from wordvec.corpus.encoded import EncodedCorpus
from wordvec.graphs.columns import Columns, columns_of, is_paths, is_sparse, numbered, read_lines
from wordvec.graphs.pair_counts import PairCounts
from wordvec.vocabulary import Vocabulary

LINE = "NODE ATTRIBUTE [ATTRIBUTE ...]"
ITEM = "a tuple (node, attribute) or (node, attribute, weight)"
BLOCK = 1 << 20  # steps of walks that are counted at a time


def node_attributes(source: Any, *, workers: int | None = None, progress: bool = False) -> PairCounts:
    """The attributes of nodes with their weights, one cell for each node and attribute of it.

    `source` is a dict from nodes to lists of attributes; a path or a list of paths to files of lines
    `NODE ATTRIBUTE [ATTRIBUTE ...]` (at white space; lines that begin with # or % are comments); a sparse matrix of
    scipy [nodes, attributes], whose names are the numbers of rows and columns; tuples (node, attribute) or (node,
    attribute, weight); or `PairCounts`, such as `PairCounts.from_matrix(matrix, nodes, attributes)` gives. An attribute
    that a node has twice has twice the weight. CorpusError for anything else, a weight below zero or not finite, and
    where no node has an attribute.

    >>> node_attributes({"a": ["red", "round"], "b": ["red"], "c": []})
    <PairCounts: 3 cells of 2 words and 2 contexts>
    """
    if isinstance(source, PairCounts):
        return source
    if is_sparse(source):
        if not source.count_nonzero():
            raise CorpusError(f"attributes must have a weight above zero; the matrix {source.shape} has none")
        return PairCounts.from_matrix(source)
    if isinstance(source, np.ndarray):
        raise CorpusError(
            f"attributes must be a dict, a file or a sparse matrix; got an array of shape {source.shape}: "
            "scipy.sparse.csr_array makes it sparse"
        )
    if isinstance(source, Mapping):
        columns = numbered(_named(source))
    elif is_paths(source):
        columns = _columns_of_files(source, workers, progress)
    else:
        columns = columns_of(source, "attributes", LINE, ITEM, "nodes and attributes")
    if not len(columns.left) or (columns.weights is not None and not columns.weights.any()):
        raise CorpusError("attributes must have one of a node at least; no node has any: leave attributes out")
    return PairCounts._of_columns(columns, 0, 0)


def _named(source: Mapping[Any, Any]) -> Iterator[str]:
    """The nodes and attributes of a dict in turn; whole numbers become names."""
    for node, given in source.items():
        if isinstance(given, (str, bytes)) or not isinstance(given, Iterable):
            raise CorpusError(f"attributes of a node must be a list of str; those of {node!r:.40} are {given!r:.40}")
        for name in (part for attribute in given for part in (node, attribute)):
            if not isinstance(name, (str, int, np.integer)):
                raise CorpusError(
                    f"nodes and attributes must be str or whole numbers; got {name!r:.40} of {node!r:.40}"
                )
            yield str(name)


def _columns_of_files(source: Any, workers: int | None, progress: bool) -> Columns:
    words, ids, _, starts, widths = read_lines(source, LINE, True, workers, progress)
    own = widths - 1
    first = np.repeat(starts + 1 - (np.cumsum(own) - own), own)  # of the attributes of a line, less those before it
    return Columns(words, ids[np.repeat(starts, own)], ids[first + np.arange(len(first))], None)


def unknown_nodes(attributes: PairCounts, nodes: Vocabulary, by_number: bool) -> int:
    """How many nodes with attributes the graph does not have: a CorpusError, or a warning where nodes are numbers.

    Where nodes are the numbers of rows (`by_number`), other rows can only be those of nodes without edges.
    """
    names = attributes.vocabulary
    unknown = nodes.rows_of(names.data, names.offsets) < 0
    lost = int(unknown.sum())
    if lost:
        what = (
            f"{lost:,} of {len(names):,} nodes with attributes are not in the graph, such as "
            f"{names[int(unknown.argmax())]!r}"
        )
        if not by_number or lost == len(names):
            raise CorpusError(
                f"attributes must be those of nodes of the graph; {what}: leave them out; a graph has no node without "
                "an edge, and the nodes of a matrix are the numbers of its rows (PairCounts.from_matrix gives names)"
            )
        warn(f"{what}, which has no node without an edge: they get no vectors")
    return lost


def placed(attributes: PairCounts, nodes: Vocabulary) -> Any:
    """The weights of attributes as a csr_array [V, A], in the order of the nodes; those of other nodes are left out."""
    from scipy.sparse import coo_array

    cells = attributes.to_scipy().tocoo()
    names = attributes.vocabulary
    rows = nodes.rows_of(names.data, names.offsets)[cells.row]
    known = rows >= 0
    shape = (len(nodes), len(attributes.contexts))
    return coo_array((cells.data[known], (rows[known], cells.col[known])), shape).tocsr()


def attributes_met(walks: EncodedCorpus, attributes: Any, distances: int, pooled: bool) -> list[Any]:
    """The weights [V, A] of the attributes that nodes meet on walks: csr_arrays, one for each distance or one in all.

    Node v meets the attributes of u at distance r as often as v and u stand r steps apart in a walk, in either order
    (Rozemberczki et al. 2021, algorithms 1 and 2). Walks are counted in blocks: memory is that of the result. A
    distance at which no node meets an attribute is a CorpusError.
    """
    from scipy.sparse import coo_array, csr_array

    nodes = len(walks.vocabulary)
    scales = [range(1, distances + 1)] if pooled else [range(r, r + 1) for r in range(1, distances + 1)]
    totals = [csr_array(attributes.shape) for _ in scales]
    for ids, sentences in _blocks(walks):
        for place, scale in enumerate(scales):
            apart = csr_array((nodes, nodes))
            for r in scale:
                both = sentences[r:] == sentences[:-r]
                left, right = ids[:-r][both], ids[r:][both]
                apart = apart + coo_array((np.ones(len(left)), (left, right)), (nodes, nodes)).tocsr()
            totals[place] = totals[place] + (apart + apart.T) @ attributes
    for total, scale in zip(totals, scales):
        if not total.nnz:
            raise CorpusError(
                f"a node must meet an attribute on a walk; none does at a distance of {scale[0]} to {scale[-1]} steps: "
                "give longer walks (walk_length), a smaller window or more nodes attributes"
            )
        total.sort_indices()
    return totals


def _blocks(walks: EncodedCorpus) -> Iterator[tuple[NDArray[np.int32], NDArray[np.int64]]]:
    """Whole walks of about BLOCK steps in all: the nodes, and the walk of each."""
    offsets = np.asarray(walks.offsets)
    marks = np.searchsorted(offsets, np.arange(0, offsets[-1], BLOCK), side="left")
    for first, last in zip(marks, [*marks[1:], len(offsets) - 1]):
        sizes = np.diff(offsets[first : last + 1])
        if len(sizes):
            yield walks.ids[offsets[first] : offsets[last]], np.repeat(np.arange(len(sizes)), sizes)
