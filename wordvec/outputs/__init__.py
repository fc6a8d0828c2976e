"""All output: a name shows the old content or the whole new one, never a part of it."""

from __future__ import annotations

import errno
import io
import os
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import Any, BinaryIO

from wordvec.base.errors import OptionError, OutputError
from wordvec.base.leftovers import sweep, temporary_name
from wordvec.base.pieces import Frames
from wordvec.outputs.folders import output_folder, recover
from wordvec.outputs.names import FOREIGN, STDOUT, check_name, check_packing, is_stdout, split_compression, suffix_of
from wordvec.outputs.renaming import to_free_name
from wordvec.outputs.targets import Output, check_target, output_error, sync

__all__ = [
    "FOREIGN",
    "STDOUT",
    "Output",
    "check_name",
    "check_output",
    "check_packing",
    "is_stdout",
    "open_output",
    "open_outputs",
    "output_folder",
    "recover",
    "split_compression",
    "suffix_of",
]

_BUFFER = 1 << 20
_PEEK = 4096
Path = str | os.PathLike[str]


@contextmanager
def open_output(
    path: Path,
    *,
    inputs: Iterable[Path] = (),
    force: bool = True,
    mapped: bool = False,
) -> Iterator[BinaryIO]:
    """A binary file, open for writing, that replaces `path` when the block ends without an exception.

    Until then it has a temporary name in the same folder, and any exception removes it. A symbolic link is followed:
    its target is replaced, the link stays. The umask applies as in `open`; a replaced file passes on its permissions.
    `name.gz`, `.bz2`, `.xz` and `.zst` are compressed, which for a `mapped` format is an OptionError. "-" and
    /dev/stdout are standard output; a terminal takes only text. OutputError where `path` is one of `inputs`, where it
    exists or was created meanwhile and `force` is false, where it is a folder or device, and where the disk is full.
    """
    claim = Output.of(path, inputs, force)
    check_packing(claim, mapped=mapped)
    if is_stdout(claim):
        with _stdout(mapped) as file:
            yield file
        return
    with ExitStack() as stack:
        plain = stack.enter_context(_replaced(claim))
        kind = split_compression(claim)[1]
        yield plain if kind is None else stack.enter_context(_compressor(plain, kind))


@contextmanager
def open_outputs(*paths: Path, inputs: Iterable[Path] = (), force: bool = True) -> Iterator[list[BinaryIO]]:
    """Several files that belong together: all are complete before one gets its name, and the first gets it last.

    If the process is stopped in between, the first has no name, so old and new files are never read together.
    """
    claims = [Output.of(path, inputs, force) for path in paths]
    if any(map(is_stdout, claims)):
        raise OptionError("the output must be a file, since it is one of several; got standard output")
    with ExitStack() as stack:
        files = [stack.enter_context(_replaced(claim)) for claim in claims]
        with ExitStack() as inner:
            kinds = [split_compression(claim)[1] for claim in claims]
            pairs = zip(files, kinds)
            yield [inner.enter_context(_compressor(file, kind)) if kind else file for file, kind in pairs]
        for file in files:
            file.flush()
            os.fsync(file.fileno())
        if len(claims) > 1 and claims[0].force:
            with suppress(FileNotFoundError):
                os.unlink(os.path.realpath(claims[0]))


def check_output(path: Path, *, inputs: Iterable[Path] = (), force: bool = True, folder: bool = False) -> Output:
    """The checked name of an output, to be passed to its writer; it carries its inputs and `force`.

    Raises now the errors of writing later: a folder in place of a file, a device, no permission, an input, an existing
    file that must stay. With `folder`, the output is a folder.
    """
    claim = Output.of(path, inputs, force)
    if is_stdout(claim):
        if folder:
            raise OptionError(f"the output must be a folder; {claim} is standard output")
        return claim
    check_packing(claim)
    if folder:
        claim.check_free()
        claim.check_no_input(folder=True)
        parent = os.path.dirname(os.path.abspath(claim.rstrip("/") or claim))
        with suppress(_Rehearsal), _replaced(Output(os.path.join(parent, ".rehearsal"))):
            raise _Rehearsal
        return claim
    with suppress(_Rehearsal), _replaced(claim):
        raise _Rehearsal  # the temporary file could be made, and is removed
    return claim


