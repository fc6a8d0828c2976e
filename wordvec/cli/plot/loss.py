"""`wordvec plot loss`: the loss of each epoch of a training, or of several."""

from __future__ import annotations

from argparse import Namespace

from wordvec.cli.parsing import Parser
from wordvec.cli.plot.pictures import add_picture, named_files, write_picture


def add_arguments(parser: Parser) -> None:
    parser.add_argument(
        "vectors", nargs="+", metavar="[NAME=]VECTORS", help="native files of trained vectors, which keep their losses"
    )
    add_picture(parser)


def run(arguments: Namespace) -> None:
    from wordvec import plot
    from wordvec.formats import load

    files = named_files(arguments.vectors)
    write_picture(
        arguments,
        files.values(),
        lambda look: plot.loss({name: load(path) for name, path in files.items()}, **look),
    )
