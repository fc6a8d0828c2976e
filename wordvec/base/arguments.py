"""What is given where words, numbers or names are expected: lists and arrays, or errors that say what must be given."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wordvec.base.errors import OptionError, WordTypeError

_BYTES = (bytes, bytearray, memoryview)


def listed_words(words: Any, name: str = "words", wanted: str = "a list of words", mapping: bool = False) -> list[Any]:
    """The words, or words and vectors, of a list or any other iterable; OptionError for one str, bytes, a mapping.

    What each of them is, is checked where it is looked up. A `mapping`, from words to anything, may be taken for its
    words. Those of a set, whose order changes from run to run, come sorted.

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
    """`listed_words` of which each is a str; WordTypeError names the first that is none."""
    some = listed_words(words, name, mapping=mapping)
    for place, word in enumerate(some):
        if not isinstance(word, str):
            nested = isinstance(word, (list, tuple, set, frozenset, np.ndarray))
            raise WordTypeError(
                f"{name} must be a list of words, each a str; number {place} is {word!r:.60} of type "
                f"{type(word).__name__}{': flatten it' if nested else ''}"
            )
    return some


def array_of(values: Any, name: str, wanted: str = "numbers") -> NDArray[Any]:
    """An array of what was given; OptionError where rows are of several lengths, or no array can be made."""
    try:
        return np.asarray(values)
    except (ValueError, TypeError, OverflowError) as error:
        why = f"of which no array can be made: {error}"
        raise OptionError(f"{name} must be {wanted}; got {_shown(values)}, {why}") from None


def numbers(values: Any, name: str, wanted: str = "numbers") -> NDArray[np.float64]:
    """An array of real numbers as float64; OptionError for words, None, complex numbers and all else.

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
    """An array of whole numbers as int64; OptionError for all else."""
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
    """A dict of what was given by name, empty for None; OptionError for what is no mapping."""
    if values is None:
        return {}
    if not isinstance(values, Mapping):
        raise OptionError(f"{name} must be a dict of {wanted}; got {_shown(values)}")
    return dict(values)


def check_vectors(**given: Any) -> None:
    """OptionError for what is given by a name and is no KeyedVectors."""
    for name, value in given.items():
        if not hasattr(value, "key_to_index") or not hasattr(value, "vector_size"):
            raise OptionError(f"{name} must be KeyedVectors; got {_shown(value)}")


def is_one_of(value: Any, names: Iterable[Any]) -> bool:
    """Whether a value is one of some names: False, not an error, for an array, a list or a dict."""
    return isinstance(value, str) and value in names


def _shown(values: Any) -> str:
    if isinstance(values, np.ndarray):
        return f"an array of {values.dtype} of shape {values.shape}"
    return f"{values!r:.60}" if isinstance(values, Sequence) else f"{values!r:.60} of type {type(values).__name__}"
