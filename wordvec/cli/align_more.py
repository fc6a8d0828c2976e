"""`wordvec align compass`, `meta` and `retrofit`: slices in one space, vectors made of several, lexicons fitted to."""

from __future__ import annotations

import os
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from wordvec.base.errors import OptionError
from wordvec.cli.output import add_force, add_json, check_output, count, print_json, print_rows, tell_output
from wordvec.cli.parsing import Parser, SubVerb
from wordvec.cli.train import default_output

if TYPE_CHECKING:
    from wordvec.align import Slices


def _compass_arguments(parser: ArgumentParser, words: Sequence[str]) -> None:
    from wordvec.trainers import TRAINERS
    from wordvec.trainers.word2vec import Word2Vec

    models = [name for name, kind in TRAINERS.items() if issubclass(kind, Word2Vec)]
    first = Parser(parser.prog, add_help=False)
    first.add_argument("--model", default="skipgram", choices=models)
    model = first.parse_known_args(list(words))[0].model
    parser.add_argument(
        "slices", nargs="+", metavar="NAME=CORPUS", help="a slice, in order; if not given, its name is the corpus'"
    )  # fmt: skip
    parser.add_argument(
        "-o", "--output", required=True, metavar="FOLDER", help="NAME.safetensors of each slice go here"
    )
    parser.add_argument("--model", default="skipgram", choices=models, help="what to train (default: %(default)s)")
    parser.add_argument("--slice-epochs", type=count, metavar="N", help="epochs of the slices (default: --epochs)")
    parser.add_argument(
        "--slice-min-count", type=count, default=1, metavar="N", help="least count of a word in a slice (%(default)s)"
    )  # fmt: skip
    parser.add_argument("--start", default="random", choices=("random", "compass"), help="of the slices (%(default)s)")
    parser.add_argument("--compatible-with", metavar="FILE", help="older vectors with context, in the compass' place")
    parser.add_argument("--drift", type=count, default=20, metavar="N", help="words of most drift shown (%(default)s)")
    parser.add_argument(
        "--drift-min-count", type=count, default=50, metavar="N", help="that both slices have so often (%(default)s)"
    )  # fmt: skip
    _add_common(parser)
    TRAINERS[model].add_arguments(parser.add_argument_group(f"options of {model}"))  # type: ignore[arg-type]


def _compass(arguments: Namespace) -> None:
    """Train, write a file for each slice and one for the compass, and show which words moved."""
    from wordvec.align import train_compass
    from wordvec.formats import load, write
    from wordvec.outputs import output_folder
    from wordvec.trainers import TRAINERS

    named = _named(arguments.slices)
    trainer: Any = TRAINERS[arguments.model].from_arguments(arguments)
    paths = {name: os.path.join(arguments.output, f"{name}.safetensors") for name in (*named, "compass")}
    here = os.path.isdir(arguments.output) and not os.listdir(arguments.output)  # an empty folder may be filled
    read = [*named.values(), arguments.compatible_with]
    output = check_output(arguments.output, arguments.force or here, True, read)
    old = load(arguments.compatible_with) if arguments.compatible_with else None
    slices = train_compass(
        named, trainer, slice_epochs=arguments.slice_epochs, slice_min_count=arguments.slice_min_count,
        start=arguments.start, compatible_with=old, progress=not arguments.quiet,
    )  # fmt: skip
    written = dict(slices.slices)
    if old is None and slices.compass is not None:
        written["compass"] = slices.compass
    with output_folder(output, may_replace=_holds_slices) as folder:  # as a whole: slices belong together
        for name, vectors in written.items():
            write(vectors, os.path.join(folder, f"{name}.safetensors"), "native")
    _tell_slices(arguments, slices, {name: paths[name] for name in written})


def _holds_slices(folder: str) -> bool:
    """Whether a folder holds nothing but files that such a training writes."""
    return all(name.endswith(".safetensors") for name in os.listdir(folder))


def _tell_slices(arguments: Namespace, slices: Slices, paths: dict[str, str]) -> None:
    drift = {
        pair: slices.drift(*pair, topn=arguments.drift, min_count=arguments.drift_min_count)
        for pair in pairwise(slices.slices)
    }
    if arguments.json:
        print_json({
            "output": paths,
            "slices": {
                name: {"words": len(vectors), **vectors.metadata["compass"]} for name, vectors in slices.slices.items()
            },
            "overlaps": [vars(found) for found in slices.overlaps],
            "drift": [
                {"first": a, "second": b, "words": [vars(word) for word in words]} for (a, b), words in drift.items()
            ],
        })  # fmt: skip
        return
    for name, path in paths.items():
        sys.stderr.write(f"{name}: {path}\n")
    print_rows([("first", "second", "word", "drift", "count in first", "count in second")])
    print_rows(
        (a, b, found.word, found.drift, *(found.counts or ("-", "-")))
        for (a, b), words in drift.items()
        for found in words
    )
    if not arguments.quiet:
        for found in slices.overlaps:
            sys.stderr.write(f"{found.first} and {found.second} share {found.shared:,} words, {found.share:.0%}\n")


def _named(given: Sequence[str]) -> dict[str, str]:
    """The corpora by name; a path that exists is no NAME=CORPUS, whatever is in it."""
    named: dict[str, str] = {}
    for item in given:
        name, equals, corpus = item.partition("=")
        if not equals or os.path.exists(item):
            name, corpus = default_output([item]).removesuffix(".safetensors"), item
        if not name or name in named or name == "compass" or os.sep in name:
            raise OptionError(f"slices must have names of their own, not compass, without {os.sep}; got {name!r}")
        named[name] = corpus
    return named


