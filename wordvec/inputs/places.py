"""The names of inputs: standard input, a file, a URL, and a member of an archive."""

from __future__ import annotations

import os
import re
import sys
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote_to_bytes

from wordvec.base.errors import OptionError, WordvecError

STDIN = ("-", "/dev/stdin", "/dev/fd/0", "/proc/self/fd/0")
MEMBER = "::"  # between the name of an archive and the name of its member
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://\S*")


@dataclass(frozen=True)
class Place:
    """Where an input is: in a file, behind a URL, or, if both are None, on standard input."""

    name: str  # the original name, for messages
    path: str | None = None
    url: str | None = None
    member: str | None = None  # of an archive
    is_copy: bool = False  # the file is a copy: a temporary one, or one in the cache of downloads
    is_kept: bool = False  # the copy stays after it was read

    @property
    def is_stdin(self) -> bool:
        """Whether the input is standard input."""
        return self.path is None and self.url is None


def is_url(name: str) -> bool:
    """Whether a name is a URL, including `file://...`."""
    return _URL.fullmatch(name) is not None


def is_stream(name: str) -> bool:
    """Whether a name is that of standard input or of a URL other than `file://...`."""
    return name in STDIN or (is_url(name) and not name.lower().startswith("file:"))


def find(path: str | os.PathLike[str], member: str | None = None) -> Place:
    """The place that a name stands for; the input is not opened. OptionError where it is not a name.

    >>> find("file:///data/two%20words.txt").path, find("-").is_stdin, find("https://host/a.zip::b.txt").member
    ('/data/two words.txt', True, 'b.txt')
    """
    name = os.fspath(path) if isinstance(path, (str, bytes, os.PathLike)) else None
    if not name:
        raise OptionError(f"path must be that of a file, a string or a pathlib.Path; got {path!r:.80}")
    name = os.fsdecode(name)
    if name in STDIN:
        return Place(name, member=member)
    if is_url(name) and not name.lower().startswith("file:"):
        url, mark, inner = name.partition(MEMBER)
        return Place(name, url=url, member=member if member is not None or not mark else inner)
    place = local(name)
    if member is None and MEMBER in place and not _exists(place):
        outer, _, inner = place.rpartition(MEMBER)
        if _exists(outer) and inner:
            return Place(name, outer, member=inner)
    return Place(name, place, member=member)


def local(name: str) -> str:
    """The path of a file name: that of a `file://...` URL, or with `~` replaced by the home folder."""
    if name[:7].lower() == "file://":
        host, slash, rest = name[7:].partition("/")
        if host not in ("", "localhost") or not slash:
            raise OptionError(f"a file:// URL must be of a file here, as file:///folder/name; got {name!r}")
        path = os.fsdecode(unquote_to_bytes(rest))
        return path if os.name == "nt" else "/" + path
    if name.startswith("~") and not _exists(name):
        return os.path.expanduser(name)
    return name


def claimed_stdin(error: type[WordvecError]) -> Any:
    """The bytes of standard input, for the first caller; `error` for later ones, as it can be read once.

    The stream itself is marked as taken.
    """
    stream = sys.stdin
    buffer = None if stream is None or getattr(stream, "closed", False) else getattr(stream, "buffer", None)
    if buffer is None:
        raise error("standard input must be open to be read; it is closed: give a file")
    if getattr(stream, "_wordvec_taken", False):
        raise error("standard input can be read once; two inputs are to come from it: put one of them into a file")
    stream._wordvec_taken = True  # type: ignore[union-attr]
    return buffer


def _exists(name: str) -> bool:
    try:
        return os.path.lexists(name)
    except ValueError:  # a NUL byte
        return False
