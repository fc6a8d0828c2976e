"""One HTML page of scores, that needs nothing from the network: dots with intervals, and the table."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from wordvec.evaluate.report.forms import STYLE
from wordvec.evaluate.report.tables import by_line, rows
from wordvec.evaluate.results import Score
from wordvec.evaluate.suite import Report

_COLOURS = ("#1b6ca8", "#c1440e", "#2e7d32", "#6a3d9a", "#8a6d00", "#00796b", "#ad1457", "#455a64")
_NUMBER = " class=n"
_WIDTH, _LINE, _EDGE = 360, 14, 6


def page(report: Report, title: str = "Scores of vectors") -> str:
    """A page with a plot for each set and measure, on a scale of its own, and all scores as a table."""
    models = [run.name for run in report.runs]
    colour = {name: _COLOURS[place % len(_COLOURS)] for place, name in enumerate(models)}
    keys = "".join(f'<span class="key" style="color:{colour[name]}">&#9679; {escape(name)}</span>' for name in models)
    plots = "".join(
        f"<tr><td>{escape(task)}</td><td>{escape(name)}</td><td>{escape(measure)}</td>"
        f'<td class="n">{scores[0].used} of {scores[0].total}</td><td>{_plot(scores, colour)}</td></tr>'
        for (task, name, measure), scores in by_line(report.scores)
    )
    head = "model task set measure score low high used total coverage deviation seeds".split()
    body = "".join(
        "<tr>" + "".join(f"<td{_NUMBER * (place > 3)}>{escape(cell)}</td>" for place, cell in enumerate(row)) + "</tr>"
        for row in rows(report.scores)
    )
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f"<style>{STYLE}</style></head><body><h1>{escape(title)}</h1><p>{keys}</p>"
        f"<p>Policy: {escape(report.policy.describe())}; seed {report.seed}. Bars are 95 % intervals.</p>"
        f"<table><thead><tr><th>task<th>set<th>measure<th>items<th></tr></thead><tbody>{plots}</tbody></table>"
        f"<h2>All scores</h2><table><thead><tr>{''.join(f'<th>{name}' for name in head)}</tr></thead>"
        f"<tbody>{body}</tbody></table></body></html>\n"
    )


def _plot(scores: Sequence[Score], colour: dict[str, str]) -> str:
    """Dots with intervals, one below the other, with the ends of the scale."""
    known = [score for score in scores if score.score is not None]
    if not known:
        return escape(scores[0].reason or "no score")
    bounds = [value for score in known for value in (score.score, score.low, score.high) if value is not None]
    least, most = min([0.0, *bounds]), max([*bounds, 1e-9])
    height = _LINE * len(known) + _LINE

    def x(value: float) -> float:
        return _EDGE + (_WIDTH - 2 * _EDGE) * (value - least) / ((most - least) or 1)

    marks = ""
    for place, score in enumerate(known):
        y = _LINE * (place + 0.5)
        if score.low is not None and score.high is not None:
            marks += (
                f'<line x1="{x(score.low):.1f}" x2="{x(score.high):.1f}" y1="{y}" y2="{y}" '
                f'stroke="{colour[score.model]}" stroke-width="2"/>'
            )
        marks += (
            f'<circle cx="{x(score.score or 0):.1f}" cy="{y}" r="4" fill="{colour[score.model]}">'
            f"<title>{escape(score.model)}: {score.score:.4f}</title></circle>"
        )
    axis = f'<line x1="{x(0):.1f}" x2="{x(0):.1f}" y1="0" y2="{height - _LINE}" stroke="#bbb"/>'
    ends = (
        f'<text x="{_EDGE}" y="{height - 2}" font-size="10">{least:.2f}</text>'
        f'<text x="{_WIDTH - _EDGE}" y="{height - 2}" font-size="10" text-anchor="end">{most:.2f}</text>'
    )
    return f'<svg width="{_WIDTH}" height="{height}" role="img">{axis}{marks}{ends}</svg>'
