"""Models by test sets: outcomes, run in threads or taken from a folder of earlier ones, and the scores of them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wordvec.align.temporal.folder import COMPASS, is_slices, listing, natural
from wordvec.base.digests import digest_of
from wordvec.base.errors import OptionError
from wordvec.base.progress import progress_bar
from wordvec.base.threads import in_order, thread_pool, usable_cores
from wordvec.corpus import EncodedCorpus, encode_corpus
from wordvec.evaluate import encoders
from wordvec.evaluate.policy import Policy, Resolver, policy_of
from wordvec.evaluate.results import Outcome, Score, merged
from wordvec.evaluate.suite.cache import Cache
from wordvec.evaluate.suite.discovery import Found
from wordvec.evaluate.tasks import Dataset
from wordvec.rows.norms import float_blocks

if TYPE_CHECKING:
    from wordvec.texts import TextEncoder
    from wordvec.trainers import Documents, Sentences
    from wordvec.vectors import KeyedVectors

Progress = Callable[[float], object]


@dataclass
class Model:
    """Vectors or an encoder of texts with a name: a file or folder that is opened when needed, or the thing itself.

    Encoders are a `TextEncoder`, a model of documents, or a function from a list of texts to an array [n, D]. Of a
    function nothing tells what it does: results are remembered only where a `version` does. `others` are further
    vectors in the same space, for tasks between them: another language, or later slices of time. Models of the same
    name are seeds of one model, and make one row.
    """

    name: str
    source: str | KeyedVectors | TextEncoder | Documents | Sentences | Callable[[list[str]], Any]
    others: tuple[str | KeyedVectors, ...] = ()
    version: str | None = None

    @classmethod
    def of(cls, text: str) -> Model:
        """A model given as a path, as `name=path`, or as several paths `path,path`; its name is that of its files.

        A folder of slices, as `Slices.save` and `wordvec align compass` write it, is all of them in their order.
        Another folder of several native files is all of them in the order of their names, but for the compass.
        """
        name, mark, path = text.partition("=")
        if not (mark and name and path) or os.path.exists(text):
            name, path = "", text
        paths = [path] if os.path.exists(path) else path.split(",")
        if len(paths) == 1 and not encoders.holds_documents(path) and len(slices := _slices_in(path)) > 1:
            return cls(name or Path(path.rstrip("/")).name, slices[0], tuple(slices[1:]))
        name = name or ",".join(Path(one.rstrip("/")).name or one for one in paths)
        return cls(name, paths[0], tuple(paths[1:]))

    @cached_property
    def opened(self) -> Any:
        """The vectors or the encoder."""
        return encoders.opened(self.source) if isinstance(self.source, str) else self.source

    @property
    def vectors(self) -> KeyedVectors:
        """The vectors of words; of a function none."""
        return encoders.words_of(self.opened)

    @cached_property
    def other_vectors(self) -> tuple[KeyedVectors, ...]:
        """The further vectors in the same space."""
        opened = (encoders.opened(source) if isinstance(source, str) else source for source in self.others)
        return tuple(map(encoders.words_of, opened))

    @cached_property
    def fingerprint(self) -> str:
        """A hash of words, rows, and what composes vectors of unknown words or encodes texts; '' if that is unknown."""
        facts = encoders.facts_of(self.opened, self.source if isinstance(self.source, str) else None, self.version)
        if facts is None:
            return ""
        digests = [_digest(self.vectors, facts), *map(_digest, self.other_vectors)]
        return digests[0] if len(digests) == 1 else digest_of(*digests)

    def close(self) -> None:
        """Forget vectors that were opened."""
        if isinstance(self.source, str):
            self.__dict__.pop("opened", None)
        self.__dict__.pop("other_vectors", None)


def _digest(vectors: KeyedVectors, facts: str = "") -> str:
    words, tensors = vectors.vocabulary, {} if vectors.subwords is None else vectors.subwords.tensors()
    facts += repr((len(vectors), vectors.vector_size, vectors.oov))
    composed = (part for name in sorted(tensors) for part in (name, tensors[name]))
    return digest_of(facts, words.data, words.offsets, float_blocks(vectors.vectors), *composed)


def _slices_in(path: str) -> list[str]:
    """The slices of a folder in their order; of another folder, its native files but for a compass, by their names."""
    if is_slices(path):
        return list(listing(path).slices.values())
    found = sorted(Path(path).glob("*.safetensors"), key=lambda one: natural(one.name)) if Path(path).is_dir() else []
    return [str(one) for one in found if one.stem != COMPASS]


@dataclass(frozen=True)
class Run:
    """The outcomes of the models of one name, in the order of the sets: of each set, a list for each seed."""

    name: str
    outcomes: tuple[tuple[list[Outcome], ...], ...]  # set -> seed -> measures
    fingerprints: tuple[str, ...]


@dataclass(frozen=True)
class Report:
    """All scores, and what they were made of."""

    scores: tuple[Score, ...]
    runs: tuple[Run, ...]
    sets: tuple[Dataset, ...]
    policy: Policy
    seed: int
    missing: tuple[str, ...] = ()  # tasks for which no set was found
    refused: tuple[str, ...] = ()  # files that could not be read
    differences: tuple[Any, ...] = field(default=())

    def records(self) -> Iterator[dict[str, Any]]:
        """One record for each model, measure and item: what the item should have, and what it got."""
        for run in self.runs:
            for dataset, seeds in zip(self.sets, run.outcomes):
                for seed, outcomes in enumerate(seeds):
                    for outcome in outcomes:
                        yield from _records(run.name, seed, dataset, outcome)

    def _repr_html_(self) -> str:
        from wordvec.base.html import fragment, records
        from wordvec.evaluate.drawing import drawings

        differences = [records(self.differences, title="differences", bar="difference")] if self.differences else []
        return fragment(drawings(self.scores), *differences)

    def to_dict(self) -> dict[str, Any]:
        """All scores and differences by name, ready for JSON."""
        return {
            "results": [score.to_dict() for score in self.scores],
            "differences": [difference.to_dict() for difference in self.differences],
            "policy": self.policy.describe(),
            "seed": self.seed,
            "not_found": list(self.missing),
            "not_read": list(self.refused),
            "unreadable": {
                dataset.name: {"lines": len(dataset.unreadable), "first": list(dataset.unreadable[:3])}
                for dataset in self.sets
                if dataset.unreadable
            },
        }


def evaluate(
    models: Sequence[Model],
    found: Found,
    policy: Policy | str = "default",
    *,
    seed: int = 1,
    by_words: bool = False,
    corpus: Any = None,
    cache: str | os.PathLike[str] | None = None,
    workers: int | None = None,
    progress: bool = False,
) -> Report:
    """The scores of models on test sets, each with its 95 % interval and its counts.

    Outcomes are the same for any number of `workers` (threads). With `cache`, a folder, outcomes are remembered by the
    fingerprints of vectors and items, the policy, the seed and the version. `by_words` draws words, not items. `corpus`
    is the text that tasks with few contexts fit A La Carte on. OptionError where there is no model or no set.
    """
    if not models or not found.sets:
        raise OptionError(f"give a model and a test set or more; got {len(models)} models and {len(found.sets)} sets")
    chosen, store = policy_of(policy), Cache(cache)
    names = list(dict.fromkeys(model.name for model in models))
    text = encoded(corpus, found, workers)
    with progress_bar(len(models) * len(found.sets), progress, "sets", unit=" sets") as bar:
        step: Progress = (lambda n: None) if bar is None else bar.update
        ran: dict[str, list[tuple[str, list[list[Outcome]]]]] = {name: [] for name in names}
        for model in models:
            outcomes = _outcomes(model, found, chosen, seed, text, store, workers, step)
            ran[model.name].append((model.fingerprint, outcomes))
            model.close()
    runs = tuple(
        Run(name, tuple(zip(*(outcomes for _, outcomes in ran[name]))), tuple(print_ for print_, _ in ran[name]))
        for name in names
    )
    jobs = [(run, place, seed, by_words, chosen) for run in runs for place in range(len(found.sets))]
    datasets = tuple(dataset for _, dataset in found.sets)
    cores = workers or usable_cores()
    with thread_pool(cores) as pool:
        by_set = list(in_order(pool, lambda job: _scores(*job, datasets=datasets), jobs, 2 * cores))
    scores = tuple(score for some in by_set for score in some)
    return Report(scores, runs, datasets, chosen, seed, found.missing, found.refused)


def encoded(corpus: Any, found: Found, workers: int | None = None) -> EncodedCorpus | None:
    """The corpus with all of its words, where a task reads it."""
    if corpus is None or not any(task.reads_corpus for task, _ in found.sets):
        return None
    return encode_corpus(corpus, min_count=1, workers=workers)


def _outcomes(
    model: Model,
    found: Found,
    policy: Policy,
    seed: int,
    corpus: EncodedCorpus | None,
    store: Cache,
    workers: int | None,
    step: Progress,
) -> list[list[Outcome]]:
    """The outcomes of a model on each set: fast tasks at the same time, then the others, which use all cores."""
    text = "" if corpus is None else corpus.fingerprint
    keys = [
        store.key(model.fingerprint, dataset.fingerprint, policy, seed, text if task.reads_corpus else "")
        for task, dataset in found.sets
    ]
    results: list[list[Outcome] | None] = [store.get(key) if model.fingerprint else None for key in keys]
    left = [place for place, outcomes in enumerate(results) if outcomes is None]
    step(len(results) - len(left))
    resolver: list[Resolver] = []

    def work(place: int, threads: int | None) -> list[Outcome]:
        task, dataset = found.sets[place]
        return task.run(resolver[0], dataset, seed, threads)

    if left:
        name, *names = [Path(one).stem if isinstance(one, str) else "" for one in (model.source, *model.others)]
        others = [Resolver(some, policy, name=other) for other, some in zip(names, model.other_vectors)]
        encoder = encoders.encoder_of(model.opened)
        resolver.append(Resolver(model.vectors, policy, encoder=encoder, others=others, corpus=corpus, name=name))
        fast = [place for place in left if found.sets[place][0].fast]
        cores = workers or usable_cores()
        with thread_pool(cores) as pool:
            for place, outcomes in zip(fast, in_order(pool, lambda place: work(place, 1), fast, 2 * cores)):
                results[place] = outcomes
                step(1)
        for place in [place for place in left if place not in fast]:
            told: list[float] = []

            def tell(share: float, told: list[float] = told) -> None:
                told.append(share)
                step(share)

            resolver[0].tell = tell
            results[place] = work(place, workers)
            step(1 - sum(told))
        for place in left if model.fingerprint else ():
            store.put(keys[place], results[place] or [])
    return [outcomes or [] for outcomes in results]


def _scores(
    run: Run, place: int, seed: int, by_words: bool, policy: Policy, datasets: Sequence[Dataset]
) -> list[Score]:
    """The scores of a run on a set; several seeds make one."""
    dataset = datasets[place]
    scores = []
    for outcome in map(merged, zip(*run.outcomes[place])):
        score, low, high = outcome.interval(seed=seed, by_words=by_words)
        scores.append(
            Score(
                model=run.name,
                task=dataset.task,
                name=dataset.name + (f"/{outcome.part}" if outcome.part else ""),
                measure=outcome.measure,
                score=score,
                low=low,
                high=high,
                used=outcome.used,
                total=outcome.total,
                coverage=outcome.coverage,
                policy=policy.describe(),
                seed=seed,
                deviation=outcome.deviation,
                seeds=len(run.fingerprints),
                reason=outcome.reason,
                unreadable=len(dataset.unreadable),
                data=dataset.fingerprint,
                vectors="+".join(run.fingerprints),
                headline=outcome.headline,
            )
        )
    return scores


def _records(model: str, seed: int, dataset: Dataset, outcome: Outcome) -> Iterator[dict[str, Any]]:
    if outcome.items is None or outcome.gold is None or outcome.values is None or outcome.part:
        return
    facts = {"model": model, "model_seed": seed, "task": dataset.task, "name": dataset.name, "measure": outcome.measure}
    for item, gold, value in zip(outcome.items.tolist(), outcome.gold.tolist(), outcome.values.tolist()):
        yield {**facts, "item": item, "gold": gold, "value": value}
