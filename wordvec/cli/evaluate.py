"""`wordvec eval`: the scores of vectors on test sets, with the share of each that could be used."""

from __future__ import annotations

import os
import sys
from argparse import Namespace
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, suppress
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING, Any

from wordvec.base.errors import FormatError, OptionError, WordvecError
from wordvec.cli.compare import run_compare
from wordvec.cli.flags import add_json, add_vectors, add_workers
from wordvec.cli.output import print_json, print_rows
from wordvec.cli.parsing import Parser
from wordvec.cli.suite import add_suite_arguments, is_suite, names_model, run_suite

if TYPE_CHECKING:
    from wordvec.evaluate import AnalogyResult, WordPairsResult

_LINES_SEEN = 20  # of a file, to tell vectors from pairs of words


def add_arguments(parser: Parser) -> None:
    add_vectors(parser)
    parser.add_argument("files", nargs="*", metavar="FILE", help="test sets, and more vectors, recognised by content")
    parser.add_argument(
        "--compare", action="store_true", help="no test set: how far vectors agree, and on which words least"
    )
    add_suite_arguments(parser)
    add_workers(parser)
    add_json(parser)


def run(arguments: Namespace) -> None:
    """Print the scores on test sets, with the share of each that could be used."""
    if "numpy" not in sys.modules:  # tasks run in threads of their own: those of OpenBLAS would compete with them
        os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    with ExitStack() as stack:
        _run(arguments, stack)


def _run(arguments: Namespace, stack: ExitStack) -> None:
    from wordvec.evaluate import analogies, word_pairs
    from wordvec.evaluate.files import kind
    from wordvec.formats import load
    from wordvec.inputs import local_input

    models, sets = _parted(arguments)
    if arguments.compare:
        if sets or len(models) < 2:
            given = f"{len(models)} vectors and {len(sets)} other files"
            arguments.parser.error(f"--compare takes two files of vectors or more, and nothing else; got {given}")
        run_compare(arguments, models)
        return
    if is_suite(arguments, len(models)):
        _check_sets([(file, file) for file in [*arguments.pairs, *arguments.analogies]], arguments.vectors)
        run_suite(arguments, models, sets, stack)
        return
    named = [("pairs", file) for file in arguments.pairs] + [("analogies", file) for file in arguments.analogies]
    files = []  # (kind or None, the path to read, its name); a stream is copied, as it is read twice
    for set_kind, file in [*named, *((None, file) for file in sets)]:
        place = stack.enter_context(local_input(file))
        files.append((set_kind, str(place.path) if place.is_copy else file, file))
    _check_sets([(path, file) for _, path, file in files], arguments.vectors)
    test_sets = [(path, set_kind or kind(path), file) for set_kind, path, file in files]
    if not test_sets:
        arguments.parser.error("give test sets: --pairs FILE, --analogies FILE")
    vectors = load(arguments.vectors)
    policy: dict[str, Any] = {
        "case_insensitive": not arguments.case_sensitive,
        "dummy4unknown": arguments.dummy4unknown,
    }
    if arguments.restrict_vocab:
        policy["restrict_vocab"] = arguments.restrict_vocab
    results: list[WordPairsResult | AnalogyResult] = [
        word_pairs(vectors, file, oov=arguments.oov is not None, **policy)
        if set_kind == "pairs"
        else analogies(vectors, file, workers=arguments.workers, **policy)
        for file, set_kind, _ in test_sets
    ]
    for i, (path, _, name) in enumerate(test_sets):
        if path != name:
            results[i] = replace(results[i], name=name)
    if arguments.json:
        print_json([result.to_dict() for result in results])
        return
    print_rows(row for result in results for row in _score_rows(result))
    for policy_in_words in dict.fromkeys(result.policy for result in results):
        sys.stderr.write(f"policy: {policy_in_words}\n")
    for result in results:
        _diagnose(result)


def _parted(arguments: Namespace) -> tuple[list[str], list[str]]:
    """(models, test sets) of the files that are given: with a suite all are models, else vectors are, by content."""
    models: list[str] = [arguments.vectors]
    sets: list[str] = []
    for file in arguments.files:
        is_model = arguments.suite or names_model(file) or _vectors_in(file)[0] is not None
        (models if is_model else sets).append(file)
    return models, sets


def _check_sets(files: Sequence[tuple[str, str]], vectors: str) -> None:
    """An error for vectors in the place of a test set, and for a test set in the place of the vectors."""
    for path, file in files:
        name, is_lines = _vectors_in(path)
        if name is not None and not is_lines:
            raise FormatError(f"{file}: a test set must be text; it is a file of vectors ({name})")
        if name is not None:
            raise OptionError(
                f"a test set must be pairs or questions; {file} holds vectors, as {vectors} does: give it without "
                "--pairs and --analogies"
            )
    if files and os.path.isfile(vectors) and _vectors_in(vectors)[0] is None:
        from wordvec.evaluate.files import kind

        set_kind = ""
        with suppress(WordvecError, OSError):
            set_kind = kind(vectors)
        if set_kind:
            raise OptionError(
                f"a file of vectors must come first, then test sets; {vectors} is a test set ({set_kind})"
            )


def _vectors_in(path: str) -> tuple[str | None, bool]:
    """(the format of the vectors in a file or folder, or None; whether it is text).

    Lines are vectors if all but the word are numbers.
    """
    from wordvec.evaluate.files import lines
    from wordvec.formats import recognised
    from wordvec.formats.io.source import located
    from wordvec.inputs import is_text

    if not os.path.exists(path):
        return None, False
    with located(path) as source:
        name = recognised(source)
        is_lines = source.is_folder or is_text(source.head)
    if name == "glove":
        for line in islice(lines(path), _LINES_SEEN):
            try:
                [float(part) for part in line.split()[1:]]
            except ValueError:
                return None, True
    return name or ("folder" if os.path.isdir(path) else None), is_lines


def _score_rows(result: WordPairsResult | AnalogyResult) -> Iterator[tuple[object, ...]]:
    """Rows of: test set, measure, value, how many items it rests on."""
    from wordvec.evaluate import WordPairsResult

    share = f"{result.used} of {result.total}"
    if isinstance(result, WordPairsResult):
        for measure, value in (("spearman", result.spearman), ("pearson", result.pearson)):
            yield result.name, measure, "-" if value is None else value, share
        return
    parts = [*result.sections, result.semantic, result.syntactic]
    for part in (part for part in parts if part.total and part.name):
        accuracy = "-" if part.accuracy is None else part.accuracy
        yield result.name, part.name, accuracy, f"{part.used} of {part.total}"
    yield result.name, "accuracy", "-" if result.accuracy is None else result.accuracy, share


def _diagnose(result: WordPairsResult | AnalogyResult) -> None:
    """Report unreadable lines, and why there is no score, on stderr."""
    if result.unreadable:
        first = "; ".join(repr(line[:60]) for line in result.unreadable_lines)
        sys.stderr.write(f"{result.name}: {result.unreadable} lines could not be read, such as {first}\n")
    if reason := getattr(result, "reason", None):
        sys.stderr.write(f"{result.name}: no score: {reason}\n")
