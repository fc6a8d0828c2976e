"""Outcomes of tasks, which hold what each item got, and scores, which hold what is shown of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from functools import reduce
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wordvec.base.errors import FormatError
from wordvec.evaluate.statistics import Interval, bootstrap, over_seeds, pearson, spearman, wilson
from wordvec.evaluate.statistics.bootstrap import DRAWS
from wordvec.evaluate.statistics.measures import Measure, auc, average_precision, f1, macro, mean, median, ratio

Doubles = NDArray[np.float64]
Longs = NDArray[np.int64]

MEASURES: dict[str, Measure] = {
    "mean": mean,
    "median": median,
    "macro": macro,
    "spearman": spearman,
    "pearson": pearson,
    "average-precision": average_precision,
    "auc": auc,
    "ratio": ratio,
    "f1": f1,
}
_CORRELATIONS = ("spearman", "pearson")
_ARRAYS = {"items": np.int64, "gold": float, "values": float, "groups": np.int64, "drawn": float}  # fields of Outcome


@dataclass(frozen=True, eq=False)
class Outcome:
    """What vectors got on one test set by one measure: a value for each item that was used, or a score of its own.

    `measure` is its name in tables. `of` names the function of MEASURES that makes the items into the score; it is ''
    where the score is not one of items, and then `score`, `low`, `high` and `deviation` hold it. Where such a score is
    for the items together, as that of clusters is, `drawn` has what other draws of them score.
    """

    measure: str
    total: int  # items in the set
    of: str = ""
    items: Longs | None = None  # [n] the numbers of the items that were used, rising
    gold: Doubles | None = None  # [n] what they should have
    values: Doubles | None = None  # [n] what the vectors give them; [n, 2] for F1
    groups: Longs | None = None  # [n] the number of a word that items share
    used: int = 0
    score: float | None = None
    low: float | None = None
    high: float | None = None
    deviation: float | None = None  # over seeds
    reason: str | None = None  # why there is no score
    part: str = ""  # of the set, such as the semantic sections
    known: int | None = None  # items all of whose words have a vector, where others are used as well
    share: float | None = None  # of the tokens of texts with a vector: the coverage, where items are texts
    headline: bool = False  # the one measure of a set that suites average and compare
    more_seeds: tuple[Doubles, ...] = ()  # the values of further trainings of the model
    drawn: Doubles | None = None  # [draws] the score for draws of the items, where it is not made of their values

    def interval(self, *, draws: int = DRAWS, seed: int = 1, by_words: bool = False) -> Interval:
        """The score and its 95 % interval: Wilson's for answers that are right or wrong, else by the bootstrap.

        With `by_words`, words are drawn in place of items, for sets whose items share words. Of several seeds, it is
        the mean, and its interval over both seeds and items.
        """
        if self.values is None or self.gold is None:
            return Interval(self.score, self.low, self.high)
        if self.reason:
            return Interval(None, None, None)
        groups = self.groups if by_words else None
        if self.of == "mean" and groups is None and self.is_right_or_wrong:
            over_items = share_of(np.mean(self.seeds, axis=0))
        else:
            over_items = bootstrap(MEASURES[self.of], self.gold, self.seeds, groups=groups, draws=draws, seed=seed)
        return over_seeds(over_items, [self.seed_scores()])[0] if self.more_seeds else over_items

    @property
    def seeds(self) -> tuple[Doubles, ...]:
        """The values of each seed; () where the score is not one of items."""
        return () if self.values is None else (self.values, *self.more_seeds)

    @property
    def is_right_or_wrong(self) -> bool:
        """Whether all items have the value 0 or 1, for each seed."""
        return bool(self.seeds) and all(bool(np.isin(values, (0, 1)).all()) for values in self.seeds)

    def seed_scores(self) -> list[float]:
        """The score of each seed on all items; [] where there is none, or it is not one of items."""
        if self.gold is None or self.reason:
            return []
        once, measure = np.ones((1, len(self.gold))), MEASURES[self.of]
        return [float(measure(self.gold, values, once)[0]) for values in self.seeds]

    def on(self, items: Longs) -> Outcome:
        """The outcome on the items that are among some; itself where it is not one of items."""
        if self.items is None or self.values is None or self.gold is None:
            return self
        some = np.isin(self.items, items)
        values, gold = self.values[some], self.gold[some]
        return replace(
            self,
            items=self.items[some],
            values=values,
            gold=gold,
            groups=None if self.groups is None else self.groups[some],
            more_seeds=tuple(more[some] for more in self.more_seeds),
            used=int(some.sum()),
            reason=self.reason or _undefined(self.of, gold, values),
        )

    def to_dict(self) -> dict[str, Any]:
        """All of it by name, ready for JSON."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        shown = {name: value.tolist() if isinstance(value, np.ndarray) else value for name, value in values.items()}
        return shown | {"more_seeds": [values.tolist() for values in self.more_seeds]}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Outcome:
        """The outcome that `to_dict` gave."""
        arrays: dict[str, Any] = {
            name: np.array(values[name], dtype) for name, dtype in _ARRAYS.items() if values.get(name) is not None
        }
        seeds = tuple(np.array(some, float) for some in values.get("more_seeds", ()))
        return cls(**{**values, **arrays, "more_seeds": seeds})

    @property
    def coverage(self) -> float:
        """The share of items all of whose words have a vector, or of tokens where items are texts; 0 without items."""
        if self.share is not None:
            return self.share
        return (self.used if self.known is None else self.known) / self.total if self.total else 0.0


