"""Probabilities of a model: of context words with negative sampling, of sentences with hierarchical softmax."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wordvec.search.arrays import whole
from wordvec.vocabulary.huffman import huffman


def predicted(
    vectors: Any, outputs: NDArray[np.float32], context: Sequence[Any], topn: int
) -> list[tuple[str, float]] | None:
    """The softmax of the output rows at the mean of the input rows of words, or of row numbers; None: none is known."""
    rows = [int(word) if isinstance(word, (int, np.integer)) else vectors.vocabulary.get(word, -1) for word in context]
    rows = [row for row in rows if 0 <= row < len(vectors)]
    if not rows:
        return None
    mean = np.asarray(vectors.vectors[rows], np.float64).mean(axis=0)
    scores = outputs.astype(np.float64) @ mean
    shares = np.exp(scores - scores.max())
    shares /= shares.sum()
    best = np.argsort(-shares, kind="stable")[: max(0, whole("topn", topn))]
    return [(vectors.vocabulary[row], float(shares[row])) for row in best.tolist()]


def scores(model: Any, sentences: Any, most: int) -> NDArray[np.float32]:
    """[n] log probabilities of sentences: of each word by the mean of its neighbours (CBOW), or by each (skip-gram)."""
    words, window = model.wv.vocabulary, int(model.window)
    starts, path, code = model._outputs.paths or huffman(words.counts)
    rows, nodes = np.asarray(model.wv.vectors, np.float64), model.syn1.astype(np.float64)
    found = []
    for sentence in islice(sentences, most):
        ids = [row for row in words.ids(list(sentence)).tolist() if row >= 0]
        total = 0.0
        for place, word in enumerate(ids):
            around = ids[max(0, place - window) : place] + ids[place + 1 : place + 1 + window]
            if not around:
                continue
            inputs = rows[around] if model.sg else rows[around].mean(axis=0, keepdims=True)
            part = slice(starts[word], starts[word + 1])
            signs = 1 - 2 * code[part].astype(np.float64)
            total -= float(np.logaddexp(0, -signs * (inputs @ nodes[path[part]].T)).sum())
        found.append(total)
    return np.array(found, np.float32)
