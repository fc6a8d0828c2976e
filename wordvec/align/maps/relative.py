"""Relative representations: words described by their cosines with anchors, comparable between trainings."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from wordvec import search
from wordvec.align.common_vocabulary import rows_at, shared_words
from wordvec.base.arguments import check_vectors, strings
from wordvec.base.errors import OptionError
from wordvec.search.arrays import unit_rows, whole
from wordvec.transforms import Multiply, Transforms
from wordvec.transforms.steps import Fitted, Unit
from wordvec.vectors import KeyedVectors


def relative(vectors: KeyedVectors, anchors: int | Sequence[str] = 300) -> KeyedVectors:
    """Vectors r(x), r(x)_j = cos(x, a_j) with anchors a_1, ..., a_m (Moschella et al. 2023, equation 3).

    Spaces that differ by a rotation and a scale have the same relative vectors for the same anchors, whatever their
    dimensions: compare, search or classify without a map. `anchors` are words, or the number of first words to use;
    `shared_anchors` finds words that several spaces have. The anchors are stored in `metadata["relative"]`.
    Other vectors of the space are converted by `apply_transforms`.

    >>> kv = KeyedVectors(["a", "b", "c"], [[2, 0], [0, 1], [3, 3]])
    >>> [round(float(cosine), 3) for cosine in relative(kv, ["a", "b"])["c"]]
    [0.707, 0.707]
    """
    if isinstance(anchors, (int, np.integer)):
        rows = np.flatnonzero(search.directed(vectors.norms))[: whole("anchors", anchors)]
        if len(rows) < max(1, anchors):
            raise OptionError(f"anchors must be from 1 to {len(rows)}, the words with a vector; got {anchors}")
        row_of = vectors.rows.row_of
        owners = rows if row_of is None else np.array([int(np.flatnonzero(row_of == row)[0]) for row in rows])
        anchors = [vectors.index_to_key[int(index)] for index in owners]
    words = strings(anchors, "anchors")
    if not words:
        raise OptionError("anchors must be one word or more; got none")
    indices = np.array([vectors.vocabulary.index(word) for word in words], np.int64)
    matrix = rows_at(vectors, indices)
    for word, row in zip(words, matrix):
        if not row.any() or not np.isfinite(row).all():
            problem = "not finite" if row.any() else "zero"
            raise OptionError(f"anchors must have a direction; the vector of {word!r} is {problem}")
    units = unit_rows(matrix)
    size = vectors.vector_size
    steps = Transforms([Fitted(Unit.name, {}, (size, size)), Multiply(units.T).fitted()])
    result = vectors.transformed(steps)
    result.metadata = {**result.metadata, "relative": {"anchors": words}}
    return result


def shared_anchors(spaces: Sequence[KeyedVectors], count: int = 300) -> list[str]:
    """The first `count` words of the first space that all the others have; OptionError where there are fewer.

    >>> shared_anchors([KeyedVectors(["a", "b"], np.eye(2)), KeyedVectors(["b", "c"], np.eye(2))], 1)
    ['b']
    """
    if not isinstance(spaces, (list, tuple)) or not spaces:
        raise OptionError(f"spaces must be a list of KeyedVectors; got {spaces!r:.60}")
    for space in spaces:
        check_vectors(spaces=space)
    first, *others = spaces
    in_all = np.ones(len(first), bool)
    for other in others:
        in_other = np.zeros(len(first), bool)
        in_other[shared_words(first, other)[0]] = True
        in_all &= in_other
    words = [first.index_to_key[i] for i in np.flatnonzero(in_all)[: whole("count", count)].tolist()]
    if len(words) < count:
        raise OptionError(f"spaces must share {count} words for anchors; they share {len(words)}")
    return words
