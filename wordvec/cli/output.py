"""Outputs of a verb: files that are checked before the work begins, and tables or JSON on stdout."""

from __future__ import annotations

import csv
import json
import math
import os
import sys
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from wordvec.base.errors import OptionError, WordvecError

if TYPE_CHECKING:
    from wordvec.outputs import Output
    from wordvec.vectors import KeyedVectors


def check_output(
    path: str, force: bool, folder: bool = False, inputs: Iterable[str | None] = (), json: bool = False
) -> Output:
    """The path of an output, to be handed to its writer; an error now for what would go wrong after the work.

    The output must not be a folder (with `folder`: a file), a device or one of the inputs, it must be writable, and it
    is replaced with `force` only. The writer checks the path again when it puts the file in place. With `json` a report
    goes to standard output, so that the output cannot.
    """
    from wordvec import outputs

    if json and outputs.is_stdout(path):
        raise OptionError("--json must be left out where the output goes to stdout, as the report would")
    paths_read = [name for name in inputs if name is not None]
    if not force and not outputs.is_stdout(path) and os.path.lexists(path.rstrip("/")):
        outputs.check_output(path, folder=folder)  # other errors come before that it exists
        raise WordvecError(f"{path} exists; give --force to replace it, or another name")
    return outputs.check_output(path, inputs=paths_read, force=force, folder=folder)


def print_output(output: str, summary: str = "") -> None:
    """Print the path of an output, and a summary on stderr; the path is left out where the output is on stdout."""
    from wordvec.outputs import is_stdout

    if not is_stdout(output):
        sys.stdout.write(f"{output}\n")
    sys.stderr.write(summary)


def file_bytes(output: str) -> int | None:
    """The size of a written file; None for standard output."""
    from wordvec.outputs import is_stdout

    return None if is_stdout(output) else os.path.getsize(output)


def no_words(path: str, vectors: KeyedVectors) -> str:
    """The text of an error: a file has no words, so that no word can be an answer."""
    return f"{path}: the file has no words" + (", only a table of n-grams" if vectors.subwords is not None else "")


def print_json(value: Any, lines: bool = False) -> None:
    """Print one JSON document; with `lines`, on one line. NaN and infinity become null, as JSON has neither."""
    indent = None if lines else 2
    try:
        text = json.dumps(value, indent=indent, default=_plain, allow_nan=False)
    except ValueError:
        text = json.dumps(_finite(value), indent=indent, default=_plain, allow_nan=False)
    sys.stdout.write(text + "\n")


def _plain(value: Any) -> Any:
    """A value that JSON has: numbers and lists for those of numpy, else the text of the value."""
    return _finite(value.tolist()) if hasattr(value, "tolist") else str(value)


def _finite(value: Any) -> Any:
    """The value with None for every number that is not finite."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    return [_finite(item) for item in value] if isinstance(value, (list, tuple)) else value


def print_table(header: Sequence[str], rows: Iterable[Sequence[object]], form: str) -> None:
    """Print a table as "tsv", small numbers with three digits, "-" for None, or as "csv", in full, "" for None.

    Other programs, such as R, read both with the names of the header.
    """
    if form == "csv":
        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerows([header, *(["" if cell is None else cell for cell in row] for row in rows)])
        return
    print_rows([header, *([_short(cell) for cell in row] for row in rows)])


def _short(cell: object) -> object:
    """What a table for readers shows: a number that four decimals would hide has three digits."""
    if isinstance(cell, float) and 0 < abs(cell) < 0.001:
        return f"{cell:.3g}"
    return "-" if cell is None else cell


def print_rows(rows: Iterable[Sequence[object]]) -> None:
    """Print rows with tabs between columns; floats have four decimals."""
    for row in rows:
        cells = (f"{cell:.4f}" if isinstance(cell, float) else str(cell) for cell in row)
        sys.stdout.write("\t".join(cells) + "\n")
