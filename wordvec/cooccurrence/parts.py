"""Counts in several files: a folder of native files, each with all words and the cells of a range of rows."""

from __future__ import annotations

import os
import re
from itertools import pairwise
from typing import Any

import numpy as np

from wordvec.base.errors import FormatError
from wordvec.cooccurrence.blocks import Part
from wordvec.cooccurrence.files import Counts, is_counts, read_native, write_native
from wordvec.cooccurrence.spill import Cells
from wordvec.corpus.scratch import scratch_folder
from wordvec.outputs import output_folder, recover
from wordvec.vocabulary import offsets_of

_NAME = re.compile(r"counts-([0-9]{1,6})-of-([0-9]{1,6})\.safetensors")


def write_parts(path: str | os.PathLike[str], counts: Counts, stats: dict[str, Any] | None, parts: int) -> None:
    """Write a folder of `parts` files of about as many cells each; it appears when it is complete."""
    marks = np.linspace(0, len(counts.indices), parts + 1)[1:-1]
    edges = [0, *np.searchsorted(counts.indptr[:-1], marks).tolist(), len(counts.vocabulary)]
    with output_folder(path, may_replace=_is_ours) as folder:
        for number, (low, high) in enumerate(pairwise(edges), 1):
            start, stop = int(counts.indptr[low]), int(counts.indptr[high])
            rows = counts._replace(
                indptr=np.clip(counts.indptr, start, stop) - start,
                indices=counts.indices[start:stop],
                data=counts.data[start:stop],
            )
            write_native(os.path.join(folder, f"counts-{number}-of-{parts}.safetensors"), rows, stats)


def read_parts(folder: str | os.PathLike[str]) -> Counts:
    """The counts of a folder; FormatError where a part is missing or is not of the same counts."""
    recover(folder)
    found = sorted((int(match[1]), name) for name in os.listdir(folder) if (match := _NAME.fullmatch(name)))
    total = {_parts_of(name) for _, name in found}
    if len(total) != 1 or [number for number, _ in found] != list(range(1, max(total) + 1)):
        raise FormatError(
            f"{os.fspath(folder)}: the folder must have counts-1-of-N.safetensors to counts-N-of-N.safetensors, and no "
            f"others; it has {', '.join(name for _, name in found)[:200] or 'none of them'}"
        )
    parts = [read_native(os.path.join(folder, name), True) for _, name in found]
    first = parts[0]
    done, sizes = 0, []
    with scratch_folder(None, "set TMPDIR to a folder that can be written") as work, Cells(work) as cells:
        for (_, name), part in zip(found, parts, strict=True):
            rows = np.flatnonzero(np.diff(part.indptr))
            fits = part.vocabulary == first.vocabulary and part.fingerprint == first.fingerprint
            fits = fits and len(part.indptr) == len(first.indptr) and (not len(rows) or rows[0] >= done)
            if not fits or part.options != first.options or part.indptr[-1] != len(part.indices):
                raise FormatError(
                    f"{os.path.join(folder, name)} must be a part of the same counts as the first; it is not"
                )
            done = int(rows[-1]) + 1 if len(rows) else done
            sizes.append(np.diff(part.indptr))
            cells.add(Part(np.empty(0, np.int64), np.asarray(part.indices), np.asarray(part.data), 0))
        _, indices, data = cells.arrays()
    return first._replace(indptr=offsets_of(np.sum(sizes, axis=0)), indices=indices, data=data)


def is_parts(path: object) -> bool:
    """Whether a path names a folder of parts of counts."""
    if not isinstance(path, (str, os.PathLike)) or not os.fspath(path) or not os.path.isdir(path):
        return False
    names = [name for name in os.listdir(path) if _NAME.fullmatch(name)]
    return any(is_counts(os.path.join(path, name)) for name in names[:1])


def _parts_of(name: str) -> int:
    match = _NAME.fullmatch(name)
    assert match is not None
    return int(match[2])


def _is_ours(folder: str) -> bool:
    """Whether a folder holds parts of counts and nothing else: then it may be replaced."""
    return all(_NAME.fullmatch(name) for name in os.listdir(folder))
