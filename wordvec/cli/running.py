"""One run of the command: from a command line to an exit status, with one line on stderr for an error."""

from __future__ import annotations

import gc
import os
import sys
import warnings
from argparse import Namespace
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress
from errno import EDQUOT, EFBIG, ENOSPC
from typing import Any

from wordvec.base.errors import LibraryError, OptionError, OutputError, WordvecError
from wordvec.cli import signals, streams


def run(words: Sequence[str], alone: bool) -> int:
    """Run a command line: its exit status; `alone` says that the process ends with it."""
    streams.occupy()
    try:
        with signals.listening(words, alone):
            return _in_streams(words, alone)
    except KeyboardInterrupt as stop:
        if alone:
            signals.remove_leftovers(words)
        return _report(*signals.stop_message(stop))


def _in_streams(words: Sequence[str], alone: bool) -> int:
    try:
        with streams.prepared():
            try:
                return _status(words, alone)
            except KeyboardInterrupt as stop:
                if alone:
                    signals.remove_leftovers(words)
                return _report(*signals.stop_message(stop))
    except OutputError as error:  # stdout is closed
        return _report(f"error: {error}", 1)


def _status(words: Sequence[str], alone: bool) -> int:
    """The exit status, after the output was written."""
    with _kept_imports() if alone else nullcontext(lambda: None) as imported:
        status = _run_verb(words, imported)
    try:
        streams.flush()
    except BrokenPipeError:
        return status
    except OSError as error:
        return status or _report(f"error: cannot write to standard output: {error.strerror}", 1)
    return status


@contextmanager
def _kept_imports() -> Iterator[Callable[[], object]]:
    """No search for garbage among modules: not while they are imported, until the function is called, nor at the end.

    They stay as long as the process. To look through them takes an eighth of the time of a command that does little.
    """
    gc.disable()

    def imported() -> None:
        gc.freeze()
        gc.enable()

    try:
        yield imported
    finally:
        gc.freeze()


def _run_verb(words: Sequence[str], imported: Callable[[], object]) -> int:
    """The exit status; an error is one line on stderr, not a traceback. `imported` is called before the work."""
    from wordvec.cli.logs import logged
    from wordvec.cli.messages import in_flags
    from wordvec.cli.parsing import parsed

    arguments = Namespace()
    with warnings.catch_warnings():

        def warn(message: Warning | str, *where: Any, **more: Any) -> None:
            _report(f"warning: {in_flags(str(message), arguments)}", 0)

        warnings.showwarning = warn
        try:
            arguments = parsed(words)
            imported()
            with logged(arguments):
                arguments.run(arguments)
        except SystemExit as stop:  # from parser.error, or after the help
            return stop.code if isinstance(stop.code, int) else 2
        except BrokenPipeError:  # the reader, such as `head`, has closed the pipe
            streams.silence()
            return 0
        except (OptionError, LibraryError) as error:
            return _report(f"error: {in_flags(str(error), arguments)}", 2)
        except (WordvecError, OSError) as error:
            return _report(f"error: {in_flags(_text(error), arguments)}", 1)
        except MemoryError as error:
            return _report(f"error: not enough memory{f': {error}' if str(error) else ''}", 1)
        except Exception as error:
            if os.environ.get("WORDVEC_TRACEBACK"):
                raise
            return _report(
                f"error: a defect of wordvec, {type(error).__name__}: {error}; please report it, with what "
                "WORDVEC_TRACEBACK=1 in the environment shows",
                1,
            )
    return 0


def _text(error: Exception) -> str:
    """The text of an error; a full disk without a file name is that of stdout."""
    if not isinstance(error, OSError) or not error.strerror:
        return str(error)
    if error.filename is not None:
        names = (name for name in (error.filename, error.filename2) if name is not None)
        return f"{', '.join(streams.decoded(os.fsdecode(name)) for name in names)}: {error.strerror}"
    if error.errno in (ENOSPC, EDQUOT, EFBIG):
        streams.silence()
        return f"cannot write to standard output: {error.strerror}"
    return str(error)


def _report(message: str, status: int) -> int:
    """Write one line to stderr, and return the exit status."""
    with suppress(OSError, ValueError, AttributeError):  # a stderr that is closed or full
        sys.stderr.write("wordvec: " + " ".join(message.split("\n")) + "\n")
    return status
