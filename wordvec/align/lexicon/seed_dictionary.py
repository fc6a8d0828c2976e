"""Where self-learning starts: words that both sides have, numerals, or the shape of the two spaces alone."""

from __future__ import annotations

import re

import numpy as np
from numpy.typing import NDArray

from wordvec.align.lexicon.dictionary_induction import Rows, induced
from wordvec.base.errors import OptionError
from wordvec.vectors import KeyedVectors

Floats = NDArray[np.float32]

_NUMERAL = re.compile(r"[0-9]+")


def identical(source: KeyedVectors, target: KeyedVectors, limit: int) -> Rows:
    """The rows of words that both sides have among their first `limit` rows; OptionError where there is none."""
    words = source.vocabulary.take(np.arange(min(limit, len(source.vectors))))
    others = target.vocabulary.rows_of(words.data, words.offsets)
    shared = np.flatnonzero((others >= 0) & (others < min(limit, len(target.vectors))))
    if not len(shared):
        raise OptionError(
            f"source and target must share words among their first {limit} to start from identical ones; they have "
            "none in common: start from pairs, or from the spaces alone"
        )
    return shared, others[shared]


def numerals(source: KeyedVectors, target: KeyedVectors, limit: int) -> Rows:
    """The rows of numbers in digits that both sides have; OptionError where there is none."""
    try:
        rows, others = identical(source, target, limit)
    except OptionError:
        rows = others = np.empty(0, np.int64)
    words = source.index_to_key
    keep = np.array([_NUMERAL.fullmatch(words[row]) is not None for row in rows.tolist()], bool)
    if not keep.any():
        raise OptionError(
            f"source and target must share numbers in digits among their first {limit} words to start from them; they "
            "have none in common: start from pairs, from identical words, or from the spaces alone"
        )
    return rows[keep], others[keep]


def unsupervised(source: Floats, target: Floats, size: int, k: int, workers: int | None = None) -> Rows:
    """Rows that lie alike in their own spaces (Artetxe, Labaka, Agirre 2018, "A robust self-learning method for fully
    unsupervised cross-lingual mappings of word embeddings", section 3.2).

    Of the first rows [n, D] of each side, n being at most `size`, M = (X X')^1/2; the numbers in each row of M are
    sorted, which makes rows of both sides comparable; they are brought to length 1, a mean of 0 and length 1 again, and
    matched both ways by CSLS.
    """
    size = min(size, len(source), len(target))
    shapes = [_sorted_similarities(side[:size]) for side in (source, target)]
    return induced(shapes[0], shapes[1], k, workers=workers).union()


def _sorted_similarities(rows: Floats) -> Floats:
    """[n, n] the sorted rows of (X X')^1/2, normalised."""
    u, s, _ = np.linalg.svd(rows.astype(np.float64), full_matrices=False)
    roots = ((u * s) @ u.T).astype(np.float32)
    roots.sort(axis=1)
    roots /= np.linalg.norm(roots, axis=1, keepdims=True)
    roots -= roots.mean(axis=0)
    lengths = np.linalg.norm(roots, axis=1, keepdims=True)
    normed: Floats = roots / np.where(lengths > 0, lengths, np.float32(1))
    return normed
