"""What the sub-verbs of `wordvec classify` share: inputs, outputs, and the summary of a classifier that was saved."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from wordvec.cli.flags import add_force, count
from wordvec.cli.output import check_output, file_bytes, print_json, print_output

if TYPE_CHECKING:
    from wordvec.classify import TextClassifier


def add_output(parser: ArgumentParser) -> None:
    """The file to write."""
    parser.add_argument(
        "-o",
        "--output",
        required=True,
        metavar="OUT",
        help="the file to write: name.bin in fastText's format, name.ftz compressed in it; any other is native",
    )
    add_force(parser)


def add_model_and_texts(parser: ArgumentParser) -> None:
    """A classifier, the texts that it is used on, and how many labels a text gets."""
    parser.add_argument("model", metavar="MODEL", help="a classifier, or a supervised .bin or .ftz of fastText")
    parser.add_argument("files", nargs="*", default=["-"], metavar="FILE", help="lines of text (default: stdin)")
    parser.add_argument("-k", type=count, default=1, metavar="N", help="labels for each line")
    parser.add_argument("--threshold", type=float, default=0.0, metavar="P", help="least probability of a label")


def check_classifier_output(arguments: Namespace, inputs: Sequence[str | None]) -> None:
    """Errors about the output, before the work; `arguments.output` becomes the path for the writer."""
    from wordvec.classify.fasttext_writer import check_suffix

    arguments.output = check_output(arguments.output, arguments.force, inputs=inputs, json=arguments.json)
    check_suffix(arguments.output)


def save_classifier(arguments: Namespace, classifier: TextClassifier) -> None:
    """Save, and print the output and a summary."""
    classifier.save(arguments.output)
    rows, dim = classifier.input.shape
    facts: dict[str, Any] = {"output": arguments.output, "labels": len(classifier.labels), "rows": rows}
    facts |= {"vector_size": dim, "file_bytes": file_bytes(arguments.output)}
    keys = ("options", "corpus", "loss", "compression")
    facts |= {key: classifier.metadata[key] for key in keys if key in classifier.metadata}
    if arguments.json:
        print_json(facts)
        return
    print_output(arguments.output)
    if not arguments.quiet:
        summary = f"{facts['labels']} labels, {rows:,} rows of {dim}"
        if facts["file_bytes"] is not None:
            summary += f", {facts['file_bytes'] / 1e6:.3g} MB"
        if unlabelled := facts.get("corpus", {}).get("unlabelled"):
            summary += f"; {unlabelled:,} lines without a label were passed"
        sys.stderr.write(summary + "\n")


def as_corpus(files: list[str]) -> str | list[str]:
    """The files as a corpus: one path, or a list of several."""
    return files[0] if len(files) == 1 else files
