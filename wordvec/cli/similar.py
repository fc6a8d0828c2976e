"""`wordvec similar`: the nearest neighbours of words."""

from __future__ import annotations

from argparse import Namespace

from wordvec.cli.flags import add_vectors
from wordvec.cli.output import print_json, print_rows
from wordvec.cli.parsing import Parser
from wordvec.cli.queries import Searcher, add_filters, answer_stdin, query_words, with_scores


def add_arguments(parser: Parser) -> None:
    add_vectors(parser)
    parser.add_argument("words", nargs="+", metavar="WORD", help="words; - reads them from stdin, one a line")
    parser.add_argument(
        "--index", metavar="FILE", help="search this index, built by `wordvec index`: faster, may miss a word"
    )
    add_filters(parser)


def run(arguments: Namespace) -> None:
    """Print the nearest neighbours of each word, with their cosines."""
    words = query_words(arguments)
    searcher = Searcher(arguments)
    if words == ["-"]:
        answer_stdin(arguments, lambda line: [line], lambda words: searcher.similar(*words))
        return
    answers = {word: searcher.similar(word) for word in words}
    if arguments.json:
        print_json({word: with_scores(neighbours) for word, neighbours in answers.items()})
    else:
        several = len(answers) > 1
        print_rows((word, *near) if several else near for word, neighbours in answers.items() for near in neighbours)
