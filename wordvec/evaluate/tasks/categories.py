"""Categorisation: do clusters of words, by spherical k-means, agree with their classes."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wordvec.evaluate.files import lines
from wordvec.evaluate.policy import Resolver
from wordvec.evaluate.results import Longs, Outcome, of_draws, of_items
from wordvec.evaluate.tasks.base import Dataset, Place, Task, cells, dataset
from wordvec.optim.clusters import spherical_kmeans

Doubles = NDArray[np.float64]

SEEDS = 10
_DRAWS = 500
_BLOCK = 50  # draws at a time
_CLASSES = ("category", "class", "label")
_WORDS = ("word", "concept")


class Categories(Task):
    """AP, Battig, ESSLLI 2008, BLESS: tables with a header that names a column of words and one of classes."""

    name = "categories"
    suites = ("core",)
    does = "agreement of clusters of words with their classes"

    def recognise(self, place: Place) -> bool:
        """A header with `category` (or `class`, `label`) and `word` (or `concept`), and no other kind of column."""
        rows = place.table()
        columns = _columns(rows[0]) if rows else None
        return columns is not None and len(rows) > 1

    def read(self, path: str | os.PathLike[str]) -> Dataset:
        """The words, each with its class."""
        items: list[tuple[str, str]] = []
        unreadable: list[str] = []
        columns: tuple[int, int] | None = None
        for line in lines(path):
            row = cells(line)
            if columns is None and not items and not unreadable and (columns := _columns(row)) is not None:
                continue
            if columns is None or len(row) <= max(columns) or not all(row[column] for column in columns):
                unreadable.append(line)
            else:
                items.append((row[columns[0]], row[columns[1]]))
        return dataset(self.name, path, items, unreadable, "there must be a header with the columns category and word")

    def run(self, words: Resolver, dataset: Dataset, seed: int, workers: int | None = None) -> list[Outcome]:
        """Purity and V-measure over ten seeds of k-means: mean, deviation, and an interval over the words.

        Purity is the share of words whose class is the commonest of their cluster; it can be compared word by word.
        """
        items: list[tuple[str, str]] = words.policy.counted(dataset.items)
        numbers = words.numbers(word for word, _ in items)
        used = np.flatnonzero(numbers >= 0)
        known = int(words.is_known(numbers).sum())
        classes = np.unique(np.array([name for _, name in items], object), return_inverse=True)[1].reshape(-1)[used]
        total, used_units = len(items), words.units(numbers[used])
        return clustered(used_units, classes, seed, ("purity", "v-measure"), total, "words", used, known=known)


def clustered(
    units: NDArray[Any],
    classes: Longs,
    seed: int,
    measures: Sequence[str],
    total: int,
    of: str,
    items: Longs | None = None,
    **more: Any,
) -> list[Outcome]:
    """How well clusters of unit vectors [n, D] agree with their classes, over ten seeds; the first measure counts.

    `of` says what the vectors are of, `items` [n] are their numbers, and `more` are fields of the outcomes.
    """
    k = len(np.unique(classes))
    reason = None if len(units) > 1 else f"clusters need 2 {of} or more; {len(units)} have a vector"
    if reason is None and k < 2:
        reason = f"all {of} with a vector are of one class"
    facts: list[dict[str, Any]] = [{**more, "headline": name == measures[0]} for name in measures]
    if reason:
        return [Outcome(name, total, used=len(units), reason=reason, **one) for name, one in zip(measures, facts)]
    clusters = [spherical_kmeans(units, k, seed + run) for run in range(SEEDS)]
    numbers = np.arange(len(units)) if items is None else items
    return [
        _purity(total, classes, clusters, numbers, **one)
        if name == "purity"
        else _v_measure(total, classes, clusters, numbers, seed, **one)
        for name, one in zip(measures, facts)
    ]


def of_commonest_class(classes: Longs, clusters: Longs) -> NDArray[np.bool_]:
    """[n] whether the class of each word is the commonest of its cluster; the mean is the purity of the clusters.

    >>> of_commonest_class(np.array([0, 0, 1, 1]), np.array([0, 0, 0, 1])).tolist()
    [True, True, False, True]
    """
    table = np.zeros((int(clusters.max()) + 1, int(classes.max()) + 1), np.int64)
    np.add.at(table, (clusters, classes), 1)
    common: NDArray[np.bool_] = table.argmax(axis=1)[clusters] == classes
    return common


def v_measure(tables: Doubles) -> Doubles:
    """[B] the harmonic mean of homogeneity and completeness (Rosenberg and Hirschberg 2007), of tables of counts.

    >>> v_measure(np.array([[[2.0, 0.0], [0.0, 3.0]], [[1.0, 1.0], [1.0, 1.0]]])).round(3).tolist()
    [1.0, 0.0]
    """
    p = tables / tables.sum(axis=(1, 2), keepdims=True)
    of_classes, of_clusters = _entropy(p.sum(axis=2)), _entropy(p.sum(axis=1))
    both = _entropy(p.reshape(len(p), -1))
    with np.errstate(invalid="ignore", divide="ignore"):
        homogeneity = np.where(of_classes > 0, 1 - (both - of_clusters) / of_classes, 1)
        completeness = np.where(of_clusters > 0, 1 - (both - of_classes) / of_clusters, 1)
        total = homogeneity + completeness
        result: Doubles = np.where(total > 0, 2 * homogeneity * completeness / total, 0)
    return result


def _entropy(p: Doubles) -> Doubles:
    result: Doubles = -(p * np.log(np.where(p > 0, p, 1))).sum(axis=1)
    return result


def _purity(total: int, classes: Longs, clusters: list[Longs], items: Longs, **facts: Any) -> Outcome:
    """The mean over seeds, of items: in what share of the seeds the class of each is the commonest of its cluster."""
    common = np.array([of_commonest_class(classes, some) for some in clusters])
    deviation = float(common.mean(axis=1).std(ddof=1))
    return of_items("purity", "mean", total, items, common.mean(axis=0), deviation=deviation, **facts)


def _v_measure(total: int, classes: Longs, clusters: list[Longs], items: Longs, seed: int, **facts: Any) -> Outcome:
    """The mean over seeds, and that of the clusters that were found for drawn items."""
    numbers = np.unique(classes, return_inverse=True)[1].reshape(-1)
    shape = int(numbers.max()) + 1, max(int(some.max()) for some in clusters) + 1
    places = [numbers * shape[1] + some for some in clusters]

    def scores(drawn: Longs) -> Doubles:
        """[seeds, B] for items [B, n] that are drawn."""
        offsets = np.arange(len(drawn))[:, None] * (shape[0] * shape[1])
        sizes = [
            np.bincount((some[drawn] + offsets).ravel(), minlength=len(drawn) * shape[0] * shape[1]) for some in places
        ]
        return np.array([v_measure(table.reshape(len(drawn), *shape).astype(np.float64)) for table in sizes])

    n, rng = len(classes), np.random.default_rng(seed)
    own = scores(np.arange(n)[None])[:, 0]
    drawn = np.concatenate([scores(rng.integers(0, n, (_BLOCK, n))).mean(axis=0) for _ in range(_DRAWS // _BLOCK)])
    return of_draws("v-measure", total, items, float(own.mean()), drawn, deviation=float(own.std(ddof=1)), **facts)


def _columns(header: list[str]) -> tuple[int, int] | None:
    """The columns of words and of classes; None where they are not the only ones with a name."""
    names = [cell.lower() for cell in header]
    word = [place for place, name in enumerate(names) if name in _WORDS]
    label = [place for place, name in enumerate(names) if name in _CLASSES]
    others = [name for name in names if name and name not in (*_WORDS, *_CLASSES)]
    return (word[0], label[0]) if len(word) == len(label) == 1 and not others else None
