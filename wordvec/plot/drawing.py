"""Scenes drawn by matplotlib, without pyplot: nothing is shown, and no state is left behind."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from wordvec.base.errors import OptionError
from wordvec.base.libraries import library
from wordvec.base.logs import warn
from wordvec.plot.fonts import REQUIRED, Fonts
from wordvec.plot.scene import COLOUR_MAP, GREY, Axis, Bars, Dots, Doubles, Lines, Scene, Table, short

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_TEXT, _SMALL, _TITLE = 9.0, 8.0, 11.0  # sizes of type in points
_LEAD = "#9a9a9a"  # lines from a dot to its name
_BESIDE = 18.0  # points between a dot and its name that need no line
_CANDIDATES = 300  # places tried for a name
_CURVE = 5  # points of a curve that names keep clear of
_CLEAR, _NEAREST, _FARTHEST = 4.0, 6.0, 100.0  # points between names and all else, and between a name and its dot
_DARK = 0.6  # of the scale: numbers in lighter cells are black


def matplotlib_module(name: str) -> Any:
    """A module of matplotlib; LibraryError where it is not installed."""
    return library(f"matplotlib.{name}", REQUIRED, "for pictures")


def draw(scene: Scene, ax: Axes | None = None, size: tuple[float, float] | None = None) -> Figure | Axes:
    """The scene as a new Figure, or, in the Axes that are given, those."""
    if ax is None:
        figure: Figure = matplotlib_module("figure").Figure(figsize=size or scene.size, layout="constrained")
        drawn: Figure | Axes = figure
        axes = figure.add_subplot()
    else:
        drawn = axes = ax
        if not hasattr(ax.figure, "draw_without_rendering"):
            raise OptionError(f"ax must be Axes of a Figure itself; got Axes of a {type(ax.figure).__name__}")
    pen = _Pen(axes, scene)
    for mark in scene.marks:
        _DRAWERS[type(mark)](mark, pen)
    for curve in scene.border:
        axes.plot(*curve.T, color=GREY, linewidth=1.0, zorder=0.5)
    _finish(pen, scene)
    pen.axes.figure.draw_without_rendering()  # now the axes have their place
    if ax is None:
        figure.set_layout_engine("none")  # and keep it: laid out again, they would move by parts of a pixel
    _place_names(pen, scene)
    return drawn


class _Pen:
    """The axes that are drawn in, the fonts, and the lines of the legend so far."""

    def __init__(self, axes: Any, scene: Scene) -> None:
        self.axes, self.fonts = axes, Fonts(_texts(scene))
        self.legend: dict[str, Any] = {}

    def style(self, size: float, **more: Any) -> dict[str, Any]:
        """The look of a text; a dollar sign is one, and begins no formula."""
        return {"fontsize": size, "fontfamily": self.fonts.families, "parse_math": False, **more}


def _texts(scene: Scene) -> Iterator[str]:
    yield from (scene.title, scene.note)
    for axis in (scene.x, scene.y):
        yield from (axis.label, *map(short, axis.names))
    for mark in scene.marks:
        yield short(getattr(mark, "group", ""))
        if isinstance(mark, Dots) and mark.is_labelled:
            yield from map(short, mark.names)


def _dots(mark: Dots, pen: _Pen) -> None:
    x, y = mark.points.T
    if mark.spread is not None:
        pen.axes.hlines(y, *mark.spread.T, color=mark.colour, linewidth=1.6, zorder=2)
    look: dict[str, Any] = {"s": mark.size**2, "marker": mark.marker, "linewidths": 0.6, "edgecolors": "white"}
    if mark.values is None:
        drawn = pen.axes.scatter(x, y, color=mark.colour, zorder=3, **look)
    else:
        drawn = pen.axes.scatter(x, y, c=mark.values, cmap=COLOUR_MAP, zorder=3, **look)
        _scale(drawn, mark.meaning, pen)
    if mark.group:
        pen.legend.setdefault(mark.group, drawn)


def _lines(mark: Lines, pen: _Pen) -> None:
    style = "--" if mark.is_dashed else "-"
    for curve in mark.curves:
        if mark.is_arrow:
            ends = {"xy": curve[-1], "xytext": curve[0], "zorder": 1.5}
            arrow = {"arrowstyle": "-|>", "color": mark.colour, "linewidth": mark.width, "linestyle": style}
            pen.axes.annotate("", arrowprops={**arrow, "shrinkA": 4, "shrinkB": 5, "mutation_scale": 14}, **ends)
            continue
        look = {"color": mark.colour, "linewidth": mark.width, "linestyle": style, "marker": mark.marker}
        (drawn,) = pen.axes.plot(*curve.T, markersize=5, zorder=1.5, **look)
        if mark.group:
            pen.legend.setdefault(mark.group, drawn)


def _bars(mark: Bars, pen: _Pen) -> None:
    pen.axes.bar(np.arange(len(mark.heights)), mark.heights, color=mark.colour, width=0.85, zorder=2)


def _table(mark: Table, pen: _Pen) -> None:
    drawn = pen.axes.imshow(mark.matrix, cmap=COLOUR_MAP, vmin=mark.low, vmax=mark.high, aspect="equal")
    _scale(drawn, mark.meaning, pen)
    if mark.has_numbers:
        bright = mark.low + _DARK * (mark.high - mark.low)
        for (row, column), value in np.ndenumerate(mark.matrix):
            colour = "black" if value > bright else "white"
            text = f"{round(value, 2) + 0.0:.2f}".replace("0.", ".", 1).replace("-", "\N{MINUS SIGN}")
            pen.axes.text(column, row, text, ha="center", va="center", color=colour, **pen.style(_SMALL))


def _scale(drawn: Any, meaning: str, pen: _Pen) -> None:
    bar = pen.axes.figure.colorbar(drawn, ax=pen.axes, shrink=0.8, pad=0.02)
    bar.set_label(pen.fonts.drawn(meaning), **pen.style(_TEXT))
    bar.ax.tick_params(labelsize=_SMALL)
    bar.outline.set_visible(False)


_DRAWERS: dict[type, Callable[[Any, _Pen], None]] = {Dots: _dots, Lines: _lines, Bars: _bars, Table: _table}


def _finish(pen: _Pen, scene: Scene) -> None:
    """Title, axes and legend."""
    axes = pen.axes
    title = pen.fonts.drawn(scene.title) if scene.title else ""
    axes.set_title(title, loc="left", pad=22 if scene.note else 8, **pen.style(_TITLE))
    if scene.note:
        note = pen.style(_SMALL, color=GREY, ha="left", va="bottom")
        axes.annotate(pen.fonts.drawn(scene.note), (0, 1), (0, 6), "axes fraction", "offset points", **note)
    for name, axis in (("x", scene.x), ("y", scene.y)):
        _axis(pen, name, axis)
    if scene.is_even:
        axes.set_aspect("equal", adjustable="datalim")
    if not any(isinstance(mark, Table) for mark in scene.marks):
        axes.spines[["top", "right"]].set_visible(False)
    if scene.x.is_hidden and scene.y.is_hidden:
        axes.set_axis_off()
    if pen.legend:
        _legend(pen)


def _axis(pen: _Pen, name: str, axis: Axis) -> None:
    own = getattr(pen.axes, f"{name}axis")
    if axis.is_hidden:
        pen.axes.margins(**{name: 0.1})
        own.set_visible(False)
        return
    own.set_tick_params(labelsize=_SMALL)
    own.set_label_text(pen.fonts.drawn(axis.label), **pen.style(_TEXT))
    if axis.names:
        is_long = name == "x" and sum(map(len, axis.names)) > 60
        turned = {"rotation": 90} if is_long else {}
        own.set_ticks(range(len(axis.names)), labels=[pen.fonts.drawn(short(text)) for text in axis.names])
        for tick in own.get_ticklabels():
            tick.set(**pen.style(_SMALL), **turned)
    if axis.whole:
        own.set_major_locator(matplotlib_module("ticker").MaxNLocator(integer=True, min_n_ticks=1))
    if axis.limits is not None:
        getattr(pen.axes, f"set_{name}lim")(axis.limits)
    if axis.falls and not own.get_inverted():
        own.set_inverted(True)


def _legend(pen: _Pen) -> None:
    """The groups beside the picture. The names are set at the end: those that begin with `_` would be left out."""
    places = [str(place) for place in range(len(pen.legend))]
    legend = pen.axes.legend(
        list(pen.legend.values()), places, loc="upper left", bbox_to_anchor=(1.0, 1.0), frameon=False, fontsize=_SMALL
    )
    for text, name in zip(legend.get_texts(), pen.legend):
        text.set(text=pen.fonts.drawn(short(name)), **pen.style(_SMALL))


def _place_names(pen: _Pen, scene: Scene) -> None:
    """The names of dots beside them, where they cover neither dots, lines nor each other.

    A warning counts those that find no place; their dots stay.
    """
    named = [mark for mark in scene.marks if isinstance(mark, Dots) and mark.is_labelled and len(mark.names)]
    if not named:
        return
    points = np.concatenate([mark.points for mark in named])
    names = [pen.fonts.drawn(short(name)) for mark in named for name in mark.names]
    is_bold = np.array([mark.is_bold for mark in named for _ in mark.names])
    order = np.lexsort((_nearest(points), ~is_bold))  # the first have the best places: those that need them most
    names = [names[place] for place in order.tolist()]
    weights = ["bold" if bold else "normal" for bold in is_bold[order].tolist()]
    texts = _allocated(pen, scene, points[order], names, weights)
    lost = [name for name, text in zip(names, texts) if text is None]
    if lost:
        warn(
            f"{len(lost)} of {len(names)} names have no room beside their dots and are left out, such as {lost[0]!r}: "
            "take fewer words or a larger picture (size)"
        )


def _allocated(pen: _Pen, scene: Scene, points: Doubles, names: list[str], weights: list[str]) -> list[Any]:
    """The text that is drawn for each name, None for one without a place; lines lead to those far from their dot."""
    textalloc = library("textalloc", REQUIRED, "for names that do not overlap")
    axes, style = pen.axes, pen.style(_TEXT)
    style.pop("fontsize")
    axes.set(xlim=axes.get_xlim(), ylim=axes.get_ylim())  # which names, and lines to them, do not change
    if scene.is_even:
        axes.set_aspect("equal", adjustable="box")
    dots = np.concatenate([mark.points for mark in scene.marks if isinstance(mark, Dots)])
    unit = axes.figure.dpi / 72 / axes.get_window_extent().width  # a point, as a share of the width
    curves = [_coarse(curve) for mark in scene.marks if isinstance(mark, Lines) for curve in mark.curves]
    points = np.concatenate([points, points[:1]])  # textalloc prints if no text has a place: the last one, empty, has
    _, _, texts, leads = textalloc.allocate(
        axes,
        *points.T,
        [*names, ""],
        x_scatter=dots[:, 0],
        y_scatter=dots[:, 1],
        x_lines=[curve[:, 0] for curve in curves] or None,
        y_lines=[curve[:, 1] for curve in curves] or None,
        textsize=_TEXT,
        fontweight=[*weights, "normal"],
        linecolor=_LEAD,
        linewidth=0.6,
        nbr_candidates=_CANDIDATES,
        margin=_CLEAR * unit,
        min_distance=_NEAREST * unit,
        max_distance=_FARTHEST * unit,
        draw_all=False,
        avoid_label_lines_overlap=True,
        **style,
    )
    for place, (text, lead) in enumerate(zip(texts, leads)):
        is_near = lead is not None and _length(lead) < _BESIDE
        for artist, is_drawn in ((text, place < len(names)), (lead, place < len(names) and not is_near)):
            if artist is not None:
                artist.set_in_layout(False)
                if not is_drawn:
                    artist.remove()
    return list(texts[:-1])


def _nearest(points: Doubles) -> Doubles:
    """[n] the distance of each point to the nearest other one."""
    distances = np.linalg.norm(points[:, None] - points, axis=2)
    np.fill_diagonal(distances, np.inf)
    return np.asarray(distances.min(axis=1))


def _coarse(curve: Doubles) -> Doubles:
    """A curve by few points, which takes less time to keep clear of."""
    return curve if len(curve) <= _CURVE else curve[np.linspace(0, len(curve) - 1, _CURVE).astype(int)]


def _length(lead: Any) -> float:
    """The length of a line in points."""
    ends = lead.axes.transData.transform(lead.get_xydata())
    return float(np.linalg.norm(ends[1] - ends[0]) * 72 / lead.axes.figure.dpi)
