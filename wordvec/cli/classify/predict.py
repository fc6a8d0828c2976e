"""`wordvec classify predict`: the labels of each line of text."""

from __future__ import annotations

import sys
from argparse import Namespace

from wordvec.cli.classify.model import add_model_and_texts, as_corpus
from wordvec.cli.flags import add_json
from wordvec.cli.output import print_json
from wordvec.cli.parsing import Parser


def add_arguments(parser: Parser) -> None:
    add_model_and_texts(parser)
    parser.add_argument("--probability", action="store_true", help="print the probability after each label")
    add_json(parser)


def run(arguments: Namespace) -> None:
    """Print a line of labels for each line of text."""
    from wordvec.classify import TextClassifier
    from wordvec.classify.documents import texts_of

    classifier = TextClassifier.load(arguments.model)
    prefix = classifier.options.label_prefix
    texts = texts_of(as_corpus(arguments.files), prefix)
    for prediction in classifier.stream(texts, arguments.k, arguments.threshold):
        if arguments.json:
            print_json([{"label": label, "probability": value} for label, value in prediction], lines=True)
            continue
        labels = (
            f"{prefix}{label} {value:.6g}" if arguments.probability else f"{prefix}{label}"
            for label, value in prediction
        )
        sys.stdout.write(" ".join(labels) + "\n")
