"""`wordvec align meta`: one set of vectors made from several."""

from __future__ import annotations

from argparse import Namespace

from wordvec.cli.align.results import check_vectors_output, write_vectors
from wordvec.cli.flags import add_force, add_json, add_quiet
from wordvec.cli.option_flags import add_flags, given_options
from wordvec.cli.parsing import Parser


def add_arguments(parser: Parser) -> None:
    from wordvec.align.meta import METHODS

    parser.add_argument("sources", nargs="+", metavar="VECTORS", help="vectors of any formats and sizes")
    parser.add_argument("-o", "--output", required=True, metavar="OUT", help="the file to write")
    parser.add_argument("--method", default="average", choices=METHODS, help="how the sources are combined")
    add_force(parser)
    add_json(parser)
    add_quiet(parser)
    add_flags(parser.add_argument_group("options of the methods"), METHODS)  # type: ignore[arg-type]  # as a parser


def run(arguments: Namespace) -> None:
    """Combine the sources, and write the vectors."""
    from wordvec.align.meta import METHODS, combine
    from wordvec.formats import load

    options = given_options(arguments, METHODS, arguments.method)
    check_vectors_output(arguments, arguments.sources)
    sources = [load(path) for path in arguments.sources]
    vectors = combine(sources, arguments.method, **options)
    facts = vectors.metadata["meta"]
    summary = [
        f"{path}\t{source['words']:,} words, {source['filled']:,} made"
        for path, source in zip(arguments.sources, facts["sources"])
    ]
    write_vectors(arguments, vectors, {"words": len(vectors), "vector_size": vectors.vector_size, **facts}, summary)
