"""`sweep`: one model with many settings, each trained and judged; from a folder it goes on where it was stopped."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

from wordvec.base.arguments import is_one_of, whole_number
from wordvec.base.errors import CorpusError, OptionError, TrainingError, WordvecError
from wordvec.base.logs import warn
from wordvec.base.progress import progress_bar
from wordvec.cooccurrence import Cooccurrence
from wordvec.corpus import EncodedCorpus
from wordvec.evaluate.policy import Policy
from wordvec.evaluate.sweeps.corpora import Corpora, order_of, reading_of
from wordvec.evaluate.sweeps.folder import SweepFolder
from wordvec.evaluate.sweeps.judging import Folder, Judge
from wordvec.evaluate.sweeps.results import Sweep, Trial
from wordvec.evaluate.sweeps.searching import Search
from wordvec.evaluate.sweeps.settings import Choices, checked, grid, trainer_class
from wordvec.trainers import WordTrainer
from wordvec.vectors import KeyedVectors

KEEP = ("best", "all", "none")


def sweep(
    corpus: Any,
    options: Mapping[str, Any],
    *,
    model: str = "skipgram",
    judge: Judge | Callable[[KeyedVectors], float] | None = None,
    data: Folder | Iterable[Folder] = (),
    suite: str = "core",
    policy: Policy | str | None = None,
    metric: str | None = None,
    seeds: int = 1,
    trials: int | None = None,
    minutes: float | None = None,
    folder: str | os.PathLike[str] | None = None,
    keep: str = "best",
    tokenizer: Callable[[str], list[str]] | None = None,
    cache: str | os.PathLike[str] | None = None,
    callback: Callable[[Trial, int, int | None], object] | None = None,
    progress: bool = False,
    **fixed: Any,
) -> Sweep:
    """Train a model of words with all combinations of some options, and score the vectors; the best setting first.

    `options` has a list of values for each option that varies; those in `fixed` are the same everywhere. Each setting
    is trained with `seeds` seeds, from the fixed `seed` on. Vectors are scored on the test sets that are found under
    `data`, as `Judge.of` describes, and settings are sorted by the mean of the `metric`; a `judge` may also be any
    function of vectors. All options are checked before anything is trained. The corpus is encoded once for all settings
    of the same `min_count`, `max_vocab` and `lowercase`, and counted once for all of the same options of counting.

    With `trials` or `minutes`, Optuna (`pip install "wordvec[optuna]"`) searches that many settings, or as long; then
    an option may be a `Range`. In a `folder` each trial is kept as soon as it is complete: the same call goes on after
    an interruption, and one with more values trains what is new. Of vectors it keeps those of the best setting, of all
    or of none (`keep`). Each trial is given to `callback`, with its number and how many there are.

    OptionError for options that do not fit, and for a folder of another corpus, other test sets or another version. A
    trial that fails, as training diverges, has no score and a reason; WordvecError where all fail.

    >>> sentences = [["a", "rose", "is", "a", "rose"], ["a", "daisy"]] * 20
    >>> result = sweep(sentences, {"window": [1, 2], "vector_size": [4, 8]}, judge=len, epochs=1, workers=1)
    >>> len(result.settings), result.best.value
    (4, 4.0)
    """
    if not is_one_of(keep, KEEP):
        raise OptionError(f"keep must be one of {', '.join(KEEP)}; got {keep!r}")
    by = _judged(judge, data, suite, policy, metric)
    is_search = trials is not None or minutes is not None
    plan = _Plan.made(model, options, fixed, seeds, is_search)
    corpora = Corpora(corpus, tokenizer, cache, progress)
    settings: Settings = Search(plan.choices, trials, minutes, plan.seed) if is_search else Grid(plan)
    corpora.check([plan.trainer(setting) for setting in settings.corners()], list(plan.choices))
    where = SweepFolder(folder, plan.identity() | _identity(by), keep)
    count = None if settings.count is None else settings.count * plan.seeds
    worker = _Worker(plan, corpora, by, where, fixed.get("workers"))
    done: list[Trial] = []
    with progress_bar(count, progress, "sweep", " trials") as bar:
        for setting in settings:
            own: list[Trial] = []
            for seed in range(plan.seed, plan.seed + plan.seeds):
                own.append(worker.trial(setting, seed))
                if callback is not None:
                    callback(own[-1], len(done) + len(own), count)
                if bar is not None:
                    bar.update(1)
            done += own
            settings.tell(own)
            where.keep_only(Sweep.best_of(done), done)
    if not done:
        raise WordvecError("a sweep must have time for a setting; there was time for none: give more minutes")
    return _finished(worker.with_vectors(done), by, plan, where)


@dataclass(frozen=True)
class _Plan:
    """What is trained: the model, the options that vary and those that do not, and the seeds."""

    model: type[WordTrainer]
    choices: Choices
    fixed: dict[str, Any]
    seed: int  # the first one
    seeds: int

    @classmethod
    def made(
        cls, model: str, options: Mapping[str, Any], fixed: Mapping[str, Any], seeds: int, is_search: bool
    ) -> _Plan:
        """The checked plan; OptionError where an option is unknown, or a value is refused."""
        trainer, seeds = trainer_class(model), whole_number("seeds", seeds)
        choices = checked(trainer, options, fixed, is_search)
        seed = fixed.get("seed", trainer.__dataclass_fields__["seed"].default)
        if seeds > 1 and not trainer.random:
            warn(f"{trainer.name} draws nothing at random: each setting is trained once, not with {seeds} seeds")
            seeds = 1
        return cls(trainer, choices, dict(fixed), seed, seeds)

    def identity(self) -> dict[str, Any]:
        """What all trials of a folder have in common."""
        recorded = self.model(**self.fixed).recorded()
        return {"model": self.model.name} | {name: recorded[name] for name in self.fixed if name in recorded}

    def trainer(self, setting: Mapping[str, Any], seed: int | None = None) -> WordTrainer:
        """The trainer of a setting; OptionError where the model refuses it."""
        return self.model(**{**self.fixed, **setting, "seed": self.seed if seed is None else seed})


class Settings(Protocol):
    """Where settings come from: a grid, or a search that is told what they scored."""

    @property
    def count(self) -> int | None: ...  # noqa: D102
    def __iter__(self) -> Iterator[dict[str, Any]]: ...
    def corners(self) -> list[dict[str, Any]]: ...  # noqa: D102
    def tell(self, trials: Sequence[Trial]) -> None: ...  # noqa: D102


class Grid:
    """All combinations of values; those that share an encoded corpus, and counts, one after another."""

    def __init__(self, plan: _Plan) -> None:
        self._settings = sorted(grid(plan.choices), key=lambda setting: order_of(plan.trainer(setting)))
        self.count = len(self._settings)

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return iter(self._settings)

    def corners(self) -> list[dict[str, Any]]:
        """The settings that must be possible: all."""
        return self._settings

    def tell(self, trials: Sequence[Trial]) -> None:
        """Nothing follows from what a setting scored."""


@dataclass(frozen=True)
class _Worker:
    """What makes a trial: from the folder, or by training and judging."""

    plan: _Plan
    corpora: Corpora
    judge: Judge | Callable[[KeyedVectors], float]
    folder: SweepFolder
    workers: int | None

    def trial(self, setting: dict[str, Any], seed: int) -> Trial:
        """The trial of a setting and a seed."""
        try:
            trainer = self.plan.trainer(setting, seed)
            text = self.corpora.text(trainer)
        except (CorpusError, OptionError) as error:  # of a search, whose settings are not all known before
            return Trial(setting, seed, None, 0.0, 0.0, reason=str(error))
        self.folder.check_corpus(_facts(trainer, text))
        if (known := self.folder.get(trainer, setting)) is not None:
            return known
        return self._trained(trainer, Trial(setting, seed, None, 0.0, 0.0))

    def _trained(self, trainer: WordTrainer, trial: Trial) -> Trial:
        """A trial with its time and its scores, or the reason why it has none; the folder keeps it."""
        try:
            corpus = self.corpora.of(trainer)
            started, processor = time.perf_counter(), time.process_time()
            vectors = trainer.fit(corpus)
            times = time.perf_counter() - started, time.process_time() - processor
        except (CorpusError, OptionError, TrainingError) as error:
            trial = replace(trial, reason=str(error))
        else:
            trial = replace(trial, seconds=times[0], processor_seconds=times[1], words=len(vectors))
            trial = self._judged(trial, trainer, vectors)
        self.folder.put(trainer, trial)
        return trial

    def with_vectors(self, trials: Sequence[Trial]) -> list[Trial]:
        """The trials; those of the best setting are trained again where their vectors are to be kept, and are not."""
        best = Sweep.best_of(trials) if self.folder.keeps_best else ()
        lost = [trial for trial in best if trial.vectors is None and trial.value is not None]
        again = {id(trial): self._trained(self.plan.trainer(trial.options, trial.seed), trial) for trial in lost}
        return [again.get(id(trial), trial) for trial in trials]

    def _judged(self, trial: Trial, trainer: WordTrainer, vectors: KeyedVectors) -> Trial:
        file = self.folder.save(trainer, trial.options, vectors)
        if not isinstance(self.judge, Judge):
            return replace(trial, value=float(self.judge(vectors)), vectors=file)
        scores = self.judge.scores(vectors, self.workers)
        value = self.judge.value(scores)
        reason = None if value is not None else next((one.reason for one in scores if one.reason), "no set has a score")
        return replace(trial, value=value, scores=scores, vectors=file, reason=reason)


def _judged(
    judge: Any, data: Any, suite: str, policy: Policy | str | None, metric: str | None
) -> Judge | Callable[[KeyedVectors], float]:
    """What scores vectors: a function, or the judge of a suite."""
    if judge is None:
        return Judge.of(data, suite, policy, metric)
    if not callable(judge):
        raise OptionError(f"judge must be a Judge, or a function from vectors to a number; got {judge!r:.60}")
    if metric is not None:
        raise OptionError(f"metric must be given to the judge; got {metric!r} beside it")
    checked_judge: Judge | Callable[[KeyedVectors], float] = judge
    return checked_judge


def _identity(judge: Judge | Callable[[KeyedVectors], float]) -> dict[str, Any]:
    if isinstance(judge, Judge):
        return judge.identity()
    return {"judge": getattr(judge, "__qualname__", type(judge).__name__)}


def _facts(trainer: WordTrainer, text: EncodedCorpus | Cooccurrence) -> dict[str, Any]:
    """What tells a corpus from another: its tokens, and the fingerprint of the text as it was encoded."""
    tokens = {} if text.stats is None else {"tokens": text.stats.read}
    return tokens | {f"text of {reading_of(trainer)}": text.fingerprint}


def _result(trials: Sequence[Trial], judge: Any, plan: _Plan, folder: SweepFolder) -> Sweep:
    is_suite = isinstance(judge, Judge)
    return Sweep.of(
        trials,
        model=plan.model.name,
        metric=judge.name if is_suite else _identity(judge)["judge"],
        fixed=plan.fixed,
        policy=judge.policy.describe() if is_suite else "",
        corpus=folder.corpus,
        missing=judge.found.missing if is_suite else (),
        refused=judge.found.refused if is_suite else (),
    )


def _finished(trials: Sequence[Trial], judge: Any, plan: _Plan, folder: SweepFolder) -> Sweep:
    """The result, kept in the folder; WordvecError where no setting has a score."""
    result = _result(trials, judge, plan, folder)
    folder.write("results.json", result.to_dict())
    if result.best.value is None:
        raise WordvecError(f"a setting must have a score; none has: {result.best.reason}")
    return result
