"""Maps from word vectors to spaces of something else, such as features or images, always next to plain baselines."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wordvec import search
from wordvec.align.common_vocabulary import Wide, rows_at, shared_words
from wordvec.align.maps.methods import Linear
from wordvec.base.errors import OptionError
from wordvec.search.arrays import unit_rows, whole
from wordvec.store import row_norms
from wordvec.vectors import KeyedVectors

METHODS = ("ridge", "pls")
BASELINES = ("copy", "mean", "mode")


@dataclass(frozen=True)
class FeatureScores:
    """How near predictions come to the features of words that were held out."""

    cosine: float  # the mean over the words
    correlation: float | None  # Spearman's, over all numbers of all words; None where one side is constant
    mse: float  # the mean squared error of a number
    p1: float  # the share of words whose own features are, of all words', the nearest by cosine to the prediction


@dataclass(frozen=True)
class FeatureMap:
    """A linear map from vectors to features, and in `report` how it does on words held out, next to baselines.

    `report` has the map under the name of its method, and "copy" (the features of the nearest word that was learned
    from), "mean" and "mode" (of each number, the commonest value). Where a baseline is as good, nothing was learned.
    """

    matrix: Wide = field(repr=False)  # [D, F]
    mean: Wide = field(repr=False)  # [D] of the vectors
    target_mean: Wide = field(repr=False)  # [F]
    method: str
    words: int  # that it was learned from
    report: dict[str, FeatureScores]
    facts: dict[str, Any]

    def predict(self, vectors: KeyedVectors) -> KeyedVectors:
        """The features of every word of these vectors, as far as the map knows; words of zeros get the mean.

        OptionError names a word whose vector is not finite.
        """
        result = np.empty((len(vectors), self.matrix.shape[1]), np.float32)
        for first, block in vectors.blocks():
            if not (fine := np.isfinite(block).all(axis=1)).all():
                word = vectors.vocabulary[first + int(np.argmin(fine))]
                raise OptionError(f"vectors must be finite; that of {word!r} holds NaN or inf: drop or repair it")
            result[first : first + len(block)] = (block - self.mean) @ self.matrix + self.target_mean
        return KeyedVectors(vectors.vocabulary, result, metadata={"features": self.to_dict()})

    def to_dict(self) -> dict[str, Any]:
        """Method, number of words, report and facts, ready for JSON."""
        report = {name: asdict(scores) for name, scores in self.report.items()}
        return {"method": self.method, "words": self.words, "report": report, **self.facts}


def fit_features(
    vectors: KeyedVectors,
    features: KeyedVectors,
    method: str = "ridge",
    *,
    components: int | None = None,
    ridge: float | str = "gcv",
    folds: int = 5,
    seed: int = 0,
) -> FeatureMap:
    """A map from vectors to the features that some of their words have, and how it does on words held out.

    "ridge" is least squares with a ridge by generalised cross-validation; "pls" is partial least squares with
    `components` directions (Wold 1975; NIPALS, each direction the largest of covariance with all features), by default
    50, or as many as there can be. Both sides are centred. Each of `folds` parts of the words is predicted from the
    others, by the map and by the baselines, which are the measure of it: simple ones have beaten published maps.

    OptionError where fewer than 2 words for each fold have both a vector and features.

    >>> rng = np.random.default_rng(0)
    >>> kv = KeyedVectors([f"w{i}" for i in range(60)], rng.standard_normal((60, 5)))
    >>> made = fit_features(kv, KeyedVectors(kv.vocabulary, kv.vectors @ rng.standard_normal((5, 3))))
    >>> made.report["ridge"].cosine > 0.99 > made.report["copy"].cosine
    True
    """
    if method not in METHODS:
        raise OptionError(f"method must be one of {', '.join(METHODS)}; got {method!r}")
    if whole("folds", folds) < 2:
        raise OptionError(f"folds must be 2 or more; got {folds}")
    rows, others = shared_words(vectors, features)
    x, y = rows_at(vectors, rows).astype(np.float64), rows_at(features, others).astype(np.float64)
    fine = np.isfinite(y).all(axis=1) & np.isfinite(x).all(axis=1) & x.any(axis=1)
    x, y = x[fine], y[fine]
    if len(x) < 2 * folds:
        raise OptionError(
            f"{2 * folds} words must have a vector and features, 2 for each fold; {len(x)} of {len(features)} have"
        )

    def fit(x: Wide, y: Wide) -> tuple[Wide, Wide, Wide, dict[str, Any]]:
        middle, target = x.mean(axis=0), y.mean(axis=0)
        if method == "pls":
            matrix, found = pls(x - middle, y - target, components)
            return matrix, middle, target, {"components": found}
        made = Linear(ridge=ridge).fit(_directed(x - middle), _directed(y - target))
        return made.matrix, middle, target, {"ridge": made.facts["ridge"]}

    order = np.random.Generator(np.random.PCG64(seed)).permutation(len(x))
    predicted = {name: np.empty_like(y) for name in (method, *BASELINES)}
    for held in np.array_split(order, folds):
        learned = np.setdiff1d(order, held)
        matrix, middle, target, _ = fit(x[learned], y[learned])
        predicted[method][held] = (x[held] - middle) @ matrix + target
        for name, made in _baselines(x[learned], y[learned], x[held]).items():
            predicted[name][held] = made
    report = {name: _scored(made, y) for name, made in predicted.items()}
    matrix, middle, target, found = fit(x, y)
    return FeatureMap(matrix, middle, target, method, len(x), report, {"folds": folds, "seed": seed, **found})


def pls(x: Wide, y: Wide, components: int | None = None) -> tuple[Wide, int]:
    """The [D, F] matrix of a partial least squares regression of centred sides, and how many directions it has.

    By turns: w, the first left singular vector of X'Y; t = X w; p = X't / t't, q = Y't / t't; X and Y without t p' and
    t q'. Then B = W (P'W)^-1 Q'.
    """
    most = min(x.shape[1], len(x) - 1)
    wanted = min(50, most) if components is None else whole("components", components)
    if not 1 <= wanted <= most:
        raise OptionError(f"components must be from 1 to {most}; got {components!r}")
    x, y = x.copy(), y.copy()
    w, p, q = [], [], []
    least = 1e-12 * float(np.square(x).sum())
    for _ in range(wanted):
        direction = np.linalg.svd(x.T @ y, full_matrices=False)[0][:, 0]
        t = x @ direction
        square = float(t @ t)
        if square <= least or not np.any(y):
            break
        w.append(direction)
        p.append(x.T @ t / square)
        q.append(y.T @ t / square)
        x -= np.outer(t, p[-1])
        y -= np.outer(t, q[-1])
    if not w:
        return np.zeros((x.shape[1], y.shape[1])), 0
    left, loads = np.stack(w, axis=1), np.stack(p, axis=1)
    matrix: Wide = left @ np.linalg.solve(loads.T @ left, np.stack(q))
    return matrix, len(w)


def _directed(rows: Wide) -> Wide:
    """Rows of zeros, which fits leave out, moved by next to nothing: the middle of a space is no missing vector."""
    return np.where(rows.any(axis=1, keepdims=True), rows, 1e-12)


def _baselines(x: Wide, y: Wide, asked: Wide) -> dict[str, NDArray[Any]]:
    """What is predicted without learning: the features of the nearest word, their mean, their commonest values."""
    narrow = x.astype(np.float32)
    nearest, _ = search.nearest(narrow, asked, 1, norms=row_norms(narrow))
    shape = (len(asked), y.shape[1])
    return {
        "copy": y[nearest[:, 0]],
        "mean": np.broadcast_to(y.mean(axis=0), shape),
        "mode": np.broadcast_to([_mode(column) for column in y.T], shape),
    }


def _mode(values: Wide) -> float:
    """The commonest of some numbers, of equally common ones the one nearest to the median."""
    distinct, counts = np.unique(values, return_counts=True)
    best = distinct[counts == counts.max()]
    return float(best[np.abs(best - np.median(values)).argmin()])


def _scored(predicted: Wide, true: Wide) -> FeatureScores:
    from scipy.stats import rankdata

    ranks = [rankdata(side) - (side.size + 1) / 2 for side in (predicted.ravel(), true.ravel())]
    lengths = [float(np.sqrt(rank @ rank)) for rank in ranks]
    units, own = unit_rows(predicted), unit_rows(true)
    right = 0
    for first in range(0, len(units), 1024):
        cosines = units[first : first + 1024] @ own.T
        mine = cosines[np.arange(len(cosines)), first + np.arange(len(cosines))]
        right += int((~(cosines > mine[:, None] + 1e-12).any(axis=1)).sum())
    return FeatureScores(
        cosine=float((units * own).sum(axis=1).mean()),
        correlation=float(ranks[0] @ ranks[1] / lengths[0] / lengths[1]) if min(lengths) > 0 else None,
        mse=float(np.square(predicted - true).mean()),
        p1=right / len(units),
    )
