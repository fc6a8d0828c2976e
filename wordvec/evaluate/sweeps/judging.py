"""Judging: vectors scored on test sets, and one number of all these scores, by which settings are compared."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any

import numpy as np

from wordvec.base.errors import OptionError
from wordvec.corpus import EncodedCorpus
from wordvec.evaluate.policy import Policy, policy_of
from wordvec.evaluate.results import Score
from wordvec.evaluate.suite import SUITES, Found, Model, evaluate, find, suite_of
from wordvec.evaluate.suite.running import encoded
from wordvec.evaluate.tasks import TASKS

Folder = str | os.PathLike[str]


@dataclass(frozen=True, eq=False)
class Judge:
    """A function from vectors to a number, the higher the better: the mean of their scores on test sets.

    `metric` says which scores: of a suite such as "core" (the mean over its tasks of the mean over their sets), of a
    task such as "similarity" (the mean over its sets), or of one set by its name; None stands for all sets. A set
    counts by its first measure, Spearman's correlation or 3CosAdd for instance, and with 0 where it has no score.
    `corpus` is the text from which tasks learn that need one.
    """

    found: Found
    policy: Policy
    metric: str | None = None
    seed: int = 1
    corpus: Any = None

    def __post_init__(self) -> None:
        if not self.found.sets:
            raise OptionError("a judge must have a test set; none was found: give a folder of data")
        if not self._counted():
            raise OptionError(f"metric must be one of {', '.join(self.metrics())}; got {self.metric!r}")

    @classmethod
    def of(
        cls,
        data: Folder | Iterable[Folder] = (),
        suite: str = "core",
        policy: Policy | str | None = None,
        metric: str | None = None,
    ) -> Judge:
        r"""The judge of a suite by the test sets in files and folders.

        >>> from pathlib import Path
        >>> from tempfile import TemporaryDirectory
        >>> with TemporaryDirectory() as folder:
        ...     _ = Path(folder, "pairs.tsv").write_text("cat dog 9\ncat sun 1\nsun moon 8\n")
        ...     judge = Judge.of(folder, metric="similarity")
        >>> judge.metrics()[:3]
        ['core', 'all', 'similarity']
        """
        chosen = suite_of(suite)
        folders = [data] if isinstance(data, (str, os.PathLike)) else list(data)
        rules = chosen.policy() if policy is None else policy_of(policy)
        return cls(find(chosen.tasks, [*chosen.data, *folders]), rules, metric, corpus=chosen.text)

    @property
    def name(self) -> str:
        """The name of the metric."""
        return self.metric or "all"

    def __call__(self, model: Any) -> float:
        """The metric of vectors, or of the `words` of a model of documents; 0 where no set has a score."""
        return self.value(self.scores(model)) or 0.0

    def scores(self, model: Any, workers: int | None = None) -> tuple[Score, ...]:
        """All scores of vectors on the test sets."""
        vectors = getattr(model, "words", model)
        how: dict[str, Any] = {"seed": self.seed, "corpus": self._text, "workers": workers}
        return evaluate([Model("vectors", vectors)], self.found, self.policy, **how).scores

    @cached_property
    def _text(self) -> EncodedCorpus | None:
        """The corpus, encoded once for all that is judged."""
        return encoded(self.corpus, self.found)

    def value(self, scores: Iterable[Score]) -> float | None:
        """The metric of scores; None where none of the sets that it counts has a score."""
        by_set = {(one.task, one.name): one.score for one in scores if one.headline}
        by_task: dict[str, list[float | None]] = {}
        for key in self._counted():
            if key in by_set:
                by_task.setdefault(key[0], []).append(by_set[key])
        if all(value is None for values in by_task.values() for value in values):
            return None
        return float(np.mean([np.mean([value or 0.0 for value in values]) for values in by_task.values()]))

    def metrics(self) -> list[str]:
        """The names that `metric` may have: suites, tasks and sets of which something was found."""
        tasks = list(dict.fromkeys(task for task, _ in self._sets()))
        suites = [name for name in SUITES if any(name == "all" or name in TASKS[task].suites for task in tasks)]
        return [*suites, *tasks, *dict.fromkeys(name for _, name in self._sets())]

    def identity(self) -> dict[str, Any]:
        """What scores depend on: the items of the sets, the policy, and the seed."""
        sets = {f"{dataset.task} {dataset.name}": dataset.fingerprint for _, dataset in self.found.sets}
        policy = {field.name: getattr(self.policy, field.name) for field in fields(self.policy)}
        text = {} if self._text is None else {"judge corpus": self._text.fingerprint}
        return {"sets": sets, "policy": policy, "judge seed": self.seed, **text}

    def _sets(self) -> Sequence[tuple[str, str]]:
        """The sets by which vectors are better or worse; those of bias are not."""
        return [(dataset.task, dataset.name) for task, dataset in self.found.sets if "bias" not in task.suites]

    def _counted(self) -> list[tuple[str, str]]:
        """(task, set) of all sets that the metric is of."""
        metric = self.metric
        if metric is None or metric == "all":
            return list(self._sets())
        if metric in SUITES:
            return [key for key in self._sets() if metric in TASKS[key[0]].suites]
        return [key for key in self._sets() if metric in key]
