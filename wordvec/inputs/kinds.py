"""The kind of a file by its first bytes: text and its encoding, or another kind, named for messages."""

from __future__ import annotations

import codecs
import re

KINDS = {  # files passed by mistake, and their names in messages
    b"\x93NUMPY": "a numpy array",
    b"PK\x03\x04": "a zip archive (perhaps .npz or a model of another library): unpack it",
    b"PK\x05\x06": "an empty zip archive",
    b"\x80": "a Python pickle that gensim did not write, which is not opened because it can run code",
    b"\xba\x16\x4f\x2f": "a fastText .bin model",
    b"FiFu": "a finalfusion file",
    b"SQLite format 3": "a SQLite database (perhaps Magnitude)",
    b"\x89HDF": "an HDF5 file (perhaps of Keras)",
    b"ARROW1": "an Arrow file",
    b"PAR1": "a Parquet file",
    b"7z\xbc\xaf\x27\x1c": "a 7-zip archive: unpack it",
    b"Rar!": "a RAR archive: unpack it",
    b"%PDF": "a PDF document",
    b"\x7fELF": "a program",
    b"MZ\x90": "a program",
    b"\x89PNG": "an image",
    b"\xff\xd8\xff": "an image",
    b"version https://git-lfs": "a pointer of git-lfs: run `git lfs pull` to get the file it stands for",
    b"<": "a web page or XML: perhaps a download that failed",
    b"{": "JSON",
    b"[": "JSON",
}
TEXT_TOO = (b"version https://git-lfs", b"<", b"{", b"[")  # these are text and may be intended
BOMS = {  # longer marks first
    codecs.BOM_UTF32_LE: "utf-32-le",
    codecs.BOM_UTF32_BE: "utf-32-be",
    codecs.BOM_UTF8: "utf-8",
    codecs.BOM_UTF16_LE: "utf-16-le",
    codecs.BOM_UTF16_BE: "utf-16-be",
}
_NATIVE = re.compile(rb"[\s\S]{5}\x00\x00\x00\{")  # the size of a JSON object, and that object
_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1f]")
_TAR = slice(257, 262)
PEEK = 1024
_STRAY = 0.08


def bom(head: bytes) -> tuple[int, str | None]:
    """(length of the byte order mark, its encoding); (0, None) without a mark.

    `head` is the first PEEK bytes, or the whole file. UTF-16 needs more evidence than its mark of two bytes.
    """
    size, encoding = next(((len(mark), name) for mark, name in BOMS.items() if head.startswith(mark)), (0, None))
    if encoding in ("utf-16-le", "utf-16-be") and not _is_utf16(head[size:PEEK], encoding == "utf-16-le"):
        return 0, None
    return size, encoding


def _is_utf16(text: bytes, little: bool) -> bool:
    """Whether nearly all bytes of value 32 belong to two-byte spaces, as in real UTF-16."""
    low, high = text[not little :: 2], text[little::2]
    spaces = sum(a == 32 and b == 0 for a, b in zip(low, high))
    return text.count(b" ") - spaces <= len(text) * _STRAY


def is_text(head: bytes) -> bool:
    """Whether bytes are UTF-8 without control characters; the last character may be incomplete."""
    try:
        head.decode("utf-8")
    except UnicodeDecodeError as error:
        if error.start < len(head) - 3 or error.reason != "unexpected end of data":
            return False
    return _CONTROL.search(head) is None


def describe(head: bytes) -> str:
    """The kind of a file from its first decompressed bytes, as words for a message.

    >>> describe(b"%PDF-1.4"), describe(b"one two")
    ('a PDF document', "text that starts with b'one two'")
    """
    if not head:
        return "an empty file"
    for magic, words in KINDS.items():
        if head.startswith(magic):
            return words
    if head[_TAR] == b"ustar":
        return "a tar archive: unpack it"
    if (encoding := bom(head)[1]) is not None and encoding != "utf-8":
        return f"text in {encoding[:6].upper()}: save it as UTF-8"
    if _NATIVE.match(head):
        return _safetensors(head)
    kind = "text" if is_text(head[:64]) else "something"
    return f"{kind} that starts with {head[:24]!r}"


def no_text(head: bytes) -> str | None:
    r"""The kind of a file that is not text, as words for a message; None where it may be text, also marked UTF-16.

    >>> no_text(b"\x7fELF\x02\x01"), no_text("Straße".encode("latin-1"))
    ('a program', None)
    """
    if bom(head)[1] is not None:
        return None
    if is_text(head[:PEEK]):
        return None
    for magic, words in KINDS.items():
        if magic not in TEXT_TOO and head.startswith(magic):
            return words
    if head[_TAR] == b"ustar":
        return "a tar archive: unpack it"
    return _safetensors(head) if _NATIVE.match(head) else None


def _safetensors(head: bytes) -> str:
    ours = b'"wordvec.version"' in head
    vectors = b'"format":"wordvec",' in head
    return "a file of vectors (native)" if ours and vectors else "a native file" if ours else "a safetensors file"