class _Rehearsal(Exception):
    """Ends the rehearsal of writing a file."""


@contextmanager
def _replaced(claim: Output) -> Iterator[BinaryIO]:
    """A temporary file that gets the name of the output at the end."""
    target = os.path.realpath(claim)
    mode = check_target(target)
    claim.check_no_input()
    claim.check_free()
    folder, name = os.path.split(target)
    sweep(folder)
    temporary = os.path.join(folder, temporary_name(name))
    try:
        descriptor = os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY | getattr(os, "O_BINARY", 0), 0o666)
    except OSError as error:
        raise output_error(error, target) from error
    try:
        with os.fdopen(descriptor, "wb", _BUFFER) as file:
            if mode is not None and hasattr(os, "fchmod"):
                os.fchmod(file.fileno(), mode)
            yield file
            file.flush()
            os.fsync(file.fileno())
        if claim.force:
            os.replace(temporary, target)
        else:
            _place(temporary, target)
    except BaseException as error:
        with suppress(OSError):
            os.unlink(temporary)
        ours = getattr(error, "filename", None) in (None, temporary)
        if isinstance(error, OSError) and not isinstance(error, OutputError) and ours:
            raise output_error(error, target) from error
        raise
    sync(folder)


def _place(temporary: str, target: str) -> None:
    """Rename a file to `target` if that is still free; else to another name, which the error gives."""
    try:
        to_free_name(temporary, target)
        return
    except FileExistsError:
        stem, suffix = os.path.splitext(target)
    for number in range(1, 1000):
        with suppress(FileExistsError):
            other = f"{stem}.new-{number}{suffix}"
            to_free_name(temporary, other)
            problem = f"the output must be a new file; one of this name has come meanwhile: what was made is in {other}"
            raise OutputError(errno.EEXIST, problem, target)
    raise OutputError(errno.EEXIST, "the output must be a new file; one of this name has come meanwhile", target)


@contextmanager
def _compressor(file: BinaryIO, kind: str) -> Iterator[Any]:
    """A file that compresses the bytes written to it; equal input gives equal output."""
    if kind == "gzip":
        import gzip

        inner: Any = gzip.GzipFile(filename="", mode="wb", compresslevel=6, fileobj=file, mtime=0)
    elif kind == "bzip2":
        import bz2

        inner = bz2.BZ2File(file, "wb")
    elif kind == "xz":
        import lzma

        inner = lzma.LZMAFile(file, "wb")
    else:
        inner = Frames(file)
    with inner, io.BufferedWriter(inner, _BUFFER) as writer:
        yield writer


@contextmanager
def _stdout(mapped: bool) -> Iterator[BinaryIO]:
    """Standard output, from its present position; output that needs seeking is written to a temporary file first."""
    stream = sys.stdout
    buffer = None if stream is None or stream.closed else getattr(stream, "buffer", None)
    if buffer is None:
        raise OutputError(errno.EBADF, "standard output must be open to be written to; it is closed", "-")
    stream.flush()
    output: Any = _Unclosed(buffer, stream.isatty())
    if mapped:
        with tempfile.TemporaryFile(prefix=".wordvec-") as file:
            yield file
            file.seek(0)
            while block := file.read(_BUFFER):
                output.write(block)
    else:
        yield output
    buffer.flush()


class _Unclosed:
    """A stream that stays open."""

    def __init__(self, stream: Any, is_terminal: bool) -> None:
        self._stream, self._is_terminal, self._written = stream, is_terminal, 0

    def write(self, data: Any) -> int:
        """Write bytes; OptionError where they are not text and the stream is a terminal."""
        if self._is_terminal and b"\0" in bytes(memoryview(data).cast("B")[:_PEEK]):
            raise OptionError("the output must not be a terminal, since it is no text: give a file, or a pipe after it")
        self._stream.write(data)
        size = memoryview(data).nbytes
        self._written += size
        return size

    def tell(self) -> int:
        """The number of bytes written."""
        return self._written

    def flush(self) -> None:
        """Flush the stream."""
        self._stream.flush()
