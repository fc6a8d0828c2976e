"""Files of counts: the native file, which is memory-mapped, and the record files of the GloVe tools."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from wordvec import store
from wordvec.base.errors import FormatError, OptionError
from wordvec.cooccurrence.blocks import Part
from wordvec.cooccurrence.spill import Cells
from wordvec.corpus import CorpusStats
from wordvec.corpus.scratch import scratch_folder, write_all
from wordvec.inputs import find, plain_file, read_lines
from wordvec.outputs import open_outputs
from wordvec.vocabulary import Vocabulary, offsets_of

KIND = "wordvec-counts"
RECORD = np.dtype([("row", "<i4"), ("column", "<i4"), ("value", "<f8")])  # rows and columns are counted from 1
STEP = 1 << 18  # records read or written at a time
SORTED = 1 << 24  # records sorted in memory at a time
MOST_FILES = 64  # temporary files of records to sort
_LINE = re.compile(r"(.*)[ \t]([0-9]{1,18})")
_BLANK = re.compile(r"[\0-\x20]")


class Counts(NamedTuple):
    """The contents of a file of counts."""

    vocabulary: Vocabulary
    indptr: NDArray[np.int64]
    indices: NDArray[np.int32]
    data: NDArray[np.float32]
    offsets: NDArray[np.int64] | None
    options: dict[str, Any]
    stats: CorpusStats | None
    fingerprint: str


def write_native(path: str | os.PathLike[str], counts: Counts, stats: dict[str, Any] | None) -> None:
    """Write counts to one file, which appears when it is complete."""
    words = counts.vocabulary
    tensors: dict[str, Any] = {
        "indptr": counts.indptr,
        "indices": counts.indices,
        "data": counts.data,
        "vocab.data": words.data,
        "vocab.offsets": words.offsets,
        "counts": words.counts,
        "offsets": counts.offsets,
    }
    tensors = {name: array for name, array in tensors.items() if array is not None}
    metadata = {"options": counts.options, "fingerprint": counts.fingerprint, "stats": stats}
    store.write_file(path, tensors, {"metadata": metadata}, kind=KIND)


def read_native(path: str | os.PathLike[str], mmap: bool) -> Counts:
    """Open a file; its header and the offsets of the words are checked, the cells are not."""
    stored = store.open_file(path, mmap=mmap, kind=KIND)
    tensors, metadata = stored.tensors, stored.config["metadata"]
    words = Vocabulary(tensors["vocab.data"], tensors["vocab.offsets"], tensors.get("counts"))
    words.check_offsets()
    options, stats = metadata.get("options"), metadata.get("stats")
    try:
        corpus_stats = None if stats is None else CorpusStats(**stats)
    except TypeError:
        raise FormatError(f"{os.fspath(path)}: stats must be those of a corpus; the file has {stats!r:.80}") from None
    if not isinstance(options, dict):
        raise FormatError(f"{os.fspath(path)}: options must be an object; the file has {options!r:.80}")
    return Counts(
        words,
        tensors["indptr"],
        tensors["indices"],
        tensors["data"],
        tensors.get("offsets"),
        options,
        corpus_stats,
        str(metadata.get("fingerprint", "")),
    )


def is_counts(path: object) -> bool:
    """Whether a path names a native file of counts."""
    if not isinstance(path, (str, os.PathLike)) or not os.fspath(path) or (name := find(path).path) is None:
        return False
    if not os.path.isfile(name):
        return False
    with open(name, "rb") as file:
        head = file.read(4096)
    return head[8:9] == b"{" and f'"format":"{KIND}"'.encode() in head


def write_glove(counts: Counts, records: str | os.PathLike[str], vocab: str | os.PathLike[str]) -> None:
    """Write GloVe's cooccurrence.bin and vocab.txt, each whole or not at all."""
    if counts.offsets is not None:
        raise OptionError("GloVe's records have no place for offsets; count without per_offset")
    words, numbers = counts.vocabulary, counts.vocabulary.counts
    if numbers is None:
        raise OptionError("vocab.txt needs the count of every word; these are not known: count the corpus")
    for word in words:
        if not word or _BLANK.search(word):
            raise OptionError(f"words in vocab.txt must have letters and no white space; got {word!r}")
    with open_outputs(records, vocab) as (file, lines):
        for word, number in zip(words, numbers.tolist()):
            lines.write(f"{word} {number}\n".encode("utf-8", "surrogateescape"))
        for first in range(0, len(counts.data), STEP):
            part = np.empty(len(counts.data[first : first + STEP]), RECORD)
            cells = np.arange(first, first + len(part))
            part["row"] = np.searchsorted(counts.indptr, cells, "right")
            part["column"] = counts.indices[first : first + STEP] + 1
            part["value"] = counts.data[first : first + STEP]
            file.write(part.data)


def read_glove(records: str | os.PathLike[str], vocab: str | os.PathLike[str]) -> Counts:
    """Read GloVe's cooccurrence.bin, or cooccurrence.shuf.bin, and its vocab.txt.

    Records may be in any order; those of the same cell are added up in the order of the file.
    """
    words = _read_vocab(vocab)
    with plain_file(records) as plain:
        return _read_records(plain, words)


