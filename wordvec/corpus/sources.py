"""The kinds of corpora: files, folders, globs, compressed files, stdin, URLs, token lists, id arrays."""

from __future__ import annotations

import glob
import os
import stat
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from wordvec.base.compressed import SUFFIXES, decompression_errors
from wordvec.base.errors import CorpusError
from wordvec.inputs import MEMBER, TELLS, bom, find, is_stream, is_url, open_input, packing

BOM = b"\xef\xbb\xbf"
ADVICE = "give the path of a file, or a list of token lists such as [['a', 'rose'], ['is', 'a', 'rose']]"


@dataclass(frozen=True)
class Input:
    """One file, URL or stream of bytes."""

    name: str  # a path, a URL, or "-"
    plain_size: int | None = None  # in bytes, of a regular file that is not compressed
    identity: tuple[str, int, int] | None = None  # absolute path, size and time of change of a regular file

    @contextmanager
    def open(self) -> Iterator[BinaryIO]:
        """The text as UTF-8, decompressed, without a byte order mark; errors become CorpusError."""
        with _reading(self.name), open_input(self.name, encoding="utf-8", error=CorpusError) as stream:
            yield stream

    def check_unchanged(self) -> None:
        """CorpusError if the file has changed since it was found."""
        if self.identity is not None and _identity(self.identity[0]) != self.identity:
            raise CorpusError(f"{self.name} changed while it was read; encode it again when it is complete")


@dataclass(frozen=True)
class Files:
    """A corpus that is text."""

    inputs: list[Input]


@dataclass(frozen=True)
class Lists:
    """A corpus that is an iterable of token lists, or of lines for the user's tokenizer."""

    sentences: Iterable[Any]


@dataclass(frozen=True)
class Arrays:
    """A corpus that is numbers: sentence i is ids[offsets[i]:offsets[i+1]]."""

    ids: NDArray[np.integer[Any]]
    offsets: NDArray[np.int64]


def resolve(source: Any, has_tokenizer: bool) -> Files | Lists | Arrays:
    """What kind of corpus `source` is; CorpusError with advice if it is none."""
    if isinstance(source, Files):
        return source
    if isinstance(source, (str, os.PathLike)):
        return Files(_inputs(os.fspath(source)))
    if isinstance(source, (bytes, bytearray, Mapping)) or not isinstance(source, Iterable) or hasattr(source, "read"):
        raise CorpusError(f"a corpus cannot be a {type(source).__name__}; {ADVICE}")
    if isinstance(source, tuple) and len(source) == 2 and all(isinstance(part, np.ndarray) for part in source):
        return Arrays(*_checked_arrays(*source))
    if isinstance(source, (list, tuple)) and source and isinstance(source[0], (str, os.PathLike)):
        return _paths_or_lines(source, has_tokenizer)
    return Lists(source)


def _paths_or_lines(items: list[Any] | tuple[Any, ...], has_tokenizer: bool) -> Files | Lists:
    if all(_is_path(item) for item in items):
        return Files([part for item in items for part in _inputs(os.fspath(item))])
    if has_tokenizer and all(isinstance(item, str) for item in items):
        return Lists(items)
    bad = next(item for item in items if not _is_path(item))
    raise CorpusError(
        f"a list of strings is read as a list of paths, and {_short(bad)} is no file, folder, glob or URL; {ADVICE}, "
        "or tokenizer= with a list of lines"
    )


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


def _is_path(item: Any) -> bool:
    if not isinstance(item, str):
        return isinstance(item, os.PathLike)
    if not item or is_stream(item) or is_url(item):
        return bool(item)
    path = find(item).path
    return path is not None and (_exists(path) or (glob.has_magic(path) and bool(_matches(path))))


def _exists(name: str) -> bool:
    try:
        return os.path.exists(name)
    except ValueError:  # a NUL byte
        return False


def _matches(pattern: str) -> list[str]:
    try:
        return sorted(name for name in glob.glob(pattern, recursive=True) if os.path.isfile(name))
    except (ValueError, OSError):
        return []


def _inputs(name: str) -> list[Input]:
    """The files of one path, glob, folder or URL."""
    place = find(name) if name else None
    path = "" if place is None else place.path
    if path is None:
        return [Input(name)]
    if place is not None and _exists(path):  # a file of this name comes before a pattern
        return [_file(part) for part in _in_folder(path)] if os.path.isdir(path) else [_file(path, place.member)]
    if glob.has_magic(path):
        if matches := _matches(path):
            return [_file(match) for match in matches]
        raise CorpusError(f"no file matches {_short(name)}; check the pattern and the current folder")
    if not name or (len(name.split()) > 2 and not os.path.splitext(name)[1]) or "\n" in name:
        raise CorpusError(f"a string is read as the path of a file, and {_short(name)} looks like text; {ADVICE}")
    raise CorpusError(f"there is no file {_short(name)}; {ADVICE}")


