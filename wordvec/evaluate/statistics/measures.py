"""Measures of items that may count several times: the form in which resampling needs them."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_ROUNDING = 1e-12  # a smaller share of a sum of squares is nothing but rounding


class Measure(Protocol):
    """A score of items, computed for many weightings of them at once."""

    def __call__(self, gold: Floats, values: Floats, weights: Floats) -> Floats:
        """[B] the score for each row of `weights`.

        `gold` and `values` [n] are what the items should have and what a model gives them; `weights` [B, n] say how
        often each item counts. NaN where the score is undefined.
        """
        ...


def mean(gold: Floats, values: Floats, weights: Floats) -> Floats:
    """The mean of the values, such as an accuracy (values 0 and 1) or a mean reciprocal rank; `gold` is not used.

    >>> mean(np.zeros(3), np.array([1.0, 0.0, 1.0]), np.ones((1, 3))).round(3).tolist()
    [0.667]
    """
    totals = weights.sum(axis=1)
    result: Floats = np.divide(weights @ values, totals, out=np.full(len(weights), np.nan), where=totals > 0)
    return result


accuracy = mean


def ratio(gold: Floats, values: Floats, weights: Floats) -> Floats:
    """The sum of the values by that of `gold`, such as an accuracy: right tokens and all tokens of sentences.

    >>> ratio(np.array([4.0, 1.0]), np.array([2.0, 1.0]), np.ones((1, 2))).tolist()
    [0.6]
    """
    totals = weights @ gold
    result: Floats = np.divide(weights @ values, totals, out=np.full(len(weights), np.nan), where=totals > 0)
    return result


def f1(gold: Floats, values: Floats, weights: Floats) -> Floats:
    """F1: `gold` counts what is to be found in each item, `values` [n, 2] what of it is found, and all that is found.

    >>> f1(np.array([2.0, 1.0]), np.array([[1.0, 1.0], [1.0, 2.0]]), np.ones((1, 2))).round(3).tolist()
    [0.667]
    """
    right, found = values[:, 0], values[:, 1]
    return ratio(gold + found, 2 * right, weights)


def median(gold: Floats, values: Floats, weights: Floats) -> Floats:
    """The median of the values, such as a rank: the mean of the two in the middle; `gold` is not used.

    >>> median(np.zeros(4), np.array([9.0, 1.0, 5.0, 2.0]), np.array([[1, 1, 1, 1], [3, 1, 1, 0]])).tolist()
    [3.5, 9.0]
    """
    if not len(values):
        return np.full(len(weights), np.nan)
    order = np.argsort(values, kind="stable")
    sums = np.cumsum(weights[:, order], axis=1)
    half = sums[:, -1:] / 2
    below, above = (sums >= half).argmax(axis=1), (sums > half).argmax(axis=1)
    result: Floats = (values[order][below] + values[order][above]) / 2
    result[sums[:, -1] <= 0] = np.nan
    return result


def pearson(gold: Floats, values: Floats, weights: Floats) -> Floats:
    """Pearson's correlation.

    >>> pearson(np.array([1.0, 2.0, 4.0]), np.array([2.0, 4.0, 8.0]), np.ones((1, 3))).round(6).tolist()
    [1.0]
    """
    if not len(gold):
        return np.full(len(weights), np.nan)
    one, two = gold - gold.mean(), values - values.mean()
    totals = weights.sum(axis=1)
    sums = weights @ np.stack([one, two, one * one, two * two, one * two], axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        first = sums[:, 2] - sums[:, 0] ** 2 / totals
        second = sums[:, 3] - sums[:, 1] ** 2 / totals
        product = sums[:, 4] - sums[:, 0] * sums[:, 1] / totals
        result: Floats = product / np.sqrt(first * second)
    result[(first <= _ROUNDING * sums[:, 2]) | (second <= _ROUNDING * sums[:, 3])] = np.nan  # all values are the same
    return np.clip(result, -1, 1)


def spearman(gold: Floats, values: Floats, weights: Floats) -> Floats:
    """Spearman's correlation, with mid-ranks for ties; items that count several times are ties.

    >>> spearman(np.array([1.0, 2.0, 4.0]), np.array([0.1, 0.3, 0.2]), np.ones((1, 3))).round(6).tolist()
    [0.5]
    """
    # The mean of mid-ranks is known.
    middle = (weights.sum(axis=1, keepdims=True) + 1) / 2
    one, two = _ranks(gold, weights) - middle, _ranks(values, weights) - middle
    weighted = weights * one
    product = np.einsum("ij,ij->i", weighted, two)
    spread = np.einsum("ij,ij->i", weighted, one) * np.einsum("ij,ij,ij->i", weights, two, two)
    with np.errstate(invalid="ignore", divide="ignore"):
        result: Floats = product / np.sqrt(spread)
    result[spread <= 0] = np.nan
    return np.clip(result, -1, 1)


def _ranks(numbers: Floats, weights: Floats) -> Floats:
    """[B, n] the mid-rank of each item among all of a row, each as often as it counts."""
    order = np.argsort(numbers, kind="stable")
    ordered = numbers[order]
    starts = np.flatnonzero(np.concatenate([[True], ordered[1:] != ordered[:-1]]))
    sizes = np.add.reduceat(weights[:, order], starts, axis=1)  # of the groups of ties
    middles = np.cumsum(sizes, axis=1) - (sizes - 1) / 2
    group = np.empty(len(numbers), np.int64)
    group[order] = np.repeat(np.arange(len(starts)), np.diff(np.append(starts, len(numbers))))
    result: Floats = middles[:, group]
    return result


def macro(gold: Floats, values: Floats, weights: Floats) -> Floats:
    """The mean over groups of the mean of their values; `gold` has the number of the group of each item.

    >>> macro(np.array([0.0, 0.0, 1.0]), np.array([1.0, 0.0, 1.0]), np.ones((1, 3))).tolist()
    [0.75]
    """
    members = (gold[:, None] == np.unique(gold)).astype(np.float64)
    sizes = weights @ members
    with np.errstate(invalid="ignore", divide="ignore"):
        means = np.where(sizes > 0, (weights @ (values[:, None] * members)) / sizes, 0)
        result: Floats = means.sum(axis=1) / (sizes > 0).sum(axis=1)
    return result


def average_precision(gold: Floats, values: Floats, weights: Floats) -> Floats:
    """Average precision of items ranked by falling value, where `gold` is 1 for those to be found and 0 for others.

    Items with equal values are at the same place: the precision is that after all of them.

    >>> average_precision(np.array([1.0, 0.0, 1.0]), np.array([3.0, 2.0, 1.0]), np.ones((1, 3))).round(4).tolist()
    [0.8333]
    """
    order = np.argsort(-values, kind="stable")
    ordered = values[order]
    ends = np.flatnonzero(np.append(ordered[1:] != ordered[:-1], True))
    found = np.cumsum(weights[:, order] * gold[order], axis=1)[:, ends]
    seen = np.cumsum(weights[:, order], axis=1)[:, ends]
    new = np.diff(found, axis=1, prepend=0.0)
    with np.errstate(invalid="ignore", divide="ignore"):
        precision = np.where(seen > 0, found / seen, 0)
        result: Floats = (new * precision).sum(axis=1) / found[:, -1]
    return result


def auc(gold: Floats, values: Floats, weights: Floats) -> Floats:
    """The area under the ROC curve: how often an item of those to be found (`gold` 1) has a higher value than another.

    Equal values count half.

    >>> auc(np.array([1.0, 0.0, 1.0, 0.0]), np.array([4.0, 3.0, 2.0, 2.0]), np.ones((1, 4))).tolist()
    [0.625]
    """
    found, others = weights @ gold, weights @ (1 - gold)
    with np.errstate(invalid="ignore", divide="ignore"):
        above = ((weights * gold) * _ranks(values, weights)).sum(axis=1) - found * (found + 1) / 2
        result: Floats = above / (found * others)
    return result
