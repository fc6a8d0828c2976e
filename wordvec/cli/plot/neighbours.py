"""`wordvec plot neighbours`: a word and the words nearest to it."""

from __future__ import annotations

from argparse import Namespace

from wordvec.cli.flags import add_vectors, count
from wordvec.cli.parsing import Parser
from wordvec.cli.plot.pictures import add_layout, add_picture, write_picture
from wordvec.cli.streams import decoded


def add_arguments(parser: Parser) -> None:
    add_vectors(parser)
    parser.add_argument("word", metavar="WORD", help="the word in the middle")
    parser.add_argument("-n", "--topn", type=count, default=20, metavar="N", help="how many neighbours")
    add_layout(parser)
    add_picture(parser)


def run(arguments: Namespace) -> None:
    from wordvec import plot
    from wordvec.formats import load

    how = {"topn": arguments.topn, "method": arguments.method, "seed": arguments.seed}
    write_picture(
        arguments,
        [arguments.vectors],
        lambda look: plot.neighbours(load(arguments.vectors), decoded(arguments.word), **how, **look),
    )
