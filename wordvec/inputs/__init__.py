"""All input: files, plain, compressed or in archives, standard input, pipes and URLs."""

from __future__ import annotations

import codecs
import errno
import io
import os
import stat
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from typing import Any, BinaryIO

from wordvec.base.compressed import PEEK, compression_of, decompression_errors, decompressor, joined, read_exactly
from wordvec.base.errors import FormatError, OptionError, WordvecError
from wordvec.base.leftovers import prefix, sweep
from wordvec.inputs.archives import BLOCK, ZIP, is_tar, tar_member, zip_member
from wordvec.inputs.kinds import BOMS, bom, describe, is_text, no_text
from wordvec.inputs.kinds import PEEK as TELLS
from wordvec.inputs.places import MEMBER, STDIN, Place, claimed_stdin, find, is_stream, is_url, local

__all__ = [
    "BOMS",
    "LIMIT",
    "MEMBER",
    "STDIN",
    "TELLS",
    "Place",
    "bom",
    "claimed_stdin",
    "describe",
    "find",
    "is_pipe",
    "is_stream",
    "is_text",
    "is_url",
    "local",
    "local_input",
    "no_text",
    "open_input",
    "packing",
    "plain_file",
    "read_lines",
]

LIMIT = 1 << 36  # bytes downloaded or copied into a temporary file, at most
_RATIO, _AT_LEAST = 250, 1 << 28  # a decompressed temporary file is at most 250 times as large as the input, or 256 MB
_STEP = 1 << 20
_PATIENCE = 1.0  # seconds to wait for the writer of a pipe
_HEAD = 1 << 16
Path = str | os.PathLike[str]


@contextmanager
def open_input(
    path: Path,
    *,
    member: str | None = None,
    encoding: str | None = None,
    limit: int = LIMIT,
    error: type[WordvecError] = FormatError,
) -> Iterator[BinaryIO]:
    r"""The bytes of an input, decompressed; a context manager.

    `path` is a file (`~` is the home folder), a pipe, "-" or /dev/stdin (which can be read once), `file://...`,
    `https://...`, or a URL that smart_open knows. gzip, bzip2, xz and zstd, and zip and tar archives, are recognised by
    their first bytes. Of an archive with several members one must be named, by `member` or as "archive.zip::name".
    With `encoding` the input is text in that encoding and comes as UTF-8 without a byte order mark; "utf-8" also reads
    UTF-16 and UTF-32 that start with their mark, and keeps invalid bytes. At most `limit` bytes are downloaded.
    FileNotFoundError and other OSErrors where a file cannot be opened; `error` for everything else: damage, several
    members, a failed download.

    >>> import gzip, pathlib, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder, "words.gz")
    ...     _ = path.write_bytes(gzip.compress(b"\xef\xbb\xbfone two"))
    ...     with open_input(path, encoding="utf-8") as stream:
    ...         stream.read()
    b'one two'
    """
    place = find(path, member)
    with ExitStack() as stack:
        stack.enter_context(decompression_errors(place.name, error))
        raw = stack.enter_context(_raw(place, limit, error))
        stream = _unpacked(stack, raw, place, error)
        yield stream if encoding is None else _as_utf8(stream, encoding, place.name, error)


def read_lines(
    path: Path, *, encoding: str = "utf-8", limit: int = LIMIT, error: type[WordvecError] = FormatError
) -> Iterator[str]:
    r"""The lines of a text, without their line ends, from anything that `open_input` opens.

    A line ends with "\n" or "\r\n"; in a text without "\n", with "\r". Invalid UTF-8 comes as surrogate escapes.
    `error` where the input is not text.
    """
    with open_input(path, encoding=encoding, limit=limit, error=error) as stream:
        head = read_exactly(stream, _HEAD)
        if (kind := no_text(head)) is not None:
            raise error(f"{os.fspath(path)}: it must be text; it is {kind}")
        old = b"\r" in head and b"\n" not in head
        text = io.TextIOWrapper(joined(head, stream), "utf-8", "surrogateescape", newline="\r" if old else "\n")
        for line in text:
            if "\0" in line:
                raise error(f"{os.fspath(path)}: it must be text; it is {describe(head)}, and holds NUL bytes")
            yield line.removesuffix("\n").removesuffix("\r")


