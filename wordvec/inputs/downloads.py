"""Downloads over http(s): in parts that a later attempt goes on with, into a temporary file or the user's cache.

A cached file is FOLDER/KEY/file with FOLDER/KEY/record.json beside it, where KEY is made from the URL alone: no name
that a server sends becomes a path. FOLDER is `downloads` in $WORDVEC_CACHE, or else in the system's folder of caches.
"""

from __future__ import annotations

import base64
import errno
import hashlib
import json
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from email.message import Message
from http.client import HTTPException, HTTPResponse
from pathlib import Path
from typing import BinaryIO
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from wordvec.base.caches import bytes_of, cache_folder, locked
from wordvec.base.errors import WordvecError
from wordvec.base.logs import LOG, warn

STEP = 1 << 20
SECONDS = 60  # to wait for a server that does not answer
DEFAULT_SIZE = "20GB"  # of all downloads together
_PAGES = (b"<!doctype html", b"<html")
FULL = (errno.ENOSPC, errno.EDQUOT)


@dataclass(frozen=True)
class Record:
    """What is known of a download: its URL, what the server says it is, and the size and SHA-256 of what came."""

    url: str
    etag: str | None = None
    modified: str | None = None
    size: int | None = None
    sha256: str | None = None

    @property
    def validator(self) -> str | None:
        """What tells the server which version of the file is here; None where it can change without a sign.

        A weak ETag does not promise equal bytes (RFC 9110, section 8.8.1).
        """
        return self.etag if self.etag and not self.etag.startswith("W/") else self.modified


def cached(url: str, limit: int, error: type[WordvecError]) -> str:
    """The path of the kept copy of a URL, downloaded if it is new or has changed on the server.

    A download that broke off goes on where it ended, if the server says that the file is still the same. A server
    that cannot be reached is warned of, and the copy is used. `error` where there is none, or the file is larger than
    `limit` bytes, cut short or not what its checksum says. To make room, the copies that were not used for longest are
    removed: together they take at most $WORDVEC_CACHE_SIZE bytes, 20 GB unless it is given.
    """
    folder = downloads() / hashlib.sha256(url.encode("utf-8", "surrogatepass")).hexdigest()[:32]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return _kept(url, folder, limit, error)
    except OSError as problem:
        if isinstance(problem, WordvecError):
            raise
        raise error(f"{url} must have room in {folder.parent}: {problem.strerror}: set WORDVEC_CACHE") from problem


def _kept(url: str, folder: Path, limit: int, error: type[WordvecError]) -> str:
    """The path of the newest copy in its folder, which one process at a time renews."""
    with locked(folder):
        file, known = folder / "file", _read(folder / "record.json", url)
        if known is not None and (not file.exists() or file.stat().st_size != known.size):
            known = None
        try:
            _renew(url, folder, known, limit, error)
        except _Unreachable as problem:
            if known is None:
                raise error(str(problem)) from problem
            warn(f"{problem}; the copy that was downloaded before is used")
        os.utime(folder / "record.json")
        return str(file)


def downloads() -> Path:
    """The folder of the kept copies."""
    own = os.environ.get("WORDVEC_CACHE")
    return (Path(own).expanduser() if own else cache_folder() / "wordvec") / "downloads"


def download(url: str, file: BinaryIO, limit: int, error: type[WordvecError]) -> None:
    """Write all bytes of a URL to a file; `error` where they are more than `limit`, a web page, or not all."""
    try:
        with _answer(url, {}, limit, error) as answer:
            _receive(answer, url, file, 0, limit, error)
    except _Unreachable as problem:
        raise error(str(problem)) from problem


def first_bytes(url: str, start: int, stop: int, error: type[WordvecError]) -> tuple[bytes, int | None]:
    """Bytes `start` to `stop` of a URL and the size of the whole, if the server says it; no other bytes are read."""
    try:
        with _answer(url, {"Range": f"bytes={start}-{stop - 1}"}, None, error) as answer:
            if answer.status == 206:
                whole = (answer.headers.get("Content-Range") or "").rpartition("/")[2]
                return answer.read(stop - start), int(whole) if whole.isdecimal() else None
            answer.read(start)  # the server sends all of it
            return answer.read(stop - start), _length(answer.headers)
    except _Unreachable as problem:
        raise error(str(problem)) from problem


class _Unreachable(Exception):
    """The server could not be asked, or was not able to answer."""


class _Unchanged(Exception):
    """The server says that the copy is the newest version."""


class _Beyond(Exception):
    """The server says that the file ends before the bytes that were asked for."""


