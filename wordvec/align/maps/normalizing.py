"""Normalisation of vectors before a map is fitted: unit norms and a mean of zero, once or iterated."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from wordvec.align.arrays import Floats
from wordvec.base.errors import OptionError
from wordvec.base.options import Options, option
from wordvec.transforms import Center, Step, Transforms, Unit

NORMALIZE = "unit,center,unit"
LIMIT = 200_000
_STEPS: dict[str, type[Step]] = {"unit": Unit, "center": Center}
_MOST_ITERATIONS = 20


@dataclass(frozen=True)
class Normalizer(Options):
    """The normalisation of vectors before they are mapped.

    `steps` is "unit", "center", several of them with commas between, "iter:N" or "none". "unit" scales rows to unit
    norm, and "center" subtracts the mean of the rows. "iter:5" is unit, then five times center and unit (iterative
    normalisation: Zhang, Xu, Katabi, Jegelka, Boyd-Graber 2019, "Are Girls Neko or Shojo?"); after it rows have unit
    norm and nearly a mean of zero. The means of the first `limit` rows are stored, so that new words are normalised in
    the same way.

    >>> Normalizer("unit,center").fit(np.eye(2, dtype=np.float32)).apply([[3, 0]]).tolist()
    [[0.5, -0.5]]
    """

    steps: str = option(NORMALIZE, "none, unit, center, several with commas between, or iter:N")
    limit: int = option(LIMIT, "first rows that the means are computed from", low=1)

    def __post_init__(self) -> None:
        self._steps()
        super().__post_init__()

    @property
    def moves(self) -> bool:
        """Whether cosines change."""
        return any(not isinstance(step, Unit) for step in self._steps())

    def fit(self, matrix: Any) -> Transforms | None:
        """The fitted transforms for the rows of a matrix [V, D], which may be encoded; None for "none"."""
        return self.fitted(matrix)[0]

    def fitted(self, matrix: Any) -> tuple[Transforms | None, Floats]:
        """The fitted transforms, and the first `limit` rows after them."""
        rows = np.asarray(matrix[: self.limit], np.float32)
        steps: list[Any] = []
        for step in self._steps():  # each step is fitted to the rows after the step before
            steps.append(step.fit(rows))
            rows = steps[-1].apply(rows)
        return (Transforms(steps) if steps else None), rows

    def _steps(self) -> list[Step]:
        head, _, number = self.steps.partition(":") if isinstance(self.steps, str) else ("", "", "")
        if head == "iter" and number.isdecimal() and 1 <= int(number) <= _MOST_ITERATIONS:
            return [Unit(), *(step for _ in range(int(number)) for step in (Center(), Unit()))]
        names = [] if self.steps == "none" else str(self.steps).split(",")
        if any(name not in _STEPS for name in names) or len(names) > 2 * _MOST_ITERATIONS:
            raise OptionError(
                f'normalize must be "none", "unit", "center", several of them as "unit,center,unit", or "iter:N" with '
                f"N from 1 to {_MOST_ITERATIONS}; got {self.steps!r}"
            )
        return [_STEPS[name]() for name in names]


def normalize_option(default: str = NORMALIZE) -> Any:
    """The option `normalize` of functions that normalise before they fit."""
    return option(default, "normalisation before the fit: none, unit, unit,center,unit, or iter:N")


def limit_option() -> Any:
    """The option `limit` of functions that normalise before they fit."""
    return option(LIMIT, "first rows that means are computed from and neighbours are searched in", low=1)
