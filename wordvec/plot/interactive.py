"""Scenes drawn by plotly: a page on which names and numbers stand under the pointer."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from html import escape
from typing import Any

import numpy as np

from wordvec.base.libraries import library
from wordvec.plot.scene import COLOUR_MAP, Axis, Bars, Dots, Lines, Scene, Table, short, shown

REQUIRED = "wordvec[plotly]"
_PIXELS = 96  # to an inch
_MOST_LABELS = 60  # names that stand beside their dots; plotly does not keep them apart
_MARKERS = {"o": "circle", "s": "square", "D": "diamond", "^": "triangle-up", "X": "x"}


def figure_of(scene: Scene, size: tuple[float, float] | None = None) -> Any:
    """The scene as a Figure of plotly; LibraryError where plotly is not installed."""
    objects = library("plotly.graph_objects", REQUIRED, "for interactive pictures")
    figure = objects.Figure()
    labels = sum(len(mark.names) for mark in scene.marks if isinstance(mark, Dots) and mark.is_labelled)
    for mark in scene.marks:
        _DRAWERS[type(mark)](mark, figure, labels <= _MOST_LABELS)
    for curve in scene.border:
        figure.add_scatter(x=curve[:, 0], y=curve[:, 1], mode="lines", line={"color": "#767676"}, **_SILENT)
    width, height = size or scene.size
    title = _text(scene.title) + (f"<br><sub>{_text(scene.note)}</sub>" if scene.note else "")
    figure.update_layout(
        title={"text": title},
        width=round(width * _PIXELS),
        height=round(height * _PIXELS),
        template="simple_white",
        hovermode="closest",
    )
    is_table = any(isinstance(mark, Table) for mark in scene.marks)
    figure.update_xaxes(**_axis(scene.x))
    figure.update_yaxes(**_axis(scene.y, falls=is_table or scene.y.falls))
    if scene.is_even:
        figure.update_yaxes(scaleanchor="x", scaleratio=1)
    return figure


_SILENT: dict[str, Any] = {"hoverinfo": "skip", "showlegend": False}


def _text(text: str) -> str:
    """A text for plotly, which reads some tags of HTML."""
    return escape(shown(text), quote=False)


def _texts(names: Iterable[str]) -> list[str]:
    return [_text(short(name)) for name in names]


def _dots(mark: Dots, figure: Any, has_labels: bool) -> None:
    look: dict[str, Any] = {"symbol": _MARKERS[mark.marker], "size": mark.size * _PIXELS / 72, "color": mark.colour}
    if mark.values is not None:
        bar = {"title": {"text": _text(mark.meaning), "side": "right"}}
        look |= {"color": mark.values.tolist(), "colorscale": COLOUR_MAP, "showscale": True, "colorbar": bar}
    more: dict[str, Any] = {}
    if mark.spread is not None:
        low, high = np.abs(mark.spread - mark.points[:, :1]).T.tolist()
        more["error_x"] = {"type": "data", "symmetric": False, "width": 0, "array": high, "arrayminus": low}
    is_labelled = has_labels and mark.is_labelled and bool(mark.names)
    notes = mark.notes or [""] * len(mark.names)
    under = [f"{_text(name)}<br>{_text(note)}" if note else _text(name) for name, note in zip(mark.names, notes)]
    figure.add_scatter(
        x=mark.points[:, 0].tolist(),
        y=mark.points[:, 1].tolist(),
        mode="markers+text" if is_labelled else "markers",
        text=_texts(mark.names) if is_labelled else None,
        textposition="top center",
        hovertext=under,
        hoverinfo="text",
        marker=look,
        name=_text(short(mark.group)),
        showlegend=bool(mark.group),
        cliponaxis=False,
        **more,
    )


def _lines(mark: Lines, figure: Any, has_labels: bool) -> None:
    style = {"color": mark.colour, "width": mark.width, "dash": "dash" if mark.is_dashed else "solid"}
    for place, curve in enumerate(mark.curves):
        if mark.is_arrow:
            (x, y), (ax, ay) = curve[-1].tolist(), curve[0].tolist()
            ends = {"x": x, "y": y, "ax": ax, "ay": ay, "xref": "x", "yref": "y", "axref": "x", "ayref": "y"}
            arrow = {"showarrow": True, "arrowhead": 2, "arrowwidth": mark.width, "arrowcolor": mark.colour}
            figure.add_annotation(text="", standoff=5, startstandoff=4, **ends, **arrow)
            continue
        look: dict[str, Any] = {"mode": "lines", **_SILENT}
        if mark.marker is not None:
            look = {"mode": "lines+markers", "marker": {"symbol": _MARKERS[mark.marker], "size": 7}}
            look |= {"name": _text(short(mark.group)), "showlegend": bool(mark.group) and not place}
        figure.add_scatter(x=curve[:, 0].tolist(), y=curve[:, 1].tolist(), line=style, **look)


def _bars(mark: Bars, figure: Any, has_labels: bool) -> None:
    figure.add_bar(y=mark.heights.tolist(), x=list(range(len(mark.heights))), marker={"color": mark.colour})


def _table(mark: Table, figure: Any, has_labels: bool) -> None:
    bar = {"title": {"text": _text(mark.meaning), "side": "right"}}
    names = [_text(name) for name in mark.names]
    under = [
        [f"{row}, {column}: {value:.3f}" for column, value in zip(names, values)]
        for row, values in zip(names, mark.matrix)
    ]
    figure.add_heatmap(
        z=mark.matrix.tolist(),
        zmin=mark.low,
        zmax=mark.high,
        colorscale=COLOUR_MAP,
        colorbar=bar,
        texttemplate="%{z:.2f}" if mark.has_numbers else "",
        hovertext=under,
        hoverinfo="text",
    )


_DRAWERS: dict[type, Callable[[Any, Any, bool], None]] = {Dots: _dots, Lines: _lines, Bars: _bars, Table: _table}


def _axis(axis: Axis, falls: bool = False) -> dict[str, Any]:
    """One axis as plotly has it."""
    if axis.is_hidden:
        return {"visible": False}
    look: dict[str, Any] = {"title": {"text": _text(axis.label)}}
    if axis.names:
        look |= {"tickmode": "array", "tickvals": list(range(len(axis.names))), "ticktext": _texts(axis.names)}
    if axis.whole:
        look["dtick"] = 1
    if axis.limits is not None:
        look["range"] = list(axis.limits[::-1] if falls else axis.limits)
    elif falls:
        look["autorange"] = "reversed"
    return look
