"""The header of a native file behind a URL, without the rest of the file."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from wordvec.base.errors import FormatError
from wordvec.inputs.downloads import first_bytes
from wordvec.store.header import Tensor, decode, header_size

_FIRST = 1 << 16  # bytes of the first request, enough for most headers


@dataclass(frozen=True)
class RemoteHeader:
    """What the header of a file says: its kind ("wordvec" for vectors), its tensors, its config, and its size."""

    kind: str
    tensors: dict[str, Tensor]
    config: dict[str, Any]
    file_bytes: int


def remote_header(url: str) -> RemoteHeader | None:
    """The header of a native file behind an http(s) URL, by one or two requests; None for a file of another kind.

    FormatError where the server does not answer, or the file starts as a native one and is damaged.
    """
    head, size = first_bytes(url, 0, _FIRST, FormatError)
    if size is None or len(head) < 9 or head[8:9] != b"{":
        return None
    try:
        length = header_size(head[:8], size)
        if len(head) < 8 + length:
            head += first_bytes(url, len(head), 8 + length, FormatError)[0]
        tensors, metadata = decode(head[8 : 8 + length], size - 8 - length)
    except FormatError as error:
        raise FormatError(f"{url}: {error}") from None
    if "wordvec.version" not in metadata:
        return None
    config = json.loads(metadata.get("wordvec.config", "{}"))
    if not isinstance(config, dict):
        raise FormatError(f"{url}: wordvec.config must be an object; it is {type(config).__name__}")
    return RemoteHeader(metadata.get("format", "wordvec"), tensors, config, size)
