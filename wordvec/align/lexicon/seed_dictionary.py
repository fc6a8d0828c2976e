"""Seed dictionaries of self-learning: identical words, numerals, or similar rows of the two spaces."""

from __future__ import annotations

import re

import numpy as np

from wordvec.align.arrays import Floats
from wordvec.align.lexicon.dictionary_induction import Pairs, induced_dictionary
from wordvec.base.errors import OptionError
from wordvec.vectors import KeyedVectors

_NUMERAL = re.compile(r"[0-9]+")


def identical(source: KeyedVectors, target: KeyedVectors, limit: int) -> Pairs:
    """The rows of words that both sides have among their first `limit` rows; OptionError where there is none."""
    words = source.vocabulary.take(np.arange(min(limit, len(source.vectors))))
    in_target = target.vocabulary.rows_of(words.data, words.offsets)
    shared = np.flatnonzero((in_target >= 0) & (in_target < min(limit, len(target.vectors))))
    if not len(shared):
        raise OptionError(
            f"source and target must share words among their first {limit} to start from identical ones; they have "
            "none in common: start from pairs, or from the spaces alone"
        )
    return shared, in_target[shared]


def numerals(source: KeyedVectors, target: KeyedVectors, limit: int) -> Pairs:
    """The rows of numbers in digits that both sides have; OptionError where there is none."""
    try:
        rows, others = identical(source, target, limit)
    except OptionError:
        rows = others = np.empty(0, np.int64)
    words = source.index_to_key
    are_numerals = np.array([_NUMERAL.fullmatch(words[row]) is not None for row in rows.tolist()], bool)
    if not are_numerals.any():
        raise OptionError(
            f"source and target must share numbers in digits among their first {limit} words to start from them; they "
            "have none in common: start from pairs, from identical words, or from the spaces alone"
        )
    return rows[are_numerals], others[are_numerals]


def unsupervised(source: Floats, target: Floats, size: int, k: int, workers: int | None = None) -> Pairs:
    """Rows with similar distributions of similarities (Artetxe, Labaka, Agirre 2018, "A robust self-learning method for
    fully unsupervised cross-lingual mappings of word embeddings", section 3.2).

    For the first rows X [n, D] of each side, n being at most `size`, M = (X X')^1/2. The values in each row of M are
    sorted, which makes rows of both sides comparable. The rows are normalised (unit norm, centred, unit norm) and
    matched in both directions by CSLS.
    """
    size = min(size, len(source), len(target))
    similarities = [_sorted_similarities(side[:size]) for side in (source, target)]
    return induced_dictionary(similarities[0], similarities[1], k, workers=workers).union()


def _sorted_similarities(rows: Floats) -> Floats:
    """[n, n] the sorted rows of (X X')^1/2, normalised."""
    u, s, _ = np.linalg.svd(rows.astype(np.float64), full_matrices=False)
    roots = ((u * s) @ u.T).astype(np.float32)
    roots.sort(axis=1)
    roots /= np.linalg.norm(roots, axis=1, keepdims=True)
    roots -= roots.mean(axis=0)
    norms = np.linalg.norm(roots, axis=1, keepdims=True)
    units: Floats = roots / np.where(norms > 0, norms, np.float32(1))
    return units
