"""One HTML page of scores, that needs nothing from the network: dots with intervals, and the table."""

from __future__ import annotations

from wordvec.base import html
from wordvec.evaluate.drawing import drawings
from wordvec.evaluate.report.tables import HEADER, rows
from wordvec.evaluate.suite import Report


def page(report: Report, title: str = "Scores of vectors") -> str:
    """A page with a drawing for each set and measure, on a scale of its own, and all scores as a table."""
    policy = f"Policy: {report.policy.describe()}; seed {report.seed}. Bars are 95 % intervals."
    header = ["set" if name == "name" else name for name in HEADER]
    return html.page(
        title,
        f"<p>{html.text(policy, None)}</p>",
        drawings(report.scores, most=None),
        "<h2>All scores</h2>",
        html.table(header, rows(report.scores), most=None, numbers=range(4, len(header))),
    )
