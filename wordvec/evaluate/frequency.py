"""Words by frequency: bands of ranks, and the same number of words drawn from each."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from wordvec.vectors import KeyedVectors

Words = NDArray[np.int64]

BANDS = (("top 1k", 0, 1_000), ("1k-10k", 1_000, 10_000), ("10k-100k", 10_000, 100_000), ("rest", 100_000, None))


def bands_of(vectors: KeyedVectors, words: Words) -> list[tuple[str, Words]]:
    """(name, words) of every band that has some of the given words, by the rank of their counts, or else of their rows.

    >>> from wordvec import KeyedVectors
    >>> vectors = KeyedVectors([f"w{i}" for i in range(1200)], np.ones((1200, 1)))
    >>> [(name, len(words)) for name, words in bands_of(vectors, np.arange(1200))]
    [('top 1k', 1000), ('1k-10k', 200)]
    """
    counts, size = vectors.vocabulary.counts, len(vectors.vocabulary)
    rank = np.arange(size)
    if counts is not None:
        rank[np.argsort(-counts, kind="stable")] = np.arange(size)
    inside = [(name, words[(rank[words] >= low) & (rank[words] < (high or size))]) for name, low, high in BANDS]
    return [(name, some) for name, some in inside if len(some)]


def drawn(bands: list[tuple[str, Words]], most: int, rng: np.random.Generator) -> list[tuple[str, Words]]:
    """As many words of each band, in rising order, and about `most` of all; all of a band that has fewer."""
    each = -(-most // len(bands))
    return [(name, np.sort(rng.choice(words, min(each, len(words)), replace=False))) for name, words in bands]
