"""Places of words on a plane: the one call of `KeyedVectors.layout`, and plain principal components."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from wordvec.base.arguments import check_cosine
from wordvec.base.errors import OptionError
from wordvec.plot.scene import Doubles
from wordvec.search.arrays import unit_rows
from wordvec.transforms.layout import signed
from wordvec.vectors import KeyedVectors


def places(vectors: KeyedVectors, words: Sequence[str], method: str, seed: int) -> Doubles:
    """[n, 2] the places of words on a plane by a method of `KeyedVectors.layout`."""
    layout = vectors.layout(list(words), method=method, seed=seed)
    return np.asarray(layout.points, np.float64)


def units_of(vectors: KeyedVectors, words: Sequence[Any]) -> Doubles:
    """[n, D] the vectors of words at length 1; UnknownWordError for a word that has none.

    OptionError where the metric is not the cosine, or numbers are not finite.
    """
    check_cosine(vectors=vectors)
    rows = np.stack([np.asarray(vectors[word], np.float64) for word in words])
    if not np.isfinite(rows).all():
        word = words[int(np.flatnonzero(~np.isfinite(rows).all(axis=1))[0])]
        raise OptionError(f"the vectors of words must be finite to be drawn; that of {word!r} is not")
    return unit_rows(rows)


def principal(rows: Doubles, is_centred: bool = True) -> Doubles:
    """[n, 2] the coordinates of rows [n, D] on their first two principal components, which keep parallels.

    The largest of each is positive. Without centring, the origin stays the origin.
    """
    left, lengths, _ = np.linalg.svd(rows - rows.mean(axis=0) if is_centred else rows, full_matrices=False)
    plane = np.zeros((len(rows), 2))
    plane[:, : len(lengths[:2])] = left[:, :2] * lengths[:2]
    return signed(plane)