@contextmanager
def local_input(
    path: Path, *, keep: bool = False, limit: int = LIMIT, error: type[WordvecError] = FormatError
) -> Iterator[Place]:
    """The place of an input in a regular file or folder, not decompressed: the input itself or a temporary copy.

    Standard input, pipes and URLs are copied; the copy is removed at the end. Its `Place` keeps the original name.
    With `keep`, what http(s) brings is kept in the user's cache (see `inputs.downloads`), and used again from there.
    """
    place = find(path)
    if keep and place.url is not None and place.url.lower().startswith(("http://", "https://")):
        from wordvec.inputs.downloads import cached

        yield replace(place, path=cached(place.url, limit, error), url=None, is_copy=True, is_kept=True)
        return
    if place.path is not None and not is_pipe(place.path):
        yield place
        return
    with _raw(place, limit, error, _PATIENCE) as raw, _named_copy(raw, place.name, limit, error) as copy:
        yield replace(place, path=copy, url=None, is_copy=True)


@contextmanager
def plain_file(
    path: Path, *, member: str | None = None, limit: int = LIMIT, error: type[WordvecError] = FormatError
) -> Iterator[str]:
    """The path of a regular file with the bytes that `open_input` gives: the input itself or a temporary file."""
    place = find(path, member)
    if place.path is not None and place.member is None and os.path.isfile(place.path):
        with open(place.path, "rb") as file:
            plain = packing(file) is None
        if plain:
            yield place.path
            return
    with ExitStack() as stack:
        stack.enter_context(decompression_errors(place.name, error))
        stream = _unpacked(stack, stack.enter_context(_raw(place, limit, error, _PATIENCE)), place, error)
        size = os.path.getsize(place.path) if place.path is not None and os.path.isfile(place.path) else limit
        most = min(limit, max(_AT_LEAST, _RATIO * size))
        yield stack.enter_context(_named_copy(stream, place.name, most, error))


def packing(file: Any) -> str | None:
    """How a seekable file is packed: a compression such as "gzip", or "zip" or "tar"; None for a plain file."""
    head = read_exactly(file, BLOCK)
    if (kind := compression_of(head[:PEEK])) is not None:
        return kind
    return "zip" if head.startswith(ZIP) else "tar" if is_tar(head) else None


@contextmanager
def _raw(place: Place, limit: int, error: type[WordvecError], patience: float | None = None) -> Iterator[Any]:
    """The bytes as stored. `patience`: seconds to wait until somebody writes into a pipe."""
    if place.is_stdin:
        yield claimed_stdin(error)
        return
    if place.url is not None:
        from wordvec.inputs.remote import opened

        with opened(place.url, limit, error) as stream:
            yield stream
        return
    assert place.path is not None
    if patience is not None and is_pipe(place.path):
        with _pipe(place, patience, error) as pipe:
            yield pipe
        return
    try:
        file = open(place.path, "rb")
    except IsADirectoryError:
        raise error(f"{place.name} must be a file; it is a folder") from None
    except ValueError:  # a NUL byte
        raise OptionError(f"path must be that of a file; got {place.name!r}") from None
    with file:
        yield file


def _unpacked(stack: ExitStack, raw: Any, place: Place, error: type[WordvecError]) -> BinaryIO:
    """The content of a file, decompressed; of an archive, the content of its member."""
    start = raw.tell() if raw.seekable() else None
    head = read_exactly(raw, PEEK)
    if head.startswith(ZIP):
        file = _seekable(stack, raw, start, head, place, error)
        inner = stack.enter_context(zip_member(file, place.name, place.member, error))
        return _decompressed(inner)
    kind, whole = compression_of(head), joined(head, raw)
    stream = decompressor(whole, kind)
    block = read_exactly(stream, BLOCK)
    if is_tar(block):
        if start is None:
            copy = stack.enter_context(tempfile.TemporaryFile(prefix=".wordvec-"))
            rest = joined(block, stream)  # the decompressed bytes: the start of the stream cannot be read again
            _copy(rest, copy, place.name, LIMIT, error)
            raw, start, kind = copy, 0, None
        return _decompressed(stack.enter_context(tar_member(raw, start, kind, place.name, place.member, error)))
    if place.member is not None:
        raise error(f"{place.name} must be a zip or tar archive to have a member; it is {describe(block)}")
    if start is None:
        return joined(block, stream)
    raw.seek(start)
    return raw if kind is None else stack.enter_context(decompressor(raw, kind))  # type: ignore[no-any-return]


def _decompressed(stream: BinaryIO) -> BinaryIO:
    """The content of a member of an archive, which may itself be compressed."""
    head = read_exactly(stream, PEEK)
    kind = compression_of(head)
    whole = joined(head, stream)
    return whole if kind is None else decompressor(whole, kind)


