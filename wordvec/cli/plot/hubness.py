"""`wordvec plot hubness`: how many words are how often among the nearest of others."""

from __future__ import annotations

from argparse import Namespace

from wordvec.cli.flags import add_vectors, add_workers, count
from wordvec.cli.parsing import Parser
from wordvec.cli.plot.pictures import add_picture, write_picture


def add_arguments(parser: Parser) -> None:
    add_vectors(parser)
    parser.add_argument("-k", type=count, default=10, metavar="N", help="the nearest words that count")
    parser.add_argument("--sample", type=count, default=10_000, metavar="N", help="words that are looked at")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="of the sample")
    add_workers(parser)
    add_picture(parser)


def run(arguments: Namespace) -> None:
    from wordvec import plot
    from wordvec.formats import load

    how = {name: getattr(arguments, name) for name in ("k", "sample", "seed", "workers")}
    write_picture(arguments, [arguments.vectors], lambda look: plot.hubness(load(arguments.vectors), **how, **look))
