"""The record beside the file of an index: what the index is of, as JSON; and checksums of files."""

from __future__ import annotations

import errno
import json
import zlib
from pathlib import Path
from typing import Any

from wordvec.base.errors import FormatError

FORM, VERSION = "wordvec index", 1
_MOST_RECORD = 1 << 20  # bytes of a side record


def record_path(target: Path) -> Path:
    """Where the record of the index in a file is."""
    return target.with_name(target.name + ".json")


def read_record(target: Path) -> dict[str, Any]:
    """The side record, checked."""
    path = record_path(target)
    if not target.exists() and not path.exists():
        raise FileNotFoundError(errno.ENOENT, "No such file or folder", str(target))
    try:
        with open(path, "rb") as file:
            text = file.read(_MOST_RECORD + 1)
        record = json.loads(text.decode("utf-8")) if len(text) <= _MOST_RECORD else None
    except FileNotFoundError:
        raise FormatError(f"{path}: an index must have its record beside it; there is none: build it again") from None
    except (ValueError, RecursionError) as error:
        raise FormatError(f"{path}: the record of an index must be JSON; {error}") from error
    types = {"kind": str, "rows": int, "dim": int, "bytes": int, "crc32": int, "matrix_crc32": int, "parameters": dict}
    if (
        not isinstance(record, dict)
        or (record.get("form"), "version" in record, "measured" in record) != (FORM, True, True)
        or any(type(record.get(name)) is not wanted for name, wanted in types.items())
    ):
        raise FormatError(f"{path}: this must be the record of an index; it has not what one has")
    if record["version"] != VERSION:
        raise FormatError(f"{path}: version must be {VERSION}; got {record['version']!r}: a later wordvec wrote it")
    return dict(record)


def file_checksum(path: Path) -> int:
    """The CRC-32 of a file."""
    checksum = 0
    with open(path, "rb") as file:
        while block := file.read(1 << 20):
            checksum = zlib.crc32(block, checksum)
    return checksum
