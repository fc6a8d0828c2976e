"""`wordvec compress`: vectors that take less memory, and the loss of quality."""

from __future__ import annotations

import sys
from argparse import ArgumentTypeError, Namespace, _ArgumentGroup
from collections.abc import Callable, Iterator
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from wordvec.base.errors import OptionError
from wordvec.cli.flags import add_force, add_json, add_reading, reading
from wordvec.cli.option_flags import add_flags, given_options
from wordvec.cli.output import check_output, file_bytes, print_json, print_rows
from wordvec.cli.parsing import Parser
from wordvec.outputs.names import is_stdout

if TYPE_CHECKING:
    from wordvec.base.options import Options
    from wordvec.evaluate import CompressionReport
    from wordvec.evaluate.compression import Size
    from wordvec.vectors import KeyedVectors

T = TypeVar("T")
_SIDES = ("original", "compressed")
_STEPS = ("rotate", "center")  # options of a codec whose names are flags of transforms here


def add_arguments(parser: Parser) -> None:
    parser.add_argument("input", metavar="IN", help="a file of vectors, of any format that wordvec reads")
    parser.add_argument("output", metavar="OUT", help="the native file to write (.safetensors)")
    _add_codec(parser.add_argument_group("codec"))
    _add_pruning(parser.add_argument_group("fewer rows, before all else"))
    _add_steps(parser.add_argument_group("transforms, in the order they are given, then --rotate, then --truncate"))
    _add_report(parser.add_argument_group("report"))
    add_reading(parser)
    add_force(parser)
    add_json(parser)


def _add_codec(group: _ArgumentGroup) -> None:
    from wordvec.codecs import CODECS

    group.add_argument("--codec", default="int8", choices=["float32", *CODECS], help="how rows are stored")
    add_flags(group, _codec_options(), without=_STEPS)  # type: ignore[arg-type]  # a group takes them as a parser does


def _codec_options() -> dict[str, type[Options]]:
    from wordvec.codecs import CODECS

    return {name: codec.options for name, codec in CODECS.items()}


def _add_pruning(group: _ArgumentGroup) -> None:
    group.add_argument("--prune", type=int, metavar="N", help="keep N rows; other words share the nearest of them")
    group.add_argument(
        "--by",
        choices=["count", "norm", "order"],
        help="what the kept rows are chosen by (default: count)",
    )
    group.add_argument("--drop", action="store_true", help="remove the other words")
    group.add_argument("--keep", metavar="FILE", help="words that keep their rows, one a line")
    group.add_argument("--bucket", type=int, metavar="N", help="fold the n-gram table to N rows, a divisor of its size")
    group.add_argument(
        "--ngram-rows", type=int, metavar="N", help="keep the N rows of greatest norm in the n-gram table"
    )


def _add_steps(group: _ArgumentGroup) -> None:
    from wordvec.transforms import ABTT, PCA, Center, SIFScale, Standardize, Whiten

    group.add_argument("--center", dest="steps", action="append_const", const=Center(), help="subtract the mean")
    group.add_argument(
        "--standardize",
        dest="steps",
        action="append_const",
        const=Standardize(),
        help="subtract the mean and divide by the standard deviation",
    )
    steps: tuple[tuple[str, Callable[[Any], Any], Callable[[str], Any], str, str], ...] = (
        ("--abtt", ABTT, int, "D", "all but the top: subtract the mean, remove D components (about d/100)"),
        ("--whiten", Whiten, float, "EPS", "components of variance 1; EPS is added to each variance, such as 0"),
        ("--pca", PCA, int, "K", "the first K principal components"),
        ("--sif", SIFScale, float, "A", "scale rows by A / (A + frequency), such as 1e-3"),
    )
    for flag, step, number, metavar, text in steps:
        group.add_argument(flag, dest="steps", action="append", type=_step(step, number), metavar=metavar, help=text)
    group.add_argument("--rotate", action="store_true", help="rotate to principal axes; cosines do not change")
    group.add_argument("--by-counts", action="store_true", help="weigh words by counts, for --rotate")
    group.add_argument("--truncate", type=int, metavar="D", help="keep the first D dimensions")


def _add_report(group: _ArgumentGroup) -> None:
    group.add_argument("--report", action="store_true", help="measure the loss: cosines, neighbours, time")
    group.add_argument("--pairs", nargs="+", default=[], metavar="FILE", help="and scores on these word pairs")
    group.add_argument("--analogies", nargs="+", default=[], metavar="FILE", help="and on these analogies")
    group.add_argument("--queries", type=int, metavar="N", help="query words of the report (default: 2000)")


def _step(step: Callable[[T], Any], number: Callable[[str], T]) -> Callable[[str], Any]:
    """A type for argparse: a transform from the text of its number."""

    def parse(text: str) -> Any:
        try:
            return step(number(text))
        except ValueError:
            raise ArgumentTypeError(f"must be {'an integer' if number is int else 'a number'}; got {text!r}") from None

    return parse


