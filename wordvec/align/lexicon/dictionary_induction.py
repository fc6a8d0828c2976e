"""One round of dictionary induction: for every row of two sides the best of the other, by CSLS in float32."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wordvec import search
from wordvec.search.matching import roughly_best
from wordvec.store import row_norms

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]
Wide = NDArray[np.float64]
Rows = tuple[Ints, Ints]


@dataclass(frozen=True)
class Round:
    """What a round finds; rows without direction have no match, -1."""

    forward: Ints  # [S] the best row of the right for each of the left
    backward: Ints  # [T] the best row of the left for each of the right
    scores: Wide  # [S] the CSLS of each row of the left with its match, -inf where there is none
    objective: float  # the mean of the highest cosines, of both sides

    def union(self) -> Rows:
        """The pairs of both directions, one after the other: those that are mutual stand twice, and so weigh double."""
        rows, others = np.flatnonzero(self.forward >= 0), np.flatnonzero(self.backward >= 0)
        return np.concatenate([rows, self.backward[others]]), np.concatenate([self.forward[rows], others])

    def one_way(self) -> Rows:
        """The rows of the left that have a match, and their matches."""
        rows = np.flatnonzero(self.forward >= 0)
        return rows, self.forward[rows]


def induced(
    left: Floats, right: Floats, k: int, *, keep: float = 1.0, seed: Sequence[int] = (0,), workers: int | None = None
) -> Round:
    """The matches of two sides in one space, each pair of rows taking part with the probability `keep`."""
    sides = (left, right)
    norms = [row_norms(side) for side in sides]
    there = [search.directed(norm) for norm in norms]
    unit = [side / np.where(good, norm, np.float32(1))[:, None] for side, norm, good in zip(sides, norms, there)]
    highest, halves = [], []
    for this, other in ((0, 1), (1, 0)):
        rows, scores = roughly_best(sides[other], unit[this], k, norms=norms[other], workers=workers)
        found = rows >= 0
        halves.append(np.where(found, scores, 0).sum(axis=1) / np.maximum(found.sum(axis=1), 1) / 2)
        highest.append(np.where(there[this], scores[:, 0], -np.inf))
    best, values = [], []
    for this, other in ((0, 1), (1, 0)):
        rows, scores = roughly_best(
            sides[other], unit[this], 1, norms=norms[other], penalty=halves[other], keep=keep, seed=(*seed, this),
            workers=workers,
        )  # fmt: skip
        best.append(np.where(there[this], rows[:, 0], -1))
        values.append(np.where(best[this] >= 0, 2 * (scores[:, 0] - halves[this]), -np.inf))
    means = [float(cosines[good].mean()) if good.any() else 0.0 for cosines, good in zip(highest, there)]
    return Round(best[0], best[1], values[0], (means[0] + means[1]) / 2)
