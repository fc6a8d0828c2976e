"""Scores as HTML: a drawing for each set and measure, with a dot and an interval for each model."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from wordvec.base.html import ROWS, Dot, Markup, dots, table, text
from wordvec.evaluate.results import Score, by_line

_COLOURS = ("#3d85c6", "#d9632a", "#3f9142", "#8e63ce", "#a8860b", "#00968a", "#d6336c", "#708894")


def drawings(scores: Sequence[Score], most: int | None = ROWS) -> Markup:
    """The names of the models in their colours, and the first `most` sets and measures (None: all), each drawn."""
    names = list(dict.fromkeys(score.model for score in scores))
    colours = {name: _COLOURS[place % len(_COLOURS)] for place, name in enumerate(names)}
    keys = "".join(f'<span class="key" style="color:{colours[name]}">&#9679; {text(name)}</span> ' for name in names)
    lines = by_line(scores)
    rows = (
        (*key, f"{some[0].used} of {some[0].total}", _numbers(some), _drawing(some, colours)) for key, some in lines
    )
    header = ["task", "set", "measure", "items", "score", ""]
    return Markup(f"<p>{keys}</p>" + table(header, rows, most=most, total=len(lines)))


def _numbers(scores: Iterable[Score]) -> Markup:
    """The score of each model, one below the other."""
    return Markup("<br>".join("-" if score.score is None else f"{score.score:.3f}" for score in scores))


def _drawing(scores: Sequence[Score], colours: Mapping[str, str]) -> Markup:
    known = [score for score in scores if score.score is not None]
    if not known:
        return text(scores[0].reason or "no score")
    return dots([Dot(one.score or 0, one.low, one.high, one.model, colours[one.model]) for one in known])
