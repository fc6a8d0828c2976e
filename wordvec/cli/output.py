"""What verbs share: arguments, outputs that are checked before the work begins, tables or JSON on stdout."""

from __future__ import annotations

import json
import math
import os
import sys
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from wordvec.base.errors import OptionError, WordvecError

if TYPE_CHECKING:
    from wordvec.outputs import Output
    from wordvec.vectors import KeyedVectors


def add_force(parser: ArgumentParser) -> None:
    """The flag that allows a file to be replaced."""
    parser.add_argument("--force", action="store_true", help="replace the output if it exists")


def add_json(parser: ArgumentParser) -> None:
    """The flag for scripts."""
    parser.add_argument("--json", action="store_true", help="print JSON, for scripts")


def add_vectors(parser: ArgumentParser) -> None:
    """The file of vectors, which most verbs take first."""
    parser.add_argument("vectors", metavar="VECTORS", help="vectors, of any format that wordvec reads")


def add_reading(parser: ArgumentParser) -> None:
    """The flags on files that are damaged, look like something else, or name a word twice."""
    from wordvec.formats import FORMATS
    from wordvec.formats.io.duplicates import DUPLICATES

    parser.add_argument(
        "--no-strict", dest="strict", action="store_false", help="keep what can be read of a damaged file of rows"
    )
    names = ", ".join(FORMATS)
    parser.add_argument("--format", choices=FORMATS, metavar="NAME", help=f"what the input is, not doubted: {names}")
    parser.add_argument("--duplicates", choices=DUPLICATES, help="of rows with the same word (default: first)")


def reading(arguments: Namespace) -> dict[str, Any]:
    """The arguments of `formats.load` that the flags of `add_reading` give."""
    return {"strict": arguments.strict, "duplicates": arguments.duplicates, "format": arguments.format}


def written_suffixes(with_words: bool = False) -> str:
    """The suffixes of the formats that vectors are written in; of those `with_words` only, if asked for."""
    from wordvec.formats import FORMATS, format_of

    writable = [format for format in FORMATS.values() if format.save is not None]
    chosen = [format for format in writable if format.holds_words or not with_words]
    suffixes = {each.name: [s for s in each.suffixes if format_of(f"x{s}") == each.name] for each in chosen}
    return "; ".join(f"{' or '.join(own)} ({name})" for name, own in suffixes.items() if own)


def count(text: str) -> int:
    """A number of things, 1 or more."""
    try:
        number = int(text)
    except ValueError:
        number = 0
    if number < 1:
        raise ArgumentTypeError(f"must be an integer >= 1; got {text!r}")
    return number


def check_output(
    path: str, force: bool, folder: bool = False, inputs: Iterable[str | None] = (), json: bool = False
) -> Output:
    """Raise now what would go wrong later: a folder or device, no permission, a file that must not be replaced.

    What comes back is the name to hand to what writes the output: it is looked at again when that takes its place. An
    output that is one of the inputs is refused in any case. With `folder`, the output is a folder. With `json`, a
    report goes to standard output, where no output can go then.
    """
    from wordvec import outputs

    if json and outputs.is_stdout(path):
        raise OptionError("--json must be left out where the output goes to stdout, as the report would")
    read = [name for name in inputs if name is not None]
    if not force and not outputs.is_stdout(path) and os.path.lexists(path.rstrip("/")):
        outputs.check_output(path, folder=folder)  # what is wrong with it is said before that it is there
        raise WordvecError(f"{path} exists; give --force to replace it, or another name")
    return outputs.check_output(path, inputs=read, force=force, folder=folder)


def tell_output(output: str, said: str = "") -> None:
    """Say where the output is, and on stderr what it is; where it is standard output, nothing else goes there."""
    from wordvec.outputs import is_stdout

    if not is_stdout(output):
        sys.stdout.write(f"{output}\n")
    sys.stderr.write(said)


def file_bytes(output: str) -> int | None:
    """The size of what was written, None where it went to standard output."""
    from wordvec.outputs import is_stdout

    return None if is_stdout(output) else os.path.getsize(output)


def no_words(path: str, vectors: KeyedVectors) -> str:
    """Why there is nothing to answer with, for an error."""
    return f"{path}: the file has no words" + (", only a table of n-grams" if vectors.subwords is not None else "")


def print_json(value: Any, lines: bool = False) -> None:
    """One JSON document; with `lines`, on one line. What is no number is null, as JSON has no NaN and no infinity."""
    indent = None if lines else 2
    try:
        text = json.dumps(value, indent=indent, default=_plain, allow_nan=False)
    except ValueError:
        text = json.dumps(_finite(value), indent=indent, default=_plain, allow_nan=False)
    sys.stdout.write(text + "\n")


def _plain(value: Any) -> Any:
    """What JSON has in the place of another thing: the number or list of one of numpy, else its text."""
    return _finite(value.tolist()) if hasattr(value, "tolist") else str(value)


def _finite(value: Any) -> Any:
    """The same without numbers that are not finite."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    return [_finite(item) for item in value] if isinstance(value, (list, tuple)) else value


def print_rows(rows: Iterable[Sequence[object]]) -> None:
    """Rows with tabs between their columns; floats with four decimals."""
    for row in rows:
        cells = (f"{cell:.4f}" if isinstance(cell, float) else str(cell) for cell in row)
        sys.stdout.write("\t".join(cells) + "\n")
