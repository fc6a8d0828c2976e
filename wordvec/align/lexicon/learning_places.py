"""Where self-learning is, in each of its runs, and its checkpoints."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import numpy as np

from wordvec.align.arrays import Doubles
from wordvec.optim.checkpoints import Checkpoints, State


class Place(NamedTuple):
    """The state of a run after an iteration, from which the next follows."""

    rotation: Doubles
    objective: tuple[float, ...]  # of each iteration
    keep: float  # the probability that a pair is considered
    best: float  # the highest objective
    since: int  # the iteration of the last progress
    done: bool


class Places:
    """The places of all runs that were begun, saved when it is time."""

    def __init__(self, checkpoints: Checkpoints | None, runs: int, size: int) -> None:
        self._checkpoints, self._places = checkpoints, dict[int, Place]()
        rotations = np.zeros((runs if checkpoints is not None else 0, size, size))
        saved = None if checkpoints is None else checkpoints.restore({"rotations": rotations})
        for number, (objective, *rest) in enumerate(saved["runs"] if saved else ()):
            self._places[number] = Place(rotations[number], tuple(objective), *rest)
        self._shape = rotations.shape

    def of(self, run: int) -> Place | None:
        """The place of a run, None before its first iteration."""
        return self._places.get(run)

    def keep(self, run: int, place: Place) -> None:
        """Remember the place of a run, and save where it is time, and at the end of the run."""
        self._places[run] = place
        if self._checkpoints is not None and (place.done or self._checkpoints.due(self._iterations)):
            self._checkpoints.save(*self._saved())

    @property
    def _iterations(self) -> int:
        return sum(len(place.objective) for place in self._places.values())

    def _saved(self) -> tuple[State, dict[str, Any]]:
        """(arrays, position): the rotations of all runs, and the rest of their places."""
        rotations = np.zeros(self._shape)
        for number, place in self._places.items():
            rotations[number] = place.rotation
        runs = [[list(place.objective), *place[2:]] for place in self._places.values()]
        return {"rotations": rotations}, {"epoch": self._iterations, "runs": runs}

    @contextmanager
    def saved_when_interrupted(self) -> Iterator[None]:
        """Save the last whole iteration when Ctrl-C or a signal ends the run."""
        try:
            yield
        except KeyboardInterrupt:
            if self._checkpoints is not None and self._places:
                self._checkpoints.save_interrupted(*self._saved())
            raise
