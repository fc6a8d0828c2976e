"""What a sweep gives: trials, the settings that they are of with means over seeds, and the settings in order."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from typing import Any

import numpy as np

from wordvec.base.errors import FormatError
from wordvec.base.shown import Shown
from wordvec.evaluate.results import Score, mean_of_seeds
from wordvec.evaluate.sweeps.settings import shown


@dataclass(frozen=True)
class Trial:
    """One training with one seed, and what its vectors scored."""

    options: dict[str, Any]  # that vary
    seed: int
    value: float | None  # the metric; None where there is none: `reason` says why
    seconds: float  # of training, by the clock
    processor_seconds: float  # of training, on all cores
    words: int = 0
    scores: tuple[Score, ...] = ()  # on all test sets
    vectors: str | None = None  # the file that they were saved in
    reason: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """All of it by name, ready for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Trial:
        """The trial that `to_dict` gave; FormatError where it is none."""
        try:
            known = {f.name: values[f.name] for f in fields(cls)}
            return cls(**known | {"scores": tuple(Score.from_dict(one) for one in values["scores"])})
        except (KeyError, TypeError) as error:
            raise FormatError(f"a trial must have options, seed and scores; got {values!r:.80}") from error


@dataclass(frozen=True)
class Setting:
    """The values of the options that vary, and the mean over the trials of all seeds."""

    options: dict[str, Any]
    trials: tuple[Trial, ...]
    value: float | None  # the metric; None where a trial has none
    deviation: float | None  # of the metric over seeds; None for one seed
    seconds: float  # of training, the mean
    scores: tuple[Score, ...]  # means over seeds
    reason: str | None = None

    @classmethod
    def of(cls, trials: Sequence[Trial]) -> Setting:
        """The setting of its trials, one for each seed."""
        values = [trial.value for trial in trials if trial.value is not None]
        whole = len(values) == len(trials)
        by_set = zip(*(trial.scores for trial in trials)) if whole else ()
        return cls(
            options=trials[0].options,
            trials=tuple(trials),
            value=float(np.mean(values)) if whole else None,
            deviation=float(np.std(values, ddof=1)) if whole and len(values) > 1 else None,
            seconds=float(np.mean([trial.seconds for trial in trials])),
            scores=tuple(mean_of_seeds(scores) for scores in by_set),
            reason=next((trial.reason for trial in trials if trial.reason), None),
        )

    def __str__(self) -> str:
        return shown(self.options)

    def to_dict(self) -> dict[str, Any]:
        """All of it by name, ready for JSON; of each trial all but its scores, whose means are there."""
        trials = [{k: v for k, v in trial.to_dict().items() if k not in ("scores", "options")} for trial in self.trials]
        facts = {f.name: getattr(self, f.name) for f in fields(self)}
        return facts | {"trials": trials, "scores": [score.to_dict() for score in self.scores]}


@dataclass(frozen=True)
class Sweep(Shown):
    """All settings of a sweep, the best first; those without a score come last."""

    model: str
    metric: str
    settings: tuple[Setting, ...]
    fixed: dict[str, Any]  # options that do not vary
    policy: str
    corpus: dict[str, Any] = field(default_factory=dict)  # tokens read, and fingerprints of the encoded text
    missing: tuple[str, ...] = ()  # tasks for which no set was found
    refused: tuple[str, ...] = ()  # files of test sets that could not be read

    @classmethod
    def of(cls, trials: Iterable[Trial], **facts: Any) -> Sweep:
        """The sweep of trials, grouped by their options."""
        return cls(settings=tuple(_settings(trials)), **facts)

    @staticmethod
    def best_of(trials: Iterable[Trial]) -> tuple[Trial, ...]:
        """The trials of the best setting."""
        return _settings(trials)[0].trials

    @property
    def best(self) -> Setting:
        """The setting with the highest metric."""
        return self.settings[0]

    def to_dict(self) -> dict[str, Any]:
        """All of it by name, ready for JSON."""
        facts = {f.name: getattr(self, f.name) for f in fields(self)}
        return facts | {"settings": [setting.to_dict() for setting in self.settings]}

    def __str__(self) -> str:
        best = "no score" if self.best.value is None else f"best {self.best}: {self.best.value:.4f}"
        return f"<Sweep of {self.model}: {len(self.settings)} settings by {self.metric}, {best}>"


def _settings(trials: Iterable[Trial]) -> list[Setting]:
    """The settings of trials, the best first; a trial that a search proposes again counts once."""
    groups: dict[str, dict[int, Trial]] = {}
    for trial in trials:
        groups.setdefault(repr(trial.options), {})[trial.seed] = trial
    return sorted((Setting.of(list(group.values())) for group in groups.values()), key=_rank)


def _rank(setting: Setting) -> tuple[bool, float]:
    return setting.value is None, -(setting.value or 0.0)