def files_of(names: Sequence[str]) -> Files:
    """The files of several names."""
    return Files([part for name in names for part in _inputs(name)])


def without(corpus: Sequence[str], outputs: Iterable[str]) -> list[str]:
    """The names of a corpus, where a folder or pattern would also find an output, as its files but for the outputs.

    What an earlier run of the same command wrote into the folder that it reads is no text of the corpus.
    """
    own = [os.path.realpath(output) for output in outputs]
    names: list[str] = []
    for name in corpus:
        path = None if not name or is_stream(name) else find(name).path
        found: list[str] = []
        if path is not None and os.path.isdir(path):
            found = _in_folder(path)
        elif path is not None and not _exists(path) and glob.has_magic(path):
            found = _matches(path)
        real = [os.path.realpath(part) for part in found]
        kept = [a for a, b in zip(found, real) if not any(b == out or b.startswith(out + os.sep) for out in own)]
        if found and not kept:
            raise CorpusError(f"{name} must have files beside the output; it has none")
        names += [name] if len(kept) == len(found) else kept
    return names


def _in_folder(folder: str) -> list[str]:
    """The files of a folder and the folders in it, none of them hidden, sorted by path.

    Links are followed, each folder once. CorpusError names what cannot be read: nothing is left out without a word.
    """
    found, seen = [], set()

    def refused(error: OSError) -> None:
        raise CorpusError(f"the folder {error.filename} cannot be read: {error.strerror}") from error

    for root, folders, names in os.walk(folder, onerror=refused, followlinks=True):
        status = os.stat(root)
        if (status.st_dev, status.st_ino) in seen:  # a link that leads back, or to a folder that has been read
            folders.clear()
            continue
        seen.add((status.st_dev, status.st_ino))
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        found += [os.path.join(root, name) for name in names if not name.startswith(".")]
    for path in found:
        if not os.path.isfile(path):
            what = "a link to nothing" if os.path.islink(path) and not os.path.exists(path) else "no regular file"
            raise CorpusError(f"{path} must be a file to be part of the corpus; it is {what}: remove it")
    if not found:
        raise CorpusError(f"the folder {folder} has no files (hidden ones are left out); give a folder with text files")
    return sorted(found, key=lambda path: path.split(os.sep))


def _file(name: str, member: str | None = None) -> Input:
    try:
        if not stat.S_ISREG(os.stat(name).st_mode):
            return Input(name)
        identity = _identity(name)
        with open(name, "rb") as file:
            kind = packing(file)
            file.seek(0)
            marked = bom(file.read(TELLS))[1]
    except OSError as error:
        raise CorpusError(f"{name} cannot be read: {error.strerror}") from error
    promised = SUFFIXES.get(os.path.splitext(name)[1].lower())
    if promised and kind != promised:
        raise CorpusError(f"{name} does not hold the {promised} data that its name promises; rename it if it is text")
    if member is not None:
        return Input(f"{name}{MEMBER}{member}", None, identity)
    return Input(name, identity[1] if kind is None and marked in (None, "utf-8") else None, identity)


def _identity(name: str) -> tuple[str, int, int]:
    status = os.stat(name)
    return os.path.abspath(name), status.st_size, status.st_mtime_ns


@contextmanager
def _reading(name: str) -> Iterator[None]:
    """Turn errors of reading into a CorpusError that names the file."""
    try:
        with decompression_errors(name, CorpusError):
            yield
    except (OSError, ValueError) as error:
        if isinstance(error, CorpusError):
            raise
        raise CorpusError(f"{name} cannot be read: {error}") from error


def _checked_arrays(ids: NDArray[Any], offsets: NDArray[Any]) -> tuple[NDArray[Any], NDArray[np.int64]]:
    for name, array in (("ids", ids), ("offsets", offsets)):
        if array.ndim != 1 or array.dtype.kind not in "iu":
            raise CorpusError(f"{name} must be a 1-d array of integers; got {array.ndim}-d, {array.dtype}")
    if len(offsets) == 0 or offsets[0] != 0 or offsets[-1] != len(ids) or bool(np.any(offsets[1:] < offsets[:-1])):
        raise CorpusError(
            f"offsets must rise from 0 to the {len(ids)} ids, one more of them than sentences; "
            f"got {_short(offsets[:3].tolist())} ... {_short(offsets[-3:].tolist())}"
        )
    return ids, offsets.astype(np.int64, copy=False)
