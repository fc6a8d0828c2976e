"""Changes of vectors in place: words added, vectors replaced, sorted or normalised; what arrays they are made in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from wordvec.base.arguments import array_of, mapped, strings
from wordvec.base.errors import OptionError
from wordvec.codecs import Encoded
from wordvec.transforms import Transforms, Unit, joined
from wordvec.vectors.append_buffer import AppendBuffer, MutableVocabulary
from wordvec.vectors.arguments import Floats, scaled_to_1, vectors_of
from wordvec.vectors.attributes import COUNT, check_counts, check_fits
from wordvec.vectors.categories import Categories, Values, column
from wordvec.vectors.core import Core
from wordvec.vocabulary import encoded

_BLOCK_BYTES = 4 << 20


def require_memory(vectors: Core) -> None:
    """OptionError where the vectors are mapped from a file, which other processes may read."""
    if vectors._stored is not None and vectors._stored.map is not None:
        raise OptionError(
            f"vectors must be in memory to be changed; these are mapped from {vectors._stored.path}: "
            "change a copy, vectors.to_memory()"
        )
    vectors._stored = None  # they are no longer what the file holds


def buffer_of(vectors: Core) -> AppendBuffer:
    """The rows, one for each word, in an array that only these vectors change."""
    if vectors._buffer is None:
        require_memory(vectors)
        vectors._context_grows = vectors._context is not None and len(vectors._context) == len(vectors)
        if isinstance(vectors._vectors, Encoded):
            raise OptionError(
                f"vectors must not be compressed to be changed; these are {vectors._vectors.name}: "
                "change a copy, vectors.to_memory()"
            )
        if vectors._rows is None:
            _adopt(vectors, vectors._vectors, copy=True)
        else:
            _adopt(vectors, vectors._take(np.arange(len(vectors))))
            vectors._rows = vectors._norms = None
    assert vectors._buffer is not None
    return vectors._buffer


def mutable_vocabulary(vectors: Core) -> MutableVocabulary:
    """The vocabulary, to which words can be added from now on."""
    if not isinstance(vectors._vocabulary, MutableVocabulary):
        vectors._vocabulary = MutableVocabulary(vectors._vocabulary)
    return vectors._vocabulary


def set_attribute(vectors: Core, name: str, indices: Any, values: Any) -> None:
    """Give words, by index, values of an attribute that is there."""
    if name == COUNT:
        mutable_vocabulary(vectors).set_counts(indices, values)
    else:
        vectors._attributes.set(name, indices, values)


def add_vectors(
    vectors: Core, keys: str | Sequence[str], weights: ArrayLike, extras: Mapping[str, ArrayLike] | None, replace: bool
) -> None:
    """See `KeyedVectors.add_vectors`."""
    named = mapped(extras, "extras", "attributes, one value for each key")
    if isinstance(keys, str):
        keys, weights = [keys], array_of(weights, "weights").reshape(1, -1)
        named = {
            name: [value] if isinstance(value, str) else np.atleast_1d(array_of(value, f"extras[{name!r}]"))
            for name, value in named.items()
        }
    if isinstance(keys, (set, frozenset)):
        raise OptionError("keys must be in the order of their vectors; got a set, which has none: give a list")
    keys = strings(keys, "keys")
    require_memory(vectors)
    rows = vectors_of(keys, weights, vectors.vector_size)
    added: dict[bytes, int] = {}  # word -> the last place among the keys
    known: dict[int, int] = {}  # index -> the last place among the keys
    for place, key in enumerate(keys):
        index = vectors._vocabulary.get(key)
        if index is None:
            added[encoded(key)] = place
        else:
            known[index] = place
    columns = _columns(named, len(keys))
    _check_columns(vectors, columns)
    buffer, words, first = buffer_of(vectors), mutable_vocabulary(vectors), len(vectors)
    for name, values in columns.items():
        if name != COUNT:
            vectors._attributes.allocate(name, values.dtype)
    places = list(added.values())
    for place in places:
        words.add(keys[place])
    buffer.extend(rows[places])
    vectors._vectors = buffer.view
    vectors._attributes.extend(len(vectors))
    for name, values in columns.items():
        set_attribute(vectors, name, slice(first, None), values[places])
    if replace and known:
        indices, places = list(known), list(known.values())
        _replace(vectors, indices, rows[places])
        for name, values in columns.items():
            set_attribute(vectors, name, indices, values[places])


def _columns(extras: Mapping[str, Any], size: int) -> dict[str, Values]:
    """The attributes of new words, one value for each."""
    columns = {name: column(values, f"attribute {name!r}") for name, values in extras.items()}
    for name, values in columns.items():
        if values.shape != (size,):
            raise OptionError(f"extras must have one value for each of {size} keys; {name!r} has {values.shape}")
        if name == COUNT and not isinstance(values, Categories):
            check_counts(values)
    return columns


def _check_columns(vectors: Core, columns: Mapping[str, Values]) -> None:
    """OptionError where attributes of new words are of other types than those of the known words."""
    for name, values in columns.items():
        if name == COUNT:
            check_fits(name, values.dtype, np.dtype(np.int64))
        elif name in vectors._attributes:
            check_fits(name, values.dtype, vectors._attributes[name].dtype)


def fill_norms(vectors: Core, force: bool) -> None:
    """See `KeyedVectors.fill_norms`."""
    if force and vectors._stored is None and not isinstance(vectors._vectors, Encoded):
        vectors._norms = None
    vectors.norms  # noqa: B018  computes them


def unit_normalize(vectors: Core) -> None:
    """See `KeyedVectors.unit_normalize_all`."""
    buffer_of(vectors)
    unit = Transforms.fit([Unit()], vectors._vectors[:0])
    if vectors._subwords is not None:
        vectors._subwords = vectors._subwords.transformed(unit)
    if vectors._transforms is not None:
        vectors._transforms = joined(vectors._transforms, unit)
    norms = vectors.norms
    step = max(1, _BLOCK_BYTES // (4 * vectors.vector_size))
    scaled = np.empty(vectors._vectors.shape, np.float32) if vectors._lent else None
    for first in range(0, len(vectors), step):
        rows = scaled_to_1(vectors._vectors[first : first + step], norms[first : first + step])
        if scaled is not None:
            scaled[first : first + step] = rows
        elif vectors._buffer is not None:
            vectors._buffer[slice(first, first + step)] = rows
    if scaled is not None:
        _adopt(vectors, scaled)
    vectors._norms = None


def sort_by_counts(vectors: Core) -> None:
    """See `KeyedVectors.sort_by_descending_frequency`."""
    require_memory(vectors)
    words = vectors.vocabulary
    if words.counts is None:
        raise OptionError("counts must have been given or read with the vectors to sort by them; these have none")
    order = np.argsort(-words.counts, kind="stable")
    if (order[1:] > order[:-1]).all():
        return
    matrix, context = vectors._take(order), vectors._context_of(order, 4)
    vectors._attributes = vectors._attributes.take(order)
    vectors._vocabulary, vectors._rows, vectors._context = words.take(order), None, context
    _adopt(vectors, matrix)
    vectors._norms = None


def _adopt(vectors: Core, matrix: Floats, copy: bool = False) -> None:
    vectors._buffer = AppendBuffer(matrix, copy)
    vectors._vectors, vectors._lent = vectors._buffer.view, False


def _replace(vectors: Core, indices: list[int], rows: Floats) -> None:
    if vectors._lent or vectors._buffer is None:  # a view that was given away stays as it is
        _adopt(vectors, np.asarray(vectors._vectors), copy=True)
    assert vectors._buffer is not None
    vectors._buffer[indices] = rows
    vectors._norms = None
