"""Autotuning: options of a classifier by their scores on labelled texts, within a budget and a size of the file."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from wordvec.base.arguments import whole_number
from wordvec.base.caches import bytes_of
from wordvec.base.errors import CorpusError, OptionError, TrainingError
from wordvec.classify import fasttext_writer, files
from wordvec.classify.checks import check_names
from wordvec.classify.compression import compressed, cutoff_within, most_dimensions
from wordvec.classify.documents import Documents, Example, examples, read
from wordvec.classify.model import TextClassifier
from wordvec.classify.options import ClassifierOptions
from wordvec.classify.parts import ClassifierParts
from wordvec.classify.proposals import SCALES, Proposals
from wordvec.classify.results import Result
from wordvec.classify.training import learned
from wordvec.optim.callbacks import Epoch
from wordvec.vectors import KeyedVectors

_METRICS = ("f1", "macro-f1", "accuracy")
_LONGEST = 0.25  # the share of the budget that one trial may take, but for the first
_FEWEST = 4  # dimensions
_TRIES = 6  # to fit a file into its limit


@dataclass(frozen=True)
class TuningTrial:
    """One classifier that was tried."""

    number: int
    options: dict[str, Any]  # those that are tuned; with a limit of size also `dsub` and `cutoff`
    value: float | None  # the metric; None where training failed, or the file did not fit
    seconds: float
    file_bytes: int | None = None  # with a limit of size
    is_cut: bool = False  # ended before its last epoch, as the time was up
    reason: str | None = None  # why there is no value

    def to_dict(self) -> dict[str, Any]:
        """All of it by name, ready for JSON."""
        return asdict(self)


@dataclass(frozen=True)
class Tuned:
    """The best classifier that `autotune` found, and all trials in order."""

    classifier: TextClassifier
    metric: str
    best: TuningTrial
    trials: tuple[TuningTrial, ...]
    interrupted: bool  # by Ctrl-C

    def to_dict(self) -> dict[str, Any]:
        """All but the classifier by name, ready for JSON."""
        trials = [trial.to_dict() for trial in self.trials]
        facts = {"metric": self.metric, "best": self.best.to_dict(), "interrupted": self.interrupted}
        return facts | {"trials": trials}


def autotune(
    corpus: Any,
    labels: Any = None,
    *,
    valid: Any,
    valid_labels: Any = None,
    minutes: float | None = None,
    trials: int | None = None,
    metric: str = "f1",
    max_size: int | str | None = None,
    suffix: str = ".safetensors",
    init: KeyedVectors | None = None,
    label_names: Sequence[str] | None = None,
    sample_weight: Any = None,
    class_weight: Any = None,
    callback: Callable[[TuningTrial], object] | None = None,
    **fixed: Any,
) -> Tuned:
    """Find options of a classifier by its scores on other labelled texts, `valid`, which are given as `corpus` is.

    Options in `fixed` stay; of the others `alpha`, `epochs`, `vector_size`, `word_ngrams`, `min_n` and `max_n` are
    tuned. The search ends after `minutes` (5, where no number of `trials` is given), or so many trials; with trials
    and one worker it always finds the same. `metric` is "f1" (of all labels together), "macro-f1" (the mean over
    labels), "accuracy", or "f1:LABEL". With `max_size`, bytes or a text such as "2MB", a classifier whose file (native,
    or fastText's for the suffix ".ftz") is larger is pruned, trained again and quantised to fit; `dsub` is then tuned
    too. Each trial is given to `callback`. Ctrl-C ends the search, and the best so far is returned.

    CorpusError where texts have no labels, OptionError for options that do not fit, and where no trial has a score.

    >>> texts, labels = ["good fine great", "bad poor", "great good", "poor bad awful"] * 25, ["yes", "no"] * 50
    >>> tuned = autotune(texts, labels, valid=["good", "awful"], valid_labels=["yes", "no"], trials=3, workers=1)
    >>> tuned.best.value, len(tuned.trials), tuned.classifier.predict("a great film")[0][0]
    (1.0, 3, 'yes')
    """
    check_names(fixed, ClassifierOptions.__dataclass_fields__)
    options = ClassifierOptions(**fixed)
    count = whole_number("trials", trials, optional=True)
    seconds = _seconds(minutes, count)
    score, limit = _metric(metric), None if max_size is None else bytes_of(max_size, "max_size")
    if limit is not None and suffix == ".bin":
        raise OptionError("max_size needs a file of compressed rows, .safetensors or .ftz; got .bin")
    if suffix == ".ftz" and limit is None:
        raise OptionError("suffix .ftz is of compressed classifiers: give max_size, too")
    given = list(examples(valid, valid_labels, options.label_prefix, label_names))
    if not any(example.labels for example in given):
        raise CorpusError("valid must have texts with labels; none has one")
    weights = {"sample_weight": sample_weight, "class_weight": class_weight}
    documents = read(corpus, labels, options, label_names=label_names, **weights)
    if init is not None:
        fixed["vector_size"] = init.vector_size
        options = replace(options, vector_size=init.vector_size)
    tuner = _Tuner(documents, init, given, score, limit, suffix)
    search = _Search(tuner, options, _proposals(options, fixed, tuner), count, seconds)
    interrupted = False
    try:
        search.run(callback)
    except KeyboardInterrupt:
        interrupted = True
        if search.best is None:
            raise
    return search.result(metric, interrupted)


def _proposals(options: ClassifierOptions, fixed: Collection[str], tuner: _Tuner) -> Proposals:
    """The proposals for all options that are not fixed, and that a limit of size allows."""
    left_out = {*fixed, *(() if tuner.limit is not None else ("dsub",))}
    left_out |= {"word_ngrams", "min_n", "max_n"} if options.byte_lengths else set()
    start = {**options.to_dict(), "dsub": 2}
    if tuner.limit is None:
        return Proposals(start, left_out, options.seed)
    most = most_dimensions(tuner.limit, len(tuner.documents.labels), tuner.suffix)
    if most < _FEWEST and "vector_size" not in fixed:
        raise OptionError(
            f"max_size must leave room for {_FEWEST} dimensions or more; {tuner.limit:,} bytes leave it for {most}: "
            "give more, or the suffix .ftz, whose files are smaller"
        )
    return Proposals(start, left_out, options.seed, min(most, int(SCALES["vector_size"].high)))


def _seconds(minutes: float | None, trials: int | None) -> float | None:
    if minutes is None:
        return None if trials is not None else 300.0
    if isinstance(minutes, bool) or not isinstance(minutes, (int, float)) or not 0 < minutes < float("inf"):
        raise OptionError(f"minutes must be a number > 0; got {minutes!r}")
    return 60.0 * minutes


def _metric(name: str) -> Callable[[Result], float]:
    """The function from a result to the metric of that name."""
    label = name.partition(":")[2] if isinstance(name, str) and name.startswith("f1:") else None
    if label:
        return lambda result: (result.labels[label].f1 if label in result.labels else None) or 0.0
    if name == "accuracy":
        return lambda result: result.accuracy or 0.0
    if name == "macro-f1":
        return _macro
    if name == "f1":
        return _micro
    raise OptionError(f"metric must be one of {', '.join(_METRICS)}, f1:LABEL; got {name!r}")


def _micro(result: Result) -> float:
    precision, recall = result.precision or 0.0, result.recall or 0.0
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def _macro(result: Result) -> float:
    scores = [label.f1 or 0.0 for label in result.labels.values() if label.texts]
    return sum(scores) / len(scores)


@dataclass(frozen=True, eq=False)
class _Tuner:
    """What makes a classifier of options, and its score."""

    documents: Documents
    init: KeyedVectors | None
    valid: list[Example]
    score: Callable[[Result], float]
    limit: int | None
    suffix: str

    def parts(self, options: ClassifierOptions, dsub: int, end: float | None) -> tuple[ClassifierParts, int | None]:
        """(the classifier, the bytes of its file where they are limited); TrainingError where it does not fit."""

        def is_over(epoch: Epoch) -> bool:
            return end is not None and time.monotonic() >= end

        parts = learned(self.documents, options, self.init, callbacks=[is_over])
        if self.limit is None:
            return parts, None
        if self.suffix != ".ftz" and parts.input.nbytes < self.limit and (size := self._bytes(parts)) <= self.limit:
            return parts, size
        target = self.limit
        for _ in range(_TRIES):
            # a file of fastText has the rows of all buckets, unless it is pruned
            most = parts.features.rows - (self.suffix == ".ftz" and parts.features.bucket > 0)
            cutoff = min(cutoff_within(parts, target, dsub, self.suffix), most)
            if cutoff < 1:
                break
            retrained = self.documents if cutoff < parts.features.rows else None
            small = compressed(parts, retrained, cutoff, dsub, callbacks=[is_over])
            size = self._bytes(small)
            if size <= self.limit:
                return small, size
            target -= size - self.limit
        raise TrainingError(f"a classifier of these options does not fit into {self.limit:,} bytes")

    def _bytes(self, parts: ClassifierParts) -> int:
        with tempfile.TemporaryDirectory(prefix=".wordvec-") as folder:
            path = Path(folder) / f"model{self.suffix}"
            (fasttext_writer if self.suffix == ".ftz" else files).save(parts, path)
            return os.path.getsize(path)


class _Search:
    """The trials, and the best classifier so far."""

    def __init__(
        self,
        tuner: _Tuner,
        options: ClassifierOptions,
        proposals: Proposals,
        count: int | None,
        seconds: float | None,
    ) -> None:
        self._tuner, self._options, self._proposals = tuner, options, proposals
        self._count, self._seconds, self._start = count, seconds, time.monotonic()
        self._trials: list[TuningTrial] = []
        self._values: dict[str, Any] | None = None  # the options of the best
        self.best: TuningTrial | None = None
        self.classifier: TextClassifier | None = None

    def run(self, callback: Callable[[TuningTrial], object] | None) -> None:
        """Try until the budget is spent."""
        while (number := len(self._trials)) != self._count and (progress := self._progress(number)) < 1:
            values = self._proposals.next(number, progress, self._values)
            trial, classifier = self._trial(number, values)
            self._trials.append(trial)
            if trial.value is not None and (self.best is None or trial.value > (self.best.value or 0.0)):
                self.best, self.classifier, self._values = trial, classifier, values
            if callback is not None:
                callback(trial)
            if not self._proposals.first:
                break  # all options are fixed

    def _progress(self, number: int) -> float:
        """The share of the budget that is spent."""
        of_trials = number / self._count if self._count is not None else 0.0
        of_time = (time.monotonic() - self._start) / self._seconds if self._seconds is not None else 0.0
        return max(of_trials, of_time)

    def _end(self, number: int) -> float | None:
        """When a trial must end: with the budget, and after a quarter of it where there is a best already."""
        if self._seconds is None:
            return None
        end = self._start + self._seconds
        return min(end, time.monotonic() + _LONGEST * self._seconds) if number else end

    def _trial(self, number: int, values: dict[str, Any]) -> tuple[TuningTrial, TextClassifier | None]:
        started, shown = time.monotonic(), dict(values)
        own = {name: value for name, value in values.items() if name != "dsub"}
        options = replace(self._options, **own)
        try:
            parts, size = self._tuner.parts(options, values.get("dsub", 2), self._end(number))
        except TrainingError as error:
            return TuningTrial(number, shown, None, time.monotonic() - started, reason=str(error)), None
        classifier = TextClassifier.of(parts)
        value = self._tuner.score(classifier.tally(self._tuner.valid))
        compression = parts.metadata.get("compression", {})
        if self._tuner.limit is not None:
            shown["cutoff"] = compression.get("cutoff")
        losses = compression.get("loss", parts.metadata["loss"])
        is_cut = len(losses) < options.epochs
        return TuningTrial(number, shown, value, time.monotonic() - started, size, is_cut), classifier

    def result(self, metric: str, interrupted: bool) -> Tuned:
        """The best, with how it was found in its metadata."""
        if self.best is None or self.classifier is None:
            reasons = list(dict.fromkeys(trial.reason for trial in self._trials if trial.reason))
            raise OptionError(f"a trial must have a score; none of {len(self._trials)} has: {'; '.join(reasons[:2])}")
        self.classifier.metadata["autotune"] = {
            "metric": metric,
            "value": self.best.value,
            "trial": self.best.number,
            "trials": len(self._trials),
        }
        return Tuned(self.classifier, metric, self.best, tuple(self._trials), interrupted)
