"""`wordvec drift`: which words changed between slices of a folder, how a word moves from slice to slice."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import TYPE_CHECKING, Any, get_args

from wordvec.base.errors import OptionError
from wordvec.cli.flags import add_json, add_quiet, count, words_in
from wordvec.cli.output import print_json, print_table
from wordvec.cli.parsing import Parser
from wordvec.cli.queries import where_of
from wordvec.cli.streams import decoded

if TYPE_CHECKING:
    from wordvec.align import Slices

Row = dict[str, Any]


def add_arguments(parser: Parser) -> None:
    from wordvec.align import DriftTest
    from wordvec.align.temporal.drift import Measure

    parser.add_argument("folder", metavar="FOLDER", help="slices of `wordvec align compass`, or files of vectors")
    parser.add_argument(
        "--word", action="append", default=[], metavar="W", help="follow a word from slice to slice; may be repeated"
    )
    parser.add_argument("--from", dest="first", metavar="A", help="the slice to begin with (default: the first)")
    parser.add_argument("--to", dest="last", metavar="B", help="the slice to end with (default: the last)")
    parser.add_argument("-n", "--topn", type=count, default=20, metavar="N", help="how many words")
    parser.add_argument(
        "--min-count", type=count, default=50, metavar="N", help="least count in both slices; without --word"
    )
    parser.add_argument("--stop-words", metavar="FILE", help="words that are left out, one a line")
    parser.add_argument(
        "--where",
        action="append",
        default=[],
        metavar="NAME=TEXT",
        help="only words with this attribute in both slices",
    )
    parser.add_argument(
        "--measure", choices=get_args(Measure), default="cosine", help="what is compared (default: cosine)"
    )
    parser.add_argument(
        "--neighbours",
        type=count,
        metavar="N",
        help="nearest words of `--measure neighbours`, in each slice (default: 25)",
    )
    parser.add_argument(
        "--show-neighbours",
        type=count,
        metavar="N",
        help="print the N nearest words of each --word in each slice instead",
    )
    parser.add_argument("--intervals", action="store_true", help="means and 95 %% intervals over `--seeds` trainings")
    parser.add_argument("--format", choices=("tsv", "csv"), default="tsv", help="how rows are printed (default: tsv)")
    add_json(parser)
    add_quiet(parser)
    group = parser.add_argument_group("permutation test: have contexts changed by more than chance?")
    group.add_argument(
        "--corpus", action="append", default=[], metavar="NAME=FILE", help="the text of a slice; one for A, one for B"
    )
    DriftTest.add_arguments(group)


def run(arguments: Namespace) -> None:
    """Print one table: the words that changed most, or the steps or neighbours of the words given."""
    from wordvec.align import Slices

    words = [decoded(word) for word in arguments.word]
    _check(arguments, words)
    slices = Slices.load(arguments.folder)
    names = _range(list(slices.slices), arguments.first, arguments.last)
    if arguments.show_neighbours is not None:
        near = slices.neighbour_table(words, arguments.show_neighbours)
        table = [row._asdict() for row in near if row.slice in names]
    elif len(names) < 2:
        raise OptionError(f"drift must be between two slices; {arguments.folder} has only {names[0]!r} to compare")
    else:
        table = _table(arguments, slices, names, words)
    if arguments.json:
        print_json(table)
        return
    print_table(
        list(table[0]) if table else _header(arguments), [list(row.values()) for row in table], arguments.format
    )


def _check(arguments: Namespace, words: list[str]) -> None:
    """OptionError for flags that do not go together."""
    if arguments.show_neighbours is not None and not words:
        raise OptionError("--show-neighbours must be given with --word, whose neighbours they are")
    if arguments.neighbours is not None and arguments.measure != "neighbours":
        raise OptionError("--neighbours must be given with --measure neighbours, whose neighbours they are")
    for flag in ("intervals", "neighbours", "show_neighbours"):
        if arguments.corpus and getattr(arguments, flag):
            raise OptionError(f"--{flag.replace('_', '-')} must be left out with --corpus, which prints a test")
    if arguments.intervals and arguments.show_neighbours is not None:
        raise OptionError("--intervals must be left out with --show-neighbours, which prints no drift")


def _range(names: list[str], first: str | None, last: str | None) -> list[str]:
    """The slices from one to another, in that direction."""
    ends = [names[0] if first is None else first, names[-1] if last is None else last]
    for name in ends:
        if name not in names:
            raise OptionError(f"a slice must be one of {', '.join(names)}; got {name!r}")
    low, high = (names.index(name) for name in ends)
    return names[low : high + 1] if low <= high else names[high : low + 1][::-1]


def _table(arguments: Namespace, slices: Slices, names: list[str], words: list[str]) -> list[Row]:
    """The rows to print; words that no slice has are an error."""
    filters: dict[str, Any] = {"min_count": 1 if words else arguments.min_count}
    if arguments.stop_words is not None:
        filters["stop_words"] = words_in(arguments.stop_words, "--stop-words")
    if arguments.where:
        filters["where"] = where_of(slices[names[0]], arguments.where)
    for word in words:
        slices.having(word)
    if arguments.corpus:
        return list(_tested(arguments, slices, names, filters | ({"words": words} if words else {})))
    filters |= {"measure": arguments.measure, "intervals": arguments.intervals}
    if arguments.neighbours is not None:
        filters["neighbours"] = arguments.neighbours
    if not words:
        return list(_drifts(slices, (names[0], names[-1]), {"topn": arguments.topn, **filters}))
    steps = [(word, step) for word in words for step in pairwise(name for name in names if word in slices[name])]
    return [row for word, step in steps for row in _drifts(slices, step, {"words": [word], **filters})]


def _drifts(slices: Slices, step: tuple[str, str], options: Mapping[str, Any]) -> Iterator[Row]:
    for one in slices.drift(*step, **options):
        yield _row(one.word, step, one.drift, one.counts) | (
            {"low": one.low, "high": one.high} if options["intervals"] else {}
        )


def _row(word: str, step: tuple[str, str], drift: float, counts: tuple[int, int] | None) -> Row:
    first, second = counts or (None, None)
    row = {"word": word, "first": step[0], "second": step[1], "drift": drift}
    return {**row, "count_first": first, "count_second": second}


def _header(arguments: Namespace) -> list[str]:
    """The columns of a table without rows."""
    header = list(_row("", ("", ""), 0.0, None))
    return [*header, *_TESTED] if arguments.corpus else header + ["low", "high"] * arguments.intervals


_TESTED = ("sentences_first", "sentences_second", "context_drift", "p", "q")


def _tested(arguments: Namespace, slices: Slices, names: list[str], filters: Mapping[str, Any]) -> Iterator[Row]:
    """The rows of a test, the surest first."""
    from wordvec.align import DriftTest

    corpora = {}
    for item in arguments.corpus:
        name, equals, path = item.partition("=")
        if not equals or name not in slices.slices:
            raise OptionError(f"--corpus must be NAME=FILE with the name of a slice; got {item!r}")
        corpora[name] = path
    ends = names[0], names[-1]
    options, progress = DriftTest.from_arguments(arguments), not arguments.quiet
    found = slices.drift_test(*ends, corpora, options=options, progress=progress, **filters)
    for one in found[: None if arguments.word else arguments.topn]:
        values = (*one.sentences, one.context_drift, one.p, one.q)
        yield _row(one.word, ends, one.drift, one.counts) | dict(zip(_TESTED, values, strict=True))
