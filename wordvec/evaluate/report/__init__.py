"""Reports of scores: a table for a terminal or a pipe, CSV, Markdown, LaTeX, one HTML page, JSON."""

from __future__ import annotations

from wordvec.evaluate.report.page import page
from wordvec.evaluate.report.tables import HEADER, aligned, csv_text, latex, markdown, rows

__all__ = ["HEADER", "aligned", "csv_text", "latex", "markdown", "page", "rows"]
