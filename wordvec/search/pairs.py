"""All pairs: the nearest rows of every row, in blocks, so that memory does not grow with the matrix."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wordvec import search
from wordvec.base.errors import OptionError
from wordvec.search.filters import rows_within

Floats = NDArray[np.float32]


def nearest_blocks(
    matrix: Any,
    k: int,
    *,
    norms: Floats,
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
    >>> norms = np.sqrt(np.square(matrix).sum(axis=1))
    >>> [(some.tolist(), rows.tolist()) for some, rows, _ in nearest_blocks(matrix, 1, norms=norms, block=2)]
    [([0, 1], [[1], [0]]), ([2], [[1]])]
    """
    if block < 1:
        raise OptionError(f"block must be a number of rows >= 1; got {block!r}")
    size = len(matrix)
    everything = np.arange(size) if asked is None else rows_within(asked, size)
    targets = None if within is None else rows_within(within, size)
    width = max(0, min(k, size if targets is None else len(targets)))
    for first in range(0, len(everything), block):
        some = everything[first : first + block]
        rows, scores = np.full((len(some), width), -1, np.int64), np.full((len(some), width), -np.inf)
        directed = np.flatnonzero(search.directed(norms[some]))
        exclude = None if own else some[directed][:, None].tolist()
        if len(directed) and width:
            rows[directed], scores[directed] = search.nearest(
                matrix, matrix[some[directed]], k, norms=norms, exclude=exclude,
                within=targets, min_score=min_score, workers=workers,
            )  # fmt: skip
        yield some, rows, scores


def all_nearest(
    matrix: Any, k: int, *, norms: Floats, block: int = 1024, own: bool = False, min_score: float | None = None,
    workers: int | None = None,
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:  # fmt: skip
    """The k nearest rows of every row, by `nearest_blocks`: rows [V, k] int64, cosines [V, k] float64.

    >>> matrix = np.array([[1, 0], [3, 1], [0, 1]], np.float32)
    >>> all_nearest(matrix, 1, norms=np.sqrt(np.square(matrix).sum(axis=1)))[0].tolist()
    [[1], [0], [1]]
    """
    width = max(0, min(k, len(matrix)))
    rows, scores = np.empty((len(matrix), width), np.int64), np.empty((len(matrix), width))
    blocks = nearest_blocks(matrix, k, norms=norms, block=block, own=own, min_score=min_score, workers=workers)
    for some, found, cosines in blocks:
        rows[some], scores[some] = found, cosines
    return rows, scores
