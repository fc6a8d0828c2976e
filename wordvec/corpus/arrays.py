"""Arrays of ids as a corpus, counted and renumbered without a Python object for each token; words are str(id)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from wordvec._kernels import text
from wordvec.base.errors import CorpusError
from wordvec.corpus.sources import Arrays

SLICE = 1 << 20  # tokens in one block


class Numbers(NamedTuple):
    """The distinct ids of a corpus as words, and a lookup from id to word."""

    words: text.Shard  # word i is str(distinct[i])
    distinct: NDArray[np.integer[Any]]  # [types] rising
    dense: bool  # ids are small: tables can be indexed with them


def array_counts(source: Arrays, seed: int) -> Numbers:
    """Count the ids of a corpus."""
    ids = source.ids
    if len(ids) and int(ids.min()) < 0:
        raise CorpusError(f"ids must be >= 0; got {int(ids.min())}; leave out what has no id")
    dense = len(ids) == 0 or int(ids.max()) < max(1 << 20, len(ids))
    if dense:
        counts = np.zeros(int(ids.max()) + 1 if len(ids) else 0, np.int64)
        for part in _slices(ids):
            counts += np.bincount(part.astype(np.int64, copy=False), minlength=len(counts))
        distinct: NDArray[Any] = np.flatnonzero(counts)
        counts = counts[distinct]
    else:
        distinct = np.zeros(0, ids.dtype)
        for part in _slices(ids):
            distinct = np.union1d(distinct, part)
        counts = np.zeros(len(distinct), np.int64)
        for part in _slices(ids):
            counts += np.bincount(np.searchsorted(distinct, part), minlength=len(counts))
    names = [str(number).encode() for number in distinct.tolist()]
    offsets = np.zeros(len(names) + 1, np.int64)
    np.cumsum(np.fromiter(map(len, names), np.int64, len(names)), out=offsets[1:])
    words = text.Shard(seed)
    words.add(np.frombuffer(b"".join(names), np.uint8), offsets, np.empty(len(names), np.int32), counts)
    return Numbers(words, distinct, dense)


def _slices(ids: NDArray[Any]) -> Iterator[NDArray[Any]]:
    for start in range(0, len(ids), SLICE):
        yield ids[start : start + SLICE]


def array_pieces(source: Arrays, numbers: Numbers) -> Iterator[tuple[NDArray[np.int32], NDArray[np.int32]]]:
    """The corpus in slices: tokens as indices of distinct ids, and sentence ends."""
    ids, offsets = source.ids, source.offsets
    table = np.zeros(0, np.int32)
    if numbers.dense and len(ids):
        table = np.zeros(int(numbers.distinct[-1]) + 1, np.int32)
        table[numbers.distinct] = np.arange(len(numbers.distinct), dtype=np.int32)
    for start in range(0, len(ids), SLICE):
        part = ids[start : start + SLICE]
        tokens = table[part] if numbers.dense else np.searchsorted(numbers.distinct, part).astype(np.int32)
        first, last = np.searchsorted(offsets, [start, start + len(part)], side="right")
        yield tokens, (offsets[first:last] - start).astype(np.int32)
