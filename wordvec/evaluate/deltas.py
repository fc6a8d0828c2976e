"""What a change of vectors does to the scores on test sets: differences on the same items, with intervals."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from wordvec.evaluate.files import read_pairs, read_questions
from wordvec.evaluate.lookup import Lookup, check_finite, unit_rows
from wordvec.search.analogy import answers
from wordvec.search.filters import as_bans

if TYPE_CHECKING:
    from wordvec.vectors import KeyedVectors

DRAWS = 1_000
RESTRICT = 300_000  # rows that may answer an analogy, as in `analogies`
_DRAWN = 1 << 20  # items drawn by the bootstrap at a time

Doubles = NDArray[np.float64]
Path_ = str | os.PathLike[str]


@dataclass(frozen=True)
class TaskDelta:
    """The score of two sets of vectors on the items of a test set that both can use, and the difference."""

    name: str
    measure: str  # "spearman" or "accuracy"
    original: float | None  # None where it is undefined; `reason` then says why
    compressed: float | None
    delta: float | None  # compressed - original
    low: float | None  # the 95 % interval of the difference, by paired bootstrap
    high: float | None
    used: int  # items behind the figures
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
) -> list[TaskDelta]:
    """Differences on files of word pairs (Spearman) and of analogies (accuracy), of items that both vectors cover.

    Policies are those of `word_pairs` and `analogies`. The interval comes from `draws` resamples of the items, the
    same for both.
    """
    rng = np.random.default_rng(seed)
    found = [_pairs_delta(original, compressed, path, draws, rng) for path in pairs]
    return found + [_analogies_delta(original, compressed, path, draws, rng) for path in analogies]


def _pairs_delta(
    original: KeyedVectors, compressed: KeyedVectors, path: Path_, draws: int, rng: np.random.Generator
) -> TaskDelta:
    items = read_pairs(path).items
    given = np.array([score for _, _, score in items])
    rows = [_rows(vectors, [item[:2] for item in items], None) for vectors in (original, compressed)]
    known = [i for i in range(len(items)) if all(all(side[i]) for side in rows)]
    cosines = []
    for vectors, side in zip((original, compressed), rows):
        first = np.array([[variants[0] for variants in side[i]] for i in known], np.int64).reshape(-1, 2)
        units = [unit_rows(vectors, column, np.float64) for column in first.T]
        cosines.append(np.einsum("ij,ij->i", *units))
    given = given[known]
    facts = {"name": Path(path).name, "measure": "spearman", "used": len(known), "total": len(items)}
    if len(known) < 3 or any(np.ptp(values) == 0 for values in (given, *cosines)):
        return _undefined(facts, "a correlation needs 3 pairs or more with a vector, not all of one value")

    def correlate(places: NDArray[np.int64]) -> list[Doubles]:
        return [_spearman(given[places], side[places]) for side in cosines]

    return _with_interval(facts, correlate, len(known), draws, rng)


def _analogies_delta(
    original: KeyedVectors, compressed: KeyedVectors, path: Path_, draws: int, rng: np.random.Generator
) -> TaskDelta:
    questions = [question for items in read_questions(path).sections.values() for question in items]
    rows = [_rows(vectors, questions, RESTRICT) for vectors in (original, compressed)]
    known = [i for i in range(len(questions)) if all(all(side[i]) for side in rows)]
    facts = {"name": Path(path).name, "measure": "accuracy", "used": len(known), "total": len(questions)}
    if not known:
        return _undefined(facts, "no question has a vector for each of its words")
    both = zip((original, compressed), rows)
    right = [_right(vectors, [side[i] for i in known]) for vectors, side in both]

    def accuracies(places: NDArray[np.int64]) -> list[Doubles]:
        return [side[places].mean(axis=-1) for side in right]

    return _with_interval(facts, accuracies, len(known), draws, rng)


def _rows(vectors: KeyedVectors, items: Sequence[Sequence[str]], restrict: int | None) -> list[list[list[int]]]:
    """Item -> word -> rows of its case variants, the one to use first."""
    lookup = Lookup(vectors, restrict, True)
    return [[lookup.rows(word) for word in item] for item in items]


def _right(vectors: KeyedVectors, questions: list[list[list[int]]]) -> Doubles:
    """1 for each question a : b = c : d where d is the row nearest to b - a + c, without a, b and c; else 0."""
    asked = np.array([[variants[0] for variants in question[:3]] for question in questions], np.int64)
    banned = as_bans([[row for variants in question[:3] for row in variants] for question in questions])
    stop = min(RESTRICT, len(vectors.vectors))
    check_finite(vectors, vectors.norms[:stop])
    best = answers(vectors.vectors, asked, banned, norms=vectors.norms, stop=stop).tolist()
    return np.array([answer in question[3] for answer, question in zip(best, questions)], np.float64)


def _spearman(x: Doubles, y: Doubles) -> Doubles:
    """Spearman's correlation along the last axis, equal values having the mean of their ranks."""
    from scipy.stats import rankdata

    ranks = [rankdata(values, axis=-1) for values in (x, y)]
    centred = [r - r.mean(axis=-1, keepdims=True) for r in ranks]
    spread = np.sqrt(np.square(centred[0]).sum(axis=-1) * np.square(centred[1]).sum(axis=-1))
    with np.errstate(invalid="ignore", divide="ignore"):
        correlations: Doubles = (centred[0] * centred[1]).sum(axis=-1) / spread
    return correlations


def _with_interval(
    facts: dict[str, Any],
    score: Callable[[NDArray[np.int64]], list[Doubles]],
    items: int,
    draws: int,
    rng: np.random.Generator,
) -> TaskDelta:
    """The scores on all items, and the 2.5th and 97.5th percentile of their difference over resamples."""
    before, after = (float(value) for value in score(np.arange(items)))
    differences: list[float] = []
    at_a_time = max(1, _DRAWN // items)
    for first in range(0, draws, at_a_time):
        places = rng.integers(0, items, (min(at_a_time, draws - first), items))
        drawn = score(places)
        differences += (drawn[1] - drawn[0]).tolist()
    kept = np.array(differences)[np.isfinite(differences)]  # a resample may be all of one value
    low, high = np.percentile(kept, [2.5, 97.5]).tolist() if len(kept) else (None, None)
    return TaskDelta(**facts, original=before, compressed=after, delta=after - before, low=low, high=high)


def _undefined(facts: dict[str, Any], reason: str) -> TaskDelta:
    return TaskDelta(**facts, original=None, compressed=None, delta=None, low=None, high=None, reason=reason)
