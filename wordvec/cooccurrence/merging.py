"""Counts of several corpora added up, a range of rows at a time."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wordvec.base.errors import OptionError
from wordvec.cooccurrence.blocks import Part, ranges
from wordvec.cooccurrence.files import RECORD, Counts, sorted_rows
from wordvec.cooccurrence.spill import Cells
from wordvec.corpus import CorpusStats
from wordvec.corpus.scratch import scratch_folder
from wordvec.vocabulary import Vocabulary

STEP = 1 << 20  # cells added up at a time


def merged(several: Sequence[Counts]) -> Counts:
    """The sums of counts of the same words and options; OptionError where they do not fit together."""
    first = several[0]
    for number, other in enumerate(several[1:], 2):
        _check_same(first, other, number)
    sizes = np.sum([np.diff(counts.indptr) for counts in several], axis=0)
    with scratch_folder(None, "set TMPDIR to a folder that can be written") as folder, Cells(folder) as cells:
        for low, high in ranges(sizes, STEP):
            cells.add(_added(several, low, high))
        arrays = cells.arrays()
    return Counts(_vocabulary(several), *arrays, first.offsets, first.options, _stats(several), _fingerprint(several))


def _check_same(first: Counts, other: Counts, number: int) -> None:
    """OptionError where the counts `number` are not of the words and options of the first ones."""
    if first.vocabulary != other.vocabulary:
        raise OptionError(
            f"counts must be of the same words in the same order to be added; those of number {number} differ: count "
            "each corpus with encode_corpus(..., vocabulary=words)"
        )
    offsets = [None if counts.offsets is None else counts.offsets.tolist() for counts in (first, other)]
    names = sorted(first.options.keys() | other.options.keys())
    told = [{**counts.options, "offsets": each} for counts, each in zip((first, other), offsets, strict=True)]
    for name in [*names, "offsets"]:
        if told[0].get(name) != told[1].get(name):
            raise OptionError(
                f"counts must be counted alike to be added; {name} is {told[0].get(name)!r} in the first and "
                f"{told[1].get(name)!r} in number {number}"
            )
    if first.options.get("sample") and not _same_counts(first.vocabulary, other.vocabulary):
        raise OptionError(
            "counts must be subsampled alike to be added, which depends on the counts of the words; those differ: give "
            "encode_corpus a vocabulary with counts, or count with sample=0"
        )


def _same_counts(one: Vocabulary, other: Vocabulary) -> bool:
    return one.counts is not None and other.counts is not None and np.array_equal(one.counts, other.counts)


def _added(several: Sequence[Counts], low: int, high: int) -> Part:
    """The rows from `low` to `high`, each cell the sum in float64 of the cells of all, rounded once."""
    parts = [_records(counts, low, high) for counts in several]
    return sorted_rows(np.concatenate(parts), low, high, "the sum of the counts")


def _records(counts: Counts, low: int, high: int) -> NDArray[Any]:
    starts = counts.indptr[low : high + 1]
    records = np.empty(int(starts[-1] - starts[0]), RECORD)
    records["row"] = np.repeat(np.arange(low + 1, high + 1), np.diff(starts))
    records["column"] = counts.indices[starts[0] : starts[-1]] + 1
    records["value"] = counts.data[starts[0] : starts[-1]]
    return records


def _vocabulary(several: Sequence[Counts]) -> Vocabulary:
    """The words with the sums of their counts; without counts where some are unknown."""
    counts = [one.vocabulary.counts for one in several]
    known = [each for each in counts if each is not None]
    return several[0].vocabulary.recounted(np.sum(known, axis=0) if len(known) == len(counts) else None)


def _stats(several: Sequence[Counts]) -> CorpusStats | None:
    """The sums; of the distinct words, the most that one corpus has."""
    told = [asdict(one.stats) for one in several if one.stats is not None]
    if len(told) < len(several):
        return None
    sums = {name: sum(one[name] for one in told) for name in told[0]}
    return CorpusStats(**{**sums, "types_read": max(one["types_read"] for one in told)})


def _fingerprint(several: Sequence[Counts]) -> str:
    """A digest of the corpora, in whatever order they are given."""
    told = "".join(sorted(one.fingerprint for one in several))
    return several[0].fingerprint if len(several) == 1 else hashlib.blake2b(told.encode(), digest_size=16).hexdigest()
