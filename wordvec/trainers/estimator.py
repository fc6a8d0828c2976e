"""Trainers in scikit-learn's searches: an estimator keeps what a trainer has fitted, and a function scores that."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, replace
from typing import Any, cast

from wordvec.base.errors import OptionError
from wordvec.base.estimator import Estimator
from wordvec.base.options import Options

Judge = Callable[[Any], float]


class Scorable(Estimator):
    """The part of a trainer that scikit-learn sees; its options are the fields of its dataclass."""

    @property
    def params(self) -> Options:
        """The trainer itself, whose fields are its options."""
        return cast(Options, self)

    def _take(self, options: Options) -> None:
        for f in fields(options):
            object.__setattr__(self, f.name, getattr(options, f.name))

    def _copy(self) -> Any:
        return self.scored_by(None)

    def scored_by(self, judge: Judge | None) -> ScoredTrainer:
        """An estimator for scikit-learn, whose score is what a function makes of the trained vectors.

        `judge` may be a `wordvec.evaluate.sweeps.Judge`, which scores vectors on a suite.

        >>> from wordvec import SkipGram
        >>> estimator = SkipGram(vector_size=8, min_count=1, workers=1).scored_by(lambda vectors: vectors.vector_size)
        >>> estimator.fit([["a", "b"], ["b", "c"]] * 10).score()
        8.0
        """
        return ScoredTrainer(replace(cast(Any, self)), judge)


class ScoredTrainer(Estimator):
    """A trainer, the function that scores what it has trained, and that: `learned_`, what `fit` of the trainer gave.

    `Trainer.scored_by` makes it, and scikit-learn's `clone` of a trainer is one.
    """

    learned_: Any

    def __init__(self, trainer: Any, judge: Judge | None = None) -> None:
        self.trainer, self.judge = trainer, judge

    @property
    def params(self) -> Options:
        """The trainer, whose fields are the options."""
        return cast(Options, self.trainer)

    def _take(self, options: Options) -> None:
        self.trainer = options

    def _copy(self) -> ScoredTrainer:
        return ScoredTrainer(self.trainer, self.judge)

    def fit(self, corpus: Any, y: object = None, **arguments: Any) -> ScoredTrainer:
        """Train on a corpus, for scikit-learn a list of token lists; `arguments` are those of the trainer's `fit`."""
        self.learned_ = self.trainer.fit(corpus, **arguments)
        return self

    def score(self, corpus: Any = None, y: object = None) -> float:
        """The score of `learned_`; the corpus is not looked at. OptionError without a function, and before `fit`."""
        if self.judge is None:
            raise OptionError(
                f"{type(self.trainer).__name__} must be given a function that scores vectors: "
                "trainer.scored_by(function), such as a wordvec.evaluate.sweeps.Judge"
            )
        if not hasattr(self, "learned_"):
            raise OptionError(f"{type(self.trainer).__name__} must be fitted before it is scored: call fit")
        return float(self.judge(self.learned_))

    def __repr__(self) -> str:
        return f"ScoredTrainer({self.trainer!r}, {self.judge!r})"