def _read_records(records: str, words: Vocabulary) -> Counts:
    size = os.path.getsize(records)
    if size == 0 or size % RECORD.itemsize:
        raise FormatError(
            f"{os.fspath(records)}: the file must have records of {RECORD.itemsize} bytes; it has {size} bytes: it is "
            "cut short, or no cooccurrence.bin"
        )
    per_row = np.zeros(len(words), np.int64)
    for part in _records(records, len(words)):
        per_row += np.bincount(part["row"] - 1, minlength=len(words))
    with scratch_folder(None, "set TMPDIR to a folder that can be written") as folder, Cells(folder) as cells:
        for first, last, part in _by_rows(records, per_row, folder):
            cells.add(sorted_rows(part, first, last, os.fspath(records)))
        return Counts(words, *cells.arrays(), None, {}, None, "")


def _read_vocab(path: str | os.PathLike[str]) -> Vocabulary:
    """The words of a vocab.txt, lines of a word and its count."""
    words, counts = [], []
    for number, line in enumerate(read_lines(path), 1):
        match = _LINE.fullmatch(line)
        if match is None:
            raise FormatError(f"{os.fspath(path)}: line {number} must be a word and its count; it is {line[:60]!r}")
        words.append(match[1])
        counts.append(int(match[2]))
    if not words:
        raise FormatError(f"{os.fspath(path)}: there must be a word and its count in every line; the file is empty")
    try:
        return Vocabulary.from_words(words, counts)
    except OptionError as error:
        raise FormatError(f"{os.fspath(path)}: {error}") from None


def _records(path: str | os.PathLike[str], words: int) -> Iterator[NDArray[Any]]:
    """The records of a file in blocks, all checked."""
    with open(path, "rb", buffering=0) as file:
        done = 0
        while len(part := np.fromfile(file, RECORD, STEP)):
            good = (part["row"] >= 1) & (part["row"] <= words) & (part["column"] >= 1) & (part["column"] <= words)
            with np.errstate(over="ignore", under="ignore"):
                narrow = part["value"].astype(np.float32)  # as it will be stored
            good &= (narrow > 0) & np.isfinite(narrow)
            if not good.all():
                bad = int(np.flatnonzero(~good)[0])
                raise FormatError(
                    f"{os.fspath(path)}: a record must have words from 1 to {words}, as vocab.txt has, and a weight "
                    f"above 0 that float32 can hold; record {done + bad + 1} is {part[bad].tolist()}: it is another "
                    "vocab.txt, or damage"
                )
            yield part
            done += len(part)


def _by_rows(
    path: str | os.PathLike[str], per_row: NDArray[np.int64], folder: Path
) -> Iterator[tuple[int, int, NDArray[Any]]]:
    """(first row, last row + 1, their records in the order of the file); many records are sorted through files."""
    before = offsets_of(per_row)
    total, rows = int(before[-1]), len(per_row)
    files = min(-(-total // SORTED), MOST_FILES, rows)
    marks = np.searchsorted(before, np.linspace(0, total, files + 1)[1:-1]).tolist()
    edges = np.unique([0, *marks, rows])
    if len(edges) == 2:
        yield 0, rows, np.concatenate(list(_records(path, rows)))
        return
    names = [folder / f"records-{i}" for i in range(len(edges) - 1)]
    what = ("records that are to be sorted", "it takes as much as the file of records: free some space, or set TMPDIR")
    with ExitStack() as stack:
        opened = [stack.enter_context(open(name, "wb", buffering=0)) for name in names]
        for part in _records(path, rows):
            place = np.searchsorted(edges, part["row"] - 1, "right") - 1
            order = np.argsort(place, kind="stable")
            ends = np.searchsorted(place[order], np.arange(len(edges)))
            for file, start, stop in zip(opened, ends[:-1], ends[1:]):
                write_all(file, part[order[start:stop]].view(np.uint8), what)
    for name, first, last in zip(names, edges[:-1].tolist(), edges[1:].tolist()):
        yield first, last, np.fromfile(name, RECORD)
        name.unlink()


def sorted_rows(records: NDArray[Any], first: int, last: int, path: str) -> Part:
    """The rows `first` to `last` of a matrix, from their records."""
    keys = (records["row"].astype(np.int64) - 1 - first) << 32 | (records["column"] - 1)
    order = np.argsort(keys, kind="stable")
    keys = keys[order]
    starts = np.flatnonzero(np.concatenate([[True], keys[1:] != keys[:-1]]))
    sums = np.add.reduceat(records["value"][order], starts) if len(keys) else np.empty(0)
    cells = keys[starts] if len(keys) else keys
    sizes = np.bincount(cells >> 32, minlength=last - first)
    with np.errstate(over="ignore"):
        narrow = sums.astype(np.float32)
    if not np.isfinite(narrow).all():
        raise FormatError(f"{path}: weights of a cell must add up to what float32 can hold; they make more than 3.4e38")
    return Part(sizes, (cells & 0xFFFFFFFF).astype(np.int32), narrow, 0)
