"""`wordvec align retrofit`: vectors fitted to a lexicon, by retrofitting or counter-fitting."""

from __future__ import annotations

from argparse import Namespace
from typing import TYPE_CHECKING

from wordvec.cli.align.results import check_vectors_output, write_vectors
from wordvec.cli.flags import add_force, add_json, add_quiet, add_vectors
from wordvec.cli.option_flags import add_flags, given_options
from wordvec.cli.parsing import Parser

if TYPE_CHECKING:
    from wordvec.base.options import Options


def add_arguments(parser: Parser) -> None:
    add_vectors(parser)
    parser.add_argument("lexicon", metavar="LEXICON", help="lines of a word and its neighbours, or synonyms")
    parser.add_argument("-o", "--output", required=True, metavar="OUT", help="the file to write")
    parser.add_argument("--antonyms", metavar="FILE", help="counter-fit: push the words of these lines apart")
    add_force(parser)
    add_json(parser)
    add_quiet(parser)
    add_flags(parser.add_argument_group("options"), _options())  # type: ignore[arg-type]  # a group is as a parser here


def _options() -> dict[str, type[Options]]:
    """The options by what is done: counter-fitting with --antonyms, retrofitting without."""
    from wordvec.align import Counterfitting, Retrofitting

    return {"retrofitting": Retrofitting, "counter-fitting": Counterfitting}


def run(arguments: Namespace) -> None:
    """Retrofit, or with --antonyms counter-fit, and write the vectors."""
    from wordvec.align import counterfit, retrofit
    from wordvec.formats import load

    chosen = "retrofitting" if arguments.antonyms is None else "counter-fitting"
    refusal = "must be left out of {chosen}: it is of {owners}, and --antonyms FILE says which is done"
    options = given_options(arguments, _options(), chosen, refusal)
    check_vectors_output(arguments, [arguments.vectors, arguments.lexicon, arguments.antonyms])
    original = load(arguments.vectors)
    if arguments.antonyms is None:
        vectors = retrofit(original, arguments.lexicon, **options)
        facts = vectors.metadata["retrofit"]
    else:
        vectors = counterfit(original, arguments.lexicon, arguments.antonyms, **options)
        facts = vectors.metadata["counterfit"]
    summary = f"{facts['moved']:,} of {len(vectors):,} words moved by {facts['edges']:,} edges"
    write_vectors(arguments, vectors, {"words": len(vectors), **facts}, [summary])
