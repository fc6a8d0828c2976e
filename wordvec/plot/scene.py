"""What a picture shows, whatever draws it: dots, lines, bars and tables of numbers, with names, colours and axes."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Doubles = NDArray[np.float64]
Marker = Literal["o", "s", "D", "^", "X"]

# Okabe and Ito's colours, which the colour-blind tell apart, without the yellow, which is too light on white.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
MARKERS: tuple[Marker, ...] = ("o", "s", "D", "^", "X")
BLUE, VERMILION, GREY = COLOURS[0], COLOURS[1], "#767676"
COLOUR_MAP = "cividis"  # for values; in print and for the colour-blind, too, the lighter is the more
LONGEST = 40  # characters of a name that are drawn
_ROOMY = 40  # names that have room in 8 by 6 inches
_UNSEEN = ("Cc", "Cs", "Zl", "Zp")  # controls, bytes that are not UTF-8, ends of lines


@dataclass(frozen=True, eq=False, kw_only=True)
class Dots:
    """Points with names, which are drawn beside them where `is_labelled`; a pointer shows names and `notes`."""

    points: Doubles  # [n, 2]
    names: Sequence[str] = ()  # [n], or none
    notes: Sequence[str] = ()  # [n], or none
    colour: str = BLUE
    marker: Marker = "o"
    size: float = 6.0  # diameter in points of 1/72 inch
    group: str = ""  # the line of the legend; '' for none
    values: Doubles | None = None  # [n] shown by the colour, in place of `colour`
    meaning: str = ""  # of the values
    spread: Doubles | None = None  # [n, 2] the ends of the interval of each along the horizontal axis
    is_labelled: bool = True
    is_bold: bool = False


@dataclass(frozen=True, eq=False, kw_only=True)
class Lines:
    """Curves of one look."""

    curves: Sequence[Doubles]  # each [m, 2]
    colour: str = GREY
    width: float = 1.0
    marker: Marker | None = None
    group: str = ""
    is_dashed: bool = False
    is_arrow: bool = False  # with a head at the end


@dataclass(frozen=True, eq=False, kw_only=True)
class Bars:
    """Upright bars from 0, one at each place 0, 1, 2 ... of the horizontal axis."""

    heights: Doubles  # [n]
    colour: str = BLUE


@dataclass(frozen=True, eq=False, kw_only=True)
class Table:
    """A matrix as coloured cells: row i at the height i, column i at the place i."""

    matrix: Doubles  # [n, n]
    names: Sequence[str]  # [n] of rows and columns
    low: float
    high: float
    meaning: str
    has_numbers: bool


Mark = Dots | Lines | Bars | Table


@dataclass(frozen=True, eq=False, kw_only=True)
class Axis:
    """One of the two axes. With `names`, they stand at 0, 1, 2 ... in place of numbers."""

    label: str = ""
    names: Sequence[str] = ()
    limits: tuple[float, float] | None = None
    falls: bool = False  # the least is at the top, or on the right
    whole: bool = False  # marks at whole numbers only
    is_hidden: bool = False


HIDDEN = Axis(is_hidden=True)


@dataclass(frozen=True, eq=False, kw_only=True)
class Scene:
    """All that a picture shows; `note` is a second, smaller line below the title."""

    title: str
    marks: Sequence[Mark]
    x: Axis = HIDDEN
    y: Axis = HIDDEN
    note: str = ""
    is_even: bool = False  # a unit is as long on both axes
    size: tuple[float, float] = (8.0, 6.0)  # inches
    border: Sequence[Doubles] = field(default=())  # closed curves that labels may cross, such as a disc


def look(place: int) -> tuple[str, Marker]:
    """The colour and the marker of the group number `place`; 35 groups differ."""
    return COLOURS[place % len(COLOURS)], MARKERS[place // len(COLOURS) % len(MARKERS)]


def room(names: int) -> tuple[float, float]:
    """The width and height in inches of a picture in which so many names find a place."""
    factor = min(2.5, max(1.0, (names / _ROOMY) ** 0.5))
    return 8.0 * factor, 6.0 * factor


def shown(text: str) -> str:
    """A text with a sign in place of each character that has no shape, such as a tab or a byte that is not UTF-8."""
    return "".join("\ufffd" if unicodedata.category(letter) in _UNSEEN else letter for letter in text)


def short(name: str) -> str:
    """A name as it stands in a picture.

    >>> len(short("x" * 99))
    40
    """
    return name if len(name) <= LONGEST else name[: LONGEST - 1] + "\N{HORIZONTAL ELLIPSIS}"
