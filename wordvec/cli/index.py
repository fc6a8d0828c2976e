"""`wordvec index`: build an approximate index of vectors by usearch or faiss, for `wordvec similar --index`."""

from __future__ import annotations

import time
from argparse import Namespace
from typing import TYPE_CHECKING, Any

from wordvec.base.errors import OptionError, WordvecError
from wordvec.cli.flags import add_force, add_json, add_vectors, add_workers, count
from wordvec.cli.option_flags import add_flags, given_options
from wordvec.cli.output import check_output, no_words, print_json, print_output
from wordvec.cli.parsing import Parser

if TYPE_CHECKING:
    from wordvec.base.options import Options


def add_arguments(parser: Parser) -> None:
    from wordvec.search.indexes import INDEXES

    add_vectors(parser)
    parser.add_argument("-o", "--output", required=True, metavar="OUT", help="the index; its record goes to OUT.json")
    parser.add_argument("--kind", choices=INDEXES, default="usearch", help="the library of the index")
    parser.add_argument("--measure", type=count, default=200, metavar="N", help="queries to measure recall at 10 on")
    add_workers(parser)
    add_force(parser)
    add_json(parser)
    add_flags(parser.add_argument_group("options of the kinds"), _options())


def _options() -> dict[str, type[Options]]:
    from wordvec.search.indexes import INDEXES

    return {kind: index.options for kind, index in INDEXES.items()}


def run(arguments: Namespace) -> None:
    """Build an index, measure its recall, and write it."""
    from wordvec.formats import load
    from wordvec.outputs import is_stdout
    from wordvec.search.indexes import INDEXES, build_index
    from wordvec.vectors.files import rows_checksum

    kind = INDEXES[arguments.kind]
    refusal = "must be left out with --kind {chosen}: it is of --kind {owners}"
    parameters = given_options(arguments, _options(), arguments.kind, refusal)
    if is_stdout(arguments.output):
        raise OptionError("OUT must be a file: an index has a record beside it, which says what it is of")
    _check_outputs(arguments)
    kind.library()  # before the vectors are read
    vectors = load(arguments.vectors)
    if not len(vectors):
        raise WordvecError(no_words(arguments.vectors, vectors))
    start = time.perf_counter()
    options: dict[str, Any] = {"measure": arguments.measure, "workers": arguments.workers, **parameters}
    index = build_index(vectors.rows, kind=arguments.kind, **options)
    seconds = time.perf_counter() - start
    _check_outputs(arguments)  # again: a file that was written in the meantime is kept
    index.save(arguments.output, rows_checksum(vectors))
    measured = index.measured or {}
    if arguments.json:
        size = {"rows": index.shape[0], "vector_size": index.shape[1], "seconds": round(seconds, 3)}
        report = {"output": arguments.output, "kind": arguments.kind, "parameters": index.parameters}
        print_json({**report, **size, "measured": measured})
        return
    summary = f"{arguments.kind} index of {index.shape[0]} rows in {seconds:.1f} s; recall at {measured['k']}: "
    print_output(arguments.output, f"{summary}{measured['recall']:.3f} of {measured['sample']} rows asked about\n")


def _check_outputs(arguments: Namespace) -> None:
    """Errors about the two output files, before the work."""
    from wordvec.formats import FORMATS
    from wordvec.outputs.names import check_name

    for suffix in {suffix for format in FORMATS.values() for suffix in format.suffixes}:
        if arguments.output.lower().endswith(suffix):
            raise OptionError(f"OUT must have a name of an index, such as name.usearch; {suffix} is one of vectors")
    check_name(arguments.output, "an index (name.usearch, name.faiss)", mapped=True)
    for path in (arguments.output, f"{arguments.output}.json"):
        check_output(path, arguments.force, inputs=[arguments.vectors])
