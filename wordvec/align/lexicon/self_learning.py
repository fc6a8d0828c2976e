"""Self-learning: a map and a dictionary that improve each other, from few pairs or none, and evidence of success."""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass, field, replace
from typing import Any, NamedTuple

import numpy as np

from wordvec.align.arrays import Doubles, Floats
from wordvec.align.lexicon import seed_dictionary as seeds
from wordvec.align.lexicon.aligned import Aligned
from wordvec.align.lexicon.dictionary_induction import InducedDictionary, Pairs, induced_dictionary
from wordvec.align.lexicon.learning_places import Place, Places
from wordvec.align.lexicon.lexicon import as_lexicon, match
from wordvec.align.maps.fitting import normalized, options_and_method
from wordvec.align.maps.map import Map
from wordvec.align.maps.method import Method
from wordvec.align.maps.normalizing import Normalizer, limit_option, normalize_option
from wordvec.align.maps.orthogonal import procrustes
from wordvec.base.arguments import check_vectors
from wordvec.base.errors import OptionError
from wordvec.base.options import Options, option
from wordvec.base.progress import progress_bar
from wordvec.optim.checkpoints import Checkpoint, Checkpoints, begun
from wordvec.search.matching import mutual
from wordvec.trainers.base import fingerprint_of, fingerprint_of_bytes
from wordvec.transforms import Transforms
from wordvec.vectors import KeyedVectors

SEED_DICTIONARIES = ("identical", "numerals", "unsupervised")
_LEAST_OBJECTIVE, _LEAST_MUTUAL = 0.1, 0.01  # below these nothing can have been learned
_BASELINES = 2  # random maps to compare with
_LEAST_RATIO = 1.2


@dataclass(frozen=True)
class Evidence:
    """Whether held-out words have translations whose CSLS is higher than that under random maps.

    The CSLS of a word with its translation compares their similarity with that to other neighbours; it does not rise
    where learning has only moved the two sides closer together. The baseline is the CSLS under random maps: the learned
    map followed by random signs of the principal axes of the target, which keep the mean and all variances of the
    mapped words.
    """

    words: int  # held-out source words
    csls: float  # the mean CSLS of a held-out word with its translation
    baseline: float  # the same under random maps
    error: float  # the standard error of the difference
    mutual: float  # the share of all source words that are the translation of their translation


@dataclass(frozen=True)
class SelfLearned:
    """A learned map, and whether it can be trusted: where `took_off` is False, `reason` says why."""

    map: Map = field(repr=False)
    took_off: bool
    reason: str | None
    seed_dictionary: str
    seed_pairs: int  # pairs of the seed dictionary
    pairs: int  # distinct pairs of the last dictionary
    iterations: int
    objective: tuple[float, ...] = field(repr=False)  # after each iteration: the mean highest cosine, over both sides
    evidence: Evidence
    criterion: float  # `Aligned.criterion` of the learned rotation
    seed: int

    def to_dict(self) -> dict[str, Any]:
        """All of it by name but the map, ready for JSON."""
        facts = {name: value for name, value in vars(self).items() if name not in ("map", "evidence")}
        return facts | {"objective": list(self.objective), "evidence": asdict(self.evidence)}


@dataclass(frozen=True, kw_only=True)
class Learning(Options):
    """The options of self-learning."""

    vocabulary: int = option(20_000, "first words of both sides that are learned from", low=10)
    unsupervised_words: int = option(4_000, "first words that an unsupervised seed dictionary is made from", low=10)
    k: int = option(10, "nearest neighbours in CSLS", low=1)
    keep: float = option(0.1, "probability at the start that a pair of words is considered", above=0, high=1)
    patience: int = option(50, "iterations without progress before the probability is doubled, or the end", low=1)
    max_iter: int = option(1_000, "iterations at most", low=1)
    restarts: int = option(1, "runs with different seeds, of which the best is used", low=1)
    seed: int = option(0, "seed of all random choices", low=0)
    normalize: str = normalize_option()
    map_normalize: str | None = option(None, "normalisation for the final map; none given: the same")
    case_insensitive: bool = option(True, "look words up as written, then in lower, Title and UPPER case")
    limit: int = limit_option()
    workers: int | None = option(None, "threads; none given: all usable cores", low=1, resource=True)


