"""A table of text in any form: columns for a terminal, CSV, Markdown, LaTeX, HTML; and the cells of these forms."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from wordvec.base import html

_SPECIAL = {"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}"}


@dataclass(frozen=True)
class Table:
    """A header, rows of as many cells, and what is said below."""

    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    title: str
    note: str = ""


def aligned(table: Table) -> str:
    """Columns for a terminal."""
    return columns([table.header, *table.rows])


def csv_text(table: Table) -> str:
    """Comma-separated values; an empty cell where there is no number."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerows([table.header, *([cell if cell != "-" else "" for cell in row] for row in table.rows)])
    return stream.getvalue()


def markdown(table: Table) -> str:
    """A table in Markdown, with the note below."""
    lines = ["| " + " | ".join(map(markdown_cell, row)) + " |" for row in (table.header, *table.rows)]
    return "\n".join([lines[0], "|" + "---:|" * len(table.header), *lines[1:], "", table.note, ""])


def latex(table: Table) -> str:
    """A table for a paper (booktabs), with the note as a comment."""
    rows = [" & ".join(map(latex_cell, row)) + r" \\" for row in (table.header, *table.rows)]
    begin = r"\begin{tabular}{" + "r" * len(table.header) + "}"
    end = [r"\bottomrule", r"\end{tabular}", f"% {table.note}", ""]
    return "\n".join([begin, r"\toprule", rows[0], r"\midrule", *rows[1:], *end])


def page(table: Table) -> str:
    """One HTML page, that needs nothing from the network."""
    return html.page(
        table.title, f"<p>{html.text(table.note, None)}</p>", html.table(table.header, table.rows, most=None)
    )


FORMS: dict[str, Callable[[Table], str]] = {
    "table": aligned,
    "csv": csv_text,
    "markdown": markdown,
    "latex": latex,
    "html": page,
}


def columns(lines: Sequence[Sequence[str]]) -> str:
    """Lines of cells, padded, with a rule below the first."""
    widths = [max(len(line[place]) for line in lines) for place in range(len(lines[0]))]
    rule = ["-" * width for width in widths]
    padded = [[cell.ljust(width) for cell, width in zip(line, widths)] for line in [lines[0], rule, *lines[1:]]]
    return "".join("  ".join(line).rstrip() + "\n" for line in padded)


def markdown_cell(text: str) -> str:
    """The text of a cell in Markdown."""
    return text.replace("|", "\\|")


def latex_cell(text: str) -> str:
    """The text of a cell in LaTeX."""
    return "".join(_SPECIAL.get(letter, f"\\{letter}" if letter in "&%$#_{}" else letter) for letter in text)
