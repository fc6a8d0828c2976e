"""Lines of a labelled file: their labels, and the text without them."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from wordvec.corpus.sentences import SPACE


@lru_cache(maxsize=16)
def _patterns(prefix: str) -> tuple[re.Pattern[str], re.Pattern[str], re.Pattern[str]]:
    """(labels at the start of a line with the white space about them, others with that before them, any label)."""
    label = rf"{re.escape(prefix)}[^{SPACE}]*"
    return (
        re.compile(rf"\A(?:[{SPACE}]*{label})+[{SPACE}]*"),
        re.compile(rf"[{SPACE}]+{label}"),
        re.compile(rf"(?<![^{SPACE}]){re.escape(prefix)}([^{SPACE}]*)"),
    )


def unlabelled(text: Any, prefix: str) -> Any:
    """A text without its labels; anything but a str is returned unchanged.

    >>> unlabelled("__label__a  x  y __label__b z __label__c", "__label__")
    'x  y z'
    """
    if not isinstance(text, str) or prefix not in text:
        return text
    heads, others, _ = _patterns(prefix)
    return others.sub("", heads.sub("", text, 1))


def labels_of(line: str, prefix: str) -> list[str]:
    """The distinct labels of a line, without their prefix."""
    return list(dict.fromkeys(_patterns(prefix)[2].findall(line)))
