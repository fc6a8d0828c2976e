"""Dictionary induction: for every row of two sides the best row of the other, by CSLS in float32."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from wordvec import search
from wordvec.align.arrays import Doubles, Floats, Ints
from wordvec.rows.norms import row_norms
from wordvec.search.matching import roughly_best

Pairs = tuple[Ints, Ints]  # rows of the left, and the same number of rows of the right


@dataclass(frozen=True)
class InducedDictionary:
    """The best matches of all rows in both directions; rows of zeros have none, -1."""

    forward: Ints  # [S] the best row of the right for each of the left
    backward: Ints  # [T] the best row of the left for each of the right
    scores: Doubles  # [S] the CSLS of each row of the left with its match, -inf where there is none
    objective: float  # the mean of the highest cosines, over both sides

    def union(self) -> Pairs:
        """The pairs of both directions, one after the other. Mutual pairs occur twice, and so have double weight."""
        rows, others = np.flatnonzero(self.forward >= 0), np.flatnonzero(self.backward >= 0)
        return np.concatenate([rows, self.backward[others]]), np.concatenate([self.forward[rows], others])

    def one_way(self) -> Pairs:
        """The rows of the left that have a match, and their matches."""
        rows = np.flatnonzero(self.forward >= 0)
        return rows, self.forward[rows]


def induced_dictionary(
    left: Floats, right: Floats, k: int, *, keep: float = 1.0, seed: Sequence[int] = (0,), workers: int | None = None
) -> InducedDictionary:
    """The best matches, by CSLS, of two sides in one space; each pair of rows is considered with probability `keep`."""
    sides = (left, right)
    norms = [row_norms(side) for side in sides]
    nonzero = [search.directed(norm) for norm in norms]
    units = [side / np.where(valid, norm, np.float32(1))[:, None] for side, norm, valid in zip(sides, norms, nonzero)]
    highest, penalties = [], []
    for this, other in ((0, 1), (1, 0)):
        rows, cosines = roughly_best(sides[other], units[this], k, norms=norms[other], workers=workers)
        valid = rows >= 0
        penalties.append(np.where(valid, cosines, 0).sum(axis=1) / np.maximum(valid.sum(axis=1), 1) / 2)
        highest.append(np.where(nonzero[this], cosines[:, 0], -np.inf))
    best, scores = [], []
    for this, other in ((0, 1), (1, 0)):
        rows, halves = roughly_best(
            sides[other],
            units[this],
            1,
            norms=norms[other],
            penalty=penalties[other],
            keep=keep,
            seed=(*seed, this),
            workers=workers,
        )
        best.append(np.where(nonzero[this], rows[:, 0], -1))
        scores.append(np.where(best[this] >= 0, 2 * (halves[:, 0] - penalties[this]), -np.inf))
    means = [float(cosines[valid].mean()) if valid.any() else 0.0 for cosines, valid in zip(highest, nonzero)]
    return InducedDictionary(best[0], best[1], scores[0], (means[0] + means[1]) / 2)
