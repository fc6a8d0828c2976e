"""The format that vectors are written in, by the name of the output."""

from __future__ import annotations

import os
from collections.abc import Mapping

from wordvec.base.errors import OptionError
from wordvec.formats.format import Format
from wordvec.outputs import check_name, is_stdout, suffix_of


def formats_for(formats: Mapping[str, Format], path: str | os.PathLike[str], default: str | None = None) -> list[str]:
    """The names of the formats with the suffix of a path, in the order of the table; at least one.

    The suffix of a compressor (`name.txt.gz`) is ignored. An unknown suffix gives the `default`, or an OptionError
    without one; the suffix of a format that wordvec does not write is always an OptionError.
    """
    if default is not None and is_stdout(path):
        return [default]
    suffix = suffix_of(path)
    # formats that are only read come last, so that an error can say so
    ordered = sorted(formats.items(), key=lambda item: item[1].save is None)
    if names := [name for name, format in ordered if suffix in format.suffixes]:
        return names
    if default is not None:
        check_name(path, "a native file (name.safetensors)", mapped=True)
        return [default]
    known = ", ".join(f"{' '.join(format.suffixes)} ({name})" for name, format in formats.items() if format.save)
    raise OptionError(f"the output must end in one of {known}; got {os.fspath(path)!r}")
