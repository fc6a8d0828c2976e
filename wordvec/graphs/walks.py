"""Random walks over a graph, of first order (DeepWalk) and second order (node2vec), as an encoded corpus."""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wordvec.base.arguments import whole_number
from wordvec.base.caches import cache_folder
from wordvec.base.errors import OptionError
from wordvec.base.threads import in_order, thread_pool, usable_cores
from wordvec.corpus.encoded import CorpusStats, EncodedCorpus, fingerprint
from wordvec.graphs.graph import Graph
from wordvec.graphs.matrices import by_weight
from wordvec.vocabulary import offsets_of

PART = 1 << 12  # walks in a task of a thread


def walk_corpus(
    graph: Graph,
    *,
    walks: int = 10,
    walk_length: int = 80,
    p: float = 1.0,
    q: float = 1.0,
    seed: int = 1,
    workers: int | None = None,
) -> EncodedCorpus:
    """Walks from every node as sentences: a corpus for any model of words.

    In each of `walks` rounds every node is the start of one walk of `walk_length` nodes, in random order. A step goes
    along an arc of the node, drawn by weight. With `p` and `q` other than 1 the weight depends on the node before it
    (Grover and Leskovec 2016, equation 2): it is divided by p on the way back, is kept to nodes that have an arc from
    the node before, and divided by q to all others. Steps are drawn by rejection, which needs no tables of pairs of
    arcs; the part of the way back that stands above all others is drawn apart. A walk ends early at a node without arcs
    of a directed graph. The same for any number of `workers`.

    >>> from wordvec.graphs import Graph
    >>> corpus = walk_corpus(Graph.of([("a", "b"), ("b", "c")]), walks=2, walk_length=5)
    >>> len(corpus), list(corpus.vocabulary)[0]
    (6, 'b')
    """
    whole_number("walks", walks)
    whole_number("walk_length", walk_length)
    for name, value in (("p", p), ("q", q)):
        if not 0 < value < np.inf:
            raise OptionError(f"{name} must be a finite number > 0; got {value!r}")
    made, sizes = _walks(graph, walks, walk_length, p, q, seed, workers or usable_cores())
    if int(sizes.min()) == walk_length:
        ids = made.reshape(-1)
    else:
        ids = made[np.arange(walk_length) < sizes[:, None]]
    vocabulary, ids = by_weight(graph.vocabulary, ids, stable=True)
    offsets = offsets_of(sizes.astype(np.int64))
    stats = CorpusStats(len(ids), len(ids), 0, 0, len(vocabulary), len(sizes), 0, 0, 0, 0)
    return EncodedCorpus(vocabulary, ids, offsets, stats, fingerprint(vocabulary, ids, offsets))


def _walks(
    graph: Graph, walks: int, length: int, p: float, q: float, seed: int, workers: int
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """The nodes of all walks [walks V, length], and how many nodes each has."""
    kernels = compiled()
    nodes = len(graph)
    weighted = graph.is_weighted
    starts = np.concatenate(
        [np.random.default_rng([seed, number, 6]).permutation(nodes) for number in range(walks)]
    ).astype(np.int32)
    made, sizes = np.empty((len(starts), length), np.int32), np.empty(len(starts), np.int32)
    degrees = np.diff(graph.indptr)
    sums = np.zeros(nodes)
    has = degrees > 0
    sums[has] = np.add.reduceat(graph.weights, graph.indptr[:-1][has]) if weighted else degrees[has]
    threshold = np.empty(len(graph.indices) if weighted else 0, np.uint64)
    alias = np.empty(len(threshold), np.int32)
    if weighted:
        most = int(degrees.max())
        kernels.alias_tables(
            graph.indptr, graph.weights, threshold, alias, np.empty(most, np.int64), np.empty(most), 0, nodes
        )
    table = np.empty(0 if p == q == 1 else 2 * len(graph.indices), np.int32)
    if len(table):
        kernels.neighbour_tables(graph.indptr, graph.indices, table)
    stream = np.random.SeedSequence([seed, 7]).generate_state(1, np.uint64)[0]

    def work(first: int) -> None:
        kernels.walk(
            graph.indptr,
            graph.indices,
            graph.weights,
            sums,
            threshold,
            alias,
            table,
            weighted,
            graph.directed,
            1 / p,
            1 / q,
            starts,
            stream,
            made,
            sizes,
            first,
            min(first + PART, len(starts)),
        )

    with thread_pool(workers) as pool:
        for _ in in_order(pool, work, range(0, len(starts), PART), 4 * workers):
            pass
    return made, sizes


def compiled() -> ModuleType:
    """The compiled functions, which numba keeps in the user's cache folder; NUMBA_CACHE_DIR names another one."""
    if "wordvec.graphs.walk_kernels" not in sys.modules:
        from numba import config

        settings: Any = config
        given = settings.CACHE_DIR
        try:
            settings.CACHE_DIR = given or str(cache_folder() / "wordvec" / "numba")
            from wordvec.graphs import walk_kernels
        finally:
            settings.CACHE_DIR = given
    from wordvec.graphs import walk_kernels

    return walk_kernels
