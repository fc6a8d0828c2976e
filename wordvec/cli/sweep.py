"""`wordvec sweep`: train a model with many settings, score the vectors of each, and print a table, the best first."""

from __future__ import annotations

import sys
from argparse import SUPPRESS, Namespace
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from typing import TYPE_CHECKING

from wordvec.base.errors import OptionError
from wordvec.cli.corpora import add_corpus
from wordvec.cli.flags import add_json, count, minutes
from wordvec.cli.option_flags import add_flags, given_options
from wordvec.cli.output import check_output, print_json, print_rows
from wordvec.cli.parsing import Parser
from wordvec.cli.suite import add_form, add_sets, say_missing, sets_of

if TYPE_CHECKING:
    from wordvec.evaluate.sweeps import Judge, Sweep, Trial
    from wordvec.trainers import WordTrainer


def add_arguments(parser: Parser) -> None:
    """The arguments of a sweep, then the options of the model that are the same in all settings."""
    from wordvec.evaluate.sweeps.running import KEEP

    models = _models()
    name = parser.choose("--model", models, "skipgram", "what to train")
    add_corpus(parser, words=False, phrases=False)
    parser.add_argument("--phrases", help=SUPPRESS)
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        dest="choices",
        metavar="OPTION=VALUES",
        help="an option and its values, window=2,5,10, may be repeated; for a search a range as well: window=2:15, "
        "alpha=0.01:0.1:log",
    )
    parser.add_argument("--seeds", type=count, default=1, metavar="N", help="trainings of each setting (default: 1)")
    add_sets(parser)
    parser.add_argument(
        "--metric", metavar="NAME", help="sort by the mean of this suite, task or test set (default: all that is found)"
    )
    parser.add_argument("--trials", type=count, metavar="N", help="search N settings by means of Optuna")
    parser.add_argument("--minutes", type=minutes, metavar="M", help="search for so long by means of Optuna")
    parser.add_argument(
        "-o", "--output", required=True, metavar="FOLDER", help="results and vectors; the same command goes on there"
    )
    parser.add_argument(
        "--keep",
        choices=KEEP,
        default="best",
        help="vectors that stay in FOLDER, of the best setting, of all or of none (default: best)",
    )
    add_form(parser)
    add_json(parser)
    parser.add_argument("--quiet", dest="silent", action="store_true", help="no line for each trial on stderr")
    group = parser.add_argument_group(f"options of {name}, the same in all settings")
    add_flags(group, {name: models[name]})


def _models() -> Mapping[str, type[WordTrainer]]:
    from wordvec.trainers import TRAINERS, WordTrainer

    return {name: one for name, one in TRAINERS.items() if issubclass(one, WordTrainer)}


def run(arguments: Namespace) -> None:
    """Train and score; what cannot be is an error before the first training."""
    from wordvec.corpus.sources import without
    from wordvec.evaluate.sweeps import Judge, sweep
    from wordvec.evaluate.sweeps.settings import parsed

    if arguments.phrases is not None:
        raise OptionError(
            "--phrases must be left out, as all trainings of a sweep share one corpus: join the phrases once, by "
            f"`wordvec phrases {arguments.corpus[0]} --encoded FOLDER`, and give FOLDER as the corpus"
        )
    trainer = _models()[arguments.model]
    choices = parsed(trainer, arguments.choices)
    fixed = given_options(arguments, {arguments.model: trainer}, arguments.model)
    folder = check_output(arguments.output, True, folder=True, inputs=arguments.corpus)
    files = without(arguments.corpus, [folder])
    with ExitStack() as stack:
        found, policy, text = sets_of(arguments, [], stack)
        judge = Judge(found, policy, arguments.metric, corpus=text)
        say_missing(found)
        result = sweep(
            files[0] if len(files) == 1 else files,
            choices,
            model=arguments.model,
            judge=judge,
            seeds=arguments.seeds,
            trials=arguments.trials,
            minutes=arguments.minutes,
            folder=folder,
            keep=arguments.keep,
            cache=arguments.cache,
            callback=None if arguments.silent else _teller(judge),
            **fixed,
        )
    _print(result, arguments)


def _teller(judge: Judge) -> Callable[[Trial, int, int | None], None]:
    """A callback that writes a line about each trial to stderr."""
    from wordvec.evaluate.sweeps.settings import shown

    def tell(trial: Trial, number: int, total: int | None) -> None:
        place = f"{number} of {total}" if total else str(number)
        value = f"no score: {trial.reason}" if trial.value is None else f"{judge.name} {trial.value:.4f}"
        sys.stderr.write(f"{place}: {shown(trial.options)} seed={trial.seed}: {value}, {trial.seconds:.1f} s\n")

    return tell


def _print(result: Sweep, arguments: Namespace) -> None:
    from wordvec.evaluate.report.forms import FORMS
    from wordvec.evaluate.sweeps.table import table_of

    table = table_of(result)
    if arguments.json:
        print_json(result.to_dict())
    elif arguments.to in (None, "table") and not sys.stdout.isatty():
        print_rows([table.header, *table.rows])
    else:
        sys.stdout.write(FORMS[arguments.to or "table"](table))
    if arguments.to in (None, "table"):
        sys.stderr.write(f"{table.note}\n")
    _say_uneven(result)


def _say_uneven(result: Sweep) -> None:
    """A line on stderr where settings were scored on different items, as with a vocabulary of another size."""
    used = {tuple(score.used for score in setting.scores) for setting in result.settings if setting.scores}
    if len(used) > 1:
        sys.stderr.write(
            "settings were scored on different numbers of items, as their vocabularies differ; --oov zero counts all\n"
        )
