"""Tables of words and vectors: pandas, Arrow and, through Arrow, polars."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wordvec.base.arguments import check_vectors
from wordvec.base.errors import OptionError, WordTypeError
from wordvec.base.libraries import library
from wordvec.corpus.checks import is_missing
from wordvec.interop.rows import matrix_of_words
from wordvec.vectors import KeyedVectors
from wordvec.vectors.categories import Categories
from wordvec.vectors.parts import ATTRIBUTES, COUNTS, WORDS, tell
from wordvec.vectors.text_rows import checked_tokens
from wordvec.vocabulary import Vocabulary

_COLUMNS = ("word", "vector", "count")


def to_pandas(vectors: KeyedVectors) -> Any:
    """A pandas DataFrame: a row for each word, which is its index, and a column for each dimension, from 0.

    The frame shares the memory of the vectors, read-only, where every word has its own row. A warning names the parts
    that a table cannot hold, such as subwords.
    """
    check_vectors(vectors=vectors)
    pandas = library("pandas", "pandas")
    tell(vectors, "pandas", {WORDS})
    index = pandas.Index(list(vectors.index_to_key), dtype=object, name="word")
    return pandas.DataFrame(matrix_of_words(vectors), index=index, copy=False)


def from_pandas(frame: Any, words: str | None = None, counts: str | None = None) -> KeyedVectors:
    """The vectors of a DataFrame whose columns are numbers, named by its index, or by the column `words`.

    A column `counts` holds the counts of the words. WordTypeError names the row of a word that is missing (None, NaN)
    or not a str; OptionError names columns that are not numbers.
    """
    if not hasattr(frame, "drop") or not hasattr(frame, "dtypes"):
        raise OptionError(f"frame must be a pandas DataFrame; got {type(frame).__name__}")
    named = {name: frame[name] for name in (words, counts) if name is not None}
    numbers = frame.drop(columns=list(named))
    odd = [str(name) for name, dtype in numbers.dtypes.items() if getattr(dtype, "kind", "O") not in "fiu"]
    if odd or not len(numbers.columns):
        raise OptionError(f"columns must be numbers, but for words and counts; got {', '.join(odd[:5]) or 'none'}")
    return _vectors(
        list(frame.index if words is None else named[words]),
        numbers.to_numpy(np.float32),
        None if counts is None else named[counts].to_numpy(),
        "pandas",
    )


def to_arrow(vectors: KeyedVectors) -> Any:
    """An Arrow table of the columns `word`, `vector` (FixedSizeList<float32>[D]) and, where known, `count`.

    Attributes follow as columns of their names, those of text as dictionaries. A warning names the parts that a table
    cannot hold, such as subwords. Contiguous rows, in memory or in a mapped native file, are not copied. Words that are
    not valid UTF-8 make `word` a column of bytes. `polars.from_arrow(table)` gives a polars frame.
    """
    arrow = library("pyarrow", "pyarrow")
    check_vectors(vectors=vectors)
    flat = {name: values for name, values in vectors.attributes.items() if name not in _COLUMNS and _is_flat(values)}
    held = {WORDS, COUNTS, *([ATTRIBUTES] if len(flat) == len(vectors.attributes) else [])}
    tell(vectors, "an Arrow table", held)
    vocabulary, matrix = vectors.vocabulary, np.ascontiguousarray(matrix_of_words(vectors))
    buffers = [None, arrow.py_buffer(vocabulary.offsets), arrow.py_buffer(vocabulary.data)]
    words = arrow.LargeStringArray.from_buffers(len(vocabulary), buffers[1], buffers[2])
    try:
        words.validate(full=True)
    except arrow.ArrowInvalid:
        words = arrow.Array.from_buffers(arrow.large_binary(), len(vocabulary), buffers)
    lists = arrow.FixedSizeListArray.from_arrays(arrow.array(matrix.reshape(-1)), vectors.vector_size)
    columns = {"word": words, "vector": lists}
    if vocabulary.counts is not None:
        columns["count"] = arrow.array(vocabulary.counts)
    columns |= {name: _attribute(arrow, values) for name, values in flat.items()}
    return arrow.table(columns)


def _is_flat(values: Any) -> bool:
    """Whether a column can hold an attribute: one value a word; texts must be valid UTF-8."""
    if not isinstance(values, Categories):
        return bool(values.ndim == 1)
    try:
        return isinstance(values.names.frozen().data.tobytes().decode(), str)
    except UnicodeDecodeError:
        return False


def _attribute(arrow: Any, values: Any) -> Any:
    """The column of an attribute; texts as codes and names."""
    if not isinstance(values, Categories):
        return arrow.array(values)
    values = values.used()
    return arrow.DictionaryArray.from_arrays(arrow.array(values.codes.astype(np.int32)), ["", *values.names])


def from_arrow(table: Any, words: str = "word", vector: str = "vector", counts: str | None = None) -> KeyedVectors:
    """The vectors of an Arrow table with a column of words and one of lists of numbers, all of one length.

    A column `counts` holds the counts of the words; by default a column "count", if there is one. Other columns of
    numbers, booleans or text without missing values become attributes. WordTypeError names the row of a word that is
    missing or not a text.
    """
    library("pyarrow", "pyarrow")
    if not hasattr(table, "column_names"):
        raise OptionError(f"table must be an Arrow table; got {type(table).__name__}")
    for name in (words, vector, *([counts] if counts else [])):
        if name not in table.column_names:
            raise OptionError(f"column {name!r} must be in the table; it has {', '.join(table.column_names)}")
    if counts is None and "count" in table.column_names and "count" not in (words, vector):
        counts = "count"
    lists = table[vector].combine_chunks()
    chunks = lists.chunks if hasattr(lists, "chunks") else [lists]
    return _vectors(
        table[words].to_pylist(),
        np.concatenate([_matrix(chunk, vector) for chunk in chunks]),
        None if counts is None else table[counts].to_numpy(),
        "arrow",
        _columns(table, {words, vector, counts}),
    )


def _columns(table: Any, without: set[str | None]) -> dict[str, Any]:
    """The columns of numbers, booleans or text without missing values, by name."""
    arrow = library("pyarrow", "pyarrow")
    columns: dict[str, Any] = {}
    for name in table.column_names:
        if name not in without and not table[name].null_count:
            kind = table[name].type
            kind = kind.value_type if arrow.types.is_dictionary(kind) else kind
            if arrow.types.is_string(kind) or arrow.types.is_large_string(kind):
                texts = table[name].to_pylist()
                if None not in texts:
                    columns[name] = Categories.of(texts)
                continue
            array = table[name].to_numpy()
            if array.dtype.kind in "biuf":
                columns[name] = array
    return columns


def _matrix(lists: Any, name: str) -> NDArray[np.float32]:
    """[n, D] an Arrow array of lists as a matrix."""
    if lists.null_count:
        raise OptionError(f"column {name!r} must have a list in every row; {lists.null_count} are missing")
    flat = lists.flatten() if hasattr(lists, "flatten") else None
    numbers = None if flat is None or flat.null_count else flat.to_numpy(zero_copy_only=False)
    sizes = np.diff(lists.offsets.to_numpy()) if hasattr(lists, "offsets") else np.zeros(0, np.int64)
    if numbers is None or numbers.dtype.kind not in "fiu" or (len(sizes) and sizes.min() != sizes.max()):
        raise OptionError(f"column {name!r} must hold lists of numbers, all of one length; got {lists.type}")
    matrix: NDArray[np.float32] = numbers.astype(np.float32, copy=False).reshape(len(lists), -1)
    return matrix


def _vectors(
    words: Sequence[Any], matrix: ArrayLike, counts: Any, source: str, attributes: dict[str, Any] | None = None
) -> KeyedVectors:
    """The vectors of words, which are checked."""
    for place, word in enumerate(words):
        if is_missing(word):
            raise WordTypeError(f"every row must have a word; row {place} has {word!r}: drop it, or name it")
    if not all(isinstance(word, bytes) for word in words):
        checked_tokens(words, "word")
    if counts is not None:
        if np.asarray(counts).dtype.kind not in "iu":
            raise OptionError(f"counts must be integers, none missing; got {np.asarray(counts).dtype}")
        counts = np.asarray(counts, np.int64)
    vocabulary = Vocabulary.from_words(words, counts)
    facts = {"source": {"format": source, "rows": len(vocabulary)}}
    return KeyedVectors(vocabulary, matrix, metadata=facts, attributes=attributes)
