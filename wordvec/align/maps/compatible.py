"""Vectors that were trained again, brought to older ones: what users have stored stays comparable, and how far."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wordvec import search
from wordvec.align.common_vocabulary import Ints, cosines_between, rows_at, shared_words
from wordvec.align.lexicon.lexicon import Finder, as_lexicon
from wordvec.align.maps.map import Map, multiplied
from wordvec.align.maps.methods import procrustes
from wordvec.base.arguments import check_vectors
from wordvec.base.errors import OptionError
from wordvec.search.arrays import whole
from wordvec.vectors import KeyedVectors

DEPTH = 100


@dataclass(frozen=True)
class UpdateReport:
    """How far words are, after an update, from where they were: drift is 1 - cosine of the old and the new vector."""

    shared: int  # words of both
    added: int  # words of the new vectors alone
    removed: int  # words of the old vectors alone
    fitted: int  # words that the map rests on
    scale: float  # what the rotated vectors were multiplied by, to have the mean length of the old ones
    kept: int  # words that have their old vector, with `keep_old`
    mean_drift: float
    median_drift: float
    moved: tuple[tuple[str, float], ...]  # the words that moved most, and how far

    def to_dict(self) -> dict[str, Any]:
        """All of it by name, ready for JSON."""
        return asdict(self)


@dataclass(frozen=True)
class Compatibility:
    """Whether later models can ask what earlier ones have stored: `matrix[i][j]` has queries of i, answers of j <= i.

    AC, average compatibility, is the share of pairs i > j for which that is better than asking j with queries of its
    own; AM, average measure, the mean over all i >= j (Biondi, Pernici, Bruni, Del Bimbo 2023, "CoReS").
    """

    models: tuple[str, ...]
    used: int  # pairs of words that all models know
    matrix: tuple[tuple[float, ...], ...]
    ac: float | None  # None for one model
    am: float

    def to_dict(self) -> dict[str, Any]:
        """All of it by name, ready for JSON."""
        return asdict(self)


def compatible_update(
    old: KeyedVectors,
    new: KeyedVectors,
    *,
    words: int = 20_000,
    trim: float = 0.1,
    keep_old: float | None = None,
    topn: int = 20,
) -> tuple[KeyedVectors, UpdateReport]:
    """New vectors turned onto old ones and given their mean length, so that what was stored of the old stays useful.

    The orthogonal map is fitted to the `words` commonest shared words, of vectors at length 1, then again without the
    share `trim` whose residuals are the largest, which have changed their meaning. With `keep_old`, a cosine, words
    that are that near to where they were get their old vector back, the very numbers. The map is in the metadata under
    "alignment" and among `transforms`.

    OptionError where sizes differ, or hardly any word is shared: as many as there are dimensions must be.

    >>> rng = np.random.default_rng(0)
    >>> old = KeyedVectors([f"w{i}" for i in range(50)], rng.standard_normal((50, 4)))
    >>> turn = np.linalg.qr(rng.standard_normal((4, 4)))[0]
    >>> new, report = compatible_update(old, KeyedVectors(old.vocabulary, 3 * old.vectors @ turn))
    >>> round(report.mean_drift, 6), round(report.scale, 3), bool(np.allclose(new["w7"], old["w7"], atol=1e-5))
    (0.0, 0.333, True)
    """
    check_vectors(old=old, new=new)
    if old.vector_size != new.vector_size:
        raise OptionError(f"both must have vectors of one size; got {old.vector_size} and {new.vector_size}")
    if not 0 <= trim < 1:
        raise OptionError(f"trim must be a share >= 0 and < 1; got {trim!r}")
    if keep_old is not None and not -1 <= keep_old <= 1:
        raise OptionError(f"keep_old must be a cosine, from -1 to 1, or None; got {keep_old!r}")
    rows, others = shared_words(new, old)
    there = search.directed(new.norms[_rows(new, rows)]) & search.directed(old.norms[_rows(old, others)])
    rows, others = rows[there], others[there]
    if len(rows) < old.vector_size:
        raise OptionError(
            f"{old.vector_size} words must be shared or more, as many as there are dimensions; {len(rows)} of "
            f"{len(new)} are: update from text of the same language"
        )
    made, fitted, scale = _fitted(old, new, rows[: whole("words", words)], others[: whole("words", words)], trim)
    moved = made.apply(new)
    near = cosines_between(moved, old, rows, others)
    kept = np.zeros(0, np.int64) if keep_old is None else np.flatnonzero(near >= keep_old)
    if len(kept):
        matrix = np.array(rows_at(moved, np.arange(len(moved))))
        matrix[rows[kept]] = rows_at(old, others[kept])
        moved = KeyedVectors(moved.vocabulary, matrix, **moved._parts())
    far, names = 1 - near, new.index_to_key
    far[kept] = 0
    report = UpdateReport(
        shared=len(rows),
        added=len(new) - len(rows),
        removed=len(old) - len(rows),
        fitted=fitted,
        scale=scale,
        kept=len(kept),
        mean_drift=float(far.mean()),
        median_drift=float(np.median(far)),
        moved=tuple((names[rows[i]], float(far[i])) for i in np.argsort(-far, kind="stable")[:topn].tolist()),
    )
    return moved, report


def _fitted(old: KeyedVectors, new: KeyedVectors, rows: Ints, others: Ints, trim: float) -> tuple[Map, int, float]:
    """The map, the words that it rests on, and its scale."""
    x, y = rows_at(new, rows).astype(np.float64), rows_at(old, others).astype(np.float64)
    left, right = np.linalg.norm(x, axis=1), np.linalg.norm(y, axis=1)
    x, y = x / left[:, None], y / right[:, None]
    matrix, _ = procrustes(x, y)
    residuals = np.square(x @ matrix - y).sum(axis=1)
    used = np.sort(np.argsort(residuals, kind="stable")[: max(old.vector_size, round((1 - trim) * len(x)))])
    matrix, _ = procrustes(x[used], y[used])
    scale = float(right.mean() / left.mean())
    facts = {"method": "orthogonal", "pairs": len(used), "trim": trim, "scale": scale}
    return Map(multiplied(matrix * scale), None, facts), len(used), scale


def compatibility(models: Mapping[str, KeyedVectors], pairs: Any, *, case_insensitive: bool = True) -> Compatibility:
    """Whether models, oldest first, understand each other: is the partner of a word found among the words of another?

    `pairs` are related words, as `fit_map` takes them. Of each pair that all models know, the vector of the first word
    in one model asks for the second among all words of the other, the first left out; the measure is the mean of 1 /
    rank, ranks beyond 100 counting as 0.

    >>> old = KeyedVectors(["sea", "ocean", "tax"], [[1, 0], [0.9, 0.1], [0, 1]])
    >>> found = compatibility({"2024": old, "2025": old}, [("sea", "ocean"), ("ocean", "sea")])
    >>> found.matrix, found.ac, found.am
    (((1.0,), (1.0, 1.0)), 0.0, 1.0)
    """
    if not isinstance(models, Mapping) or not models:
        raise OptionError(f"models must be vectors by name, oldest first; got {type(models).__name__}")
    if len({vectors.vector_size for vectors in models.values()}) > 1:
        raise OptionError("models must be in one space; their vectors have different sizes")
    lexicon = as_lexicon(pairs)
    finders = [Finder(vectors, case_insensitive) for vectors in models.values()]
    rows = np.array([[[finder.row(word) for word in pair] for pair in lexicon.pairs] for finder in finders])
    for vectors, own in zip(models.values(), rows):
        own[:, 0] = np.where((own[:, 0] >= 0) & search.directed(vectors.norms[own[:, 0]]), own[:, 0], -1)
    rows = rows[:, (rows >= 0).all(axis=(0, 2))]
    if not rows.shape[1]:
        raise OptionError(f"pairs must have words that all models know; none of {len(lexicon)} pairs has")
    sides = list(models.values())
    matrix = [[_measure(sides[i], sides[j], rows[i], rows[j]) for j in range(i + 1)] for i in range(len(sides))]
    better = [matrix[i][j] > matrix[j][j] for i in range(len(sides)) for j in range(i)]
    return Compatibility(
        models=tuple(models),
        used=rows.shape[1],
        matrix=tuple(map(tuple, matrix)),
        ac=float(np.mean(better)) if better else None,
        am=float(np.mean([value for line in matrix for value in line])),
    )


def _measure(asking: KeyedVectors, asked: KeyedVectors, queries: Ints, answers: Ints) -> float:
    """The mean reciprocal rank of answers[:, 1] in one model for queries[:, 0] of another."""
    total = 0.0
    for first in range(0, len(queries), 1024):
        some = slice(first, first + 1024)
        found, _ = search.nearest(
            asked.vectors, asking.vectors[queries[some, 0]], DEPTH, norms=asked.norms,
            exclude=answers[some, :1].tolist(),
        )  # fmt: skip
        right: NDArray[np.bool_] = found == answers[some, 1:]
        total += float((right / np.arange(1, found.shape[1] + 1)).sum())
    return total / len(queries)


def _rows(vectors: KeyedVectors, indices: Ints) -> Ints:
    row_of = vectors.rows.row_of
    return indices if row_of is None else row_of[indices].astype(np.int64)
