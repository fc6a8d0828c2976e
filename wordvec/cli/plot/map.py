"""`wordvec plot map`: words as points, near each other where their vectors are."""

from __future__ import annotations

from argparse import Namespace

from wordvec.cli.flags import add_vectors
from wordvec.cli.parsing import Parser
from wordvec.cli.plot.pictures import add_layout, add_picture, add_words, words_of, write_picture


def add_arguments(parser: Parser) -> None:
    add_vectors(parser)
    add_words(parser, "two words or more")
    add_layout(parser)
    add_picture(parser)


def run(arguments: Namespace) -> None:
    from wordvec import plot
    from wordvec.formats import load

    words, how = words_of(arguments), {"method": arguments.method, "seed": arguments.seed}
    inputs = [arguments.vectors, arguments.word_file]
    write_picture(arguments, inputs, lambda look: plot.map(load(arguments.vectors), words, **how, **look))
