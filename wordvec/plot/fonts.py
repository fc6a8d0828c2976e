"""Fonts for words of any script: those installed that have the characters, and a box for what none of them has."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import Any

from wordvec.base.libraries import library
from wordvec.base.logs import warn
from wordvec.plot.scene import shown

USUAL = "DejaVu Sans"  # which matplotlib brings along
BOX = "\N{WHITE SQUARE}"
_PREFERRED = "Noto Sans"  # has most scripts in one style
_OF_BOXES = "Last Resort"  # a font that has every character, as a frame with its script
REQUIRED = "wordvec[plot]"


class Fonts:
    """The families that texts need, in order of preference; `drawn` gives a text as they can draw it."""

    def __init__(self, texts: Iterable[str]) -> None:
        words = list(map(shown, texts))
        needed = {ord(letter) for text in words for letter in text if not letter.isspace()}
        self.families, self._missing = [USUAL], needed
        for family, characters in _installed():
            if has := self._missing & characters:
                self._missing = self._missing - has
                if family != USUAL:
                    self.families.append(family)
            if not self._missing:
                break
        lost = [text for text in words if not self._missing.isdisjoint(map(ord, text))]
        if lost:
            warn(
                f"{len(lost)} texts have characters that no installed font has, and are drawn with boxes in their "
                f"place, such as {lost[0]!r}: install a font of their script, such as Noto Sans CJK"
            )

    def drawn(self, text: str) -> str:
        """The text as it is drawn, with boxes for characters that no font has."""
        return "".join(BOX if ord(letter) in self._missing else letter for letter in shown(text))


def _installed() -> Iterator[tuple[str, set[int]]]:
    """(family, its characters) of the upright fonts of usual weight, the preferred first; a file is read when asked."""
    manager = library("matplotlib.font_manager", REQUIRED, "for pictures").fontManager
    upright = [font for font in manager.ttflist if font.style == "normal" and font.weight in (400, "normal", "regular")]
    by_name = {font.name: font for font in reversed(upright) if not font.name.startswith(_OF_BOXES)}
    for name in sorted(by_name, key=lambda name: (name != USUAL, not name.startswith(_PREFERRED), name)):
        with suppress(OSError, RuntimeError, ValueError):  # a font that cannot be read, or was taken away
            yield name, set(_face(by_name[name]).get_charmap())


def _face(font: Any) -> Any:
    """The open font; of a collection of fonts the one that is meant, where matplotlib tells them apart."""
    open_font = library("matplotlib.ft2font", REQUIRED, "for pictures").FT2Font
    index = getattr(font, "index", 0)
    return open_font(font.fname, face_index=index) if index else open_font(font.fname)
