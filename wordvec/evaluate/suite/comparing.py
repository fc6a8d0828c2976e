"""Differences between models on the items that both cover: intervals, tests, and the correction for several sets."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, field, replace
from itertools import combinations
from typing import Any, NamedTuple

import numpy as np

from wordvec.base.digests import digest_of
from wordvec.base.shown import Records
from wordvec.evaluate.results import MEASURES, Doubles, Outcome, is_paired, merged, on_common_items
from wordvec.evaluate.statistics import Interval, drawn_scores, holm, mcnemar, over_seeds, paired, williams
from wordvec.evaluate.suite.running import Report, Run
from wordvec.evaluate.tasks import Dataset

_CORRELATIONS = ("spearman", "pearson")
_ALMOST = 1 - 1e-12  # correlations from rounded sums


@dataclass(frozen=True)
class Difference:
    """The score of one model minus that of another, on the items of a set that both cover."""

    task: str
    name: str
    measure: str
    first: str
    second: str
    first_score: float | None
    second_score: float | None
    difference: float | None  # None where it is undefined
    low: float | None  # the 95 % interval by the paired bootstrap
    high: float | None
    p: float | None  # by `test`, two-sided
    p_holm: float | None  # corrected for the number of sets
    test: str  # "williams", "mcnemar", "bootstrap" or "seeds"
    used: int  # items that both cover
    reason: str | None = None  # why there is no test

    def to_dict(self) -> dict[str, Any]:
        """All of it by name, ready for JSON."""
        return asdict(self)


def differences(report: Report, pairs: Iterable[tuple[str, str]] | None = None) -> Records[Difference]:
    """The differences of pairs of models (None: all pairs) on the headline measure of each set.

    Correlations are tested by Williams's test, answers that are right or wrong by McNemar's exact test, all else by
    the paired bootstrap. A score for all items together, such as QVEC-CCA or the V-measure of texts, is compared where
    both models cover the same items; elsewhere there is no test, and a reason. Where a model has several seeds, its
    score is the mean over them, and intervals and p values are over both seeds and items, as `statistics.over_seeds`
    has it. The p values of a pair of models are corrected for the number of sets by Holm's method.
    """
    runs = {run.name: run for run in report.runs}
    draws = _Draws(report.seed)
    found: Records[Difference] = Records(bar="difference")
    for first, second in combinations(runs, 2) if pairs is None else pairs:
        some = [
            _difference(dataset, runs[first], runs[second], place, number, draws)
            for place, dataset in enumerate(report.sets)
            for number, outcome in enumerate(runs[first].outcomes[place][0])
            if outcome.headline and (outcome.values is not None or outcome.drawn is not None)
        ]
        found += [replace(one, p_holm=p) for one, p in zip(some, holm([one.p for one in some]))]
    return found


def fallen(some: Sequence[Difference], old: str) -> list[Difference]:
    """The differences from an old model whose whole interval is below zero."""
    return [one for one in some if one.second == old and one.high is not None and one.high < 0]


@dataclass(frozen=True)
class _Draws:
    """The bootstrap of each model on the items of a set, which all of its pairs with the same items share."""

    seed: int
    known: dict[tuple[str, int, int, str], Doubles] = field(default_factory=dict)

    def of(self, run: Run, place: int, number: int, outcome: Outcome) -> Doubles:
        """[1 + draws] the scores of a model on the items of an outcome of its own."""
        assert outcome.items is not None and outcome.gold is not None
        key = run.name, place, number, digest_of(outcome.items)
        if key not in self.known:
            self.known[key] = drawn_scores(MEASURES[outcome.of], outcome.gold, outcome.seeds, seed=self.seed)
        return self.known[key]


_NONE = Interval(None, None, None)


class _Tested(NamedTuple):
    """The scores of two models, the interval of their difference, and the test of it."""

    scores: list[float | None]
    used: int
    interval: Interval = _NONE
    p: float | None = None
    test: str = "bootstrap"
    reason: str | None = None


def _difference(dataset: Dataset, first: Run, second: Run, place: int, number: int, draws: _Draws) -> Difference:
    runs = first, second
    own = [[seeds[number] for seeds in run.outcomes[place]] for run in runs]
    sides = [merged(some) for some in own]
    if sides[0].values is None:
        tested = _together(sides[0], sides[1], [[one.score for one in some if one.score is not None] for some in own])
    else:
        sides = on_common_items(sides)
        tested = _by_items(
            sides[0], sides[1], lambda: [draws.of(run, place, number, one) for run, one in zip(runs, sides)]
        )
    return Difference(
        task=dataset.task,
        name=dataset.name,
        measure=sides[0].measure,
        first=first.name,
        second=second.name,
        first_score=tested.scores[0],
        second_score=tested.scores[1],
        difference=tested.interval.score,
        low=tested.interval.low,
        high=tested.interval.high,
        p=tested.p,
        p_holm=None,
        test=tested.test,
        used=tested.used,
        reason=tested.reason,
    )


def _together(one: Outcome, other: Outcome, seeds: list[list[float]]) -> _Tested:
    """The difference of scores for all items together, by the draws that both models share."""
    scores, used = [one.score, other.score], min(one.used, other.used)
    if one.score is None or other.score is None:
        return _Tested(scores, used, reason=one.reason or other.reason)
    if one.drawn is None or other.drawn is None or not is_paired(one, other):
        return _Tested(scores, used, reason="the models cover other items, and the score is for all items together")
    interval, p = paired(np.append(one.score, one.drawn), np.append(other.score, other.drawn))
    if max(map(len, seeds)) > 1:
        interval, p = over_seeds(interval, seeds)
        return _Tested(scores, used, interval, p, "seeds")
    return _Tested(scores, used, interval, p)


def _by_items(one: Outcome, other: Outcome, drawn: Callable[[], Sequence[Doubles]]) -> _Tested:
    """The difference of scores of items that both models cover."""
    seeds = [side.seed_scores() for side in (one, other)]
    scores = [float(np.mean(some)) if some else None for some in seeds]
    used = one.used if other.values is not None else 0
    if one.values is None or other.values is None or None in scores:
        return _Tested(scores, used, reason=one.reason or other.reason)
    of_one, of_other = drawn()
    interval, p = paired(of_one, of_other)
    test = "bootstrap"
    if max(map(len, seeds)) > 1:
        test, (interval, p) = "seeds", over_seeds(interval, seeds)
    elif one.of in _CORRELATIONS:
        between = float(MEASURES[one.of](one.values, other.values, np.ones((1, one.used)))[0])
        test, bounded = "williams", [float(np.clip(r, -_ALMOST, _ALMOST)) for r in (*seeds[0], *seeds[1], between)]
        p = williams(bounded[0], bounded[1], bounded[2], one.used)[1]
    elif one.of == "mean" and one.is_right_or_wrong and other.is_right_or_wrong:
        test = "mcnemar"
        p = mcnemar(int((one.values > other.values).sum()), int((other.values > one.values).sum()))
    return _Tested(scores, used, interval, p, test, "the test is undefined for these scores" if p is None else None)
