"""Several vectors merged into one set of words: their vocabularies, rows, counts and context rows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from wordvec.base.arguments import array_of
from wordvec.base.errors import OptionError
from wordvec.vectors.arguments import Floats
from wordvec.vectors.core import Core
from wordvec.vocabulary import Vocabulary

Conflict = Literal["first", "last", "mean", "error"]
Indices = Sequence[NDArray[np.int64]]  # of each source: the new index of every word, -1 for words that are left out
_BLOCK_BYTES = 4 << 20


def word_blocks(words: int, dim: int) -> Iterable[tuple[int, int]]:
    """(first, last + 1) of blocks of words whose vectors take a few megabytes."""
    step = max(1, _BLOCK_BYTES // (8 * dim))
    return ((first, min(first + step, words)) for first in range(0, words, step))


def union(vocabularies: Sequence[Vocabulary], add: bool) -> tuple[Vocabulary, list[NDArray[np.int64]]]:
    """The words of several vocabularies, and the index there of the words of each; -1 for words that are left out."""
    words = Vocabulary(vocabularies[0].data, vocabularies[0].offsets)
    indices = [np.arange(len(words))]
    for other in vocabularies[1:]:
        own = words.rows_of(other.data, other.offsets)
        new = np.flatnonzero(own < 0)
        if add and len(new):
            own[new] = len(words) + np.arange(len(new))
            more = other.take(new)
            offsets = np.concatenate([words.offsets, words.offsets[-1] + more.offsets[1:]])
            words = Vocabulary(np.concatenate([words.data, more.data]), offsets)
        indices.append(own)
    return words, indices


def check_conflict(words: Vocabulary, indices: Indices) -> None:
    """OptionError names a word that several sources have."""
    times = np.zeros(len(words), np.int64)
    for own in indices:
        times[own[own >= 0]] += 1
    if len(times) and times.max() > 1:
        raise OptionError(
            f"vectors must have no word in common with on_conflict='error'; {words[int(times.argmax())]!r} is"
        )


def merged_counts(sources: Sequence[Core], indices: Indices, size: int) -> NDArray[np.int64] | None:
    """[size] the sums of the counts; None where a source has none."""
    total = np.zeros(size, np.int64)
    for source, own in zip(sources, indices):
        counts = source.vocabulary.counts
        if counts is None:
            return None
        total[own[own >= 0]] += counts[own >= 0]
    return total


def mean_weights(weights: Sequence[float] | None, sources: int, on_conflict: Conflict) -> Sequence[float]:
    """A weight for each source, 1 unless given; OptionError where they do not fit."""
    if weights is None:
        return [1.0] * sources
    if on_conflict != "mean":
        raise OptionError(f"weights serve on_conflict='mean'; got {on_conflict!r}")
    given = array_of(weights, "weights")
    if given.shape != (sources,) or given.dtype.kind not in "iuf" or not ((given > 0) & (given < np.inf)).all():
        raise OptionError(
            f"weights must be {sources} finite numbers above 0, one for each of the vectors; got {weights}"
        )
    return [float(weight) for weight in given]


def merged_rows(
    sources: Sequence[Core], indices: Indices, size: int, on_conflict: Conflict, weights: Sequence[float]
) -> Floats:
    """[size, D] the vectors of the words."""
    shape = size, sources[0].vector_size
    return _merged([source._take for source in sources], indices, shape, on_conflict, weights)


def merged_context(
    sources: Sequence[Core], indices: Indices, size: int, on_conflict: Conflict, weights: Sequence[float]
) -> Floats | None:
    """[size, D] the context rows of the words, zeros for words without one; None where no source has a context."""
    getters, of_getters, shares = [], [], []
    for source, own, weight in zip(sources, indices, weights):
        context = source._context_of(np.arange(len(source)), stacklevel=4)
        if context is not None:
            getters.append(context.__getitem__)
            of_getters.append(own)
            shares.append(weight)
    shape = size, sources[0].vector_size
    return _merged(getters, of_getters, shape, on_conflict, shares) if getters else None


def _merged(
    getters: Sequence[Callable[[NDArray[np.int64]], Floats]],
    indices: Indices,
    shape: tuple[int, int],
    on_conflict: Conflict,
    weights: Sequence[float],
) -> Floats:
    """[size, D] the rows that several sources give for their words, at the new indices of the words."""
    matrix, total = np.zeros(shape, np.float32), np.zeros(shape[0])
    for rows_at, own, weight in zip(getters, indices, weights):
        for first, last in word_blocks(len(own), shape[1]):
            places, rows = own[first:last], rows_at(np.arange(first, last))
            use = (places >= 0) & (total[places] == 0) if on_conflict in ("first", "error") else places >= 0
            places, rows = places[use], rows[use]
            if on_conflict == "mean":  # of the rows so far
                share = weight / (weight + total[places, None])
                with np.errstate(invalid="ignore"):  # infinite rows have no mean
                    rows = matrix[places] + (rows - matrix[places].astype(np.float64)) * share
            matrix[places] = rows
            total[places] += weight
    return matrix
