"""Inputs behind URLs: http(s) is downloaded to a file that nobody else sees, other schemes are smart_open's."""

from __future__ import annotations

import errno
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO

from wordvec.base.errors import WordvecError
from wordvec.base.libraries import library, missing

_STEP = 1 << 20
_SECONDS = 60  # to wait for a server that says nothing
_EXTRAS = {"gs": "gcs", "scp": "ssh", "sftp": "ssh"}  # of smart_open, where they are not named as the scheme
_PAGES = (b"<!doctype html", b"<html")


@contextmanager
def opened(url: str, limit: int, error: type[WordvecError]) -> Iterator[BinaryIO]:
    """The bytes behind a URL; `error` where they cannot be had, or are the page of a web site."""
    if url.lower().startswith(("http://", "https://")):
        with tempfile.TemporaryFile(prefix=".wordvec-") as file:
            _download(url, file, limit, error)
            file.seek(0)
            yield file
        return
    smart_open = library("smart_open", "smart-open>=7", "to read a URL")
    try:
        stream = smart_open.open(url, "rb", compression="disable")
    except ImportError:
        scheme = url.partition(":")[0].lower()
        extra = _EXTRAS.get(scheme, scheme)
        raise missing(f"smart_open[{extra}]", f"smart-open[{extra}]", f"to read {url}") from None
    except Exception as problem:  # each transport of smart_open raises its own class
        raise error(f"{url} cannot be opened: {problem}") from problem
    with stream:
        yield stream


def _download(url: str, file: Any, limit: int, error: type[WordvecError]) -> None:
    """Bring all of it; what is wrong with it is said before much has come."""
    from http.client import HTTPException
    from urllib.error import HTTPError
    from urllib.request import Request, urlopen

    try:
        with urlopen(Request(url, headers={"User-Agent": "wordvec"}), timeout=_SECONDS) as answer:
            told = answer.headers.get("Content-Length")
            size = int(told) if told is not None and told.isdecimal() else None
            if size is not None and size > limit:
                raise error(f"{url} must have at most {limit:,} bytes; the server says it has {size:,}")
            got = 0
            while block := answer.read(_STEP):
                if got == 0 and block[:512].lstrip(b"\xef\xbb\xbf \t\r\n").lower().startswith(_PAGES):
                    raise error(f"{url} must be the file itself; it is a web page: find the link of the download")
                got += len(block)
                if got > limit:
                    raise error(f"{url} must have at most {limit:,} bytes; it has more")
                file.write(block)
    except HTTPError as problem:
        raise error(f"{url} cannot be downloaded: the server says {problem.code} {problem.reason}") from problem
    except (OSError, HTTPException, ValueError) as problem:
        if isinstance(problem, WordvecError):
            raise
        if isinstance(problem, OSError) and problem.errno in (errno.ENOSPC, errno.EDQUOT):
            raise error(no_room(url)) from problem
        raise error(f"{url} cannot be downloaded: {getattr(problem, 'reason', None) or problem}") from problem
    if size is not None and got < size:
        raise error(f"{url} was cut short: {got:,} of {size:,} bytes came; try again")


def no_room(name: str) -> str:
    """What to say where the folder of temporary files is full."""
    return f"{name} must have room in {tempfile.gettempdir()} while it is read; there is none: set TMPDIR"
