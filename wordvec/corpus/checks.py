"""Checks of texts and tokens that a user passes, for all readers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set
from typing import Any

_BYTES = (bytes, bytearray, memoryview)


def is_missing(value: object) -> bool:
    """Whether a value is a missing value of a table: None, NaN, NA."""
    return value is None or (not isinstance(value, (str, bytes)) and str(value) in ("nan", "<NA>", "NaT"))


def shown(value: object) -> str:
    """A value and its type, for a message."""
    return f"{type(value).__name__} ({value!r:.40})"


def wrong_texts(texts: object, rows: bool = False) -> str | None:
    """Why a value is no list (or other iterable) of texts or sentences, with advice; None where it is one.

    With `rows`, an array of two dimensions will do, of which each row is a sentence.

    >>> wrong_texts({"sport": "a match"})
    'a dict, of which only the keys would be read: give list(texts.values())'
    >>> wrong_texts(["a match"]) is None
    True
    """
    if isinstance(texts, (str, *_BYTES)):
        return f"one {type(texts).__name__}: put it in a list"
    columns = getattr(texts, "columns", getattr(texts, "column_names", None))
    if columns is not None and not isinstance(texts, (list, tuple)) and not callable(columns):
        names = [name for name in columns if isinstance(name, str)] if isinstance(columns, Iterable) else []
        some = f", which has {', '.join(map(repr, names[:5]))}" if names else ""
        return f"a table ({type(texts).__name__}{some}): give one column, such as table[{(names or ['text'])[-1]!r}]"
    if isinstance(texts, Mapping) and (rows or isinstance(next(iter(texts.values()), ""), str)):  # else of (text, ...)
        return f"a {type(texts).__name__}, of which only the keys would be read: give list(texts.values())"
    if isinstance(texts, Set):
        return f"a {type(texts).__name__}, whose order changes from run to run: give sorted(texts), or a list"
    dimensions = getattr(texts, "ndim", 1)
    if dimensions == 0 or (dimensions != 1 and not rows):
        return f"an array of {dimensions} dimensions: give a list, or an array of one"
    if not isinstance(texts, Iterable):
        return f"a {type(texts).__name__}: give a list"
    return None


def wrong_tokens(tokens: object) -> str | None:
    """Why a value is no list (or other iterable) of tokens, with advice; None where it is one.

    >>> wrong_tokens({"text": "the cat", "label": 1})
    "a row of a table: take the text of it, such as row['text'].split()"
    """
    if isinstance(tokens, str):
        return f"a {shown(tokens)}; split it first, or pass lines with tokenizer=, or give the path of a text file"
    if not isinstance(tokens, Iterable) and is_missing(tokens):
        return f"a missing one ({tokens!r}): leave it out, or give an empty list"
    if isinstance(tokens, _BYTES):
        return f"a {shown(tokens)}: decode it, and split it"
    fields: Any = getattr(tokens, "_fields", None)  # of a named tuple
    if fields is None and callable(getattr(tokens, "keys", None)) and not hasattr(tokens, "dtype"):
        fields = tokens.keys()  # type: ignore[attr-defined]
    if fields is not None:
        names = [name for name in fields if isinstance(name, str)] if isinstance(fields, Iterable) else []
        name = next((name for name in names if name in ("text", "sentence", "words", "tokens")), (names or ["text"])[0])
        return f"a row of a table: take the text of it, such as row[{name!r}].split()"
    if isinstance(tokens, (set, frozenset)):
        return f"a {type(tokens).__name__}, whose order changes from run to run: give a list, in the order of the text"
    if getattr(tokens, "ndim", 1) != 1:
        return f"an array of {getattr(tokens, 'ndim', 0)} dimensions, {shown(tokens)}: give a list of tokens"
    if getattr(getattr(tokens, "dtype", None), "str", "")[-2:] == "S1":
        return f"an array of letters, {shown(tokens)}: give a list of tokens"
    if not isinstance(tokens, Iterable):
        return f"a {shown(tokens)}"
    return None


def wrong_token(token: object) -> str:
    """Why a value other than a str is no token."""
    if is_missing(token):
        return f"is missing: {token!r}"
    nested = isinstance(token, Iterable) and not isinstance(token, (str, *_BYTES))
    return f"is of type {type(token).__name__}: {token!r:.60}" + (" (a list within a list: flatten it)" * nested)
