"""`wordvec induce`: vectors of new words from lines of a word and a context, or from a corpus."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterator
from dataclasses import fields
from typing import TYPE_CHECKING, Any

from wordvec.base.errors import CorpusError, OptionError
from wordvec.cli.flags import add_force, add_json, add_quiet, add_vectors, words_in, written_suffixes
from wordvec.cli.help import later
from wordvec.cli.option_flags import add_flags, given_options
from wordvec.cli.output import check_output, print_json, print_output, print_rows
from wordvec.cli.parsing import Parser

if TYPE_CHECKING:
    from wordvec.induction import FormContext
    from wordvec.outputs import Output
    from wordvec.vectors import KeyedVectors


def add_arguments(parser: Parser) -> None:
    """The arguments of `induce`."""
    from wordvec.induction import METHODS, Induction

    add_vectors(parser)
    parser.add_argument(
        "contexts",
        metavar="CONTEXTS",
        help="lines of a word, a tab and a context (also .gz .bz2 .xz .zst); a corpus with --words or --new-words; - "
        "is stdin",
    )
    parser.add_argument(
        "-o",
        "--output",
        required=True,
        metavar="OUT",
        help=later(lambda: f"the vectors to write: {written_suffixes(words=True)}"),
    )
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--words", metavar="FILE", help="the words of this file, one a line, in the corpus CONTEXTS")
    which.add_argument(
        "--new-words", action="store_true", help="all words of the corpus CONTEXTS that VECTORS does not have"
    )
    parser.add_argument(
        "--method", choices=METHODS, default="alacarte", help="how contexts become a vector (default: alacarte)"
    )
    parser.add_argument(
        "--corpus", nargs="+", metavar="FILE", help="text to fit alacarte or form-context on; default: CONTEXTS"
    )
    parser.add_argument("--model", metavar="FILE", help="a form-context model that --save-model has written")
    parser.add_argument("--save-model", metavar="FILE", help="write the form-context model, name.safetensors")
    parser.add_argument(
        "--merge", action="store_true", help="write VECTORS with the new words; known ones stay, unless --known use"
    )
    parser.add_argument("--list", action="store_true", help="print each new word and how many contexts it had")
    add_force(parser)
    add_json(parser)
    add_quiet(parser)
    add_flags(parser.add_argument_group("options of all methods"), {"all": Induction}, without=("method",))
    own = {name: of for name, of in METHODS.items() if of is not Induction}
    shared = [field.name for field in fields(Induction)]
    add_flags(parser.add_argument_group("options of some methods"), own, without=shared)


def run(arguments: Namespace) -> None:
    """Induce and save; an output that cannot be written is an error before the work."""
    from wordvec import formats

    options = _options(arguments)
    inputs = [arguments.vectors, arguments.contexts, arguments.words, arguments.model, *(arguments.corpus or ())]
    format_name = formats.format_of(arguments.output)
    output = check_output(arguments.output, arguments.force, inputs=inputs, json=arguments.json)
    saved = None
    if arguments.save_model is not None:
        saved = check_output(arguments.save_model, arguments.force, inputs=[*inputs, arguments.output])
    vectors = formats.load(arguments.vectors)
    new = _induced(arguments, vectors, options, saved)
    if not len(new):
        raise CorpusError(f"{arguments.contexts}: no word gets a vector, so that nothing is written")
    written = vectors.merge(new, on_conflict="last") if arguments.merge else new
    formats.write(written, output, format_name)
    _report(arguments, new, written)


def _options(arguments: Namespace) -> dict[str, Any]:
    """The options that are given; OptionError for flags that do not fit together."""
    from wordvec.induction import METHODS
    from wordvec.induction.inducing import FITTED

    method = arguments.method
    options = given_options(arguments, METHODS, method, without=("method",))
    for flag, value in (("--model", arguments.model), ("--save-model", arguments.save_model)):
        if value is not None and method != "form-context":
            raise OptionError(f"{flag} goes with --method form-context; got --method {method}")
    if arguments.model is not None and (arguments.corpus or arguments.save_model):
        raise OptionError("--corpus and --save-model must be left out with --model, which is fitted already")
    if arguments.corpus and method not in FITTED:
        raise OptionError(f"--corpus goes with --method {' or '.join(FITTED)}, which are fitted; got --method {method}")
    is_corpus = arguments.words is not None or arguments.new_words
    if method in FITTED and not (is_corpus or arguments.corpus or arguments.model):
        raise OptionError(
            f"--corpus FILE must be given with --method {method}, a text that it is fitted on; "
            "or use --method additive, window or selective"
        )
    return {"known": "skip", **options} if arguments.merge else options


def _induced(
    arguments: Namespace, vectors: KeyedVectors, options: dict[str, Any], saved: Output | None
) -> KeyedVectors:
    """The new words with their vectors."""
    from wordvec.corpus import encode_corpus
    from wordvec.induction import ALaCarte, induce

    how: dict[str, Any] = {"min_count": 1, "lowercase": options.get("lowercase", False)}
    how |= {"workers": options.get("workers"), "progress": not arguments.quiet}
    words = None if arguments.words is None else words_in(arguments.words)
    is_corpus = words is not None or arguments.new_words
    text = encode_corpus(arguments.contexts, **how) if is_corpus else None
    fitted_on = encode_corpus(arguments.corpus, **how) if arguments.corpus else text
    extra: dict[str, Any] = {}
    if arguments.method == "form-context":
        extra["model"] = _model(arguments, vectors, fitted_on, options)
        if saved is not None:
            extra["model"].save(saved)
    elif arguments.method == "alacarte":
        extra["matrix"] = ALaCarte.fit(vectors, fitted_on, **options)
    given = {"corpus": text, "words": words} if is_corpus else {"contexts": _pairs(arguments)}
    return induce(vectors, method=arguments.method, **given, **extra, **options)


def _model(arguments: Namespace, vectors: KeyedVectors, corpus: Any, options: dict[str, Any]) -> FormContext:
    from wordvec.induction import FormContext

    if arguments.model is not None:
        return FormContext.load(arguments.model, vectors)
    return FormContext.fit(vectors, corpus, **options)


def _pairs(arguments: Namespace) -> Iterator[tuple[str, list[str]]]:
    """The words and contexts of lines; CorpusError for a line without a tab."""
    from wordvec.inputs import read_lines

    for number, line in enumerate(read_lines(arguments.contexts, error=CorpusError), 1):
        if not line.strip():
            continue
        word, tab, context = (line.lower() if arguments.lowercase else line).partition("\t")
        if not tab or not word.strip():
            raise CorpusError(
                f"{arguments.contexts}: a line must be a word, a tab and a context; line {number} is {line!r:.80}: "
                "give --words FILE or --new-words for a corpus"
            )
        yield word.strip(), context.split()


def _report(arguments: Namespace, new: KeyedVectors, written: KeyedVectors) -> None:
    """What was made, and how many contexts the words had."""
    counts = {word: int(new.get_vecattr(word, "count")) for word in new}
    numbers = sorted(counts.values())
    facts = {"output": arguments.output, "words": len(new), "written": len(written), "vector_size": new.vector_size}
    if arguments.json:
        print_json({**facts, **new.metadata["induced"], "contexts": counts})
        return
    summary = (
        f"{len(new):,} new words by {arguments.method}, from {sum(numbers):,} contexts: {numbers[0]:,} to "
        f"{numbers[-1]:,} a word, half of them {numbers[len(numbers) // 2]:,} or fewer\n"
    )
    print_output(arguments.output, "" if arguments.quiet else summary)
    if arguments.list:
        print_rows(counts.items())
