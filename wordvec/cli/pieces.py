"""`wordvec pieces`: learn a tokenizer whose pieces of words are what vectors are of, for --tokenizer pieces:FILE."""

from __future__ import annotations

import os
from argparse import Namespace
from typing import get_args

from wordvec.cli.corpora import add_corpus
from wordvec.cli.flags import add_force, add_json, add_quiet, count
from wordvec.cli.output import check_output, print_json, print_output
from wordvec.cli.parsing import Parser


def add_arguments(parser: Parser) -> None:
    """The arguments of `pieces`."""
    from wordvec.corpus.pieces import Kind

    add_corpus(parser, cache=False, words=False, phrases=False)
    parser.add_argument("-o", "--output", metavar="OUT", required=True, help="the tokenizer.json to write")
    parser.add_argument(
        "--kind", choices=get_args(Kind), default="bpe", help="how pieces are learned and texts cut (default: bpe)"
    )
    parser.add_argument("--size", type=count, default=8000, metavar="N", help="how many pieces (default: 8000)")
    parser.add_argument(
        "--min-count", type=count, default=2, metavar="N", help="occurrences of a piece that is joined (default: 2)"
    )
    parser.add_argument("--lowercase", action="store_true", help="lower-case texts, here and when they are cut")
    add_force(parser)
    add_json(parser)
    add_quiet(parser)


def run(arguments: Namespace) -> None:
    """Learn and write; an output that cannot be written is an error before the work."""
    from wordvec.corpus.pieces import Pieces
    from wordvec.corpus.sentences import lines
    from wordvec.corpus.sources import Files, resolve, without

    output = check_output(arguments.output, arguments.force, inputs=arguments.corpus, json=arguments.json)
    found = resolve(without(arguments.corpus, [output]), True)
    assert isinstance(found, Files)  # names are
    pieces = Pieces.learn(
        lines(found.inputs),
        arguments.kind,
        size=arguments.size,
        lowercase=arguments.lowercase,
        min_count=arguments.min_count,
    )
    pieces.save(output, force=arguments.force)
    facts = {"output": os.fspath(output), "kind": arguments.kind, "pieces": len(pieces.words)}
    if arguments.json:
        print_json(facts)
        return
    print_output(output, "" if arguments.quiet else f"{len(pieces.words):,} pieces\n")
