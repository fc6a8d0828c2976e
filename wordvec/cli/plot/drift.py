"""`wordvec plot drift`: how far words have moved through slices of a corpus."""

from __future__ import annotations

import os
from argparse import Namespace
from collections.abc import Sequence
from typing import TYPE_CHECKING

from wordvec.cli.parsing import Parser
from wordvec.cli.plot.pictures import add_picture, named_files, write_picture
from wordvec.cli.streams import decoded

if TYPE_CHECKING:
    from wordvec.align import Slices


def add_arguments(parser: Parser) -> None:
    parser.add_argument(
        "slices", nargs="+", metavar="SLICES", help="a folder of slices, or a file of vectors for each, [NAME=]VECTORS"
    )
    parser.add_argument(
        "--word", nargs="+", required=True, dest="words", metavar="WORD", help="the words, each in two slices or more"
    )
    parser.add_argument(
        "--since", choices=("first", "before"), default="first", help="drift from the first slice, or the one before"
    )
    add_picture(parser)


def run(arguments: Namespace) -> None:
    from wordvec import plot

    words = [decoded(word) for word in arguments.words]
    files = [path for path in arguments.slices if os.path.isfile(path)]
    write_picture(
        arguments,
        files,
        lambda look: plot.drift(_slices(arguments.slices), words, since=arguments.since, **look),
    )


def _slices(paths: Sequence[str]) -> Slices:
    """The slices of a folder, or of files in their order, which must be in one space."""
    from wordvec.align import Slices
    from wordvec.formats import load

    if len(paths) == 1 and "=" not in paths[0] and not os.path.isfile(paths[0]):
        return Slices.load(paths[0])
    return Slices({name: load(path) for name, path in named_files(paths).items()})
