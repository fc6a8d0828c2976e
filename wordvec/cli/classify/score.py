"""`wordvec classify test`: how often the labels of a classifier are right."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Iterator
from typing import TYPE_CHECKING

from wordvec.base.errors import CorpusError
from wordvec.cli.classify.model import add_model_and_texts, as_corpus
from wordvec.cli.flags import add_json, add_quiet
from wordvec.cli.output import print_json, print_rows
from wordvec.cli.parsing import Parser

if TYPE_CHECKING:
    from wordvec.classify import Result


def add_arguments(parser: Parser) -> None:
    add_model_and_texts(parser)
    add_json(parser)
    add_quiet(parser)


def run(arguments: Namespace) -> None:
    """Print precision, recall and F1 of each label, then of all."""
    from wordvec.classify import TextClassifier

    classifier = TextClassifier.load(arguments.model)
    result = classifier.test(as_corpus(arguments.files), k=arguments.k, threshold=arguments.threshold)
    if not result.texts:
        raise CorpusError(f"lines must have labels to test with; of {result.unlabelled} none has one")
    if arguments.json:
        print_json(result.to_dict())
        return
    print_rows(_score_rows(result))
    if not arguments.quiet:
        if result.unlabelled:
            sys.stderr.write(f"{result.unlabelled:,} lines without a label were passed\n")
        if result.unknown:
            names = ", ".join(map(repr, result.unknown[:5]))
            sys.stderr.write(f"labels that the classifier does not know count as not found: {names}\n")


def _score_rows(result: Result) -> Iterator[tuple[object, ...]]:
    """Rows of: label or measure, precision, recall, F1, texts."""

    def shown(value: float | None) -> object:
        return "-" if value is None else value

    yield ("label", "precision", "recall", "f1", "texts")
    for name, score in result.labels.items():
        yield (name, shown(score.precision), shown(score.recall), shown(score.f1), score.texts)
    yield (f"all, k {result.k}", shown(result.precision), shown(result.recall), "-", result.texts)
    yield ("accuracy", shown(result.accuracy), "-", "-", result.texts)
