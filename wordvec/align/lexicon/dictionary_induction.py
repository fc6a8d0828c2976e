"""Dictionary induction: for every row of two sides the best row of the other, by CSLS in float32."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from wordvec import search
from wordvec.align.arrays import Doubles, Floats, Ints
from wordvec.rows.norms import row_norms
from wordvec.search.both_ways import BothWays
from wordvec.search.hubness import mean_cosine

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
    norms = (row_norms(left), row_norms(right))
    nonzero = [search.directed(norm) for norm in norms]
    both = BothWays(left, right, norms=norms, workers=workers)
    near = both.best(k)
    highest = [scores[:, 0] for _, scores in near]
    halves = mean_cosine(near[0]) / 2, mean_cosine(near[1]) / 2
    if keep < 1:
        drawn = int(np.random.SeedSequence([*seed]).generate_state(1, np.uint64)[0])
        matches = both.best(1, costs=halves, keep=keep, seed=drawn)
    else:
        matches = both.best_of_near(near, 1, halves)
    best = [rows[:, 0] for rows, _ in matches]
    means = [float(cosines[valid].mean()) if valid.any() else 0.0 for cosines, valid in zip(highest, nonzero)]
    return InducedDictionary(best[0], best[1], 2 * matches[0][1][:, 0], (means[0] + means[1]) / 2)
