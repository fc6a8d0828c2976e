"""Probabilities as fastText reports them: 1e-5 more than they are, and of `ova` and `ns` from a table of 512 cells."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from wordvec.classify.scoring import means
from wordvec.fasttext.rows import Rows

Floats = NDArray[np.float32]
_MORE = np.float32(1e-5)  # what fastText adds to a probability before it takes the logarithm
_CELLS, _REACH = 512, 8.0
_TABLE = (1 / (1 + np.exp(-(np.arange(_CELLS + 1) * 2 * _REACH / _CELLS - _REACH)))).astype(np.float32)


def scores(rows: Rows, texts: list[str]) -> Floats:
    """[N, labels] what fastText reports for each label."""
    classifier = rows.classifier
    assert classifier is not None
    hidden = means(rows.features, rows.input, texts)
    z = hidden @ classifier.output.T
    loss = rows.args.loss.name
    if loss == "softmax":
        found = np.exp(z - z.max(axis=1, keepdims=True))
        found /= found.sum(axis=1, keepdims=True)
    elif loss == "hs":
        offsets, path, code = classifier._paths
        at = 1 / (1 + np.exp(-z[:, path]))
        each = np.multiply.reduceat(np.where(code, at, 1 - at) + _MORE, offsets[:-1], axis=1)
        return np.asarray(each, np.float32)
    else:
        found = _TABLE[((np.clip(z, -_REACH, _REACH) + _REACH) * (_CELLS / (2 * _REACH))).astype(np.int64)]
        found[z < -_REACH], found[z > _REACH] = 0, 1
    return np.asarray(found + _MORE, np.float32)


def predictions(rows: Rows, texts: list[str], k: int, threshold: float) -> list[list[tuple[str, float]]]:
    """The `k` best labels of each text with their scores, falling, those below the threshold left out."""
    names = [name for name, _ in rows.labels]
    known = "</s>" in rows.features.words  # else a text may have no rows at all, and fastText has no answer

    def work(some: list[str]) -> list[list[tuple[str, float]]]:
        found = scores(rows, some)
        order = np.argsort(-found, axis=1, kind="stable")[:, :k]
        empty = np.zeros(len(some), bool) if known else np.diff(rows.features.rows_of(some)[0]) == 0
        least = np.float32(threshold) + _MORE
        answers = []
        for own, places, nothing in zip(found, order.tolist(), empty.tolist()):
            answers.append([] if nothing else [(names[p], float(own[p])) for p in places if own[p] >= least])
        return answers

    assert rows.classifier is not None
    each: Any = rows.classifier._each(texts, work)
    return [answer for block in each for answer in block]
