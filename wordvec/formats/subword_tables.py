"""Tables of n-gram vectors as formats read them, made into what composes vectors of unknown words."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from wordvec.errors import FormatError, OptionError
from wordvec.vocabulary import Vocabulary


def hashed(path: str, kind: str, table: Any, min_n: int, max_n: int, **options: int) -> Any:
    """Subwords of a table [bucket, D] whose rows the hash of `kind` chooses; FormatError where they do not fit."""
    return _subwords(path, {"table": table}, {"kind": kind, "min_n": min_n, "max_n": max_n, **options})


def explicit(path: str, names: Vocabulary, rows: NDArray[np.uint32], table: Any, min_n: int, max_n: int) -> Any:
    """Subwords of a table [R, D] with the n-grams by name: n-gram i of `names` has row rows[i]."""
    tensors = {"table": table, "data": names.data, "offsets": names.offsets, "hash": names.hash, "row": rows}
    facts = {"kind": "explicit", "min_n": min_n, "max_n": max_n, "max_probe": names.max_probe}
    return _subwords(path, tensors, facts)


def with_word_rows(
    words: Vocabulary, matrix: NDArray[np.float32], table: NDArray[np.float32], min_n: int, max_n: int
) -> None:
    """Turn `matrix` [V, D] of word rows into what fastText gives: means of the row and the n-grams of each word."""
    from wordvec.rows import NGramHash, mean_rows, word_rows

    hashing = NGramHash("fasttext", min_n, max_n, len(table))
    step = 1 << 16
    for first in range(0, len(words), step):
        bounds = words.offsets[first : first + step + 1]
        starts, rows = word_rows(words.data, bounds, hashing)
        mean_rows(table, starts, rows, matrix[first : first + step], own=True)


def _subwords(path: str, tensors: dict[str, Any], config: dict[str, Any]) -> Any:
    from wordvec.subwords import Subwords

    try:
        return Subwords.from_tensors(tensors, config)
    except OptionError as error:
        raise FormatError(f"{path}: {error}") from None
