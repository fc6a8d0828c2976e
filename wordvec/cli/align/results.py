"""What `wordvec align meta` and `retrofit` share: one file of vectors is written, and a summary is printed."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from wordvec.cli.output import check_output, print_json, print_output

if TYPE_CHECKING:
    from wordvec.vectors import KeyedVectors


def check_vectors_output(arguments: Namespace, inputs: Sequence[str | None]) -> None:
    """Errors about the output, before the work; `arguments.output` becomes the path for the writer."""
    from wordvec.formats import format_of

    format_of(arguments.output)  # an unknown suffix is wrong usage
    arguments.output = check_output(arguments.output, arguments.force, False, inputs, arguments.json)


def write_vectors(arguments: Namespace, vectors: KeyedVectors, facts: dict[str, Any], summary: Sequence[str]) -> None:
    """Write the vectors; print the facts as JSON, or the output, and the lines of the summary on stderr."""
    from wordvec.formats import format_of, write

    write(vectors, arguments.output, format_of(arguments.output, vectors))
    if arguments.json:
        print_json({"output": arguments.output, **facts})
        return
    print_output(arguments.output)
    if not arguments.quiet:
        sys.stderr.write("".join(f"{line}\n" for line in summary))
