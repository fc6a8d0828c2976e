"""Checks of texts and labels that a user passes, so that no input is misread."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from typing import Any

import numpy as np

from wordvec.base.errors import CorpusError, OptionError, UnknownOptionError, WordvecError
from wordvec.base.option_names import meant_by
from wordvec.corpus.checks import is_missing, wrong_texts

_NO_LIST = (str, bytes, bytearray, memoryview, os.PathLike)


def texts_given(texts: Any, what: str = "texts", error: type[WordvecError] = CorpusError) -> Iterable[Any]:
    """The items of a list of texts or labels, or of another ordered iterable with one item for each text."""
    if hasattr(texts, "to_pylist") and not isinstance(texts, type):  # a column of pyarrow, whose items are no str
        texts = texts.to_pylist()
    problem = "a dict: give list(texts.values())" if isinstance(texts, Mapping) else wrong_texts(texts)
    if problem is not None:
        raise error(f"{what} must be a list of str, one for each text; got {problem}")
    return texts  # type: ignore[no-any-return]


def encode_text(text: object, number: int) -> bytes:
    """The UTF-8 bytes of a text; OptionError for anything but a str."""
    if not isinstance(text, str):
        raise OptionError(
            f"a text must be a str; text {number} is a {type(text).__name__} ({text!r:.40}){_advice(text, 'text')}"
        )
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        raise OptionError(f"a text must be valid; text {number} holds half of a surrogate pair") from None


def _advice(value: object, what: str) -> str:
    """Advice for an item that is no str."""
    if is_missing(value):
        return f": a {what} is missing; leave out such rows, or fill them"
    if isinstance(value, Mapping):
        return f": give one field of each row, as [row[{what!r}] for row in rows]"
    if isinstance(value, (bytes, bytearray)):
        return ": decode it, as value.decode('utf-8')"
    if isinstance(value, (list, tuple)):
        return ": join its tokens, as ' '.join(tokens)"
    return ""


def labels_given(labels: Any, names: Sequence[str] | None, prefix: str) -> Iterable[list[str]]:
    """The labels of each text, without prefix, from a list of labels, a list of lists, or a table of 0 and 1.

    `names` are those of the columns of such a table; without them it is refused, as 0 and 1 would be taken for labels.
    """
    if hasattr(labels, "columns") and hasattr(labels, "to_numpy"):  # a table has names
        if names is None:
            names = [str(name) for name in labels.columns]
        labels = labels.to_numpy()
    if hasattr(labels, "tocsr"):
        labels = labels.toarray() if names is not None else _refuse_table(labels.shape[1])
    if isinstance(labels, np.ndarray) and labels.ndim == 2 and labels.dtype.kind in "biuf":
        labels = labels.tolist()
    if names is not None:
        return _named(labels, names, prefix)
    if isinstance(labels, np.ndarray) and labels.ndim == 2:
        labels = labels.tolist()
    items = texts_given(labels, "labels")
    if isinstance(items, (list, tuple)) and (columns := _columns(items)):
        _refuse_table(columns)
    return _listed(items, prefix)


def _columns(rows: Sequence[Any]) -> int:
    """The columns of what can only be a table of 0 and 1; else 0. Rows of two labels 0 and 1 are such a table, too."""
    first = rows[0] if rows else None
    if not isinstance(first, (list, tuple, np.ndarray)) or len(first) < 2:
        return 0
    columns = len(first)
    for row in rows:
        if not isinstance(row, (list, tuple, np.ndarray)) or len(row) != columns:
            return 0
        if any(not isinstance(v, (bool, int, float, np.number, np.bool_)) or v not in (0, 1) for v in row):
            return 0
    return columns


def _refuse_table(columns: int) -> Any:
    raise CorpusError(
        f"labels must be names, not a table of 0 and 1 with {columns} columns: give label_names=[...], one name for "
        "each column, or the labels of each text as a list"
    )


def _named(table: Any, names: Sequence[str], prefix: str) -> Iterator[list[str]]:
    """For each row of a table, the names of the columns that are 1."""
    if isinstance(names, (str, bytes, Set, Mapping)) or not all(isinstance(name, str) for name in names):
        raise CorpusError(f"label_names must be a list of str, one for each column of labels; got {names!r:.60}")
    stems = [name.removeprefix(prefix) for name in names]
    if len(set(stems)) != len(stems):
        raise CorpusError("label_names must be distinct; some are the same")
    for number, row in enumerate(texts_given(table, "labels")):
        values = list(row) if isinstance(row, (list, tuple, np.ndarray)) else None
        if values is None or len(values) != len(stems) or any(isinstance(v, str) or v not in (0, 1) for v in values):
            raise CorpusError(
                f"with label_names, labels must have a row of {len(stems)} numbers 0 or 1 for each text; row {number} "
                f"is {row!r:.60}"
            )
        yield [stem for stem, value in zip(stems, values) if value]


def _listed(items: Iterable[Any], prefix: str) -> Iterator[list[str]]:
    """The labels of each text; a single label is a list of one."""
    for number, own in enumerate(items):
        names: list[Any] = [own]
        if isinstance(own, Set):
            names = sorted(own, key=str)  # not in the order of hashes
        elif isinstance(own, np.ndarray) and own.ndim == 0:
            names = [own.item()]
        elif isinstance(own, Iterable) and not isinstance(own, (*_NO_LIST, Mapping)):
            names = list(own)
        for name in names:
            if isinstance(name, (bool, np.bool_)) or not isinstance(name, (str, int, np.integer)):
                raise CorpusError(
                    f"a label must be a str or a number; text {number} has {name!r:.40}{_advice(name, 'label')}"
                )
        yield list(dict.fromkeys(str(name).removeprefix(prefix) for name in names))


def check_names(given: Iterable[str], known: Iterable[str], what: str = "an option") -> None:
    """OptionError for an unknown name, with the nearest known one."""
    names = list(known)
    for name in given:
        if name not in names:
            meant = meant_by(name, names)
            hint = f": did you mean {meant!r}?" if meant else ""
            raise UnknownOptionError(f"{what} must be one of {', '.join(names)}; got {name!r}{hint}")
