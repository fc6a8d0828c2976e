"""Subsampling of frequent words (Mikolov et al. 2013), with the probabilities of word2vec."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def keep_chances(counts: NDArray[np.int64], sample: float) -> NDArray[np.float64]:
    """[V] the probability that a token of each word is kept: sqrt(sample / f) + sample / f, at most 1; f: its share."""
    if sample == 0:
        return np.ones(len(counts))
    with np.errstate(divide="ignore"):  # a word that does not occur is kept
        ratio = sample * counts.sum() / counts
    chances: NDArray[np.float64] = np.minimum(np.sqrt(ratio) + ratio, 1)
    return chances


def keep_thresholds(counts: NDArray[np.int64], sample: float) -> NDArray[np.uint32]:
    """[V] the 32-bit threshold below which a random draw keeps a token."""
    return (keep_chances(counts, sample) * (2**32 - 1)).astype(np.uint32)


def streams(seed: int | list[int], count: int) -> NDArray[np.uint64]:
    """[count] the starting states of random streams."""
    return np.random.SeedSequence(seed).generate_state(count, np.uint64).astype(np.uint64)
