"""The command `wordvec`: verbs, what they say where, and what they return to the shell."""

from __future__ import annotations

import io
import os
import sys
import warnings
from argparse import SUPPRESS, ArgumentParser, Namespace, RawDescriptionHelpFormatter
from collections.abc import Callable, Sequence
from typing import NamedTuple, TextIO

from wordvec import __version__
from wordvec.cli import align, classify, compress, count, encode, evaluate, files, queries, train
from wordvec.cli.logs import logged
from wordvec.cli.wording import in_flags
from wordvec.errors import OptionError, WordvecError

__all__ = ["VERBS", "main"]


class Verb(NamedTuple):
    """What a verb does, the arguments it takes, and the function that does it with them."""

    help: str
    add_arguments: Callable[[ArgumentParser, Sequence[str]], None]
    run: Callable[[Namespace], None]


VERBS = {
    "train": Verb("learn vectors from a corpus", train.add_arguments, train.run),
    "count": Verb("count which words occur near each other", count.add_arguments, count.run),
    "info": Verb("what a file of vectors holds", files.info_arguments, files.info),
    "similar": Verb("the nearest neighbours of words", queries.similar_arguments, queries.similar),
    "analogy": Verb("what is to C as B is to A", queries.analogy_arguments, queries.analogy),
    "eval": Verb("scores on word similarities and analogies", evaluate.add_arguments, evaluate.run),
    "encode": Verb("vectors of texts", encode.add_arguments, encode.run),
    "align": Verb("bring vectors of one space into another", align.add_arguments, align.run),
    "classify": Verb("train, test and use a classifier of texts", classify.add_arguments, classify.run),
    "convert": Verb("write vectors in another format", files.convert_arguments, files.convert),
    "compress": Verb("write vectors that take less room", compress.add_arguments, compress.run),
    "verify": Verb("check that a file of vectors is whole", files.verify_arguments, files.verify),
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status: 0 done, 1 failed, 2 wrong usage, 130 interrupted.

    An option that does not fit the vectors is wrong usage, too.

    Results go to stdout; progress, diagnostics and errors to stderr.

    >>> main(["analogy", "no-such-file.safetensors", "man", "king", "woman"])
    1
    """
    words = list(sys.argv[1:] if argv is None else argv)
    try:
        arguments = _parsed(words)
    except SystemExit as stop:  # argparse has said why, or printed the help
        return stop.code if isinstance(stop.code, int) else 2
    return _run(arguments)


def _parsed(words: Sequence[str]) -> Namespace:
    """The arguments of a command line, with the function to run; of the verbs, only the one that is used is set up."""
    if words and words[0] in VERBS:
        verb = VERBS[words[0]]
        parser = ArgumentParser(prog=f"wordvec {words[0]}", description=f"{verb.help}.", allow_abbrev=False)
        verb.add_arguments(parser, words[1:])
        parser.set_defaults(run=verb.run, parser=parser)
        return parser.parse_intermixed_args(words[1:])  # files and flags in any order
    parser = ArgumentParser(
        prog="wordvec",
        usage="wordvec VERB ...",
        description="Static word embeddings: train, keep, query.",
        epilog="verbs:\n" + "".join(f"  {name:10}{verb.help}\n" for name, verb in VERBS.items())
        + "\n`wordvec VERB --help` lists the arguments of a verb.",
        formatter_class=RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )  # fmt: skip
    parser.add_argument("verb", nargs="?", choices=VERBS, help=SUPPRESS)
    parser.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
    parser.parse_args(words)
    parser.error("a verb must come first: " + " ".join(VERBS))


def _run(arguments: Namespace) -> int:
    """Do what the command says; what goes wrong is one line on stderr, not a traceback."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="surrogateescape")  # words that are no valid UTF-8 come out as they are
    with warnings.catch_warnings():
        warnings.showwarning = _warn
        try:
            with logged(arguments):
                arguments.run(arguments)
            sys.stdout.flush()
        except SystemExit as stop:  # from parser.error
            return stop.code if isinstance(stop.code, int) else 2
        except KeyboardInterrupt:
            return _say("interrupted; nothing was written", 130)
        except BrokenPipeError:  # the reader, such as `head`, has seen enough
            with open(os.devnull, "w") as nowhere:
                os.dup2(nowhere.fileno(), sys.stdout.fileno())  # else Python complains when it flushes at exit
            return 0
        except OptionError as error:
            return _say(f"error: {in_flags(str(error), arguments)}", 2)
        except (WordvecError, OSError) as error:
            return _say(f"error: {in_flags(str(error), arguments)}", 1)
        except MemoryError as error:
            return _say(f"error: not enough memory{f': {error}' if str(error) else ''}", 1)
    return 0


def _say(message: str, status: int) -> int:
    """Tell the user one line, and hand back the exit status."""
    sys.stderr.write("wordvec: " + " ".join(message.split("\n")) + "\n")
    return status


def _warn(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,
    line: str | None = None,
) -> None:
    _say(f"warning: {message}", 0)
