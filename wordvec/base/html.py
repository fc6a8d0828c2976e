"""HTML of tables, facts and scores, for notebooks and pages: all text is escaped; no script, nothing from the network.

Colours are those of the page around it, or of half opacity, so that a table is readable on white and on black.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import fields, is_dataclass
from html import escape
from itertools import islice
from numbers import Integral, Real
from typing import Any, NamedTuple

ROWS = 50  # of a table in a notebook
BLUE = "#3d85c6"
_RIGHT = ' class="n"'
_LETTERS, _WORD = 400, 60  # of a text, of a text in a table with columns
_ITEMS = 8  # of a list in a cell
_WIDTH, _LINE, _EDGE = 360, 14, 6  # of a drawing, in pixels

STYLE = f"""
.wordvec table {{ border-collapse: collapse; border: 0; margin: .3em 0 }}
.wordvec caption {{ text-align: left; font-weight: bold; padding: .3em 0; color: inherit }}
.wordvec th, .wordvec td {{ padding: .15em 1em .15em 0; border: 0; text-align: left; vertical-align: middle;
  max-width: 40em; overflow-wrap: anywhere; white-space: normal; color: inherit; background: none }}
.wordvec thead th {{ border-bottom: 1px solid #8888 }}
.wordvec tbody th {{ font-weight: normal; opacity: .75 }}
.wordvec tbody tr, .wordvec tbody tr:nth-child(odd) {{ background: none }}
.wordvec tbody tr:nth-child(even) {{ background: #8882 }}
.wordvec .n {{ text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap }}
.wordvec .bar {{ display: inline-block; height: .7em; border-radius: 2px; background: {BLUE} }}
.wordvec svg {{ vertical-align: middle }}
.wordvec .side {{ display: inline-block; vertical-align: top; margin-right: 2em }}
.wordvec .note {{ opacity: .75; margin: .3em 0 }}
""".strip()
_PAGE = "body { font: 15px/1.5 sans-serif; margin: 2em auto; max-width: 70em; padding: 0 1em; color: #222 }"


class Markup(str):
    """Text that is HTML already, and is not escaped again."""

    __slots__ = ()


class Dot(NamedTuple):
    """A score in a drawing, with its interval where it has one."""

    value: float
    low: float | None
    high: float | None
    label: str = ""
    colour: str = BLUE


def text(value: str, letters: int | None = _LETTERS) -> Markup:
    """A text, escaped and cut at a number of letters; bytes that are not UTF-8 are shown as escapes."""
    cut = value if letters is None or len(value) <= letters else value[:letters] + "…"
    return Markup(escape(cut.encode("utf-8", "backslashreplace").decode()))


def cell(value: Any, letters: int = _LETTERS) -> Markup:
    """What stands in a cell: numbers with four decimals, a score with its interval, the first items of a list."""
    if isinstance(value, Markup):
        return value
    if isinstance(value, str):
        return text(value, letters)
    if value is None or isinstance(value, bool):
        return Markup({None: "-", True: "yes", False: "no"}[value])
    if isinstance(value, Mapping):
        items = islice(value.items(), 3 * _ITEMS + 1)
        return _listed(
            [f"{key}={item:g}" if _is_number(item) else f"{key}={_plain(item)}" for key, item in items], 3 * _ITEMS
        )
    if hasattr(value, "low") and hasattr(value, "high") and hasattr(value, "score"):
        return Markup(_plain(value.score) + interval(value.low, value.high))
    if isinstance(value, (list, tuple)):
        if value and is_dataclass(value[0]):
            return Markup(f"{len(value):,}")
        return _listed([_plain(item) for item in value[: _ITEMS + 1]], _ITEMS)
    return text(_plain(value))


def code(value: str) -> Markup:
    """A text that a program reads, whole."""
    return Markup(f"<code>{text(value, None)}</code>") if value else Markup("")


def interval(low: float | None, high: float | None) -> str:
    """The bounds of a score, with a space before them; '' where there are none."""
    return "" if low is None or high is None else f" [{low:.3f}, {high:.3f}]"


def table(
    header: Sequence[str],
    rows: Iterable[Sequence[Any]],
    *,
    title: str = "",
    note: str = "",
    most: int | None = ROWS,
    total: int | None = None,
    numbers: Collection[int] = (),
) -> Markup:
    """A table of the first `most` rows (None: all); a line below says how many of the `total` are not in it.

    Columns of numbers are aligned to the right, and so are `numbers`, columns of texts.
    """
    shown = list(islice(rows, most))
    left = (total or 0) - len(shown)
    if shown:
        numbers = {*numbers, *(place for place, value in enumerate(shown[0]) if _is_number(value))}
    heads = "".join(f"<th{_RIGHT * (place in numbers)}>{text(name)}</th>" for place, name in enumerate(header))
    body = "".join(
        "<tr>" + "".join(_td(value, place in numbers) for place, value in enumerate(row)) + "</tr>" for row in shown
    )
    notes = ["none"] * (not shown) + [f"and {left:,} more"] * (left > 0) + [note] * bool(note)
    return Markup(
        f"<table>{_caption(title)}<thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table>"
        + "".join(f'<p class="note">{text(line, None)}</p>' for line in notes)
    )


def facts(values: Mapping[str, Any], *, title: str = "") -> Markup:
    """A table with a name and a value in each row."""
    body = "".join(f'<tr><th>{text(name)}</th><td dir="auto">{cell(value)}</td></tr>' for name, value in values.items())
    return Markup(f"<table>{_caption(title)}<tbody>{body}</tbody></table>")


def bars(values: Sequence[float]) -> list[Markup]:
    """A bar for each value, as long as its share of the largest; nothing for values below 0."""
    largest = max(values, default=0.0)
    shares = [value / largest if largest > 0 and value > 0 else 0.0 for value in values]
    return [Markup(f'<span class="bar" style="width:{8 * share:.2f}em"></span>') for share in shares]


def dots(points: Sequence[Dot], ends: tuple[float, float] | None = None) -> Markup:
    """Scores with their intervals, one below the other; without common `ends`, on a scale of their own."""
    bounds = [value for point in points for value in point[:3] if value is not None]
    least, most = ends or (min([0.0, *bounds]), max([*bounds, 1e-9]))
    width, height = (_WIDTH, _LINE * len(points) + _LINE) if ends is None else (_WIDTH // 2, _LINE * len(points))

    def x(value: float) -> float:
        return _EDGE + (width - 2 * _EDGE) * (value - least) / ((most - least) or 1)

    marks = f'<line x1="{x(0):.1f}" x2="{x(0):.1f}" y1="0" y2="{_LINE * len(points)}" stroke="#8888"/>'
    for place, (value, low, high, label, colour) in enumerate(points):
        y = _LINE * (place + 0.5)
        if low is not None and high is not None:
            line = f'x1="{x(low):.1f}" x2="{x(high):.1f}" y1="{y}" y2="{y}" stroke="{colour}" stroke-width="2"'
            marks += f"<line {line}/>"
        title = f"<title>{text(label)}: {value:.4f}</title>" if label else ""
        marks += f'<circle cx="{x(value):.1f}" cy="{y}" r="4" fill="{colour}">{title}</circle>'
    if ends is None:
        below = f'y="{height - 2}" font-size="10" fill="currentColor"'
        marks += f'<text x="{_EDGE}" {below}>{least:.2f}</text>'
        marks += f'<text x="{width - _EDGE}" {below} text-anchor="end">{most:.2f}</text>'
    return Markup(f'<svg width="{width}" height="{height}" role="img">{marks}</svg>')


def records(items: Collection[Any], *, title: str = "", bar: str = "", keys: Iterable[str] = ()) -> Markup:
    """A table of dataclass instances of one class: a column for each field and property that is not empty.

    The field `bar` is drawn: as dots with intervals where the instances have `low` and `high`, else as bars. `keys` are
    names of the instances, for the first column.
    """
    all_values = [named_values(item) for item in islice(items, ROWS)]
    filled = {name for values in all_values for name, value in values.items() if not _is_empty(value)}
    shown = [{name: values[name] for name in values if name in filled} for values in all_values]
    drawn = _drawn([values.get(bar) for values in shown], shown) if bar else []
    names = [[key] for key in islice(keys, ROWS)]
    header = [*([title] if names else []), *map(_words, shown[0] if shown else ()), *([""] if drawn else [])]
    rows = [
        [*(names[place] if names else ()), *values.values(), *drawn[place : place + 1]]
        for place, values in enumerate(shown)
    ]
    return table(header, rows, title="" if names else title, total=len(items))


def record(item: Any) -> Markup:
    """A dataclass instance: its fields and properties as facts, and a table for each that holds such instances."""
    own: dict[str, Any] = {}
    tables: list[Markup] = []
    for name, value in named_values(item).items():
        if is_dataclass(value):
            own |= {f"{_words(name)}: {_words(part)}": inner for part, inner in named_values(value).items()}
        elif isinstance(value, Mapping) and any(map(is_dataclass, islice(value.values(), 1))):
            tables.append(records(value.values(), title=_words(name), keys=value))
        elif isinstance(value, (list, tuple)) and value and is_dataclass(value[0]):
            tables.append(records(value, title=_words(name)))
        else:
            own[_words(name)] = value
    own = {name: value for name, value in own.items() if not _is_empty(value)}
    return Markup(facts(own, title=type(item).__name__) + "".join(tables))


def fragment(*parts: str) -> str:
    """Parts of HTML as what a notebook shows."""
    return f'<div class="wordvec"><style>{STYLE}</style>{"".join(parts)}</div>'


def page(title: str, *parts: str, head: str = f"<style>{_PAGE}\n{STYLE}</style>") -> str:
    """Parts of HTML as a page of their own; `head` says how it looks."""
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><title>{text(title)}</title>{head}</head>'
        f'<body class="wordvec"><h1>{text(title)}</h1>{"".join(parts)}</body></html>\n'
    )


def named_values(item: Any) -> dict[str, Any]:
    """The fields of a dataclass instance and its public properties, by name."""
    names = [field.name for field in fields(item)]
    properties = [name for name, value in vars(type(item)).items() if isinstance(value, property) and name[0] != "_"]
    return {name: getattr(item, name) for name in [*names, *properties]}


def _drawn(values: Sequence[float | None], shown: Sequence[Mapping[str, Any]]) -> list[Markup]:
    if not all("low" in own and "high" in own for own in shown):
        return bars([value or 0.0 for value in values])
    bounds = [b for value, own in zip(values, shown) for b in (value, own["low"], own["high"]) if b is not None]
    ends = min([0.0, *bounds]), max([*bounds, 1e-9])
    return [
        Markup("") if value is None else dots([Dot(value, own["low"], own["high"])], ends)
        for value, own in zip(values, shown)
    ]


def _plain(value: Any) -> str:
    if value is None or isinstance(value, bool):
        return str(cell(value))
    if isinstance(value, Integral):
        return f"{value:,}"
    if isinstance(value, Real):
        number = float(value)
        return f"{number:.4f}" if abs(number) >= 1e-3 or not number else f"{number:.3g}"
    return f"({', '.join(map(_plain, value))})" if isinstance(value, tuple) else str(value)


def _listed(items: Sequence[str], most: int) -> Markup:
    return Markup(", ".join(text(item) for item in items[:most]) + (", …" if len(items) > most else ""))


def _is_empty(value: Any) -> bool:
    return value is None or (isinstance(value, (str, tuple, list, Mapping)) and not value)


def _is_number(value: Any) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool)


def _td(value: Any, is_right: bool) -> str:
    kind = _RIGHT if is_right else "" if isinstance(value, Markup) else ' dir="auto"'
    return f"<td{kind}>{cell(value, _WORD)}</td>"


def _caption(title: str) -> str:
    return f"<caption>{text(title)}</caption>" if title else ""


def _words(name: str) -> str:
    return name.replace("_", " ")
