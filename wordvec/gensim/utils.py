"""gensim.utils, as far as notebooks about vectors use it: the results of a trim_rule, simple_preprocess."""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Iterable, Sequence

from wordvec.base.compressed import decompressed
from wordvec.outputs import open_output

RULE_DEFAULT, RULE_DISCARD, RULE_KEEP = 0, 1, 2  # what a trim_rule returns
_WORD = re.compile(r"(?:(?![\d_])\w)+", re.UNICODE)


def simple_preprocess(doc: str, deacc: bool = False, min_len: int = 2, max_len: int = 15) -> list[str]:
    """The lower-cased runs of letters of a text that are `min_len` to `max_len` long; `deacc` takes accents off.

    >>> simple_preprocess("The 3 cats, at Ulm's.")
    ['the', 'cats', 'at', 'ulm']
    """
    text = doc.lower()
    if deacc:
        marks = (char for char in unicodedata.normalize("NFD", text) if unicodedata.category(char) != "Mn")
        text = unicodedata.normalize("NFC", "".join(marks))
    return [word for word in _WORD.findall(text) if min_len <= len(word) <= max_len]


def save_as_line_sentence(corpus: Iterable[Sequence[str]], filename: str | os.PathLike[str]) -> None:
    """Write token lists as the lines of a file, with a space between two tokens."""
    with open_output(filename) as file:
        for sentence in corpus:
            file.write((" ".join(sentence) + "\n").encode("utf-8"))


def open_lines(source: object) -> Iterable[bytes]:
    """The lines of a path, compressed or not, or of an open binary file, which is read from its start."""
    if isinstance(source, (str, os.PathLike)):
        with open(source, "rb") as raw:
            yield from decompressed(raw)
    else:
        source.seek(0)  # type: ignore[attr-defined]
        yield from source  # type: ignore[misc]
