"""Retrieval: the best rows of a matrix for queries of another space, by CSLS, cosine or the inverted softmax."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from functools import cached_property
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from wordvec import search
from wordvec.align.arrays import Doubles, Floats, Ints
from wordvec.base.errors import OptionError
from wordvec.search.both_ways import BothWays
from wordvec.search.hubness import mean_cosine, nearest_csls, nearest_inverted_softmax, softmax_sums
from wordvec.search.tables import exact_cosines, in_order

Retrieval = Literal["csls", "nn", "isf"]

NAMES = {"csls": "CSLS", "nn": "nearest by cosine", "isf": "inverted softmax"}
BLOCK = 4096  # queries held in float64 at a time
_SPARE = 3  # candidates of bulk CSLS beyond those that are asked for, as the last may be closer than float32 can tell
_SAMPLE = 10_000  # rows of the other side that the inverted softmax is normalised over


class Retriever:
    """Finds rows of a matrix for queries from the other side, both sides in one space.

    Values that a method needs for all rows are computed when it is first used: the mean similarities of CSLS for every
    row of both sides, or the sums of the inverted softmax over a sample of the other side. `mirror` is the retriever
    the other way round, which has the same means.
    """

    def __init__(
        self,
        rows: Any,
        norms: Floats,
        others: Any,
        other_norms: Floats,
        *,
        k: int = 10,
        beta: float = 30.0,
        workers: int | None = None,
        mirror: Retriever | None = None,
    ) -> None:
        self.rows, self.norms, self.others, self.other_norms = rows, norms, others, other_norms
        self.k, self.beta, self.workers, self.mirror = k, beta, workers, mirror

    @cached_property
    def means(self) -> tuple[Doubles, Doubles]:
        """[other rows], [V] the mean cosine of each row of both sides with its k nearest rows of the other."""
        if self.mirror is not None:
            own, penalty = self.mirror.means
            return penalty, own
        own, penalty = map(mean_cosine, self._both_ways().best(self.k))
        return own, penalty

    @property
    def penalty(self) -> Doubles:
        """[V] the mean cosine of each row with its k nearest rows of the other side."""
        return self.means[1]

    def _both_ways(self) -> BothWays:
        return BothWays(self.others, self.rows, norms=(self.other_norms, self.norms), workers=self.workers)

    @cached_property
    def sums(self) -> Doubles:
        """[V] the normaliser of the inverted softmax."""
        rows = np.flatnonzero(search.directed(self.other_norms))
        if len(rows) > _SAMPLE:
            rows = np.sort(np.random.Generator(np.random.PCG64(0)).choice(rows, _SAMPLE, replace=False))
        sample = np.asarray(self.others[rows], np.float32)
        return softmax_sums(self.rows, sample, norms=self.norms, beta=self.beta, workers=self.workers)

    def best(self, queries: NDArray[Any], topn: int, method: Retrieval) -> tuple[Ints, Doubles]:
        """Rows [Q, topn] of the highest scores for queries [Q, D], and the scores; -1 and -inf for none."""
        norms, workers = self.norms, self.workers
        if method == "nn":
            return search.nearest(self.rows, queries, topn, norms=norms, workers=workers)
        if method == "isf":
            return nearest_inverted_softmax(
                self.rows, queries, topn, norms=norms, sums=self.sums, beta=self.beta, workers=workers
            )
        if method != "csls":
            raise OptionError(f"method must be one of {', '.join(get_args(Retrieval))}; got {method!r}")
        return nearest_csls(
            self.rows, queries, topn, norms=norms, penalty=self.penalty, neighbours=self.k, workers=workers
        )

    def best_of_rows(
        self, matrix: Any, rows: Ints, topn: int, method: Retrieval
    ) -> Iterator[tuple[Ints, Ints, Doubles]]:
        """(rows, best rows, scores) of blocks of some rows of a matrix, whose vectors are the queries of `best`."""
        for first in range(0, len(rows), BLOCK):
            block = rows[first : first + BLOCK]
            yield block, *self.best(np.asarray(matrix[block], np.float32), topn, method)

    def best_of_others(self, rows: Ints, topn: int) -> Iterator[tuple[Ints, Ints, Doubles]]:
        """`best_of_rows` by CSLS for many rows of the other side: all are compared at once, by bytes first."""
        topn = min(topn, len(self.rows))
        candidates, rough = self._candidates(rows, min(topn + _SPARE, len(self.rows)), topn)
        own, penalty = self.means
        margin = 4 * (self.rows.shape[1] + 16) * 2.0**-24  # what float32 may round, twice
        for first in range(0, len(rows), BLOCK):
            some = slice(first, first + BLOCK)
            queries, near = np.asarray(self.others[rows[some]], np.float32), candidates[some]
            cosines = exact_cosines(self.rows, search.unit_queries(queries, queries.shape[1]), near)
            best, scores = in_order(near, 2 * cosines - own[rows[some], None] - penalty[near], topn)
            if near.shape[1] < len(self.rows):
                close = rough[some, -1] >= rough[some, topn - 1] - margin
                if close.any():
                    best[close], scores[close] = self.best(queries[close], topn, "csls")
            yield rows[some], best, scores

    def _candidates(self, rows: Ints, places: int, topn: int) -> tuple[Ints, Doubles]:
        """[n, places] the best rows by CSLS in float32 for some of the other side, and half of it; `topn` are sure."""
        both = self._both_ways()
        if "means" in vars(self) or self.mirror is not None:
            own, penalty = self.means
            return both.best_of_some(rows, places, (own / 2, penalty / 2))
        near = both.best(self.k)
        own, penalty = self.means = mean_cosine(near[0]), mean_cosine(near[1])
        wanted = np.isin(np.arange(len(own)), rows), np.zeros(len(penalty), bool)
        best, scores = both.best_of_near(near, places, (own / 2, penalty / 2), wanted=wanted, sure=topn)[0]
        return best[rows], scores[rows]

    def ranks(
        self, matrix: Any, rows: Ints, right: Sequence[Collection[int]], depth: int, method: Retrieval
    ) -> Doubles:
        """[n] the rank, from 1, of the first right row for each of some rows of a matrix; 0 beyond `depth`."""
        best = [best_rows for _, best_rows, _ in self.best_of_rows(matrix, rows, depth, method)]
        ranks = np.zeros(len(rows))
        for i, line in enumerate(np.concatenate(best).tolist() if best else []):
            ranks[i] = next((rank for rank, row in enumerate(line, 1) if row in right[i]), 0)
        return ranks
