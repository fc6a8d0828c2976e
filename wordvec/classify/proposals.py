"""The options that autotuning varies, and which values it tries next: random ones, then neighbours of the best."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from math import exp, log
from typing import Any

import numpy as np

_FIRST = 0.35  # of the budget, in which most proposals are drawn anew
_WIDE, _NARROW = 0.3, 0.05  # deviation of a step from the best at the start and at the end, of the whole scale
_CHANGED = 0.5  # the share of options that a step changes


@dataclass(frozen=True)
class Scale:
    """The numbers from `low` to `high`, by their logarithms or as they are; places on it go from 0 to 1."""

    low: float
    high: float
    is_log: bool = True
    whole: bool = True

    def value(self, place: float) -> Any:
        """The number at a place."""
        low, high = (log(self.low), log(self.high)) if self.is_log else (self.low, self.high)
        value = low + (high - low) * min(max(place, 0.0), 1.0)
        value = exp(value) if self.is_log else value
        return round(value) if self.whole else float(f"{value:.3g}")

    def place(self, value: float) -> float:
        """The place of a number."""
        low, high, at = (log(self.low), log(self.high), log(value)) if self.is_log else (self.low, self.high, value)
        return min(max((at - low) / (high - low), 0.0), 1.0)


# Each scale is of one option; the lists are of options that go together.
SCALES = {
    "alpha": Scale(0.02, 2.0, whole=False),
    "epochs": Scale(2, 100),
    "vector_size": Scale(8, 200),
    "word_ngrams": Scale(1, 4, is_log=False),
}
TOGETHER: dict[tuple[str, ...], list[tuple[int, ...]]] = {
    ("min_n", "max_n"): [(0, 0), (2, 4), (2, 5), (3, 6)],
    ("dsub",): [(2,), (4,), (8,)],
}


class Proposals:
    """Values for the options that are not fixed: the defaults first, then what is drawn by the seed and the number.

    At first most values are drawn anew from their scales; later they are steps from the best, which grow shorter.
    """

    def __init__(
        self,
        start: Mapping[str, Any],
        left_out: Collection[str],
        seed: int,
        most: int = int(SCALES["vector_size"].high),
    ) -> None:
        """The proposals around a start; `most` is the largest `vector_size`."""
        scales = SCALES | {"vector_size": replace(SCALES["vector_size"], high=most, low=min(8, most - 1))}
        self._scales = {name: scale for name, scale in scales.items() if name not in left_out}
        self._lists = {names: values for names, values in TOGETHER.items() if not {*left_out} & {*names}}
        self._seed = seed
        tuned = [*self._scales, *(name for names in self._lists for name in names)]
        self.first = {name: start[name] for name in tuned}
        if "vector_size" in self.first:
            self.first["vector_size"] = min(self.first["vector_size"], most)

    def next(self, number: int, progress: float, best: Mapping[str, Any] | None) -> dict[str, Any]:
        """The values of a trial; `progress` is the share of the budget that is spent."""
        if number == 0:
            return dict(self.first)
        rng = np.random.default_rng([self._seed, number])
        if best is None or rng.random() < max(0.1, 1 - progress / _FIRST):
            return self._drawn(rng)
        width = _WIDE + (_NARROW - _WIDE) * min(progress, 1.0)
        values = dict(best)
        while values == dict(best):
            for name, scale in self._scales.items():
                if rng.random() < _CHANGED:
                    values[name] = scale.value(scale.place(best[name]) + width * rng.standard_normal())
            for names, choices in self._lists.items():
                if rng.random() < _CHANGED * width / _WIDE:
                    values |= dict(zip(names, choices[rng.integers(len(choices))]))
        return values

    def _drawn(self, rng: np.random.Generator) -> dict[str, Any]:
        values = {name: scale.value(rng.random()) for name, scale in self._scales.items()}
        for names, choices in self._lists.items():
            values |= dict(zip(names, choices[rng.integers(len(choices))]))
        return values
