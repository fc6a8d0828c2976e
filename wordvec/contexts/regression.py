"""The matrix of A La Carte: weighted least squares from the means of contexts to the vectors of known words."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from wordvec.base.errors import CorpusError, OptionError
from wordvec.contexts.means import ContextMeans, Sentences, means_of
from wordvec.contexts.options import Induction
from wordvec.vectors import KeyedVectors

BLOCK = 4096


class Fit(NamedTuple):
    """The result of the regression."""

    matrix: NDArray[np.float64]  # [D, D]
    words: int  # that it was fitted on
    ids: NDArray[np.int64]  # in the text, of the words that occur often enough; some may have no context
    error: float  # the weighted squared error, as a share of the squared lengths


def fitted(vectors: KeyedVectors, sentences: Sentences, options: Induction) -> Fit:
    """Fit the matrix on the known words that occur often; CorpusError where none has a context."""
    ids = often(sentences.rows, sentences.counts, options.fit_min_count, vectors.vector_size)
    target = np.full(len(sentences.rows), -1, np.int32)
    target[ids] = np.arange(len(ids), dtype=np.int32)
    seen = means_of(vectors, sentences, target, len(ids), options)
    if not seen.known.any():
        raise CorpusError(
            "the corpus must have words of the vectors next to each other; none of them has a context: look "
            "whether both are lower-cased and cut in the same way"
        )
    matrix, error = _regression(vectors, sentences.rows[ids], seen, options)
    return Fit(matrix, int(seen.known.sum()), ids, error)


def often(rows: NDArray[np.int32], counts: NDArray[np.int64], fit_min_count: int, size: int) -> NDArray[np.int64]:
    """The ids of the words that the matrix is fitted on."""
    known = np.flatnonzero(rows >= 0)
    enough = known[counts[known] >= fit_min_count]
    if len(enough) >= size:
        return enough
    by_count = known[np.argsort(-counts[known], kind="stable")]
    return by_count[: max(2 * size, len(enough))]


def _regression(
    vectors: KeyedVectors, rows: NDArray[np.int32], seen: ContextMeans, options: Induction
) -> tuple[NDArray[np.float64], float]:
    """The matrix [D, D] of the weighted least squares, and the squared error as a share of the squared lengths."""
    size = vectors.vector_size
    square, cross, lengths = np.zeros((size, size)), np.zeros((size, size)), 0.0
    weights = options.fit_weights(seen.counts) * seen.known
    for first in range(0, len(rows), BLOCK):
        part = slice(first, first + BLOCK)
        means, weight = seen.means[part].astype(np.float64), weights[part, None]
        known = vectors._take(rows[part].astype(np.int64)).astype(np.float64)
        square += means.T @ (weight * means)
        cross += means.T @ (weight * known)
        lengths += float((weight * known * known).sum())
    if not np.isfinite(square).all() or not np.isfinite(lengths):
        raise OptionError("vectors must be finite; some of these hold NaN or inf: drop or repair them")
    ridge = options.ridge * np.trace(square) / size
    solution = np.linalg.lstsq(square + ridge * np.eye(size), cross, rcond=None)[0]
    left = lengths - 2 * float((solution * cross).sum()) + float((solution * (square @ solution)).sum())
    return solution.T.copy(), max(0.0, left / lengths) if lengths else 0.0
