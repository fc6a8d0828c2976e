"""Several trainings of a model: the interval of its mean score over both trainings and items."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf, sqrt

import numpy as np

from wordvec.evaluate.statistics.bootstrap import Interval


def over_seeds(
    items: Interval, seeds: Sequence[Sequence[float]], confidence: float = 0.95
) -> tuple[Interval, float | None]:
    """The interval of a mean over seeds, and the two-sided p value of a mean of 0.

    `items` is the mean with its interval over items, for these seeds. `seeds` has the scores of the seeds of a model,
    or those of two models for the mean of one less that of the other; a model with one seed adds nothing. The variance
    is that over items plus, for each model, the variance between its seeds divided by their number, with the degrees of
    freedom of Satterthwaite (1946). Both sides keep their proportion. None where `items` has no bounds.

    >>> interval, p = over_seeds(Interval(0.5, 0.4, 0.6), [[0.45, 0.5, 0.55]])
    >>> round(interval.low, 3), round(interval.high, 3), p < 0.01
    (0.381, 0.619, True)
    """
    from scipy.special import ndtri
    from scipy.stats import t as student

    score, low, high = items
    if score is None or low is None or high is None:
        return items, None
    parts = [(float(np.var(some, ddof=1)) / len(some), len(some) - 1) for some in seeds if len(some) > 1]
    between, z = sum(part for part, _ in parts), float(ndtri((1 + confidence) / 2))
    total = ((high - low) / (2 * z)) ** 2 + between
    if not total:
        return items, None
    doubt = sum(part**2 / freedom for part, freedom in parts)
    freedom = total**2 / doubt if doubt else inf
    width = float(student.ppf((1 + confidence) / 2, freedom))
    below, above = (width * sqrt(((score - bound) / z) ** 2 + between) for bound in (low, high))
    return Interval(score, score - below, score + above), float(2 * student.sf(abs(score) / sqrt(total), freedom))
