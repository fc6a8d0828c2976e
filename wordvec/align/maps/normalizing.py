"""Normalisation before a map is fitted: lengths of 1 and a mean of 0, once or again and again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wordvec.base.errors import OptionError
from wordvec.base.options import ByName
from wordvec.transforms import Center, Step, Transforms, Unit

Floats = NDArray[np.float32]
_STEPS: dict[str, type[Step]] = {"unit": Unit, "center": Center}
_MOST_ROUNDS = 20


@dataclass(frozen=True)
class Normalizer(ByName):
    """What is done to vectors before they are mapped: "unit", "center", both in any order, "iter:N" or "none".

    "unit" brings rows to length 1 and "center" subtracts their mean. "iter:5" is unit and then five times center and
    unit (iterative normalisation: Zhang, Xu, Katabi, Jegelka, Boyd-Graber 2019, "Are Girls Neko or Shojo?"), after
    which rows have both, nearly. The mean is that of the first `limit` rows; it is kept, and so new words are
    normalised as those were.

    >>> Normalizer("unit,center").fit(np.eye(2, dtype=np.float32)).apply([[3, 0]]).tolist()
    [[0.5, -0.5]]
    """

    steps: str = "unit,center,unit"
    limit: int = 200_000

    def __post_init__(self) -> None:
        self._steps()

    @property
    def moves(self) -> bool:
        """Whether cosines change."""
        return any(not isinstance(step, Unit) for step in self._steps())

    def fit(self, matrix: Any) -> Transforms | None:
        """The transforms for the rows of a matrix [V, D], encoded ones included; None for "none"."""
        return self.fitted(matrix)[0]

    def fitted(self, matrix: Any) -> tuple[Transforms | None, Floats]:
        """The transforms, and the first `limit` rows after them."""
        rows = np.asarray(matrix[: self.limit], np.float32)
        done: list[Any] = []
        for step in self._steps():  # one after the other, rather than all again for each
            done.append(step.fit(rows))
            rows = done[-1].apply(rows)
        return (Transforms(done) if done else None), rows

    def _steps(self) -> list[Step]:
        head, _, number = self.steps.partition(":") if isinstance(self.steps, str) else ("", "", "")
        if head == "iter" and number.isdecimal() and 1 <= int(number) <= _MOST_ROUNDS:
            return [Unit(), *(step for _ in range(int(number)) for step in (Center(), Unit()))]
        names = [] if self.steps == "none" else str(self.steps).split(",")
        if any(name not in _STEPS for name in names) or len(names) > 2 * _MOST_ROUNDS:
            raise OptionError(
                f'normalize must be "none", "unit", "center", several of them as "unit,center,unit", or "iter:N" with '
                f"N from 1 to {_MOST_ROUNDS}; got {self.steps!r}"
            )
        return [_STEPS[name]() for name in names]
