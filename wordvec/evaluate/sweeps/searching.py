"""A search by budget: Optuna proposes settings, and is told what they scored."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from wordvec.base.arguments import whole_number
from wordvec.base.errors import OptionError
from wordvec.base.libraries import library
from wordvec.evaluate.sweeps.results import Trial
from wordvec.evaluate.sweeps.settings import Range


class Search:
    """Settings that Optuna's tree-structured Parzen estimator proposes, until the budget is spent.

    Each proposal depends on the seed, its number and the scores before it, so that a search that was interrupted goes
    on as it would have. (Bergstra et al. 2011, "Algorithms for hyper-parameter optimization".)
    """

    def __init__(self, choices: Mapping[str, Any], trials: int | None, minutes: float | None, seed: int) -> None:
        self.count: int | None = whole_number("trials", trials, optional=True)
        if minutes is not None and not (isinstance(minutes, (int, float)) and minutes > 0):
            raise OptionError(f"minutes must be a number > 0; got {minutes!r}")
        if not choices:
            raise OptionError("a search must have an option to vary; got none")
        self._end = None if minutes is None else time.monotonic() + 60 * minutes
        self._choices, self._seed = dict(choices), seed
        self._optuna = library("optuna", "wordvec[optuna]", "for a search by trials or minutes")
        with self._quiet():
            self._study = self._optuna.create_study(direction="maximize")
        self._asked: Any = None

    def __iter__(self) -> Iterator[dict[str, Any]]:
        number = 0
        while (self.count is None or number < self.count) and not self._is_over():
            with self._quiet():
                state = np.random.SeedSequence([self._seed, number]).generate_state(1)
                self._study.sampler = self._optuna.samplers.TPESampler(seed=int(state[0]))
                self._asked = self._study.ask()
                setting = {name: self._value(name, choice) for name, choice in self._choices.items()}
            yield setting
            number += 1

    def corners(self) -> list[dict[str, Any]]:
        """Settings at the ends of all ranges, and with each value of a list, beside the first of all others."""
        ends = {n: [c.low, c.high] if isinstance(c, Range) else c for n, c in self._choices.items()}
        typed = {name: [self._typed(name, value) for value in values] for name, values in ends.items()}
        first = {name: values[0] for name, values in typed.items()}
        return [{**first, name: value} for name, values in typed.items() for value in values]

    def tell(self, trials: Sequence[Trial]) -> None:
        """Tell the mean score of the setting that was proposed last; without a score it failed."""
        values = [trial.value for trial in trials]
        known = [value for value in values if value is not None]
        with self._quiet():
            if len(known) == len(values):
                self._study.tell(self._asked, sum(known) / len(known))
            else:
                self._study.tell(self._asked, state=self._optuna.trial.TrialState.FAIL)

    def _is_over(self) -> bool:
        return self._end is not None and time.monotonic() >= self._end

    def _value(self, name: str, choice: Any) -> Any:
        if not isinstance(choice, Range):
            return choice[self._asked.suggest_categorical(name, list(range(len(choice))))]
        if _is_whole(choice):
            return self._asked.suggest_int(
                name, int(choice.low), int(choice.high), log=choice.log, step=int(choice.step or 1)
            )
        return self._asked.suggest_float(name, choice.low, choice.high, log=choice.log, step=choice.step)

    def _typed(self, name: str, value: Any) -> Any:
        choice = self._choices[name]
        return int(value) if isinstance(choice, Range) and _is_whole(choice) else value

    @contextmanager
    def _quiet(self) -> Iterator[None]:
        """A block in which Optuna says nothing of each trial."""
        log = self._optuna.logging
        level = log.get_verbosity()
        log.set_verbosity(log.WARNING)
        try:
            yield
        finally:
            log.set_verbosity(level)


def _is_whole(choice: Range) -> bool:
    """Whether a range is one of whole numbers: both its ends, and its step, are int."""
    return all(isinstance(value, int) for value in (choice.low, choice.high, choice.step or 1))
