"""`wordvec eval` with a suite or several models: a table of scores, differences, the check against old vectors."""

from __future__ import annotations

import os
import sys
from argparse import Namespace
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from wordvec.base.errors import FormatError, WordvecError
from wordvec.cli.flags import count
from wordvec.cli.output import print_json, print_rows
from wordvec.cli.parsing import Parser

if TYPE_CHECKING:
    from wordvec.evaluate.policy import Policy
    from wordvec.evaluate.suite import Found, Report

_FORMATS = ("table", "csv", "markdown", "latex", "html")
_SUITES = ("core", "relations", "senses", "languages", "texts", "probes", "bias", "fewshot", "all")
_SUITE_FLAGS = (
    "suite",
    "data",
    "policy",
    "encoder",
    "regimes",
    "against",
    "to",
    "jsonl",
    "cache",
    "by_words",
    "corpus",
    "seed",
)
_FLAG_OF = {"similarity": "pairs", "analogies": "analogies"}
_OLD = "against"  # the name of the old vectors in the table


def add_sets(parser: Parser) -> None:
    """The test sets, and whose rules are followed."""
    parser.add_argument("--suite", metavar="NAME", help=f"{', '.join(_SUITES)}, or a TOML file")
    parser.add_argument(
        "--data", nargs="+", default=[], metavar="FOLDER", help="files and folders in which test sets are recognised"
    )
    parser.add_argument("--pairs", nargs="+", default=[], metavar="FILE", help="word pairs: word word score")
    parser.add_argument("--analogies", nargs="+", default=[], metavar="FILE", help="questions: a b c d, in : sections")
    parser.add_argument(
        "--policy", choices=("default", "gensim", "c-tool", "web", "muse", "evalrank"), help="whose rules are followed"
    )
    parser.add_argument(
        "--encoder",
        choices=("auto", "mean", "max", "sum", "tfidf", "sif", "usif", "product", "fasttext"),
        help="how vectors of words become those of texts (auto: what they were made for, else the mean)",
    )
    parser.add_argument(
        "--regimes", action="store_true", help="classifiers also learn from few examples, and with the vectors (FEET)"
    )
    parser.add_argument(
        "--restrict-vocab", type=count, metavar="N", help="the first N rows only (default: all; analogies 300000)"
    )
    parser.add_argument("--case-sensitive", action="store_true", help="look words up as written only")
    parser.add_argument(
        "--oov",
        nargs="?",
        const="subword",
        choices=("skip", "zero", "mean", "subword"),
        help="unknown words: skip their items, or give them zeros, the mean, or what the vectors compose (subword)",
    )


def add_form(parser: Parser) -> None:
    """How scores are printed."""
    parser.add_argument("--to", choices=_FORMATS, metavar="FORM", help="how the scores are printed (default: table)")


def add_suite_arguments(parser: Parser) -> None:
    add_sets(parser)
    parser.add_argument(
        "--dummy4unknown", action="store_true", help="pairs of unknown words count as cosine 0, questions as wrong"
    )
    parser.add_argument(
        "--against", metavar="OLD", help="exit with 1 where scores fall below those of OLD by more than chance"
    )
    add_form(parser)
    parser.add_argument("--jsonl", action="store_true", help="print a record for each item of each set")
    parser.add_argument("--cache", metavar="FOLDER", help="remember results there, for the next model")
    parser.add_argument("--corpus", metavar="FILE", help="text on which A La Carte is fitted, for few-shot tasks")
    parser.add_argument("--by-words", action="store_true", help="intervals by drawing words, not items")
    parser.add_argument("--seed", type=count, metavar="N", help="of intervals and of methods that draw (default: 1)")


def names_model(text: str) -> bool:
    """Whether a text is `name=path`, or several paths `path,path`, rather than one path."""
    return ("=" in text or "," in text) and not os.path.exists(text)


def is_suite(arguments: Namespace, models: int) -> bool:
    """Whether the scores of a suite are asked for: by a flag of it, or by several models."""
    named = names_model(arguments.vectors)
    other = arguments.oov not in (None, "subword")
    return models > 1 or named or other or any(getattr(arguments, name) for name in _SUITE_FLAGS)


