"""Maps from word vectors to another space, such as features or images, compared with simple baselines."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from wordvec import search
from wordvec.align.arrays import Doubles
from wordvec.align.common_vocabulary import rows_at, shared_words
from wordvec.align.maps.linear import Linear
from wordvec.base.errors import OptionError
from wordvec.base.options import Options, option
from wordvec.search.arrays import unit_rows
from wordvec.vectors import KeyedVectors

BASELINES = ("copy", "mean", "mode")
_TINY = 1e-12


@dataclass(frozen=True, kw_only=True)
class FeatureFitting(Options):
    """The options of `fit_features`."""

    method: Literal["ridge", "pls"] = option("ridge", "ridge regression, or partial least squares")
    components: int | None = option(None, "directions of pls; none given: 50, or as many as possible", low=1)
    ridge: float | Literal["gcv"] = option("gcv", "strength of the ridge; gcv: by cross-validation", low=0)
    folds: int = option(5, "parts of the words, each predicted from the others", low=2)
    seed: int = option(0, "seed of the division into folds", low=0)


@dataclass(frozen=True)
class FeatureScores:
    """How close predictions are to the features of held-out words."""

    cosine: float  # the mean over the words
    correlation: float | None  # Spearman's, over all features of all words; None where one side is constant
    mse: float  # the mean squared error of a feature
    p1: float  # the share of words whose own features are the nearest to the prediction, by cosine, of all words'


@dataclass(frozen=True)
class FeatureMap:
    """A linear map from vectors to features, with its scores on held-out words next to those of baselines.

    `report` has the scores of the map under the name of its method, and those of "copy" (the features of the nearest
    training word), "mean" and "mode" (the most frequent value of each feature). Where a baseline is as good, the map
    has learned nothing.
    """

    matrix: Doubles = field(repr=False)  # [D, F]
    mean: Doubles = field(repr=False)  # [D] of the vectors
    target_mean: Doubles = field(repr=False)  # [F]
    method: str
    words: int  # training words
    report: dict[str, FeatureScores]
    facts: dict[str, Any]

    def predict(self, vectors: KeyedVectors) -> KeyedVectors:
        """The predicted features of every word, float32 [V, F]; words of zeros get the prediction for the zero vector.

        OptionError names a word whose vector is not finite.
        """
        result = np.empty((len(vectors), self.matrix.shape[1]), np.float32)
        for first, block in vectors.blocks():
            if not (finite := np.isfinite(block).all(axis=1)).all():
                word = vectors.vocabulary[first + int(np.argmin(finite))]
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
    method: Literal["ridge", "pls"] | None = None,
    options: FeatureFitting | None = None,
    **values: Any,
) -> FeatureMap:
    """A map from vectors to features, fitted to the words that have both, with cross-validated scores.

    "ridge" is ridge regression; "pls" is partial least squares with `components` directions (Wold 1975; NIPALS, each
    direction the one of largest covariance with all features). Both sides are centred. The words of each of `folds`
    parts are predicted from the others, by the map and by the baselines: simple baselines have beaten published maps.
    The `options` are those of `FeatureFitting`; they may be given by name.

    OptionError where fewer than 2 words for each fold have both a vector and features.

    >>> rng = np.random.default_rng(0)
    >>> kv = KeyedVectors([f"w{i}" for i in range(60)], rng.standard_normal((60, 5)))
    >>> fitted = fit_features(kv, KeyedVectors(kv.vocabulary, kv.vectors @ rng.standard_normal((5, 3))))
    >>> fitted.report["ridge"].cosine > 0.99 > fitted.report["copy"].cosine
    True
    """
    chosen = FeatureFitting.of(options, values if method is None else {**values, "method": method})
    rows, others = shared_words(vectors, features)
    x, y = rows_at(vectors, rows).astype(np.float64), rows_at(features, others).astype(np.float64)
    usable = np.isfinite(y).all(axis=1) & np.isfinite(x).all(axis=1) & x.any(axis=1)
    x, y = x[usable], y[usable]
    if len(x) < 2 * chosen.folds:
        raise OptionError(
            f"{2 * chosen.folds} words must have a vector and features, 2 for each fold; {len(x)} of {len(features)} "
            "have"
        )
    order = np.random.Generator(np.random.PCG64(chosen.seed)).permutation(len(x))
    predicted = {name: np.empty_like(y) for name in (chosen.method, *BASELINES)}
    for held_out in np.array_split(order, chosen.folds):
        training = np.setdiff1d(order, held_out)
        matrix, mean, target_mean, _ = _fitted(x[training], y[training], chosen)
        predicted[chosen.method][held_out] = (x[held_out] - mean) @ matrix + target_mean
        for name, values_of in _baselines(x[training], y[training], x[held_out]).items():
            predicted[name][held_out] = values_of
    report = {name: _scores(prediction, y) for name, prediction in predicted.items()}
    matrix, mean, target_mean, facts = _fitted(x, y, chosen)
    facts = {"folds": chosen.folds, "seed": chosen.seed, **facts}
    return FeatureMap(matrix, mean, target_mean, chosen.method, len(x), report, facts)


def _fitted(x: Doubles, y: Doubles, options: FeatureFitting) -> tuple[Doubles, Doubles, Doubles, dict[str, Any]]:
    """The matrix [D, F], the means of both sides, and the ridge or the number of directions."""
    mean, target_mean = x.mean(axis=0), y.mean(axis=0)
    if options.method == "pls":
        matrix, components = pls(x - mean, y - target_mean, options.components)
        return matrix, mean, target_mean, {"components": components}
    fitted = Linear(ridge=options.ridge).fit(_nonzero(x - mean), _nonzero(y - target_mean))
    return fitted.matrix, mean, target_mean, {"ridge": fitted.facts["ridge"]}


def pls(x: Doubles, y: Doubles, components: int | None = None) -> tuple[Doubles, int]:
    """The [D, F] matrix of a partial least squares regression of centred sides, and the number of its directions.

    For each direction: w is the first left singular vector of X'Y; t = X w; p = X't / t't, q = Y't / t't; t p' is
    subtracted from X, and t q' from Y. Then B = W (P'W)^-1 Q'.
    """
    most = min(x.shape[1], len(x) - 1)
    wanted = min(50, most) if components is None else components
    if not 1 <= wanted <= most:
        raise OptionError(f"components must be from 1 to {most}; got {components!r}")
    x, y = x.copy(), y.copy()
    w, p, q = [], [], []
    least = _TINY * float(np.square(x).sum())
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
    matrix: Doubles = left @ np.linalg.solve(loads.T @ left, np.stack(q))
    return matrix, len(w)


def _nonzero(rows: Doubles) -> Doubles:
    """The rows, those of zeros replaced by tiny values: a fit leaves zero rows out, but a centred row may be zero."""
    return np.where(rows.any(axis=1, keepdims=True), rows, _TINY)


def _baselines(x: Doubles, y: Doubles, queries: Doubles) -> dict[str, NDArray[Any]]:
    """Predictions without a map: features of the nearest word, the mean, the most frequent value of each feature."""
    narrow = x.astype(np.float32)
    nearest, _ = search.nearest(narrow, queries, 1)
    shape = (len(queries), y.shape[1])
    return {
        "copy": y[nearest[:, 0]],
        "mean": np.broadcast_to(y.mean(axis=0), shape),
        "mode": np.broadcast_to([_mode(column) for column in y.T], shape),
    }


def _mode(values: Doubles) -> float:
    """The most frequent value; of equally frequent ones, that nearest to the median."""
    distinct, counts = np.unique(values, return_counts=True)
    best = distinct[counts == counts.max()]
    return float(best[np.abs(best - np.median(values)).argmin()])


def _scores(predicted: Doubles, true: Doubles) -> FeatureScores:
    from scipy.stats import rankdata

    ranks = [rankdata(side) - (side.size + 1) / 2 for side in (predicted.ravel(), true.ravel())]
    norms = [float(np.sqrt(rank @ rank)) for rank in ranks]
    units, true_units = unit_rows(predicted), unit_rows(true)
    right = 0
    for first in range(0, len(units), 1024):
        cosines = units[first : first + 1024] @ true_units.T
        own = cosines[np.arange(len(cosines)), first + np.arange(len(cosines))]
        right += int((~(cosines > own[:, None] + _TINY).any(axis=1)).sum())
    return FeatureScores(
        cosine=float((units * true_units).sum(axis=1).mean()),
        correlation=float(ranks[0] @ ranks[1] / norms[0] / norms[1]) if min(norms) > 0 else None,
        mse=float(np.square(predicted - true).mean()),
        p1=right / len(units),
    )
