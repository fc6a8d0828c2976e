"""Inputs behind URLs: http(s) is downloaded to a temporary file, other schemes are opened by smart_open."""

from __future__ import annotations

import errno
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO

from wordvec.base.errors import WordvecError
from wordvec.base.libraries import library, missing

_STEP = 1 << 20
_SECONDS = 60  # to wait for a server that does not answer
_EXTRAS = {"gs": "gcs", "scp": "ssh", "sftp": "ssh"}  # of smart_open, where they are not named as the scheme
_PAGES = (b"<!doctype html", b"<html")


@contextmanager
def opened(url: str, limit: int, error: type[WordvecError]) -> Iterator[BinaryIO]:
    """The bytes behind a URL; `error` where they cannot be read or are a web page, LibraryError without a transport."""
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
    """Download all of it; a size or a kind that is wrong is reported before much was downloaded."""
    from http.client import HTTPException
    from urllib.error import HTTPError
    from urllib.request import Request, urlopen

    try:
        with urlopen(Request(url, headers={"User-Agent": "wordvec"}), timeout=_SECONDS) as answer:
            length = answer.headers.get("Content-Length")
            size = int(length) if length is not None and length.isdecimal() else None
            if size is not None and size > limit:
                raise error(f"{url} must have at most {limit:,} bytes; the server says it has {size:,}")
            received = 0
            while block := answer.read(_STEP):
                if received == 0 and block[:512].lstrip(b"\xef\xbb\xbf \t\r\n").lower().startswith(_PAGES):
                    raise error(f"{url} must be the file itself; it is a web page: find the link of the download")
                received += len(block)
                if received > limit:
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
    if size is not None and received < size:
        raise error(f"{url} was cut short: {received:,} of {size:,} bytes came; try again")


def no_room(name: str) -> str:
    """The message for a full folder of temporary files."""
    return f"{name} must have room in {tempfile.gettempdir()} while it is read; there is none: set TMPDIR"