def share_of(values: Doubles) -> Interval:
    """The mean of items with values from 0 to 1, with Wilson's interval.

    Shares in between, such as those of several seeds that are right, count as an effective number of items: that whose
    variance for answers that are right or wrong is the same (Korn and Graubard 1998).
    """
    items, share = len(values), float(values.mean())
    variance, most = float(values.var()), share * (1 - share)
    effective = items * most / variance if variance > 0 else items
    return Interval(share, *wilson(min(share * effective, effective), effective))


def merged(outcomes: Sequence[Outcome]) -> Outcome:
    """One outcome of several seeds of a model, on the items that all of them cover, with the deviation over seeds.

    Where the score is not one of items, it is the mean, with the mean distance of the bounds over items, widened as
    `over_seeds` has it.
    """
    first = outcomes[0]
    if len(outcomes) == 1:
        return first
    known = min((one.known for one in outcomes if one.known is not None), default=None)
    if all(one.values is not None for one in outcomes):
        some = on_common_items(outcomes)
        more = tuple(values for one in some[1:] for values in one.seeds)
        reason = next((one.reason for one in some if one.reason), None)
        made = replace(some[0], more_seeds=more, known=known, reason=reason)
        return made if reason else replace(made, deviation=float(np.std(made.seed_scores(), ddof=1)))
    reason = next((one.reason for one in outcomes if one.reason), None)
    facts: dict[str, Any] = {"part": first.part, "headline": first.headline, "known": known}
    facts |= {"used": min(one.used for one in outcomes), "reason": reason}
    if reason:
        return Outcome(first.measure, first.total, **facts)
    (score, low, high), deviation = _mean_over_seeds([Interval(one.score, one.low, one.high) for one in outcomes])
    if all(is_paired(first, one) for one in outcomes):
        facts |= {
            "items": first.items,
            "drawn": np.mean([one.drawn for one in outcomes if one.drawn is not None], axis=0),
        }
    return Outcome(first.measure, first.total, score=score, low=low, high=high, deviation=deviation, **facts)


def mean_of_seeds(scores: Sequence[Score]) -> Score:
    """The score of a model on a set from those of seeds that were scored apart, as `merged` has it for outcomes.

    The items of the seeds are not at hand, so the bounds are those of scores that are not of items: a little wider.
    """
    if len(scores) == 1:
        return scores[0]
    (score, low, high), deviation = _mean_over_seeds([Interval(one.score, one.low, one.high) for one in scores])
    return replace(
        scores[0],
        score=score,
        low=low,
        high=high,
        used=min(one.used for one in scores),
        coverage=min(one.coverage for one in scores),
        deviation=deviation,
        seeds=len(scores),
        reason=next((one.reason for one in scores if one.reason), None),
        vectors="+".join(one.vectors for one in scores),
    )


def _mean_over_seeds(seeds: Sequence[Interval]) -> tuple[Interval, float | None]:
    """The mean score, with the mean bounds over items widened by the spread of seeds; and the deviation over seeds."""
    scores = [one.score for one in seeds if one.score is not None]
    if len(scores) < len(seeds):
        return Interval(None, None, None), None
    lows, highs = [one.low for one in seeds if one.low is not None], [one.high for one in seeds if one.high is not None]
    low, high = (float(np.mean(some)) if len(some) == len(seeds) else None for some in (lows, highs))
    mean_score = Interval(float(np.mean(scores)), low, high)
    return over_seeds(mean_score, [scores])[0], float(np.std(scores, ddof=1))


