"""`wordvec eval`: the scores of vectors on test sets, with how much of each could be used."""

from __future__ import annotations

import os
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, suppress
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING, Any

from wordvec.base.errors import FormatError, OptionError, WordvecError
from wordvec.cli.output import add_json, add_vectors, count, print_json, print_rows

_TOLD = 20  # lines by which rows of vectors are told from pairs of words

if TYPE_CHECKING:
    from wordvec.evaluate import AnalogyResult, WordPairsResult


def add_arguments(parser: ArgumentParser, words: Sequence[str]) -> None:
    add_vectors(parser)
    parser.add_argument("files", nargs="*", metavar="FILE", help="test sets of either kind, told by their content")
    parser.add_argument("--pairs", nargs="+", default=[], metavar="FILE", help="word pairs: word word score")
    parser.add_argument("--analogies", nargs="+", default=[], metavar="FILE", help="questions: a b c d, in : sections")
    parser.add_argument(
        "--restrict-vocab", type=count, metavar="N", help="the first N rows only (default: all; analogies 300000)"
    )
    parser.add_argument("--case-sensitive", action="store_true", help="look words up as written only")
    parser.add_argument(
        "--dummy4unknown", action="store_true", help="pairs of unknown words count as cosine 0, questions as wrong"
    )
    parser.add_argument(
        "--oov", action="store_true", help="pairs: words without a row have the vector of the policy, of their n-grams"
    )
    parser.add_argument("--workers", type=count, metavar="N", help="threads (default: all usable cores)")
    add_json(parser)


def run(arguments: Namespace) -> None:
    """Print the scores on test sets, with how much of each could be used."""
    with ExitStack() as stack:
        _run(arguments, stack)


def _run(arguments: Namespace, stack: ExitStack) -> None:
    from wordvec.evaluate import analogies, word_pairs
    from wordvec.evaluate.files import kind
    from wordvec.formats import load
    from wordvec.inputs import at_hand

    named = [("pairs", file) for file in arguments.pairs] + [("analogies", file) for file in arguments.analogies]
    files = []  # (what, the file to read, its name): it is looked at, and then read
    for what, file in [*named, *((None, file) for file in arguments.files)]:
        place = stack.enter_context(at_hand(file))
        files.append((what, str(place.path) if place.is_copy else file, file))
    _check_sets([(path, file) for _, path, file in files], arguments.vectors)
    todo = [(path, what or kind(path), file) for what, path, file in files]
    if not todo:
        arguments.parser.error("give test sets: --pairs FILE, --analogies FILE")
    vectors = load(arguments.vectors)
    policy: dict[str, Any] = {
        "case_insensitive": not arguments.case_sensitive,
        "dummy4unknown": arguments.dummy4unknown,
    }
    if arguments.restrict_vocab:
        policy["restrict_vocab"] = arguments.restrict_vocab
    results: list[WordPairsResult | AnalogyResult] = [
        word_pairs(vectors, file, oov=arguments.oov, **policy)
        if what == "pairs"
        else analogies(vectors, file, workers=arguments.workers, **policy)
        for file, what, _ in todo
    ]
    for i, (file, _, given) in enumerate(todo):
        if file != given:
            results[i] = replace(results[i], name=given)
    if arguments.json:
        print_json([result.to_dict() for result in results])
        return
    print_rows(row for result in results for row in _score_rows(result))
    for policy_in_words in dict.fromkeys(result.policy for result in results):
        sys.stderr.write(f"policy: {policy_in_words}\n")
    for result in results:
        _diagnose(result)


def _check_sets(files: Sequence[tuple[str, str]], vectors: str) -> None:
    """An error for vectors in the place of a test set, and the reverse: one file of vectors, and it comes first."""
    for path, file in files:
        name, is_lines = _vectors_in(path)
        if name is not None and not is_lines:
            raise FormatError(f"{file}: a test set must be text; it is a file of vectors ({name})")
        if name is not None:
            raise OptionError(
                f"one file of vectors must come first, then test sets; {file} holds vectors, as {vectors} should: "
                "run `wordvec eval` once for each"
            )
    if files and os.path.isfile(vectors) and _vectors_in(vectors)[0] is None:
        from wordvec.evaluate.files import kind

        told = ""
        with suppress(WordvecError, OSError):
            told = kind(vectors)
        if told:
            raise OptionError(f"a file of vectors must come first, then test sets; {vectors} is a test set ({told})")


def _vectors_in(path: str) -> tuple[str | None, bool]:
    """(the format of the vectors that a file or folder holds, None where it holds none; whether they are text).

    Of lines, those are vectors in which all but the word are numbers.
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
        for line in islice(lines(path), _TOLD):
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
    """Say on stderr what could not be used."""
    if result.unreadable:
        first = "; ".join(repr(line[:60]) for line in result.unreadable_lines)
        sys.stderr.write(f"{result.name}: {result.unreadable} lines could not be read, such as {first}\n")
    if reason := getattr(result, "reason", None):
        sys.stderr.write(f"{result.name}: no score: {reason}\n")
