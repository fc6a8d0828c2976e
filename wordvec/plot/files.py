"""Files of pictures: .svg, .png and .pdf by matplotlib, .html by plotly; equal pictures give equal bytes."""

from __future__ import annotations

import os
from typing import Any

from wordvec.base.errors import OptionError
from wordvec.base.libraries import library
from wordvec.outputs import open_output, suffix_of
from wordvec.plot.fonts import REQUIRED

PAGE = ".html"
SUFFIXES = (".svg", ".png", ".pdf", PAGE)
_DPI = 150  # of .png
_SALT = "wordvec"  # of the names of parts in a .svg, which would be random
# What a file says of when it was made, and by which version of which library.
_UNSAID: dict[str, dict[str, None]] = {
    ".svg": {"Date": None, "Creator": None},
    ".png": {"Software": None},
    ".pdf": {"CreationDate": None, "Creator": None, "Producer": None},
}


def save(figure: Any, path: str | os.PathLike[str]) -> None:
    """Write a picture to a file by its suffix: a Figure of matplotlib to .svg, .png or .pdf, one of plotly to .html.

    The file appears when it is complete. An .html holds plotly's program, 5 MB, and needs nothing from the network.
    OptionError for another suffix, and for a figure that such a file is not made of; OutputError where the file cannot
    be written.
    """
    suffix = check_suffix(path)
    is_page = hasattr(figure, "to_html")
    if not is_page and not hasattr(figure, "savefig"):
        raise OptionError(f"a figure must be one that wordvec.plot returned; got {type(figure).__name__}")
    if is_page != (suffix == PAGE):
        hint = "leave interactive=True out, or write .html" if is_page else "give interactive=True to the picture"
        raise OptionError(f"{os.fspath(path)}: the suffix must be one that this picture can be written to; {hint}")
    with open_output(path) as file:
        if is_page:
            page = figure.to_html(include_plotlyjs=True, full_html=True, div_id=_SALT)
            file.write(page.encode("utf-8"))
        else:
            with library("matplotlib", REQUIRED, "for pictures").rc_context({"svg.hashsalt": _SALT}):
                figure.savefig(file, format=suffix[1:], dpi=_DPI, metadata=_UNSAID[suffix])


def check_suffix(path: str | os.PathLike[str]) -> str:
    """The suffix of a file of a picture; OptionError for any other."""
    suffix = suffix_of(path)
    if suffix not in SUFFIXES:
        raise OptionError(
            f"a picture must be a file of {', '.join(SUFFIXES)}; got {os.path.basename(os.fspath(path))!r:.60}"
        )
    return suffix
