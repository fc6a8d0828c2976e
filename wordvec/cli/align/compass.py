"""`wordvec align compass`: slices of a corpus trained in one space, and the words that drift most."""

from __future__ import annotations

import os
import sys
from argparse import Namespace
from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from wordvec.base.errors import OptionError
from wordvec.cli.flags import add_force, add_json, add_quiet, count
from wordvec.cli.output import check_output, print_json, print_rows
from wordvec.cli.parsing import Parser
from wordvec.cli.train import default_output

if TYPE_CHECKING:
    from wordvec.align import Slices


def add_arguments(parser: Parser) -> None:
    from wordvec.align import Compass
    from wordvec.trainers import TRAINERS
    from wordvec.trainers.word2vec import Word2Vec

    models = [name for name, kind in TRAINERS.items() if issubclass(kind, Word2Vec)]
    parser.add_argument(
        "slices", nargs="+", metavar="NAME=CORPUS", help="a slice, in order; without NAME it is named after its corpus"
    )
    parser.add_argument(
        "-o", "--output", required=True, metavar="FOLDER", help="the folder of slices, for `wordvec drift` and `serve`"
    )
    model = parser.choose("--model", models, "skipgram", "what to train")
    Compass.add_arguments(parser)
    parser.add_argument("--compatible-with", metavar="FILE", help="older vectors with context, in place of the compass")
    parser.add_argument("--drift", type=count, default=20, metavar="N", help="how many words of most drift are printed")
    parser.add_argument(
        "--drift-min-count", type=count, default=50, metavar="N", help="least count, in both slices, of a printed word"
    )
    add_force(parser)
    add_json(parser)
    add_quiet(parser)
    TRAINERS[model].add_arguments(parser.add_argument_group(f"options of {model}"))


def run(arguments: Namespace) -> None:
    """Train, write a folder of the slices and the compass, and print the words that drift most."""
    from wordvec.align import Compass, train_compass
    from wordvec.formats import load
    from wordvec.trainers import TRAINERS

    corpora = _corpora(arguments.slices)
    trainer: Any = TRAINERS[arguments.model].from_arguments(arguments)
    is_empty = os.path.isdir(arguments.output) and not os.listdir(arguments.output)  # an empty folder may be filled
    inputs = [*corpora.values(), arguments.compatible_with]
    output = check_output(arguments.output, arguments.force or is_empty, True, inputs)
    older = load(arguments.compatible_with) if arguments.compatible_with else None
    options = Compass.from_arguments(arguments)
    slices = train_compass(corpora, trainer, options, compatible_with=older, progress=not arguments.quiet)
    slices.save(output, force=arguments.force)
    _print_slices(arguments, slices)


def _print_slices(arguments: Namespace, slices: Slices) -> None:
    from wordvec.align.temporal.folder import COMPASS, listing

    found = listing(arguments.output)
    paths = {**found.slices, COMPASS: str(found.compass)}
    drift = {
        pair: slices.drift(*pair, topn=arguments.drift, min_count=arguments.drift_min_count)
        for pair in pairwise(slices.slices)
    }
    if arguments.json:
        print_json(
            {
                "output": paths,
                "slices": {
                    name: {"words": len(vectors), **vectors.metadata["compass"]}
                    for name, vectors in slices.slices.items()
                },
                "overlaps": [vars(overlap) for overlap in slices.overlaps],
                "drift": [
                    {"first": a, "second": b, "words": [vars(word) for word in words]}
                    for (a, b), words in drift.items()
                ],
            }
        )
        return
    for name, path in paths.items():
        sys.stderr.write(f"{name}: {path}\n")
    print_rows([("first", "second", "word", "drift", "count in first", "count in second")])
    print_rows(
        (a, b, word.word, word.drift, *(word.counts or ("-", "-"))) for (a, b), words in drift.items() for word in words
    )
    if not arguments.quiet:
        for overlap in slices.overlaps:
            sys.stderr.write(
                f"{overlap.first} and {overlap.second} share {overlap.shared:,} words, {overlap.share:.0%}\n"
            )


def _corpora(slices: Sequence[str]) -> dict[str, str]:
    """The corpora by name; a path that exists is a corpus without NAME, even if it has an equals sign."""
    corpora: dict[str, str] = {}
    for item in slices:
        name, equals, corpus = item.partition("=")
        if not equals or os.path.exists(item):
            name, corpus = default_output([item]).removesuffix(".safetensors"), item
        if not name or name in corpora or name == "compass":
            raise OptionError(f"slices must have names of their own, and not compass; got {name!r}")
        corpora[name] = corpus
    return corpora
