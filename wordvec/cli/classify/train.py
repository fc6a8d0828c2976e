"""`wordvec classify train`: a classifier of texts, learned from lines with labels."""

from __future__ import annotations

from argparse import Namespace

from wordvec.base.errors import OptionError
from wordvec.cli.checkpoints import add_checkpoint, checkpointed, may_replace
from wordvec.cli.classify.model import add_output, as_corpus, check_classifier_output, save_classifier
from wordvec.cli.flags import add_json, add_quiet
from wordvec.cli.parsing import Parser


def add_arguments(parser: Parser) -> None:
    from wordvec.classify import ClassifierOptions

    parser.add_argument("files", nargs="+", metavar="FILE", help="lines of labels and words, as fastText has them")
    add_output(parser)
    parser.add_argument(
        "--init", metavar="VECTORS", help="start from the vectors of this file, of any format that wordvec reads"
    )
    parser.add_argument(
        "--class-weight",
        action="append",
        metavar="LABEL=W",
        help="the weight of the texts of a label, may be repeated; or balanced: rare labels have greater weights",
    )
    add_json(parser)
    add_quiet(parser)
    add_checkpoint(parser)
    ClassifierOptions.add_arguments(parser.add_argument_group("options"))


def run(arguments: Namespace) -> None:
    """Train and save a classifier."""
    from wordvec import formats
    from wordvec.classify import ClassifierOptions, TextClassifier
    from wordvec.corpus.sources import without

    arguments.force = may_replace(arguments, arguments.output)
    check_classifier_output(arguments, [*arguments.files, arguments.init])
    if arguments.output.endswith(".ftz"):
        raise OptionError("OUT must not be .ftz, which is of compressed classifiers; name it .bin, then `compress` it")
    classifier = TextClassifier(**ClassifierOptions.from_arguments(arguments).to_dict())
    if classifier.options.byte_ngrams and arguments.output.endswith(".bin"):
        raise OptionError("OUT must not be .bin with --byte-ngrams, which fastText does not have; name it .safetensors")
    with checkpointed(arguments, arguments.output) as checkpoint:
        classifier.fit(
            as_corpus(without(arguments.files, [arguments.output])),
            init=None if arguments.init is None else formats.load(arguments.init),
            class_weight=_weights(arguments.class_weight),
            progress=not arguments.quiet,
            checkpoint=checkpoint,
        )
    save_classifier(arguments, classifier)


def _weights(texts: list[str] | None) -> str | dict[str, float] | None:
    """The weights of --class-weight by label, "balanced", or None."""
    if texts is None or texts == ["balanced"]:
        return None if texts is None else "balanced"
    weights: dict[str, float] = {}
    for text in texts:
        label, _, weight = text.rpartition("=")
        try:
            weights[label] = float(weight)
        except ValueError:
            label = ""
        if not label:
            raise OptionError(f"--class-weight must be balanced or LABEL=W with a number W; got {text!r}")
    return weights
