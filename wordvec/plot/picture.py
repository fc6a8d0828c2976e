"""What all pictures have in common: the options of their look, and the choice of what draws them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypedDict

from wordvec.base.arguments import numbers
from wordvec.base.errors import OptionError, UnknownOptionError
from wordvec.plot.scene import Scene

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST_INCHES = 100.0


class Look(TypedDict, total=False):
    """Options of every picture."""

    ax: Axes | None
    size: tuple[float, float]
    title: str
    interactive: bool


def picture(scene: Scene, look: Mapping[str, Any]) -> Any:
    """The scene as a Figure of matplotlib; with `ax`, those Axes; with `interactive`, a Figure of plotly."""
    if unknown := sorted(set(look) - set(Look.__annotations__)):
        known = ", ".join(Look.__annotations__)
        raise UnknownOptionError(f"{unknown[0]} must be an option of pictures: {known}; got {look[unknown[0]]!r:.60}")
    ax, size = look.get("ax"), look.get("size")
    if size is not None:
        size = _inches(size)
    if "title" in look:
        scene = replace(scene, title=look["title"])
    if look.get("interactive"):
        if ax is not None:
            raise OptionError("ax must be left out of an interactive picture, which plotly draws")
        from wordvec.plot.interactive import figure_of

        return figure_of(scene, size)
    if ax is not None and size is not None:
        raise OptionError("size must be left out where ax is given, which has one")
    from wordvec.plot.drawing import draw

    return draw(scene, ax, size)


def _inches(size: Any) -> tuple[float, float]:
    inches = numbers(size, "size")
    if inches.shape != (2,) or not all(0 < inch <= MOST_INCHES for inch in inches):
        raise OptionError(f"size must be the width and the height in inches, up to {MOST_INCHES:g}; got {size!r:.60}")
    return float(inches[0]), float(inches[1])
