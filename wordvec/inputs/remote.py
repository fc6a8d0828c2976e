"""Inputs behind URLs: http(s) is downloaded to a temporary file, other schemes are opened by smart_open."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

from wordvec.base.errors import WordvecError
from wordvec.base.libraries import library, missing
from wordvec.inputs.downloads import FULL, download

_EXTRAS = {"gs": "gcs", "scp": "ssh", "sftp": "ssh"}  # of smart_open, where they are not named as the scheme


@contextmanager
def opened(url: str, limit: int, error: type[WordvecError]) -> Iterator[BinaryIO]:
    """The bytes behind a URL; `error` where they cannot be read or are a web page, LibraryError without a transport."""
    if url.lower().startswith(("http://", "https://")):
        with tempfile.TemporaryFile(prefix=".wordvec-") as file:
            try:
                download(url, file, limit, error)
            except OSError as problem:
                if problem.errno not in FULL:
                    raise
                raise error(no_room(url)) from problem
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


def no_room(name: str) -> str:
    """The message for a full folder of temporary files."""
    return f"{name} must have room in {tempfile.gettempdir()} while it is read; there is none: set TMPDIR"
