"""The metrics by which classifiers are tuned: F1, accuracy, precision at a recall and recall at a precision."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from wordvec.base.errors import OptionError
from wordvec.classify.documents import Example
from wordvec.classify.meter import Meter
from wordvec.classify.model import TextClassifier
from wordvec.classify.results import Result

PLAIN = ("f1", "macro-f1", "accuracy")
AT = ("precisionAtRecall", "recallAtPrecision")  # fastText's names
FORMS = (*PLAIN, "f1:LABEL", *(f"{name}:PERCENT[:LABEL]" for name in AT))


@dataclass(frozen=True)
class Metric:
    """What a classifier is worth, from its first predicted label of each text."""

    kind: str  # one of PLAIN, or of AT
    label: str | None = None  # the label that counts; None: all of them
    least: float = 0.0  # the recall or precision that must be reached, from 0 to 1

    @classmethod
    def of(cls, name: str) -> Metric:
        """The metric of a name in one of FORMS; OptionError for another, and a percentage that is not from 0 to 100."""
        kind, *parts = name.split(":", 1) if isinstance(name, str) else [""]
        least = 0.0
        if kind in AT and parts:
            percent, *parts = parts[0].split(":", 1)
            least = _share(name, percent)
        elif kind not in PLAIN or (parts and kind != "f1"):
            kind = ""
        if not kind or parts == [""]:
            raise OptionError(f"metric must be one of {', '.join(FORMS)}; got {name!r}")
        return cls(kind, parts[0] if parts else None, least)

    def within(self, labels: Collection[str], prefix: str) -> Metric:
        """The same of a label that is learned, which may be given with its prefix; OptionError where there is none."""
        if self.label is None:
            return self
        for label in (self.label, self.label.removeprefix(prefix)):
            if label in labels:
                return replace(self, label=label)
        raise OptionError(
            f"metric must be of a label that is learned, one of {', '.join(map(repr, islice(labels, 5)))}...; "
            f"got {self.label!r}"
        )

    def __call__(self, classifier: TextClassifier, valid: Sequence[Example]) -> float:
        """The value for labelled texts; 0 where it is undefined."""
        if self.kind not in AT:
            return self.value(classifier.tally(valid))
        known = [example for example in valid if example.labels]
        found = classifier.stream([example.text for example in known])
        names = classifier.labels
        meter = Meter(names, ((example.labels, own) for example, own in zip(known, found)), names.index)
        if self.kind == "precisionAtRecall":
            return meter.precision_at_recall(self.least, self.label)
        return meter.recall_at_precision(self.least, self.label)

    def value(self, result: Result) -> float:
        """F1 or accuracy from counts."""
        if self.kind == "accuracy":
            return result.accuracy or 0.0
        if self.kind == "macro-f1":
            scores = [label.f1 or 0.0 for label in result.labels.values() if label.texts]
            return sum(scores) / len(scores)
        if self.label is not None:
            return result.labels[self.label].f1 or 0.0
        precision, recall = result.precision or 0.0, result.recall or 0.0
        return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def _share(name: str, percent: str) -> float:
    try:
        share = float(percent) / 100
    except ValueError:
        share = -1.0
    if not 0 <= share <= 1:
        raise OptionError(f"metric {name.partition(':')[0]} must have a percentage from 0 to 100; got {name!r}")
    return share
