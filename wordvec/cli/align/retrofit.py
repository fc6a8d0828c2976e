"""`wordvec align retrofit`: vectors fitted to a lexicon, by retrofitting or counter-fitting."""

from __future__ import annotations

from argparse import Namespace

from wordvec.cli.align.results import check_vectors_output, write_vectors
from wordvec.cli.flags import add_force, add_json, add_quiet, add_vectors, count
from wordvec.cli.parsing import Parser


def add_arguments(parser: Parser) -> None:
    add_vectors(parser)
    parser.add_argument("lexicon", metavar="LEXICON", help="lines of a word and its neighbours, or synonyms")
    parser.add_argument("-o", "--output", required=True, metavar="OUT", help="the file to write")
    parser.add_argument("--antonyms", metavar="FILE", help="counter-fit: push the words of these lines apart")
    parser.add_argument("--method", default="solve", choices=("solve", "iterate"), help="of retrofitting")
    parser.add_argument("--iterations", type=count, default=10, metavar="N", help="of --method iterate")
    parser.add_argument("--alpha", type=float, default=1.0, metavar="X", help="weight of the original vectors")
    parser.add_argument("--rounds", type=count, default=20, metavar="N", help="of counter-fitting")
    add_force(parser)
    add_json(parser)
    add_quiet(parser)


def run(arguments: Namespace) -> None:
    """Retrofit, or with --antonyms counter-fit, and write the vectors."""
    from wordvec.align import counterfit, retrofit
    from wordvec.formats import load

    check_vectors_output(arguments, [arguments.vectors, arguments.lexicon, arguments.antonyms])
    original = load(arguments.vectors)
    if arguments.antonyms is None:
        vectors = retrofit(
            original, arguments.lexicon, method=arguments.method, iterations=arguments.iterations, alpha=arguments.alpha
        )
        facts = vectors.metadata["retrofit"]
    else:
        vectors = counterfit(original, arguments.lexicon, arguments.antonyms, rounds=arguments.rounds)
        facts = vectors.metadata["counterfit"]
    summary = f"{facts['moved']:,} of {len(vectors):,} words moved by {facts['edges']:,} edges"
    write_vectors(arguments, vectors, {"words": len(vectors), **facts}, [summary])
