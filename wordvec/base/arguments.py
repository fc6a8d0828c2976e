"""Checked arguments: words, numbers and names as lists and arrays; errors say what must be given."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wordvec.base.errors import OptionError, WordTypeError

_BYTES = (bytes, bytearray, memoryview)


def listed_words(words: Any, name: str = "words", wanted: str = "a list of words", mapping: bool = False) -> list[Any]:
    """The items of a list or any other iterable: words, or words and vectors. OptionError for a str, bytes, a mapping.

    The items themselves are checked where they are looked up. With `mapping`, the keys of a mapping are taken. The
    items of a set come sorted, as its order changes from run to run.

    >>> listed_words(word for word in ("a", "b"))
    ['a', 'b']
    >>> listed_words("a b")
    Traceback (most recent call last):
        ...
    wordvec.base.errors.OptionError: words must be a list of words; got the str 'a b': split it
    """
    problem = ""
    if isinstance(words, (str, *_BYTES)):
        one = isinstance(words, str) and len(words.split()) <= 1
        kind, advice = ("one word", "put it in a list") if one else (type(words).__name__, "split it")
        problem = f"the {kind} {words!r:.60}: {advice}"
    elif isinstance(words, Mapping) and not mapping:
        problem = f"a {type(words).__name__}, of which only the keys would be taken: give list(...) of what is meant"
    elif not isinstance(words, Iterable) or getattr(words, "ndim", 1) == 0 or isinstance(words, type):
        problem = f"{words!r:.60}" if words is None else f"{words!r:.60} of type {type(words).__name__}"
    if problem:
        raise OptionError(f"{name} must be {wanted}; got {problem}")
    if isinstance(words, (set, frozenset)) and all(isinstance(word, str) for word in words):
        return sorted(words)
    return words.tolist() if isinstance(words, np.ndarray) and words.dtype.kind in "US" else list(words)


def strings(words: Any, name: str = "words", mapping: bool = False) -> list[str]:
    """`listed_words` that are all str; WordTypeError names the first that is not."""
    listed = listed_words(words, name, mapping=mapping)
    for place, word in enumerate(listed):
        if not isinstance(word, str):
            nested = isinstance(word, (list, tuple, set, frozenset, np.ndarray))
            raise WordTypeError(
                f"{name} must be a list of words, each a str; number {place} is {word!r:.60} of type "
                f"{type(word).__name__}{': flatten it' if nested else ''}"
            )
    return listed


def array_of(values: Any, name: str, wanted: str = "numbers") -> NDArray[Any]:
    """The values as an array; OptionError where that cannot be, as for rows of different lengths."""
    try:
        return np.asarray(values)
    except (ValueError, TypeError, OverflowError) as error:
        reason = f"of which no array can be made: {error}"
        raise OptionError(f"{name} must be {wanted}; got {_shown(values)}, {reason}") from None


def numbers(values: Any, name: str, wanted: str = "numbers") -> NDArray[np.float64]:
    """Real numbers as a float64 array; OptionError for words, None, complex numbers and everything else.

    >>> numbers([1, 2], "weights").tolist()
    [1.0, 2.0]
    """
    array = array_of(values, name, wanted)
    if array.dtype.kind == "O" and array.size:  # integers beyond 64 bits, numbers of other libraries
        try:
            array = array.astype(np.float64)
        except (ValueError, TypeError, OverflowError):
            pass
    if array.dtype.kind not in "biuf" and array.size:
        raise OptionError(f"{name} must be {wanted}; got {_shown(values)}")
    return np.asarray(array, np.float64)


def whole_numbers(values: Any, name: str) -> NDArray[np.int64]:
    """Whole numbers as an int64 array; OptionError for everything else."""
    array = array_of(values, name, "whole numbers")
    if array.dtype.kind not in "biu" and array.size:
        raise OptionError(f"{name} must be whole numbers; got {_shown(values)}")
    return np.asarray(array, np.int64)


def whole_number(name: str, value: Any, low: int = 1, high: int | None = None, *, optional: bool = False) -> Any:
    """An integer within bounds, numpy's as an int; None where it is `optional`. OptionError for all else.

    For one argument of a function; several that belong together are fields of `Options`.

    >>> whole_number("k", 3)
    3
    >>> whole_number("k", 0)
    Traceback (most recent call last):
        ...
    wordvec.base.errors.OptionError: k must be an integer >= 1; got 0
    """
    if value is None and optional:
        return None
    whole = isinstance(value, (int, np.integer)) and not isinstance(value, bool)
    if not whole or value < low or (high is not None and value > high):
        bounds = f">= {low}" + ("" if high is None else f" and <= {high}")
        raise OptionError(f"{name} must be an integer {bounds}{' or None' * optional}; got {value!r:.60}")
    return int(value)


def mapped(values: Any, name: str, wanted: str) -> dict[str, Any]:
    """A mapping as a dict, empty for None; OptionError for everything else."""
    if values is None:
        return {}
    if not isinstance(values, Mapping):
        raise OptionError(f"{name} must be a dict of {wanted}; got {_shown(values)}")
    return dict(values)


def check_vectors(**arguments: Any) -> None:
    """OptionError for an argument, given by its name, that is not KeyedVectors, or has another metric."""
    for name, value in arguments.items():
        if not hasattr(value, "key_to_index") or not hasattr(value, "vector_size"):
            raise OptionError(f"{name} must be KeyedVectors; got {_shown(value)}")
    check_cosine(**arguments)


def check_cosine(**arguments: Any) -> None:
    """OptionError for vectors or rows, given by their name, whose metric is not the cosine; all else passes."""
    for name, value in arguments.items():
        if (metric := getattr(value, "metric", "cosine")) != "cosine":
            raise OptionError(
                f"{name} must have the metric cosine; got {value!r}, whose metric is {metric}: its points have no "
                "sums, means or angles; ask PoincareVectors itself for distances, parents and nearest nodes"
            )


def is_one_of(value: Any, names: Iterable[Any]) -> bool:
    """Whether a value is one of the names; False for an array, a list or a dict, which cannot be compared."""
    return isinstance(value, str) and value in names


def _shown(values: Any) -> str:
    if isinstance(values, np.ndarray):
        return f"an array of {values.dtype} of shape {values.shape}"
    return f"{values!r:.60}" if isinstance(values, Sequence) else f"{values!r:.60} of type {type(values).__name__}"
