"""LRCos: the answer of an analogy is like the word asked about and, by logistic regression, of the class of answers."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from wordvec.evaluate.policy import Resolver
from wordvec.search.tables import each_tile

Doubles = NDArray[np.float64]
Floats = NDArray[np.float32]
Longs = NDArray[np.int64]

_NEWTON = 25  # steps for all examples
_LEFT_OUT = 30  # steps for each example left out, with the curvature of all
_TINY = 1e-6  # ridge of the intercept


def lrcos(
    words: Resolver, section: Longs, source: Longs, target: Longs, banned: Longs, seed: int, workers: int | None = None
) -> Longs:
    """[n] the row y with the highest P(y is a target of the section) cos(y, source), without the banned ones.

    P is by logistic regression with an L2 penalty (C = 1, classes of equal weight) on unit vectors: the other targets
    of the section against its sources and as many random rows. Pairs with the same target are left out.
    """
    folds = np.zeros((len(source), words.vectors.vector_size + 1))
    rng = np.random.default_rng(seed)
    for number in np.unique(section):
        some = np.flatnonzero(section == number)
        negatives = np.unique(np.concatenate([source[some], rng.integers(0, words.size, len(some))]))
        positives = np.unique(target[some])
        negatives = negatives[~np.isin(negatives, positives)]
        if len(positives) > 1 and len(negatives):
            left_out = np.searchsorted(positives, target[some])
            folds[some] = left_one_out(words.units(positives), words.units(negatives), left_out)
    return _best(words, folds, words.units(source), banned, workers)


def left_one_out(positives: Doubles, negatives: Doubles, left_out: Longs) -> Doubles:
    """[F, D+1] the weights and the intercept of F regressions, each without one of the positive examples."""
    # The weights lie in the span of the examples, which has fewer dimensions than the vectors where examples are few.
    basis = np.linalg.qr(np.concatenate([positives, negatives]).T)[0]
    x = np.concatenate([positives, negatives]) @ basis
    x = np.concatenate([x, np.ones((len(x), 1))], axis=1)
    y = np.concatenate([np.ones(len(positives)), np.zeros(len(negatives))])
    ridge = np.append(np.ones(x.shape[1] - 1), _TINY)
    both = np.where(y > 0, len(y) / (2 * len(positives)), len(y) / (2 * len(negatives)))
    weights = np.zeros(x.shape[1])
    for _ in range(_NEWTON):
        p = _sigmoid(x @ weights)
        curvature = (x * (both * np.maximum(p * (1 - p), 1e-9))[:, None]).T @ x + np.diag(ridge)
        step = np.linalg.solve(curvature, x.T @ (both * (p - y)) + ridge * weights)
        weights = weights - step
        if np.abs(step).max() < 1e-7:
            break
    without = np.tile(both, (len(left_out), 1))
    without[np.arange(len(left_out)), left_out] = 0
    inverse = np.linalg.inv(curvature)
    folds = np.tile(weights, (len(left_out), 1))
    for _ in range(_LEFT_OUT):
        slope = (without * (_sigmoid(folds @ x.T) - y)) @ x + ridge * folds
        step = slope @ inverse
        folds -= step
        if np.abs(step).max() < 1e-6:
            break
    return np.concatenate([folds[:, :-1] @ basis.T, folds[:, -1:]], axis=1)


def _best(words: Resolver, folds: Doubles, sources: Doubles, banned: Longs, workers: int | None) -> Longs:
    """[n] the row with the highest product of probability and cosine for each fold; of equal ones the first."""
    of, column = np.nonzero(banned >= 0)
    rows, count = banned[of, column], len(folds)
    intercepts = folds[:, -1:].astype(np.float32)
    lengths = words.vectors.rows.divisors

    def best(first: int, last: int, table: Floats) -> tuple[Longs, Floats]:
        """The best row of a tile for each fold, and its score."""
        scores = table[:count] / (1 + np.exp(-np.clip(table[count:] + intercepts, -60, 60)))
        here = (rows >= first) & (rows < last)
        scores[of[here], rows[here] - first] = -np.inf
        place = scores.argmax(axis=1)
        return first + place, scores[np.arange(count), place]

    found = each_tile(
        best,
        words.vectors.rows,
        np.concatenate([sources, folds[:, :-1]]),
        np.where(lengths > 0, lengths, np.float32(1)),  # the cosine of a row of zeros is 0
        workers,
        words.size,
    )
    if not count or not found:
        return np.full(count, -1, np.int64)
    tile = np.argmax([scores for _, scores in found], axis=0)
    numbers, highest = (np.array(part)[tile, np.arange(count)] for part in zip(*found))
    return np.where(highest > -np.inf, numbers, -1)


def _sigmoid(x: Doubles) -> Doubles:
    result: Doubles = 1 / (1 + np.exp(-np.clip(x, -60, 60)))
    return result
