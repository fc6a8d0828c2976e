"""Detects files that are not text, by their first bytes, before they are read."""

from __future__ import annotations

import re

from wordvec.base.errors import CorpusError
from wordvec.base.logs import warn

HEAD = 4096  # bytes that are checked

_BEGINNINGS = {  # first bytes: what the file is, and advice
    b"\xff\xfe\x00\x00": "text of UTF-32: convert it, such as with `iconv -f utf-32 -t utf-8`",
    b"\x00\x00\xfe\xff": "text of UTF-32: convert it, such as with `iconv -f utf-32 -t utf-8`",
    b"PK\x03\x04": "a zip archive, or a document that is one (.docx, .npz): take the text out of it",
    b"\x1f\x8b\x08": "gzip data within what was decompressed: decompress it once more",
    b"BZh91AY&SY": "bzip2 data within what was decompressed: decompress it once more",
    b"\xfd7zXZ\x00": "xz data within what was decompressed: decompress it once more",
    b"\x28\xb5\x2f\xfd": "zstd data within what was decompressed: decompress it once more",
    b"7z\xbc\xaf\x27\x1c": "a 7z archive: take the text out of it",
    b"Rar!\x1a\x07": "a RAR archive: take the text out of it",
    b"\x7fELF": "a program (ELF)",
    b"\xca\xfe\xba\xbe": "a program (Java or macOS)",
    b"\xcf\xfa\xed\xfe": "a program (macOS)",
    b"%PDF-": "a PDF document: take the text out of it, such as with `pdftotext`",
    b"{\\rtf1": "an RTF document: save it as plain text",
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1": "a document of Microsoft Office: save it as plain text",
    b"\x89PNG\r\n": "a picture",
    b"\xff\xd8\xff": "a picture",
    b"GIF8": "a picture",
    b"PAR1": "a Parquet table: read it, and give the column of texts cut into tokens",
    b"ARROW1": "an Arrow table: read it, and give the column of texts cut into tokens",
    b"ORC\x0a": "an ORC table: read it, and give the column of texts cut into tokens",
    b"Obj\x01": "an Avro table: read it, and give the column of texts cut into tokens",
    b"SQLite format 3\x00": "a SQLite database: read it, and give the column of texts cut into tokens",
    b"\x89HDF\r\n": "an HDF5 file: read it, and give texts cut into tokens",
    b"\x93NUMPY": "an array of numpy: load it, and give (ids, offsets)",
    b"\xba\x16\x4f\x2f": "a fastText model: wordvec.load reads it; what is trained on must be text",
    b"FiFu": "vectors of finalfusion: wordvec.load reads them; what is trained on must be text",
}

_MARKED = {b'{"': "JSON", b'[{"': "JSON", b"<?xml": "XML", b"<!DOCTYPE": "HTML", b"<html": "HTML"}


def check_text(name: str, head: bytes) -> None:
    """CorpusError where the first bytes show that an input is no text, a warning where that is likely."""
    if what := _certainly(head[:HEAD]):
        raise CorpusError(f"{name} must be text in UTF-8; it is {what}")
    start = head.lstrip()
    for mark, what in _MARKED.items():
        if start.startswith(mark):
            warn(f"{name} looks like {what}, whose names and marks become words: take the text out of it first")
            return


def _is_utf16(head: bytes) -> bool:
    """Whether a byte order mark of UTF-16 is followed by what most text has: ASCII, white space, or Chinese and so on.

    The mark alone proves nothing: bytes that are no UTF-8 may stand anywhere.
    """
    if head[:2] not in (b"\xff\xfe", b"\xfe\xff"):
        return False
    text = head[: len(head) // 2 * 2].decode("utf-16", "replace")
    ascii, chinese = sum("\t" <= c < "\x7f" for c in text), sum("\u3000" <= c < "\ud7ff" for c in text)
    return len(text) > 1 and (8 * ascii >= len(text) or 10 * chinese >= 9 * len(text))


def _certainly(head: bytes) -> str | None:
    if _is_utf16(head):
        return "text of UTF-16: convert it, such as with `iconv -f utf-16 -t utf-8`"
    for beginning, what in _BEGINNINGS.items():
        if head.startswith(beginning):
            return what
    if head[8:10] == b'{"' and int.from_bytes(head[:8], "little") < 1 << 32:
        return "a .safetensors file: wordvec.load reads vectors, and `counts` are for models of counts; give the text"
    if head[:1] == b"\x80" and head[1:2] in (b"\x02", b"\x03", b"\x04", b"\x05") and head[2:3] in b"c}](\x8a\x95KXq":
        return "a pickle: load it where you trust it, and give token lists"
    if head[:2] == b"MZ" and head[2:64].count(0) > 8:
        return "a program (Windows)"
    if head[257:262] == b"ustar":
        return "a tar archive: take the text out of it"
    if _is_vectors(head):
        return "vectors of words, one a line: wordvec.load reads them; what is trained on must be text"
    return _binary(head)


def _is_vectors(head: bytes) -> bool:
    """Whether a line "words dimensions" is followed by a word and that many numbers."""
    first, _, rest = head.partition(b"\n")
    if not re.fullmatch(rb"[1-9]\d* [1-9]\d*\r?", first):
        return False
    fields = rest.partition(b"\n")[0].split()[1:]
    numbers = all(re.fullmatch(rb"-?\d+\.\d+(e-?\d+)?", field) for field in fields[:-1])
    return numbers and 1 < len(fields) <= int(first.split()[1])


def _binary(head: bytes) -> str | None:
    """What a file with many zero bytes is, judged by their positions: UTF-32 or UTF-16; None for others."""
    zeros = head.count(0)
    if zeros < 8 or zeros < 0.01 * len(head):
        return None
    if zeros > 0.6 * len(head):
        return "text of UTF-32, or none: convert it, such as with `iconv -f utf-32le -t utf-8`"
    odd = head[1::2].count(0)
    if odd >= 0.95 * zeros or odd <= 0.05 * zeros:
        order = "le" if odd >= 0.95 * zeros else "be"
        return f"text of UTF-16 without a byte order mark: convert it, such as with `iconv -f utf-16{order} -t utf-8`"
    return None  # NUL bytes may be letters: a warning follows when they are counted
