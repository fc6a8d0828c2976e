"""Stdin, stdout and stderr of the command: one rule for encodings, and plain errors for closed streams."""

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
    """Streams that can write any text: UTF-8 to a pipe or a file, to a terminal escapes for what it cannot show.

    Bytes of words that are not valid UTF-8 are written as they were read. OutputError for a closed stdout; CorpusError
    when a closed stdin is read; what is written to a closed stderr is lost.
    """
    codecs.register_error(_BYTES, _as_bytes)
    with ExitStack() as stack:
        stack.callback(setattr, sys, "stdin", sys.stdin)
        if sys.stdin is None:
            sys.stdin = _Closed()
        stack.callback(setattr, sys, "stderr", sys.stderr)
        if sys.stderr is None:
            sys.stderr = stack.enter_context(open(os.devnull, "w", encoding="utf-8"))
        _take_any_text(sys.stderr, stack)
        sys.stderr = _Lenient(sys.stderr)
        if sys.stdout is None:
            raise OutputError("standard output must be open, since results go there; it is closed")
        _take_any_text(sys.stdout, stack)
        yield


def flush() -> None:
    """Write out the buffer of stdout; after an error, Python does not try again at exit."""
    try:
        sys.stdout.flush()
    except OSError:
        silence()
        raise


def silence() -> None:
    """Drop the buffer of stdout, which Python would else fail to write at exit."""
    with suppress(OSError, ValueError), open(os.devnull, "w") as nowhere:
        os.dup2(nowhere.fileno(), sys.stdout.fileno())


def decoded(word: str) -> str:
    r"""A word of the command line as text; it is UTF-8 even if the locale has another encoding.

    >>> decoded("\udcd0\udcba")
    'к'
    """
    try:
        word.encode()
    except UnicodeEncodeError:
        with suppress(UnicodeEncodeError):
            return word.encode("utf-8", "surrogateescape").decode("utf-8", "surrogateescape")
    return word


def _take_any_text(stream: TextIO, stack: ExitStack) -> None:
    """Make a stream write any text, until the stack is closed."""
    if not isinstance(stream, io.TextIOWrapper):
        return
    before = {"encoding": stream.encoding, "errors": stream.errors}
    stack.callback(_restore, stream, before)
    if stream.isatty():
        stream.reconfigure(errors="backslashreplace")
    else:
        stream.reconfigure(encoding="utf-8", errors=_BYTES)


def _restore(stream: io.TextIOWrapper, before: dict[str, Any]) -> None:
    with suppress(OSError, ValueError):  # closed, or a full disk, which was reported before
        stream.reconfigure(**before)


def _as_bytes(error: UnicodeError) -> tuple[bytes, int]:
    """An error handler: surrogate escapes become their bytes again, other lone surrogates backslash escapes."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    encoded = bytearray()
    for character in error.object[error.start : error.end]:
        byte = ord(character) - 0xDC00
        encoded += bytes([byte]) if 0x80 <= byte <= 0xFF else character.encode("ascii", "backslashreplace")
    return bytes(encoded), error.end


def occupy() -> None:
    """Open the null device as each closed stream, so that no file gets its descriptor."""
    for number, stream in enumerate((sys.stdin, sys.stdout, sys.stderr)):
        if stream is None:
            with suppress(OSError):
                descriptor = os.open(os.devnull, os.O_RDWR)
                if descriptor != number:
                    os.dup2(descriptor, number)
                    os.close(descriptor)


class _Lenient:
    """Stderr; if it is full or has no reader, its text is lost and the work goes on."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        """Write the text, if the stream takes it."""
        with suppress(OSError):
            self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        """Write out the buffer, if the stream takes it."""
        with suppress(OSError):
            self._stream.flush()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


class _Closed:
    """A closed standard input: reading it is an error."""

    def __getattr__(self, name: str) -> NoReturn:
        raise CorpusError("standard input must be open where - is read; it is closed: give a file, or a pipe")

    def __iter__(self) -> NoReturn:
        self.__getattr__("read")
