"""Percentile bootstrap over items or over groups of items (Efron and Tibshirani 1993), of one score or of two."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from wordvec.base.arguments import whole_number
from wordvec.base.errors import OptionError
from wordvec.evaluate.statistics.measures import Floats, Measure

DRAWS = 2000
_NUMBERS = 1 << 20  # weights that are drawn at a time


class Interval(NamedTuple):
    """A score, and the bounds between which it lies with the given confidence; None where it is undefined."""

    score: float | None
    low: float | None
    high: float | None


def bootstrap(
    measure: Measure,
    gold: Floats,
    values: Floats | tuple[Floats, ...],
    *,
    groups: NDArray[np.int64] | None = None,
    draws: int = DRAWS,
    confidence: float = 0.95,
    seed: int = 1,
) -> Interval:
    """A score of items and its percentile interval.

    `gold` and `values` [n] belong to the items; of several seeds of a model, `values` is a tuple of such arrays, and
    the score is the mean over them, on the same draws. Items are drawn with replacement, `draws` times; with `groups`
    [n], such as the number of a word that pairs share, whole groups are drawn. The result depends on the arguments
    alone.
    Draws for which the score is undefined are left out; the interval is None where more than half of them are.

    >>> from wordvec.evaluate.statistics.measures import spearman
    >>> gold = np.arange(50.0)
    >>> score, low, high = bootstrap(spearman, gold, gold + 10 * np.sin(gold))
    >>> round(score, 3), low < score < high
    (0.9, True)
    """
    _check(draws, confidence)
    gold = np.asarray(gold, np.float64)
    return resampled(_mean_over_seeds(measure, gold, values), len(gold), groups, draws, confidence, seed)[0]


def paired_bootstrap(
    measure: Measure,
    gold: Floats,
    first: Floats | tuple[Floats, ...],
    second: Floats | tuple[Floats, ...],
    *,
    groups: NDArray[np.int64] | None = None,
    draws: int = DRAWS,
    confidence: float = 0.95,
    seed: int = 1,
) -> tuple[Interval, float | None]:
    """The difference of two models' scores on the same items, its interval, and its two-sided p value.

    `first` and `second` [n], or tuples of them for several seeds, are the values of the two models. Both are computed
    from the same draws. The p value is twice the share of draws in which the difference has the other sign or is 0,
    counted as in Davison and Hinkley (1997): at least 1 / (draws + 1).

    >>> from wordvec.evaluate.statistics.measures import mean
    >>> right, wrong = np.ones(40), np.repeat([1.0, 0.0], 20)
    >>> difference, p = paired_bootstrap(mean, right, right, wrong)
    >>> difference.score, p < 0.01
    (0.5, True)
    """
    _check(draws, confidence)
    of_first, of_second = (
        drawn_scores(measure, gold, values, groups=groups, draws=draws, seed=seed) for values in (first, second)
    )
    return paired(of_first, of_second, confidence)


def drawn_scores(
    measure: Measure,
    gold: Floats,
    values: Floats | tuple[Floats, ...],
    *,
    groups: NDArray[np.int64] | None = None,
    draws: int = DRAWS,
    seed: int = 1,
) -> Floats:
    """[1 + draws] the score of all items, and then that of each draw; NaN where it is undefined.

    Models with the same number of items have the same draws, so that `paired` compares any two of them.
    """
    gold = np.asarray(gold, np.float64)
    if not len(gold):
        return np.full(1 + draws, np.nan)
    score = _mean_over_seeds(measure, gold, values)
    weights = _weights(len(gold), groups, draws, seed)
    return np.concatenate([score(np.ones((1, len(gold)))), *(score(some) for some in weights)])


def paired(first: Floats, second: Floats, confidence: float = 0.95) -> tuple[Interval, float | None]:
    """The difference of two models, its interval and p value, as in `paired_bootstrap`, from their `drawn_scores`."""
    whole, *drawn = first - second
    known = np.array(drawn)[np.isfinite(drawn)]
    interval = Interval(float(whole) if np.isfinite(whole) else None, *_bounds(np.array(drawn), confidence))
    if interval.score is None:
        return interval, None
    other = min(int((known <= 0).sum()), int((known >= 0).sum()))
    return interval, min(1.0, 2 * (other + 1) / (len(known) + 1))


def resampled(
    score: Callable[[Floats], Floats],
    items: int,
    groups: NDArray[np.int64] | None = None,
    draws: int = DRAWS,
    confidence: float = 0.95,
    seed: int = 1,
) -> tuple[Interval, Floats]:
    """The score of all items with its interval, and the scores of the draws for which it is defined.

    `score` gives the scores [b] of weights [b, items], which say how often each item counts.
    """
    if not items:
        return Interval(None, None, None), np.empty(0)
    whole = float(score(np.ones((1, items)))[0])
    drawn = np.concatenate([np.empty(0), *(score(weights) for weights in _weights(items, groups, draws, seed))])
    bounds = _bounds(drawn, confidence)
    return Interval(whole if np.isfinite(whole) else None, *bounds), drawn[np.isfinite(drawn)]


def _mean_over_seeds(measure: Measure, gold: Floats, values: Floats | tuple[Floats, ...]) -> Callable[[Floats], Floats]:
    """The mean over seeds of their scores for weights; an array is of one seed."""
    seeds = [np.asarray(some, np.float64) for some in (values if isinstance(values, tuple) else (values,))]

    def score(weights: Floats) -> Floats:
        mean: Floats = np.mean([measure(gold, some, weights) for some in seeds], axis=0)
        return mean

    return score


def _check(draws: int, confidence: float) -> None:
    whole_number("draws", draws, 100)
    if not 0 < confidence < 1:
        raise OptionError(f"confidence must be above 0 and below 1, such as 0.95; got {confidence!r}")


def _weights(items: int, groups: NDArray[np.int64] | None, draws: int, seed: int) -> Iterator[Floats]:
    """Blocks [b, items] of how often each item is drawn; the blocks are a function of the arguments alone."""
    numbers = None if groups is None else np.unique(groups, return_inverse=True)[1].reshape(-1)
    size = items if numbers is None else int(numbers.max()) + 1
    rng, step = np.random.default_rng(seed), max(1, _NUMBERS // max(items, size))
    for first in range(0, draws, step):
        count = min(step, draws - first)
        drawn = rng.integers(0, size, (count, size)) + size * np.arange(count)[:, None]
        weights = np.bincount(drawn.ravel(), minlength=count * size).reshape(count, size).astype(np.float64)
        yield weights if numbers is None else weights[:, numbers]


def _bounds(drawn: Floats, confidence: float) -> tuple[float | None, float | None]:
    known = drawn[np.isfinite(drawn)]
    if 2 * len(known) <= len(drawn):
        return None, None
    low, high = np.quantile(known, [(1 - confidence) / 2, (1 + confidence) / 2])
    return float(low), float(high)
