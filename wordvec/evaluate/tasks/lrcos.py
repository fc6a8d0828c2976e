"""LRCos: the answer of an analogy is like the word asked about and, by logistic regression, of the class of answers."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from wordvec.evaluate.policy import Resolver
from wordvec.search import arrays

Doubles = NDArray[np.float64]
Longs = NDArray[np.int64]

_NEWTON = 25  # steps for all examples
_LEFT_OUT = 30  # steps for each example left out, with the curvature of all
_BLOCK = 1024  # rows scored at a time
_TINY = 1e-6  # ridge of the intercept


def lrcos(words: Resolver, section: Longs, source: Longs, target: Longs, banned: Longs, seed: int) -> Longs:
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
    return _best(words, folds, words.units(source), banned)


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


def _best(words: Resolver, folds: Doubles, sources: Doubles, banned: Longs) -> Longs:
    """[n] the row with the highest product of probability and cosine for each fold."""
    best, score = np.full(len(folds), -1, np.int64), np.full(len(folds), -np.inf, np.float32)
    weights, intercepts = folds[:, :-1].T.astype(np.float32), folds[:, -1].astype(np.float32)
    queries = sources.T.astype(np.float32)
    of, column = np.nonzero(banned >= 0)
    rows = banned[of, column]
    for first in range(0, words.size if len(folds) else 0, _BLOCK):
        last = min(first + _BLOCK, words.size)
        units = arrays.unit_rows(words.vectors.vectors[first:last]).astype(np.float32)
        table = units @ queries
        logits = units @ weights + intercepts
        table /= 1 + np.exp(-np.clip(logits, -60, 60))
        here = (rows >= first) & (rows < last)
        table[rows[here] - first, of[here]] = -np.inf
        place = table.argmax(axis=0)
        value = table[place, np.arange(len(folds))]
        better = value > score
        best[better], score[better] = first + place[better], value[better]
    return best


def _sigmoid(x: Doubles) -> Doubles:
    result: Doubles = 1 / (1 + np.exp(-np.clip(x, -60, 60)))
    return result
