"""`wordvec senses`: senses of words that have one vector each, by clusters of their contexts in a corpus."""

from __future__ import annotations

from argparse import Namespace
from typing import Any

from wordvec.cli.flags import add_force, add_json, add_quiet, add_vectors, words_in, written_suffixes
from wordvec.cli.help import later
from wordvec.cli.output import check_output, print_json, print_output
from wordvec.cli.parsing import Parser


def add_arguments(parser: Parser) -> None:
    """The arguments of `senses`."""
    from wordvec.induction import SenseOptions

    add_vectors(parser)
    parser.add_argument(
        "corpus", nargs="+", metavar="CORPUS", help="text whose contexts count (also .gz .bz2 .xz .zst); - is stdin"
    )
    parser.add_argument(
        "-o",
        "--output",
        required=True,
        metavar="OUT",
        help=later(lambda: f"the senses to write: {written_suffixes(words=True)}"),
    )
    parser.add_argument("--words", metavar="FILE", help="look at the words of this file alone, one a line")
    add_force(parser)
    add_json(parser)
    add_quiet(parser)
    SenseOptions.add_arguments(parser.add_argument_group("options of senses"))


def run(arguments: Namespace) -> None:
    """Find senses and save them; an output that cannot be written is an error before the work."""
    from wordvec import formats
    from wordvec.corpus import encode_corpus
    from wordvec.induction import SenseOptions, senses_of

    options = SenseOptions.from_arguments(arguments)
    format_name = formats.format_of(arguments.output)
    inputs = [arguments.vectors, *arguments.corpus, arguments.words]
    output = check_output(arguments.output, arguments.force, inputs=inputs, json=arguments.json)
    vectors = formats.load(arguments.vectors)
    words = None if arguments.words is None else words_in(arguments.words)
    how: dict[str, Any] = {"min_count": 1, "lowercase": options.lowercase, "workers": options.workers}
    corpus = arguments.corpus[0] if len(arguments.corpus) == 1 else arguments.corpus
    found = senses_of(vectors, encode_corpus(corpus, progress=not arguments.quiet, **how), words, **options.to_dict())
    formats.write(found, output, format_name)
    facts = {"output": arguments.output, "words": len(vectors), "senses": len(found)}
    if arguments.json:
        print_json({**facts, "looked_at": found.metadata["senses"]["words"], "options": options.recorded()})
        return
    summary = (
        f"{len(found):,} senses of {len(vectors):,} words, {found.metadata['senses']['words']:,} of which were looked "
        "at\n"
    )
    print_output(arguments.output, "" if arguments.quiet else summary)