def _seekable(
    stack: ExitStack, raw: Any, start: int | None, head: bytes, place: Place, error: type[WordvecError]
) -> Any:
    """A seekable file: the input, if it is one that stands at its start, else a copy."""
    if start == 0:
        raw.seek(0)
        return raw
    copy = stack.enter_context(tempfile.TemporaryFile(prefix=".wordvec-"))
    _copy(joined(head, raw), copy, place.name, LIMIT, error)
    copy.seek(0)
    return copy


@contextmanager
def _named_copy(stream: Any, name: str, most: int, error: type[WordvecError]) -> Iterator[str]:
    """The path of a temporary file with the rest of a stream."""
    folder = tempfile.gettempdir()
    sweep(folder)
    descriptor, path = tempfile.mkstemp(prefix=prefix(), dir=folder)
    try:
        with os.fdopen(descriptor, "wb") as file:
            _copy(stream, file, name, most, error)
        yield path
    finally:
        os.unlink(path)


def _copy(stream: Any, file: Any, name: str, most: int, error: type[WordvecError]) -> None:
    """Copy the rest of a stream; `error` where it has more than `most` bytes."""
    size = 0
    while block := stream.read(_STEP):
        size += len(block)
        if size > most:
            raise error(f"{name} must not become larger than {most:,} bytes when it is unpacked; it does: unpack it")
        try:
            file.write(block)
        except OSError as problem:
            if problem.errno in (errno.ENOSPC, errno.EDQUOT):
                from wordvec.inputs.remote import no_room

                raise error(no_room(name)) from problem
            raise
    file.flush()


@contextmanager
def _pipe(place: Place, patience: float, error: type[WordvecError]) -> Iterator[BinaryIO]:
    """A named pipe, once somebody writes into it."""
    assert place.path is not None
    descriptor = os.open(place.path, os.O_RDONLY | os.O_NONBLOCK)
    with os.fdopen(descriptor, "rb", buffering=0) as file:
        head, until = b"", time.monotonic() + patience
        with suppress(BlockingIOError):  # a writer has opened it and not written yet
            while not (head := os.read(descriptor, _STEP)):
                if time.monotonic() > until:
                    problem = "a device, pipe or socket must have one who writes into it; this has none"
                    raise error(f"{place.name}: {problem}")
                time.sleep(0.02)
        os.set_blocking(descriptor, True)
        yield joined(head, file)


def is_pipe(path: str) -> bool:
    """Whether a path is that of a named pipe, which can be read once."""
    try:
        return stat.S_ISFIFO(os.stat(path).st_mode)
    except (OSError, ValueError):
        return False


def _as_utf8(stream: BinaryIO, encoding: str, name: str, error: type[WordvecError]) -> BinaryIO:
    """Text in an encoding, as UTF-8 without a byte order mark."""
    try:
        wanted = codecs.lookup(encoding).name
    except LookupError:
        raise OptionError(f"encoding must be one that Python knows; got {encoding!r}") from None
    head = read_exactly(stream, TELLS)
    size, marked = bom(head)
    if wanted == "utf-8" or (marked is not None and marked.startswith(wanted)):
        if marked in (None, "utf-8"):
            return joined(head[size:], stream)
        wanted, head = str(marked), head[size:]
    return io.BufferedReader(_Transcoded(joined(head, stream), wanted, name, error), 1 << 17)


class _Transcoded(io.RawIOBase):
    """Text in another encoding, as UTF-8."""

    def __init__(self, stream: BinaryIO, encoding: str, name: str, error: type[WordvecError]) -> None:
        self._stream, self._decoder = stream, codecs.getincrementaldecoder(encoding)()
        self._encoding, self._name, self._error = encoding, name, error
        self._rest, self._ended = b"", False

    def readable(self) -> bool:
        """True."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Read up to the size of the buffer; the number of bytes read."""
        while not self._rest and not self._ended:
            part = self._stream.read(_HEAD)
            self._ended = not part
            try:
                self._rest = self._decoder.decode(part, final=self._ended).encode("utf-8", "surrogatepass")
            except UnicodeDecodeError as problem:
                wrong = f"it has {problem.object[problem.start : problem.start + 4]!r}"
                raise self._error(f"{self._name} must be text in {self._encoding}; {wrong}") from None
        size = min(len(buffer), len(self._rest))
        buffer[:size], self._rest = self._rest[:size], self._rest[size:]
        return size
