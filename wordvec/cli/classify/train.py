"""`wordvec classify train`: a classifier of texts, learned from lines with labels."""

from __future__ import annotations

import sys
from argparse import Namespace
from typing import TYPE_CHECKING, Any

from wordvec.base.errors import OptionError
from wordvec.cli import signals
from wordvec.cli.checkpoints import add_checkpoint, checkpointed
from wordvec.cli.classify.model import add_output, as_corpus, check_classifier_output, save_classifier
from wordvec.cli.flags import add_json, add_quiet, count, minutes
from wordvec.cli.logs import without_epochs
from wordvec.cli.option_flags import add_flags, given_options
from wordvec.cli.parsing import Parser

if TYPE_CHECKING:
    from wordvec.base.options import Options
    from wordvec.classify import TuningTrial


def add_arguments(parser: Parser) -> None:
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
    tuning = parser.add_argument_group(
        "autotuning", "Find the options that are not given by trials, and train with them."
    )
    tuning.add_argument("--autotune", nargs="+", metavar="VALID", help="lines with labels, on which trials are scored")
    tuning.add_argument("--minutes", type=minutes, metavar="M", help="how long (default: 5, if --trials is not given)")
    tuning.add_argument("--trials", type=count, metavar="N", help="how many classifiers are tried")
    tuning.add_argument(
        "--metric",
        metavar="NAME",
        help="f1, macro-f1, accuracy, f1:LABEL; at 30 %% or more precisionAtRecall:30, recallAtPrecision:30, also with "
        ":LABEL (default: f1)",
    )
    tuning.add_argument(
        "--max-size", metavar="SIZE", help="the file has at most these bytes, such as 2MB: pruned and quantised to fit"
    )
    add_flags(parser.add_argument_group("options"), _table())


def _table() -> dict[str, type[Options]]:
    from wordvec.classify import ClassifierOptions

    return {"classifier": ClassifierOptions}


def run(arguments: Namespace) -> None:
    """Train and save a classifier."""
    from wordvec import formats
    from wordvec.classify import TextClassifier
    from wordvec.corpus.sources import without

    valid = arguments.autotune or []
    check_classifier_output(arguments, [*arguments.files, *valid, arguments.init])
    suffix = _suffix(arguments)
    corpus = as_corpus(without(arguments.files, [arguments.output]))
    options = given_options(arguments, _table(), "classifier")
    if options.get("byte_ngrams") and suffix != ".safetensors":
        raise OptionError(f"OUT must not be {suffix} with --byte-ngrams, which fastText lacks; name it .safetensors")
    how: dict[str, Any] = {
        "init": None if arguments.init is None else formats.load(arguments.init),
        "class_weight": _weights(arguments.class_weight),
    }
    if valid:
        _autotune(arguments, corpus, suffix, {**how, **options})
        return
    classifier = TextClassifier(**options)
    with checkpointed(arguments) as checkpoint:
        classifier.fit(corpus, progress=not arguments.quiet, checkpoint=checkpoint, **how)
    save_classifier(arguments, classifier)


def _suffix(arguments: Namespace) -> str:
    """The suffix that says the format of the output; OptionError for one that cannot hold the classifier."""
    suffix = next((one for one in (".bin", ".ftz") if arguments.output.endswith(one)), ".safetensors")
    if not arguments.autotune:
        flags = [f"--{name}" for name in ("minutes", "trials", "metric", "max_size") if getattr(arguments, name)]
        if flags:
            raise OptionError(
                f"{flags[0].replace('_', '-')} needs --autotune VALID, the lines on which trials are scored"
            )
        if suffix == ".ftz":
            raise OptionError("OUT must not be .ftz, of compressed classifiers; name it .bin, then `compress` it")
    elif arguments.checkpoint or arguments.resume or arguments.every:
        raise OptionError("--checkpoint must be left out with --autotune, which trains many classifiers")
    elif suffix == ".ftz" and arguments.max_size is None:
        raise OptionError("OUT must not be .ftz without --max-size, as only compressed classifiers have a place there")
    elif suffix == ".bin" and arguments.max_size is not None:
        raise OptionError("OUT must not be .bin with --max-size, as compressed classifiers have no place there")
    return suffix


def _autotune(arguments: Namespace, corpus: Any, suffix: str, how: dict[str, Any]) -> None:
    """Try, and save the best; after Ctrl-C as well."""
    from wordvec.classify import autotune

    with signals.extended(lambda: True), without_epochs():  # a second signal ends the command at once
        tuned = autotune(
            corpus,
            valid=as_corpus(arguments.autotune),
            minutes=arguments.minutes,
            trials=arguments.trials,
            metric=arguments.metric or "f1",
            max_size=arguments.max_size,
            suffix=suffix,
            callback=None if arguments.quiet else _tell,
            **how,
        )
        if not arguments.quiet:
            sys.stderr.write(f"best of {len(tuned.trials)}: {_in_words(tuned.best)}\n")
        save_classifier(arguments, tuned.classifier)
        if tuned.interrupted:
            raise KeyboardInterrupt


def _tell(trial: TuningTrial) -> None:
    sys.stderr.write(f"{_in_words(trial)}\n")


def _in_words(trial: TuningTrial) -> str:
    options = " ".join(f"{name}={value}" for name, value in trial.options.items() if value is not None)
    value = f"no score: {trial.reason}" if trial.value is None else f"{trial.value:.4f}"
    size = "" if trial.file_bytes is None else f", {trial.file_bytes:,} bytes"
    cut = ", ended early" if trial.is_cut else ""
    return f"trial {trial.number + 1}: {options}: {value}, {trial.seconds:.1f} s{size}{cut}"


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