def on_common_items(outcomes: Sequence[Outcome]) -> list[Outcome]:
    """The outcomes on the items that all of them cover."""
    common = reduce(np.intersect1d, [np.zeros(0, np.int64) if one.items is None else one.items for one in outcomes])
    return [one.on(common) for one in outcomes]


def of_items(
    measure: str,
    of: str,
    total: int,
    items: Longs,
    values: NDArray[Any],
    gold: NDArray[Any] | None = None,
    **more: Any,
) -> Outcome:
    """An outcome of items; where the score is undefined, with the reason, which is `why` if that is given."""
    values = np.asarray(values, np.float64)
    gold = np.zeros(len(items)) if gold is None else np.asarray(gold, np.float64)
    order = np.argsort(items, kind="stable")
    groups, why = more.pop("groups", None), more.pop("why", None)
    return Outcome(
        measure,
        total,
        of,
        np.asarray(items, np.int64)[order],
        gold[order],
        values[order],
        None if groups is None else np.asarray(groups)[order],
        used=len(items),
        reason=why or _undefined(of, gold, values),
        **more,
    )


def of_draws(measure: str, total: int, items: Longs, score: float, drawn: Doubles, **more: Any) -> Outcome:
    """An outcome whose score, from 0 to 1, is for its items together, with the interval of draws of them.

    A draw has items twice, which such scores are better for: the mean of the draws less the score is taken off.
    """
    drawn = drawn - drawn.mean() + score
    low, high = np.quantile(drawn, [0.025, 0.975]).tolist()
    bounds = {"low": max(0.0, min(low, score)), "high": min(1.0, max(high, score))}
    return Outcome(measure, total, score=score, items=items, used=len(items), drawn=drawn, **bounds, **more)


def is_paired(one: Outcome, other: Outcome) -> bool:
    """Whether two outcomes have scores for the same draws of the same items."""
    if one.drawn is None or other.drawn is None or one.items is None or other.items is None:
        return False
    return one.drawn.shape == other.drawn.shape and np.array_equal(one.items, other.items)


def _undefined(of: str, gold: Doubles, values: Doubles) -> str | None:
    if not len(gold):
        return "no item has a vector for all of its words"
    if of in _CORRELATIONS:
        if len(gold) < 3:
            return f"a correlation needs 3 items or more; {len(gold)} could be used"
        if np.ptp(gold) == 0:
            return "all given values are the same"
        if np.ptp(values) == 0:
            return "all scores of the vectors are the same"
    if of == "average-precision" and not gold.any():
        return "no item that was used is of the kind to be found"
    if of == "auc" and len(np.unique(gold)) < 2:
        return "all items that were used are of one kind"
    if of == "f1" and not gold.any() and not values[:, 1].any():
        return "there is nothing to be found, and nothing was"
    return None


@dataclass(frozen=True)
class Score:
    """A score of vectors on a test set, with its 95 % interval and all that is needed to make it again."""

    model: str
    task: str
    name: str  # of the test set
    measure: str
    score: float | None  # None where there is none; `reason` then says why
    low: float | None
    high: float | None
    used: int  # items behind the score
    total: int  # items in the set
    coverage: float  # share of items all of whose words have a vector; of texts, share of the tokens
    policy: str
    seed: int
    deviation: float | None = None  # over seeds, of the method or of the model
    seeds: int = 1  # models that the score is the mean of
    reason: str | None = None
    unreadable: int = 0  # lines of the file that are no item
    data: str = ""  # fingerprint of the items
    vectors: str = ""  # fingerprint of the vectors
    headline: bool = False  # the measure of its set that suites compare

    def to_dict(self) -> dict[str, Any]:
        """All of it by name, ready for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Score:
        """The score that `to_dict` gave; FormatError where it is none."""
        try:
            return cls(**{field.name: values[field.name] for field in fields(cls) if field.name in values})
        except TypeError as error:
            raise FormatError(f"a score must have model, task, name, measure and counts; got {values!r:.80}") from error


def by_line(scores: Iterable[Score]) -> list[tuple[tuple[str, str, str], list[Score]]]:
    """The scores of all models by task, set and measure."""
    lines: dict[tuple[str, str, str], list[Score]] = {}
    for score in scores:
        lines.setdefault((score.task, score.name, score.measure), []).append(score)
    return list(lines.items())
