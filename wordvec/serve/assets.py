"""The files of the explorer, read once at the start of the service: a fixed table of names, and nothing beside it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from importlib.resources import files

from starlette.types import Scope

from wordvec.serve.guard import CACHED, Refused

_FIRST = "index.html"  # is what `/` answers
_TYPES = {
    "html": "text/html; charset=utf-8",
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
}


@dataclass(frozen=True)
class Asset:
    """A file of the page: its bytes, their type, and a tag that changes when they do."""

    body: bytes
    kind: str
    tag: bytes


class Assets:
    """The files of the page by name."""

    def __init__(self) -> None:
        self._files = {
            file.name: _asset(file.read_bytes(), _TYPES[file.name.rpartition(".")[2]])
            for file in files("wordvec.serve").joinpath("page").iterdir()
            if file.name.rpartition(".")[2] in _TYPES
        }

    def answer(self, name: str | None, scope: Scope) -> tuple[int, bytes, list[tuple[bytes, bytes]]]:
        """Status, body and headers for a file; for the page where the name is None. Refused where there is none.

        A browser keeps the file, and asks each time whether its tag is still the same.
        """
        asset = self._files.get(_FIRST if name is None else name)
        if asset is None:
            raise Refused(404, "the file must be one of those that the page asks for")
        scope[CACHED] = True
        headers = [(b"etag", asset.tag), (b"cache-control", b"no-cache"), (b"content-type", asset.kind.encode())]
        known = dict(scope["headers"]).get(b"if-none-match", b"")
        if asset.tag in (tag.strip().removeprefix(b"W/") for tag in known.split(b",")):
            return 304, b"", headers
        return 200, asset.body, [*headers, (b"content-length", b"%d" % len(asset.body))]


def _asset(body: bytes, kind: str) -> Asset:
    return Asset(body, kind, b'"%s"' % hashlib.blake2b(body, digest_size=12).hexdigest().encode())
