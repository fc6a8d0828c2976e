"""`wordvec plot similarity`: the cosines of words as a table of colours."""

from __future__ import annotations

from argparse import Namespace

from wordvec.cli.flags import add_vectors
from wordvec.cli.parsing import Parser
from wordvec.cli.plot.pictures import add_picture, add_words, words_of, write_picture


def add_arguments(parser: Parser) -> None:
    add_vectors(parser)
    add_words(parser, "two words or more")
    parser.add_argument("--keep-order", action="store_true", help="keep the order of the words (default: by clusters)")
    add_picture(parser)


def run(arguments: Namespace) -> None:
    from wordvec import plot
    from wordvec.formats import load

    words, is_clustered = words_of(arguments), not arguments.keep_order
    write_picture(
        arguments,
        [arguments.vectors, arguments.word_file],
        lambda look: plot.similarity(load(arguments.vectors), words, is_clustered=is_clustered, **look),
    )
