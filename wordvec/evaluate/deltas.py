"""Differences between the scores of two sets of vectors on the same items of test sets, with intervals."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from wordvec.base.shown import Records
from wordvec.evaluate.files import read_pairs, read_questions
from wordvec.evaluate.lookup import answered, unit_rows
from wordvec.evaluate.policy import resolver
from wordvec.evaluate.statistics.bootstrap import paired_bootstrap
from wordvec.evaluate.statistics.measures import Measure, mean, spearman

if TYPE_CHECKING:
    from wordvec.vectors import KeyedVectors

DRAWS = 1_000
RESTRICT = 300_000  # first rows in which answers of analogies are searched, as in `analogies`

Doubles = NDArray[np.float64]
Path_ = str | os.PathLike[str]


@dataclass(frozen=True)
class TaskDelta:
    """The scores of two sets of vectors on the items of a test set that both cover, and their difference."""

    name: str
    measure: str  # "spearman" or "accuracy"
    original: float | None  # None where it is undefined; `reason` then says why
    compressed: float | None
    delta: float | None  # compressed - original
    low: float | None  # the 95 % interval of the difference, by paired bootstrap
    high: float | None
    used: int  # items that the scores are computed from
    total: int  # items in the file
    reason: str | None = None


def task_deltas(
    original: KeyedVectors,
    compressed: KeyedVectors,
    pairs: Iterable[Path_] = (),
    analogies: Iterable[Path_] = (),
    *,
    draws: int = DRAWS,
    seed: int = 1,
) -> Records[TaskDelta]:
    """Differences on files of word pairs (Spearman) and of analogies (accuracy), on the items that both cover.

    Unknown words and case are treated as in `word_pairs` and `analogies`. The interval is computed from `draws`
    resamples of the items, the same for both sides.
    """
    deltas = [_pairs_delta(original, compressed, path, draws, seed) for path in pairs]
    deltas += [_analogies_delta(original, compressed, path, draws, seed) for path in analogies]
    return Records(deltas, bar="delta")


def _pairs_delta(original: KeyedVectors, compressed: KeyedVectors, path: Path_, draws: int, seed: int) -> TaskDelta:
    items = read_pairs(path).items
    ratings = np.array([score for _, _, score in items])
    both = [item[:2] for item in items]
    rows = [resolver(vectors, None, True).variants(both) for vectors in (original, compressed)]
    known = [i for i in range(len(items)) if all(all(side[i]) for side in rows)]
    cosines = []
    for vectors, side in zip((original, compressed), rows):
        first = np.array([[variants[0] for variants in side[i]] for i in known], np.int64).reshape(-1, 2)
        units = [unit_rows(vectors, column) for column in first.T]
        cosines.append(np.einsum("ij,ij->i", *units))
    ratings = ratings[known]
    facts = {"name": Path(path).name, "measure": "spearman", "used": len(known), "total": len(items)}
    if len(known) < 3 or any(np.ptp(values) == 0 for values in (ratings, *cosines)):
        return _undefined(facts, "a correlation needs 3 pairs or more with a vector, not all of one value")
    return _with_interval(facts, spearman, ratings, cosines, draws, seed)


def _analogies_delta(original: KeyedVectors, compressed: KeyedVectors, path: Path_, draws: int, seed: int) -> TaskDelta:
    questions = [question for items in read_questions(path).sections.values() for question in items]
    lookups = [resolver(vectors, RESTRICT, True) for vectors in (original, compressed)]
    rows = [lookup.variants(questions) for lookup in lookups]
    known = [i for i in range(len(questions)) if all(all(side[i]) for side in rows)]
    facts = {"name": Path(path).name, "measure": "accuracy", "used": len(known), "total": len(questions)}
    if not known:
        return _undefined(facts, "no question has a vector for each of its words")
    right = [
        answered(vectors, [side[i] for i in known], lookup.size).astype(np.float64)
        for vectors, lookup, side in zip((original, compressed), lookups, rows)
    ]
    return _with_interval(facts, mean, np.ones(len(known)), right, draws, seed)


def _with_interval(
    facts: dict[str, Any], measure: Measure, gold: Doubles, values: Sequence[Doubles], draws: int, seed: int
) -> TaskDelta:
    """The scores on all items, and the 2.5th and 97.5th percentile of their difference over resamples."""
    before, after = (float(measure(gold, side, np.ones((1, len(gold))))[0]) for side in values)
    (_, low, high), _ = paired_bootstrap(measure, gold, values[1], values[0], draws=draws, seed=seed)
    return TaskDelta(**facts, original=before, compressed=after, delta=after - before, low=low, high=high)


def _undefined(facts: dict[str, Any], reason: str) -> TaskDelta:
    return TaskDelta(**facts, original=None, compressed=None, delta=None, low=None, high=None, reason=reason)
