"""The settings of a sweep: lists of values, ranges, and the trainers that they make, all checked before any work."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import Any

from wordvec.base.errors import OptionError
from wordvec.trainers import TRAINERS, WordTrainer

_FORM = "name=value,value,... or name=low:high, with :log or a :step behind"


@dataclass(frozen=True)
class Range:
    """The values from `low` to `high`, of which a search picks: all of them, on a scale of logarithms, or by steps.

    >>> Range(0.01, 0.1, log=True)
    Range(low=0.01, high=0.1, log=True, step=None)
    """

    low: float
    high: float
    log: bool = False
    step: float | None = None

    def __post_init__(self) -> None:
        if not self.low < self.high:
            raise OptionError(f"a range must go from a lower to a higher number; got {self.low} to {self.high}")
        if self.log and (self.low <= 0 or self.step is not None):
            raise OptionError(f"a range of logarithms must be above 0 and have no step; got {self}")
        if self.step is not None and self.step <= 0:
            raise OptionError(f"the step of a range must be above 0; got {self.step}")

    def __str__(self) -> str:
        """The range as the command line has it."""
        end = ":log" if self.log else "" if self.step is None else f":{self.step}"
        return f"{self.low}:{self.high}{end}"


Choices = dict[str, "list[Any] | Range"]


def trainer_class(model: str) -> type[WordTrainer]:
    """The class of a model of words; OptionError for any other name."""
    trainer = TRAINERS.get(model) if isinstance(model, str) else None
    if trainer is None or not issubclass(trainer, WordTrainer):
        names = [name for name, one in TRAINERS.items() if issubclass(one, WordTrainer)]
        raise OptionError(f"model must be a model of words: {', '.join(names)}; got {model!r}")
    return trainer


def parsed(trainer: type[WordTrainer], texts: Iterable[str]) -> Choices:
    """The choices that texts of the command line describe, such as `window=2,5` and `alpha=0.01:0.1:log`.

    >>> from wordvec import SkipGram
    >>> parsed(SkipGram, ["window=2,5", "alpha=0.01:0.1:log"])
    {'window': [2, 5], 'alpha': Range(low=0.01, high=0.1, log=True, step=None)}
    """
    choices: Choices = {}
    for text in texts:
        name, mark, values = text.partition("=")
        name = name.strip().replace("-", "_")
        if not mark or not values.strip():
            raise OptionError(f"--set must be {_FORM}; got {text!r}")
        if name in choices:
            raise OptionError(f"--set must name each option once; got {name} twice")
        low, colon, rest = values.partition(":")
        if not colon:
            choices[name] = [trainer.read(name, value.strip()) for value in values.split(",")]
            continue
        high, _, how = rest.partition(":")
        choices[name] = Range(trainer.read(name, low), trainer.read(name, high), how == "log", _step(text, how))
    return choices


def _step(text: str, how: str) -> float | None:
    try:
        return None if how in ("", "log") else float(how) if "." in how else int(how)
    except ValueError:
        raise OptionError(f"--set must be {_FORM}; got {text!r}") from None


def checked(trainer: type[WordTrainer], choices: Mapping[str, Any], fixed: Mapping[str, Any], search: bool) -> Choices:
    """The choices with every list of values a list; OptionError for what cannot be an option, or not be varied."""
    for name, value in fixed.items():
        trainer.check_value(name, value)
    if both := sorted(set(choices) & set(fixed)):
        raise OptionError(f"an option must be varied or fixed; got both of {', '.join(both)}")
    lists: Choices = {}
    for name, values in choices.items():
        if isinstance(values, Range):
            if not search:
                raise OptionError(
                    f"{name} must be a list of values, since a range needs trials=N or minutes=M; got {values}"
                )
            low, high = trainer.check_value(name, values.low), trainer.check_value(name, values.high)
            lists[name] = replace(values, low=low, high=high)
            continue
        if isinstance(values, (str, bytes)) or not isinstance(values, Iterable):
            raise OptionError(f"{name} must be a list of values or a Range; got {values!r:.60}")
        lists[name] = list(dict.fromkeys(trainer.check_value(name, value) for value in values))
        if not lists[name]:
            raise OptionError(f"{name} must have a value; the list is empty")
    if "seed" in lists:
        raise OptionError("seed must not be varied: seeds=N trains each setting with N seeds")
    return lists


def grid(choices: Mapping[str, Any]) -> list[dict[str, Any]]:
    """All combinations of the values, the last option changing fastest.

    >>> grid({"window": [2, 5], "epochs": [1, 3]})[1]
    {'window': 2, 'epochs': 3}
    """
    lists: Sequence[Sequence[Any]] = list(choices.values())
    return [dict(zip(choices, values)) for values in product(*lists)]


def shown(options: Mapping[str, Any]) -> str:
    """The options of a setting in a line."""
    return " ".join(f"{name}={_value(value)}" for name, value in options.items()) or "defaults"


def _value(value: Any) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)
