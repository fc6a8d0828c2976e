"""Changes of vectors in place: words added, vectors replaced, sorted or normalised; what arrays they are made in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from wordvec.base.arguments import array_of, mapped, strings
from wordvec.base.errors import OptionError
from wordvec.vectors.append_buffer import MutableVocabulary
from wordvec.vectors.arguments import scaled_to_1, vectors_of
from wordvec.vectors.attributes import COUNT, check_counts, check_fits
from wordvec.vectors.buffered_rows import BufferedRows
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


def mutable_rows(vectors: Core) -> BufferedRows:
    """The rows, one for each word, which only these vectors hold and change from now on."""
    rows = vectors._rows
    if isinstance(rows, BufferedRows):
        return rows
    require_memory(vectors)
    vectors._context_grows = vectors._context is not None and len(vectors._context) == len(vectors)
    if not rows.is_dense:
        raise OptionError(
            f"vectors must not be compressed to be changed; these are {rows.name}: change a copy, vectors.to_memory()"
        )
    buffered = BufferedRows(np.array(rows.matrix) if rows.row_of is None else rows.take(np.arange(len(vectors))))
    vectors._set_rows(buffered)
    return buffered


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
    buffered, words, first = mutable_rows(vectors), mutable_vocabulary(vectors), len(vectors)
    for name, values in columns.items():
        if name != COUNT:
            vectors._attributes.allocate(name, values.dtype)
    places = list(added.values())
    for place in places:
        words.add(keys[place])
    buffered.extend(rows[places])
    vectors._attributes.extend(len(vectors))
    for name, values in columns.items():
        set_attribute(vectors, name, slice(first, None), values[places])
    if replace and known:
        indices, places = list(known), list(known.values())
        buffered.replace(indices, rows[places])
        for name, values in columns.items():
            set_attribute(vectors, name, indices, values[places])
    vectors._set_rows(buffered)


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
    if force and isinstance(vectors._rows, BufferedRows):
        vectors._rows.forget_norms()
    vectors.norms  # noqa: B018  computes them


def unit_normalize(vectors: Core) -> None:
    """See `KeyedVectors.unit_normalize_all`."""
    from wordvec.transforms import Transforms, Unit, joined

    rows = mutable_rows(vectors)
    unit = Transforms.fit([Unit()], rows.array[:0])
    if vectors._subwords is not None:
        vectors._subwords = vectors._subwords.transformed(unit)
    if vectors._transforms is not None:
        vectors._transforms = joined(vectors._transforms, unit)
    norms, step = rows.norms, max(1, _BLOCK_BYTES // (4 * vectors.vector_size))
    for first in range(0, len(rows), step):
        part = slice(first, first + step)
        rows.replace(part, scaled_to_1(rows.array[part], norms[part]))
    vectors._set_rows(rows)


def sort_by_counts(vectors: Core) -> None:
    """See `KeyedVectors.sort_by_descending_frequency`."""
    require_memory(vectors)
    words = vectors.vocabulary
    if words.counts is None:
        raise OptionError("counts must have been given or read with the vectors to sort by them; these have none")
    order = np.argsort(-words.counts, kind="stable")
    if (order[1:] > order[:-1]).all():
        return
    rows, context = BufferedRows(vectors._take(order)), vectors._context_of(order, 4)
    vectors._attributes = vectors._attributes.take(order)
    vectors._vocabulary, vectors._context = words.take(order), context
    vectors._set_rows(rows)
