"""Tokens as rows: what any framework needs of a vocabulary, a million tokens at a time."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wordvec.base.arguments import check_vectors
from wordvec.base.errors import OptionError, WordTypeError
from wordvec.vectors import KeyedVectors
from wordvec.vectors.text_rows import as_bytes, checked_tokens

Rows = NDArray[np.int32]


def encode(
    vectors: KeyedVectors, tokens: Any, *, unk: int | None = -1, padding: int | None = None, first: int = 0
) -> Any:
    """The rows of tokens as int32, `unk` for those that have none; with `unk=None` these raise UnknownWordError.

    `first` is the row of the first word, other than 0 where special rows stand before the words: `to_numpy`.

    A list of tokens gives [N]. A list of lists gives all rows [N] and where each list starts, [n+1] int64, as
    `torch.nn.EmbeddingBag(include_last_offset=True)` takes them; with `padding`, a matrix [n, longest] that is filled
    with that row. WordTypeError names the first token that is no str, such as None or NaN.

    >>> vectors = KeyedVectors(["a", "b"], [[1, 2], [2, 1]])
    >>> encode(vectors, ["b", "x", "a"])
    array([ 1, -1,  0], dtype=int32)
    >>> rows, offsets = encode(vectors, [["a", "b"], [], ["b"]])
    >>> rows.tolist(), offsets.tolist()
    ([0, 1, 1], [0, 2, 2, 3])
    >>> encode(vectors, [["a", "b"], ["x"]], unk=2, padding=3).tolist()
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
    given = tokens.tolist() if isinstance(tokens, np.ndarray) else list(tokens)
    if not given or not isinstance(given[0], (list, tuple, np.ndarray)):
        return _rows(vectors, given, unk, first)
    offsets = _starts(map(_size, given), len(given))
    rows = _rows(vectors, [token for part in given for token in part], unk, first)
    if padding is None:
        return rows, offsets
    sizes = np.diff(offsets)
    matrix = np.full((len(given), int(sizes.max(initial=0))), padding, np.int32)
    matrix[np.arange(matrix.shape[1]) < sizes[:, None]] = rows
    return matrix


def packed(tokens: list[bytes]) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Tokens as `Vocabulary.rows_of` takes them: their bytes, one after another, and where each starts."""
    return np.frombuffer(b"".join(tokens), np.uint8), _starts(map(len, tokens), len(tokens))


def matrix_of_words(vectors: KeyedVectors, start: int = 0, stop: int | None = None) -> NDArray[np.float32]:
    """[n, D] the vectors of the words `start` to `stop`: a view where it can be, else a copy; codes are decoded."""
    rows, part = vectors.rows.row_of, slice(start, stop)
    found: NDArray[np.float32] = np.asarray(
        vectors.vectors[part] if rows is None else vectors.vectors[rows[part].astype(np.int64)]
    )
    return found


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
        vectors.vocabulary.index(tokens[int(missing.argmax())])  # raises, and names close spellings
    rows[missing] = -1 if unk is None else unk
    return rows.astype(np.int32)


def _packed_text(text: str, tokens: list[str]) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """`packed` of tokens from all of their characters, without a call for each token."""
    try:
        data = np.frombuffer(text.encode(), np.uint8)
    except UnicodeEncodeError:  # bytes that are no UTF-8, which stand in a str as surrogates
        return packed([as_bytes(token) for token in tokens])
    offsets = _starts(map(len, tokens), len(tokens))  # in characters
    if len(data) > len(text):
        firsts = np.flatnonzero((data & 0xC0) != 0x80)  # the first byte of every character
        offsets = np.append(firsts, len(data))[offsets]
    return data, offsets


def _starts(sizes: Iterable[int], count: int) -> NDArray[np.int64]:
    """[count+1] where things of these sizes start, one after another, and where the last ends."""
    starts = np.zeros(count + 1, np.int64)
    np.cumsum(np.fromiter(sizes, np.int64, count), out=starts[1:])
    return starts


def _size(part: Any) -> int:
    if isinstance(part, (str, bytes)) or not hasattr(part, "__len__"):
        raise WordTypeError(f"tokens must be a list of str, or a list of lists of them; a list also holds {part!r}")
    return len(part)
