"""Rows of vectors that a test set asks about: checked to be finite, at length 1, and as answers of questions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from wordvec.base.errors import FormatError
from wordvec.search import arrays
from wordvec.search.analogy import answers
from wordvec.search.filters import as_bans

if TYPE_CHECKING:
    from wordvec.vectors import KeyedVectors


def unit_rows(vectors: KeyedVectors, rows: NDArray[np.int64]) -> NDArray[np.float64]:
    """[n, D] float64: some rows scaled to unit norm; a row of zeros stays. FormatError where a row is not finite."""
    matrix = np.asarray(vectors.vectors[rows], np.float64)
    check_finite(vectors, np.square(matrix).sum(axis=1), rows)
    return arrays.unit_rows(matrix)


def check_finite(vectors: KeyedVectors, norms: NDArray[Any], rows: NDArray[np.int64] | None = None) -> None:
    """FormatError that names the first of some rows (None: all from the first on) whose norm is not finite."""
    finite = np.isfinite(norms)
    if not finite.all():
        first = int(np.flatnonzero(~finite)[0])
        row = first if rows is None else int(rows[first])
        raise FormatError(
            f"vectors must be finite numbers; row {row} ({vectors.vocabulary[row]!r}) holds NaN or infinity. "
            "Drop or repair that row before evaluating."
        )


def answered(
    vectors: KeyedVectors, questions: Sequence[Sequence[Sequence[int]]], size: int, **options: Any
) -> NDArray[np.bool_]:
    """[n] whether the word d of each question a : b = c : d is the answer among the first `size` rows, without a, b, c.

    A question has, for each of its four words, the rows of its case variants: the first is used of a, b and c, all of
    them are excluded from the answers, and any of d is right. The options are those of `search.analogy.answers`.
    """
    if not questions:
        return np.zeros(0, np.bool_)
    check_finite(vectors, vectors.norms[:size])  # there are fewer norms than words where words share rows
    queries = np.array([[variants[0] for variants in question[:3]] for question in questions], np.int64)
    excluded = as_bans([[row for variants in question[:3] for row in variants] for question in questions])
    best = answers(vectors.rows, queries, excluded, stop=size, **options).tolist()
    return np.array([answer in question[3] for answer, question in zip(best, questions)], np.bool_)
