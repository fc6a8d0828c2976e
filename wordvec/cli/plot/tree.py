"""`wordvec plot tree`: nodes in the Poincare disc."""

from __future__ import annotations

from argparse import Namespace
from typing import Any

from wordvec.cli.parsing import Parser
from wordvec.cli.plot.pictures import add_picture, add_words, words_of, write_picture


def add_arguments(parser: Parser) -> None:
    parser.add_argument("vectors", metavar="VECTORS", help="points of the model poincare, in a native file")
    add_words(parser, "nodes (default: all, up to 200)")
    parser.add_argument(
        "--edges", metavar="FILE", help="lines child TAB parent (default: the nearest node that is higher)"
    )
    add_picture(parser)


def run(arguments: Namespace) -> None:
    from wordvec import plot
    from wordvec.formats import load

    def draw(look: dict[str, Any]) -> Any:
        vectors: Any = load(arguments.vectors)
        return plot.tree(vectors, words_of(arguments) or None, edges=arguments.edges, **look)

    write_picture(arguments, [arguments.vectors, arguments.word_file, arguments.edges], draw)
