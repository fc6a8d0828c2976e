"""Differences between models on the items that both cover: intervals, tests, and the correction for several sets."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field, replace
from hashlib import blake2b
from itertools import combinations
from typing import Any

import numpy as np

from wordvec.evaluate.results import MEASURES, Doubles, Outcome, merged, on_common_items
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

    def to_dict(self) -> dict[str, Any]:
        """All of it by name, ready for JSON."""
        return asdict(self)


def differences(report: Report, pairs: Iterable[tuple[str, str]] | None = None) -> list[Difference]:
    """The differences of pairs of models (None: all pairs) on the headline measure of each set.

    Correlations are tested by Williams's test, answers that are right or wrong by McNemar's exact test, all else by
    the paired bootstrap. Where a model has several seeds, its score is the mean over them, and intervals and p values
    are over both seeds and items, as `statistics.over_seeds` has it. The p values of a pair of models are corrected
    for the number of sets by Holm's method.
    """
    runs = {run.name: run for run in report.runs}
    draws = _Draws(report.seed)
    found: list[Difference] = []
    for first, second in combinations(runs, 2) if pairs is None else pairs:
        some = [
            _difference(dataset, runs[first], runs[second], place, number, draws)
            for place, dataset in enumerate(report.sets)
            for number, outcome in enumerate(runs[first].outcomes[place][0])
            if outcome.headline and outcome.values is not None
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
    known: dict[tuple[str, int, int, bytes], Doubles] = field(default_factory=dict)

    def of(self, run: Run, place: int, number: int, outcome: Outcome) -> Doubles:
        """[1 + draws] the scores of a model on the items of an outcome of its own."""
        assert outcome.items is not None and outcome.gold is not None
        key = run.name, place, number, blake2b(outcome.items.tobytes(), digest_size=16).digest()
        if key not in self.known:
            self.known[key] = drawn_scores(MEASURES[outcome.of], outcome.gold, outcome.seeds, seed=self.seed)
        return self.known[key]


def _difference(dataset: Dataset, first: Run, second: Run, place: int, number: int, draws: _Draws) -> Difference:
    sides = on_common_items([merged([seeds[number] for seeds in run.outcomes[place]]) for run in (first, second)])
    one, other = sides
    seeds = [side.seed_scores() for side in sides]
    scores = [float(np.mean(some)) if some else None for some in seeds]
    used = one.used if other.values is not None else 0
    interval, p, test = Interval(None, None, None), None, "bootstrap"
    if one.gold is not None and one.values is not None and other.values is not None and None not in scores:
        measure = MEASURES[one.of]
        interval, p = paired(draws.of(first, place, number, one), draws.of(second, place, number, other))
        if max(map(len, seeds)) > 1:
            test, (interval, p) = "seeds", over_seeds(interval, seeds)
        elif one.of in _CORRELATIONS:
            between = float(measure(one.values, other.values, np.ones((1, one.used)))[0])
            test, bounded = "williams", [float(np.clip(r, -_ALMOST, _ALMOST)) for r in (*seeds[0], *seeds[1], between)]
            p = williams(bounded[0], bounded[1], bounded[2], one.used)[1]
        elif one.of == "mean" and one.is_right_or_wrong and other.is_right_or_wrong:
            test = "mcnemar"
            p = mcnemar(int((one.values > other.values).sum()), int((other.values > one.values).sum()))
    return Difference(
        task=dataset.task,
        name=dataset.name,
        measure=one.measure,
        first=first.name,
        second=second.name,
        first_score=scores[0],
        second_score=scores[1],
        difference=interval.score,
        low=interval.low,
        high=interval.high,
        p=p,
        p_holm=None,
        test=test,
        used=used,
    )
