"""Linear CKA of several sets of unit vectors: how far the cosines between the same words agree, with a jackknife."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations, combinations_with_replacement

import numpy as np
from numpy.typing import NDArray

from wordvec.evaluate.statistics import Interval

Doubles = NDArray[np.float64]

GROUPS = 10  # of words, each of which the jackknife leaves out


@dataclass(frozen=True)
class Moments:
    """Sums over groups of words of the unit vectors of each set, and of the products of two sets."""

    counts: Doubles  # [G]
    sums: tuple[Doubles, ...]  # of each set [G, D]
    products: dict[tuple[int, int], Doubles]  # of sets a <= b [G, D of a, D of b]

    @classmethod
    def of(cls, groups: Sequence[Sequence[NDArray[np.float32]]]) -> Moments:
        """The moments of [G][S] unit vectors [n of the group, D of the set]."""
        sets = range(len(groups[0]))
        return cls(
            np.array([len(group[0]) for group in groups], np.float64),
            tuple(np.stack([group[a].sum(axis=0, dtype=np.float64) for group in groups]) for a in sets),
            {
                (a, b): np.stack([np.asarray(group[a].T @ group[b], np.float64) for group in groups])
                for a, b in combinations_with_replacement(sets, 2)
            },
        )

    def __add__(self, other: Moments) -> Moments:
        return Moments(
            self.counts + other.counts,
            tuple(one + another for one, another in zip(self.sums, other.sums)),
            {pair: product + other.products[pair] for pair, product in self.products.items()},
        )

    def cka(self, first: int, second: int, without: int | None = None) -> float:
        """Linear CKA of two sets, of all groups or without one; NaN where it is undefined.

        It is Kornblith and others' (2019), with the unbiased estimate of HSIC (Song and others 2012, equation 5).
        """
        # All vectors have length 1, so that the diagonals that the estimate takes off are 1.
        n = self._total(self.counts, without)
        if n < 4:
            return np.nan
        own = [self._hsic(one, one, n, without) for one in (first, second)]
        both = self._hsic(first, second, n, without)
        return float(both / np.sqrt(own[0] * own[1])) if min(own) > 0 else np.nan

    def interval(self) -> Interval:
        """The mean CKA over all pairs of sets, with a 95 % interval by the jackknife over groups of words."""
        from scipy.stats import t as student

        pairs = list(combinations(range(len(self.sums)), 2))
        score = float(np.mean([self.cka(*pair) for pair in pairs]))
        if not np.isfinite(score):
            return Interval(None, None, None)
        left = np.array([np.mean([self.cka(*pair, without) for pair in pairs]) for without in range(GROUPS)])
        if not np.isfinite(left).all():
            return Interval(score, None, None)
        error = np.sqrt((GROUPS - 1) * np.var(left))
        half = float(student.ppf(0.975, GROUPS - 1) * error)
        return Interval(score, score - half, min(1.0, score + half))

    def _total(self, sums: Doubles, without: int | None) -> Doubles:
        whole: Doubles = sums.sum(axis=0)
        return whole if without is None else whole - sums[without]

    def _hsic(self, first: int, second: int, n: Doubles, without: int | None) -> float:
        one, other = (self._total(self.sums[place], without) for place in (first, second))
        product = self._total(self.products[first, second], without)
        of_one, of_other = one @ one, other @ other
        inner = np.square(product).sum() - n
        outer = (of_one - n) * (of_other - n) / ((n - 1) * (n - 2))
        mixed = one @ product @ other - of_one - of_other + n
        return float((inner + outer - 2 * mixed / (n - 2)) / (n * (n - 3)))
