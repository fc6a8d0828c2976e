"""The format that vectors are written in, by the name of the output."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping

from wordvec.base.errors import OptionError
from wordvec.formats.format import Format
from wordvec.outputs import check_name, is_stdout, suffix_of


def formats_for(
    formats: Mapping[str, Format], path: str | os.PathLike[str], default: str | None = None
) -> Iterator[str]:
    """The names of the formats with the suffix of a path, in the order of the table; at least one.

    Later formats are not looked at, and so not imported, before their names are asked for. The suffix of a compressor
    (`name.txt.gz`) is ignored. An unknown suffix gives the `default`, or an OptionError without one; the suffix of a
    format that wordvec does not write is always an OptionError.
    """
    if default is not None and is_stdout(path):
        yield default
        return
    suffix, found = suffix_of(path), False
    for is_written in (True, False):  # formats that are only read come last, so that an error can say so
        for name, format in formats.items():
            if suffix in format.suffixes and (format.save is not None) == is_written:
                found = True
                yield name
    if found:
        return
    if default is not None:
        check_name(path, "a native file (name.safetensors)", mapped=True)
        yield default
        return
    known = ", ".join(f"{' '.join(format.suffixes)} ({name})" for name, format in formats.items() if format.save)
    raise OptionError(f"the output must end in one of {known}; got {os.fspath(path)!r}")
