"""Scores of a classifier on labelled texts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from wordvec.base.shown import Shown


@dataclass(frozen=True)
class LabelScore:
    """Precision and recall of one label."""

    precision: float | None  # of the times it was predicted, the share that was right; None: never predicted
    recall: float | None  # of the texts that have it, the share in which it was found; None: none has it
    f1: float | None  # 2 found / (predicted + texts)
    texts: int  # that have it


@dataclass(frozen=True)
class Result(Shown):
    """The result of `TextClassifier.test`."""

    texts: int  # with labels; the others are not counted
    unlabelled: int
    precision: float | None  # of all predicted labels, the share that was right: fastText's P@k
    recall: float | None  # of all labels of the texts, the share that was found: R@k
    accuracy: float | None  # texts whose first predicted label is one of theirs
    k: int
    labels: dict[str, LabelScore]
    unknown: list[str]  # labels of the texts that the classifier does not have; they count as not found

    def to_dict(self) -> dict[str, Any]:
        """All scores, ready for JSON."""
        return asdict(self)


class Tally:
    """Counts true and predicted labels, text by text."""

    def __init__(self, labels: list[str], k: int) -> None:
        self.labels, self.k = labels, k
        self.texts = self.unlabelled = self.first = 0
        self.gold: Counter[str] = Counter()
        self.predicted: Counter[str] = Counter()
        self.found: Counter[str] = Counter()

    def add(self, labels: list[str], prediction: Iterable[tuple[str, float]]) -> None:
        """Count the labels and predictions of a text."""
        if not labels:
            self.unlabelled += 1
            return
        names = [name for name, _ in prediction]
        self.texts += 1
        self.first += bool(names) and names[0] in labels
        self.gold.update(labels)
        self.predicted.update(names)
        self.found.update(name for name in names if name in labels)

    def result(self) -> Result:
        """The scores."""
        known = set(self.labels)
        names = [*self.labels, *(unknown := sorted(set(self.gold) - known))]
        scores = {
            name: LabelScore(
                _share(self.found[name], self.predicted[name]),
                _share(self.found[name], self.gold[name]),
                _share(2 * self.found[name], self.predicted[name] + self.gold[name]),
                self.gold[name],
            )
            for name in names
        }
        right = sum(self.found.values())
        return Result(
            texts=self.texts,
            unlabelled=self.unlabelled,
            precision=_share(right, sum(self.predicted.values())),
            recall=_share(right, sum(self.gold.values())),
            accuracy=_share(self.first, self.texts),
            k=self.k,
            labels=scores,
            unknown=unknown,
        )


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None
