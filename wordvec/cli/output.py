"""What commands write: files that are checked before the work begins, and tables or JSON on stdout."""

from __future__ import annotations

import json
import os
import sys
from argparse import ArgumentParser
from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import Any

from wordvec.compressed import SUFFIXES
from wordvec.errors import OptionError, WordvecError


def add_force(parser: ArgumentParser) -> None:
    """The flag that allows a file to be replaced."""
    parser.add_argument("--force", action="store_true", help="replace the output if it exists")


def add_json(parser: ArgumentParser) -> None:
    """The flag for scripts."""
    parser.add_argument("--json", action="store_true", help="print JSON, for scripts")


def check_output(path: str, force: bool) -> None:
    """Raise now what would go wrong later: a folder or device, no permission, a file that must not be replaced."""
    from wordvec.store.atomic import atomic_file

    if os.path.splitext(path)[1] in SUFFIXES:
        raise OptionError(f"the output is not compressed; leave out the last suffix of {path}")
    with suppress(_Rehearsal), atomic_file(path):
        raise _Rehearsal  # the temporary file could be made, and is removed
    if not force and os.path.exists(path):
        raise WordvecError(f"{path} exists; give --force to replace it, or another name")


class _Rehearsal(Exception):
    """Ends the rehearsal of writing a file."""


def print_json(value: Any) -> None:
    """One JSON document."""
    json.dump(value, sys.stdout, indent=2, default=str, allow_nan=False)
    sys.stdout.write("\n")


def print_rows(rows: Iterable[Sequence[object]]) -> None:
    """Rows with tabs between their columns; floats with four decimals."""
    for row in rows:
        cells = (f"{cell:.4f}" if isinstance(cell, float) else str(cell) for cell in row)
        sys.stdout.write("\t".join(cells) + "\n")
