"""Weights of words in a text: tf-idf, SIF, uSIF; and the common components of texts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wordvec.vectors.text_rows import Block, Floats


@dataclass(frozen=True, eq=False)
class Learned:
    """The word weights and common components that an encoder has learned from texts."""

    words: NDArray[np.int64]  # [U] word ids, rising; empty where the counts of the vectors are used
    weights: Floats  # [U]
    rest: float  # the weight of all other words
    components: Floats  # [m, D] directions of unit length that are removed from the vectors of texts
    shares: Floats  # [m] the share of each that is removed


def tfidf(texts: int, frequencies: NDArray[np.int64]) -> tuple[Floats, float]:
    """The idf ln((1 + texts) / (1 + texts with the word)) + 1 of each word, and of a word in no text."""
    weights = np.log((1 + texts) / (1 + frequencies)) + 1
    return weights.astype(np.float32), float(np.log(1 + texts) + 1)


_SHORT = 1e-18  # the smallest norm whose square float32 can hold


def to_length_1(block: Block) -> Floats:
    """[tokens] the factor that scales the vector of each token to unit length; 0 for a vector of zeros."""
    rows, places = np.unique(block.tokens, return_inverse=True)
    known = rows < len(block.matrix)
    used = np.concatenate([block.matrix[rows[known]], block.extra[rows[~known] - len(block.matrix)]])
    norms = np.sqrt(np.einsum("ij,ij->i", used, used))
    factors = np.divide(1, norms, out=np.zeros(len(norms), np.float32), where=norms > 0)
    if len(norms) and not _SHORT < norms.min() <= norms.max() < np.inf:  # squares beyond float32
        wide = np.sqrt(np.einsum("ij,ij->i", used, used, dtype=np.float64))
        factors = np.divide(1, wide, out=np.zeros(len(norms)), where=wide > _SHORT).astype(np.float32)
    return np.asarray(factors[places.reshape(-1)], np.float32)


def sif(counts: NDArray[np.int64], a: float) -> tuple[Floats, float]:
    """The SIF weight a / (a + p(word)) of each word (Arora, Liang and Ma 2017), and of an unseen word."""
    shares = counts / max(1, int(counts.sum()))
    return (a / (a + shares)).astype(np.float32), 1.0


def usif(counts: NDArray[np.int64], length: float) -> tuple[Floats, float]:
    """The uSIF weight a / (a / 2 + p(word)) of each word (Ethayarajh 2018); an unseen word weighs as the rarest one.

    a = (1 - alpha) / (alpha Z) with Z = V / 2; alpha is the share of words with p > 1 - (1 - 1 / V) ^ length, and at
    least one word.
    """
    size = max(1, len(counts))
    shares = counts / max(1, int(counts.sum()))
    alpha = max(1, int((shares > 1 - (1 - 1 / size) ** length).sum())) / max(2, size)
    a = float((1 - alpha) / (alpha * size / 2))
    rarest = float(shares.min(initial=1.0, where=shares > 0))
    weights = a / (a / 2 + np.maximum(shares, rarest))
    return weights.astype(np.float32), float(a / (a / 2 + rarest))


def counted(blocks: Iterable[Block], words: int, once: bool) -> NDArray[np.int64]:
    """[words] the number of occurrences of each word in the texts; with `once`, the number of texts with the word."""
    seen = np.zeros(words, np.int64)
    for block in blocks:
        own = block.words.astype(np.int64)
        if once:
            text = np.repeat(np.arange(block.texts), np.diff(block.ends, prepend=0))
            own = np.unique(text[own >= 0] * words + own[own >= 0]) % max(1, words)
        seen += np.bincount(own[own >= 0], minlength=words)
    return seen


def components(square: NDArray[np.float64], count: int, scaled: bool) -> tuple[Floats, Floats]:
    """The first singular vectors [m, D] of the text vectors X, given X'X, and the share of each that is removed.

    The share is 1, or with `scaled` s_i^2 / (s_1^2 + ... + s_m^2) for the singular values s. Empty where X is zero.
    """
    if count == 0 or not square.any():
        return np.empty((0, len(square)), np.float32), np.empty(0, np.float32)
    values, vectors = np.linalg.eigh(square)
    values = np.maximum(values[::-1][:count], 0)
    shares = values / values.sum() if scaled else np.ones(len(values))
    return np.ascontiguousarray(vectors[:, ::-1][:, :count].T, np.float32), shares.astype(np.float32)
