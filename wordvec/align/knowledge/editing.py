"""What retrofitting and counter-fitting share: a copy of the matrix to change, and the result with its metadata."""

from __future__ import annotations

from typing import Any

import numpy as np

from wordvec.align.arrays import Floats
from wordvec.align.common_vocabulary import rows_at
from wordvec.base.errors import OptionError
from wordvec.search.arrays import unit_rows
from wordvec.vectors import KeyedVectors


def editable_matrix(vectors: KeyedVectors, normalize: bool) -> Floats:
    """[V, D] float32, a copy with one row for each word, of unit norm with `normalize`.

    OptionError where a row is not finite.
    """
    matrix = np.array(rows_at(vectors, np.arange(len(vectors))))
    if not np.isfinite(matrix).all():
        row = int(np.flatnonzero(~np.isfinite(matrix).all(axis=1))[0])
        raise OptionError(
            f"vectors must be finite, or neighbours would lose theirs; that of {vectors.index_to_key[row]!r} is not"
        )
    return unit_rows(matrix).astype(np.float32) if normalize else matrix


def edited(vectors: KeyedVectors, matrix: Floats, name: str, facts: dict[str, Any]) -> KeyedVectors:
    """The vectors with another matrix, and facts about the change in their metadata under a name."""
    return vectors._with_rows(matrix, {**vectors.metadata, name: facts}, name)
