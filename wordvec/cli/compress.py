"""`wordvec compress`: a file of vectors in, a smaller one out, and what it cost."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Callable, Iterator, Sequence
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from wordvec.base.errors import OptionError
from wordvec.cli.output import (
    add_force,
    add_json,
    add_reading,
    check_output,
    file_bytes,
    print_json,
    print_rows,
    reading,
)
from wordvec.outputs.names import is_stdout

if TYPE_CHECKING:
    from wordvec.evaluate import CompressionReport
    from wordvec.evaluate.compression import Size
    from wordvec.vectors import KeyedVectors

T = TypeVar("T")
_SIDES = ("original", "compressed")
_CODEC_OPTIONS = ("m", "opq", "rescore", "candidates", "seed")


def add_arguments(parser: ArgumentParser, words: Sequence[str]) -> None:
    from wordvec.codecs import CODECS
    from wordvec.transforms import ABTT, PCA, Center, SIFScale, Standardize, Whiten

    parser.add_argument("input", metavar="IN", help="a file of vectors, of any format that wordvec reads")
    parser.add_argument("output", metavar="OUT", help="the native file to write (.safetensors)")
    codec = parser.add_argument_group("codec")
    codec.add_argument(
        "--codec", default="int8", choices=["float32", *CODECS], help="how rows are kept (default: %(default)s)"
    )
    codec.add_argument("--m", type=_parts, metavar="M", help="pq: bytes a row, a number or d/2, d/4 (default: d/2)")
    codec.add_argument("--opq", action="store_true", default=None, help="pq: find a rotation first")
    codec.add_argument("--rescore", metavar="CODEC", help="bits: the codec kept beside them, or none (default: int8)")
    codec.add_argument("--candidates", type=int, metavar="N", help="bits: how many rows are rescored at least")
    codec.add_argument("--seed", type=int, metavar="N", help="pq, bits: of k-means, rotation (default: 0)")

    rows = parser.add_argument_group("fewer rows, before all else")
    rows.add_argument("--prune", type=int, metavar="N", help="keep N rows; other words share the nearest of them")
    rows.add_argument(
        "--by", choices=["count", "norm", "order"], help="which rows stay: those of most counts (default), or others"
    )
    rows.add_argument("--drop", action="store_true", help="forget the other words")
    rows.add_argument("--keep", metavar="FILE", help="words that keep their rows, one a line")

    rows.add_argument("--bucket", type=int, metavar="N", help="fold the table of n-grams to N rows, a divisor of them")
    rows.add_argument("--ngram-rows", type=int, metavar="N", help="keep the N longest rows of the table of n-grams")

    steps = parser.add_argument_group("transforms, in the order they are given, then --rotate, then --truncate")
    steps.add_argument("--center", dest="steps", action="append_const", const=Center(), help="subtract the mean")
    steps.add_argument(
        "--standardize", dest="steps", action="append_const", const=Standardize(), help="and divide by the deviation"
    )
    made: tuple[tuple[str, Callable[[Any], Any], Callable[[str], Any], str, str], ...] = (
        ("--abtt", ABTT, int, "D", "all but the top: subtract the mean, remove D components (about d/100)"),
        ("--whiten", Whiten, float, "EPS", "components of variance 1; EPS is added to each variance, such as 0"),
        ("--pca", PCA, int, "K", "the first K principal components"),
        ("--sif", SIFScale, float, "A", "scale rows by A / (A + frequency), such as 1e-3"),
    )
    for flag, step, number, metavar, text in made:
        steps.add_argument(flag, dest="steps", action="append", type=_step(step, number), metavar=metavar, help=text)
    steps.add_argument("--rotate", action="store_true", help="rotate to principal axes; cosines stay")
    steps.add_argument("--by-counts", action="store_true", help="axes of words as often as they occur, for --rotate")
    steps.add_argument("--truncate", type=int, metavar="D", help="keep the first D numbers of each row")

    report = parser.add_argument_group("report")
    report.add_argument("--report", action="store_true", help="measure what it cost: cosines, neighbours, time")
    report.add_argument("--pairs", nargs="+", default=[], metavar="FILE", help="and scores on these word pairs")
    report.add_argument("--analogies", nargs="+", default=[], metavar="FILE", help="and on these analogies")
    report.add_argument("--queries", type=int, metavar="N", help="words asked for the report (default: 2000)")
    add_reading(parser)
    add_force(parser)
    add_json(parser)


def _parts(text: str) -> int | str:
    return int(text) if text.isdecimal() else text


def _step(step: Callable[[T], Any], number: Callable[[str], T]) -> Callable[[str], Any]:
    """A type for argparse: the text of a number to a step."""

    def parse(text: str) -> Any:
        try:
            return step(number(text))
        except ValueError:
            raise ArgumentTypeError(f"must be {'an integer' if number is int else 'a number'}; got {text!r}") from None

    return parse


def run(arguments: Namespace) -> None:
    """Load, shrink, save, and print what it cost."""
    from wordvec import formats
    from wordvec.evaluate.compression import compression_report, size_of

    if PurePath(arguments.output).suffix != ".safetensors" and not is_stdout(arguments.output):
        raise OptionError(f"OUT must be a native file, name.safetensors; got {arguments.output}")
    _check_partners(arguments)
    read = [arguments.input, arguments.keep, *arguments.pairs, *arguments.analogies]
    output = check_output(arguments.output, arguments.force, inputs=read, json=arguments.json)
    original = formats.load(arguments.input, **reading(arguments))
    small = _shrunk(original, arguments)
    report = None
    if _reports(arguments):  # before anything is written: it may fail
        queries = 2_000 if arguments.queries is None else arguments.queries
        report = compression_report(original, small, arguments.pairs, arguments.analogies, queries)
    sizes = size_of(original), size_of(small)
    formats.save(small, output, "native")
    facts = {"output": arguments.output, "file_bytes": file_bytes(output)}
    if arguments.json:
        print_json(facts | (report.to_dict() if report else dict(zip(_SIDES, map(vars, sizes)))))
        return
    if is_stdout(output):
        return
    print_rows([("file", "", arguments.output), ("file bytes", "", facts["file_bytes"]), ("", *_SIDES)])
    print_rows([*_size_rows(*sizes), *(_report_rows(report) if report else ())])


def _reports(arguments: Namespace) -> bool:
    return bool(arguments.report or arguments.pairs or arguments.analogies)


def _check_partners(arguments: Namespace) -> None:
    """OptionError for a flag that is about another one, which is not given; before files are read."""
    from wordvec.codecs import CODECS

    for flags, partner, given in (
        (("drop", "keep", "by"), "--prune N", arguments.prune is not None),
        (("by_counts",), "--rotate", arguments.rotate),
        (("queries",), "--report", _reports(arguments)),
    ):
        for flag in flags:
            if not given and getattr(arguments, flag) not in (None, False):
                raise OptionError(f"--{flag.replace('_', '-')} is about {partner}, which must be given too")
    taken = CODECS[arguments.codec].option_names() if arguments.codec in CODECS else ()
    for flag in _CODEC_OPTIONS:
        if getattr(arguments, flag) is not None and flag not in taken:
            codecs = " or ".join(name for name, codec in CODECS.items() if flag in codec.option_names())
            raise OptionError(f"--{flag} is about --codec {codecs}, which must be given too; got {arguments.codec}")


def _shrunk(vectors: KeyedVectors, arguments: Namespace) -> KeyedVectors:
    given = {name: getattr(arguments, name) for name in _CODEC_OPTIONS if getattr(arguments, name) is not None}
    if given.get("rescore") == "none":
        given["rescore"] = None
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
    return vectors.compress(arguments.codec, **given)


def _words(path: str | None) -> list[str]:
    if path is None:
        return []
    from wordvec.inputs import read_lines

    return [line for line in read_lines(path) if line]


def _size_rows(before: Size, after: Size) -> Iterator[tuple[object, ...]]:
    """Rows of: measure, original, compressed."""
    for name, title in (
        ("codec", "codec"), ("words", "words"), ("rows", "rows"), ("vector_size", "dimensions"),
        ("row_bytes", "bytes a row"), ("matrix_bytes", "bytes of the rows"), ("total_bytes", "bytes in all"),
    ):  # fmt: skip
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
