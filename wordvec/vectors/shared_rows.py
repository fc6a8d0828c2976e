"""Rows that several words share: the row of every word, checked."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wordvec.base.arguments import array_of
from wordvec.base.errors import OptionError
from wordvec.vocabulary.views import kept


class Believed:
    """The row of every word as a file has it: looked at when it is used, so that a mapped file opens in no time."""

    def __init__(self, rows: NDArray[Any]) -> None:
        self.rows = rows


def shared_rows(given: ArrayLike | Believed, words: int, size: int) -> NDArray[np.uint32]:
    """The row of every word, where several words share one, and of those the first `size` own theirs."""
    array = given.rows if isinstance(given, Believed) else array_of(given, "rows", "row numbers")
    if array.shape != (words,) or array.dtype.kind not in "iu" or size > words:
        raise OptionError(
            f"rows must be one integer for each of {words} words, and no row without a word; "
            f"got shape {array.shape} of {array.dtype} for {size} rows"
        )
    if isinstance(given, Believed):
        return kept(np.asarray(array, np.uint32))
    check_rows(array, size)
    return kept(np.asarray(array, np.uint32))


def check_rows(array: NDArray[Any], size: int) -> None:
    """OptionError where these are not rows of words, of which the first `size` own theirs."""
    wrong = np.flatnonzero((array < 0) | (array >= size))
    if len(wrong):
        raise OptionError(f"rows must be from 0 to {size - 1}; word {wrong[0]} has {array[wrong[0]]}")
    wrong = np.flatnonzero(array[:size] != np.arange(size))
    if len(wrong):
        raise OptionError(
            f"rows must begin with 0 to {size - 1}, owned in order; word {wrong[0]} has {array[wrong[0]]}"
        )
