"""Which rows may be found: lists of rows and masks, checked, and a search that reads no other rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wordvec.base.errors import OptionError
from wordvec.rows import Dense, Rows

Floats = NDArray[np.float32]
RowsAndScores = tuple[NDArray[np.int64], NDArray[np.float64]]

GATHER = 0.05  # a smaller share of the rows is copied out before the scan; a larger one is scanned in place
_LAST = np.iinfo(np.int64).max  # comes after every row
_GATHERED_BYTES = 16 << 20  # rows copied out at a time


def rows_within(within: ArrayLike, size: int, start: int = 0, stop: int | None = None) -> NDArray[np.int64]:
    """The distinct rows from `start` to `stop`, rising, that a list of rows or a mask of [size] booleans allows.

    OptionError for a mask of another size, for what are no row numbers, and for rows that do not exist.

    >>> rows_within([4, 1, 1], 5).tolist(), rows_within([False, True, True], 3, start=2).tolist()
    ([1, 4], [2])
    """
    try:
        array = np.asarray(within)
    except ValueError:
        raise OptionError(f"within must be row numbers or a mask; got {within!r:.80}") from None
    start, stop, _ = slice(start, stop).indices(size)
    if array.dtype == np.bool_:
        if array.shape != (size,):
            raise OptionError(f"a mask must have one boolean for each of {size} rows; got shape {array.shape}")
        return start + np.flatnonzero(array[start:stop]).astype(np.int64)
    if array.ndim != 1 or (array.dtype.kind not in "iu" and array.size):
        raise OptionError(f"within must be row numbers or a mask; got {array.dtype} of shape {array.shape}")
    if array.size and not (0 <= array.min() and array.max() < size):
        bad = int(array.min()) if array.min() < 0 else int(array.max())
        raise OptionError(f"rows must be from 0 to {size - 1}; got {bad}")
    rows = np.unique(array.astype(np.int64))
    return rows[(rows >= start) & (rows < stop)]


def as_bans(lists: Sequence[Sequence[int]]) -> NDArray[np.int64]:
    """Lists of rows as one array [Q, longest], -1 where a list is shorter."""
    lengths = np.fromiter(map(len, lists), np.int64, len(lists))
    bans = np.full((len(lists), int(lengths.max(initial=0))), -1, np.int64)
    bans[np.arange(bans.shape[1]) < lengths[:, None]] = [row for some in lists for row in some]
    return bans


def only(norms: Floats, rows: NDArray[np.int64]) -> Floats:
    """A copy of the norms with 0 for all other rows: rows without direction are passed over by every scan."""
    limited = np.zeros(len(norms), np.float32)
    limited[rows] = norms[rows]
    return limited


def at_least(results: RowsAndScores, min_score: float | None) -> RowsAndScores:
    """The results with row -1 and score -inf in place of scores below `min_score`."""
    if min_score is None:
        return results
    if isinstance(min_score, bool) or not isinstance(min_score, (int, float, np.number)) or min_score != min_score:
        raise OptionError(f"min_score must be a number; got {min_score!r}")
    rows, scores = results
    low = scores < min_score
    return np.where(low, -1, rows), np.where(low, -np.inf, scores)


def best_of(parts: Sequence[RowsAndScores], k: int) -> RowsAndScores:
    """The k best of several results for the same queries: by score, equal scores by row."""
    rows, scores = parts[0]
    if len(parts) > 1:
        rows = np.concatenate([rows for rows, _ in parts], axis=1)
        scores = np.concatenate([scores for _, scores in parts], axis=1)
    order = np.lexsort((np.where(rows < 0, _LAST, rows), -scores), axis=1)[:, :k]
    lines = np.arange(len(rows))[:, None]
    return rows[lines, order], scores[lines, order]


def gathered(
    search: Callable[..., RowsAndScores],
    rows: Rows,
    queries: NDArray[Any],
    k: int,
    allowed: NDArray[np.int64],
    *,
    exclude: Sequence[Sequence[int]] | None,
    workers: int | None,
) -> RowsAndScores:
    """`search` among a few rows, which are copied out of the matrix a block at a time."""
    step = max(1, _GATHERED_BYTES // (4 * rows.shape[1]))
    count = len(np.atleast_2d(queries))
    best = np.empty((count, 0), np.int64), np.empty((count, 0))
    for first in range(0, len(allowed), step):
        part = allowed[first : first + step]
        left_out = None if exclude is None else [_places(part, np.asarray(banned, np.int64)) for banned in exclude]
        copied = Dense(*rows.gather(part))
        places, scores = search(copied, queries, k, exclude=left_out, workers=workers)
        best = best_of([best, (np.where(places < 0, -1, part[places]), scores)], k)
    return best


def _places(rows: NDArray[np.int64], wanted: NDArray[np.int64]) -> NDArray[np.int64]:
    """Where the wanted rows stand among some rising rows; those that are not there are passed over."""
    at = np.searchsorted(rows, wanted)
    there = at < len(rows)
    there[there] = rows[at[there]] == wanted[there]
    return at[there]
