"""Tables of n-gram vectors as formats read them, made into what composes vectors of unknown words."""

from __future__ import annotations

from typing import Any

from wordvec.errors import FormatError, OptionError


def read_subwords(path: str, kind: str, table: Any, **options: Any) -> Any:
    """The `Subwords` of what a file holds; FormatError where its parts do not fit together."""
    from wordvec.subwords import Subwords

    try:
        return Subwords(kind, table, **options)
    except OptionError as error:
        raise FormatError(f"{path}: {error}") from None
