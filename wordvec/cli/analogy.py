"""`wordvec analogy`: the words that are to C as B is to A."""

from __future__ import annotations

from argparse import Namespace

from wordvec.base.errors import OptionError
from wordvec.cli.flags import add_vectors
from wordvec.cli.output import print_json, print_rows
from wordvec.cli.parsing import Parser
from wordvec.cli.queries import METHODS, Searcher, add_filters, answer_stdin, query_words, with_scores


def add_arguments(parser: Parser) -> None:
    parser.usage = f"{parser.prog} [options] VECTORS (A B C | -)"
    add_vectors(parser)
    parser.add_argument(
        "words", nargs="+", metavar="A B C", help="A is to B as C is to the answer; - reads such lines from stdin"
    )
    parser.add_argument("--method", choices=METHODS, default="3cosadd", help="the score of an answer")
    add_filters(parser)


def run(arguments: Namespace) -> None:
    """Print the words that are to C as B is to A, with their scores."""
    words = query_words(arguments)
    if words != ["-"] and len(words) != 3:
        arguments.parser.error(f"three words A B C must be given, or - for stdin; got {len(words)}")
    searcher = Searcher(arguments)
    if words == ["-"]:
        answer_stdin(arguments, _three_words, lambda words: searcher.analogy(*words))
        return
    answers = searcher.analogy(*words)
    if arguments.json:
        print_json(with_scores(answers))
    else:
        print_rows(answers)


def _three_words(line: str) -> list[str]:
    """The words of a line, between tabs if it has any, else between spaces."""
    words = line.split("\t") if "\t" in line else [word for word in line.split(" ") if word]
    if len(words) != 3:
        raise OptionError(f"a line must have three words A B C; got {line!r}")
    return words
