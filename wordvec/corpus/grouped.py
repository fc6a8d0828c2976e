"""Encoding in pieces that need not be in one process: words in groups by a hash, merged group by group."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from wordvec._kernels import text
from wordvec.corpus.blocks import Task
from wordvec.corpus.choice import Choice, Chosen, Totals
from wordvec.corpus.scratch import scratch_folder
from wordvec.corpus.shards import Spools, formed
from wordvec.corpus.tokenizers import Forms
from wordvec.vocabulary import Vocabulary

_ODD = np.uint64(0x9E3779B97F4A7C15)


class Words(NamedTuple):
    """Packed words, word i is data[offsets[i]:offsets[i+1]], and their counts."""

    data: NDArray[np.uint8]
    offsets: NDArray[np.int64]
    counts: NDArray[np.int64]


class Group(NamedTuple):
    """The words of a group that may be chosen, and the totals of all words of the group."""

    words: Words
    totals: Totals


def counted_tasks(tasks: Iterable[Task], lowercase: bool, groups: int) -> tuple[dict[str, NDArray[Any]], int]:
    """Count the tokens of tasks; their arrays, and the number of empty tokens.

    The arrays are `tokens` [N] as numbers of the words, line `ends` among them, the words in order of their groups
    (`data`, `offsets`, `counts`), and `bounds` [groups + 1] of the groups.
    """
    seed = secrets.randbits(64)
    with scratch_folder(None, "set TMPDIR to a folder that can be written") as folder:
        spools = Spools(folder, seed)
        try:
            pieces = [spools.take(task) for task in tasks]
        finally:
            spools.close()
        spools.map()
        (words,) = spools.words()
        table = np.arange(len(words), dtype=np.int32)
        if lowercase:
            words, table = formed(words, seed, Forms(lowercase=True))
        order, arrays = _grouped(words, groups)
        table = order[table]
        tokens, ends, done = [np.empty(0, np.int32)], [np.empty(0, np.int32)], 0
        for piece in pieces:
            _, numbers, stops = spools.local(piece)
            tokens.append(table[numbers])
            ends.append(stops + np.int32(done))
            done += len(numbers)
    arrays |= {"tokens": np.concatenate(tokens), "ends": np.concatenate(ends)}
    return arrays, sum(piece.empty for piece in pieces)


def grouped_words(words: Vocabulary, groups: int) -> dict[str, NDArray[Any]]:
    """The words of a vocabulary in order of their groups, as `counted_tasks` has them; each counts 0."""
    of_group = _groups(words.data, words.offsets, groups)
    order = np.argsort(of_group, kind="stable")
    sorted_words = words.take(order)
    return {
        "data": sorted_words.data,
        "offsets": sorted_words.offsets,
        "counts": np.zeros(len(words), np.int64),
        "bounds": _bounds(of_group[order], groups),
    }


def _grouped(words: text.Shard, groups: int) -> tuple[NDArray[np.int32], dict[str, NDArray[Any]]]:
    """The new number of each word, in order of the groups, and the arrays of the words in this order."""
    of_group = _groups(*words.words(np.arange(len(words), dtype=np.int32)), groups)
    old = np.argsort(of_group, kind="stable").astype(np.int32)
    new = np.empty(len(old), np.int32)
    new[old] = np.arange(len(old), dtype=np.int32)
    data, offsets = words.words(old)
    bounds = _bounds(of_group[old], groups)
    return new, {"data": data, "offsets": offsets, "counts": words.counts()[old], "bounds": bounds}


def _bounds(rising: NDArray[np.int64], groups: int) -> NDArray[np.int64]:
    return np.searchsorted(rising, np.arange(groups + 1)).astype(np.int64)


def _groups(data: NDArray[np.uint8], offsets: NDArray[np.int64], groups: int) -> NDArray[np.int64]:
    """[N] the group of each word, by a hash of its bytes that is the same on all machines."""
    sizes = np.diff(offsets)
    hashes = sizes.astype(np.uint64) * _ODD
    full = np.flatnonzero(sizes)
    if len(full):
        places = (np.arange(len(data)) - np.repeat(offsets[:-1], sizes)).astype(np.uint64)
        mixed = (data.astype(np.uint64) + np.uint64(1)) * (_ODD * (np.uint64(2) * places + np.uint64(1)))
        hashes[full] += np.add.reduceat(mixed ^ (mixed >> np.uint64(29)), offsets[:-1][full])
    return ((hashes >> np.uint64(33)) % np.uint64(groups)).astype(np.int64)


def merged_group(parts: Iterable[Words], least: int | None, given: Words | None) -> Group:
    """Add up the words of a group over all parts of a corpus, and keep those that may be chosen.

    The counts are complete, so that words that occur fewer than `least` times are left out, or all words when None;
    `given` ones are kept whatever their counts.
    """
    total = text.Shard(secrets.randbits(64))
    for words in parts:
        _add(total, words)
    totals = Totals.of(total)
    keep = np.zeros(len(total), np.bool_) if least is None else total.counts() >= least
    if given is not None:
        known = _add(total, given)
        keep = np.concatenate([keep, np.zeros(len(total) - len(keep), np.bool_)])
        keep[known] = True
    kept = np.flatnonzero(keep).astype(np.int32)
    return Group(Words(*total.words(kept), total.counts()[kept]), totals)


def chosen_from(groups: Iterable[Words], choice: Choice, totals: Totals, is_text: bool) -> Chosen:
    """The vocabulary that is chosen from the words of all groups; `totals` are those of all of them."""
    total = text.Shard(secrets.randbits(64))
    for words in groups:
        _add(total, words)
    return choice.chosen(total, totals, is_text=is_text)


def renumbered(
    tokens: NDArray[np.int32], ends: NDArray[np.int32], table: NDArray[np.int32]
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """The tokens that `table` has ids for, as these, and the line ends among them."""
    kept, kept_ends = np.empty(len(tokens), np.int32), np.empty(len(ends), np.int32)
    size = text.renumber(tokens, ends, table, kept, kept_ends)
    return kept[:size], kept_ends


def _add(total: text.Shard, words: Words) -> NDArray[np.int32]:
    ids = np.empty(len(words.counts), np.int32)
    total.add(words.data, words.offsets, ids, words.counts)
    return ids
