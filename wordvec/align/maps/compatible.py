"""Compatible updates: retrained vectors are mapped onto older ones, and how comparable models are is measured."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from wordvec import search
from wordvec.align.arrays import Ints, mean_reciprocal_rank, ranks_of_answers
from wordvec.align.common_vocabulary import cosines_between, row_indices, rows_at, shared_words
from wordvec.align.lexicon.lexicon import RowFinder, as_lexicon
from wordvec.align.maps.map import Map, multiplied
from wordvec.align.maps.orthogonal import procrustes
from wordvec.base.arguments import check_vectors
from wordvec.base.errors import OptionError
from wordvec.base.options import Options, option
from wordvec.base.shown import Shown
from wordvec.vectors import KeyedVectors

DEPTH = 100  # ranks beyond it count as 0 in the mean reciprocal rank


@dataclass(frozen=True, kw_only=True)
class Update(Options):
    """The options of `compatible_update`."""

    words: int = option(20_000, "shared words, the most frequent ones, that the map is fitted to", low=1)
    trim: float = option(0.1, "share of these words, those of the largest residuals, left out", low=0, below=1)
    keep_old: float | None = option(
        None, "cosine from which on a word keeps its old vector; none given: no word", low=-1, high=1
    )
    topn: int = option(20, "words of the largest drift in the report", low=0)


@dataclass(frozen=True)
class UpdateReport(Shown):
    """The drift of words in an update; drift is 1 - cosine of the old and the new vector."""

    shared: int  # words of both
    added: int  # words of the new vectors only
    removed: int  # words of the old vectors only
    fitted: int  # words that the map was fitted to
    scale: float  # factor of the rotated vectors, which gives them the mean norm of the old ones
    kept: int  # words that keep their old vector, with `keep_old`
    mean_drift: float
    median_drift: float
    moved: tuple[tuple[str, float], ...]  # the words of the largest drift, and their drift

    def to_dict(self) -> dict[str, Any]:
        """All of it by name, ready for JSON."""
        return asdict(self)


@dataclass(frozen=True)
class Compatibility(Shown):
    """Whether queries of later models can be answered from stored vectors of earlier ones.

    `matrix[i][j]` is the score for queries of model i and answers of model j <= i. AC, average compatibility, is the
    share of pairs i > j whose score is better than that of queries and answers of j. AM, average measure, is the mean
    score over all i >= j (Biondi, Pernici, Bruni, Del Bimbo 2023, "CoReS").
    """

    models: tuple[str, ...]
    used: int  # pairs of words that all models have
    matrix: tuple[tuple[float, ...], ...]
    ac: float | None  # None for one model
    am: float

    def to_dict(self) -> dict[str, Any]:
        """All of it by name, ready for JSON."""
        return asdict(self)


def compatible_update(
    old: KeyedVectors, new: KeyedVectors, options: Update | None = None, **values: Any
) -> tuple[KeyedVectors, UpdateReport]:
    """New vectors mapped onto old ones and scaled to their mean norm, so that stored old vectors stay comparable.

    The orthogonal map is fitted to the unit vectors of the `words` most frequent shared words, then again without the
    share `trim` of the largest residuals: words whose meaning has changed. With `keep_old`, words whose mapped vector
    has at least this cosine with the old one get exactly the old vector. The map is in the metadata under "alignment"
    and in `transforms`. The `options` are those of `Update`; they may be given by name.

    OptionError where dimensions differ, or fewer words are shared than there are dimensions.

    >>> rng = np.random.default_rng(0)
    >>> old = KeyedVectors([f"w{i}" for i in range(50)], rng.standard_normal((50, 4)))
    >>> rotation = np.linalg.qr(rng.standard_normal((4, 4)))[0]
    >>> new, report = compatible_update(old, KeyedVectors(old.vocabulary, 3 * old.vectors @ rotation))
    >>> round(report.mean_drift, 6), round(report.scale, 3), bool(np.allclose(new["w7"], old["w7"], atol=1e-5))
    (0.0, 0.333, True)
    """
    chosen = Update.of(options, values)
    check_vectors(old=old, new=new)
    if old.vector_size != new.vector_size:
        raise OptionError(f"both must have vectors of one size; got {old.vector_size} and {new.vector_size}")
    rows, others = shared_words(new, old)
    nonzero = search.directed(new.norms[row_indices(new, rows)]) & search.directed(old.norms[row_indices(old, others)])
    rows, others = rows[nonzero], others[nonzero]
    if len(rows) < old.vector_size:
        raise OptionError(
            f"{old.vector_size} words must be shared or more, as many as there are dimensions; {len(rows)} of "
            f"{len(new)} are: update from text of the same language"
        )
    fitted, pairs, scale = _fitted(old, new, rows[: chosen.words], others[: chosen.words], chosen.trim)
    updated = fitted.apply(new)
    cosines = cosines_between(updated, old, rows, others)
    kept = np.zeros(0, np.int64) if chosen.keep_old is None else np.flatnonzero(cosines >= chosen.keep_old)
    if len(kept):
        matrix = np.array(rows_at(updated, np.arange(len(updated))))
        matrix[rows[kept]] = rows_at(old, others[kept])
        updated = KeyedVectors(updated.vocabulary, matrix, **updated._parts())
    drift, words = 1 - cosines, new.index_to_key
    drift[kept] = 0
    report = UpdateReport(
        shared=len(rows),
        added=len(new) - len(rows),
        removed=len(old) - len(rows),
        fitted=pairs,
        scale=scale,
        kept=len(kept),
        mean_drift=float(drift.mean()),
        median_drift=float(np.median(drift)),
        moved=tuple(
            (words[int(rows[i])], float(drift[i])) for i in np.argsort(-drift, kind="stable")[: chosen.topn].tolist()
        ),
    )
    return updated, report


def _fitted(old: KeyedVectors, new: KeyedVectors, rows: Ints, others: Ints, trim: float) -> tuple[Map, int, float]:
    """The map, the number of words that it was fitted to, and its scale."""
    x, y = rows_at(new, rows).astype(np.float64), rows_at(old, others).astype(np.float64)
    norms, old_norms = np.linalg.norm(x, axis=1), np.linalg.norm(y, axis=1)
    x, y = x / norms[:, None], y / old_norms[:, None]
    matrix, _ = procrustes(x, y)
    residuals = np.square(x @ matrix - y).sum(axis=1)
    used = np.sort(np.argsort(residuals, kind="stable")[: max(old.vector_size, round((1 - trim) * len(x)))])
    matrix, _ = procrustes(x[used], y[used])
    scale = float(old_norms.mean() / norms.mean())
    facts = {"method": "orthogonal", "pairs": len(used), "trim": trim, "scale": scale}
    return Map(multiplied(matrix * scale), None, facts), len(used), scale


def compatibility(models: Mapping[str, KeyedVectors], pairs: Any, *, case_insensitive: bool = True) -> Compatibility:
    """How well each model, oldest first, answers queries of later ones: is the partner of a word among the nearest?

    `pairs` are related words, as `fit_map` takes them; those that all models have are used. For each pair, the vector
    of the first word in one model is searched for among all words of the other model, without the first word. The score
    is the mean of 1 / rank of the second word; ranks beyond 100 count as 0.

    >>> old = KeyedVectors(["sea", "ocean", "tax"], [[1, 0], [0.9, 0.1], [0, 1]])
    >>> scores = compatibility({"2024": old, "2025": old}, [("sea", "ocean"), ("ocean", "sea")])
    >>> scores.matrix, scores.ac, scores.am
    (((1.0,), (1.0, 1.0)), 0.0, 1.0)
    """
    if not isinstance(models, Mapping) or not models:
        raise OptionError(f"models must be vectors by name, oldest first; got {type(models).__name__}")
    if len({vectors.vector_size for vectors in models.values()}) > 1:
        raise OptionError("models must be in one space; their vectors have different sizes")
    lexicon = as_lexicon(pairs)
    finders = [RowFinder(vectors, case_insensitive) for vectors in models.values()]
    rows = np.array([[[finder.row(word) for word in pair] for pair in lexicon.pairs] for finder in finders])
    for vectors, own in zip(models.values(), rows):
        own[:, 0] = np.where((own[:, 0] >= 0) & search.directed(vectors.norms[own[:, 0]]), own[:, 0], -1)
    rows = rows[:, (rows >= 0).all(axis=(0, 2))]
    if not rows.shape[1]:
        raise OptionError(f"pairs must have words that all models know; none of {len(lexicon)} pairs has")
    sides = list(models.values())
    matrix = [[_score(sides[i], sides[j], rows[i], rows[j]) for j in range(i + 1)] for i in range(len(sides))]
    better = [matrix[i][j] > matrix[j][j] for i in range(len(sides)) for j in range(i)]
    return Compatibility(
        models=tuple(models),
        used=rows.shape[1],
        matrix=tuple(map(tuple, matrix)),
        ac=float(np.mean(better)) if better else None,
        am=float(np.mean([value for line in matrix for value in line])),
    )


def _score(source: KeyedVectors, target: KeyedVectors, queries: Ints, answers: Ints) -> float:
    """The mean reciprocal rank of answers[:, 1] in the target for queries[:, 0] of the source."""
    rows = np.stack([queries[:, 0], answers[:, 1]], axis=1)
    ranks = ranks_of_answers(source, target, rows, DEPTH, exclude=answers[:, :1])
    return mean_reciprocal_rank(ranks, len(rows))
