"""From rows to probabilities of labels: means of rows, output layer, the best labels."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from wordvec.classify.features import Features
from wordvec.subwords.ngrams import mean_rows

Floats = NDArray[np.float32]


def means(features: Features, input: Any, texts: list[str]) -> Floats:
    """[N, D] the mean of the rows of each text; zeros without rows. Only quantised rows that occur are decoded."""
    starts, rows = features.rows_of(texts)
    if not isinstance(input, np.ndarray):
        distinct, places = np.unique(rows, return_inverse=True)
        input, rows = input[distinct], places.astype(np.int32)
    out = np.empty((len(texts), input.shape[1]), np.float32)
    mean_rows(input, starts, rows, out, workers=1)
    return out


def probabilities(hidden: Floats, output: Floats, loss: str, paths: tuple[NDArray[Any], ...]) -> Floats:
    """[N, labels] probabilities: those of a softmax sum to 1, those of ova are independent."""
    scores = (hidden @ output.T).astype(np.float64)
    found: NDArray[np.float64]
    if loss == "softmax":
        found = np.exp(scores - scores.max(axis=1, keepdims=True))
        found /= found.sum(axis=1, keepdims=True)
    else:
        found = np.exp(-np.logaddexp(0, -scores))
        if loss == "hs":
            offsets, path, code = paths
            at = found[:, path]
            found = np.multiply.reduceat(np.where(code, at, 1 - at), offsets[:-1], axis=1)
    return found.astype(np.float32)


def best(scores: Floats, k: int) -> NDArray[np.int64]:
    """[N, k] the label ids of the highest probabilities, falling."""
    places: NDArray[np.int64] = scores.argmax(axis=1)[:, None]
    if k == 1:
        return places
    if 4 * k >= scores.shape[1]:
        places = np.argsort(-scores, axis=1, kind="stable")[:, :k]
        return places
    few = np.argpartition(-scores, k - 1, axis=1)[:, :k]
    order = np.argsort(-np.take_along_axis(scores, few, axis=1), axis=1, kind="stable")
    places = np.take_along_axis(few, order, axis=1)
    return places
