"""Rows of tokens, for any framework: fast for millions of tokens."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wordvec.base.arguments import check_vectors
from wordvec.base.errors import OptionError, WordTypeError
from wordvec.vectors import KeyedVectors
from wordvec.vectors.text_rows import as_bytes, checked_tokens
from wordvec.vocabulary import offsets_of, packed

Rows = NDArray[np.int32]


def token_rows(
    vectors: KeyedVectors, tokens: Any, *, unk: int | None = -1, padding: int | None = None, first: int = 0
) -> Any:
    """The rows of tokens as int32, `unk` for unknown ones; with `unk=None` these raise UnknownWordError.

    `first` is the row of the first word, which is not 0 where special rows come before the words: `to_numpy`.

    A list of tokens gives [N]. A list of lists gives all rows [N] and offsets [n+1] int64 of the lists, as
    `torch.nn.EmbeddingBag(include_last_offset=True)` takes them; with `padding`, a matrix [n, longest] that is filled
    with that row. WordTypeError names the first token that is not a str, such as None or NaN.

    >>> vectors = KeyedVectors(["a", "b"], [[1, 2], [2, 1]])
    >>> token_rows(vectors, ["b", "x", "a"])
    array([ 1, -1,  0], dtype=int32)
    >>> rows, offsets = token_rows(vectors, [["a", "b"], [], ["b"]])
    >>> rows.tolist(), offsets.tolist()
    ([0, 1, 1], [0, 2, 2, 3])
    >>> token_rows(vectors, [["a", "b"], ["x"]], unk=2, padding=3).tolist()
    [[0, 1], [2, 3]]
    """
    for name, row in (("unk", unk), ("padding", padding), ("first", first)):
        if row is not None and (isinstance(row, bool) or not isinstance(row, int) or not -(2**31) <= row < 2**31):
            raise OptionError(f"{name} must be a row number or None; got {row!r}")
    check_vectors(vectors=vectors)
    if not isinstance(tokens, Iterable):
        raise OptionError(f"tokens must be a list of tokens, or of such lists; got {tokens!r:.60}")
    if isinstance(tokens, (str, bytes)):
        raise OptionError(f"tokens must be a list of tokens, or of such lists; got one {type(tokens).__name__}: cut it")
    listed = tokens.tolist() if isinstance(tokens, np.ndarray) else list(tokens)
    if not listed or not isinstance(listed[0], (list, tuple, np.ndarray)):
        return _rows(vectors, listed, unk, first)
    offsets = _offsets(map(_size, listed), len(listed))
    rows = _rows(vectors, [token for part in listed for token in part], unk, first)
    if padding is None:
        return rows, offsets
    sizes = np.diff(offsets)
    matrix = np.full((len(listed), int(sizes.max(initial=0))), padding, np.int32)
    matrix[np.arange(matrix.shape[1]) < sizes[:, None]] = rows
    return matrix


def matrix_of_words(vectors: KeyedVectors, start: int = 0, stop: int | None = None) -> NDArray[np.float32]:
    """[n, D] the vectors of the words `start` to `stop` - 1: a view where possible, else a copy; decoded."""
    rows, part = vectors.rows.row_of, slice(start, stop)
    matrix: NDArray[np.float32] = np.asarray(
        vectors.vectors[part] if rows is None else vectors.vectors[rows[part].astype(np.int64)]
    )
    return matrix


def _rows(vectors: KeyedVectors, tokens: list[str], unk: int | None, first: int) -> Rows:
    try:
        text = "".join(tokens)
    except TypeError:
        checked_tokens(tokens)
        raise
    data, offsets = _packed_text(text, tokens)
    words, own = vectors.vocabulary.rows_of(data, offsets), vectors.rows.row_of
    rows = words if own is None or not len(own) else own[words].astype(np.int64)
    missing, rows = words < 0, rows + (first or 0)
    if unk is None and missing.any():
        vectors.vocabulary.index(tokens[int(missing.argmax())])  # raises an error that names close spellings
    rows[missing] = -1 if unk is None else unk
    return rows.astype(np.int32)


def _packed_text(text: str, tokens: list[str]) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """The bytes and offsets of tokens, from their joined `text`: without a call for each token."""
    try:
        data = np.frombuffer(text.encode(), np.uint8)
    except UnicodeEncodeError:  # invalid UTF-8, as surrogate escapes
        return packed([as_bytes(token) for token in tokens])
    offsets = _offsets(map(len, tokens), len(tokens))  # in characters
    if len(data) > len(text):
        firsts = np.flatnonzero((data & 0xC0) != 0x80)  # the first byte of every character
        offsets = np.append(firsts, len(data))[offsets]
    return data, offsets


def _offsets(sizes: Iterable[int], count: int) -> NDArray[np.int64]:
    return offsets_of(np.fromiter(sizes, np.int64, count))


def _size(part: Any) -> int:
    if isinstance(part, (str, bytes)) or not hasattr(part, "__len__"):
        raise WordTypeError(f"tokens must be a list of str, or a list of lists of them; a list also holds {part!r}")
    return len(part)