def run_suite(arguments: Namespace, models: Sequence[str], sets: Sequence[str], stack: ExitStack) -> None:
    """Print the scores of models; WordvecError where one falls below `--against`."""
    from wordvec.evaluate.suite import Model, differences, evaluate, fallen

    found, options, corpus = sets_of(arguments, sets, stack)
    say_missing(found)
    named = [Model.of(text) for text in models]
    if arguments.against:
        named.append(replace(Model.of(arguments.against), name=_OLD))
    report = evaluate(
        named,
        found,
        options,
        seed=arguments.seed or 1,
        by_words=arguments.by_words,
        corpus=arguments.corpus or corpus,
        cache=arguments.cache,
        workers=arguments.workers,
        progress=True,
    )
    pairs = [(run.name, _OLD) for run in report.runs if run.name != _OLD] if arguments.against else None
    report = replace(report, differences=tuple(differences(report, pairs)))
    _print(report, arguments)
    _say_unread(report)
    if arguments.against and (worse := fallen(report.differences, _OLD)):
        shown = "; ".join(f"{one.first} on {one.name}: {one.difference:+.4f}" for one in worse)
        raise WordvecError(f"scores must not fall below those of {arguments.against} by more than chance; got {shown}")


def sets_of(arguments: Namespace, sets: Sequence[str], stack: ExitStack) -> tuple[Found, Policy, list[str] | None]:
    """The sets that are named or found, the policy, and the text that a suite of one's own names.

    The end of the command where there is no set.
    """
    from wordvec.evaluate.suite import find, suite_of
    from wordvec.evaluate.tasks import TASKS
    from wordvec.evaluate.tasks.base import name_of
    from wordvec.inputs import local_input

    suite = suite_of(arguments.suite or "all")
    found = find(suite.tasks, [*suite.data, *arguments.data])
    flagged = [(task, file) for task in ("similarity", "analogies") for file in getattr(arguments, _FLAG_OF[task])]
    given = []
    for task, file in [*((_task_of(file), file) for file in sets), *flagged]:
        dataset = TASKS[task].read(stack.enter_context(local_input(file)).path or file)
        given.append((TASKS[task], replace(dataset, name=name_of(file))))
    is_asked = arguments.suite is not None
    missing = tuple(name for name in found.missing if is_asked and name not in {task.name for task, _ in given})
    changes: dict[str, Any] = {
        "oov": arguments.oov,
        "encoder": arguments.encoder,
        "restrict": arguments.restrict_vocab,
        "regimes": arguments.regimes or None,
        "case": "as-is" if arguments.case_sensitive else None,
    }
    if getattr(arguments, "dummy4unknown", False):
        changes["oov"] = "zero"
    kept = {name: value for name, value in changes.items() if value is not None}
    if not given and not found.sets:
        where = ", ".join([*arguments.data, *sets]) or "--data FOLDER"
        arguments.parser.error(f"no test set was found in {where}: give --data, --pairs or --analogies")
    policy = suite.policy(arguments.policy).with_options(**kept)
    return replace(found, sets=(*given, *found.sets), missing=missing), policy, suite.text


def _task_of(file: str) -> str:
    """The name of the task that recognises a file; FormatError where none does."""
    from wordvec.evaluate.tasks import TASKS, Place

    place = Place.at(file)
    found = next((name for name, task in TASKS.items() if task.recognise(place)), None)
    if found is None:
        kinds = "; ".join(f"{name}: {task.does}" for name, task in TASKS.items())
        raise FormatError(f"{file}: a test set must be of a known kind ({kinds})")
    return found


def _print(report: Report, arguments: Namespace) -> None:
    from wordvec.evaluate import report as reports

    if arguments.jsonl:
        for record in report.records():
            print_json(record, lines=True)
    elif arguments.json:
        print_json(report.to_dict())
    elif arguments.to in (None, "table"):
        if sys.stdout.isatty():
            sys.stdout.write(reports.aligned(report))
        else:
            print_rows([reports.HEADER, *reports.rows(report.scores)])
        sys.stderr.write(f"policy: {report.policy.describe()}; seed {report.seed}\n")
    else:
        written = {
            "csv": reports.csv_text,
            "markdown": reports.markdown,
            "latex": reports.latex,
            "html": reports.page,
        }[arguments.to]
        sys.stdout.write(written(report))


def say_missing(found: Found) -> None:
    if found.missing:
        sys.stderr.write(f"no test set found for: {', '.join(found.missing)}\n")
    for message in found.refused:
        sys.stderr.write(f"not read: {message}\n")


def _say_unread(report: Report) -> None:
    for dataset in report.sets:
        if dataset.unreadable:
            first = "; ".join(repr(line[:60]) for line in dataset.unreadable[:3])
            sys.stderr.write(f"{dataset.name}: {len(dataset.unreadable)} lines could not be read, such as {first}\n")
    for score in report.scores:
        if score.reason and score.headline:
            sys.stderr.write(f"{score.model} on {score.name}: no score: {score.reason}\n")