def _renew(url: str, folder: Path, known: Record | None, limit: int, error: type[WordvecError]) -> None:
    """Download the file unless the copy is the newest; it replaces the old one when it is complete and checked."""
    part, note = folder / "part", folder / "part.json"
    begun = _read(note, url)
    start = part.stat().st_size if begun is not None and begun.validator and part.exists() else 0
    headers = {"Accept-Encoding": "identity"}
    if start and begun is not None:
        headers |= {"Range": f"bytes={start}-", "If-Range": str(begun.validator)}
    elif known is not None:
        if known.etag:
            headers["If-None-Match"] = known.etag
        if known.modified:
            headers["If-Modified-Since"] = known.modified
    try:
        with _answer(url, headers, limit, error) as answer:
            start = start if answer.status == 206 else 0
            size = _length(answer.headers)
            _make_room(folder, size or 0)
            record = Record(url, answer.headers.get("ETag"), answer.headers.get("Last-Modified"))
            _write(note, record)
            LOG.info("downloading %s from byte %d on", url, start)
            with open(part, "r+b" if start else "wb") as file:
                digest, received = _receive(answer, url, file, start, limit, error)
            _check(url, answer.headers, digest, part, error)
    except _Unchanged:
        return
    except _Beyond:  # the part is as long as the file, or longer
        part.unlink()
        _renew(url, folder, known, limit, error)
        return
    _write(folder / "record.json", Record(url, record.etag, record.modified, received, digest))
    os.replace(part, folder / "file")
    note.unlink(missing_ok=True)


@contextmanager
def _answer(url: str, headers: dict[str, str], limit: int | None, error: type[WordvecError]) -> Iterator[HTTPResponse]:
    """The answer of the server, whose size is within the limit; errors of the network as _Unreachable.

    A full disk stays an OSError: who has chosen the folder says what to do.
    """
    try:
        request = Request(url, headers={"User-Agent": "wordvec", **headers})
        with urlopen(request, timeout=SECONDS) as answer:
            size = _length(answer.headers)
            if limit is not None and size is not None and size > limit:
                raise error(f"{url} must have at most {limit:,} bytes; the server says it has {size:,}")
            yield answer
    except HTTPError as problem:
        with problem:
            if problem.code in (304, 416):
                raise (_Unchanged if problem.code == 304 else _Beyond) from None
            message = f"{url} cannot be downloaded: the server says {problem.code} {problem.reason}"
            raise (_Unreachable(message) if problem.code >= 500 or problem.code == 429 else error(message)) from None
    except (OSError, HTTPException, ValueError) as problem:
        if isinstance(problem, WordvecError) or (isinstance(problem, OSError) and problem.errno in FULL):
            raise
        raise _Unreachable(f"{url} cannot be downloaded: {getattr(problem, 'reason', None) or problem}") from problem


def _receive(
    answer: HTTPResponse, url: str, file: BinaryIO, start: int, limit: int, error: type[WordvecError]
) -> tuple[str, int]:
    """Write an answer behind the first `start` bytes of a file: the SHA-256 and the size of all of them."""
    digest, received = hashlib.sha256(), 0
    while received < start and (block := file.read(min(STEP, start - received))):
        digest.update(block)
        received += len(block)
    length = _length(answer.headers)
    size = None if length is None else received + length
    while block := answer.read(STEP):
        if received == 0 and block[:512].lstrip(b"\xef\xbb\xbf \t\r\n").lower().startswith(_PAGES):
            raise error(f"{url} must be the file itself; it is a web page: find the link of the download")
        received += len(block)
        if received > limit:
            raise error(f"{url} must have at most {limit:,} bytes; it has more")
        digest.update(block)
        file.write(block)
    file.flush()
    if size is not None and received < size:
        raise error(f"{url} was cut short: {received:,} of {size:,} bytes came; try again")
    return digest.hexdigest(), received


def _check(url: str, headers: Message, digest: str, part: Path, error: type[WordvecError]) -> None:
    """`error` where the server names another SHA-256 than that of the bytes that came, which are removed.

    It is in Repr-Digest (RFC 9530), or in X-Linked-ETag, as hubs of models send it.
    """
    named = re.search(r"sha-256=:([A-Za-z0-9+/=]+):", headers.get("Repr-Digest") or "")
    linked = (headers.get("X-Linked-ETag") or "").strip('"')
    expected = base64.b64decode(named[1]).hex() if named else linked if re.fullmatch("[0-9a-f]{64}", linked) else None
    if expected is not None and expected != digest:
        part.unlink()
        raise error(f"{url} must have the SHA-256 {expected}, as the server says; what came has {digest}: try again")


def _make_room(folder: Path, size: int) -> None:
    """Remove the downloads that were not used for longest, where with `size` bytes more they would be too large."""
    most = bytes_of(os.environ.get("WORDVEC_CACHE_SIZE") or DEFAULT_SIZE, "WORDVEC_CACHE_SIZE")
    others = [other for other in folder.parent.iterdir() if other != folder]
    sizes = {other: sum(file.stat().st_size for file in other.iterdir()) for other in others}
    total = size + sum(sizes.values())
    for other in sorted(others, key=_last_use):
        if total <= most:
            return
        LOG.info("removing %s from the cache, as all downloads must take at most %d bytes", other, most)
        shutil.rmtree(other, ignore_errors=True)  # a process that has mapped the file keeps its bytes
        total -= sizes[other]


def _last_use(folder: Path) -> float:
    try:
        return (folder / "record.json").stat().st_mtime
    except OSError:
        return 0.0


def _read(path: Path, url: str) -> Record | None:
    """The record of a URL in a file; None where there is none that can be used."""
    try:
        record = Record(**json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None
    return record if record.url == url else None


def _write(path: Path, record: Record) -> None:
    path.write_text(json.dumps(asdict(record)), encoding="utf-8")


def _length(headers: Message) -> int | None:
    length = headers.get("Content-Length")
    return int(length) if length is not None and length.isdecimal() else None
