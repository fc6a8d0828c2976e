"""`wordvec classify compress`: a smaller classifier, with fewer rows and quantised ones."""

from __future__ import annotations

from argparse import Namespace

from wordvec.base.errors import OptionError
from wordvec.cli.classify.model import add_output, as_corpus, check_classifier_output, save_classifier
from wordvec.cli.flags import add_json, add_quiet, count
from wordvec.cli.parsing import Parser


def add_arguments(parser: Parser) -> None:
    parser.add_argument("model", metavar="MODEL", help="a classifier, or a dense supervised .bin of fastText")
    add_output(parser)
    parser.add_argument("--cutoff", type=count, metavar="N", help="keep the N rows of greatest norm (default: all)")
    parser.add_argument("--dsub", type=count, default=2, metavar="N", help="dimensions that share a byte")
    parser.add_argument("--retrain", nargs="+", metavar="FILE", help="train the kept rows again on these lines")
    parser.add_argument("--epochs", type=count, metavar="N", help="of --retrain (default: as the model was trained)")
    parser.add_argument("--alpha", type=float, metavar="X", help="of --retrain (default: as the model was trained)")
    add_json(parser)
    add_quiet(parser)


def run(arguments: Namespace) -> None:
    """Compress and save a classifier."""
    from wordvec.classify import TextClassifier

    check_classifier_output(arguments, [arguments.model, *(arguments.retrain or ())])
    if arguments.output.endswith(".bin"):
        raise OptionError("OUT must not be .bin: a compressed classifier has no place there; name it .ftz, fastText's")
    classifier = TextClassifier.load(arguments.model)
    if classifier.options.byte_ngrams and arguments.output.endswith(".ftz"):
        raise OptionError("OUT must not be .ftz for n-grams of bytes, which fastText has not; name it .safetensors")
    compressed = classifier.compress(
        as_corpus(arguments.retrain) if arguments.retrain else None,
        cutoff=arguments.cutoff,
        dsub=arguments.dsub,
        epochs=arguments.epochs,
        alpha=arguments.alpha,
        progress=not arguments.quiet,
    )
    save_classifier(arguments, compressed)
