"""Rows, which hold vectors, one kind a file: dense, shared, composed, side by side; `wordvec.codecs` encodes them."""

from __future__ import annotations

from wordvec.rows.ball import Ball, rows_like
from wordvec.rows.base import Rows
from wordvec.rows.composed import Composed
from wordvec.rows.dense import Dense
from wordvec.rows.norms import directed, row_norms
from wordvec.rows.shared import Shared, as_rows
from wordvec.rows.side_by_side import SideBySide

__all__ = ["Ball", "Composed", "Dense", "Rows", "Shared", "SideBySide", "as_rows", "directed", "row_norms", "rows_like"]
