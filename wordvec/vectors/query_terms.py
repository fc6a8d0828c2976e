"""What a query consists of: words, vectors and weights, the rows that compete, and the names of the answers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wordvec.base.errors import OptionError
from wordvec.base.shown import Ranked
from wordvec.search.arrays import unit, whole
from wordvec.vectors.arguments import Floats
from wordvec.vectors.core import Core
from wordvec.vectors.similarity import mean_vector

# words, rows, a mask, a predicate on words, or values of their attributes
Filter = Iterable[str] | ArrayLike | Callable[[str], bool] | Mapping[str, Any]
Neighbours = Ranked
_MOST_WEIGHT = 1e30


def weighted(keys: Any, sign: float) -> list[tuple[Any, float]]:
    """(word or vector, weight) pairs from what `most_similar` accepts."""
    if keys is None:
        return []
    if isinstance(keys, str) or (isinstance(keys, np.ndarray) and keys.ndim == 1):
        keys = [keys]
    if isinstance(keys, np.ndarray) and not keys.ndim and keys.dtype.kind == "U":
        keys = [keys.item()]
    if not isinstance(keys, Iterable) or isinstance(keys, (bytes, Mapping)) or getattr(keys, "ndim", 1) == 0:
        raise OptionError(f"a query must be a word, a vector, or a list of words, vectors and pairs; got {keys!r:.80}")
    # Negative terms are subtracted whichever sign their weight has: gensim wants -2.0 there, a newcomer writes 2.0.
    pairs = [key if _is_pair(key) else (key, 1.0) for key in keys]
    for key, weight in pairs:
        number = isinstance(weight, (int, float, np.number)) and not isinstance(weight, (bool, np.complexfloating))
        if not number or not abs(weight) < _MOST_WEIGHT:
            raise OptionError(
                f"a pair must be (word or vector, weight), the weight a number; got ({key!r:.80}, {weight!r:.80})"
            )
    return [(key, weight if sign > 0 else -abs(weight)) for key, weight in pairs]


def _is_pair(key: Any) -> bool:
    """Whether a key is (word or vector, weight): a tuple, or a list that starts with a word, as JSON has it."""
    return len(key) == 2 if isinstance(key, tuple) else isinstance(key, list) and len(key) == 2 and type(key[0]) is str


def both_signs(positive: Any, negative: Any) -> list[tuple[Any, float]]:
    """The weighted terms of a query; OptionError where there are none."""
    terms = weighted(positive, 1.0) + weighted(negative, -1.0)
    if not terms:
        raise OptionError("positive or negative must hold a word or a vector; got neither")
    return terms


def direction_of(vectors: Core, positive: Any, negative: Any) -> tuple[Floats, list[int]]:
    """The direction [D] of a query, and the rows of the words in it."""
    terms = both_signs(positive, negative)
    keys = [key for key, _ in terms]
    with np.errstate(invalid="ignore"):  # of a row that is infinite
        query = mean_vector(vectors, keys, [weight for _, weight in terms], ignore_missing=False)
    if not np.isfinite(query).all() or not query.any():
        _check_directions(vectors, keys)
    return query, rows_of_words(vectors, keys)


def rows_of_words(vectors: Core, keys: Iterable[Any]) -> list[int]:
    """The rows of the words among the keys of a query, as far as they have one."""
    policy, rows = vectors._policy.resolved(vectors), []
    for key in keys:
        if isinstance(key, str):
            number = vectors._vocabulary.get(key)
            number = policy.index(key, vectors) if number is None else number
            rows += [] if number is None else [vectors._rows.row(number)]
    return rows


def _check_directions(vectors: Core, keys: list[Any]) -> None:
    """OptionError names the first word of a query whose vector has no direction."""
    for word in keys:
        if isinstance(word, str):
            vector = vectors[word]
            if not np.isfinite(vector).all() or not vector.any():
                problem = "zero: ask for one other than zero"
                if not np.isfinite(vector).all():
                    problem = "not finite: it holds NaN or inf"
                raise OptionError(
                    f"a word that is asked for must have a vector with a direction; that of {word!r} is {problem}"
                )


def factors(vectors: Core, keys: Any, name: str) -> list[tuple[Floats, int | None]]:
    """(vector, its row) of the words and vectors of one side of a product of similarities."""
    terms: list[tuple[Floats, int | None]] = []
    for key, weight in weighted(keys, 1.0):
        if weight != 1:
            raise OptionError(f"{name} must be words or vectors, without weights; got {weight!r} for {key!r}")
        if isinstance(key, str):
            terms.append((vectors[key], vectors._row_of(key) if key in vectors._vocabulary else None))
        else:
            vector = vectors._as_vector(key)
            narrow = np.abs(vector).max() <= np.finfo(np.float32).max  # False also for NaN, which search refuses
            terms.append(((vector if narrow else unit(vector)).astype(np.float32), None))
    return terms


def check_indexer(vectors: Core, indexer: Any) -> None:
    """OptionError for what is no index, or an index of other vectors."""
    from wordvec.search.indexes import SearchIndex

    if not isinstance(indexer, SearchIndex):
        raise OptionError(
            "indexer must be an index of wordvec.search.indexes, as build_index(kv.vectors, norms=kv.norms) makes "
            f"and open_index opens; got {type(indexer).__name__}"
        )
    rows, dim = vectors._rows.shape
    if indexer.shape != (rows, dim):
        raise OptionError(
            f"indexer must be of these vectors, {rows} x {dim}; it is of {indexer.shape[0]} x {indexer.shape[1]}: "
            "build it again"
        )


def check_only_with_topn(**options: Any) -> None:
    """OptionError for options that select rows, where topn=None asks for the scores of all."""
    for name, value in options.items():
        if value is not None:
            raise OptionError(f"{name} must be left out with topn=None, which scores every row; got {value!r}")


def row_range(vectors: Core, clip_start: int, clip_end: int | None, restrict_vocab: int | None) -> tuple[int, int]:
    """The first row of a restricted search and the row after the last."""
    rows = len(vectors._rows)
    options = {"clip_start": clip_start, "clip_end": clip_end, "restrict_vocab": restrict_vocab}
    start, end, size = (whole(name, 0 if value is None else value) for name, value in options.items())
    return (0, min(size, rows)) if size else (start or 0, min(end or rows, rows))


def row_mask(vectors: Core, within: Filter | None, exclude: Filter | None) -> NDArray[np.bool_] | None:
    """[R] the rows that may be in a result, or None where all may."""
    mask = None if within is None else selected_rows(vectors, within, "within")
    if exclude is not None:
        allowed = ~selected_rows(vectors, exclude, "exclude")
        mask = allowed if mask is None else mask & allowed
    return mask


def selected_rows(vectors: Core, selection: Any, name: str) -> NDArray[np.bool_]:
    """[R] the rows of words, row numbers, a mask of words, a predicate on words, or values of attributes."""
    mask = np.zeros(len(vectors._rows), bool)
    if isinstance(selection, (str, bytes)):
        raise OptionError(f"{name} must be words, rows, a mask or a function; got the one word {selection!r}: list it")
    if isinstance(selection, Mapping):
        selection = vectors._attributes.matching(selection, vectors._vocabulary.counts, name)
    elif callable(selection):
        selection = np.fromiter((bool(selection(word)) for word in vectors._vocabulary), bool, len(vectors))
    else:
        try:
            selection = (
                selection
                if isinstance(selection, np.ndarray) and selection.dtype.kind not in "USO"
                else list(selection)
            )
        except TypeError:
            raise OptionError(f"{name} must be words, rows, a mask or a function; got {selection!r:.80}") from None
        if not len(selection) or (isinstance(selection, list) and all(isinstance(word, str) for word in selection)):
            mask[[vectors._row_of(word) for word in selection]] = True
            return mask
    try:
        rows = np.asarray(selection)
    except ValueError:  # lists of several lengths
        raise OptionError(f"{name} must be one list of words or of rows; got lists in it") from None
    if rows.dtype.kind in "US" or rows.ndim != 1 or rows.dtype.kind not in "biu":
        raise OptionError(
            f"{name} must be words, row numbers, a mask of {len(vectors)} booleans, a function from word to bool, or "
            f"values of attributes; got {rows.dtype} of shape {rows.shape}"
        )
    if rows.dtype.kind == "b":
        if len(rows) != len(vectors):
            raise OptionError(f"{name} must have one boolean for each of {len(vectors)} words; got {len(rows)}")
        row_of = vectors._rows.row_of
        rows = np.flatnonzero(rows) if row_of is None else row_of[rows].astype(np.int64)
    elif len(rows) and not 0 <= int(rows.min()) <= int(rows.max()) < len(mask):
        raise OptionError(f"{name} must be rows from 0 to {len(mask) - 1}; got {rows.min()} to {rows.max()}")
    mask[rows] = True
    return mask


def named(vectors: Core, rows: NDArray[np.int64], scores: NDArray[np.float64]) -> list[Neighbours]:
    """[(word, score)] for each query, from rows [Q, k] and scores [Q, k]; row -1 is none."""
    words = vectors._vocabulary
    return [
        Neighbours([(words[row], score) for row, score in zip(*pair) if row >= 0])
        for pair in zip(rows.tolist(), scores.tolist())
    ]