def _meta_arguments(parser: ArgumentParser, words: Sequence[str]) -> None:
    parser.add_argument("sources", nargs="+", metavar="VECTORS", help="vectors of any formats and sizes")
    parser.add_argument("-o", "--output", required=True, metavar="OUT", help="the file to write")
    parser.add_argument(
        "--method", default="average", choices=("average", "concat", "svd", "1ton"), help="(%(default)s)"
    )
    parser.add_argument("--dim", type=count, metavar="N", help="numbers of a vector, of svd and 1ton (default: 300)")
    parser.add_argument(
        "--oov", choices=("neighbours", "zero", "drop"),
        help="words that a source lacks: made from neighbours (default), left to the others, left out; not of 1ton",
    )  # fmt: skip
    parser.add_argument("--pivot", type=int, metavar="N", help="the source, from 0, in whose space average is")
    parser.add_argument("--weights", type=float, nargs="+", metavar="W", help="one for each source")
    parser.add_argument(
        "--normalize", default="unit", metavar="STEPS", help="none, unit, unit,center,unit (%(default)s)"
    )
    _add_common(parser)


def _meta(arguments: Namespace) -> None:
    """Make one set of vectors of several."""
    from wordvec.align import meta
    from wordvec.formats import format_of, load

    takes = {
        "average": ("oov", "pivot", "weights"),
        "concat": ("oov", "weights"),
        "svd": ("oov", "weights", "dim"),
        "1ton": ("weights", "dim"),
    }[arguments.method]
    options = {name: getattr(arguments, name) for name in ("oov", "pivot", "weights", "dim")}
    options = {name: value for name, value in options.items() if value is not None}
    if wrong := sorted(set(options) - set(takes)):
        raise OptionError(f"{' and '.join(wrong)} must be left out with method={arguments.method}")
    format_of(arguments.output)  # an unknown suffix is wrong usage
    arguments.output = check_output(arguments.output, arguments.force, False, arguments.sources, arguments.json)
    sources = [load(path) for path in arguments.sources]
    made = meta.combine(sources, arguments.method, normalize=arguments.normalize, **options)
    facts = made.metadata["meta"]
    rows = [
        (path, f"{source['words']:,} words, {source['filled']:,} made")
        for path, source in zip(arguments.sources, facts["sources"])
    ]
    _write(arguments, made, {"words": len(made), "vector_size": made.vector_size, **facts}, rows)


def _retrofit_arguments(parser: ArgumentParser, words: Sequence[str]) -> None:
    parser.add_argument("vectors", metavar="VECTORS", help="vectors, of any format that wordvec reads")
    parser.add_argument("lexicon", metavar="LEXICON", help="lines of a word and its neighbours, or synonyms")
    parser.add_argument("-o", "--output", required=True, metavar="OUT", help="the file to write")
    parser.add_argument("--antonyms", metavar="FILE", help="counter-fit: push the words of these lines apart")
    parser.add_argument("--method", default="solve", choices=("solve", "iterate"), help="of retrofitting (%(default)s)")
    parser.add_argument("--iterations", type=count, default=10, metavar="N", help="of --method iterate (%(default)s)")
    parser.add_argument("--alpha", type=float, default=1.0, help="weight of what a vector was (%(default)s)")
    parser.add_argument("--rounds", type=count, default=20, metavar="N", help="of counter-fitting (%(default)s)")
    _add_common(parser)


def _retrofit(arguments: Namespace) -> None:
    """Fit vectors to a lexicon."""
    from wordvec.align import counterfit, retrofit
    from wordvec.formats import format_of, load

    format_of(arguments.output)  # an unknown suffix is wrong usage
    read = [arguments.vectors, arguments.lexicon, arguments.antonyms]
    arguments.output = check_output(arguments.output, arguments.force, False, read, arguments.json)
    vectors = load(arguments.vectors)
    if arguments.antonyms is None:
        made = retrofit(
            vectors, arguments.lexicon, method=arguments.method, iterations=arguments.iterations, alpha=arguments.alpha
        )
        facts = made.metadata["retrofit"]
    else:
        made = counterfit(vectors, arguments.lexicon, arguments.antonyms, iterations=arguments.rounds)
        facts = made.metadata["counterfit"]
    rows = [(f"{facts['moved']:,} of {len(made):,} words moved by {facts['edges']:,} edges",)]
    _write(arguments, made, {"words": len(made), **facts}, rows)


def _write(arguments: Namespace, made: Any, facts: dict[str, Any], rows: Sequence[Sequence[object]]) -> None:
    from wordvec.formats import format_of, write

    write(made, arguments.output, format_of(arguments.output, made))
    if arguments.json:
        print_json({"output": arguments.output, **facts})
        return
    tell_output(arguments.output)
    if not arguments.quiet:
        sys.stderr.write("".join("\t".join(map(str, row)) + "\n" for row in rows))


def _add_common(parser: ArgumentParser) -> None:
    add_force(parser)
    add_json(parser)
    parser.add_argument("--quiet", action="store_true", help="no progress and no summary on stderr")


MORE = {
    "compass": SubVerb("slices of a corpus in one space, and which words moved", _compass_arguments, _compass),
    "meta": SubVerb("one set of vectors made of several", _meta_arguments, _meta),
    "retrofit": SubVerb("vectors fitted to a lexicon", _retrofit_arguments, _retrofit),
}
