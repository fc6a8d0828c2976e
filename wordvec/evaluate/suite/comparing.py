"""Differences between models on the items that both cover: intervals, tests, and the correction for several sets."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from functools import reduce
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wordvec.evaluate.results import MEASURES, Outcome
from wordvec.evaluate.statistics import holm, mcnemar, paired_bootstrap, williams
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
    test: str  # "williams", "mcnemar" or "bootstrap"
    used: int  # items that both cover

    def to_dict(self) -> dict[str, Any]:
        """All of it by name, ready for JSON."""
        return asdict(self)


def differences(report: Report, pairs: Iterable[tuple[str, str]] | None = None) -> list[Difference]:
    """The differences of pairs of models (None: all pairs) on the headline measure of each set.

    Correlations are tested by Williams's test, answers that are right or wrong by McNemar's exact test, all else by
    the paired bootstrap. The p values of a pair of models are corrected for the number of sets by Holm's method. Where
    a model has several seeds, an item's value is the mean over them.
    """
    runs = {run.name: run for run in report.runs}
    found: list[Difference] = []
    for first, second in combinations(runs, 2) if pairs is None else pairs:
        some = [
            _difference(dataset, runs[first], runs[second], place, number, report.seed)
            for place, dataset in enumerate(report.sets)
            for number, outcome in enumerate(runs[first].outcomes[place][0])
            if outcome.headline and outcome.values is not None
        ]
        found += [replace(one, p_holm=p) for one, p in zip(some, holm([one.p for one in some]))]
    return found


def fallen(some: Sequence[Difference], old: str) -> list[Difference]:
    """The differences from an old model whose whole interval is below zero."""
    return [one for one in some if one.second == old and one.high is not None and one.high < 0]


def _difference(dataset: Dataset, first: Run, second: Run, place: int, number: int, seed: int) -> Difference:
    sides = [[outcomes[number] for outcomes in run.outcomes[place]] for run in (first, second)]
    outcome = sides[0][0]
    common = _common([one for side in sides for one in side])
    gold = _values([outcome], common, "gold")
    values = [_values(side, common, "values") for side in sides]
    measure = MEASURES[outcome.of]
    once = np.ones((1, len(common)))
    scores = [float(measure(gold, some, once)[0]) if len(common) else np.nan for some in values]
    interval, p = paired_bootstrap(measure, gold, values[0], values[1], seed=seed)
    test = "bootstrap"
    if outcome.of in _CORRELATIONS and np.isfinite(scores).all():
        between = float(measure(values[0], values[1], once)[0])
        test, bounded = "williams", [float(np.clip(r, -_ALMOST, _ALMOST)) for r in (*scores, between)]
        p = williams(bounded[0], bounded[1], bounded[2], len(common))[1]
    elif outcome.of == "mean" and all(np.isin(some, (0, 1)).all() for some in values) and len(common):
        test = "mcnemar"
        p = mcnemar(int((values[0] > values[1]).sum()), int((values[1] > values[0]).sum()))
    shown = [score if np.isfinite(score) else None for score in scores]
    return Difference(
        task=dataset.task,
        name=dataset.name,
        measure=outcome.measure,
        first=first.name,
        second=second.name,
        first_score=shown[0],
        second_score=shown[1],
        difference=interval.score,
        low=interval.low,
        high=interval.high,
        p=p,
        p_holm=None,
        test=test,
        used=len(common),
    )


def _common(outcomes: Sequence[Outcome]) -> NDArray[np.int64]:
    empty = np.zeros(0, np.int64)
    return reduce(np.intersect1d, [empty if one.items is None else one.items for one in outcomes])


def _values(outcomes: Sequence[Outcome], items: NDArray[np.int64], name: str) -> NDArray[np.float64]:
    """[n] the mean over outcomes of the values of some items that all have."""
    if not len(items):
        return np.zeros(0)
    rows = [getattr(one, name)[np.searchsorted(one.items, items)] for one in outcomes if one.items is not None]
    mean: NDArray[np.float64] = np.mean(rows, axis=0)
    return mean