def self_learn(
    source: KeyedVectors,
    target: KeyedVectors,
    seed_dictionary: Any = "identical",
    method: str | Method = "multistep",
    options: Learning | None = None,
    *,
    progress: bool = False,
    checkpoint: Checkpoint | str | os.PathLike[str] | None = None,
    **values: Any,
) -> SelfLearned:
    """A map learned from few pairs or none: a dictionary gives a rotation, the rotation induces a dictionary, repeated.

    This is the method of Artetxe, Labaka, Agirre 2018, "A robust self-learning method for fully unsupervised
    cross-lingual mappings of word embeddings", except that pairs which are not considered cannot be chosen at all.
    `seed_dictionary` is "identical" (words that both sides have), "numerals" (those in digits), "unsupervised" (from
    the similarities within each space), or pairs, as `fit_map` takes them. Each iteration matches the first
    `vocabulary` words of both sides by CSLS in both directions. A pair of words is considered with the probability
    `keep`, which is doubled after `patience` iterations in which the mean highest cosine has not risen by 1e-6; where
    that happens at 1, learning ends. Then `method` is fitted to the last dictionary, after the normalisation
    `map_normalize` if given: with "unit", the target is not changed. The options are those of `Learning`; they may be
    given by name, next to the options of the method.

    A tenth of the source words is held out of the learning: they are the `evidence` for `took_off`. It is False, too,
    where the mean highest cosine is below 0.1, or fewer than 1 % of the words are the translation of their translation.
    With `restarts` above 1, runs with other seeds are compared by their criterion. The result depends on the seed, not
    on the number of threads. `checkpoint` is as in `wordvec.SkipGram.fit`, with iterations in the place of epochs.
    """
    check_vectors(source=source, target=target)
    checkpoints = Checkpoints.of(checkpoint)
    chosen, with_method = options_and_method(Learning, options, method, values)
    x, y, steps = _normalized_sides(source, target, chosen.normalize, chosen.limit)
    left, right, last_steps = x, y, steps
    normalize = chosen.map_normalize or chosen.normalize
    if normalize != chosen.normalize:
        left, right, last_steps = _normalized_sides(source, target, normalize, chosen.limit)
    name, pairs = _seed_pairs(seed_dictionary, source, target, x, y, chosen)
    best: SelfLearned | None = None

    def identity() -> dict[str, Any]:
        return _identity(source, target, pairs, chosen, with_method)

    with progress_bar(None, progress, "self-learning", " iterations") as bar, begun(checkpoints, identity):
        places = Places(checkpoints, chosen.restarts, x.shape[1])
        for number, seed in enumerate(range(chosen.seed, chosen.seed + chosen.restarts)):
            run = _Run(x[: chosen.vocabulary], y[: chosen.vocabulary], replace(chosen, seed=seed))
            with places.saved_when_interrupted():
                place = places.of(number) or run.start(x[pairs[0]], y[pairs[1]])
                while not place.done:
                    place = run.iterated(place)
                    places.keep(number, place)
                    if bar is not None:
                        bar.update(1)
            rotation, objective = place.rotation, place.objective
            evidence = run.evidence(rotation)
            dictionary = run.induced(rotation).union()
            fitted = with_method.fit(left[dictionary[0]], right[dictionary[1]], spaces=(left, right))
            reason = _failure(objective[-1], evidence)
            learned = SelfLearned(
                map=normalized(fitted, *last_steps, normalize=normalize, limit=chosen.limit),
                took_off=reason is None,
                reason=reason,
                seed_dictionary=name,
                seed_pairs=len(pairs[0]),
                pairs=len(np.unique(np.stack(dictionary), axis=1).T),
                iterations=len(objective),
                objective=objective,
                evidence=evidence,
                criterion=run.criterion(rotation),
                seed=seed,
            )
            if best is None or (learned.took_off, learned.criterion) > (best.took_off, best.criterion):
                best = learned
    assert best is not None
    facts = best.to_dict() | {"objective": best.objective[-1], "options": chosen.recorded()}
    best.map.facts["self_learning"] = facts
    return best


def _identity(
    source: KeyedVectors, target: KeyedVectors, pairs: Pairs, options: Learning, method: Method
) -> dict[str, Any]:
    """What must be the same where learning goes on from a checkpoint."""
    return {
        "trainer": "self-learning",
        "options": options.recorded(),
        "method": [method.name, method.to_dict()],
        "source": fingerprint_of(source),
        "target": fingerprint_of(target),
        "seed_dictionary": fingerprint_of_bytes(*pairs),
    }


class _Sides(NamedTuple):
    """The first rows of both sides after a normalisation, and its transforms."""

    x: Floats
    y: Floats
    steps: tuple[Transforms | None, Transforms | None]


def _normalized_sides(source: KeyedVectors, target: KeyedVectors, normalize: str, limit: int) -> _Sides:
    normalizer = Normalizer(normalize, limit)
    source_steps, x = normalizer.fitted(source.vectors)
    target_steps, y = normalizer.fitted(target.vectors)
    return _Sides(x, y, (source_steps, target_steps))


