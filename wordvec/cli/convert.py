"""`wordvec convert`: vectors, or some of them, written in another format."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

from wordvec.base.errors import OptionError, WordvecError
from wordvec.cli.flags import add_force, add_json, add_reading, add_to, count, reading, written_suffixes
from wordvec.cli.help import later
from wordvec.cli.output import check_output, no_words, print_json, print_output
from wordvec.cli.parsing import Parser


def add_arguments(parser: Parser) -> None:
    parser.add_argument("input", metavar="IN", help="vectors, of any format that wordvec reads")
    parser.add_argument(
        "output",
        metavar="OUT",
        help=later(lambda: f"the file to write; its suffix says the format: {written_suffixes()}"),
    )
    add_to(parser)
    parser.add_argument("--limit", type=count, metavar="N", help="the first N words only")
    parser.add_argument("--words", metavar="FILE", help="only the words of this file, one a line")
    parser.add_argument("--min-count", type=count, metavar="N", help="only words that occurred N times or more")
    add_reading(parser)
    parser.add_argument(
        "--unwritable",
        choices=("error", "skip"),
        default="error",
        help="words that the format cannot hold: refuse, or leave them out",
    )
    add_force(parser)
    add_json(parser)


def run(arguments: Namespace) -> None:
    """Write the vectors in the format that --to or the suffix of the output names."""
    from wordvec import formats

    name = arguments.to or formats.format_of(arguments.output)  # an unknown suffix is wrong usage
    is_folder = formats.FORMATS[name].is_folder
    output = check_output(
        arguments.output, arguments.force, is_folder, [arguments.input, arguments.words], arguments.json
    )
    words = None if arguments.words is None else Path(arguments.words)
    selection = {"limit": arguments.limit, "words": words, "min_count": arguments.min_count}
    vectors = formats.load(arguments.input, **selection, **reading(arguments))
    name = arguments.to or formats.format_of(arguments.output, vectors)
    if not len(vectors):
        flags = " and ".join(f"--{name.replace('_', '-')}" for name, value in selection.items() if value is not None)
        if flags:
            raise OptionError(f"{flags} must leave a word of {arguments.input}; none is left")
        if vectors.subwords is None or not formats.FORMATS[name].may_lack_words:
            raise WordvecError(f"{no_words(arguments.input, vectors)}: give --words FILE, a file of words to compose")
    written = formats.write(vectors, output, name, unwritable=arguments.unwritable)
    if arguments.json:
        facts = {"output": arguments.output, "format": name, "words": len(written), "vector_size": vectors.vector_size}
        print_json(facts)
    else:
        print_output(output)
