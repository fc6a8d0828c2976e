"""The regimes of FEET (Lee, Lee and Chiang 2024): few examples, and vectors that are trained further, beside frozen."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from wordvec.evaluate import linear
from wordvec.evaluate.linear import Learn, Longs, Rows, Split
from wordvec.evaluate.results import MEASURES, Outcome, of_items
from wordvec.evaluate.statistics.bootstrap import resampled

Doubles = NDArray[np.float64]
Tell = Callable[[float], object]

SHOTS = (10, 50, 100, 500)  # examples of a class
SEEDS = 5  # of the drawn examples
_STEPS = 60  # of L-BFGS


class Words(NamedTuple):
    """Examples as weighted sums of word vectors: a sparse matrix for each place, such as those of a window."""

    places: Sequence[Any]  # each [n, V], sparse
    table: Doubles  # [V, D] the vectors of the words

    def features(self, rows: Longs, table: Doubles) -> Doubles:
        """[n, places * D] the features of some examples, with these vectors."""
        return np.concatenate([place[rows] @ table for place in self.places], axis=1)


class Regime(NamedTuple):
    """What was predicted for the tested examples, once for each seed; or why nothing was."""

    predicted: list[Longs]
    reason: str | None = None


def regimes(
    vectors: Rows,
    words: Words | None,
    classes: Longs,
    splits: Sequence[Split],
    seed: int,
    workers: int | None,
    tell: Tell,
    C: float | None = None,
) -> Iterator[tuple[str, Regime]]:
    """The name of each regime but the frozen one, and what was predicted in it.

    Few-shot regimes learn from some examples of each class, drawn with five seeds, with C = 1. In the fine-tuned regime
    the vectors of the words change with the classifier; without `words` there is none. None chooses its C.
    """
    largest = max(int(np.bincount(classes[split.train]).max()) for split in splits)
    sizes = [size for size in SHOTS if size < largest]
    share = 1 / (len(sizes) + 1)
    for size in sizes:
        learn = linear.few_shot(vectors, classes, size)
        runs = []
        for run in range(SEEDS):
            runs.append(linear.predicted(splits, learn, seed + run, workers))
            tell(share / SEEDS)
        yield f"few-shot-{size}", Regime(runs)
    if words is None:
        yield "fine-tuned", Regime([], "only means of the vectors of known words can be trained further")
        return
    predicted = linear.predicted(splits, fine_tuned(words, classes, C), seed, workers, lambda part: tell(part * share))
    yield "fine-tuned", Regime([predicted])


def fine_tuned(words: Words, classes: Longs, C: float | None = None) -> Learn:
    """Learning with the vectors of words: they start as they are, and their changes have the penalty of the weights."""

    def learn(split: Split, rng: np.random.Generator) -> Longs:
        dev = split.dev if len(split.dev) else split.train[linear.held_out(classes[split.train], rng)]
        strength = linear.GRID[1] if C is None else C
        if C is None and len(dev):
            rest = np.setdiff1d(split.train, dev)
            tried = [_tuned(words, rest, classes, one)(dev) for one in linear.GRID]
            strength = linear.GRID[int(np.argmax([(some == classes[dev]).sum() for some in tried]))]
        return _tuned(words, split.train, classes, strength)(split.test)

    return learn


def _tuned(words: Words, train: Longs, classes: Longs, C: float) -> Callable[[Longs], Longs]:
    """A classifier and vectors by L-BFGS on C times the sum of losses, and half the squares of weights and changes."""
    from scipy.optimize import minimize

    table = _scaled(words, train)
    places = [place[train] for place in words.places]
    names, gold = np.unique(classes[train], return_inverse=True)
    (V, D), k, K = table.shape, len(places), len(names)
    right = (np.arange(len(train)), gold.reshape(-1))

    def parts(numbers: Doubles) -> tuple[Doubles, Doubles, Doubles]:
        weights, rest = numbers[: k * D * K].reshape(k * D, K), numbers[k * D * K :]
        return weights, rest[:K], rest[K:].reshape(V, D)

    def loss(numbers: Doubles) -> tuple[float, Doubles]:
        weights, bias, change = parts(numbers)
        features = np.concatenate([place @ (table + change) for place in places], axis=1)
        scores = features @ weights + bias
        scores -= scores.max(axis=1, keepdims=True)
        p = np.exp(scores)
        p /= p.sum(axis=1, keepdims=True)
        value = -C * float(np.log(np.maximum(p[right], 1e-300)).sum())
        p[right] -= 1
        p *= C
        back = p @ weights.T
        moved = sum((place.T @ back[:, i * D : (i + 1) * D] for i, place in enumerate(places)), change)
        gradient = np.concatenate([(features.T @ p + weights).ravel(), p.sum(axis=0), moved.ravel()])
        return value + 0.5 * float(np.square(weights).sum() + np.square(change).sum()), gradient

    start = np.zeros(k * D * K + K + V * D)
    weights, bias, change = parts(minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": _STEPS}).x)
    return lambda rows: names[(words.features(rows, table + change) @ weights + bias).argmax(axis=1)]


def _scaled(words: Words, train: Longs) -> Doubles:
    """The vectors moved and scaled so that the features of the examples that are learned from have variance 1."""
    features = np.concatenate([place[train] @ words.table for place in words.places])
    deviation = features.std(axis=0)
    scaled: Doubles = (words.table - features.mean(axis=0)) / np.where(deviation > 0, deviation, 1)
    return scaled


def outcomes_of(frozen: Outcome, found: Mapping[str, Regime], outcome: Callable[[Longs], Outcome]) -> Iterator[Outcome]:
    """Of each regime the score, its change from the `frozen` one, and that change as a share of the frozen score.

    `outcome` makes predictions into an outcome of the same measure. Of several seeds an item's value is the mean.
    """
    for name, regime in found.items():
        measure = f"{frozen.measure}-{name}"
        if regime.reason:
            facts = replace(frozen, items=None, gold=None, values=None, groups=None, used=0, reason=regime.reason)
            yield replace(facts, measure=measure, headline=False)
            continue
        runs = [outcome(predicted) for predicted in regime.predicted]
        scores = [score for one in runs for score in one.seed_scores()]
        deviation = float(np.std(scores, ddof=1)) if len(scores) > 1 else None
        own = _together(runs, measure, frozen)
        yield replace(own, deviation=deviation)
        for end, is_share in (("change", False), ("relative-change", True)):
            yield _change(f"{measure}-{end}", frozen, own, is_share)


def _together(runs: Sequence[Outcome], measure: str, frozen: Outcome) -> Outcome:
    """One outcome of several draws: the value of an item is the mean of its values."""
    assert frozen.items is not None
    values = np.mean([one.values for one in runs if one.values is not None], axis=0)
    return of_items(measure, frozen.of, frozen.total, frozen.items, values, frozen.gold, share=frozen.share)


def _change(measure: str, frozen: Outcome, other: Outcome, is_share: bool) -> Outcome:
    of, gold, before, after = MEASURES[frozen.of], frozen.gold, frozen.values, other.values
    assert gold is not None and before is not None and after is not None

    def score(weights: Doubles) -> Doubles:
        old = of(gold, before, weights)
        with np.errstate(invalid="ignore", divide="ignore"):
            difference: Doubles = (of(gold, after, weights) - old) / (old if is_share else 1)
        return difference

    interval = resampled(score, len(gold))[0]
    reason = "the score of the frozen vectors is 0" if interval.score is None else None
    return Outcome(
        measure,
        frozen.total,
        used=frozen.used,
        share=frozen.share,
        score=interval.score,
        low=interval.low,
        high=interval.high,
        reason=reason,
    )
