"""How far words move between two slices: by cosines or by neighbours; which words count; intervals over trainings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from wordvec import search
from wordvec.align.arrays import Doubles, Floats, Ints
from wordvec.align.common_vocabulary import cosines_between, rows_at, shared_words
from wordvec.base.arguments import is_one_of, strings, whole_number
from wordvec.base.errors import OptionError
from wordvec.base.logs import warn
from wordvec.search.arrays import row_cosines
from wordvec.vectors import KeyedVectors

Measure = Literal["cosine", "neighbours"]

NEIGHBOURS = 25  # of a word in each slice, as published
_BLOCK = 256  # words whose neighbours are compared at a time


@dataclass(frozen=True)
class Drift:
    """The drift of a word between two slices, and its counts in them where they are known.

    With intervals it is the mean over repeated trainings, and `low` to `high` is the 95 % interval of this mean.
    """

    word: str
    drift: float
    counts: tuple[int, int] | None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class SharedWords:
    """Words that two slices have."""

    rows: Ints  # [n] the indices of the words in the first slice, rising
    others: Ints  # [n] in the second
    counts: Ints | None  # [n, 2] where both slices have counts

    def taken(self, order: NDArray[Any]) -> SharedWords:
        """Some of the words, by places or by a mask."""
        counts = None if self.counts is None else self.counts[order]
        return SharedWords(self.rows[order], self.others[order], counts)

    def words(self, first: KeyedVectors, order: Ints) -> list[str]:
        """The words at some places; `first` is the first slice."""
        return [first.index_to_key[row] for row in self.rows[order].tolist()]

    def count_pairs(self, order: Ints) -> list[tuple[int, int] | None]:
        """The counts at some places, (first, second); None where there are none."""
        return [None] * len(order) if self.counts is None else [(a, b) for a, b in self.counts[order].tolist()]


def words_of_both(
    first: KeyedVectors,
    second: KeyedVectors,
    *,
    min_count: int = 1,
    words: Iterable[str] | None = None,
    stop_words: Iterable[str] = (),
    where: Mapping[str, Any] | None = None,
) -> SharedWords:
    """The words of both slices that count: frequent in both, no stop words, with these attributes in both.

    With `words` only these are taken. A UserWarning where `min_count` cannot be applied, as a slice has no counts.
    """
    least = whole_number("min_count", min_count, 0)
    found = SharedWords(*shared_words(first, second), None)
    columns = [vectors.vocabulary.counts for vectors in (first, second)]
    if columns[0] is not None and columns[1] is not None:
        counts = np.stack([columns[0][found.rows], columns[1][found.others]], axis=1)
        found = SharedWords(found.rows, found.others, counts).taken((counts >= least).all(axis=1))
    elif least > 1:
        warn(f"min_count={least} is not applied: slices must have counts for that, and one of the two has none")
    if where:
        has = [vectors.attributes.matching(where, vectors.vocabulary.counts, "where") for vectors in (first, second)]
        found = found.taken(has[0][found.rows] & has[1][found.others])
    if stops := strings(stop_words, "stop_words"):
        found = found.taken(~np.isin(found.rows, first.vocabulary.ids(stops)))
    if words is not None:
        listed = dict.fromkeys(strings(words))
        found = found.taken(np.isin(found.rows, first.vocabulary.ids(list(listed))))
        left_out = listed.keys() - set(found.words(first, np.arange(len(found.rows))))
        if left_out:
            warn(
                f"{len(left_out)} of {len(listed)} words are not compared, such as {min(left_out)!r}: a word must be "
                "in both slices, frequent enough, and not be filtered out"
            )
    return found


def drifts_between(
    first: KeyedVectors, second: KeyedVectors, words: SharedWords, measure: str, neighbours: int
) -> Doubles:
    """[n] the drift of each word by a measure: see `Slices.drift`."""
    if not is_one_of(measure, get_args(Measure)):
        raise OptionError(f"measure must be one of {', '.join(get_args(Measure))}; got {measure!r}")
    if measure == "cosine":
        return 1 - cosines_between(first, second, words.rows, words.others)
    return _neighbourhood_drifts(first, second, words, whole_number("neighbours", neighbours))


def _neighbourhood_drifts(first: KeyedVectors, second: KeyedVectors, words: SharedWords, neighbours: int) -> Doubles:
    """[n] 1 - cosine of second-order vectors: the cosines of a word with its neighbours of either slice, in each slice.

    Neighbours are among the words of both slices; only comparisons within a slice are made (Hamilton, Leskovec,
    Jurafsky 2016, "Cultural shift or linguistic drift?").
    """
    rows, others = shared_words(first, second)
    sides = [rows_at(first, rows), rows_at(second, others)]
    places = np.searchsorted(rows, words.rows)
    drifts = np.zeros(len(places))
    for start in range(0, len(places), _BLOCK):
        block = places[start : start + _BLOCK]
        usable = np.all([search.directed(np.linalg.norm(side[block], axis=1)) for side in sides], axis=0)
        drifts[start : start + _BLOCK][~usable] = 1.0  # as the cosine with a vector of zeros counts as 0
        block = block[usable]
        if len(block):
            drifts[start : start + _BLOCK][usable] = _second_order(sides, block, neighbours)
    return drifts


def _second_order(sides: Sequence[Floats], block: Ints, neighbours: int) -> Doubles:
    """[b] the second-order drift of some rows of two matrices [S, D] of the same words."""
    near = np.concatenate([_nearest_others(side, block, neighbours) for side in sides], axis=1)
    order = np.sort(near, axis=1)
    is_new = np.concatenate([np.ones((len(order), 1), bool), order[:, 1:] != order[:, :-1]], axis=1) & (order >= 0)
    profiles = []
    for side in sides:
        own = np.repeat(side[block], order.shape[1], axis=0)
        cosines = row_cosines(own, side[np.maximum(order, 0).ravel()]).reshape(order.shape)
        profiles.append(np.where(is_new, cosines, 0))
    return 1 - np.clip(row_cosines(*profiles), -1, 1)


def _nearest_others(side: Floats, block: Ints, neighbours: int) -> Ints:
    """[b, k] the rows nearest to some rows, without themselves; -1 where there are fewer."""
    return search.nearest(side, side[block], neighbours, exclude=block[:, None].tolist())[0]


def interval_of(values: Doubles, confidence: float = 0.95) -> tuple[Doubles, Doubles, Doubles]:
    """Mean, low and high [n] of values [R, n] of R trainings: Student's interval with R - 1 degrees of freedom.

    >>> [round(float(bound[0]), 3) for bound in interval_of(np.array([[0.4], [0.5], [0.6]]))]
    [0.5, 0.252, 0.748]
    """
    from scipy.stats import t as student

    mean = values.mean(axis=0)
    width = student.ppf((1 + confidence) / 2, len(values) - 1) * values.std(axis=0, ddof=1) / sqrt(len(values))
    return mean, np.maximum(mean - width, 0), np.minimum(mean + width, 2)
