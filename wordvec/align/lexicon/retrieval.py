"""The best rows of a space for vectors of another, by CSLS, cosine or the inverted softmax; arrays only."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from wordvec import search
from wordvec.base.errors import OptionError
from wordvec.search.hubness import csls_penalty, nearest_csls, nearest_inverted_softmax, softmax_sums

Retrieval = Literal["csls", "nn", "isf"]
Floats = NDArray[np.float32]
Ints = NDArray[np.int64]
Wide = NDArray[np.float64]

NAMES = {"csls": "CSLS", "nn": "nearest by cosine", "isf": "inverted softmax"}
BLOCK = 4096  # queries held in float64 at a time
_SAMPLE = 10_000  # rows of the other side that the inverted softmax looks at


class Retriever:
    """Finds rows of a matrix for vectors that come from the space of others, both in one common space.

    What a method must know of all rows is computed when it is first used: r of CSLS for every row of the matrix, or the
    sums of the inverted softmax over a sample of the others.
    """

    def __init__(
        self, rows: Any, norms: Floats, others: Any, other_norms: Floats, *, k: int = 10, beta: float = 30.0,
        workers: int | None = None,
    ) -> None:  # fmt: skip
        self.rows, self.norms, self.others, self.other_norms = rows, norms, others, other_norms
        self.k, self.beta, self.workers = k, beta, workers

    @cached_property
    def penalty(self) -> Wide:
        """[V] the mean cosine of each row with its k nearest others."""
        return csls_penalty(
            self.rows, self.others, self.k, norms=self.other_norms, exact=False, block=BLOCK, workers=self.workers
        )

    @cached_property
    def sums(self) -> Wide:
        """[V] the normaliser of the inverted softmax."""
        some = np.flatnonzero(search.directed(self.other_norms))
        if len(some) > _SAMPLE:
            some = np.sort(np.random.Generator(np.random.PCG64(0)).choice(some, _SAMPLE, replace=False))
        sample = np.asarray(self.others[some], np.float32)
        return softmax_sums(self.rows, sample, norms=self.norms, beta=self.beta, workers=self.workers)

    def best(self, queries: NDArray[Any], topn: int, method: Retrieval) -> tuple[Ints, Wide]:
        """The rows of the highest scores for [Q, D] queries, [Q, topn], and the scores; -1 and -inf for none."""
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

    def each(self, matrix: Any, asked: Ints, topn: int, method: Retrieval) -> Iterator[tuple[Ints, Ints, Wide]]:
        """(rows of the matrix, what `best` finds for them) for the rows `asked`, some thousands at a time."""
        for first in range(0, len(asked), BLOCK):
            some = asked[first : first + BLOCK]
            yield some, *self.best(np.asarray(matrix[some], np.float32), topn, method)
