"""All pairs: the nearest rows of every row, in blocks, so that memory does not grow with the matrix."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wordvec.base.errors import OptionError
from wordvec.rows import as_rows, directed
from wordvec.search.arrays import Matrix
from wordvec.search.exact import nearest
from wordvec.search.filters import rows_within


def nearest_blocks(
    matrix: Matrix,
    k: int,
    *,
    norms: ArrayLike | None = None,
    asked: ArrayLike | None = None,
    block: int = 1024,
    own: bool = False,
    within: ArrayLike | None = None,
    min_score: float | None = None,
    workers: int | None = None,
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]]:
    """For the rows `asked` (row numbers or a mask; all where None), `block` of them at a time: (rows asked [b] int64,
    nearest rows [b, k] int64, cosines [b, k] float64), as `nearest` gives them.

    A row is not its own neighbour unless `own`. Rows without direction have no neighbours: -1 and -inf. `within`
    and `min_score` are those of `nearest`. Memory is that of one block, however large the matrix.

    >>> matrix = np.array([[1, 0], [3, 1], [0, 1]], np.float32)
    >>> [(some.tolist(), rows.tolist()) for some, rows, _ in nearest_blocks(matrix, 1, block=2)]
    [([0, 1], [[1], [0]]), ([2], [[1]])]
    """
    if block < 1:
        raise OptionError(f"block must be a number of rows >= 1; got {block!r}")
    searched = as_rows(matrix, norms)
    size = len(searched)
    everything = np.arange(size) if asked is None else rows_within(asked, size)
    targets = None if within is None else rows_within(within, size)
    width = max(0, min(k, size if targets is None else len(targets)))
    for first in range(0, len(everything), block):
        some = everything[first : first + block]
        rows, scores = np.full((len(some), width), -1, np.int64), np.full((len(some), width), -np.inf)
        usable = np.flatnonzero(directed(searched.norms[some]))
        exclude = None if own else some[usable][:, None].tolist()
        if len(usable) and width:
            rows[usable], scores[usable] = nearest(
                searched,
                searched[some[usable]],
                k,
                exclude=exclude,
                within=targets,
                min_score=min_score,
                workers=workers,
            )
        yield some, rows, scores


def all_nearest(
    matrix: Matrix,
    k: int,
    *,
    norms: ArrayLike | None = None,
    block: int = 1024,
    own: bool = False,
    min_score: float | None = None,
    workers: int | None = None,
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """The k nearest rows of every row, by `nearest_blocks`: rows [V, k] int64, cosines [V, k] float64.

    >>> matrix = np.array([[1, 0], [3, 1], [0, 1]], np.float32)
    >>> all_nearest(matrix, 1)[0].tolist()
    [[1], [0], [1]]
    """
    searched = as_rows(matrix, norms)
    shape = len(searched), max(0, min(k, len(searched)))
    rows, scores = np.empty(shape, np.int64), np.empty(shape)
    for some, *best in nearest_blocks(searched, k, block=block, own=own, min_score=min_score, workers=workers):
        rows[some], scores[some] = best
    return rows, scores
