"""`wordvec index`: build an approximate index of vectors by a library for it, for `wordvec similar --index`."""

from __future__ import annotations

import time
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from dataclasses import fields
from typing import TYPE_CHECKING, Any

from wordvec.base.errors import OptionError, WordvecError
from wordvec.cli.output import add_force, add_json, add_vectors, check_output, count, no_words, print_json, tell_output

if TYPE_CHECKING:
    from wordvec.search.indexes import SearchIndex
    from wordvec.vectors import KeyedVectors


def add_arguments(parser: ArgumentParser, words: Sequence[str]) -> None:
    from wordvec.search.indexes import INDEXES

    add_vectors(parser)
    parser.add_argument(
        "-o", "--output", required=True, metavar="OUT", help="the index; what it is of goes to OUT.json beside it"
    )
    parser.add_argument("--kind", choices=INDEXES, default="usearch", help="whose index (default: %(default)s)")
    for kind, maker in INDEXES.items():
        for option in fields(maker.options):
            name, value = option.name, option.default
            flag, what = f"--{name.replace('_', '-')}", {"metavar": "N", "type": count}
            if isinstance(value, str):
                what = {"metavar": "NAME"}
            parser.add_argument(flag, help=f"of {kind} (default: {value})", **what)  # type: ignore[arg-type]
    parser.add_argument(
        "--measure", type=count, default=200, metavar="N", help="rows asked about to measure recall at 10"
    )
    parser.add_argument("--workers", type=count, metavar="N", help="threads (default: all usable cores)")
    add_force(parser)
    add_json(parser)


def run(arguments: Namespace) -> None:
    """Build an index, measure how many of the nearest rows it finds, and write it."""
    from wordvec.formats import load
    from wordvec.outputs import is_stdout
    from wordvec.search.indexes import INDEXES, build_index

    kind = INDEXES[arguments.kind]
    parameters = _parameters(arguments)
    if is_stdout(arguments.output):
        raise OptionError("OUT must be a file: an index has a record beside it, which says what it is of")
    _check_outputs(arguments)
    kind.library()  # before the vectors are read
    vectors = load(arguments.vectors)
    if not len(vectors):
        raise WordvecError(no_words(arguments.vectors, vectors))
    start = time.perf_counter()
    options: dict[str, Any] = {"measure": arguments.measure, "workers": arguments.workers, **parameters}
    index = build_index(vectors.vectors, norms=vectors.norms, kind=arguments.kind, **options)
    seconds = time.perf_counter() - start
    _check_outputs(arguments)  # again: what has come in the meantime is kept
    index.save(arguments.output, checksum(vectors))
    measured = index.measured or {}
    if arguments.json:
        size = {"rows": index.shape[0], "vector_size": index.shape[1], "seconds": round(seconds, 3)}
        report = {"output": arguments.output, "kind": arguments.kind, "parameters": index.parameters}
        print_json({**report, **size, "measured": measured})
        return
    said = f"{arguments.kind} index of {index.shape[0]} rows in {seconds:.1f} s; recall at {measured['k']}: "
    tell_output(arguments.output, f"{said}{measured['recall']:.3f} of {measured['sample']} rows asked about\n")


def opened(path: str, vectors: KeyedVectors) -> SearchIndex:
    """The index in a file, of these vectors; FormatError where it is of others, or of those of another time."""
    from wordvec.search.indexes import open_index

    return open_index(path, vectors.vectors, norms=vectors.norms, checksum=checksum(vectors))


def checksum(vectors: KeyedVectors) -> int | None:
    """The checksum of the rows that a native file has, so that they need not be read for it; None where none has."""
    import json

    from wordvec.rows import Rows

    stored = vectors._stored
    if stored is None or isinstance(vectors.vectors, Rows):
        return None
    found = json.loads(stored.metadata["wordvec.checksums"]).get("embeddings", "")
    return int(found.removeprefix("crc32:"), 16) if found.startswith("crc32:") else None


def _parameters(arguments: Namespace) -> dict[str, Any]:
    """What was given of the kind; OptionError for what is of another kind."""
    from wordvec.search.indexes import INDEXES

    names = {name: kind for kind, maker in INDEXES.items() for name in maker.option_names()}
    given = {name: getattr(arguments, name) for name in names if getattr(arguments, name) is not None}
    for name in given:
        if name not in INDEXES[arguments.kind].option_names():
            flag = f"--{name.replace('_', '-')}"
            raise OptionError(f"{flag} must be left out with --kind {arguments.kind}: it is of --kind {names[name]}")
    return given


def _check_outputs(arguments: Namespace) -> None:
    """What is said now of the two files is not said after the work."""
    from wordvec.formats import FORMATS
    from wordvec.outputs.names import check_name

    for suffix in {suffix for format in FORMATS.values() for suffix in format.suffixes}:
        if arguments.output.lower().endswith(suffix):
            raise OptionError(f"OUT must have a name of an index, such as name.usearch; {suffix} is one of vectors")
    check_name(arguments.output, "an index (name.usearch, name.faiss)", mapped=True)
    for path in (arguments.output, f"{arguments.output}.json"):
        check_output(path, arguments.force, inputs=[arguments.vectors])
