"""`wordvec align meta`: one set of vectors made from several."""

from __future__ import annotations

from argparse import Namespace

from wordvec.base.errors import OptionError
from wordvec.cli.align.results import check_vectors_output, write_vectors
from wordvec.cli.flags import add_force, add_json, add_quiet, count
from wordvec.cli.parsing import Parser

_OPTIONS = {
    "average": ("oov", "pivot", "weights"),
    "concat": ("oov", "weights"),
    "svd": ("oov", "weights", "dim"),
    "1ton": ("weights", "dim"),
}


def add_arguments(parser: Parser) -> None:
    parser.add_argument("sources", nargs="+", metavar="VECTORS", help="vectors of any formats and sizes")
    parser.add_argument("-o", "--output", required=True, metavar="OUT", help="the file to write")
    parser.add_argument("--method", default="average", choices=_OPTIONS, help="how the sources are combined")
    parser.add_argument("--dim", type=count, metavar="N", help="dimensions, of svd and 1ton (default: 300)")
    parser.add_argument(
        "--oov",
        choices=("neighbours", "zero", "drop"),
        help="words that a source lacks: made from neighbours, zeros, or left out; not of 1ton (default: neighbours)",
    )
    parser.add_argument("--pivot", type=int, metavar="N", help="the source, from 0, into whose space average maps")
    parser.add_argument("--weights", type=float, nargs="+", metavar="W", help="a weight for each source")
    parser.add_argument("--normalize", default="unit", metavar="STEPS", help="none, unit, unit,center,unit")
    add_force(parser)
    add_json(parser)
    add_quiet(parser)


def run(arguments: Namespace) -> None:
    """Combine the sources, and write the vectors."""
    from wordvec.align import meta
    from wordvec.formats import load

    options = {name: getattr(arguments, name) for name in ("oov", "pivot", "weights", "dim")}
    options = {name: value for name, value in options.items() if value is not None}
    if wrong := sorted(set(options) - set(_OPTIONS[arguments.method])):
        raise OptionError(f"{' and '.join(wrong)} must be left out with method={arguments.method}")
    check_vectors_output(arguments, arguments.sources)
    sources = [load(path) for path in arguments.sources]
    vectors = meta.METHODS[arguments.method](sources, normalize=arguments.normalize, **options)
    facts = vectors.metadata["meta"]
    summary = [
        f"{path}\t{source['words']:,} words, {source['filled']:,} made"
        for path, source in zip(arguments.sources, facts["sources"])
    ]
    write_vectors(arguments, vectors, {"words": len(vectors), "vector_size": vectors.vector_size, **facts}, summary)
