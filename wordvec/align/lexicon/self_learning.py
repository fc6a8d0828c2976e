"""Self-learning: a map and a dictionary that improve each other, from few pairs or none; and whether it took off."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wordvec.align.lexicon import seed_dictionary as starts
from wordvec.align.lexicon.aligned import Aligned
from wordvec.align.lexicon.dictionary_induction import Floats, Round, Rows, induced
from wordvec.align.lexicon.lexicon import as_lexicon, match
from wordvec.align.maps.fitting import as_method, normalized
from wordvec.align.maps.map import Map
from wordvec.align.maps.methods import Method, procrustes
from wordvec.align.maps.normalizing import Normalizer
from wordvec.base.arguments import check_vectors
from wordvec.base.errors import OptionError
from wordvec.base.options import ByName
from wordvec.base.progress import progress_bar
from wordvec.search.matching import mutual
from wordvec.vectors import KeyedVectors

Wide = NDArray[np.float64]

STARTS = ("identical", "numerals", "unsupervised")
_LEAST_OBJECTIVE, _LEAST_MUTUAL = 0.1, 0.01  # below these nothing can have been learned
_BASELINES = 2  # maps that cannot translate, to compare with
_LEAST_RATIO = 1.2


@dataclass(frozen=True)
class Evidence:
    """Whether words that had no part in the learning find translations that stand out more than chance would have them.

    CSLS of a word with its translation says how much nearer that is than other neighbours of both: it does not rise
    where learning has merely laid crowds of words upon each other. The baseline are maps that agree with the learned
    one in the mean and in all variances of the mapped words, and are otherwise meaningless: the signs of the principal
    axes of the target are drawn at random.
    """

    words: int  # source words that were held out
    csls: float  # the mean CSLS of a held-out word with its translation
    baseline: float  # the same under maps that cannot translate
    error: float  # the standard error of the difference
    mutual: float  # the share of all source words that are the translation of their translation


@dataclass(frozen=True)
class SelfLearned:
    """A map that was learned, and whether it can be believed: where `took_off` is False, `reason` says why not."""

    map: Map = field(repr=False)
    took_off: bool
    reason: str | None
    start: str
    start_pairs: int  # pairs that it started from
    pairs: int  # distinct pairs of the last dictionary
    rounds: int
    objective: tuple[float, ...] = field(repr=False)  # after each round: the mean highest cosine, of both sides
    evidence: Evidence
    criterion: float  # `Aligned.criterion` of the map without its last steps
    seed: int

    def to_dict(self) -> dict[str, Any]:
        """All of it by name but the map, ready for JSON."""
        facts = {name: value for name, value in vars(self).items() if name not in ("map", "evidence")}
        return facts | {
            "objective": list(self.objective),
            "evidence": asdict(self.evidence),
        }


@dataclass(frozen=True, kw_only=True)
class Learning(ByName):
    """The options of the rounds."""

    vocabulary: int = 20_000
    start_words: int = 4_000
    k: int = 10
    keep: float = 0.1
    patience: int = 50
    most_rounds: int = 1_000
    workers: int | None = None

    def __post_init__(self) -> None:
        least = {"vocabulary": 10, "start_words": 10, "k": 1, "patience": 1, "most_rounds": 1}
        for name, low in least.items():
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < low:
                raise OptionError(f"{name} must be an integer >= {low}; got {value!r}")
        if not isinstance(self.keep, (int, float)) or not 0 < self.keep <= 1:
            raise OptionError(f"keep must be a probability > 0 and <= 1; got {self.keep!r}")


def self_learn(
    source: KeyedVectors,
    target: KeyedVectors,
    start: Any = "identical",
    method: str | Method = "multistep",
    *,
    normalize: str = "unit,center,unit",
    map_normalize: str | None = None,
    case_insensitive: bool = True,
    restarts: int = 1,
    seed: int = 0,
    limit: int = 200_000,
    progress: bool = False,
    rounds: Learning | None = None,
    **options: Any,
) -> SelfLearned:
    """A map learned from few pairs or none: pairs give a rotation, the rotation gives pairs, round after round.

    This is the method of Artetxe, Labaka, Agirre 2018, "A robust self-learning method for fully unsupervised
    cross-lingual mappings of word embeddings", but that pairs which do not take part cannot be chosen at all.
    `start` is "identical" (words that both sides have), "numerals" (those that are numbers), "unsupervised" (the shape
    of the two spaces alone), or pairs, as `fit_map` takes them. Each round matches the first `rounds.vocabulary` words
    of both sides by CSLS in both directions. A pair of words takes part with the probability `rounds.keep`, which is
    doubled after `rounds.patience` rounds in which the mean highest cosine has not risen by 1e-6; where that happens at
    1, learning ends. At last `method`, with its `options`, is fitted to the dictionary, after `map_normalize` where
    that shall be another normalisation than that of the learning: "unit" leaves the target as it is.

    A tenth of the source words has no part in the rounds: whether their translations stand out is the `evidence` by
    which `took_off` is told. It fails, too, where the mean highest cosine is below 0.1, or fewer than 1 % of the words
    are the translation of their translation. With `restarts` above 1 other seeds are tried, too, and the highest
    criterion wins. The result depends on the seed, not on the number of threads.
    """
    check_vectors(source=source, target=target)
    rounds = Learning() if rounds is None else rounds
    chosen = as_method(method, options)
    for name, value, low in (("restarts", restarts, 1), ("seed", seed, 0)):
        if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < low:
            raise OptionError(f"{name} must be an integer >= {low}; got {value!r}")
    normalizer = Normalizer(normalize, limit)
    (before, x), (before_target, y) = normalizer.fitted(source.vectors), normalizer.fitted(target.vectors)
    (last, left), (last_target, right) = (before, x), (before_target, y)
    if map_normalize not in (None, normalize):
        other = Normalizer(map_normalize, limit)
        (last, left), (last_target, right) = other.fitted(source.vectors), other.fitted(target.vectors)
    told, pairs = _start(start, source, target, x, y, rounds, case_insensitive)
    best: SelfLearned | None = None
    with progress_bar(None, progress, "self-learning", " rounds") as bar:
        for number in range(restarts):
            run = _Run(x[: rounds.vocabulary], y[: rounds.vocabulary], rounds, seed + number)
            matrix, objective = run.learn(x[pairs[0]], y[pairs[1]], bar.update if bar is not None else _nothing)
            evidence = run.evidence(matrix)
            found = run.dictionary(matrix)
            fitted = chosen.fit(left[found[0]], right[found[1]], spaces=(left, right))
            reason = _failure(objective[-1], evidence)
            done = SelfLearned(
                map=normalized(fitted, last, last_target, normalize=map_normalize or normalize, limit=limit),
                took_off=reason is None,
                reason=reason,
                start=told,
                start_pairs=len(pairs[0]),
                pairs=len(np.unique(np.stack(found), axis=1).T),
                rounds=len(objective),
                objective=tuple(objective),
                evidence=evidence,
                criterion=run.criterion(matrix),
                seed=seed + number,
            )
            if best is None or (done.took_off, done.criterion) > (best.took_off, best.criterion):
                best = done
    assert best is not None
    best.map.facts["self_learning"] = best.to_dict() | {"objective": best.objective[-1]}
    return best


def _start(
    start: Any, source: KeyedVectors, target: KeyedVectors, x: Floats, y: Floats, rounds: Learning, fold: bool
) -> tuple[str, Rows]:
    """What the start is called, and its pairs of rows."""
    if isinstance(start, str) and start in STARTS and not os.path.exists(start):
        if start == "unsupervised":
            return start, starts.unsupervised(x, y, rounds.start_words, rounds.k, rounds.workers)
        find = starts.identical if start == "identical" else starts.numerals
        return start, find(source, target, min(len(x), len(y)))
    lexicon = as_lexicon(start)
    found = match(lexicon, source, target, fold)
    used = (found.source < len(x)) & (found.target < len(y))
    if not used.any():
        raise OptionError(f"pairs must be among the first {len(x)} and {len(y)} words; none is: raise limit")
    return lexicon.name, (found.source[used], found.target[used])


class _Run:
    """The rounds with one seed, over the first rows of both sides."""

    def __init__(self, x: Floats, y: Floats, rounds: Learning, seed: int) -> None:
        self.x, self.y, self.rounds, self.seed = x, y, rounds, seed
        chance = np.random.Generator(np.random.PCG64([seed, 1]))
        self.held = np.sort(chance.choice(len(x), max(1, len(x) // 10), replace=False))
        self._learns = np.ones(len(x), bool)
        self._learns[self.held] = False

    def learn(self, left: Floats, right: Floats, tick: Callable[[], Any]) -> tuple[Wide, list[float]]:
        """The rotation after the last round, and the objective of each, from pairs of rows."""
        keep, best, since = self.rounds.keep, -np.inf, 0
        objective: list[float] = []
        matrix, _ = procrustes(left.astype(np.float64), right.astype(np.float64))
        while len(objective) < self.rounds.most_rounds:
            number = len(objective)
            found = induced(
                _moved(self.x, matrix), self.y, self.rounds.k, keep=keep, seed=(self.seed, number),
                workers=self.rounds.workers,
            )  # fmt: skip
            objective.append(found.objective)
            tick()
            if found.objective >= best + 1e-6:
                best, since = found.objective, number
            if number - since > self.rounds.patience:
                if keep >= 1 or found.objective < _LEAST_OBJECTIVE:
                    break
                keep, since = min(1.0, 2 * keep), number
            rows, others = found.union()
            rows, others = rows[self._learns[rows]], others[self._learns[rows]]
            if not len(rows):
                break
            matrix, _ = procrustes(self.x[rows].astype(np.float64), self.y[others].astype(np.float64))
        return matrix, objective

    def dictionary(self, matrix: Wide) -> Rows:
        """The pairs of all words, both directions together."""
        return self._round(matrix).union()

    def evidence(self, matrix: Wide) -> Evidence:
        """What the words that were held out say of a map."""
        found = self._round(matrix)
        _, axes = np.linalg.eigh(self.y.T.astype(np.float64) @ self.y)
        chance = np.random.Generator(np.random.PCG64([self.seed, 2]))
        others = np.zeros(len(self.held))
        for _ in range(_BASELINES):
            signs = chance.choice([-1.0, 1.0], len(axes))
            others += self._round(matrix @ (axes * signs) @ axes.T).scores[self.held] / _BASELINES
        used = found.forward[self.held] >= 0
        scores, others = found.scores[self.held][used], others[used]
        if not len(scores):
            return Evidence(0, 0.0, 0.0, 0.0, 0.0)
        return Evidence(
            words=len(scores),
            csls=float(scores.mean()),
            baseline=float(others.mean()),
            error=float((scores - others).std() / np.sqrt(len(scores))),
            mutual=len(mutual(found.forward, found.backward)[0]) / len(self.x),
        )

    def _round(self, matrix: Wide) -> Round:
        return induced(_moved(self.x, matrix), self.y, self.rounds.k, workers=self.rounds.workers)

    def criterion(self, matrix: Wide) -> float:
        """That of the rotation."""
        words = [[f"{i}" for i in range(len(side))] for side in (self.x, self.y)]
        sides = [KeyedVectors(names, side) for names, side in zip(words, (_moved(self.x, matrix), self.y))]
        return Aligned(*sides, k=self.rounds.k, workers=self.rounds.workers).criterion()


def _failure(objective: float, evidence: Evidence) -> str | None:
    """Why learning did not take off, or None where it did."""
    if objective < _LEAST_OBJECTIVE:
        return f"words are far from all words of the other side: the mean highest cosine is {objective:.3f}"
    if evidence.mutual < _LEAST_MUTUAL:
        return f"hardly any word is the translation of its translation: {evidence.mutual:.2%} are"
    ahead = evidence.csls - evidence.baseline
    if evidence.csls < _LEAST_RATIO * evidence.baseline or ahead < 4 * evidence.error:
        return (
            f"translations of words that were held out do not stand out: their mean CSLS is {evidence.csls:.3f}, and "
            f"{evidence.baseline:.3f} under maps that cannot translate"
        )
    return None


def _moved(rows: Floats, matrix: Wide) -> Floats:
    return rows @ matrix.astype(np.float32)


def _nothing() -> None:
    """No progress is shown."""
