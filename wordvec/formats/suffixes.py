"""In which format vectors are written, by the name of the output."""

from __future__ import annotations

import os
from collections.abc import Mapping

from wordvec.base.errors import OptionError
from wordvec.formats.format import Format
from wordvec.outputs import check_name, is_stdout, suffix_of


def formats_named(formats: Mapping[str, Format], path: str | os.PathLike[str], default: str | None = None) -> list[str]:
    """The names of the formats that a path can be written in, by its suffix, in the order of the table: one at least.

    A suffix of a compressor (`name.txt.gz`) is passed over. A name that promises nothing gets the `default`; without
    one it is an OptionError, as is in any case a suffix of a format that wordvec does not write.
    """
    if default is not None and is_stdout(path):
        return [default]
    suffix = suffix_of(path)
    # what is only read comes last: it serves to say so
    ordered = sorted(formats.items(), key=lambda item: item[1].save is None)
    if found := [name for name, format in ordered if suffix in format.suffixes]:
        return found
    if default is not None:
        check_name(path, "a native file (name.safetensors)", mapped=True)
        return [default]
    known = ", ".join(f"{' '.join(format.suffixes)} ({name})" for name, format in formats.items() if format.save)
    raise OptionError(f"the output must end in one of {known}; got {os.fspath(path)!r}")
