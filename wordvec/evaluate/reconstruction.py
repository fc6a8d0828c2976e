"""How well points of the Poincare ball tell which nodes of a graph are related: mean rank and MAP, exact."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wordvec.base.arguments import whole_number
from wordvec.base.errors import OptionError
from wordvec.base.logs import warn
from wordvec.base.shown import Shown
from wordvec.base.threads import in_order, thread_pool, usable_cores
from wordvec.corpus.relations import Relations, starts_of
from wordvec.search.ball import Ranking
from wordvec.vectors import PoincareVectors

_NODES = 256  # in a task of a thread
Int64 = NDArray[np.int64]


@dataclass(frozen=True)
class ReconstructionResult(Shown):
    """The ranks of related nodes among all that are not related."""

    mean_rank: float  # of a related node among those that are not, over all pairs; 1 is the best
    map: float  # mean average precision over the nodes with a relation; 1 is the best
    pairs: int
    nodes: int  # with a relation
    missing: int  # pairs of nodes without a vector, left out


def reconstruction(
    vectors: PoincareVectors,
    relations: Any,
    *,
    known: Any = None,
    directed: bool = True,
    workers: int | None = None,
) -> ReconstructionResult:
    """Mean rank and MAP of relations by the distances of their nodes (Nickel & Kiela 2017, section 4.1).

    For each child, every parent has a rank: 1 and the number of nodes nearer to the child that are no parents of it,
    without itself. The average precision of a child with ranks r1 <= ... <= rn is the mean of i / (ri + i - 1). Exact,
    over all nodes, in blocks. `relations` are what `Relations.of` takes. Those of `known` are no competitors, either:
    give what was trained on where `relations` were held out (link prediction). `directed=False` counts parents and
    children alike, as Sala et al. (2018) do for trees. Pairs of nodes without a vector are left out with a warning;
    OptionError where none is left.

    >>> vectors = PoincareVectors(["animal", "dog", "cat"], [[0, 0], [0.6, 0], [-0.6, 0]])
    >>> result = reconstruction(vectors, [("dog", "animal"), ("cat", "animal")])
    >>> result.mean_rank, result.map, result.pairs
    (1.0, 1.0, 2)
    """
    if not isinstance(vectors, PoincareVectors):
        raise OptionError(f"vectors must be PoincareVectors, as model poincare gives; got {vectors!r:.80}")
    threads = whole_number("workers", workers, 1, optional=True) or usable_cores()
    related = Relations.of(relations)
    pairs, missing = _rows_of(vectors, related, directed)
    if not len(pairs):
        raise OptionError(f"relations must be of nodes that have vectors; none of {len(related):,} pairs is")
    if missing:
        warn(f"{missing:,} of {len(related):,} pairs are of nodes without a vector and are left out")
    linked = pairs if known is None else np.concatenate([pairs, _rows_of(vectors, Relations.of(known), directed)[0]])
    ranks = np.concatenate(list(_ranks(vectors, pairs, np.unique(linked, axis=0), threads)))
    children = np.unique(pairs[:, 0])
    starts = np.append(np.searchsorted(pairs[:, 0], children), len(pairs))
    places = np.arange(len(ranks)) - np.repeat(starts[:-1], np.diff(starts))  # from 0 for each child
    precisions = np.add.reduceat((places + 1) / (ranks + places), starts[:-1]) / np.diff(starts)
    mean = float(precisions.mean())
    return ReconstructionResult(float(ranks.mean()), mean, len(pairs), len(children), missing)


def _rows_of(vectors: PoincareVectors, relations: Relations, directed: bool) -> tuple[NDArray[np.int32], int]:
    """[n, 2] the rows of pairs, by the first; how many pairs have none."""
    nodes = relations.vocabulary
    rows = vectors.vocabulary.rows_of(nodes.data, nodes.offsets)[relations.pairs]
    has = (rows >= 0).all(axis=1)
    pairs = rows[has]
    if not directed:
        pairs = np.concatenate([pairs, pairs[:, ::-1]])
    return np.unique(pairs, axis=0).astype(np.int32), int((~has).sum())


def _ranks(
    vectors: PoincareVectors, pairs: NDArray[np.int32], linked: NDArray[np.int32], threads: int
) -> Iterator[Int64]:
    """The ranks of the second nodes of pairs, rising for each of the first."""
    ranking, rows = Ranking(vectors.ball), len(vectors)
    starts, linked_starts = (starts_of(some[:, 0], rows) for some in (pairs, linked))
    targets, others = (np.ascontiguousarray(some[:, 1]) for some in (pairs, linked))

    def work(first: int) -> Int64:
        last = min(first + _NODES, rows)
        nearer = [np.empty(0, np.int64)]
        for node in range(first, last):
            own = slice(starts[node], starts[node + 1])
            nodes = others[linked_starts[node] : linked_starts[node + 1]]
            nearer.append(ranking.nearer(node, targets[own], nodes))
        return 1 + np.concatenate(nearer)

    with thread_pool(threads) as pool:
        yield from in_order(pool, work, range(0, rows, _NODES), 2 * threads)
