"""Outcomes of tasks, which hold what each item got, and scores, which hold what is shown of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wordvec.base.errors import FormatError
from wordvec.evaluate.statistics import Interval, bootstrap, pearson, spearman, wilson
from wordvec.evaluate.statistics.bootstrap import DRAWS
from wordvec.evaluate.statistics.measures import Measure, average_precision, f1, macro, mean, median, ratio

Doubles = NDArray[np.float64]
Longs = NDArray[np.int64]

MEASURES: dict[str, Measure] = {
    "mean": mean,
    "median": median,
    "macro": macro,
    "spearman": spearman,
    "pearson": pearson,
    "average-precision": average_precision,
    "ratio": ratio,
    "f1": f1,
}
_CORRELATIONS = ("spearman", "pearson")


@dataclass(frozen=True, eq=False)
class Outcome:
    """What vectors got on one test set by one measure: a value for each item that was used, or a score of its own.

    `measure` is its name in tables. `of` names the function of MEASURES that makes the items into the score; it is ''
    where the score is not one of items, and then `score`, `low`, `high` and `deviation` hold it.
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

    def interval(self, *, draws: int = DRAWS, seed: int = 1, by_words: bool = False) -> Interval:
        """The score and its 95 % interval: Wilson's for answers that are right or wrong, else by the bootstrap.

        With `by_words`, words are drawn in place of items, for sets whose items share words.
        """
        if self.values is None or self.gold is None:
            return Interval(self.score, self.low, self.high)
        if self.reason:
            return Interval(None, None, None)
        groups = self.groups if by_words else None
        if self.of == "mean" and groups is None and bool(np.isin(self.values, (0, 1)).all()):
            right = int(self.values.sum())
            return Interval(right / len(self.values), *wilson(right, len(self.values)))
        return bootstrap(MEASURES[self.of], self.gold, self.values, groups=groups, draws=draws, seed=seed)

    def to_dict(self) -> dict[str, Any]:
        """All of it by name, ready for JSON."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: value.tolist() if isinstance(value, np.ndarray) else value for name, value in values.items()}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Outcome:
        """The outcome that `to_dict` gave."""
        arrays: dict[str, Any] = {
            name: np.array(values[name], dtype)
            for name, dtype in (("items", np.int64), ("gold", float), ("values", float), ("groups", np.int64))
            if values.get(name) is not None
        }
        return cls(**{**values, **arrays})

    @property
    def coverage(self) -> float:
        """The share of items all of whose words have a vector, or of tokens where items are texts; 0 without items."""
        if self.share is not None:
            return self.share
        return (self.used if self.known is None else self.known) / self.total if self.total else 0.0


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
    gold = np.zeros(len(values)) if gold is None else np.asarray(gold, np.float64)
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
        used=len(values),
        reason=why or _undefined(of, gold, values),
        **more,
    )


def _undefined(of: str, gold: Doubles, values: Doubles) -> str | None:
    if not len(values):
        return "no item has a vector for all of its words"
    if of in _CORRELATIONS:
        if len(values) < 3:
            return f"a correlation needs 3 items or more; {len(values)} could be used"
        if np.ptp(gold) == 0:
            return "all given values are the same"
        if np.ptp(values) == 0:
            return "all scores of the vectors are the same"
    if of == "average-precision" and not gold.any():
        return "no item that was used is of the kind to be found"
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
