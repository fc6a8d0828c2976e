"""`wordvec plot senses`: the senses of a word and their neighbours."""

from __future__ import annotations

from argparse import Namespace
from typing import Any

from wordvec.cli.flags import count
from wordvec.cli.parsing import Parser
from wordvec.cli.plot.pictures import add_layout, add_picture, write_picture
from wordvec.cli.streams import decoded


def add_arguments(parser: Parser) -> None:
    parser.add_argument("vectors", metavar="SENSES", help="senses, as `wordvec senses` and models of senses write them")
    parser.add_argument("word", metavar="WORD", help="the word, without the number of a sense")
    parser.add_argument("-n", "--topn", type=count, default=8, metavar="N", help="how many neighbours of each sense")
    add_layout(parser)
    add_picture(parser)


def run(arguments: Namespace) -> None:
    from wordvec import plot
    from wordvec.formats import load

    how = {"topn": arguments.topn, "method": arguments.method, "seed": arguments.seed}

    def draw(look: dict[str, Any]) -> Any:
        vectors: Any = load(arguments.vectors)
        return plot.senses(vectors, decoded(arguments.word), **how, **look)

    write_picture(arguments, [arguments.vectors], draw)
