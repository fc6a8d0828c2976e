"""`wordvec phrases`: find the phrases of a corpus: list them, keep them in a file, or join them in the corpus."""

from __future__ import annotations

import os
from argparse import Namespace
from typing import TYPE_CHECKING, Any

from wordvec.base.errors import OptionError
from wordvec.cli.corpora import add_corpus, words_of
from wordvec.cli.flags import add_force, add_json, add_quiet, count
from wordvec.cli.output import check_output, print_json, print_output, print_rows
from wordvec.cli.parsing import Parser

if TYPE_CHECKING:
    from wordvec.phrases import FrozenPhrases, Phrases

_LISTED = 20  # phrases that are printed where nothing is written


def add_arguments(parser: Parser) -> None:
    """The arguments of `phrases`."""
    from wordvec.phrases.options import PhraseOptions

    add_corpus(parser, phrases=False, vocab=False)
    parser.add_argument(
        "-o", "--output", metavar="MODEL", help="write the phrases, name.safetensors, for `wordvec train --phrases`"
    )
    parser.add_argument(
        "--encoded", metavar="FOLDER", help="write the corpus with phrases joined; FOLDER is a corpus to other verbs"
    )
    parser.add_argument("--keep-counts", action="store_true", help="keep the counts of all words and pairs in MODEL")
    parser.add_argument(
        "-n", "--topn", type=count, metavar="N", help=f"print the N best phrases (default without output: {_LISTED})"
    )
    parser.add_argument(
        "--connector-words",
        metavar="english|FILE",
        help="words that may stand within a phrase, as in bank_of_america: English ones, or a file, one a line",
    )
    parser.add_argument("--lowercase", action="store_true", help="lower-case the text")
    add_force(parser)
    add_json(parser)
    add_quiet(parser)
    PhraseOptions.add_arguments(parser.add_argument_group("options of phrases"))


def run(arguments: Namespace) -> None:
    """Find phrases; an output that cannot be written is an error before the work."""
    from wordvec.corpus import encode_corpus
    from wordvec.corpus.sources import without
    from wordvec.phrases import Phrases
    from wordvec.phrases.options import PhraseOptions

    options = PhraseOptions.from_arguments(arguments).to_dict()
    if arguments.keep_counts and arguments.output is None:
        raise OptionError("-o MODEL must be given with --keep-counts, which says what it holds")
    output, encoded = _outputs(arguments)
    names = without(arguments.corpus, [path for path in (output, encoded) if path is not None])
    corpus = encode_corpus(
        names[0] if len(names) == 1 else names,
        min_count=1,
        lowercase=arguments.lowercase,
        workers=options["workers"],
        cache=arguments.cache,
        progress=not arguments.quiet,
        **words_of(arguments),
    )
    words = _connector_words(arguments.connector_words)
    model = Phrases(corpus, connector_words=words, progress=not arguments.quiet, **options)
    if output is not None:
        (model if arguments.keep_counts else model.freeze()).save(output)
    facts: dict[str, Any] = {"tokens": corpus.stats.read, **model.facts()}
    if encoded is not None:
        joined = model.encode_corpus(corpus, min_count=1, workers=options["workers"])
        joined.save(encoded, force=arguments.force)
        facts |= {"encoded": os.fspath(encoded), "joined": joined.stats.joined, "words": len(joined.vocabulary)}
    _report(arguments, model.freeze(), facts, output)


def _outputs(arguments: Namespace) -> tuple[Any, Any]:
    output, encoded = arguments.output, arguments.encoded
    if output is not None:
        output = check_output(output, arguments.force, inputs=arguments.corpus, json=arguments.json)
    if encoded is not None:
        encoded = check_output(encoded, arguments.force, True, arguments.corpus, arguments.json)
    return output, encoded


def _connector_words(given: str | None) -> Any:
    from wordvec.inputs import read_lines
    from wordvec.phrases import ENGLISH_CONNECTOR_WORDS

    if given is None or given == "english":
        return ENGLISH_CONNECTOR_WORDS if given else frozenset()
    return frozenset(line.strip() for line in read_lines(given) if line.strip())


def _report(arguments: Namespace, phrases: FrozenPhrases, facts: dict[str, Any], output: Any) -> None:
    """Print the best phrases where they are asked for, and what was written."""
    most = arguments.topn or (0 if output or arguments.encoded else _LISTED)
    best = _best(phrases, most) if most else []
    if arguments.json:
        told = [{"phrase": phrase, "score": score, "count": number} for phrase, score, number in best]
        print_json({"output": output, **facts} | ({"best": told} if best else {}))
        return
    print_rows(best)
    summary = f"{facts['phrases']:,} phrases in {facts['tokens']:,} tokens"
    summary += f", {facts['joined']:,} tokens joined to others\n" if "joined" in facts else "\n"
    for path in (output, arguments.encoded):
        if path is not None:
            print_output(path)
    if not arguments.quiet:
        print_output("-", summary)


def _best(phrases: FrozenPhrases | Phrases, most: int) -> list[tuple[str, float, int]]:
    """The phrases with the highest scores: (phrase, score, count)."""
    rows = [
        (score, -place, phrase, number)
        for own in phrases.passes
        for place, (phrase, score, number) in enumerate(
            zip(own.spelled(phrases.delimiter), own.scores.tolist(), own.counts.tolist(), strict=True)
        )
    ]
    rows.sort(reverse=True)
    return [(phrase, score, number) for score, _, phrase, number in rows[:most]]