def run(arguments: Namespace) -> None:
    """Load, compress, save, and print the sizes and the report."""
    from wordvec import formats
    from wordvec.evaluate.compression import compression_report, size_of

    if PurePath(arguments.output).suffix != ".safetensors" and not is_stdout(arguments.output):
        raise OptionError(f"OUT must be a native file, name.safetensors; got {arguments.output}")
    _check_partners(arguments)
    inputs = [arguments.input, arguments.keep, *arguments.pairs, *arguments.analogies]
    output = check_output(arguments.output, arguments.force, inputs=inputs, json=arguments.json)
    original = formats.load(arguments.input, **reading(arguments))
    compressed = _compressed(original, arguments)
    report = None
    if _is_measured(arguments):  # before anything is written: it may fail
        queries = 2_000 if arguments.queries is None else arguments.queries
        report = compression_report(original, compressed, arguments.pairs, arguments.analogies, queries)
    sizes = size_of(original), size_of(compressed)
    formats.save(compressed, output, "native")
    facts = {"output": arguments.output, "file_bytes": file_bytes(output)}
    if arguments.json:
        print_json(facts | (report.to_dict() if report else dict(zip(_SIDES, map(vars, sizes)))))
        return
    if is_stdout(output):
        return
    print_rows([("file", "", arguments.output), ("file bytes", "", facts["file_bytes"]), ("", *_SIDES)])
    print_rows([*_size_rows(*sizes), *(_report_rows(report) if report else ())])


def _is_measured(arguments: Namespace) -> bool:
    return bool(arguments.report or arguments.pairs or arguments.analogies)


def _check_partners(arguments: Namespace) -> None:
    """OptionError for a flag that needs another one, which is missing; before files are read."""
    for flags, partner, has_partner in (
        (("drop", "keep", "by"), "--prune N", arguments.prune is not None),
        (("by_counts",), "--rotate", arguments.rotate),
        (("queries",), "--report", _is_measured(arguments)),
    ):
        for flag in flags:
            if not has_partner and getattr(arguments, flag) not in (None, False):
                raise OptionError(f"--{flag.replace('_', '-')} is about {partner}, which must be given too")
    _given_options(arguments)


def _given_options(arguments: Namespace) -> dict[str, Any]:
    """The options of the codec; OptionError for those of another one."""
    refusal = "is about --codec {owners}, which must be given too; got {chosen}"
    return given_options(arguments, _codec_options(), arguments.codec, refusal, without=_STEPS)


def _compressed(vectors: KeyedVectors, arguments: Namespace) -> KeyedVectors:
    if arguments.prune is not None:
        remap: Literal["drop", "nearest"] = "drop" if arguments.drop else "nearest"
        vectors = vectors.prune(arguments.prune, by=arguments.by or "count", remap=remap, keep=_words(arguments.keep))
    if arguments.bucket is not None or arguments.ngram_rows is not None:
        vectors = vectors.compress_subwords(arguments.ngram_rows, arguments.bucket)
    if arguments.steps:
        vectors = vectors.transformed(*arguments.steps)
    if arguments.rotate:
        vectors = vectors.rotate_pca(counts=arguments.by_counts)
    if arguments.truncate is not None:
        vectors = vectors.truncate(arguments.truncate)
    return vectors.compress(arguments.codec, **_given_options(arguments))


def _words(path: str | None) -> list[str]:
    if path is None:
        return []
    from wordvec.inputs import read_lines

    return [line for line in read_lines(path) if line]


def _size_rows(before: Size, after: Size) -> Iterator[tuple[object, ...]]:
    """Rows of: measure, original, compressed."""
    for name, title in (
        ("codec", "codec"),
        ("words", "words"),
        ("rows", "rows"),
        ("vector_size", "dimensions"),
        ("row_bytes", "bytes a row"),
        ("matrix_bytes", "bytes of the rows"),
        ("total_bytes", "bytes in all"),
    ):
        values = [getattr(size, name) for size in (before, after)]
        yield title, *(f"{value:.1f}" if isinstance(value, float) else value for value in values)
    yield "of the original", 1.0, after.total_bytes / max(1, before.total_bytes)


def _report_rows(report: CompressionReport) -> Iterator[tuple[object, ...]]:
    """Rows of: measure, original or -, compressed, and for scores the interval of the difference."""
    for title, error in (("random pairs", report.random_pairs), ("neighbour pairs", report.neighbour_pairs)):
        yield f"cosine error rms, {error.pairs} {title}", "-", _shown(error.rms)
        yield f"cosine error 99 %, {error.pairs} {title}", "-", _shown(error.percentile_99)
    for overlap in report.overlaps:
        title = f"{overlap.stratum}, {overlap.queries} words"
        yield f"overlap@10, {title}", "-", _shown(overlap.at_10)
        yield f"overlap@100, {title}", "-", _shown(overlap.at_100)
        yield f"rank-biased overlap, {title}", "-", _shown(overlap.rank_biased)
    for task in report.tasks:
        title, values = f"{task.measure}, {task.name}, {task.used} of {task.total}", (task.original, task.compressed)
        if task.delta is None:
            sys.stderr.write(f"{task.name}: no score: {task.reason}\n")
            yield title, "-", "-"
        else:
            yield title, *map(_shown, values), f"{task.delta:+.4f} ({_signed(task.low)} to {_signed(task.high)})"
    yield "hubness, skewness", *map(_shown, report.hubness)
    yield "ms a query", *map(_shown, report.query_ms)
    yield "us a row fetched", *map(_shown, report.decode_us)


def _shown(value: float | None) -> object:
    return "-" if value is None else value


def _signed(value: float | None) -> str:
    return "-" if value is None else f"{value:+.4f}"
