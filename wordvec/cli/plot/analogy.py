"""`wordvec plot analogy`: the parallelogram of an analogy, and the words at its fourth corner."""

from __future__ import annotations

from argparse import Namespace

from wordvec.cli.flags import add_vectors, count
from wordvec.cli.parsing import Parser
from wordvec.cli.plot.pictures import add_picture, write_picture
from wordvec.cli.streams import decoded


def add_arguments(parser: Parser) -> None:
    add_vectors(parser)
    for name in ("A", "B", "C"):
        parser.add_argument(name.lower(), metavar=name, help="A is to B as C is to the answer")
    parser.add_argument("-n", "--topn", type=count, default=3, metavar="N", help="how many answers")
    add_picture(parser)


def run(arguments: Namespace) -> None:
    from wordvec import plot
    from wordvec.formats import load

    words = [decoded(word) for word in (arguments.a, arguments.b, arguments.c)]
    write_picture(
        arguments,
        [arguments.vectors],
        lambda look: plot.analogy(load(arguments.vectors), *words, topn=arguments.topn, **look),
    )
