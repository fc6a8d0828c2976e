"""Arguments that several verbs have: the file of vectors, --force, --json, --quiet, how a file is read."""

from __future__ import annotations

from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Iterator
from typing import Any


def add_vectors(parser: ArgumentParser) -> None:
    """The file of vectors, which most verbs take first."""
    parser.add_argument("vectors", metavar="VECTORS", help="vectors, of any format that wordvec reads")


def add_force(parser: ArgumentParser) -> None:
    """The flag that allows a file to be replaced."""
    parser.add_argument("--force", action="store_true", help="replace the output if it exists")


def add_json(parser: ArgumentParser) -> None:
    """The flag for scripts."""
    parser.add_argument("--json", action="store_true", help="print JSON, for scripts")


def add_quiet(parser: ArgumentParser) -> None:
    """The flag that leaves out all but results, warnings and errors."""
    parser.add_argument("--quiet", action="store_true", help="no progress and no summary on stderr")


def add_workers(parser: ArgumentParser) -> None:
    """The number of threads."""
    parser.add_argument("--workers", type=count, metavar="N", help="threads (default: all usable cores)")


def add_reading(parser: ArgumentParser) -> None:
    """The flags on files that are damaged, look like another format, or have a word twice."""
    from wordvec.formats.io.duplicates import DUPLICATES

    parser.add_argument(
        "--no-strict", dest="strict", action="store_false", help="keep the readable rows of a damaged file"
    )
    add_format(parser)
    parser.add_argument(
        "--duplicates", choices=DUPLICATES, help="which row of a repeated word is kept, or an error (default: first)"
    )


def add_format(parser: ArgumentParser) -> None:
    """The flag that names the format of the input."""
    from wordvec.formats import FORMATS

    parser.add_argument("--format", choices=FORMATS, help="the format of the input, whatever its rows look like")


def reading(arguments: Namespace) -> dict[str, Any]:
    """The arguments of `formats.load` that the flags of `add_reading` give."""
    return {"strict": arguments.strict, "duplicates": arguments.duplicates, "format": arguments.format}


def add_to(parser: ArgumentParser) -> None:
    """The flag that names the format of the output."""
    parser.add_argument("--to", metavar="FORMAT", choices=_Written(), help="the format to write")


class _Written:
    """The names of the formats that are written, whose modules are imported when the names are asked for."""

    def __iter__(self) -> Iterator[str]:
        from wordvec.formats import FORMATS

        return (name for name, format in FORMATS.items() if format.save is not None)


def written_suffixes(words: bool = False) -> str:
    """The formats that are written, by suffix; with `words`, without those that have no place for words."""
    from wordvec.formats import FORMATS, format_of

    suffixes: dict[str, list[str]] = {}
    for name, format in FORMATS.items():
        if format.save is not None and (format.holds_words or not words):
            suffixes[name] = [suffix for suffix in format.suffixes if format_of(f"x{suffix}") == name]
    return "; ".join(f"{' or '.join(own)} ({name})" for name, own in suffixes.items() if own)


def words_in(path: str, flag: str = "--words") -> list[str]:
    """The words of the file of a flag, one a line, each once; CorpusError where there are none."""
    from wordvec.base.errors import CorpusError
    from wordvec.inputs import read_lines

    words = list(dict.fromkeys(word for line in read_lines(path) if (word := line.strip())))
    if not words:
        raise CorpusError(f"{flag} {path} must have words, one a line; it has none")
    return words


def count(text: str) -> int:
    """A type for argparse: an integer, 1 or more."""
    try:
        number = int(text)
    except ValueError:
        number = 0
    if number < 1:
        raise ArgumentTypeError(f"must be an integer >= 1; got {text!r}")
    return number


def minutes(text: str) -> float:
    """A type for argparse: a number above 0."""
    try:
        number = float(text)
    except ValueError:
        number = 0.0
    if not 0 < number < float("inf"):
        raise ArgumentTypeError(f"must be a number > 0; got {text!r}")
    return number
