"""`wordvec plot eval`: scores with intervals, of the JSON that `wordvec eval` prints."""

from __future__ import annotations

import json
from argparse import Namespace
from typing import Any

from wordvec.base.errors import FormatError
from wordvec.cli.parsing import Parser
from wordvec.cli.plot.pictures import add_picture, named_files, write_picture

_LARGEST = 1 << 28  # bytes of a file


def add_arguments(parser: Parser) -> None:
    parser.add_argument(
        "results", nargs="+", metavar="[NAME=]RESULTS", help="files of `wordvec eval --json`; NAME is that of the model"
    )
    parser.add_argument("--all-measures", action="store_true", help="every measure of a set, not the main one alone")
    add_picture(parser)


def run(arguments: Namespace) -> None:
    from wordvec import plot
    from wordvec.plot.scores import scores_in

    files = named_files(arguments.results)

    def draw(look: dict[str, Any]) -> Any:
        scores = [score for name, path in files.items() for score in scores_in(_json(path), name, path)]
        return plot.evaluation(scores, headline=not arguments.all_measures, **look)

    write_picture(arguments, files.values(), draw)


def _json(path: str) -> Any:
    """The JSON of a file."""
    with open(path, "rb") as file:
        data = file.read(_LARGEST + 1)
    try:
        return json.loads(data) if len(data) <= _LARGEST else None
    except (ValueError, RecursionError):
        raise FormatError(f"{path}: the file must be JSON that `wordvec eval --json` printed; it is none") from None
