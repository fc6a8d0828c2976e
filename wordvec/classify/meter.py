"""Precision and recall at every threshold, from the scores of labels on lines whose labels are known."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wordvec.base.errors import OptionError

Values = NDArray[np.float64]


class Meter:
    """What `get_meter` gives: for each label the score of each line, and whether the line has the label."""

    def __init__(self, labels: list[str], tested: Iterable[Any], number: Callable[[str], int]) -> None:
        self._labels, self._number = labels, number
        self._pairs: dict[str, list[tuple[float, float]]] = {label: [] for label in labels}
        for own, found in tested:
            for label, score in found:
                self._pairs[label].append((min(score, 1.0), float(label in own)))
            names = {label for label, _ in found}
            for label in own:
                if label not in names:
                    self._pairs[label].append((-1.0, 1.0))  # it was not found at any threshold

    def _of(self, label: str | None) -> NDArray[np.float64]:
        """[n, 2] scores, rising, and truth, of one label or of all."""
        if label is None:
            pairs = [pair for label in self._labels for pair in self._pairs[label]]
        else:
            place = self._number(label)
            if place < 0:
                raise OptionError(f"label must be one of the model; it has no {label!r}")
            pairs = self._pairs[self._labels[place]]
        return np.array(sorted(pairs), np.float64).reshape(-1, 2)

    def score_vs_true(self, label: str) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """(scores, rising; 1 where the line has the label, else 0), -1 where the label was not predicted."""
        pairs = self._of(label).astype(np.float32)
        return pairs[:, 0], pairs[:, 1]

    def precision_recall_curve(self, label: str | None = None) -> tuple[Values, Values]:
        """(precision, recall) at falling thresholds, of a label or of all; the last is (1, 0)."""
        pairs = self._of(label)
        seen = pairs[pairs[:, 0] >= 0][::-1]
        if not len(seen):
            return np.empty(0), np.empty(0)
        last = np.append(np.flatnonzero(np.diff(seen[:, 0])), len(seen) - 1)  # equal scores are one threshold
        truths, found = float(pairs[:, 1].sum()), np.cumsum(seen[:, 1])[last]
        end = int(np.searchsorted(found, truths)) + 1  # what comes after all are found adds nothing
        with np.errstate(invalid="ignore"):
            precision, recall = found[:end] / (last[:end] + 1), found[:end] / np.float64(truths)
        return np.append(precision, 1.0), np.append(recall, 0.0)

    def precision_at_recall(self, recall: float, label: str | None = None) -> float:
        """The best precision at a recall of at least `recall`; 0 where there is none."""
        return self._best(*self.precision_recall_curve(label), recall)

    def recall_at_precision(self, precision: float, label: str | None = None) -> float:
        """The best recall at a precision of at least `precision`; 0 where there is none."""
        precisions, recalls = self.precision_recall_curve(label)
        return self._best(recalls, precisions, precision)

    def _best(self, wanted: Values, other: Values, least: float) -> float:
        some = wanted[other >= least]
        return float(some.max()) if len(some) else 0.0
