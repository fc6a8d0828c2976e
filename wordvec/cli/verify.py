"""`wordvec verify`: whether a file of vectors, or a folder of slices, is whole."""

from __future__ import annotations

import sys
from argparse import Namespace
from typing import TYPE_CHECKING, Any

from wordvec.base.errors import FormatError, OptionError
from wordvec.cli.flags import add_format, add_json
from wordvec.cli.output import print_json
from wordvec.cli.parsing import Parser

if TYPE_CHECKING:
    from wordvec.vectors import KeyedVectors

_BLOCK_BYTES = 4 << 20


def add_arguments(parser: Parser) -> None:
    parser.add_argument("vectors", metavar="VECTORS", help="vectors of any format, or a folder of slices")
    add_format(parser)
    add_json(parser)


def run(arguments: Namespace) -> None:
    """Check every byte of a native file by its checksums; of any other file, check that all of it can be read.

    Values must be finite; words must be distinct, and as many as the file says. Parts of the file that vectors have no
    place for are named and not checked.
    """
    from wordvec.align.temporal.folder import is_slices
    from wordvec.formats import FORMATS, read, unread_parts

    path = arguments.vectors
    if is_slices(path):
        _verify_slices(arguments)
        return
    name, vectors = read(path, format=arguments.format)
    repeated = 0
    if FORMATS[name].has_checksums:
        vectors.verify()
    else:
        repeated = vectors.metadata.get("source", {}).get("duplicates", 0)
    if repeated:
        raise FormatError(f"{path}: the words must be distinct; {repeated} rows have the word of another row")
    zero_rows = _check_values(vectors, path)
    parts = unread_parts(path, name, vectors)
    if arguments.json:
        facts = {"file": path, "format": name, "whole": True, "words": len(vectors), "zero_rows": zero_rows}
        print_json({**facts, **({"not_read": parts} if parts else {})})
        return
    sys.stdout.write(f"{path}: whole\n")
    if zero_rows:
        sys.stderr.write(f"{path}: {zero_rows} of {len(vectors.vectors)} rows are zeros\n")
    if parts:
        sys.stderr.write(f"{path}: not read: {', '.join(parts)}\n")


def _verify_slices(arguments: Namespace) -> None:
    """Check the files that a folder of slices names, which are native, with those of repeated trainings."""
    from wordvec.align import Slices

    folder = arguments.vectors
    if arguments.format not in (None, "native"):
        raise OptionError(f"--format must be left out with a folder of slices, whose files are native; got {folder}")
    slices = Slices.load(folder)
    slices.verify()
    zero_rows = 0
    for run in (slices, *slices.repeats):
        for vectors in (*run.slices.values(), *([] if run.compass is None else [run.compass])):
            zero_rows += _check_values(vectors, folder)
    if arguments.json:
        print_json(
            {"file": folder, "format": "slices", "whole": True, "slices": list(slices.slices), "zero_rows": zero_rows}
        )
        return
    sys.stdout.write(f"{folder}: whole\n")
    if zero_rows:
        sys.stderr.write(f"{folder}: {zero_rows} rows are zeros\n")


def _check_values(vectors: KeyedVectors, path: str) -> int:
    """How many rows are zeros; FormatError names the first word whose vector is not finite."""
    import numpy as np

    zero_rows, step = 0, max(1, _BLOCK_BYTES // (4 * vectors.vector_size))
    for first in range(0, len(vectors.vectors), step):
        block = vectors.vectors[first : first + step]
        bad = np.flatnonzero(~np.isfinite(block).all(axis=1))
        if len(bad):
            row = first + int(bad[0])
            word = vectors.index_to_key[row]
            raise FormatError(f"{path}: the numbers must be finite; row {row + 1} ({word!r}) holds NaN or infinity")
        zero_rows += int((~block.any(axis=1)).sum())
    parts: dict[str, Any] = {"context": vectors.context}
    parts["n-grams"] = None if vectors.subwords is None else vectors.subwords.table
    for part, rows in parts.items():
        for first in range(0, 0 if rows is None else len(rows), step):
            bad = np.flatnonzero(~np.isfinite(rows[first : first + step]).all(axis=1))
            if len(bad):
                raise FormatError(
                    f"{path}: the numbers must be finite; row {first + int(bad[0]) + 1} of the {part} holds NaN or "
                    "infinity"
                )
    return zero_rows
