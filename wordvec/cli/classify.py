"""`wordvec classify`: a classifier of texts trained on lines with labels, tested, compressed, and used."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from wordvec.base.errors import CorpusError, OptionError
from wordvec.cli.output import add_force, add_json, check_output, count, file_bytes, print_json, print_rows, tell_output
from wordvec.cli.parsing import SubVerb

if TYPE_CHECKING:
    from wordvec.classify import Result, TextClassifier

def _add_arguments(parser: ArgumentParser, action: str) -> None:
    """The arguments of an action."""
    {"train": _train_arguments, "predict": _use_arguments, "test": _use_arguments, "compress": _compress_arguments}[
        action
    ](parser)
    if action == "predict":
        parser.add_argument("--probability", action="store_true", help="print the probability after each label")
        add_json(parser)
    if action != "predict":
        add_json(parser)
        parser.add_argument("--quiet", action="store_true", help="no progress and no summary on stderr")


def _train_arguments(parser: ArgumentParser) -> None:
    from wordvec.classify import ClassifierOptions

    parser.add_argument("files", nargs="+", metavar="FILE", help="lines of labels and words, as fastText has them")
    _output_arguments(parser)
    parser.add_argument(
        "--init", metavar="VECTORS", help="let words start at their vectors in this file, of any format that is read"
    )
    parser.add_argument(
        "--class-weight", action="append", metavar="LABEL=W",
        help="how much the texts of a label count, may be given again; or balanced: labels that are rare count more",
    )  # fmt: skip
    ClassifierOptions.add_arguments(parser.add_argument_group("options"))  # type: ignore[arg-type]


def _use_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("model", metavar="MODEL", help="a classifier, or a supervised .bin or .ftz of fastText")
    parser.add_argument("files", nargs="*", default=["-"], metavar="FILE", help="lines of text (default: stdin)")
    parser.add_argument("-k", type=count, default=1, metavar="N", help="labels for each line (default: %(default)s)")
    parser.add_argument(
        "--threshold", type=float, default=0.0, metavar="P", help="least probability of a label (default: %(default)s)"
    )


def _compress_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("model", metavar="MODEL", help="a classifier, or a dense supervised .bin of fastText")
    _output_arguments(parser)
    parser.add_argument("--cutoff", type=count, metavar="N", help="keep this many rows, the longest (default: all)")
    parser.add_argument(
        "--dsub", type=count, default=2, metavar="N", help="numbers that share a byte (default: %(default)s)"
    )
    parser.add_argument("--retrain", nargs="+", metavar="FILE", help="train what is left once more on these lines")
    parser.add_argument("--epochs", type=count, metavar="N", help="of --retrain (default: as the model was trained)")
    parser.add_argument("--alpha", type=float, metavar="RATE", help="of --retrain (default: as the model was trained)")


def _output_arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "-o", "--output", required=True, metavar="OUT",
        help="the file to write: name.bin is fastText's format, name.ftz that of compressed ones; any other is native",
    )
    add_force(parser)


def _train(arguments: Namespace) -> None:
    from wordvec import formats
    from wordvec.classify import ClassifierOptions, TextClassifier
    from wordvec.classify.fasttext_writer import check_suffix
    from wordvec.corpus.sources import without

    read = [*arguments.files, arguments.init]
    arguments.output = check_output(arguments.output, arguments.force, inputs=read, json=arguments.json)
    check_suffix(arguments.output)
    if arguments.output.endswith(".ftz"):
        raise OptionError("OUT must not be .ftz, which is of compressed classifiers; name it .bin, then `compress` it")
    classifier = TextClassifier(**ClassifierOptions.from_arguments(arguments).to_dict())
    if classifier.options.byte_ngrams and arguments.output.endswith(".bin"):
        raise OptionError("OUT must not be .bin with --byte-ngrams, which fastText does not have; name it .safetensors")
    classifier.fit(
        _corpus(without(arguments.files, [arguments.output])),
        init=None if arguments.init is None else formats.load(arguments.init),
        class_weight=_weights(arguments.class_weight),
        progress=not arguments.quiet,
    )
    _written(arguments, classifier)


def _weights(given: list[str] | None) -> str | dict[str, float] | None:
    """Weights of labels, as the flags have them."""
    if given is None or given == ["balanced"]:
        return None if given is None else "balanced"
    found: dict[str, float] = {}
    for text in given:
        label, _, weight = text.rpartition("=")
        try:
            found[label] = float(weight)
        except ValueError:
            label = ""
        if not label:
            raise OptionError(f"--class-weight must be balanced or LABEL=W with a number W; got {text!r}")
    return found


def _compress(arguments: Namespace) -> None:
    from wordvec.classify import TextClassifier
    from wordvec.classify.fasttext_writer import check_suffix

    read = [arguments.model, *(arguments.retrain or ())]
    arguments.output = check_output(arguments.output, arguments.force, inputs=read, json=arguments.json)
    check_suffix(arguments.output)
    if arguments.output.endswith(".bin"):
        raise OptionError("OUT must not be .bin: a compressed classifier has no place there; name it .ftz, fastText's")
    classifier = TextClassifier.load(arguments.model)
    if classifier.options.byte_ngrams and arguments.output.endswith(".ftz"):
        raise OptionError("OUT must not be .ftz for n-grams of bytes, which fastText has not; name it .safetensors")
    made = classifier.compress(
        _corpus(arguments.retrain) if arguments.retrain else None,
        cutoff=arguments.cutoff,
        dsub=arguments.dsub,
        epochs=arguments.epochs,
        alpha=arguments.alpha,
        progress=not arguments.quiet,
    )
    _written(arguments, made)


def _written(arguments: Namespace, classifier: TextClassifier) -> None:
    """Save, and say what was saved."""
    classifier.save(arguments.output)
    rows, dim = classifier.input.shape
    facts: dict[str, Any] = {"output": arguments.output, "labels": len(classifier.labels), "rows": rows}
    facts |= {"vector_size": dim, "file_bytes": file_bytes(arguments.output)}
    kept = ("options", "corpus", "loss", "compression")
    facts |= {key: classifier.metadata[key] for key in kept if key in classifier.metadata}
    if arguments.json:
        print_json(facts)
        return
    tell_output(arguments.output)
    if not arguments.quiet:
        said = f"{facts['labels']} labels, {rows:,} rows of {dim}"
        if facts["file_bytes"] is not None:
            said += f", {facts['file_bytes'] / 1e6:.3g} MB"
        if unlabelled := facts.get("corpus", {}).get("unlabelled"):
            said += f"; {unlabelled:,} lines without a label were passed"
        sys.stderr.write(said + "\n")


def _predict(arguments: Namespace) -> None:
    """A line of labels for each line of text."""
    from wordvec.classify import TextClassifier
    from wordvec.classify.documents import texts_of

    classifier = TextClassifier.load(arguments.model)
    prefix = classifier.options.label_prefix
    texts = texts_of(_corpus(arguments.files), prefix)
    for prediction in classifier.stream(texts, arguments.k, arguments.threshold):
        if arguments.json:
            print_json([{"label": label, "probability": value} for label, value in prediction], lines=True)
            continue
        parts = (
            f"{prefix}{label} {value:.6g}" if arguments.probability else f"{prefix}{label}"
            for label, value in prediction
        )
        sys.stdout.write(" ".join(parts) + "\n")


def _test(arguments: Namespace) -> None:
    from wordvec.classify import TextClassifier

    classifier = TextClassifier.load(arguments.model)
    result = classifier.test(_corpus(arguments.files), k=arguments.k, threshold=arguments.threshold)
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


def _corpus(files: list[str]) -> str | list[str]:
    return files[0] if len(files) == 1 else files


def _takes(action: str) -> Callable[[ArgumentParser, Sequence[str]], None]:
    return lambda parser, words: _add_arguments(parser, action)


ACTIONS = {
    "train": SubVerb("learn from lines with labels", _takes("train"), _train),
    "predict": SubVerb("the labels of lines of text", _takes("predict"), _predict),
    "test": SubVerb("how often the labels are right", _takes("test"), _test),
    "compress": SubVerb("a classifier that takes less room", _takes("compress"), _compress),
}