def _seed_pairs(
    seed_dictionary: Any, source: KeyedVectors, target: KeyedVectors, x: Floats, y: Floats, options: Learning
) -> tuple[str, Pairs]:
    """The name of the seed dictionary, and its pairs of rows."""
    name = seed_dictionary
    if isinstance(name, str) and name in SEED_DICTIONARIES and not os.path.exists(name):
        if name == "unsupervised":
            return name, seeds.unsupervised(x, y, options.unsupervised_words, options.k, options.workers)
        pairs_of = seeds.identical if name == "identical" else seeds.numerals
        return name, pairs_of(source, target, min(len(x), len(y)))
    lexicon = as_lexicon(seed_dictionary)
    matched = match(lexicon, source, target, options.case_insensitive)
    used = (matched.source < len(x)) & (matched.target < len(y))
    if not used.any():
        raise OptionError(f"pairs must be among the first {len(x)} and {len(y)} words; none is: raise limit")
    return lexicon.name, (matched.source[used], matched.target[used])


class _Run:
    """Self-learning with one seed, on the first rows of both sides."""

    def __init__(self, x: Floats, y: Floats, options: Learning) -> None:
        self.x, self.y, self.options = x, y, options
        rng = np.random.Generator(np.random.PCG64([options.seed, 1]))
        self.held_out = np.sort(rng.choice(len(x), max(1, len(x) // 10), replace=False))
        self._learned_from = np.ones(len(x), bool)
        self._learned_from[self.held_out] = False

    def start(self, left: Floats, right: Floats) -> Place:
        """Before the first iteration: the rotation of the pairs of the seed dictionary."""
        rotation, _ = procrustes(left.astype(np.float64), right.astype(np.float64))
        return Place(rotation, (), self.options.keep, -np.inf, 0, False)

    def iterated(self, place: Place) -> Place:
        """After one iteration more; the last one leaves the rotation as it is."""
        keep, best, since, iteration = place.keep, place.best, place.since, len(place.objective)
        induced = self.induced(place.rotation, keep=keep, seed=(self.options.seed, iteration))
        objective = (*place.objective, induced.objective)
        if induced.objective >= best + 1e-6:
            best, since = induced.objective, iteration
        if iteration - since > self.options.patience:
            if keep >= 1 or induced.objective < _LEAST_OBJECTIVE:
                return Place(place.rotation, objective, keep, best, since, True)
            keep, since = min(1.0, 2 * keep), iteration
        rows, others = induced.union()
        rows, others = rows[self._learned_from[rows]], others[self._learned_from[rows]]
        if not len(rows):
            return Place(place.rotation, objective, keep, best, since, True)
        rotation, _ = procrustes(self.x[rows].astype(np.float64), self.y[others].astype(np.float64))
        return Place(rotation, objective, keep, best, since, len(objective) == self.options.max_iter)

    def induced(self, rotation: Doubles, **options: Any) -> InducedDictionary:
        """The dictionary of all words that a rotation induces."""
        left = _rotated(self.x, rotation)
        return induced_dictionary(left, self.y, self.options.k, workers=self.options.workers, **options)

    def evidence(self, rotation: Doubles) -> Evidence:
        """The CSLS of the held-out words under a rotation, and under random maps."""
        induced = self.induced(rotation)
        _, axes = np.linalg.eigh(self.y.T.astype(np.float64) @ self.y)
        rng = np.random.Generator(np.random.PCG64([self.options.seed, 2]))
        baseline = np.zeros(len(self.held_out))
        for _ in range(_BASELINES):
            signs = rng.choice([-1.0, 1.0], len(axes))
            baseline += self.induced(rotation @ (axes * signs) @ axes.T).scores[self.held_out] / _BASELINES
        used = induced.forward[self.held_out] >= 0
        scores, baseline = induced.scores[self.held_out][used], baseline[used]
        if not len(scores):
            return Evidence(0, 0.0, 0.0, 0.0, 0.0)
        return Evidence(
            words=len(scores),
            csls=float(scores.mean()),
            baseline=float(baseline.mean()),
            error=float((scores - baseline).std() / np.sqrt(len(scores))),
            mutual=len(mutual(induced.forward, induced.backward)[0]) / len(self.x),
        )

    def criterion(self, rotation: Doubles) -> float:
        """`Aligned.criterion` of a rotation."""
        sides = (_rotated(self.x, rotation), self.y)
        source, target = (KeyedVectors([f"{i}" for i in range(len(side))], side) for side in sides)
        return Aligned(source, target, k=self.options.k, workers=self.options.workers).criterion()


def _failure(objective: float, evidence: Evidence) -> str | None:
    """Why learning did not take off, or None where it did."""
    if objective < _LEAST_OBJECTIVE:
        return f"words are far from all words of the other side: the mean highest cosine is {objective:.3f}"
    if evidence.mutual < _LEAST_MUTUAL:
        return f"hardly any word is the translation of its translation: {evidence.mutual:.2%} are"
    ahead = evidence.csls - evidence.baseline
    if evidence.csls < _LEAST_RATIO * evidence.baseline or ahead < 4 * evidence.error:
        return (
            f"translations of held-out words do not stand out: their mean CSLS is {evidence.csls:.3f}, and "
            f"{evidence.baseline:.3f} under random maps"
        )
    return None


def _rotated(rows: Floats, rotation: Doubles) -> Floats:
    return rows @ rotation.astype(np.float32)
