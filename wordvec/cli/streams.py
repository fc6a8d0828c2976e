"""Stdout, stderr and stdin as the command uses them: one rule for encodings, and plain errors where one is closed."""

from __future__ import annotations

import codecs
import io
import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import Any, NoReturn, TextIO

from wordvec.base.errors import CorpusError, OutputError

_BYTES = "wordvec-bytes"  # the name of the error handler


@contextmanager
def prepared() -> Iterator[None]:
    """Streams that take every text: to a pipe or a file as UTF-8, to a terminal with escapes for what it cannot show.

    Bytes of words that are not valid UTF-8 come out of a pipe as they went in. OutputError where stdout is closed,
    CorpusError where stdin is closed and is read; where stderr is closed, what is said there is lost.
    """
    codecs.register_error(_BYTES, _as_bytes)
    with ExitStack() as stack:
        stack.callback(setattr, sys, "stdin", sys.stdin)
        if sys.stdin is None:
            sys.stdin = _Closed()
        stack.callback(setattr, sys, "stderr", sys.stderr)
        if sys.stderr is None:
            sys.stderr = stack.enter_context(open(os.devnull, "w", encoding="utf-8"))
        _take_all(sys.stderr, stack)
        sys.stderr = _Lenient(sys.stderr)
        if sys.stdout is None:
            raise OutputError("standard output must be open, since results go there; it is closed")
        _take_all(sys.stdout, stack)
        yield


def flush() -> None:
    """Send what was printed; an error where it cannot be, after which nothing more is tried at exit."""
    try:
        sys.stdout.flush()
    except OSError:
        silence()
        raise


def silence() -> None:
    """Let go what is still in the buffer of stdout: Python would complain about it when it ends."""
    with suppress(OSError, ValueError), open(os.devnull, "w") as nowhere:
        os.dup2(nowhere.fileno(), sys.stdout.fileno())


def given(word: str) -> str:
    r"""A word of the command line as text, also where the locale's encoding is none that has it.

    >>> given("\udcd0\udcba")
    'к'
    """
    try:
        word.encode()
    except UnicodeEncodeError:
        with suppress(UnicodeEncodeError):
            return word.encode("utf-8", "surrogateescape").decode("utf-8", "surrogateescape")
    return word


def _take_all(stream: TextIO, stack: ExitStack) -> None:
    """Make a stream take every text, until the stack is closed."""
    if not isinstance(stream, io.TextIOWrapper):
        return
    before = {"encoding": stream.encoding, "errors": stream.errors}
    stack.callback(_restored, stream, before)
    if stream.isatty():
        stream.reconfigure(errors="backslashreplace")
    else:
        stream.reconfigure(encoding="utf-8", errors=_BYTES)


def _restored(stream: io.TextIOWrapper, before: dict[str, Any]) -> None:
    with suppress(OSError, ValueError):  # closed, or a full disk, of which more has been said
        stream.reconfigure(**before)


def _as_bytes(error: UnicodeError) -> tuple[bytes, int]:
    """An error handler: bytes that were no UTF-8 as they were, other lone surrogates as escapes."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    wrong = error.object[error.start : error.end]
    numbers = (ord(letter) - 0xDC00 for letter in wrong)
    pairs = zip(numbers, wrong)
    made = (bytes([n]) if 0x80 <= n <= 0xFF else letter.encode("ascii", "backslashreplace") for n, letter in pairs)
    return b"".join(made), error.end


def occupy() -> None:
    """Open nothing under the numbers of streams that are closed, so that no file gets them."""
    for number, stream in enumerate((sys.stdin, sys.stdout, sys.stderr)):
        if stream is None:
            with suppress(OSError):
                found = os.open(os.devnull, os.O_RDWR)
                if found != number:
                    os.dup2(found, number)
                    os.close(found)


class _Lenient:
    """Stderr, which may be full or have no reader: what is said there is then lost, and the work goes on."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        """Write what can be written."""
        with suppress(OSError):
            self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        """Send what can be sent."""
        with suppress(OSError):
            self._stream.flush()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


class _Closed:
    """Standard input that is closed: an error for whoever reads it."""

    def __getattr__(self, name: str) -> NoReturn:
        raise CorpusError("standard input must be open where - is read; it is closed: give a file, or a pipe")

    def __iter__(self) -> NoReturn:
        self.__getattr__("read")
