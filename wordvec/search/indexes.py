"""Approximate indexes, in a file beside the vectors: a faster search that may miss a row. A kind is a line here."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from wordvec.base.errors import FormatError, OptionError
from wordvec.base.threads import usable_cores
from wordvec.rows import as_rows, directed
from wordvec.search.arrays import Matrix, indexed
from wordvec.search.index_base import BLOCK_BYTES, Floats, PathLike, SearchIndex, matrix_checksum
from wordvec.search.index_faiss import FaissIndex
from wordvec.search.index_usearch import UsearchIndex
from wordvec.search.records import file_checksum, read_record

__all__ = ["INDEXES", "FaissIndex", "SearchIndex", "UsearchIndex", "build_index", "matrix_checksum", "open_index"]

INDEXES: dict[str, type[SearchIndex]] = {"usearch": UsearchIndex, "faiss": FaissIndex}


def build_index(
    matrix: Matrix,
    *,
    norms: ArrayLike | None = None,
    kind: str = "usearch",
    path: PathLike | None = None,
    measure: int = 200,
    workers: int | None = None,
    **parameters: Any,
) -> SearchIndex:
    """An index of the rows that have a direction, at length 1, saved to `path` (and `path`.json) if given.

    `parameters` are the options of the kind, `INDEXES[kind].options`. Recall at 10 is measured on a sample of `measure`
    rows (0: not) and kept with the index. Graphs built by several `workers` (all usable cores where None) differ from
    time to time; their scores do not. OptionError for an unknown kind or parameter, and where the library is not
    installed.
    """
    rows = indexed(matrix, norms)
    maker = _maker(kind)
    known = maker.option_names()
    unknown = sorted(parameters.keys() - set(known))
    if unknown:
        raise OptionError(f"parameters of {kind} are {', '.join(known)}; got {', '.join(unknown)}")
    chosen = maker.options(**parameters).to_dict()
    maker.library()
    usable = np.flatnonzero(directed(rows.norms))
    step = max(1, BLOCK_BYTES // (4 * rows.shape[1]))

    def units() -> Iterator[Floats]:
        for first in range(0, len(usable), step):
            vectors, lengths = rows.gather(usable[first : first + step])
            yield np.ascontiguousarray(vectors / lengths[:, None], np.float32)

    built = maker.make(rows.shape[1], units(), chosen, workers or usable_cores())
    index = maker(built, rows, chosen)
    if measure > 0:
        index.measured = {"k": 10, "sample": measure, "recall": index.recall(10, measure)}
    if path is not None:
        index.save(path)
    return index


def open_index(
    path: PathLike, matrix: Matrix, *, norms: ArrayLike | None = None, checksum: int | None = None
) -> SearchIndex:
    """The index in a file, of the same matrix that it was built of; `checksum` is the matrix's where it is known.

    FormatError, before the library sees the file, where the side record is missing or no such record, where the file is
    not as it was written (size and CRC-32), and where the matrix has other rows than the index was built of. This
    guards against damage and staleness, not against malice: index libraries trust their files. FileNotFoundError where
    there is neither file.
    """
    target, rows = Path(path), as_rows(matrix, norms)
    record = read_record(target)
    kind = INDEXES.get(record["kind"])
    if kind is None:
        raise FormatError(f"{target}: kind must be one of {', '.join(INDEXES)}; got {record['kind']!r}")
    if not target.is_file():
        raise FormatError(f"{target}: the index must be there beside its record; there is no such file")
    if target.stat().st_size != record["bytes"] or file_checksum(target) != record["crc32"]:
        raise FormatError(f"{target}: the index must be as it was written; it is damaged or of another time: build it")
    shape = rows.shape
    if (record["rows"], record["dim"]) != shape:
        other = f"it is of one of {record['rows']} x {record['dim']}: build it again"
        raise FormatError(f"{target}: the index must be of this matrix, {shape[0]} x {shape[1]}; {other}")
    if record["matrix_crc32"] != (matrix_checksum(rows) if checksum is None else checksum):
        raise FormatError(f"{target}: the index must be of this matrix; the vectors have changed: build it again")
    if record["parameters"].keys() != set(known := kind.option_names()):
        raise FormatError(f"{target}: parameters must be {', '.join(known)}; got {record['parameters']}")
    try:
        inner, count, dim = kind.read(str(target), shape[1], record["parameters"])
    except (KeyError, TypeError, AttributeError, RuntimeError, OverflowError) as error:
        raise FormatError(f"{target}: {kind.kind} must know the parameters of its record; it says {error!r}") from None
    index = kind(inner, rows, record["parameters"])
    if (count, dim) != (len(index._directed), shape[1]):
        wanted = f"{len(index._directed)} x {shape[1]}"
        raise FormatError(f"{target}: the index must hold {wanted}; it holds {count} x {dim}")
    index.measured = record["measured"]
    return index


def _maker(kind: str) -> type[SearchIndex]:
    if kind not in INDEXES:
        raise OptionError(f"kind must be one of {', '.join(INDEXES)}; got {kind!r}")
    return INDEXES[kind]
